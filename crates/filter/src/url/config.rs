use std::io;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Mode, Reason, StageConfig, columns};

use super::UrlFilterStage;
use super::rules::{
    BANNED_URL_SUBSTRING, BANNED_URL_WORD, BLOCKED_DOMAIN, BLOCKED_HOST, BLOCKED_PATH, BLOCKED_SUBDOMAIN, BLOCKED_URL,
    NO_URL, TOO_MANY_SOFT_URL_WORDS,
};

/// Default of [`UrlFilterConfig::min_soft_words`].
pub const DEFAULT_MIN_SOFT_WORDS: u64 = 2;

/// How hosts, words and URLs are compared with the lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UrlMatching {
    /// A domain stands for itself and everything below it; letter case does not count; URLs are
    /// compared without scheme and final slash.
    #[default]
    Subdomains,
    /// As datatrove does: only the registered domain and the whole host are looked up, and only for
    /// hosts under a known suffix; words and URLs are compared as they are spelled, URLs with scheme.
    Datatrove,
}

/// A list: the entries of files and those given here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UrlList {
    /// Paths of text files in UTF-8 with one entry a line; blank lines and lines that start with `#` do
    /// not count. Files may be gzip or Zstandard; `lists.tar.gz!domains` is the file `domains` in an archive. Lists of
    /// domains may have the forms of hosts files, adblock rules, dnsmasq, unbound, response policy zones, addresses
    /// (`http://bad.example/`) and wildcards (`*.bad.example`). Lines that are not understood are counted in a warning.
    pub files: Vec<String>,
    /// Entries.
    pub entries: Vec<String>,
}

impl UrlList {
    /// Whether the list names neither files nor entries.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.entries.is_empty()
    }
}

/// Drops documents by their address: lists of domains, hosts, URLs, paths and words.
///
/// # What it removes
/// In this order, documents: whose host is in a domain of `black_domains` (and in none of
/// `white_domains`); whose host is in `hosts`; whose URL is in `urls`; whose path starts with one of
/// `path_prefixes`; whose URL has a word of `banned_words`; has at least `min_soft_words` different
/// words of `soft_words`; or contains one of `banned_substrings` once everything but ASCII letters
/// and digits is taken out. The first that applies is the reason, with the entry as detail.
///
/// # Why
/// Addresses tell adult, gambling, malware and spam sites at almost no cost, before anything looks
/// at the page.
///
/// # Parameters
/// `mode`, `column`, `matching`, `drop_missing`, one list per check, and `min_soft_words`: see the
/// table. Of the four domain lists the first that has the host decides: white, black, silver, gray;
/// only black drops, silver and gray only show in the column `url_list` of annotate mode. An exception of an
/// adblock list (`@@||good.bad.example^`) takes a domain and those below it out of its own list.
///
/// # Source
/// Checks, words and their order as in `URLFilter` of datatrove 0.10.1, whose wheel has FineWeb's lists
/// (4.56 million domains in `url_filterblacklistsv0_3_0.tar.gz!domains`, `...!urls`, and
/// `banned_words.txt`, `soft_banned_words.txt`, `banned_subwords.txt`); Penedo et al., "The FineWeb Datasets"
/// (arXiv:2406.17557). Priority of the domain lists as in `llm_web_kit`.
///
/// # Cost
/// About 700,000 URLs per second and core with all of FineWeb's lists; looking up domains alone, a million. The
/// 4.56 million domains take 1.25 s to load, and 15 bytes of memory each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UrlFilterConfig {
    /// `decide` drops; `annotate` drops nothing and writes the columns `url_host`, `url_list` (`white`,
    /// `black`, `silver`, `gray`), `url_reason` and `url_soft_words`. Default `decide`.
    pub mode: Mode,
    /// Name of the text column that has the URL. Default `url`.
    #[schemars(length(min = 1))]
    pub column: String,
    /// How hosts, words and URLs are compared with the lists. Default `subdomains`.
    pub matching: UrlMatching,
    /// Whether documents without URL (null or blank) are dropped, as `no_url`. Default false.
    pub drop_missing: bool,
    /// Domains that are kept whatever the other domain lists say.
    pub white_domains: UrlList,
    /// Domains that are dropped.
    pub black_domains: UrlList,
    /// Domains of the second rank; they are only reported.
    pub silver_domains: UrlList,
    /// Domains of the third rank; they are only reported.
    pub gray_domains: UrlList,
    /// Hosts that are dropped, without those below them.
    pub hosts: UrlList,
    /// URLs that are dropped.
    pub urls: UrlList,
    /// Starts of paths, whole segments: `/tag` (on any host) drops `/tag/x` but not `/tags`;
    /// `example.com/forum` is for a domain and those below it.
    pub path_prefixes: UrlList,
    /// Words that drop a URL in which they stand between characters other than ASCII letters and digits.
    pub banned_words: UrlList,
    /// Words of which `min_soft_words` different ones drop a URL.
    pub soft_words: UrlList,
    /// Fewest different words of `soft_words` that drop, 1 or more. Default 2.
    #[schemars(range(min = 1))]
    pub min_soft_words: u64,
    /// Texts that drop a URL that contains them, both without anything but ASCII letters and digits.
    pub banned_substrings: UrlList,
}

impl Default for UrlFilterConfig {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            column: columns::URL.to_owned(),
            matching: UrlMatching::default(),
            drop_missing: false,
            white_domains: UrlList::default(),
            black_domains: UrlList::default(),
            silver_domains: UrlList::default(),
            gray_domains: UrlList::default(),
            hosts: UrlList::default(),
            urls: UrlList::default(),
            path_prefixes: UrlList::default(),
            banned_words: UrlList::default(),
            soft_words: UrlList::default(),
            min_soft_words: DEFAULT_MIN_SOFT_WORDS,
            banned_substrings: UrlList::default(),
        }
    }
}

impl StageConfig for UrlFilterConfig {
    type Stage = UrlFilterStage;

    const NAME: &'static str = "url_filter";
    // In the order of the checks.
    const REASONS: &'static [Reason] = &[
        NO_URL,
        BLOCKED_DOMAIN,
        BLOCKED_SUBDOMAIN,
        BLOCKED_HOST,
        BLOCKED_URL,
        BLOCKED_PATH,
        BANNED_URL_WORD,
        TOO_MANY_SOFT_URL_WORDS,
        BANNED_URL_SUBSTRING,
    ];
    const EXAMPLES: &'static [Example] = &[
        Example::columns(
            r#"{"black_domains": {"entries": ["example.com"]}}"#,
            r#"{"text": "A page", "url": "https://notexample.com/page"}"#,
        )
        .kept(),
        Example::columns(
            r#"{"black_domains": {"entries": ["example.com"]}}"#,
            r#"{"text": "A page", "url": "https://www.example.com/page"}"#,
        )
        .dropped(BLOCKED_DOMAIN)
        .detail("example.com"),
        Example::columns(
            r#"{"soft_words": {"entries": ["poker", "bonus"]}}"#,
            r#"{"text": "A page", "url": "https://example.org/poker-bonus"}"#,
        )
        .dropped(TOO_MANY_SOFT_URL_WORDS)
        .by(2.0, 2.0)
        .detail("bonus poker"),
    ];
    const IS_STEP: bool = true;
    const DIGESTS: &'static str = "list_digests";

    fn build(self, _: Option<&Schema>) -> Result<UrlFilterStage, Vec<ConfigFault>> {
        Ok(UrlFilterStage::new(self)?)
    }
}

impl UrlFilterConfig {
    /// Whether nothing could ever be dropped.
    pub(super) fn drops_nothing(&self) -> bool {
        let lists = [
            &self.black_domains,
            &self.hosts,
            &self.urls,
            &self.path_prefixes,
            &self.banned_words,
            &self.soft_words,
            &self.banned_substrings,
        ];
        self.mode == Mode::Decide && !self.drop_missing && lists.iter().all(|list| list.is_empty())
    }
}

/// Why a list cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UrlListError {
    /// A list cannot be opened, read or unpacked.
    #[error("`{field}`: {file} cannot be read: {source}; check the path and that the file is whole")]
    Unreadable {
        /// The list.
        field: &'static str,
        /// Path as configured.
        file: String,
        /// What went wrong.
        source: io::Error,
    },
    /// The archive has no such file.
    #[error("`{field}`: the archive {file} has no file `{member}`; it has {found}")]
    NoMember {
        /// The list.
        field: &'static str,
        /// Path of the archive.
        file: String,
        /// The file asked for.
        member: String,
        /// The first files that it has.
        found: String,
    },
    /// A line is no entry.
    #[error("`{field}`: {file}: line {line} {problem}; the file must be text with one entry a line")]
    BadLine {
        /// The list.
        field: &'static str,
        /// Path as configured.
        file: String,
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Nothing of a list was understood: it would silently do nothing.
    #[error(
        "`{field}`: {file}: none of its {lines} lines was understood, so that it would do nothing; the first is line \
         {line}, `{text}`: {why}"
    )]
    NothingUnderstood {
        /// The list.
        field: &'static str,
        /// Path as configured.
        file: String,
        /// Lines that are neither blank nor remarks.
        lines: u64,
        /// Number of the first of them, from 1.
        line: u64,
        /// What it begins with.
        text: String,
        /// Why it is no entry.
        why: &'static str,
    },
    /// A list needs more than 4 GiB.
    #[error("`{field}` is too large: more than 4 GiB; split it over several stages")]
    TooLarge {
        /// The list.
        field: &'static str,
    },
}

impl From<UrlListError> for ConfigFault {
    fn from(error: UrlListError) -> Self {
        let (UrlListError::Unreadable { field, .. }
        | UrlListError::NoMember { field, .. }
        | UrlListError::BadLine { field, .. }
        | UrlListError::NothingUnderstood { field, .. }
        | UrlListError::TooLarge { field }) = &error;
        Self::new(*field, &error)
    }
}
