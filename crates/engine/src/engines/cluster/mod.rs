//! Runs the same tasks and sorts on many machines, as jobs of a Ballista cluster.
//!
//! ```text
//!  driver (textmill run --cluster)          scheduler                executors
//!  ClusterEngine ─▶ Client ──plan──▶ WorkExec over one row ──▶ WorkExec ─▶ Worker ─▶ run_task, or keys ─▶ SortExec
//!        ▲                                                                  │
//!        └───────── manifests and checksums, read from the store ◀──────────┘
//! ```
//!
//! 1. A job is one partition of one stage: a [`WorkExec`](exec::WorkExec) above an in-memory row that describes the work,
//!    for a sort with `SortExec` above it. Nothing is shuffled between executors, so the faults that Ballista 55.0.0 has
//!    where a stage reads another's output (rows doubled after a lost executor, #2677; unknown leaves split wrongly,
//!    #2721; slots lost after a roll-back, #2539) have nothing to act on.
//! 2. What a job returns is never believed: whether a task is done is read from its manifest in the store, and the rows
//!    of a sorted run must have the number and the sum of hashes that the executor put into the store.
//! 3. A job that fails with its executor is submitted again. A task that every time takes its process with it is given up
//!    after [`MAX_ATTEMPTS`](attempts::MAX_ATTEMPTS) attempts.
//! 4. The driver asks the scheduler every few seconds whether it has executors; without any for some time
//!    ([`ClusterOptions::patience`](crate::ClusterOptions::patience)) the run ends, resumable.
//! 5. Executors read credentials from their own environment. Work names locations and paths, never a secret.

mod attempts;
mod checksum;
mod client;
mod codec;
mod engine;
mod exec;
mod executor;
mod health;
mod runs;
mod scheduler;
mod work;
mod worker;

pub use engine::{ClusterEngine, ClusterOptions};
pub use executor::{ExecutorOptions, run_executor};
pub use scheduler::{SchedulerOptions, run_scheduler};

/// Largest message between driver, scheduler and executors, in bytes: a task of a late phase names all files that it
/// reads.
const MAX_MESSAGE_BYTES: u32 = 256 << 20;
