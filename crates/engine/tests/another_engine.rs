//! An engine written with what this crate gives to everybody: it runs tasks one after the other, the last one first, and
//! can be told to fail.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use datafusion::execution::SendableRecordBatchStream;
use textmill_document::ByteSize;
use textmill_engine::{
    ArrayMember, ArrayOutcome, Cancel, Engine, EngineError, KeySource, LocalEngine, MemoryBudget, Progress, RunOptions,
    RunOutcome, Sorter, TaskContext, TaskSpec, run, run_array, run_task, verify,
};
use textmill_pipeline::Pipeline;
use textmill_store::Store;
use textmill_store::manifest::TaskManifest;

struct Backwards {
    sorts: LocalEngine,
    started: AtomicUsize,
    ran: AtomicUsize,
    /// Tasks after which it fails.
    bound: usize,
}

impl Backwards {
    fn new(bound: usize) -> Self {
        let sorts = LocalEngine::new(1, memory()).expect("enough memory");
        Self { sorts, started: AtomicUsize::new(0), ran: AtomicUsize::new(0), bound }
    }

    fn ran(&self) -> usize {
        self.ran.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Sorter for Backwards {
    async fn sorted(
        &self,
        name: &str,
        memory: usize,
        keys: Box<dyn KeySource>,
        order: &str,
    ) -> Result<SendableRecordBatchStream, EngineError> {
        self.sorts.sorted(name, memory, keys, order).await
    }
}

#[async_trait]
impl Engine for Backwards {
    async fn start(&self) -> Result<(), EngineError> {
        self.started.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn parallelism(&self, _tasks: usize) -> usize {
        1
    }

    async fn run_tasks(
        &self,
        context: &Arc<TaskContext>,
        tasks: Vec<TaskSpec>,
    ) -> Result<Vec<TaskManifest>, EngineError> {
        let mut manifests = Vec::new();
        for task in tasks.iter().rev() {
            if self.ran() >= self.bound {
                return Err(EngineError::Interrupted);
            }
            manifests.push(Box::pin(run_task(task, context)).await?);
            self.ran.fetch_add(1, Ordering::Relaxed);
        }
        manifests.reverse();
        Ok(manifests)
    }
}

fn memory() -> MemoryBudget {
    MemoryBudget::new(Some(ByteSize::mib(640)))
}

fn options() -> RunOptions {
    RunOptions {
        memory: memory(),
        batch_rows: 2,
        overwrite: false,
        replan: false,
        lease: Duration::from_mins(1),
        progress: Arc::new(Progress::default()),
        cancel: Cancel::default(),
    }
}

/// A pipeline of two phases over three files, with a text that each of them has.
fn pipeline(folder: &Path) -> Pipeline {
    for file in 0..3 {
        let line = |row: u32| format!("{{\"id\": \"{file}-{row}\", \"text\": \"text {}\"}}\n", row * (file + row));
        std::fs::write(folder.join(format!("{file}.jsonl")), (0..5).map(line).collect::<String>()).expect("written");
    }
    let text = format!(
        "version: 1\nname: test\ninput: {{paths: [\"{}/*.jsonl\"]}}\nstages:\n  - {{id: same, run: {{exact_dedupe: \
         {{}}}}}}\n  - {{id: some, run: {{keep_where: \"text <> 'text 6'\"}}}}\noutput: {{path: out}}\n",
        folder.display()
    );
    textmill_pipeline::parse("test.yaml", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn store(folder: &Path, name: &str) -> Store {
    Store::open(folder.join(name).to_str().expect("Unicode")).expect("opens")
}

async fn run_on(engine: &dyn Engine, pipeline: &Pipeline, store: &Store) -> Result<RunOutcome, EngineError> {
    Box::pin(run(pipeline, store, &options(), engine)).await
}

/// Tasks of both phases: one for each file.
const TASKS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_written_outside_makes_the_same_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipeline = pipeline(folder.path());
    let (here, there) = (store(folder.path(), "here"), store(folder.path(), "there"));
    let local = LocalEngine::new(2, memory()).expect("enough memory");
    let expected = run_on(&local, &pipeline, &here).await.expect("runs").manifest;

    let engine = Backwards::new(usize::MAX);
    let found = run_on(&engine, &pipeline, &there).await.expect("runs").manifest;
    assert_eq!(
        (&found.digest, &found.ledger, &found.datasets),
        (&expected.digest, &expected.ledger, &expected.datasets)
    );
    assert!(found.ledger.duplicates().documents > 0 && found.ledger.dropped().documents > 0, "{:#?}", found.ledger);
    assert_eq!(engine.started.load(Ordering::Relaxed), 1);
    assert!(verify(&there).await.expect("reads").damage.is_empty());

    // A run that is finished asks nothing of its engine.
    let again = Backwards::new(0);
    assert!(run_on(&again, &pipeline, &there).await.expect("is finished").already_complete);
    assert_eq!(again.started.load(Ordering::Relaxed), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_stops_after_any_task_goes_on_there_and_ends_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipeline = pipeline(folder.path());
    let whole = Backwards::new(usize::MAX);
    let expected = run_on(&whole, &pipeline, &store(folder.path(), "whole")).await.expect("runs").manifest;
    // Publishing has tasks of its own, which join files.
    let all = whole.ran();
    assert!(all >= TASKS, "{all}");

    for bound in 0..all {
        let store = store(folder.path(), &format!("stopped-{bound}"));
        let stopped = Backwards::new(bound);
        let error = run_on(&stopped, &pipeline, &store).await.expect_err("stops");
        assert!(matches!(error, EngineError::Interrupted), "{error}");
        let rest = Backwards::new(usize::MAX);
        let outcome = run_on(&rest, &pipeline, &store).await.expect("goes on");
        assert!(outcome.resumed && !outcome.already_complete);
        assert_eq!(outcome.manifest.digest, expected.digest, "after {bound}");
        assert_eq!(outcome.manifest.ledger, expected.ledger, "after {bound}");
        // No task is run twice.
        assert_eq!(stopped.ran() + rest.ran(), all, "after {bound}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_an_array_run_their_share_each_and_the_last_one_publishes() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipeline = pipeline(folder.path());
    let expected = run_on(&Backwards::new(usize::MAX), &pipeline, &store(folder.path(), "whole")).await.expect("runs");
    let store = store(folder.path(), "array");
    let mut ran = Vec::new();
    for index in [2, 0, 1] {
        let engine = Backwards::new(usize::MAX);
        let member = ArrayMember { index, count: 3, leave_after_exchange: false };
        let outcome = Box::pin(run_array(&pipeline, &store, &options(), &engine, member)).await.expect("works");
        ran.push(engine.ran());
        match outcome {
            ArrayOutcome::Waiting { phase, done, tasks } => {
                assert_eq!((phase.as_str(), done, tasks), ("p0", ran.len() as u64, 3));
            }
            ArrayOutcome::Published(outcome) => {
                assert_eq!(ran.len(), 3);
                assert_eq!(outcome.manifest.digest, expected.manifest.digest);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(ran[..2], [1, 1]);
    assert!(ran[2] >= TASKS - 2, "{ran:?}");
}
