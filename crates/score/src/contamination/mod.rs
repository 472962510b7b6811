//! Which parts of a text stand in evaluation sets too.

mod config;
mod items;
mod overlap;
mod stage;

pub use config::{Action, DecontaminateConfig, DecontaminateConfigError};
pub use stage::DecontaminateStage;
