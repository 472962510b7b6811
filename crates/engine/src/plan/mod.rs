//! Which tasks a run has, and which of them are done already.
//!
//! The plan of a run is made once; the key of each task decides which committed result may be taken for it. Nothing here
//! runs a task.

mod input_change;
mod recorded;
mod resume;
mod same_bytes;
mod tasks;

pub use self::input_change::{InputChange, input_change};
pub(crate) use self::recorded::{latest_plan, published};
pub(crate) use self::resume::lookup;
pub use self::resume::{Reuse, reusable};
pub(crate) use self::same_bytes::{renewed, take_over};
pub use self::tasks::{HandedOver, RunPlan, TaskSpec, Work, config_key, plan_run};
pub(crate) use self::tasks::{ROW, continue_tasks, digest};
