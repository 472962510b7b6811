//! Safety: lists of domains with priorities and lists of words with levels, decided by the type of the source.
//!
//! ```text
//!  url ─▶ white | black | silver | gray ──────▶ black drops
//!  source, url ─▶ safe | domestic | other ─┐
//!  text ─▶ the gravest word of the list ───┴──▶ drops where the source allows no word so grave
//! ```

mod config;
mod source;
mod stage;
#[cfg(test)]
mod tests;

pub use config::{SafetyConfig, UnsafeWords};
pub use source::SourceType;
pub use stage::{SafetyStage, UNSAFE_WORD};
