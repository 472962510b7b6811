//! `FineWeb`'s own quality rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Reason};

use crate::chars::{is_space, is_terminal_punctuation};
use crate::measures::ratio;
use crate::repetition::repeated;
use crate::rule::{RuleConfig, in_range};
use crate::{Finding, Measures, Rule};

const EMPTY: Reason = Reason { code: "no_line", summary: "every line is blank" };
const TOO_FEW_ENDS: Reason = Reason {
    code: "too_few_lines_end_a_sentence",
    summary: "fewer of the lines end with terminal punctuation than `min_punctuated_line_ratio`",
};
const TOO_MANY_SHORT: Reason =
    Reason { code: "too_many_short_lines", summary: "more of the lines are short than `max_short_line_ratio`" };
const TOO_REPEATED: Reason = Reason {
    code: "too_many_repeated_line_chars",
    summary: "more of the characters are in repeated lines than `max_repeated_line_char_ratio`",
};
const TOO_MANY_BREAKS: Reason =
    Reason { code: "too_many_line_breaks", summary: "more line breaks per word than `max_newline_word_ratio`" };

/// `FineWeb`'s quality rules: drops lists, menus and pages whose lines are no sentences.
///
/// # What it removes
/// In this order, documents whose lines are all blank; of whose lines too few end with terminal punctuation of any
/// script; too many are short; in which too many characters are in lines that repeat an earlier one; or which have too
/// many line breaks per word. Blank lines do not count, and characters are without line feeds.
///
/// # Why
/// The authors found these four to separate good crawls from bad ones where Gopher's and C4's rules do not.
///
/// # Parameters
/// All are bounds that a document may reach but not break, and `null` switches the check off: see the table.
///
/// # Source
/// Penedo et al. 2024 (arXiv:2406.17557), section 3.6, as `FineWebQualityFilter` of datatrove 0.10.1 does it. The paper and
/// the published corpus have 0.1 for `max_repeated_line_char_ratio`, the code's default is 0.01: so is the default here.
///
/// # Cost
/// One pass over the lines; words are shared with other rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FinewebQuality {
    /// Smallest share of lines that end with terminal punctuation, 0 to 1. Default 0.12.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_punctuated_line_ratio: Option<f64>,
    /// Keeps a document of which no line ends with terminal punctuation. Default false.
    pub keep_without_punctuation: bool,
    /// Largest share of short lines, 0 to 1. Default 0.67.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_short_line_ratio: Option<f64>,
    /// Characters up to which a line is short, white space included. Default 30.
    pub short_line_chars: u64,
    /// Largest share of characters in lines that repeat an earlier one, 0 to 1. Default 0.01.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_repeated_line_char_ratio: Option<f64>,
    /// Most line feeds per word, 0 or more. Default 0.3.
    #[schemars(range(min = 0.0))]
    pub max_newline_word_ratio: Option<f64>,
}

impl Default for FinewebQuality {
    fn default() -> Self {
        Self {
            min_punctuated_line_ratio: Some(0.12),
            keep_without_punctuation: false,
            max_short_line_ratio: Some(0.67),
            short_line_chars: 30,
            max_repeated_line_char_ratio: Some(0.01),
            max_newline_word_ratio: Some(0.3),
        }
    }
}

impl RuleConfig for FinewebQuality {
    const REASONS: &'static [Reason] = &[EMPTY, TOO_FEW_ENDS, TOO_MANY_SHORT, TOO_REPEATED, TOO_MANY_BREAKS];
    const EXAMPLES: &'static [Example] = &[
        Example::text(
            "{}",
            "The old bridge was built by the villagers, stone by stone.\nIt has stood for two hundred years.",
        )
        .kept(),
        Example::text("{}", "Home\nNews\nContact").dropped(TOO_FEW_ENDS).by(0.0, 0.12),
        Example::text("{}", "It rains.\nIt snows.\nIt blows.").dropped(TOO_MANY_SHORT).by(1.0, 0.67),
    ];

    fn build(&self) -> Result<Box<dyn Rule>, ConfigFault> {
        in_range("min_punctuated_line_ratio", self.min_punctuated_line_ratio, 0.0, 1.0)?;
        in_range("max_short_line_ratio", self.max_short_line_ratio, 0.0, 1.0)?;
        in_range("max_repeated_line_char_ratio", self.max_repeated_line_char_ratio, 0.0, 1.0)?;
        in_range("max_newline_word_ratio", self.max_newline_word_ratio, 0.0, f64::INFINITY)?;
        Ok(Box::new(FinewebQualityRule { config: self.clone() }))
    }
}

#[derive(Debug)]
struct FinewebQualityRule {
    config: FinewebQuality,
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|line| !line.chars().all(is_space))
}

impl FinewebQualityRule {
    /// Lines, those that end with terminal punctuation, and short ones.
    fn count(&self, text: &str) -> (u64, u64, u64) {
        lines(text).fold((0, 0, 0), |(all, punctuated, short), line| {
            let is_short = line.chars().count() as u64 <= self.config.short_line_chars;
            (all + 1, punctuated + u64::from(line.ends_with(is_terminal_punctuation)), short + u64::from(is_short))
        })
    }
}

fn repeated_ratio(document: &Measures<'_>) -> f64 {
    let text = document.text();
    let newlines = newlines(text);
    ratio(repeated(lines(text)).repeated_chars, document.chars() - newlines)
}

fn newlines(text: &str) -> u64 {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64
}

fn newline_ratio(document: &Measures<'_>) -> f64 {
    ratio(newlines(document.text()), document.words().len() as u64)
}

/// Whether `text` has so many words that its line feeds per word are certainly not above `max`, whatever counts as a word:
/// each ASCII letter or digit after white space of ASCII is in another one.
fn has_words_enough(text: &str, max: f64) -> bool {
    let (mut words, mut after_space) = (0_u64, true);
    for byte in text.bytes() {
        words += u64::from(after_space && byte.is_ascii_alphanumeric());
        after_space = matches!(byte, b'\t'..=b'\r' | b' ');
    }
    words > 0 && ratio(newlines(text), words) <= max
}

impl Rule for FinewebQualityRule {
    fn name(&self) -> &'static str {
        "fineweb_quality"
    }

    fn reasons(&self) -> &'static [Reason] {
        FinewebQuality::REASONS
    }

    fn signals(&self) -> &'static [&'static str] {
        &["frac_lines_end_with_punctuation", "frac_short_lines", "frac_chars_repeated_lines", "newline_to_word_ratio"]
    }

    fn measure(&self, document: &Measures<'_>) -> Vec<f64> {
        let (all, punctuated, short) = self.count(document.text());
        vec![ratio(punctuated, all), ratio(short, all), repeated_ratio(document), newline_ratio(document)]
    }

    fn decide(&self, document: &Measures<'_>) -> Option<Finding> {
        let config = &self.config;
        let (all, punctuated, short) = self.count(document.text());
        if all == 0 {
            return Some(Finding { reason: EMPTY, value: 0.0, bound: 1.0 });
        }
        let min_punctuated =
            config.min_punctuated_line_ratio.filter(|_| punctuated > 0 || !config.keep_without_punctuation);
        None.or_else(|| Finding::below(TOO_FEW_ENDS, ratio(punctuated, all), min_punctuated))
            .or_else(|| Finding::above(TOO_MANY_SHORT, ratio(short, all), config.max_short_line_ratio))
            .or_else(|| {
                config.max_repeated_line_char_ratio?;
                Finding::above(TOO_REPEATED, repeated_ratio(document), config.max_repeated_line_char_ratio)
            })
            .or_else(|| {
                let max = config.max_newline_word_ratio?;
                // After a rule that changed the text its words would have to be split for nothing else.
                if has_words_enough(document.text(), max) {
                    return None;
                }
                Finding::above(TOO_MANY_BREAKS, newline_ratio(document), Some(max))
            })
    }
}

#[cfg(test)]
mod tests;
