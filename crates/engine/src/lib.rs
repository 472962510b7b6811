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

mod array;
mod cancel;
mod cluster;
mod compact;
mod continue_task;
mod datasets;
mod dedupe;
mod engine;
mod error;
mod estimate;
mod gc;
mod global_sample;
mod graph;
mod ids;
mod input_change;
mod input_digest;
mod layout;
mod local;
mod memory;
mod number_sort;
mod phases;
mod plan;
mod progress;
mod publish;
mod resume;
mod run;
mod same_bytes;
mod sample;
mod split_task;
mod status;
mod task;
mod task_output;
mod verify;

pub use array::{ArrayMember, ArrayOutcome, run_array};
pub use cancel::Cancel;
pub use cluster::{ClusterEngine, ExecutorOptions, SchedulerOptions, run_executor, run_scheduler};
pub use engine::{Engine, TaskOutcome};
pub use error::{EngineError, ErrorKind};
pub use estimate::{CorpusSize, Estimate, ExchangeEstimate, PhaseEstimate, Rates, StageEstimate, StageRate, estimate};
pub use gc::{DEFAULT_UPLOAD_AGE, GcOptions, GcReport, collect_garbage};
pub use input_change::{InputChange, input_change};
pub use local::LocalEngine;
pub use memory::{MemoryBudget, TASK_MEMORY, available_memory};
pub use plan::{HandedOver, RunPlan, TaskSpec, Work, plan_run};
pub use progress::{Progress, Snapshot};
pub use resume::{Reuse, reusable};
pub use run::{ClusterOptions, RunOptions, RunOutcome, plan_again, run};
pub use sample::{read_dropped, read_quarantine};
pub use status::{PhaseStatus, RunStatus, status};
pub use task::{TaskContext, run_task};
pub use verify::{Damage, VerifyReport, verify};
