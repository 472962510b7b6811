//! Where tasks and sorts run: in this process, or on a cluster.
//!
//! [`Engine`] is the seam. A run knows no more of an engine than this trait says, and everything that the trait names is
//! public, so that an engine can be written outside this crate.

mod cluster;
mod engine;
mod local;
mod missing;
mod number_sort;

pub use self::cluster::{
    ClusterEngine, ClusterOptions, ExecutorOptions, SchedulerOptions, run_executor, run_scheduler,
};
pub use self::engine::Engine;
pub use self::local::LocalEngine;
pub(crate) use self::missing::run_missing;
