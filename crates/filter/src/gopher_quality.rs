//! Gopher's quality rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Reason};

use crate::measures::ratio;
use crate::rule::{RuleConfig, in_range, ordered};
use crate::{Finding, Measures, Rule, StopWords};

/// Default of [`GopherQuality::min_words`].
pub const DEFAULT_MIN_WORDS: u64 = 50;
/// Default of [`GopherQuality::max_words`].
pub const DEFAULT_MAX_WORDS: u64 = 100_000;
/// Default of [`GopherQuality::min_mean_word_chars`].
pub const DEFAULT_MIN_MEAN_WORD_CHARS: f64 = 3.0;
/// Default of [`GopherQuality::max_mean_word_chars`].
pub const DEFAULT_MAX_MEAN_WORD_CHARS: f64 = 10.0;
/// Default of [`GopherQuality::max_symbol_word_ratio`].
pub const DEFAULT_MAX_SYMBOL_WORD_RATIO: f64 = 0.1;
/// Default of [`GopherQuality::max_bullet_line_ratio`].
pub const DEFAULT_MAX_BULLET_LINE_RATIO: f64 = 0.9;
/// Default of [`GopherQuality::max_ellipsis_line_ratio`].
pub const DEFAULT_MAX_ELLIPSIS_LINE_RATIO: f64 = 0.3;
/// Default of [`GopherQuality::min_alpha_word_ratio`].
pub const DEFAULT_MIN_ALPHA_WORD_RATIO: f64 = 0.8;
/// Default of [`GopherQuality::min_stop_words`].
pub const DEFAULT_MIN_STOP_WORDS: u64 = 2;
/// Default of [`GopherQuality::stop_words`].
pub const DEFAULT_STOP_WORDS: &[&str] = &["the", "be", "to", "of", "and", "that", "have", "with"];

pub(crate) const TOO_FEW_WORDS: Reason = Reason { code: "too_few_words", summary: "fewer words than `min_words`" };
const TOO_MANY_WORDS: Reason = Reason { code: "too_many_words", summary: "more words than `max_words`" };
const MEAN_WORD_TOO_SHORT: Reason =
    Reason { code: "mean_word_too_short", summary: "the mean word is shorter than `min_mean_word_chars`" };
const MEAN_WORD_TOO_LONG: Reason =
    Reason { code: "mean_word_too_long", summary: "the mean word is longer than `max_mean_word_chars`" };
const TOO_MANY_HASHES: Reason =
    Reason { code: "too_many_hashes", summary: "more `#` per word than `max_symbol_word_ratio`" };
const TOO_MANY_ELLIPSES: Reason =
    Reason { code: "too_many_ellipses", summary: "more ellipses per word than `max_symbol_word_ratio`" };
const TOO_MANY_BULLET_LINES: Reason = Reason {
    code: "too_many_bullet_lines",
    summary: "more of the lines start with a bullet than `max_bullet_line_ratio`",
};
const TOO_MANY_ELLIPSIS_LINES: Reason = Reason {
    code: "too_many_ellipsis_lines",
    summary: "more of the lines end with an ellipsis than `max_ellipsis_line_ratio`",
};
const TOO_FEW_ALPHABETIC_WORDS: Reason = Reason {
    code: "too_few_alphabetic_words",
    summary: "fewer of the words have a letter than `min_alpha_word_ratio`",
};
const TOO_FEW_STOP_WORDS: Reason =
    Reason { code: "too_few_stop_words", summary: "fewer different stop words than `min_stop_words`" };

/// Gopher's quality rules: drops what does not look like prose.
///
/// # What it removes
/// In this order, documents with: too few or too many words; too short or too long words on
/// average; too many `#` or ellipses per word; too many lines that start with a bullet (`•`, `-`)
/// or end with an ellipsis (`...`, `…`); too few words with a letter; too few different stop words.
/// Counted words, and the mean, are those that have a character other than punctuation; the
/// ratios per word are of all words. Stop words match whole words in their exact letter case.
///
/// # Why
/// Lists, tables, menus, cut-off teasers and machine output fail at least one of these counts,
/// running text almost never does. The stop words are English: for another language give its own.
///
/// # Parameters
/// All are bounds that a document may reach but not break, and `null` switches the check off: see the table.
///
/// # Source
/// Rae et al., "Scaling Language Models: Methods, Analysis & Insights from Training Gopher"
/// (arXiv:2112.11446), section A.1.1; details (denominators, punctuation, line breaks) as in
/// `GopherQualityFilter` of datatrove 0.10.1, which splits words with a tokenizer for the language.
///
/// # Cost
/// Counting costs next to nothing beside splitting the words, which all rules share; see `scripts/bench/filter`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GopherQuality {
    /// Fewest words (that have a character other than punctuation), 0 or more. Default 50.
    pub min_words: Option<u64>,
    /// Most words (that have a character other than punctuation), 0 or more. Default 100,000.
    pub max_words: Option<u64>,
    /// Least mean length of those words in characters, 0 or more. Default 3.
    #[schemars(range(min = 0.0))]
    pub min_mean_word_chars: Option<f64>,
    /// Greatest mean length of those words in characters, 0 or more. Default 10.
    #[schemars(range(min = 0.0))]
    pub max_mean_word_chars: Option<f64>,
    /// Most `#` per word, and most ellipses (`...`, `…`) per word, each for itself, 0 or more. Default 0.1.
    #[schemars(range(min = 0.0))]
    pub max_symbol_word_ratio: Option<f64>,
    /// Largest share of lines that start with `•` or `-`, 0 to 1. Default 0.9.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_bullet_line_ratio: Option<f64>,
    /// Largest share of lines that end with `...` or `…`, 0 to 1. Default 0.3.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_ellipsis_line_ratio: Option<f64>,
    /// Smallest share of words that have a letter, 0 to 1. Default 0.8.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_alpha_word_ratio: Option<f64>,
    /// Fewest different words of `stop_words`, 0 to their number. Default 2.
    pub min_stop_words: Option<u64>,
    /// The stop words, in the letter case in which they count. Default the eight of the source: the, be, to,
    /// of, and, that, have, with.
    pub stop_words: Vec<String>,
}

impl Default for GopherQuality {
    fn default() -> Self {
        Self {
            min_words: Some(DEFAULT_MIN_WORDS),
            max_words: Some(DEFAULT_MAX_WORDS),
            min_mean_word_chars: Some(DEFAULT_MIN_MEAN_WORD_CHARS),
            max_mean_word_chars: Some(DEFAULT_MAX_MEAN_WORD_CHARS),
            max_symbol_word_ratio: Some(DEFAULT_MAX_SYMBOL_WORD_RATIO),
            max_bullet_line_ratio: Some(DEFAULT_MAX_BULLET_LINE_RATIO),
            max_ellipsis_line_ratio: Some(DEFAULT_MAX_ELLIPSIS_LINE_RATIO),
            min_alpha_word_ratio: Some(DEFAULT_MIN_ALPHA_WORD_RATIO),
            min_stop_words: Some(DEFAULT_MIN_STOP_WORDS),
            stop_words: DEFAULT_STOP_WORDS.iter().map(|word| (*word).to_owned()).collect(),
        }
    }
}

/// What [`GopherQuality`] measures. A ratio of nothing (no words, no lines) is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GopherQualitySignals {
    /// Words that have a character other than punctuation.
    pub words: u64,
    /// Mean length of those words in characters.
    pub mean_word_chars: f64,
    /// `#` per word.
    pub hash_word_ratio: f64,
    /// Ellipses per word.
    pub ellipsis_word_ratio: f64,
    /// Share of lines that start with a bullet.
    pub bullet_line_ratio: f64,
    /// Share of lines that end with an ellipsis.
    pub ellipsis_line_ratio: f64,
    /// Share of words that have a letter.
    pub alpha_word_ratio: f64,
    /// Different stop words.
    pub stop_words: u64,
}

impl GopherQuality {
    /// Measures `document`.
    pub fn measure(&self, document: &Measures<'_>) -> GopherQualitySignals {
        measure(document, &StopWords::new(&self.stop_words))
    }

    /// The first check that a document with these signals fails.
    pub fn decide(&self, signals: &GopherQualitySignals) -> Option<Finding> {
        // Counts are far below 2^53, so that they are exact.
        let count = |bound: Option<u64>| bound.map(|bound| bound as f64);
        let (words, stop_words) = (signals.words as f64, signals.stop_words as f64);
        let (symbols, ellipses) = (self.max_symbol_word_ratio, signals.ellipsis_word_ratio);
        None.or_else(|| Finding::below(TOO_FEW_WORDS, words, count(self.min_words)))
            .or_else(|| Finding::above(TOO_MANY_WORDS, words, count(self.max_words)))
            .or_else(|| Finding::below(MEAN_WORD_TOO_SHORT, signals.mean_word_chars, self.min_mean_word_chars))
            .or_else(|| Finding::above(MEAN_WORD_TOO_LONG, signals.mean_word_chars, self.max_mean_word_chars))
            .or_else(|| Finding::above(TOO_MANY_HASHES, signals.hash_word_ratio, symbols))
            .or_else(|| Finding::above(TOO_MANY_ELLIPSES, ellipses, symbols))
            .or_else(|| Finding::above(TOO_MANY_BULLET_LINES, signals.bullet_line_ratio, self.max_bullet_line_ratio))
            .or_else(|| {
                Finding::above(TOO_MANY_ELLIPSIS_LINES, signals.ellipsis_line_ratio, self.max_ellipsis_line_ratio)
            })
            .or_else(|| Finding::below(TOO_FEW_ALPHABETIC_WORDS, signals.alpha_word_ratio, self.min_alpha_word_ratio))
            .or_else(|| Finding::below(TOO_FEW_STOP_WORDS, stop_words, count(self.min_stop_words)))
    }
}

fn measure(document: &Measures<'_>, stop_words: &StopWords) -> GopherQualitySignals {
    let (words, lines, symbols) = (document.word_totals(), document.lines(), document.symbols());
    GopherQualitySignals {
        words: words.non_punctuation,
        mean_word_chars: ratio(words.non_punctuation_chars, words.non_punctuation),
        hash_word_ratio: ratio(symbols.hashes, words.all),
        ellipsis_word_ratio: ratio(symbols.ellipses, words.all),
        bullet_line_ratio: ratio(lines.bullet, lines.all),
        ellipsis_line_ratio: ratio(lines.ellipsis, lines.all),
        alpha_word_ratio: ratio(words.with_letter, words.all),
        stop_words: stop_words.distinct_in(document.words()),
    }
}

impl RuleConfig for GopherQuality {
    const REASONS: &'static [Reason] = &[
        TOO_FEW_WORDS,
        TOO_MANY_WORDS,
        MEAN_WORD_TOO_SHORT,
        MEAN_WORD_TOO_LONG,
        TOO_MANY_HASHES,
        TOO_MANY_ELLIPSES,
        TOO_MANY_BULLET_LINES,
        TOO_MANY_ELLIPSIS_LINES,
        TOO_FEW_ALPHABETIC_WORDS,
        TOO_FEW_STOP_WORDS,
    ];
    const EXAMPLES: &'static [Example] = &[
        Example::text(
            "{}",
            "The old bridge was built by the villagers, stone by stone, and it has stood for two hundred years. Nobody \
             knows who drew its plans, but the name of the mason is cut into the last pillar on the left side. Every \
             spring the railing is painted, and in the autumn the children of the school collect money for the work.",
        )
        .kept(),
        Example::text("{}", "Home | News | Contact").dropped(TOO_FEW_WORDS).by(3.0, 50.0),
        Example::text(r#"{"min_words": 3}"#, "Opening hours prices contact imprint")
            .dropped(TOO_FEW_STOP_WORDS)
            .by(0.0, 2.0),
    ];

    fn build(&self) -> Result<Box<dyn Rule>, ConfigFault> {
        let any = f64::INFINITY;
        let count = |bound: Option<u64>| bound.map(|bound| bound as f64);
        in_range("min_mean_word_chars", self.min_mean_word_chars, 0.0, any)?;
        in_range("max_mean_word_chars", self.max_mean_word_chars, 0.0, any)?;
        in_range("max_symbol_word_ratio", self.max_symbol_word_ratio, 0.0, any)?;
        in_range("max_bullet_line_ratio", self.max_bullet_line_ratio, 0.0, 1.0)?;
        in_range("max_ellipsis_line_ratio", self.max_ellipsis_line_ratio, 0.0, 1.0)?;
        in_range("min_alpha_word_ratio", self.min_alpha_word_ratio, 0.0, 1.0)?;
        ordered("min_words", count(self.min_words), "max_words", count(self.max_words))?;
        ordered("min_mean_word_chars", self.min_mean_word_chars, "max_mean_word_chars", self.max_mean_word_chars)?;
        let stop_words = StopWords::new(&self.stop_words);
        if self.min_stop_words.is_some_and(|min| min > stop_words.len()) {
            let known = stop_words.len();
            let message =
                format!("`min_stop_words` asks for more than the {known} different `stop_words`; no document passes");
            return Err(ConfigFault::new("min_stop_words", message));
        }
        Ok(Box::new(GopherQualityRule { config: self.clone(), stop_words }))
    }
}

#[derive(Debug)]
struct GopherQualityRule {
    config: GopherQuality,
    stop_words: StopWords,
}

impl Rule for GopherQualityRule {
    fn name(&self) -> &'static str {
        "gopher_quality"
    }

    fn reasons(&self) -> &'static [Reason] {
        GopherQuality::REASONS
    }

    fn signals(&self) -> &'static [&'static str] {
        &[
            "rps_doc_word_count",
            "rps_doc_mean_word_length",
            "rps_doc_symbol_to_word_ratio",
            "hash_to_word_ratio",
            "ellipsis_to_word_ratio",
            "frac_lines_start_with_bulletpoint",
            "rps_doc_frac_lines_end_with_ellipsis",
            "rps_doc_frac_no_alph_words",
            "distinct_stop_word_count",
        ]
    }

    fn measure(&self, document: &Measures<'_>) -> Vec<f64> {
        let signals = measure(document, &self.stop_words);
        let (words, symbols) = (document.word_totals(), document.symbols());
        vec![
            signals.words as f64,
            signals.mean_word_chars,
            ratio(symbols.hashes + symbols.ellipses, words.all),
            signals.hash_word_ratio,
            signals.ellipsis_word_ratio,
            signals.bullet_line_ratio,
            signals.ellipsis_line_ratio,
            ratio(words.all - words.with_letter, words.all),
            signals.stop_words as f64,
        ]
    }

    fn decide(&self, document: &Measures<'_>) -> Option<Finding> {
        self.config.decide(&measure(document, &self.stop_words))
    }
}

#[cfg(test)]
mod tests;
