//! Character normalisation: one kind of line break, one kind of space, no invisible characters.
//!
//! The rules are those of the character normaliser in the Common Crawl pipeline of the laboratory
//! that made WanJuan (`llm_web_kit`), in its order and with its Arabic variant. It does no Unicode
//! composition (NFC, NFKC), maps no full-width letters or punctuation to ASCII, and converts no
//! traditional characters to simplified ones.
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

mod chars;
mod config;
mod stage;

pub use chars::{Changes, Options, measure, normalize};
pub use config::{ARABIC_SCRIPT_LANGUAGES, ArabicMode, DEFAULT_COLUMN, NormalizeConfig, NormalizeConfigError};
pub use stage::{NormalizeStage, REMOVED_CHARS, REPLACED_CHARS};
