//! Language identification: which language a document is mostly written in, and how sure that is.
//!
//! Models: the one inside the crate `whatlang` (alphabets and trigrams, 70 languages), which needs no
//! file, and any of fastText, read and answered with as its C++ program does ([`textmill_fasttext`]). It tells no
//! dialects apart and opens no connection; [`store`] knows which models can be fetched.
//!
//! ```text
//!  text ─▶ window of at most max_chars characters ─▶ capitals, script ─▶ model ─▶ candidates ─▶ policy
//!       ─▶ (language, score 0..1)
//! ```
//!
//! ```
//! use textmill_language_id::{Model, Options, identify, script};
//!
//! let found = identify(&Model::whatlang(), "这是一个关于语言识别的例子。", &Options::default());
//! assert_eq!(found.language, "zh");
//! assert_eq!(script("这是一个关于语言识别的例子。"), Some("Hans"));
//! assert_eq!(identify(&Model::whatlang(), "12345", &Options::default()).language, "und");
//! ```

mod codes;
mod config;
mod familiar;
mod identify;
mod label;
mod languages;
mod mixed;
mod model;
mod route;
mod sample;
mod script;
mod stage;
pub mod store;

pub use codes::varieties_left_out;
pub use config::{DEFAULT_MAX_CHARS, LanguageIdConfig, MAX_MAX_CHARS, MAX_TOP};
pub use identify::{Identification, Options, Policy, Window, identify, paragraph_shares};
pub use label::Label;
pub use languages::{EMPTY, MIXED, UNDETERMINED};
pub use model::{Candidate, Model, ModelError, WHATLANG};
pub use route::{LanguagesConfig, LanguagesStage};
pub use script::script;
pub use stage::{LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE, LanguageIdStage, variety_warning};
