//! Digests of the files that tasks have read, so that a copy of a file is known again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use textmill_ingest::{Shard, local_digest, local_pin};

/// Digests that are remembered: those of files that several tasks read at about the same time.
const REMEMBERED: usize = 64;

/// Location, version and digest, the oldest first.
static KNOWN: Mutex<VecDeque<(String, String, String)>> = Mutex::new(VecDeque::new());

/// BLAKE3 of `shard`, which was read a moment ago and is in the system's cache as a rule; none where it is not on this
/// machine, or is not what was read any more.
pub(crate) async fn of(shard: &Shard) -> Option<String> {
    if shard.blake3.is_some() {
        return shard.blake3.clone();
    }
    let shard = shard.clone();
    tokio::task::spawn_blocking(move || hash(&shard)).await.ok()?
}

fn hash(shard: &Shard) -> Option<String> {
    let several = shard.format.is_cut();
    let is_it = |known: &&(String, String, String)| known.0 == shard.location && known.1 == shard.version;
    if several && let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).iter().find(is_it) {
        return Some(known.2.clone());
    }
    let digest = local_digest(&shard.location)?.ok()?;
    if local_pin(&shard.location)?.ok()? != (shard.bytes, shard.version.clone()) {
        return None;
    }
    if several {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back((shard.location.clone(), shard.version.clone(), digest.clone()));
        if known.len() > REMEMBERED {
            known.pop_front();
        }
    }
    Some(digest)
}
