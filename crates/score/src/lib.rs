//! Model-based safety and quality scores: which way each score points, and what a bound on it keeps.
//!
//! A score column is written once and compared with a bound apart from that, so that a bound can be
//! changed without running the model again. Scores point in opposite directions (a toxicity of 1 is
//! bad, a fluency of 1 is good), which is the easiest thing to get wrong: [`Direction`] belongs to
//! the score, never to the place where it is compared. This crate holds no models and no training
//! data.
//!
//! ```text
//!  text ─▶ model ─▶ score column ─▶ Threshold::decide ─▶ Keep | Drop
//! ```
//!
//! ```
//! use textmill_score::{Decision, Direction, Threshold};
//!
//! let toxicity = Threshold::new(Direction::LowerIsBetter, 0.5)?;
//! assert_eq!(toxicity.decide(0.9), Decision::Drop);
//! assert_eq!(toxicity.decide(0.5), Decision::Keep);
//! # Ok::<(), textmill_score::ThresholdError>(())
//! ```

mod bounds;
mod calibration;
mod classifier;
mod files;
mod perplexity;
pub mod signals;
mod threshold;
mod tokens;
mod unit;
mod wanjuan_cc;

pub use bounds::{Bounds, NO_SCORE, SCORE_TOO_HIGH, SCORE_TOO_LOW};
pub use calibration::{Calibration, CalibrationError};
pub use classifier::{
    ClassifierConfig, ClassifierConfigError, ClassifierStage, KeepShare, LabelReport, ShareReport, Trained, Trainer,
    TrainingOptions, TrainingReport,
};
pub use perplexity::{Cutoffs, PerplexityConfig, PerplexityConfigError, PerplexityStage};
pub use threshold::{Decision, Direction, Threshold, ThresholdError};
pub use tokens::Tokens;
pub use unit::{Aggregate, Unit};
pub use wanjuan_cc::{ScoreColumn, WANJUAN_CC_SCORES, score_column};
