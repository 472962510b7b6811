//! C4's rules for lines and documents.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Reason};

use crate::chars::is_space;
use crate::lines::each_line;
use crate::rule::RuleConfig;
use crate::sentences::count_sentences;
use crate::{Finding, Measures, Rule, Verdict};

const LOREM_IPSUM: Reason = Reason { code: "lorem_ipsum", summary: "a line has `lorem ipsum`" };
const CURLY_BRACKET: Reason = Reason { code: "curly_bracket", summary: "a line has `{`" };
const TOO_FEW_SENTENCES: Reason =
    Reason { code: "too_few_sentences", summary: "the lines that are left have fewer sentences than `min_sentences`" };

/// Ends of a line that is text.
const LINE_ENDS: &[char] = &['.', '?', '!', '"', '\''];

/// What a line is searched for, in any letter case; the first is for documents, the second for code, the rest are
/// policies.
const PHRASES: &[&str] = &[
    "lorem ipsum",
    "javascript",
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
];

static SEARCH: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(PHRASES).expect("eight short phrases"));

/// C4's rules: deletes lines that are no text, and drops documents with too little left.
///
/// # What it removes
/// Lines with a word of too many characters, without terminal punctuation (`. ? ! " '`) or ending in `...`, with too few
/// words, with `javascript`, or with a phrase of policies (`terms of use`, `privacy policy`, `cookie policy`,
/// `uses cookies`, `use of cookies`, `use cookies`). Out of the lines that stay: citations (`[3]`, `[]`, `[edit]`,
/// `[citation needed]`). Documents: with `lorem ipsum` or `{` in a line that no check before deleted, or with fewer
/// sentences than `min_sentences` left. The lines that stay become the text, without white space around them.
///
/// # Why
/// Menus, notices and code stand in lines of their own; what ends like a sentence is text. The paper's list of bad words
/// is another rule.
///
/// # Parameters
/// See below. Words of a line are what white space separates; sentences are counted over `words`.
///
/// # Source
/// Raffel et al. 2020 (arXiv:1910.10683), section 2.2; details as in `C4QualityFilter` of datatrove 0.10.1. `FineWeb` sets
/// `terminal_punctuation: false`.
///
/// # Cost
/// One pass over the lines, and the words of those that stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own in the pipeline file")]
pub struct C4Quality {
    /// Deletes lines that do not end with terminal punctuation. Default true.
    pub terminal_punctuation: bool,
    /// Fewest words of a line; null for any. Default 3.
    pub min_line_words: Option<u64>,
    /// Most characters of a word; null for any. Default 1,000.
    pub max_word_chars: Option<u64>,
    /// Fewest sentences of what is left; null for any. Default 5.
    pub min_sentences: Option<u64>,
    /// Deletes citations. Default true.
    pub citations: bool,
    /// Drops documents with `lorem ipsum`. Default true.
    pub lorem_ipsum: bool,
    /// Deletes lines with `javascript`. Default true.
    pub javascript: bool,
    /// Drops documents with `{`. Default true.
    pub curly_bracket: bool,
    /// Deletes lines with a phrase of policies. Default true.
    pub policies: bool,
}

impl Default for C4Quality {
    fn default() -> Self {
        Self {
            terminal_punctuation: true,
            min_line_words: Some(3),
            max_word_chars: Some(1000),
            min_sentences: Some(5),
            citations: true,
            lorem_ipsum: true,
            javascript: true,
            curly_bracket: true,
            policies: true,
        }
    }
}

impl RuleConfig for C4Quality {
    const REASONS: &'static [Reason] = &[LOREM_IPSUM, CURLY_BRACKET, TOO_FEW_SENTENCES];
    const EXAMPLES: &'static [Example] = &[
        Example::text(
            "{}",
            "The bridge was built by the villagers.\nIt took them two years.\nNobody knows who drew its plans.\n\
             It has stood ever since.\nEvery spring it is painted.",
        )
        .kept(),
        Example::text(
            r#"{"min_sentences": 2}"#,
            "The bridge was built by the villagers.\nHome | News | Contact\nIt has stood ever since.",
        )
        .rewritten("The bridge was built by the villagers.\nIt has stood ever since."),
        Example::text(
            "{}",
            "The bridge was built by the villagers.\nIt took them two years.\nNobody knows who drew its plans.",
        )
        .dropped(TOO_FEW_SENTENCES)
        .by(3.0, 5.0),
        Example::text("{}", "Lorem ipsum dolor sit amet.").dropped(LOREM_IPSUM).by(1.0, 0.0),
    ];

    fn build(&self) -> Result<Box<dyn Rule>, ConfigFault> {
        Ok(Box::new(C4QualityRule { config: self.clone() }))
    }
}

/// What became of a document.
enum Cleaned {
    Dropped(Finding),
    Kept { text: String, sentences: u64 },
}

/// What becomes of a line.
enum Line {
    Delete,
    Keep(String),
    DropDocument(Reason),
}

#[derive(Debug)]
struct C4QualityRule {
    config: C4Quality,
}

impl C4QualityRule {
    fn line(&self, line: &str) -> Line {
        let config = &self.config;
        let line = line.trim_matches(is_space);
        let (mut words, mut longest) = (0, 0);
        for word in line.split(is_space).filter(|word| !word.is_empty()) {
            words += 1;
            longest = longest.max(word.len() as u64);
        }
        // Characters are only counted where bytes are too many.
        if config.max_word_chars.is_some_and(|max| longest > max && longest_chars(line) > max) {
            return Line::Delete;
        }
        let line = if config.citations { without_citations(line) } else { line.to_owned() };
        if config.terminal_punctuation && (!line.ends_with(LINE_ENDS) || line.ends_with("...")) {
            return Line::Delete;
        }
        if config.min_line_words.is_some_and(|min| words < min) {
            return Line::Delete;
        }
        let mut found = [false; PHRASES.len()];
        for hit in SEARCH.find_overlapping_iter(&line) {
            if let Some(found) = found.get_mut(hit.pattern().as_usize()) {
                *found = true;
            }
        }
        let [lorem_ipsum, javascript, policies @ ..] = found;
        if config.lorem_ipsum && lorem_ipsum {
            return Line::DropDocument(LOREM_IPSUM);
        }
        if config.javascript && javascript {
            return Line::Delete;
        }
        if config.curly_bracket && line.contains('{') {
            return Line::DropDocument(CURLY_BRACKET);
        }
        if config.policies && policies.contains(&true) {
            return Line::Delete;
        }
        Line::Keep(line)
    }

    /// Counts sentences up to `enough`.
    fn clean(&self, document: &Measures<'_>, enough: u64) -> Cleaned {
        let mut kept: Vec<String> = Vec::new();
        let mut dropped = None;
        each_line(document.text(), |line| {
            if dropped.is_none() {
                match self.line(line) {
                    Line::Delete => {}
                    Line::Keep(line) => kept.push(line),
                    Line::DropDocument(reason) => dropped = Some(reason),
                }
            }
        });
        if let Some(reason) = dropped {
            return Cleaned::Dropped(Finding { reason, value: 1.0, bound: 0.0 });
        }
        let mut sentences = 0;
        for line in &kept {
            if sentences >= enough {
                break;
            }
            sentences += count_sentences(line, &document.splitter().split(line));
        }
        let text = kept.join("\n").trim_matches(is_space).to_owned();
        // Counts are far below 2^53, so that they are exact.
        match Finding::below(TOO_FEW_SENTENCES, sentences as f64, self.config.min_sentences.map(|min| min as f64)) {
            Some(finding) => Cleaned::Dropped(finding),
            None => Cleaned::Kept { text, sentences },
        }
    }
}

fn longest_chars(line: &str) -> u64 {
    line.split(is_space).map(|word| word.chars().count() as u64).max().unwrap_or(0)
}

/// `line` without `[3]`, `[]`, `[edit]` and `[citation needed]`.
fn without_citations(line: &str) -> String {
    let mut output = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        output.push_str(before);
        let inside = after.split_once(']');
        let is_citation =
            |inside: &str| inside == "edit" || inside == "citation needed" || inside.chars().all(char::is_numeric);
        match inside {
            Some((inside, after)) if is_citation(inside) => rest = after,
            _ => {
                output.push('[');
                rest = after;
            }
        }
    }
    output.push_str(rest);
    output
}

impl Rule for C4QualityRule {
    fn name(&self) -> &'static str {
        "c4_quality"
    }

    fn reasons(&self) -> &'static [Reason] {
        C4Quality::REASONS
    }

    fn signals(&self) -> &'static [&'static str] {
        &["c4_sentence_count", "c4_kept_char_ratio"]
    }

    fn measure(&self, document: &Measures<'_>) -> Vec<f64> {
        match self.clean(document, u64::MAX) {
            Cleaned::Kept { text, sentences } => {
                let kept = text.chars().count() as u64;
                vec![sentences as f64, crate::measures::ratio(kept, document.chars())]
            }
            Cleaned::Dropped(finding) if finding.reason == TOO_FEW_SENTENCES => vec![finding.value, 0.0],
            Cleaned::Dropped(_) => vec![0.0, 0.0],
        }
    }

    fn decide(&self, document: &Measures<'_>) -> Option<Finding> {
        match self.clean(document, self.config.min_sentences.unwrap_or(0)) {
            Cleaned::Dropped(finding) => Some(finding),
            Cleaned::Kept { .. } => None,
        }
    }

    fn rewrites(&self) -> bool {
        true
    }

    fn apply(&self, document: &Measures<'_>) -> Verdict {
        match self.clean(document, self.config.min_sentences.unwrap_or(0)) {
            Cleaned::Dropped(finding) => Verdict::Drop(finding),
            Cleaned::Kept { text, .. } if text == document.text() => Verdict::Keep,
            Cleaned::Kept { text, .. } => Verdict::Rewrite(text),
        }
    }
}

#[cfg(test)]
mod tests;
