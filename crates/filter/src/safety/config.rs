use std::path::PathBuf;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Mode, Reason, StageConfig, columns};

use super::stage::{SafetyStage, UNSAFE_WORD};
use crate::Level;
use crate::url::{BLOCKED_DOMAIN, BLOCKED_SUBDOMAIN, UrlFilterConfig, UrlList};
use crate::word_list::{DEFAULT_MIN_LATIN_CHARS, WordSource};

/// A list of words with levels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnsafeWords {
    /// Files with an entry a line, or an entry, a tab and its level (`L1` to `L4`); blank lines and lines that start with
    /// `#` are passed over. Default none.
    pub files: Vec<PathBuf>,
    /// Entries of level `l1`. Default none.
    pub entries: Vec<String>,
    /// Entries that do not count, whatever the files say. Default none.
    pub allow: Vec<String>,
    /// Fewest characters of an entry of ASCII only. Default 5.
    pub min_latin_chars: u64,
}

impl Default for UnsafeWords {
    fn default() -> Self {
        let (files, entries, allow) = (Vec::new(), Vec::new(), Vec::new());
        Self { files, entries, allow, min_latin_chars: DEFAULT_MIN_LATIN_CHARS }
    }
}

impl UnsafeWords {
    pub(super) fn source(&self) -> WordSource<'_> {
        let Self { files, entries, allow, min_latin_chars } = self;
        WordSource { files, words: entries, allow, min_latin_chars: *min_latin_chars }
    }
}

/// Drops documents of unsafe domains, and those with unsafe words, by what their source allows.
///
/// # What it removes
/// Documents whose host is in a domain of `black_domains` and in none of `white_domains` (`blocked_domain`,
/// `blocked_subdomain`); then documents with a word of `words` that is too grave for their source (`unsafe_word`, the
/// value is its level, the bound the mildest level that drops). A source is safe (no word drops), domestic
/// (`domestic_level`), or other (`other_level`).
///
/// # Why
/// Lists are cheap and cautious: they go before the models. The same word means less on the page of a newspaper than on
/// that of an unknown host, hence types of sources; a list of domains holds errors, hence priorities.
///
/// # Parameters
/// See the table. Every domain above the host is looked up. The first of the four lists that has one decides: white,
/// black, silver, gray; the last two only show in `url_list`. A word counts as in `banned_words`: in lower case; an entry
/// of ASCII where no ASCII letter stands beside it, and not with fewer than `min_latin_chars` characters; any other
/// entry anywhere; `a&&&b` where both are. What the files hold is part of what decides whether a result may be reused.
///
/// # Source
/// `rule_based_safety_module.py` of `llm_web_kit`, for its order, priorities, levels and types of sources. WanJuan's own
/// lists (13 million domains, 36,289 words by the `InternLM2` report) are not public; none is shipped.
///
/// # Cost
/// About 700,000 URLs per second and core, and one pass over the text in lower case, whatever the length of the lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SafetyConfig {
    /// `decide` drops; `annotate` drops nothing and writes the columns `url_list` (`white`, `black`, `silver`, `gray`),
    /// `source_type` (`safe`, `domestic`, `other`), `unsafe_level` (1 to 4, that of the gravest word), `unsafe_word`, and
    /// `unsafe_reason`, for which `decide` would drop. Default `decide`.
    pub mode: Mode,
    /// Name of the text column that has the URL; read if there is a list of domains. Default `url`.
    #[schemars(length(min = 1))]
    pub url_column: String,
    /// Domains that are kept whatever the other three lists say.
    pub white_domains: UrlList,
    /// Domains that are dropped.
    pub black_domains: UrlList,
    /// Domains of the third rank; they are only reported.
    pub silver_domains: UrlList,
    /// Domains of the fourth rank; they are only reported.
    pub gray_domains: UrlList,
    /// Name of the text column that has the source. Default none: its type goes by domains alone.
    pub source_column: Option<String>,
    /// Values of `source_column` that are safe sources. Default `[safe]`.
    pub safe_sources: Vec<String>,
    /// Values of `source_column` that are domestic sources. Default `[domestic]`.
    pub domestic_sources: Vec<String>,
    /// Domains of safe sources, for documents that `source_column` says nothing of.
    pub safe_domains: UrlList,
    /// Domains of domestic sources, for documents that `source_column` says nothing of.
    pub domestic_domains: UrlList,
    /// The words.
    pub words: UnsafeWords,
    /// The mildest level that drops a document of a domestic source; null for none. Default `l1`.
    pub domestic_level: Option<Level>,
    /// The mildest level that drops a document of any source that is neither safe nor domestic; null for none. Default
    /// `l2`.
    pub other_level: Option<Level>,
}

impl Default for SafetyConfig {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            url_column: columns::URL.to_owned(),
            white_domains: UrlList::default(),
            black_domains: UrlList::default(),
            silver_domains: UrlList::default(),
            gray_domains: UrlList::default(),
            source_column: None,
            safe_sources: vec!["safe".to_owned()],
            domestic_sources: vec!["domestic".to_owned()],
            safe_domains: UrlList::default(),
            domestic_domains: UrlList::default(),
            words: UnsafeWords::default(),
            domestic_level: Some(Level::L1),
            other_level: Some(Level::L2),
        }
    }
}

impl StageConfig for SafetyConfig {
    type Stage = SafetyStage;

    const NAME: &'static str = "safety";
    // In the order of the checks.
    const REASONS: &'static [Reason] = &[BLOCKED_DOMAIN, BLOCKED_SUBDOMAIN, UNSAFE_WORD];
    const EXAMPLES: &'static [Example] = &[
        Example::columns(
            r#"{"domestic_domains": {"entries": ["news.cn"]}, "words": {"files": ["words.tsv"]}}"#,
            r#"{"text": "警方查处赌场", "url": "https://news.cn/1"}"#,
        )
        .with_files(&[("words.tsv", "赌场\tL2\n")])
        .kept(),
        Example::columns(
            r#"{"domestic_domains": {"entries": ["news.cn"]}, "words": {"files": ["words.tsv"]}}"#,
            r#"{"text": "警方查处赌场", "url": "https://example.org/1"}"#,
        )
        .with_files(&[("words.tsv", "赌场\tL2\n")])
        .dropped(UNSAFE_WORD)
        .by(2.0, 2.0)
        .detail("赌场"),
    ];
    const IS_STEP: bool = true;
    const DIGESTS: &'static str = "list_digests";

    fn build(self, _: Option<&Schema>) -> Result<SafetyStage, Vec<ConfigFault>> {
        Ok(SafetyStage::new(self)?)
    }
}

impl SafetyConfig {
    /// The four lists with priorities, as the stage `url_filter` has them.
    pub(super) fn domains(&self) -> UrlFilterConfig {
        UrlFilterConfig {
            white_domains: self.white_domains.clone(),
            black_domains: self.black_domains.clone(),
            silver_domains: self.silver_domains.clone(),
            gray_domains: self.gray_domains.clone(),
            ..UrlFilterConfig::default()
        }
    }

    /// Whether a URL is needed.
    pub(super) fn reads_url(&self) -> bool {
        let Self { white_domains, black_domains, silver_domains, gray_domains, safe_domains, domestic_domains, .. } =
            self;
        [white_domains, black_domains, silver_domains, gray_domains, safe_domains, domestic_domains]
            .into_iter()
            .any(|list| !list.is_empty())
    }

    /// Checks what the types do not say.
    pub(super) fn check(&self) -> Result<(), ConfigFault> {
        let blank = |field: &str| ConfigFault::new(field, format!("`{field}` is blank; name the column"));
        if self.url_column.trim().is_empty() {
            return Err(blank("url_column"));
        }
        if self.source_column.as_ref().is_some_and(|column| column.trim().is_empty()) {
            return Err(blank("source_column"));
        }
        if let Some(both) = self.safe_sources.iter().find(|source| self.domestic_sources.contains(source)) {
            let message = format!("`{both}` is in `safe_sources` and in `domestic_sources`; remove it from one");
            return Err(ConfigFault::new("safe_sources", message));
        }
        let words = !self.words.files.is_empty() || !self.words.entries.is_empty();
        if self.mode == Mode::Decide && self.black_domains.is_empty() && !words {
            let message = "there is nothing to drop by; give `black_domains` or `words`, such as \
                           `words: {files: [unsafe.txt]}`";
            return Err(ConfigFault::whole(message));
        }
        Ok(())
    }
}
