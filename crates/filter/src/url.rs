//! Rules on the address of a document: lists of domains, hosts, URLs, paths and words.
//!
//! ```text
//!  lists ─▶ StringSet (exact, a few bytes per entry) ─▶ UrlRules ─▶ UrlFilterStage
//!  url ─▶ UrlParts (host, path) ──────────────────────────┘
//! ```

mod config;
mod domains;
mod entry;
mod host;
mod list;
mod rules;
mod stage;
mod string_set;
#[cfg(test)]
mod tests;

pub use config::{DEFAULT_MIN_SOFT_WORDS, UrlFilterConfig, UrlList, UrlListError, UrlMatching};
pub(crate) use domains::Domains;
pub use host::UrlParts;
pub(crate) use list::Loaded;
pub use rules::{
    BANNED_URL_SUBSTRING, BANNED_URL_WORD, BLOCKED_DOMAIN, BLOCKED_HOST, BLOCKED_PATH, BLOCKED_SUBDOMAIN, BLOCKED_URL,
    DomainList, NO_URL, TOO_MANY_SOFT_URL_WORDS, UrlFinding, UrlRules,
};
pub use stage::UrlFilterStage;
pub use string_set::{StringSet, StringSetBuilder, TooLarge};
