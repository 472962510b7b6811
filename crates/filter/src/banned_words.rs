//! Lists of words that a document must not have.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Reason};

use crate::rule::{RuleConfig, in_range};
use crate::statistics::text_lines;
use crate::word_list::{DEFAULT_MIN_LATIN_CHARS, WordList, WordSource};
use crate::{Finding, Level, Measures, Rule};

const TOO_MANY: Reason =
    Reason { code: "too_many_banned_words", summary: "more different entries of the list are in it than `max_hits`" };
const TOO_DENSE: Reason = Reason {
    code: "too_many_banned_words_per_line",
    summary: "more different entries of the list per line than `max_hits_per_line`",
};

/// Drops documents with words out of a list.
///
/// # What it removes
/// Documents in which more than `max_hits` different entries of the list are, or more than `max_hits_per_line` per line
/// that is not blank. Letter case does not matter. An entry of ASCII only counts where no ASCII letter stands beside it,
/// and not at all if it has fewer than `min_latin_chars` characters; any other entry (Chinese, which has no spaces)
/// counts wherever it stands. `a&&&b` counts where both `a` and `b` are.
///
/// # Why
/// Whole classes of pages (gambling, pornography, spam) show themselves by a vocabulary that text has not. A single word
/// seldom does: Chinese syllables stand in harmless words, hence `allow` and levels.
///
/// # Parameters
/// See the table. A line of a file is an entry, or an entry, a tab and its level (`L1` to `L4`); blank lines and lines
/// that start with `#` are passed over. What the files hold is part of what decides whether a result may be reused.
///
/// # Source
/// Levels, compounds and the rule for Latin entries: `rule_based_safety_module.py` of `llm_web_kit`. Per line:
/// `ChineseWebText` (0.5). `allow` for single Chinese characters: C4's `性`. No list is shipped.
///
/// # Cost
/// One pass over the text in lower case, whatever the length of the list (Aho-Corasick).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BannedWords {
    /// Files with entries. Default none.
    pub files: Vec<PathBuf>,
    /// Entries of level `l1`. Default none.
    pub words: Vec<String>,
    /// Entries that do not count, whatever the files say. Default none.
    pub allow: Vec<String>,
    /// The levels that count. Default `[l1, l2]`.
    #[schemars(length(min = 1))]
    pub levels: Vec<Level>,
    /// Fewest characters of an entry of ASCII only. Default 5.
    pub min_latin_chars: u64,
    /// Most different entries that a document may have; null for any. Default 0.
    pub max_hits: Option<u64>,
    /// Most different entries per line that is not blank, 0 or more; null for any. Default null.
    #[schemars(range(min = 0.0))]
    pub max_hits_per_line: Option<f64>,
}

impl Default for BannedWords {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            words: Vec::new(),
            allow: Vec::new(),
            levels: vec![Level::L1, Level::L2],
            min_latin_chars: DEFAULT_MIN_LATIN_CHARS,
            max_hits: Some(0),
            max_hits_per_line: None,
        }
    }
}

impl RuleConfig for BannedWords {
    const REASONS: &'static [Reason] = &[TOO_MANY, TOO_DENSE];
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"words": ["casino"]}"#, "The casinos of Monaco.").kept(),
        Example::text(r#"{"words": ["casino"]}"#, "Best CASINO bonus").dropped(TOO_MANY).by(1.0, 0.0),
        Example::text(r#"{"files": ["words.tsv"], "max_hits": null, "max_hits_per_line": 0.5}"#, "赌场 and more")
            .with_files(&[("words.tsv", "赌场\tL2\n")])
            .dropped(TOO_DENSE)
            .by(1.0, 0.5),
    ];

    fn build(&self) -> Result<Box<dyn Rule>, ConfigFault> {
        in_range("max_hits_per_line", self.max_hits_per_line, 0.0, f64::INFINITY)?;
        let Self { files, words, allow, min_latin_chars, max_hits, max_hits_per_line, .. } = self;
        let source = WordSource { files, words, allow, min_latin_chars: *min_latin_chars };
        let (list, digests) = source
            .load(|level| self.levels.contains(&level))
            .map_err(|problem| ConfigFault::new("files", format!("`files` {problem}")))?;
        let (max_hits, max_hits_per_line) = (*max_hits, *max_hits_per_line);
        Ok(Box::new(BannedWordsRule { list, max_hits, max_hits_per_line, digests }))
    }
}

#[derive(Debug)]
struct BannedWordsRule {
    list: WordList,
    max_hits: Option<u64>,
    max_hits_per_line: Option<f64>,
    digests: Vec<String>,
}

impl BannedWordsRule {
    fn signals_of(&self, document: &Measures<'_>) -> (f64, f64) {
        let hits = self.list.found(document.text()).count() as u64;
        (hits as f64, crate::measures::ratio(hits, text_lines(document).count() as u64))
    }
}

impl Rule for BannedWordsRule {
    fn name(&self) -> &'static str {
        "banned_words"
    }

    fn reasons(&self) -> &'static [Reason] {
        BannedWords::REASONS
    }

    fn signals(&self) -> &'static [&'static str] {
        &["banned_word_count", "banned_words_per_line"]
    }

    fn measure(&self, document: &Measures<'_>) -> Vec<f64> {
        let (hits, per_line) = self.signals_of(document);
        vec![hits, per_line]
    }

    fn decide(&self, document: &Measures<'_>) -> Option<Finding> {
        let (hits, per_line) = self.signals_of(document);
        // Counts are far below 2^53, so that they are exact.
        Finding::above(TOO_MANY, hits, self.max_hits.map(|max| max as f64))
            .or_else(|| Finding::above(TOO_DENSE, per_line, self.max_hits_per_line))
    }

    fn digests(&self) -> Vec<String> {
        self.digests.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WordSplitter;

    fn config(words: &[&str]) -> BannedWords {
        BannedWords { words: words.iter().map(ToString::to_string).collect(), ..BannedWords::default() }
    }

    fn reason(config: &BannedWords, text: &str) -> Option<&'static str> {
        let rule = config.build().expect("a valid list");
        rule.decide(&Measures::new(text, WordSplitter::Whitespace)).map(|found| found.reason.code)
    }

    #[test]
    fn latin_entries_stand_alone_and_chinese_ones_anywhere() {
        let dropped = Some("too_many_banned_words");
        let list = config(&["Casino", "赌场", "abcd", "线上&&&博彩"]);
        assert_eq!(reason(&list, "Best CASINO bonus"), dropped);
        assert_eq!(reason(&list, "最大casino平台"), dropped);
        assert_eq!(reason(&list, "casinos"), None);
        assert_eq!(reason(&list, "澳门赌场"), dropped);
        assert_eq!(reason(&list, "abcd"), None, "shorter than five characters");
        assert_eq!(reason(&list, "线上课程"), None);
        assert_eq!(reason(&list, "博彩，线上"), dropped);
        assert_eq!(reason(&list, ""), None);
        assert_eq!(reason(&config(&[]), "anything"), None);
        let allowed = BannedWords { allow: vec!["赌场".to_owned()], ..list };
        assert_eq!(reason(&allowed, "澳门赌场"), None);
    }

    #[test]
    fn bounds_are_kept_when_reached_and_broken_beyond() {
        let two = BannedWords { max_hits: Some(1), ..config(&["赌场", "博彩"]) };
        assert_eq!(reason(&two, "赌场赌场"), None, "different entries count");
        assert_eq!(reason(&two, "赌场博彩"), Some("too_many_banned_words"));
        let dense = BannedWords { max_hits: None, max_hits_per_line: Some(0.5), ..config(&["赌场", "博彩"]) };
        assert_eq!(reason(&dense, "赌场\n\n另一行"), None);
        assert_eq!(reason(&dense, "赌场\n博彩\n另一行"), Some("too_many_banned_words_per_line"));
    }

    #[test]
    fn files_have_levels_and_their_digest_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.txt");
        std::fs::write(&path, "# comment\n赌场\tL2\n博彩\tl3\n\n彩票\n").expect("written");
        let list = BannedWords { files: vec![path.clone()], ..BannedWords::default() };
        assert_eq!(reason(&list, "赌场"), Some("too_many_banned_words"));
        assert_eq!(reason(&list, "博彩"), None);
        assert_eq!(
            reason(&BannedWords { levels: vec![Level::L3], ..list.clone() }, "博彩"),
            Some("too_many_banned_words")
        );
        let digests = list.build().expect("valid").digests();
        assert!(digests.first().is_some_and(|digest| digest.starts_with("blake3:")), "{digests:?}");
        std::fs::write(&path, "赌场\tL9\n").expect("written");
        let error = list.build().expect_err("no level");
        assert!(error.message.contains("line 1 has the level `L9`"), "{error}");
        let missing = BannedWords { files: vec![folder.path().join("none")], ..BannedWords::default() };
        assert_eq!(missing.build().expect_err("no file").field(), Some("files"));
    }
}
