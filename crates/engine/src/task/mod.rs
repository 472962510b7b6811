//! One task: reads its input, pushes each batch through the stages of its phase, writes, and commits one manifest.
//!
//! ```text
//!  split_task ────┐
//!                 ├─▶ task_output::drive ─▶ passage ─▶ writers ─▶ run_task: one manifest
//!  continue_task ─┘
//!  compact ───────────────────────────────────────────▶
//! ```
//!
//! 1. A task is a function of its spec: equal keys, equal bytes. It knows no engine and no other task.
//! 2. What several attempts wrote lies side by side; the first manifest under the task's key is the result.
//! 3. Each batch's counts balance, and every hand-over is compared by rows and hash sum.

mod batch;
mod branches;
mod compact;
mod context;
mod continue_task;
mod datasets;
mod graph;
mod ids;
mod input_digest;
mod passage;
mod place;
mod run_task;
mod sample;
mod split_task;
mod task_output;

pub use self::context::{TaskContext, TaskContextParts};
pub(crate) use self::graph::INPUT;
pub(crate) use self::ids::equal_ids;
pub use self::run_task::run_task;
pub(crate) use self::run_task::unworkable;
pub(crate) use self::sample::cell;
pub use self::sample::{read_dropped, read_quarantine};
