//! Models of fastText (Joulin et al., "Bag of Tricks for Efficient Text Classification", 2016): `.bin` and `.ftz`.
//!
//! The answers are those of the C++ program, to the fifth decimal of a probability, for every loss, quantized or not.
//! A file is believed in nothing: see [`FastTextError`].
//!
//! ```text
//!  text ─▶ words ─▶ rows of words and of their character n-grams ─┐   (remembered per word)
//!             └───▶ rows of word n-grams ─────────────────────────┴▶ mean ─▶ output layer ─▶ labels
//! ```

mod autotune;
mod cache;
mod dictionary;
mod error;
mod evaluate;
mod header;
mod kernels;
mod matrix;
mod model;
mod output;
mod predict;
mod prune;
mod quantize;
mod quantizer;
mod sink;
mod source;
mod top;
mod train;

pub use autotune::{Grid, Trial, Tuned, autotune};
pub use error::FastTextError;
pub use evaluate::{Counts, Evaluation, evaluate, probabilities, threshold_keeping};
pub use header::Loss;
pub use model::FastTextModel;
pub use predict::{LineFeed, Prediction, Predictor};
pub use quantize::QuantizeOptions;
pub use train::{Corpus, Example, TrainOptions, train, train_on};
