//! HTML to clean main text.
//!
//! One page at a time: no scripts are run, nothing is fetched; language, rules and deduplication are
//! other stages' work.
//!
//! ```text
//!  bytes ─▶ decode ─▶ HTML ─▶ flat tree, at most max_depth deep ─▶ blocks with features ─▶ decision
//!  trees score each block ─▶ a bound for the page ─▶ Page { text, metadata }
//! ```

mod body;
mod charset;
mod config;
mod content;
mod dates;
mod extract;
mod format;
mod html;
mod linked;
mod metadata;
mod names;
mod options;
mod page;
mod published;
mod render;
mod second_opinion;
mod stage;

pub use charset::{CharsetSource, Decoded, decode};
pub use config::ExtractConfig;
#[doc(hidden)]
pub use extract::training;
pub use extract::{ExtractError, extract, extract_from};
pub use format::{Format, NoPage};
pub use metadata::{Metadata, Origin};
pub use options::{DEFAULT_MAX_DEPTH, DEFAULT_MAX_HTML_BYTES, Method, Options, TextFormat};
pub use page::Page;
pub use stage::{ExtractStage, NO_TEXT, NOT_A_PAGE, Payload};
