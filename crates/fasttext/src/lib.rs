//! Models of fastText (Joulin et al., "Bag of Tricks for Efficient Text Classification", 2016): `.bin` and `.ftz`.
//!
//! The answers are those of the C++ program, to the fifth decimal of a probability, for every loss, quantized or not.
//! A file is believed in nothing: see [`FastTextError`].
//!
//! ```text
//!  text ─▶ words ─▶ rows of words and of their character n-grams ─┐   (remembered per word)
//!             └───▶ rows of word n-grams ─────────────────────────┴▶ mean ─▶ output layer ─▶ labels
//! ```

mod cache;
mod dictionary;
mod error;
mod header;
mod matrix;
mod model;
mod output;
mod predict;
mod prune;
mod source;
mod top;

pub use error::FastTextError;
pub use model::FastTextModel;
pub use predict::{LineFeed, Prediction, Predictor};
