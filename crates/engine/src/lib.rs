//! Runs a checked pipeline: plans tasks, executes them, hands rows over between phases, publishes.
//!
//! What this crate does not do: it parses no configuration (`pipeline` does), reads no file format
//! (`ingest`), and knows no file layout below a manifest (`store`).
//!
//! ```text
//!  Pipeline ─▶ plan ─▶ tasks ──▶ Engine::run_tasks ──▶ manifests ─▶ exchange ─▶ tasks ─▶ ... ─▶ publish
//!                        │         (local pool)           │
//!                        └── resume: a manifest with the ─┘
//!                            task's key is already there
//! ```
//!
//! [`run_task`] is a plain async function that knows no engine: read a split, push every batch
//! through the phase's graph of stages, write, commit. [`Engine`] is the seam between the local
//! pool and a cluster. [`run()`] is the whole of `textmill run`.

mod cancel;
mod engines;
mod error;
mod estimate;
mod exchange;
mod layout;
mod memory;
mod plan;
mod progress;
mod publish;
mod run;
mod task;
mod upkeep;

pub use cancel::Cancel;
pub use engines::{
    ClusterEngine, ClusterOptions, Engine, ExecutorOptions, LocalEngine, SchedulerOptions, run_executor, run_scheduler,
};
pub use error::{EngineError, ErrorKind};
pub use estimate::{CorpusSize, Estimate, ExchangeEstimate, PhaseEstimate, Rates, StageEstimate, StageRate, estimate};
pub use exchange::{KeyRun, KeySource, KeyWork, Sorter};
pub use memory::{MemoryBudget, TASK_MEMORY, available_memory};
pub use plan::{HandedOver, InputChange, Reuse, RunPlan, TaskSpec, Work, config_key, input_change, plan_run, reusable};
pub use progress::{Progress, Snapshot};
pub use run::{ArrayMember, ArrayOutcome, RunOptions, RunOutcome, plan_again, run, run_array};
pub use task::{TaskContext, TaskContextParts, read_dropped, read_quarantine, run_task};
pub use upkeep::{
    DEFAULT_UPLOAD_AGE, Damage, GcOptions, GcReport, PhaseStatus, RunStatus, VerifyReport, collect_garbage, status,
    verify,
};
