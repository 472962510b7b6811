//! fastText classifiers: the stage, and training.

mod config;
mod model;
mod stage;
mod training;

pub use config::{ClassifierConfig, KeepShare};
pub use stage::ClassifierStage;
pub use training::{LabelReport, ShareReport, Trained, Trainer, TrainingOptions, TrainingReport};
