//! Which parts of a text stand in evaluation sets too.

mod config;
mod fields;
mod items;
mod overlap;
mod report;
mod stage;
mod tokens;

pub use config::{Action, DecontaminateConfig};
pub use stage::DecontaminateStage;
