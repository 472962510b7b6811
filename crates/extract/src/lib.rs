//! Web archives and HTML to clean main text: what to take from a page, and what a page becomes.
//!
//! The types here are what an extraction is asked for ([`Options`]) and what it answers ([`Page`]);
//! the extraction itself is not part of this version. It will read one page at a time, run no
//! scripts, fetch nothing, and leave language, rules and deduplication to other stages.
//!
//! ```text
//!  bytes + Format ─▶ (charset) ─▶ HTML tree, at most max_depth deep ─▶ Method ─▶ Page { title, text }
//! ```
//!
//! ```
//! use textmill_extract::{Format, Method, Options};
//!
//! assert_eq!(Options::default().method, Method::MainContent);
//! assert_eq!(Format::of_mime_type("text/html; charset=gb2312"), Some(Format::Html));
//! ```

mod options;
mod page;

pub use options::{DEFAULT_MAX_DEPTH, DEFAULT_MAX_HTML_BYTES, Method, Options};
pub use page::{Format, Page};
