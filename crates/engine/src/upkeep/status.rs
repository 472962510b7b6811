use textmill_document::Ledger;
use textmill_store::Store;
use textmill_store::manifest::RunManifest;

use crate::plan::{Reuse, RunPlan, latest_plan, published, reusable};
use crate::{EngineError, layout};

/// How far one phase of a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseStatus {
    /// Its id.
    pub id: String,
    /// Tasks that are committed.
    pub done: u64,
    /// All of its tasks.
    pub tasks: u64,
}

/// What lies at an output location.
#[derive(Debug)]
pub struct RunStatus {
    /// The plan that was made last.
    pub plan: RunPlan,
    /// The published run, if there is one.
    pub published: Option<RunManifest>,
    /// Each phase of the run, in order. All have as many tasks: each task of a later one continues one before.
    pub phases: Vec<PhaseStatus>,
    /// Counts of the committed tasks.
    pub ledger: Ledger,
}

impl RunStatus {
    /// Committed tasks of all phases.
    pub fn tasks_done(&self) -> u64 {
        self.phases.iter().map(|phase| phase.done).sum()
    }

    /// Tasks of all phases.
    pub fn tasks(&self) -> u64 {
        self.phases.iter().map(|phase| phase.tasks).sum()
    }

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
    let mut status = RunStatus { plan, published, phases: Vec::new(), ledger: Ledger::default() };
    let tasks = status.plan.tasks.len() as u64;
    if let (true, Some(run)) = (status.is_complete(), &status.published) {
        // Plans of before say nothing of phases; the run does.
        let phases = status.plan.phases.max(run.tasks / tasks.max(1)).max(1);
        status.phases = (0..phases).map(|phase| PhaseStatus { id: format!("p{phase}"), done: tasks, tasks }).collect();
        status.ledger = run.ledger.clone();
        return Ok(status);
    }
    let mut done = 0;
    for found in reusable(store, &status.plan.tasks).await? {
        if let Reuse::Committed(manifest) = found {
            done += 1;
            status.ledger.merge(&manifest.ledger);
        }
    }
    status.phases.push(PhaseStatus { id: "p0".to_owned(), done, tasks });
    for phase in 1..status.plan.phases {
        let id = format!("p{phase}");
        // Which tasks a later phase has shows when the one before is done. What lies there is of this run then, or of one
        // before it that was not tidied up after.
        let before = status.phases.last().is_some_and(|before| before.done == before.tasks);
        let listed = if before { store.list(&format!("{}/{id}", layout::TASKS)).await?.len() as u64 } else { 0 };
        status.phases.push(PhaseStatus { id, done: listed.min(tasks), tasks });
    }
    Ok(status)
}
