//! Published heuristic rules that drop documents no model should be trained on.
//!
//! Every rule measures a document and, apart from that, decides by bounds; so a run can write the
//! measured signals as columns instead of dropping, and bounds can be retuned without measuring
//! again. Rules see one document at a time and only its text: deduplication, language and models
//! are other stages. A rule that rewrites the text (C4's) does so before the rules after it look.
//!
//! ```text
//!  text ─▶ Measures (words, lines, symbols: each counted once, when first asked for)
//!            ├─▶ rule.measure ─▶ signal columns                (mode: annotate)
//!            └─▶ rule.decide  ─▶ kept, or (reason, value, bound)  (mode: decide)
//! ```
//!
//! A rule is one file (documentation, parameters, measuring, deciding, tests) and one line in
//! `registry.rs`.
//!
//! ```
//! use textmill_filter::{GopherQuality, Measures, WordSplitter};
//!
//! let rule = GopherQuality::default();
//! let document = Measures::new("Too short to learn from.", WordSplitter::Whitespace);
//! let finding = rule.decide(&rule.measure(&document)).expect("5 words are fewer than 50");
//! assert_eq!((finding.reason.code, finding.value, finding.bound), ("too_few_words", 5.0, 50.0));
//! ```

pub mod banned_words;
pub mod c4_quality;
mod chars;
mod error;
pub mod fineweb_quality;
pub mod gopher_quality;
pub mod gopher_repetition;
mod lines;
mod measures;
mod registry;
mod repetition;
mod rule;
pub mod safety;
mod sentences;
mod spacy_en;
mod stage;
pub mod statistics;
mod stop_words;
pub mod url;
mod word_list;
mod words;

pub use banned_words::BannedWords;
pub use c4_quality::C4Quality;
pub use error::FilterConfigError;
pub use fineweb_quality::FinewebQuality;
pub use gopher_quality::{DEFAULT_STOP_WORDS, GopherQuality, GopherQualitySignals};
pub use gopher_repetition::GopherRepetition;
pub use lines::LineTotals;
pub use measures::{Measures, SymbolCounts};
pub use registry::{FilterConfig, RULES, RuleEntry, RuleUse};
pub use repetition::{NGrams, Repeated};
pub use rule::{Finding, Rule, Verdict};
pub use safety::{SafetyConfig, SafetyError, SafetyStage};
pub use spacy_en::each_spacy_token;
pub use stage::FilterStage;
pub use statistics::{Bounds, Statistics};
pub use stop_words::StopWords;
pub use url::{UrlFilterConfig, UrlFilterError, UrlFilterStage};
pub use word_list::Level;
pub use words::{Word, WordSplitter, WordTotals};
