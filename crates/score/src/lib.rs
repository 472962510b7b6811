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

mod threshold;
mod wanjuan_cc;

pub use threshold::{Decision, Direction, Threshold, ThresholdError};
pub use wanjuan_cc::{ScoreColumn, WANJUAN_CC_SCORES, score_column};
