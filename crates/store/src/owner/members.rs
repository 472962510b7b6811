//! An output that several processes hold together: the members of an array, each with a share of the tasks.
//!
//! 1. They share one epoch. Its founder took it as any owner does; the others join it, each with a record and a beat of
//!    its own in `_textmill/members/<epoch>/`. The epoch is over when all of them are done or dead.
//! 2. Whoever comes for the same array joins the highest epoch, also where it is over; whoever comes for something else
//!    is refused until it is over, and then takes the next one. A member fenced by that commits nothing more.
//! 3. A member that finds nothing left to share takes the next epoch for itself: of any number, exactly one does.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    AcquireError, Holder, Owner, OwnerId, Record, Role, file, first_alive, latest_epoch, place, read_record, trace,
};
use crate::StoreError;
use crate::machine::Process;
use crate::sealed::{seal, unseal};
use crate::store::Store;

const FOLDER: &str = "_textmill/members";

/// What makes processes members of one array.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Array {
    /// Digest of what they run: who runs something else is a stranger.
    pub key: String,
    /// Number of shares.
    pub count: u32,
}

/// What came of joining an array.
#[derive(Debug)]
pub enum Joined {
    /// This process is a member.
    Member(Owner),
    /// There is nothing left to share: this process does the rest.
    Finishing(Box<Holder>),
}

impl Owner {
    /// Takes the output together with all others who join the same array. Others on other machines are watched for
    /// `lease` first, where only their death would let this one in.
    pub async fn join(store: &Store, array: &Array, lease: Duration) -> Result<Joined, AcquireError> {
        let process = Process::current();
        loop {
            let latest = latest_epoch(store).await?;
            if latest > 0 {
                let record = read_record(store, latest).await?;
                if record.role == Role::Member(array.clone()) {
                    let member = Self::member(store, latest, &process, lease, array.clone()).await?;
                    match member.check().await {
                        Ok(()) => return Ok(Joined::Member(member)),
                        Err(StoreError::Fenced { .. }) => continue,
                        Err(error) => return Err(error.into()),
                    }
                }
                if let Some(holder) = first_alive(store, record, &process, lease).await? {
                    return refused(store, holder, array);
                }
            }
            let role = Role::Member(array.clone());
            if let Some(owner) = Self::create(store, latest + 1, &process, lease, role).await? {
                return Ok(Joined::Member(owner));
            }
        }
    }

    async fn member(
        store: &Store,
        epoch: u64,
        process: &Process,
        lease: Duration,
        array: Array,
    ) -> Result<Self, StoreError> {
        let id = OwnerId::new();
        trace::leave(&id.0);
        let record = Record::new(&id, epoch, process, lease, Role::Member(array));
        let place = format!("{FOLDER}/{epoch:08}/{}", id.0);
        // The name is unique: what exists there is what a lost response did not tell of.
        store.create(&file(&place, "json"), seal(&record)?).await?;
        Ok(Self::start(store, id, record, place))
    }

    /// The error of an owner that another one took the output from.
    pub fn fenced(&self) -> StoreError {
        StoreError::Fenced { path: file(&place(self.epoch + 1), "json"), epoch: self.epoch }
    }

    /// Takes the output from the members for this one of them alone; `None` if another process did.
    pub async fn finish(&self, lease: Duration) -> Result<Option<Self>, StoreError> {
        let (Role::Member(array) | Role::Finisher(array)) = &self.role else { return Ok(None) };
        let role = Role::Finisher(array.clone());
        Self::create(&self.store, self.epoch + 1, &Process::current(), lease, role).await
    }
}

/// The process that took the output from the members of `array` last, whether it is at work still or not.
pub async fn finisher(store: &Store, array: &Array) -> Result<Option<Holder>, StoreError> {
    let latest = latest_epoch(store).await?;
    if latest == 0 {
        return Ok(None);
    }
    let record = read_record(store, latest).await?;
    let is_it = matches!(&record.role, Role::Finisher(theirs) if theirs.key == array.key);
    Ok(is_it.then(|| record.holder(store)))
}

fn refused(store: &Store, record: Record, array: &Array) -> Result<Joined, AcquireError> {
    let role = record.role.clone();
    let holder = Box::new(record.holder(store));
    match role {
        Role::Finisher(theirs) if theirs.key == array.key => Ok(Joined::Finishing(holder)),
        Role::Member(theirs) if theirs.key == array.key => {
            Err(AcquireError::OtherCount { holder, theirs: theirs.count, ours: array.count })
        }
        _ => Err(AcquireError::Held(holder)),
    }
}

/// All who hold the epoch of `record`, with the place of their files.
pub(super) async fn holders(store: &Store, record: Record) -> Result<Vec<(String, Record)>, StoreError> {
    let mut found = Vec::new();
    if matches!(record.role, Role::Member(_)) {
        for info in store.list(&format!("{FOLDER}/{:08}", record.epoch)).await? {
            let Some(place) = info.path.strip_suffix(".json") else { continue };
            // One that is gone by now has left.
            let Some(bytes) = store.get_opt(&info.path).await? else { continue };
            found.push((place.to_owned(), unseal(&info.path, &bytes)?));
        }
    }
    found.push((place(record.epoch), record));
    Ok(found)
}

/// Takes away the record of a member; false for an owner that has its files elsewhere.
pub(super) async fn leave(store: &Store, place: &str) -> Result<bool, StoreError> {
    if !place.starts_with(FOLDER) {
        return Ok(false);
    }
    for kind in ["json", "beat"] {
        store.delete(&file(place, kind)).await?;
    }
    Ok(true)
}

/// Deletes the records of the members of all epochs. Only for an owner that is alone.
pub async fn clear_members(store: &Store) -> Result<(), StoreError> {
    for info in store.list_all(FOLDER).await? {
        store.delete(&info.path).await?;
    }
    Ok(())
}
