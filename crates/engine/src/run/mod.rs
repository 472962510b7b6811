//! The whole of `textmill run`: take the output, plan or resume, run, publish.

mod array;
mod own_place;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use textmill_pipeline::{Node, Pipeline};
use textmill_store::manifest::{ExchangeManifest, RunManifest, TaskManifest};
use textmill_store::owner::{Owner, clear_members};
use textmill_store::sealed::seal;
use textmill_store::{Created, Store};

pub use self::array::{ArrayMember, ArrayOutcome, run_array};
use self::own_place::{check_published, refuse_output_in_input};
use crate::engines::{Engine, run_missing};
use crate::exchange::{Means, decide, exchange_of};
use crate::plan::{
    RunPlan, TaskSpec, Work, config_key, continue_tasks, latest_plan, plan_run, published, renewed, take_over,
};
use crate::publish::{Phases, publish};
use crate::task::{TaskContext, TaskContextParts};
use crate::upkeep::clear_staging;
use crate::{Cancel, EngineError, MemoryBudget, Progress, layout};

/// Largest shard that is published to an object store, with room for one that grows over its bound.
const LARGEST_COPY: u64 = 4 << 30;

/// How this run behaves; none of it changes a byte of the result.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Memory budget of this process: what its exchanges hold is cut from it.
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

/// Runs `pipeline` into `store` on `engine` and publishes the result, or resumes where an earlier call was
/// stopped, at whatever moment that was. Which engine it is, and whether it is the same in both calls, changes nothing.
pub async fn run(
    pipeline: &Pipeline,
    store: &Store,
    options: &RunOptions,
    engine: &dyn Engine,
) -> Result<RunOutcome, EngineError> {
    // Refuse what needs no ownership first: asking again must not disturb a running owner.
    refuse_several_indexes(pipeline)?;
    refuse_large_shards(pipeline, store)?;
    refuse_output_in_input(pipeline, store)?;
    let owner = Arc::new(Owner::acquire(store, options.lease).await?);
    let outcome = owned(pipeline, store, options, engine, &owner).await;
    sign_off(store, &owner, outcome.is_ok()).await;
    outcome
}

/// Releases the output. One that was refused before anything was planned is left as it was.
pub(crate) async fn sign_off(store: &Store, owner: &Owner, is_done: bool) {
    let is_untouched = !is_done && matches!(latest_plan(store).await, Ok(None));
    if !is_untouched || !matches!(published(store).await, Ok(None)) {
        return release(owner).await;
    }
    if let Err(error) = owner.withdraw().await {
        tracing::warn!(%error, "the output could not be left as it was");
    }
}

/// Signs off. The outcome matters more: an owner that could not sign off is taken for dead by the next run.
pub(crate) async fn release(owner: &Owner) {
    if let Err(error) = owner.release().await {
        tracing::warn!(%error, "the output could not be released");
    }
}

/// The run of an owner that is alone.
pub(crate) async fn owned(
    pipeline: &Pipeline,
    store: &Store,
    options: &RunOptions,
    engine: &dyn Engine,
    owner: &Arc<Owner>,
) -> Result<RunOutcome, EngineError> {
    let published = published(store).await?;
    let Planned { plan, resumed, is_new } = plan(pipeline, store, options, published.as_ref()).await?;
    let replaces = published.as_ref().map(|run| run.digest.clone());
    if let Some(manifest) = published {
        let is_same = manifest.run_key == plan.run_key;
        let whole = if is_same { check_published(store, &manifest).await } else { Ok(()) };
        if is_same && (whole.is_ok() || !options.overwrite) {
            whole?;
            clear_up(store, owner).await?;
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
    // Only now: a refused run must leave no trace.
    if is_new {
        owner.check().await?;
        record(store, &plan).await?;
    }
    engine.start().await?;
    let parts = TaskContextParts {
        progress: Arc::clone(&options.progress),
        cancel: options.cancel.clone(),
        parallelism: engine.parallelism(plan.tasks.len()),
        batch_rows: options.batch_rows,
    };
    let context = |phase| Arc::new(TaskContext::new(pipeline, phase, store.clone(), Arc::clone(owner), parts.clone()));
    let mut last = context(0);
    let tasks = run_missing(engine, &last, plan.tasks.clone()).await?;
    let mut done = Phases::new(plan.tasks.iter().cloned().zip(tasks).collect());
    for phase in 1..pipeline.phases().len() {
        let found = exchange(engine, &last, pipeline, phase - 1, done.last(), options.memory.bytes()).await?;
        let tasks = continue_tasks(pipeline, phase, done.last(), &found);
        last = context(phase);
        let manifests = run_missing(engine, &last, tasks.clone()).await?;
        done.push(tasks.into_iter().zip(manifests).collect(), found);
    }
    let manifest = publish(engine, &last, pipeline, &plan, &done, replaces.as_deref()).await?;
    clear_up(store, owner).await?;
    Ok(RunOutcome { manifest, plan, already_complete: false, resumed })
}

/// Runs the exchanges that end phase `phase`, and returns what they found by the id of their stage.
pub(crate) async fn exchange(
    engine: &dyn Engine,
    context: &TaskContext,
    pipeline: &Pipeline,
    phase: usize,
    tasks: &[(TaskSpec, TaskManifest)],
    memory: u64,
) -> Result<BTreeMap<String, ExchangeManifest>, EngineError> {
    let TaskContext { store, owner, cancel, .. } = context;
    let means = Means { sorter: engine, store, owner, cancel, memory };
    let mut found = BTreeMap::new();
    for node in exchanges_after(pipeline, phase) {
        found.insert(node.id.clone(), decide(&means, node, tasks).await?);
    }
    Ok(found)
}

/// The exchanges that end phase `phase`.
pub(crate) fn exchanges_after(pipeline: &Pipeline, phase: usize) -> impl Iterator<Item = &Node> {
    let ends = move |(node, level): &(&Node, usize)| node.exchange.is_some() && *level == phase;
    pipeline.nodes.iter().zip(pipeline.levels()).filter(ends).map(|(node, _)| node)
}

/// Object stores copy objects of up to 5 GiB in one request, and publishing copies.
pub(crate) fn refuse_large_shards(pipeline: &Pipeline, store: &Store) -> Result<(), EngineError> {
    let bytes = pipeline.output.shard_bytes.bytes();
    let copies = store.local_path(layout::RUN_MANIFEST).is_none();
    if copies && bytes > LARGEST_COPY {
        return Err(EngineError::ShardBytes { output: store.location().to_owned(), bytes });
    }
    Ok(())
}

pub(crate) fn refuse_several_indexes(pipeline: &Pipeline) -> Result<(), EngineError> {
    let makes_one = |node: &&Node| exchange_of(node).is_some_and(|exchange| exchange.index().is_some());
    let stages: Vec<_> = pipeline.nodes.iter().filter(makes_one).map(|node| format!("`{}`", node.id)).collect();
    if stages.len() > 1 { Err(EngineError::SeveralIndexes(stages)) } else { Ok(()) }
}

/// Removes what a published run no longer needs.
async fn clear_up(store: &Store, owner: &Owner) -> Result<(), EngineError> {
    owner.check().await?;
    for record in store.list(layout::PUBLISHING).await? {
        store.delete(&record.path).await?;
    }
    clear_members(store).await?;
    clear_staging(store, owner).await
}

/// The plan that is to be run.
struct Planned {
    plan: RunPlan,
    /// Whether it is that of an earlier call, perhaps with files pinned anew.
    resumed: bool,
    /// Whether it is not recorded yet.
    is_new: bool,
}

/// The newest plan, if it is of this configuration, else a new one. Inputs that appear later are not mixed into a run
/// that has begun; inputs of another size are refused when they are read. To overwrite what is `finished` means to look
/// at the input again.
async fn plan(
    pipeline: &Pipeline,
    store: &Store,
    options: &RunOptions,
    finished: Option<&RunManifest>,
) -> Result<Planned, EngineError> {
    let known = latest_plan(store).await?.map(|(_, plan)| plan);
    let again = options.replan || (options.overwrite && finished.is_some());
    match known {
        Some(plan) if !again && plan.config_key == config_key(pipeline) => {
            if finished.is_some_and(|run| run.run_key == plan.run_key) {
                return Ok(Planned { plan, resumed: true, is_new: false });
            }
            let (plan, is_new) = resumable(pipeline, store, plan).await?;
            Ok(Planned { plan, resumed: true, is_new })
        }
        _ => {
            let plan = plan_again(pipeline, store).await?;
            refuse_own_output(&plan, store)?;
            Ok(Planned { plan, resumed: false, is_new: true })
        }
    }
}

/// A plan of the input as it is now, in which committed results at `store` have their place that were made of the same
/// bytes, whatever time stamps the files have. Changes nothing.
pub async fn plan_again(pipeline: &Pipeline, store: &Store) -> Result<RunPlan, EngineError> {
    let mut plan = plan_run(pipeline).await?;
    if let Some((_, known)) = latest_plan(store).await? {
        take_over(store, pipeline, &mut plan, &known).await?;
    }
    Ok(plan)
}

/// `plan`, which was recorded, as it can be run now, and whether that is another one: files may have another time
/// stamp than they had.
pub(crate) async fn resumable(
    pipeline: &Pipeline,
    store: &Store,
    plan: RunPlan,
) -> Result<(RunPlan, bool), EngineError> {
    let Some(mut renewed) = renewed(pipeline, &plan).await? else { return Ok((plan, false)) };
    take_over(store, pipeline, &mut renewed, &plan).await?;
    let is_new = renewed != plan;
    Ok((renewed, is_new))
}

/// A run that reads what it writes would count its own output as input, or delete its input.
pub(crate) fn refuse_own_output(plan: &RunPlan, store: &Store) -> Result<(), EngineError> {
    let folders = layout::FOLDERS.map(|folder| {
        let local = store.local_path(folder).and_then(|path| path.canonicalize().ok());
        (local, format!("{}/{folder}/", store.location().trim_end_matches('/')))
    });
    let mut seen = "";
    for task in &plan.tasks {
        let Work::Split(split) = &task.work else { continue };
        let location = split.shard.location.as_str();
        // The splits of a file follow each other.
        if std::mem::replace(&mut seen, location) == location {
            continue;
        }
        let path = Path::new(location.strip_prefix("file://").unwrap_or(location));
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let inside = |(local, remote): &(Option<PathBuf>, String)| {
            local.as_ref().is_some_and(|folder| real.starts_with(folder)) || location.starts_with(remote)
        };
        if folders.iter().any(inside) {
            let (input, output) = (location.to_owned(), store.location().to_owned());
            return Err(EngineError::InputInOutput { input, output });
        }
    }
    Ok(())
}

/// Keeps the plan under the next number.
async fn record(store: &Store, plan: &RunPlan) -> Result<(), EngineError> {
    let number = latest_plan(store).await?.map_or(0, |(number, _)| number) + 1;
    match store.create(&layout::plan(number), seal(plan)?).await? {
        Created::New => Ok(()),
        // Only the owner writes plans.
        Created::AlreadyExists => {
            Err(EngineError::Bug(format!("plan {number} appeared while this run owns the output")))
        }
    }
}
