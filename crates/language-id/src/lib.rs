//! Language identification: which language a document is mostly written in, and how sure that is.
//!
//! One answer per document: it does not split a document by language, tells no Hans from Hant and
//! no dialects apart, and downloads no models. The stage's model is the one inside the crate `whatlang`
//! (alphabets and trigrams, 70 languages), which needs no file; [`fasttext`] reads models of fastText
//! and answers with them as its C++ program does.
//!
//! ```text
//!  text ─▶ window of at most max_chars characters ─▶ model ─▶ (language, score 0..1)
//! ```
//!
//! ```
//! use textmill_language_id::{Options, identify};
//!
//! let found = identify("这是一个关于语言识别的例子。", &Options::default());
//! assert_eq!(found.language, "zh");
//! assert_eq!(identify("12345", &Options::default()).language, "und");
//! ```

mod config;
pub mod fasttext;
mod identify;
mod languages;
mod stage;

pub use config::{DEFAULT_MAX_CHARS, LanguageIdConfig, LanguageIdConfigError, MAX_MAX_CHARS};
pub use identify::{Identification, Model, Options, Window, identify};
pub use languages::{UNDETERMINED, languages};
pub use stage::{LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE, LanguageIdStage};
