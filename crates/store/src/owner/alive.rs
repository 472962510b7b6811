//! Whether those who hold an epoch are done, dead or at work.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::members::holders;
use super::{OwnerId, Record, file, trace};
use crate::StoreError;
use crate::machine::Process;
use crate::store::Store;

/// Whether the owner with files at `place` gave the output up: it says so, or, where it is one of several, took its record
/// away.
async fn is_released(store: &Store, place: &str) -> Result<bool, StoreError> {
    Ok(store.head(&file(place, "released")).await?.is_some() || store.head(&file(place, "json")).await?.is_none())
}

/// Whether the owner with files at `place` is done or dead, if that can be told at once.
pub(super) async fn is_known_over(
    store: &Store,
    place: &str,
    record: &Record,
    me: &Process,
) -> Result<Option<bool>, StoreError> {
    if is_released(store, place).await? {
        return Ok(Some(true));
    }
    if !record.process.is_on_machine_of(me) || !trace::is_here(&record.owner_id) {
        return Ok(None);
    }
    let is_this_process = record.process == *me;
    let lives = if is_this_process { Some(OwnerId::is_live(&record.owner_id)) } else { record.process.is_alive_here() };
    Ok(lives.map(|lives| !lives))
}

/// One of those who hold the epoch of `record` and are at work; watches those on other machines for a lease.
pub(super) async fn first_alive(
    store: &Store,
    record: Record,
    me: &Process,
    lease: Duration,
) -> Result<Option<Record>, StoreError> {
    let mut watched = Vec::new();
    for (place, record) in holders(store, record).await? {
        match is_known_over(store, &place, &record, me).await? {
            Some(true) => trace::forget(&record.owner_id),
            Some(false) => return Ok(Some(record)),
            None => {
                let beat = store.get_opt(&file(&place, "beat")).await?;
                watched.push(Watched { place, record, beat });
            }
        }
    }
    watch(store, watched, lease).await
}

struct Watched {
    place: String,
    record: Record,
    /// Its counter when watching began.
    beat: Option<Bytes>,
}

/// The first whose counter moves within a lease.
async fn watch(store: &Store, mut watched: Vec<Watched>, lease: Duration) -> Result<Option<Record>, StoreError> {
    let Some(Watched { record, .. }) = watched.first() else { return Ok(None) };
    let (host, pid) = (record.process.host.clone(), record.process.pid);
    let lease = watched.iter().map(|owner| owner.record.patience(lease)).max().unwrap_or(lease);
    tracing::info!(
        host,
        pid,
        "another machine, a copy of this one, or a process that cannot be seen from here owned the output last; watching \
         for {} s whether it is alive",
        lease.as_secs()
    );
    let from = Instant::now();
    while from.elapsed() < lease && !watched.is_empty() {
        sleep((lease / 12).min(lease.saturating_sub(from.elapsed()))).await;
        let mut silent = Vec::new();
        for owner in watched {
            if is_released(store, &owner.place).await? {
                continue;
            }
            if store.get_opt(&file(&owner.place, "beat")).await? != owner.beat {
                return Ok(Some(owner.record));
            }
            silent.push(owner);
        }
        watched = silent;
    }
    Ok(None)
}
