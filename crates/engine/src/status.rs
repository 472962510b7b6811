use textmill_document::Ledger;
use textmill_store::Store;
use textmill_store::manifest::RunManifest;

use crate::resume::{Reuse, reusable};
use crate::run::{latest_plan, published};
use crate::{EngineError, RunPlan};

/// What lies at an output location.
#[derive(Debug)]
pub struct RunStatus {
    /// The plan that was made last.
    pub plan: RunPlan,
    /// The published run, if there is one.
    pub published: Option<RunManifest>,
    /// Tasks of the plan that are committed.
    pub tasks_done: u64,
    /// Counts of the committed tasks.
    pub ledger: Ledger,
}

impl RunStatus {
    /// Whether the plan's run is published.
    pub fn is_complete(&self) -> bool {
        self.published.as_ref().is_some_and(|run| run.run_key == self.plan.run_key)
    }
}

/// Reads the state of the run at `store`; works from any machine and disturbs no running owner.
pub async fn status(store: &Store) -> Result<RunStatus, EngineError> {
    let Some((_, plan)) = latest_plan(store).await? else {
        return Err(EngineError::NoRun(store.location().to_owned()));
    };
    let published = published(store).await?;
    let mut status = RunStatus { plan, published, tasks_done: 0, ledger: Ledger::default() };
    if let (true, Some(run)) = (status.is_complete(), &status.published) {
        status.tasks_done = run.tasks;
        status.ledger = run.ledger.clone();
        return Ok(status);
    }
    for found in reusable(store, &status.plan.tasks).await? {
        if let Reuse::Committed(manifest) = found {
            status.tasks_done += 1;
            status.ledger.merge(&manifest.ledger);
        }
    }
    Ok(status)
}
