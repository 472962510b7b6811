//! Character normalisation: one kind of line break, one kind of space, no invisible characters; by
//! option one normal form, width, punctuation and script, and bounded white space.
//!
//! The rules for characters are those of the character normaliser in the Common Crawl pipeline of the
//! laboratory that made WanJuan (`llm_web_kit`), in its order and with its Arabic variant. The
//! options are [`steps`] after it.
//!
//! ```text
//!  text ─▶ scan 32 bytes at a time ─▶ nothing to do ─▶ the same text, not copied
//!                                 └─▶ edits at some characters ─▶ a new text
//! ```
//!
//! ```
//! use std::borrow::Cow;
//! use textmill_normalize::{Options, normalize};
//!
//! assert_eq!(normalize("one\r\ntwo\u{3000}three\u{200b}", Options::default()), "one\ntwo three");
//! assert!(matches!(normalize("already clean", Options::default()), Cow::Borrowed(_)));
//! ```

mod chain;
mod chars;
mod config;
mod difference;
pub mod lines;
mod lines_stage;
pub mod pii;
mod pii_stage;
mod stage;
pub mod steps;

pub use chain::Chain;
pub use chars::{Changes, HanLanguage, Options, measure, normalize};
pub use config::{ARABIC_SCRIPT_LANGUAGES, ArabicMode, DEFAULT_COLUMN, HAN_LANGUAGES, NormalizeConfig};
pub use lines_stage::{CleanLinesConfig, CleanLinesStage, DELETED_WORD_RATIO};
pub use pii_stage::{MaskPiiConfig, MaskPiiStage, PII_COUNT, PII_KINDS};
pub use stage::{NormalizeStage, REMOVED_CHARS, REPLACED_CHARS, STEPS};
