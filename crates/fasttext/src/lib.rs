//! fastText classifiers (Joulin et al., "Bag of Tricks for Efficient Text Classification", 2016): models `.bin` and `.ftz`
//! are read, answered with, trained, compressed and written.
//!
//! The answers are those of the C++ program, to the fifth decimal of a probability, for every loss, quantized or not;
//! training means the same as `fasttext supervised`. A file is believed in nothing: see [`FastTextError`]. Word vectors
//! (`skipgram`, `cbow`) are not there.
//!
//! ```text
//!  text ─▶ words ─▶ rows of words and of their character n-grams ─┐   (remembered per word)
//!             └───▶ rows of word n-grams ─────────────────────────┴▶ mean ─▶ output layer ─▶ labels
//!
//!  examples ─▶ Corpus ─▶ train ─▶ FastTextModel ─▶ evaluate, quantize, save
//! ```
//!
//! ```
//! use std::sync::Arc;
//! use textmill_fasttext::{Example, FastTextModel, LineFeed, Predictor, TrainOptions, train};
//!
//! let examples = [("good", "a clear and useful page"), ("bad", "buy now cheap cheap")];
//! let examples = examples.map(|(label, text)| Example { labels: vec![label], text });
//! let model = train(examples, &TrainOptions { epochs: 50, learning_rate: 0.5, ..TrainOptions::default() })?;
//!
//! let mut file = Vec::new();
//! model.write(&mut file)?;
//! let model = FastTextModel::read(file.as_slice(), file.len() as u64)?;
//! let mut predictor = Predictor::new(Arc::new(model));
//! assert_eq!(predictor.predict("a useful page", LineFeed::Space, 1, 0.0)[0].label, "good");
//! # Ok::<(), textmill_fasttext::FastTextError>(())
//! ```

mod autotune;
mod cache;
mod dictionary;
mod error;
mod evaluate;
mod hash;
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

pub use autotune::{Grid, Trial, Tuned, autotune, autotune_on};
pub use error::FastTextError;
pub use evaluate::{Counts, Evaluation, evaluate, probabilities, threshold_keeping};
pub use header::Loss;
pub use model::FastTextModel;
pub use predict::{LineFeed, Prediction, Predictor};
pub use quantize::QuantizeOptions;
pub use train::{Corpus, Example, TrainOptions, train, train_on};
