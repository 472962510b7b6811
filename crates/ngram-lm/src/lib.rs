//! n-gram language models with backoff: ARPA files are read, scored with, trained and written.
//!
//! Scores are those of `KenLM` (Heafield 2011); training is interpolated modified Kneser-Ney (Chen and Goodman 1999) as its
//! `lmplz` does it (Heafield et al. 2013), in memory that does not grow with the text but with its vocabulary. A file is
//! believed in nothing: see [`LmError`].
//!
//! ```text
//!  sentences ─▶ Trainer ─▶ sorted counts ─▶ discounts ─▶ interpolation ─▶ ARPA ─▶ NgramModel ─▶ scores
//!                         (on disk where memory ends)                       ▲
//!                                                          files of others ─┘   .lm: compact, checked
//! ```
//!
//! ```
//! use textmill_ngram_lm::{NgramModel, TrainOptions, Trainer};
//!
//! let mut trainer = Trainer::new(TrainOptions { order: 3, discount_fallback: true, ..TrainOptions::default() })?;
//! for sentence in ["the cat sat", "the cat ran", "a dog ran"] {
//!     trainer.push(sentence)?;
//! }
//! let mut arpa = Vec::new();
//! trainer.finish(&mut arpa)?;
//! let model = NgramModel::read_arpa(arpa.as_slice())?;
//! assert!(model.perplexity("the cat ran") < model.perplexity("cat the a ran"));
//! # Ok::<(), textmill_ngram_lm::LmError>(())
//! ```

mod arpa;
mod block;
mod compact;
mod error;
mod kenlm;
mod model;
mod table;
mod train;
mod vocabulary;

pub use error::LmError;
pub use model::{NgramModel, Score};
pub use train::{TrainOptions, Trained, Trainer};

/// The longest n-grams that a model may have.
pub const MAX_ORDER: usize = 8;

/// Whether `KenLM` splits words here.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0)
}

/// The words of a text.
pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty())
}
