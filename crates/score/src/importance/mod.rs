//! Importance weights of hashed n-grams, after DSIR.

mod config;
mod model;
mod stage;

pub use config::ImportanceConfig;
pub use model::{ImportanceError, ImportanceModel, ImportanceOptions, ImportanceTrainer, Side};
pub use stage::ImportanceStage;
