//! `textmill run --task-index I --task-count N`: many processes, one output, no scheduler.
//!
//! 1. The first member writes the plan; all others run that one, or are refused if it is not of their configuration.
//! 2. Member I runs the tasks whose number leaves I when divided by N. Any process may run any task: the first result
//!    is the result, so a member that was killed, or was started twice, changes nothing but time.
//! 3. A member that finds tasks of others missing leaves. The one that finds none missing takes the output for itself
//!    (of several, one does) and goes on like any other run: it compares documents, runs the phases after that, publishes.
//! 4. Whoever comes when a comparison is committed shares the tasks of the phase after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use textmill_pipeline::Pipeline;
use textmill_store::manifest::{ExchangeManifest, TaskManifest};
use textmill_store::owner::{Array, Holder, Joined, Owner, finisher};
use textmill_store::sealed::{seal, unseal};
use textmill_store::{Store, StoreError};

use super::own_place::{check_published, refuse_output_in_input};
use super::{
    RunOptions, RunOutcome, exchange, exchanges_after, owned, refuse_large_shards, refuse_own_output,
    refuse_several_indexes, release, resumable,
};
use crate::engines::{Engine, run_missing};
use crate::exchange::decided;
use crate::plan::{Reuse, RunPlan, TaskSpec, config_key, continue_tasks, latest_plan, plan_run, published, reusable};
use crate::task::{TaskContext, TaskContextParts};
use crate::{EngineError, layout};

/// Which share of a run a process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrayMember {
    /// Number of the share, from 0.
    pub index: u32,
    /// Number of shares.
    pub count: u32,
    /// After comparing documents, leave the tasks that follow to the next start of the array.
    pub leave_after_exchange: bool,
}

/// How a member ended. What is committed stays in any case.
#[derive(Debug)]
pub enum ArrayOutcome {
    /// The run is published, by this process or before.
    Published(Box<RunOutcome>),
    /// This share is done, tasks of others are missing.
    Waiting {
        /// Id of the phase.
        phase: String,
        /// Tasks of it that are committed.
        done: u64,
        /// Tasks of it.
        tasks: u64,
    },
    /// All shares are done and another process does the rest.
    Finishing(Box<Holder>),
    /// Documents were compared; the tasks of this phase can be shared by the array, started again.
    Exchanged {
        /// Id of the phase.
        phase: String,
    },
}

/// How far the shares are.
enum Shared {
    Complete(Box<RunOutcome>),
    Waiting {
        phase: String,
        done: u64,
        tasks: u64,
    },
    /// The tasks of this phase are committed, and what follows is for one process.
    Through {
        phase: usize,
        tasks: Vec<TaskSpec>,
    },
}

/// Runs the share of `member` on `engine`, and the rest of the run if it is the last.
pub async fn run_array(
    pipeline: &Pipeline,
    store: &Store,
    options: &RunOptions,
    engine: &dyn Engine,
    member: ArrayMember,
) -> Result<ArrayOutcome, EngineError> {
    refuse_several_indexes(pipeline)?;
    refuse_large_shards(pipeline, store)?;
    refuse_output_in_input(pipeline, store)?;
    if let Some(outcome) = complete(pipeline, store).await? {
        return Ok(ArrayOutcome::Published(Box::new(outcome)));
    }
    let array = Array { key: config_key(pipeline), count: member.count };
    let owner = match Owner::join(store, &array, options.lease).await? {
        Joined::Member(owner) => Arc::new(*owner),
        Joined::Finishing(holder) => return Ok(ArrayOutcome::Finishing(holder)),
    };
    let run = ArrayRun { pipeline, store, options, engine, member, array };
    let outcome = match run.share(&owner).await {
        Ok(Shared::Complete(outcome)) => Ok(ArrayOutcome::Published(outcome)),
        Ok(Shared::Waiting { phase, done, tasks }) => Ok(ArrayOutcome::Waiting { phase, done, tasks }),
        Ok(Shared::Through { phase, tasks }) => run.finish(&owner, phase, tasks).await,
        Err(EngineError::Store(error @ StoreError::Fenced { .. })) => run.overtaken(error).await,
        Err(error) => Err(error),
    };
    release(&owner).await;
    outcome
}

struct ArrayRun<'a> {
    pipeline: &'a Pipeline,
    store: &'a Store,
    options: &'a RunOptions,
    engine: &'a dyn Engine,
    member: ArrayMember,
    array: Array,
}

impl ArrayRun<'_> {
    /// Runs this member's tasks of every phase whose tasks are known.
    async fn share(&self, owner: &Arc<Owner>) -> Result<Shared, EngineError> {
        // Since the first look another process may have published and released.
        if let Some(outcome) = complete(self.pipeline, self.store).await? {
            return Ok(Shared::Complete(Box::new(outcome)));
        }
        self.engine.start().await?;
        let mut tasks = adopt(self.pipeline, self.store).await?.tasks;
        let mut phase = 0;
        loop {
            let ArrayMember { index, count, .. } = self.member;
            let is_mine = |task: &&TaskSpec| task.index % u64::from(count.max(1)) == u64::from(index);
            let mine: Vec<_> = tasks.iter().filter(is_mine).cloned().collect();
            run_missing(self.engine, &self.context(phase, owner, mine.len()), mine).await?;
            let done = committed(self.store, &tasks).await?;
            if done < tasks.len() as u64 {
                let id = tasks.first().map_or_else(String::new, |task| task.phase.clone());
                return Ok(Shared::Waiting { phase: id, done, tasks: tasks.len() as u64 });
            }
            match self.next_phase(phase, &tasks).await? {
                Some(next) => tasks = next,
                None => return Ok(Shared::Through { phase, tasks }),
            }
            phase += 1;
        }
    }

    /// The tasks after those of `phase`, if that is known: all of it is there, and what its exchanges found.
    async fn next_phase(&self, phase: usize, tasks: &[TaskSpec]) -> Result<Option<Vec<TaskSpec>>, EngineError> {
        if phase + 1 >= self.pipeline.phases().len() {
            return Ok(None);
        }
        let mut before: Vec<(TaskSpec, TaskManifest)> = Vec::with_capacity(tasks.len());
        for (task, found) in tasks.iter().zip(reusable(self.store, tasks).await?) {
            let Reuse::Committed(manifest) = found else { return Ok(None) };
            before.push((task.clone(), *manifest));
        }
        let mut verdicts: BTreeMap<String, ExchangeManifest> = BTreeMap::new();
        for node in exchanges_after(self.pipeline, phase) {
            let Some(found) = decided(self.store, node, &before).await? else { return Ok(None) };
            verdicts.insert(node.id.clone(), found);
        }
        Ok(Some(continue_tasks(self.pipeline, phase + 1, &before, &verdicts)))
    }

    /// Does what is not for many: `phase` is through.
    async fn finish(
        &self,
        member: &Arc<Owner>,
        phase: usize,
        tasks: Vec<TaskSpec>,
    ) -> Result<ArrayOutcome, EngineError> {
        let Some(owner) = member.finish(self.options.lease).await? else {
            return self.overtaken(member.fenced()).await;
        };
        let owner = Arc::new(owner);
        let ends = phase + 1 >= self.pipeline.phases().len();
        let outcome = if self.member.leave_after_exchange && !ends {
            self.exchange(&owner, phase, tasks).await
        } else {
            let outcome = Box::pin(owned(self.pipeline, self.store, self.options, self.engine, &owner)).await;
            outcome.map(|outcome| ArrayOutcome::Published(Box::new(outcome)))
        };
        release(&owner).await;
        outcome
    }

    async fn exchange(
        &self,
        owner: &Arc<Owner>,
        phase: usize,
        tasks: Vec<TaskSpec>,
    ) -> Result<ArrayOutcome, EngineError> {
        let context = self.context(phase, owner, tasks.len());
        // All of them are committed; one whose files were lost since runs again.
        let manifests = run_missing(self.engine, &context, tasks.clone()).await?;
        let done: Vec<_> = tasks.into_iter().zip(manifests).collect();
        exchange(self.engine, &context, self.pipeline, phase, &done, self.options.memory.bytes()).await?;
        Ok(ArrayOutcome::Exchanged { phase: format!("p{}", phase + 1) })
    }

    /// What it means that another process took the output: that it does the rest, unless it runs something else.
    async fn overtaken(&self, error: StoreError) -> Result<ArrayOutcome, EngineError> {
        if let Some(outcome) = complete(self.pipeline, self.store).await? {
            return Ok(ArrayOutcome::Published(Box::new(outcome)));
        }
        match finisher(self.store, &self.array).await? {
            Some(holder) => Ok(ArrayOutcome::Finishing(Box::new(holder))),
            None => Err(error.into()),
        }
    }

    fn context(&self, phase: usize, owner: &Arc<Owner>, tasks: usize) -> Arc<TaskContext> {
        let parts = TaskContextParts {
            progress: Arc::clone(&self.options.progress),
            cancel: self.options.cancel.clone(),
            parallelism: self.engine.parallelism(tasks),
            batch_rows: self.options.batch_rows,
        };
        Arc::new(TaskContext::new(self.pipeline, phase, self.store.clone(), Arc::clone(owner), parts))
    }
}

/// The published run, if it is this one. That of another configuration is refused.
async fn complete(pipeline: &Pipeline, store: &Store) -> Result<Option<RunOutcome>, EngineError> {
    let Some(manifest) = published(store).await? else { return Ok(None) };
    if let Some((_, plan)) = latest_plan(store).await?
        && plan.config_key == config_key(pipeline)
        && plan.run_key == manifest.run_key
    {
        check_published(store, &manifest).await?;
        return Ok(Some(RunOutcome { manifest, plan, already_complete: true, resumed: true }));
    }
    Err(EngineError::OutputTaken {
        output: store.location().to_owned(),
        documents: manifest.ledger.output.documents,
        name: manifest.name,
    })
}

/// The plan of the array: that of the member which made one first.
async fn adopt(pipeline: &Pipeline, store: &Store) -> Result<RunPlan, EngineError> {
    let plan = match latest_plan(store).await? {
        Some((number, plan)) if plan.config_key == config_key(pipeline) => {
            let (plan, is_new) = resumable(pipeline, store, plan).await?;
            if !is_new {
                return Ok(plan);
            }
            // Another member may have found the same.
            let path = layout::plan(number + 1);
            store.create(&path, seal(&plan)?).await?;
            unseal(&path, &store.get(&path).await?)?
        }
        Some((_, plan)) => plan,
        None => {
            let plan = plan_run(pipeline).await?;
            refuse_own_output(&plan, store)?;
            let path = layout::plan(1);
            store.create(&path, seal(&plan)?).await?;
            // Created or not: what lies there is the plan.
            unseal(&path, &store.get(&path).await?)?
        }
    };
    if plan.config_key == config_key(pipeline) {
        return Ok(plan);
    }
    Err(EngineError::OtherPlan { output: store.location().to_owned(), name: plan.name })
}

/// How many of `tasks` have a manifest. Looked up by listing, which costs little where there are many; that each is
/// whole is seen to by whoever goes on with them.
async fn committed(store: &Store, tasks: &[TaskSpec]) -> Result<u64, EngineError> {
    let Some(first) = tasks.first() else { return Ok(0) };
    let listed = store.list(&format!("{}/{}", layout::TASKS, first.phase)).await?;
    let names: BTreeSet<_> = listed.into_iter().map(|info| info.path).collect();
    let is_there = |task: &&TaskSpec| names.contains(&layout::task_manifest(&task.phase, &task.key));
    Ok(tasks.iter().filter(is_there).count() as u64)
}
