//! The best documents of all: a share or a number of them, by a column.

mod config;
mod rank;
mod stage;

pub use config::KeepHighestConfig;
pub use rank::{NO_RANK, score_of};
pub use stage::{GROUP, KeepHighestStage, NOT_AMONG_HIGHEST, RANK, TIE};
