//! One owner per output: a lease that needs no clocks.
//!
//! 1. Owners are numbered by epochs. `_textmill/owner/<epoch>.json` is created conditionally, so
//!    of any number of runs one gets the epoch. The highest epoch is the owner.
//! 2. An owner is dead when it wrote `<epoch>.released`; when its process is gone, or is this one
//!    and has dropped it (asked on its own machine, which is known by the trace that the owner
//!    left there: names and numbers of a machine are those of its copies too); or when its counter
//!    in `<epoch>.beat` stood still for a whole lease, and for six of the beats that it promised in
//!    its record.
//! 3. A new owner takes exactly the next epoch. An owner that finds the next epoch taken has been
//!    taken for dead and must not commit.
//!
//! 4. All of this hangs on conditional creation: a store that ignores the condition is refused.
//!
//! An epoch may be [shared](Owner::join): then it is over when all who share it are.
//!
//! Two runs can still overlap for the moment between an owner's check and its commit; that is
//! harmless, because a commit is a conditional create of a result that is the same for both.

mod alive;
mod heartbeat;
mod members;
pub(crate) mod trace;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::alive::{first_alive, is_known_over};
use self::heartbeat::Heartbeat;
pub use self::members::{Array, Joined, clear_members, finisher};
use crate::StoreError;
use crate::machine::{Process, now_rfc3339};
use crate::redact::redact;
use crate::sealed::{seal, unseal};
use crate::store::{Created, Store};

/// How long an owner on another machine must be silent before it is taken for dead.
pub const DEFAULT_LEASE: Duration = Duration::from_mins(1);

const BOOKKEEPING: &str = "_textmill";
const FOLDER: &str = "_textmill/owner";
/// Longest time between two beats; a short lease beats faster, at a sixth of it.
const BEAT: Duration = Duration::from_secs(10);
const SHORTEST_BEAT: Duration = Duration::from_millis(10);
/// Beats that may be missed in a row before an owner is taken for dead, whatever the lease of who asks.
const BEATS: u32 = 6;

/// The owners in this process: an owner that was dropped is dead though its process lives.
static LIVE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The unique name of an owner; in [`LIVE`] for as long as this exists.
#[derive(Debug)]
struct OwnerId(String);

impl OwnerId {
    fn new() -> Self {
        let id = uuid::Uuid::new_v4().to_string();
        LIVE.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        Self(id)
    }

    fn is_live(id: &str) -> bool {
        LIVE.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

impl Drop for OwnerId {
    fn drop(&mut self) {
        LIVE.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    owner_id: String,
    epoch: u64,
    process: Process,
    started_at: String,
    command: String,
    /// Time between two of its beats. Who watches it may have been given a lease that is shorter.
    #[serde(default = "longest_beat_millis")]
    beat_millis: u64,
    #[serde(default, skip_serializing_if = "Role::is_alone")]
    role: Role,
}

/// What owners of versions that did not record it may take.
fn longest_beat_millis() -> u64 {
    u64::try_from(BEAT.as_millis()).unwrap_or(u64::MAX)
}

/// Time between the beats of an owner with this lease.
fn pause(lease: Duration) -> Duration {
    BEAT.min(lease / BEATS).max(SHORTEST_BEAT)
}

/// As what a process holds the output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    /// As the only one.
    #[default]
    Alone,
    /// Together with others.
    Member(Array),
    /// As the only one, for what is left when the members are through.
    Finisher(Array),
}

impl Role {
    fn is_alone(&self) -> bool {
        *self == Self::Alone
    }
}

/// Why an output cannot be owned.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AcquireError {
    /// Another run is at work there.
    #[error(transparent)]
    Held(Box<Holder>),
    /// Members of the same array are at work there, but of another number of shares.
    #[error("{holder}; it runs one of {theirs} shares, this one was given --task-count {ours}: give the same to all")]
    OtherCount {
        /// One of them.
        holder: Box<Holder>,
        /// Their number.
        theirs: u32,
        /// The number asked for.
        ours: u32,
    },
    /// The location failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AcquireError {
    /// Whether another run is at work there.
    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held(_) | Self::OtherCount { .. })
    }
}

/// The run that owns an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The output location.
    pub location: String,
    /// Unique name of the owner.
    pub owner_id: String,
    /// Host it runs on.
    pub host: String,
    /// Its process on that host.
    pub pid: u32,
    /// When it took the output, RFC 3339 by its own clock.
    pub started_at: String,
    /// Its command line.
    pub command: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { location, host, pid, started_at, command, .. } = self;
        write!(
            f,
            "{location} is in use by another run: process {pid} on {host}, since {started_at} (`{command}`); \
             wait for it or stop it, or write to another output"
        )
    }
}

impl std::error::Error for Holder {}

/// Proof that this process owns an output. Dropping it stops the heartbeat and frees the output for
/// this machine; [`Owner::release`] frees it at once for all.
#[derive(Debug)]
pub struct Owner {
    store: Store,
    id: OwnerId,
    epoch: u64,
    role: Role,
    /// Its files, without their extension.
    place: String,
    heartbeat: Option<Heartbeat>,
}

impl Owner {
    /// Takes the output, if no run that may be alive owns it. An owner on another machine is
    /// watched for `lease` first ([`DEFAULT_LEASE`]).
    pub async fn acquire(store: &Store, lease: Duration) -> Result<Self, AcquireError> {
        let process = Process::current();
        loop {
            let latest = latest_epoch(store).await?;
            if latest > 0 {
                let record = read_record(store, latest).await?;
                if let Some(holder) = first_alive(store, record, &process, lease).await? {
                    return Err(AcquireError::Held(Box::new(holder.holder(store))));
                }
            }
            // Losing the race means that there is a new owner to look at.
            let taken = Self::create(store, latest + 1, &process, lease, Role::Alone).await?;
            if let Some(owner) = taken {
                return Ok(owner);
            }
        }
    }

    /// Takes the epoch, if nobody has it.
    async fn create(
        store: &Store,
        epoch: u64,
        process: &Process,
        lease: Duration,
        role: Role,
    ) -> Result<Option<Self>, StoreError> {
        // Live before anyone can read its record.
        let id = OwnerId::new();
        trace::leave(&id.0);
        let record = Record::new(&id, epoch, process, lease, role);
        let place = place(epoch);
        let forget = |_: &StoreError| trace::forget(&id.0);
        let created = store.create(&file(&place, "json"), seal(&record)?).await.inspect_err(forget)?;
        // What exists can be ours: the response to its creation may have been lost.
        if created == Created::AlreadyExists && read_record(store, epoch).await.inspect_err(forget)?.owner_id != id.0 {
            trace::forget(&id.0);
            return Ok(None);
        }
        store.refuse_unconditional(&file(&place, "json")).await.inspect_err(|_| trace::forget(&id.0))?;
        Ok(Some(Self::start(store, id, record, place)))
    }

    fn start(store: &Store, id: OwnerId, record: Record, place: String) -> Self {
        let pause = Duration::from_millis(record.beat_millis);
        let heartbeat = Heartbeat::start(store.clone(), file(&place, "beat"), pause);
        Self { store: store.clone(), id, epoch: record.epoch, role: record.role, place, heartbeat: Some(heartbeat) }
    }

    /// A deputy that works for the owner of `epoch` in another process: it keeps nothing alive and releases nothing, but its
    /// commits are refused as soon as those of the owner are.
    pub fn deputy(store: &Store, epoch: u64) -> Self {
        let (store, id) = (store.clone(), OwnerId::new());
        Self { store, id, epoch, role: Role::Alone, place: place(epoch), heartbeat: None }
    }

    /// Number of this ownership: 1 for the first run on the output, then counting.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Unique name of this owner.
    pub fn owner_id(&self) -> &str {
        &self.id.0
    }

    /// Fails with [`StoreError::Fenced`] when another run took the output. Called before every
    /// commit.
    pub async fn check(&self) -> Result<(), StoreError> {
        match self.store.head_uncached(&file(&place(self.epoch + 1), "json")).await? {
            None => Ok(()),
            Some(_) => Err(self.fenced()),
        }
    }

    /// Gives the output up, so that the next run need not find out whether this one is alive.
    pub async fn release(&self) -> Result<(), StoreError> {
        self.end_heartbeat().await;
        if !members::leave(&self.store, &self.place).await? {
            self.store.put(&file(&self.place, "released"), seal(&self.id.0)?).await?;
        }
        trace::forget(&self.id.0);
        Ok(())
    }

    /// Gives the output up as if there had been no such owner: for a run that was refused before it did anything there.
    pub async fn withdraw(&self) -> Result<(), StoreError> {
        self.end_heartbeat().await;
        for kind in ["json", "beat"] {
            self.store.delete(&file(&self.place, kind)).await?;
        }
        trace::forget(&self.id.0);
        for folder in [FOLDER, BOOKKEEPING] {
            let Some(path) = self.store.local_path(folder) else { break };
            // Only where nothing else is in it.
            drop(std::fs::remove_dir(path));
        }
        Ok(())
    }

    async fn end_heartbeat(&self) {
        if let Some(heartbeat) = &self.heartbeat {
            heartbeat.end().await;
        }
    }
}

impl Record {
    fn new(id: &OwnerId, epoch: u64, process: &Process, lease: Duration, role: Role) -> Self {
        Self {
            owner_id: id.0.clone(),
            epoch,
            process: process.clone(),
            started_at: now_rfc3339(),
            command: redact(&command_line()),
            beat_millis: u64::try_from(pause(lease).as_millis()).unwrap_or(u64::MAX),
            role,
        }
    }

    /// How long it must be silent to be taken for dead by who was given `lease`.
    fn patience(&self, lease: Duration) -> Duration {
        lease.max(Duration::from_millis(self.beat_millis).saturating_mul(BEATS))
    }

    fn holder(self, store: &Store) -> Holder {
        Holder {
            location: store.location().to_owned(),
            owner_id: self.owner_id,
            host: self.process.host,
            pid: self.process.pid,
            started_at: self.started_at,
            command: self.command,
        }
    }
}

/// The run that holds the output, as far as can be told without waiting: an owner on another
/// machine that released nothing counts as alive.
pub async fn current(store: &Store) -> Result<Option<Holder>, StoreError> {
    let latest = latest_epoch(store).await?;
    if latest == 0 {
        return Ok(None);
    }
    let record = read_record(store, latest).await?;
    let me = Process::current();
    for (place, record) in members::holders(store, record).await? {
        if is_known_over(store, &place, &record, &me).await? != Some(true) {
            return Ok(Some(record.holder(store)));
        }
    }
    Ok(None)
}

/// The files of an epoch, without their extension.
fn place(epoch: u64) -> String {
    format!("{FOLDER}/{epoch:08}")
}

fn command_line() -> String {
    std::env::args_os().map(|part| part.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn file(place: &str, kind: &str) -> String {
    format!("{place}.{kind}")
}

async fn latest_epoch(store: &Store) -> Result<u64, StoreError> {
    let listed = store.list(FOLDER).await?;
    let epoch = |path: &str| path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".json")?.parse().ok();
    Ok(listed.iter().filter_map(|found| epoch(&found.path)).max().unwrap_or(0))
}

async fn read_record(store: &Store, epoch: u64) -> Result<Record, StoreError> {
    let path = file(&place(epoch), "json");
    unseal(&path, &store.get(&path).await?)
}
