//! Safety and quality of documents, measured: fastText classifiers, transformers from ONNX files, perplexity under n-gram
//! models, plain signals, and contamination with evaluation sets. fastText classifiers are trained here too.
//!
//! A score becomes a column, and a bound on it decides; with `mode: annotate` the bound is set elsewhere, so that it can be
//! changed without running the model again. Scores point in opposite directions (a toxicity of 1 is bad, a fluency of 1 is
//! good), so that a stage has `min` and `max`, and no score is good by itself. This crate holds no models.
//!
//! ```text
//!  text ─▶ Tokens ─▶ model ─▶ score, by document, paragraph or line ─▶ column ─▶ Bounds ─▶ kept | dropped
//! ```
//!
//! ```
//! use textmill_score::Bounds;
//!
//! let toxicity = Bounds { min: None, max: Some(0.5) };
//! assert!(toxicity.decide(0, Some(0.5)).is_none());
//! let dropped = toxicity.decide(0, Some(0.9)).expect("above the bound");
//! assert_eq!(dropped.reason.code, "score_too_high");
//! ```

mod bounds;
mod calibration;
mod classifier;
mod contamination;
mod cut;
mod files;
mod highest;
mod importance;
mod perplexity;
mod pieces;
mod remember;
mod sample;
pub mod signals;
mod tokens;
mod transformer;
mod unit;

pub use bounds::{Bounds, NO_SCORE, SCORE_TOO_HIGH, SCORE_TOO_LOW};
pub use calibration::{Calibration, CalibrationError};
pub use classifier::{
    ClassifierConfig, ClassifierStage, KeepShare, LabelReport, ShareReport, Trained, Trainer, TrainingOptions,
    TrainingReport,
};
pub use contamination::{Action, DecontaminateConfig, DecontaminateStage};
pub use highest::{GROUP, KeepHighestConfig, KeepHighestStage, NO_RANK, NOT_AMONG_HIGHEST, RANK, TIE, score_of};
pub use importance::{
    ImportanceConfig, ImportanceError, ImportanceModel, ImportanceOptions, ImportanceStage, ImportanceTrainer, Side,
};
pub use perplexity::{Cutoffs, PerplexityConfig, PerplexityStage};
pub use pieces::{Form, NoPieces, Pieces, PiecesError};
pub use sample::{NOT_SAMPLED, SampleConfig, SampleStage};
pub use tokens::Tokens;
pub use transformer::{Activation, ModelProblem, TransformerConfig, TransformerStage, Truncation};
pub use unit::{Aggregate, Unit};
