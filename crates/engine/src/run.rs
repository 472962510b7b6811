//! The whole of `textmill run`: take the output, plan or resume, run, publish.

use std::sync::Arc;
use std::time::Duration;

use textmill_pipeline::Pipeline;
use textmill_store::manifest::RunManifest;
use textmill_store::owner::Owner;
use textmill_store::sealed::{seal, unseal};
use textmill_store::{Created, Store};

use crate::plan::{RunPlan, config_key, plan_run};
use crate::publish::{publish, run_missing};
use crate::task::TaskContextParts;
use crate::{Cancel, EngineError, LocalEngine, MemoryBudget, Progress, TaskContext, gc, layout};

/// How this run behaves; none of it changes a byte of the result.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Worker threads.
    pub threads: usize,
    /// Memory budget.
    pub memory: MemoryBudget,
    /// Rows of a batch.
    pub batch_rows: usize,
    /// Replace the finished run of another configuration.
    pub overwrite: bool,
    /// List the inputs again instead of resuming the plan made before.
    pub replan: bool,
    /// How long the owner on another machine must be silent before its output is taken over.
    pub lease: Duration,
    /// Counters for the terminal.
    pub progress: Arc<Progress>,
    /// Asks the run to stop.
    pub cancel: Cancel,
}

/// How a run ended.
#[derive(Debug)]
pub struct RunOutcome {
    /// The published run.
    pub manifest: RunManifest,
    /// The plan that was run.
    pub plan: RunPlan,
    /// Whether the run was finished before this call, which then did nothing.
    pub already_complete: bool,
    /// Whether the plan of an earlier, unfinished call was resumed.
    pub resumed: bool,
}

/// Runs `pipeline` into `store` and publishes the result, or resumes where an earlier call was
/// stopped, at whatever moment that was.
pub async fn run(pipeline: &Pipeline, store: &Store, options: &RunOptions) -> Result<RunOutcome, EngineError> {
    // Refuse what needs no ownership first: asking again must not disturb a running owner.
    options.memory.tasks(options.threads)?;
    let owner = Arc::new(Owner::acquire(store, options.lease).await?);
    let outcome = owned(pipeline, store, options, &owner).await;
    // A task that was abandoned may still hold the owner. Then the output stays marked, and the
    // next run on this machine sees that the process is gone.
    if let Some(owner) = Arc::into_inner(owner) {
        owner.release().await?;
    }
    outcome
}

async fn owned(
    pipeline: &Pipeline,
    store: &Store,
    options: &RunOptions,
    owner: &Arc<Owner>,
) -> Result<RunOutcome, EngineError> {
    let published = published(store).await?;
    let (plan, resumed) = plan(pipeline, store, options).await?;
    if let Some(manifest) = published {
        if manifest.run_key == plan.run_key {
            gc::clear_staging(store).await?;
            return Ok(RunOutcome { manifest, plan, already_complete: true, resumed });
        }
        if !options.overwrite {
            return Err(EngineError::OutputTaken {
                output: store.location().to_owned(),
                documents: manifest.ledger.output.documents,
                name: manifest.name,
            });
        }
    }
    let engine = LocalEngine::new(options.threads, options.memory)?;
    let parts = TaskContextParts {
        progress: Arc::clone(&options.progress),
        cancel: options.cancel.clone(),
        parallelism: engine.parallelism(plan.tasks.len()),
        batch_rows: options.batch_rows,
    };
    let context = Arc::new(TaskContext::new(pipeline, store.clone(), Arc::clone(owner), parts));
    let tasks = run_missing(&engine, &context, plan.tasks.clone()).await?;
    let manifest = publish(&engine, &context, pipeline, &plan, &tasks).await?;
    gc::clear_staging(store).await?;
    Ok(RunOutcome { manifest, plan, already_complete: false, resumed })
}

/// The manifest of the published run, if there is one.
pub(crate) async fn published(store: &Store) -> Result<Option<RunManifest>, EngineError> {
    match store.get_opt(layout::RUN_MANIFEST).await? {
        Some(bytes) => Ok(Some(unseal(layout::RUN_MANIFEST, &bytes)?)),
        None => Ok(None),
    }
}

/// The newest plan of this configuration, or a new one. Inputs that appear later are not mixed
/// into a run that has begun; inputs that changed since are refused when they are read.
async fn plan(pipeline: &Pipeline, store: &Store, options: &RunOptions) -> Result<(RunPlan, bool), EngineError> {
    let config_key = config_key(pipeline);
    let plans = plans(store).await?;
    if let (Some((_, known)), false) = (plans.last(), options.replan)
        && known.config_key == config_key
    {
        return Ok((known.clone(), true));
    }
    let plan = plan_run(pipeline).await?;
    let number = plans.last().map_or(0, |(number, _)| *number) + 1;
    match store.create(&layout::plan(number), seal(&plan)?).await? {
        Created::New => Ok((plan, false)),
        // Only the owner writes plans.
        Created::AlreadyExists => {
            Err(EngineError::Bug(format!("plan {number} appeared while this run owns the output")))
        }
    }
}

/// All plans, oldest first.
pub(crate) async fn plans(store: &Store) -> Result<Vec<(u64, RunPlan)>, EngineError> {
    let mut plans = Vec::new();
    for info in store.list(layout::PLANS).await? {
        let name = info.path.rsplit('/').next().unwrap_or_default();
        let Some(number) = name.strip_suffix(".json").and_then(|number| number.parse().ok()) else { continue };
        plans.push((number, unseal(&info.path, &store.get(&info.path).await?)?));
    }
    Ok(plans)
}
