//! Perplexity under an n-gram language model.

mod config;
mod stage;

pub use config::{Cutoffs, PerplexityConfig};
pub use stage::PerplexityStage;
