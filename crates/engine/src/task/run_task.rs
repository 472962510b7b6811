//! One task: a pure function of its spec that ends in one committed manifest.

use std::collections::BTreeMap;
use std::sync::Arc;

use textmill_document::Ledger;
use textmill_store::manifest::{FORMAT_VERSION, InputFacts, TaskManifest, TaskMetrics};
use textmill_store::{Committed, commit_task};

use super::context::TaskContext;
use super::{compact, continue_task, split_task};
use crate::plan::{TaskSpec, Work};
use crate::{EngineError, layout};

/// Runs one task and commits its manifest. Running it twice, even at once, commits one result:
/// the loser adopts the winner's manifest and deletes its own files.
pub async fn run_task(spec: &TaskSpec, context: &Arc<TaskContext>) -> Result<TaskManifest, EngineError> {
    let started = std::time::Instant::now();
    let attempt = layout::attempt(context.owner.epoch());
    let mut written = match &spec.work {
        Work::Split(split) => Box::pin(split_task::run(spec, split, &attempt, context)).await?,
        Work::Continue(handed) => Box::pin(continue_task::run(spec, handed, &attempt, context)).await?,
        Work::Compact { dataset, sources, rows } => {
            compact::run(spec, *dataset, sources, rows.as_deref(), &attempt, context).await?
        }
    };
    written.ledger.check()?;
    written.metrics.wall_micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let manifest = TaskManifest {
        attempt,
        owner_epoch: context.owner.epoch(),
        outputs: written.outputs,
        handed_over: written.handed_over,
        keys: written.keys,
        ledger: written.ledger,
        metrics: written.metrics,
        input: written.input,
        ..empty_manifest(spec)
    };
    context.owner.check().await?;
    let path = layout::task_manifest(&spec.phase, &spec.key);
    match commit_task(&context.store, &path, &manifest).await? {
        Committed::Mine => Ok(manifest),
        Committed::Adopted(theirs) => Ok(*theirs),
    }
}

/// The result of a task that nobody can run: nothing was read or written, for `reason`.
pub(crate) fn unworkable(spec: &TaskSpec, reason: String) -> TaskManifest {
    TaskManifest { given_up: Some(reason), ..empty_manifest(spec) }
}

/// The manifest of `spec` without a result.
fn empty_manifest(spec: &TaskSpec) -> TaskManifest {
    TaskManifest {
        format_version: FORMAT_VERSION,
        key: spec.key.clone(),
        phase: spec.phase.clone(),
        task: spec.label(),
        attempt: String::new(),
        owner_epoch: 0,
        textmill_version: env!("CARGO_PKG_VERSION").to_owned(),
        outputs: BTreeMap::new(),
        handed_over: BTreeMap::new(),
        keys: BTreeMap::new(),
        ledger: Ledger::default(),
        metrics: TaskMetrics::default(),
        input: InputFacts::default(),
        given_up: None,
    }
}
