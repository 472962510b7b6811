use std::collections::BTreeMap;
use std::fmt;

use textmill_ingest::{Shard, list_input};
use textmill_pipeline::Pipeline;
use textmill_store::Store;

use super::same_bytes::{digests, recorded};
use super::tasks::{RunPlan, TaskSpec, Work};
use crate::EngineError;

/// Bytes of files with new time stamps that are read to tell whether they are the same: some seconds.
const MOST_HASHED: u64 = 1 << 30;

/// How the input differs now from the one that a run was planned for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InputChange {
    /// Files that were not there.
    pub new: u64,
    /// Files that are not there any more.
    pub gone: u64,
    /// Files with other bytes.
    pub changed: u64,
    /// Files with another time stamp and the same size, too large or too many to be compared.
    pub touched: u64,
    /// One of the files, for people.
    pub example: String,
}

impl InputChange {
    /// Whether nothing is known to differ.
    pub fn is_none(&self) -> bool {
        self.new + self.gone + self.changed + self.touched == 0
    }

    fn note(&mut self, location: &str) {
        if self.example.is_empty() {
            location.clone_into(&mut self.example);
        }
    }
}

impl fmt::Display for InputChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.changed, "changed"),
            (self.new, "new"),
            (self.gone, "gone"),
            (self.touched, "with another modification time and the same size"),
        ];
        let mut parts = parts.into_iter().filter(|(number, _)| *number > 0);
        if let Some((number, what)) = parts.next() {
            write!(f, "{number} {} {what}", if number == 1 { "file" } else { "files" })?;
        }
        for (number, what) in parts {
            write!(f, ", {number} {what}")?;
        }
        write!(f, " (such as {})", self.example)
    }
}

/// Compares the input as it is now with what `plan`, whose run is at `store`, was made of. Files with another time
/// stamp are read where they are small. An input that cannot be listed any more counts as gone.
pub async fn input_change(pipeline: &Pipeline, store: &Store, plan: &RunPlan) -> Result<InputChange, EngineError> {
    let splits = plan.tasks.iter().filter_map(|task| match &task.work {
        Work::Split(split) => Some((split.shard.location.as_str(), (&split.shard, Some(task)))),
        Work::Continue(_) | Work::Compact { .. } => None,
    });
    let others = plan.without_tasks.iter().map(|shard| (shard.location.as_str(), (shard, None)));
    let planned: BTreeMap<&str, (&Shard, Option<&TaskSpec>)> = splits.chain(others).collect();
    let listed = list_input(&pipeline.input).await.unwrap_or_default();
    let mut change = InputChange::default();
    let mut touched = Vec::new();
    for now in &listed {
        match planned.get(now.location.as_str()) {
            None => {
                change.new += 1;
                change.note(&now.location);
            }
            Some((then, _)) if then.bytes == now.bytes && then.version == now.version => {}
            Some((then, Some(task))) if then.bytes == now.bytes && now.version.starts_with("mtime:") => {
                touched.push((now, *task));
            }
            // Nothing of it was read.
            Some((then, None)) if then.bytes == now.bytes => {}
            Some(_) => {
                change.changed += 1;
                change.note(&now.location);
            }
        }
    }
    let there: std::collections::BTreeSet<&str> = listed.iter().map(|shard| shard.location.as_str()).collect();
    for location in planned.keys().filter(|location| !there.contains(*location)) {
        change.gone += 1;
        change.note(location);
    }
    compare(store, touched, &mut change).await?;
    Ok(change)
}

/// Tells files with the same bytes from others among those with another time stamp.
async fn compare(
    store: &Store,
    touched: Vec<(&Shard, &TaskSpec)>,
    change: &mut InputChange,
) -> Result<(), EngineError> {
    let mut left = MOST_HASHED;
    let mut known = Vec::new();
    for (shard, task) in touched {
        match recorded(store, task).await? {
            Some(digest) if shard.bytes <= left => {
                left -= shard.bytes;
                known.push((shard.location.clone(), digest));
            }
            _ => {
                change.touched += 1;
                change.note(&shard.location);
            }
        }
    }
    let now = digests(known.iter().map(|(location, _)| location.clone()).collect()).await;
    for (location, digest) in known {
        if now.get(&location) != Some(&digest) {
            change.changed += 1;
            change.note(&location);
        }
    }
    Ok(())
}
