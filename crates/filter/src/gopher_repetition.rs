//! Gopher's repetition rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Reason};

use crate::chars::is_space;
use crate::measures::ratio;
use crate::repetition::{NGrams, Repeated, repeated};
use crate::rule::{RuleConfig, in_range};
use crate::{Finding, Measures, Rule};

const EMPTY: Reason = Reason { code: "empty", summary: "the document has no text" };
const PARAGRAPHS: Reason = Reason {
    code: "too_many_duplicate_paragraphs",
    summary: "more of the paragraphs repeat an earlier one than `max_duplicate_paragraph_ratio`",
};
const PARAGRAPH_CHARS: Reason = Reason {
    code: "too_many_chars_in_duplicate_paragraphs",
    summary: "more of the characters are in repeated paragraphs than `max_duplicate_paragraph_char_ratio`",
};
const LINES: Reason = Reason {
    code: "too_many_duplicate_lines",
    summary: "more of the lines repeat an earlier one than `max_duplicate_line_ratio`",
};
const LINE_CHARS: Reason = Reason {
    code: "too_many_chars_in_duplicate_lines",
    summary: "more of the characters are in repeated lines than `max_duplicate_line_char_ratio`",
};

/// Makes the reason of an n-gram check.
macro_rules! reason {
    ($code:literal, $bound:literal, $what:literal) => {
        Reason { code: $code, summary: concat!("more of the characters are in ", $what, " than `", $bound, "`") }
    };
}

const TOP: [Reason; 3] = [
    reason!("top_2gram_too_frequent", "max_top_2gram_char_ratio", "the most frequent run of 2 words"),
    reason!("top_3gram_too_frequent", "max_top_3gram_char_ratio", "the most frequent run of 3 words"),
    reason!("top_4gram_too_frequent", "max_top_4gram_char_ratio", "the most frequent run of 4 words"),
];

const DUPLICATE: [Reason; 6] = [
    reason!("too_many_duplicate_5grams", "max_duplicate_5gram_char_ratio", "repeated runs of 5 words"),
    reason!("too_many_duplicate_6grams", "max_duplicate_6gram_char_ratio", "repeated runs of 6 words"),
    reason!("too_many_duplicate_7grams", "max_duplicate_7gram_char_ratio", "repeated runs of 7 words"),
    reason!("too_many_duplicate_8grams", "max_duplicate_8gram_char_ratio", "repeated runs of 8 words"),
    reason!("too_many_duplicate_9grams", "max_duplicate_9gram_char_ratio", "repeated runs of 9 words"),
    reason!("too_many_duplicate_10grams", "max_duplicate_10gram_char_ratio", "repeated runs of 10 words"),
];

const REASONS: [Reason; 14] = [
    EMPTY,
    PARAGRAPHS,
    PARAGRAPH_CHARS,
    LINES,
    LINE_CHARS,
    TOP[0],
    TOP[1],
    TOP[2],
    DUPLICATE[0],
    DUPLICATE[1],
    DUPLICATE[2],
    DUPLICATE[3],
    DUPLICATE[4],
    DUPLICATE[5],
];

/// Gopher's repetition rules: drops what says the same again and again.
///
/// # What it removes
/// In this order, documents that are empty, or in which too many paragraphs, characters of paragraphs, lines or
/// characters of lines repeat an earlier one; in which too many characters are in the most frequent run of 2, 3 or 4
/// words; or in which too many characters are in repeated runs of 5 to 10 words. Paragraphs stand between two or more
/// line feeds, lines between one or more. Ratios of characters are of the whole text with its white space.
///
/// # Why
/// Repetition is the mark of generated pages, lists and templates, and what models pick up most readily.
///
/// # Parameters
/// All are ratios that a document may reach but not exceed, and `null` switches the check off: see the table. A short
/// text can exceed a bound for the most frequent run without repeating anything: its runs are a large part of it.
///
/// # Source
/// Rae et al. 2021 (arXiv:2112.11446), table A1; details as in `GopherRepetitionFilter` of datatrove 0.10.1: the first
/// of several most frequent runs counts, with spaces between its words; repeated runs are written without spaces and
/// share no word.
///
/// # Cost
/// A look-up of each word and of the bytes that each run begins with; more only where they are there twice. See
/// `scripts/bench/filter`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GopherRepetition {
    /// Largest share of paragraphs that repeat an earlier one, 0 to 1. Default 0.3.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_paragraph_ratio: Option<f64>,
    /// Largest share of characters in such paragraphs, 0 to 1. Default 0.2.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_paragraph_char_ratio: Option<f64>,
    /// Largest share of lines that repeat an earlier one, 0 to 1. Default 0.3.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_line_ratio: Option<f64>,
    /// Largest share of characters in such lines, 0 to 1. Default 0.2.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_line_char_ratio: Option<f64>,
    /// Largest share of characters in the most frequent run of 2 words, 0 to 1. Default 0.2.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_top_2gram_char_ratio: Option<f64>,
    /// The same of 3 words. Default 0.18.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_top_3gram_char_ratio: Option<f64>,
    /// The same of 4 words. Default 0.16.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_top_4gram_char_ratio: Option<f64>,
    /// Largest share of characters in repeated runs of 5 words, 0 to 1. Default 0.15.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_5gram_char_ratio: Option<f64>,
    /// The same of 6 words. Default 0.14.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_6gram_char_ratio: Option<f64>,
    /// The same of 7 words. Default 0.13.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_7gram_char_ratio: Option<f64>,
    /// The same of 8 words. Default 0.12.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_8gram_char_ratio: Option<f64>,
    /// The same of 9 words. Default 0.11.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_9gram_char_ratio: Option<f64>,
    /// The same of 10 words. Default 0.10.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_duplicate_10gram_char_ratio: Option<f64>,
}

impl Default for GopherRepetition {
    fn default() -> Self {
        Self {
            max_duplicate_paragraph_ratio: Some(0.3),
            max_duplicate_paragraph_char_ratio: Some(0.2),
            max_duplicate_line_ratio: Some(0.3),
            max_duplicate_line_char_ratio: Some(0.2),
            max_top_2gram_char_ratio: Some(0.2),
            max_top_3gram_char_ratio: Some(0.18),
            max_top_4gram_char_ratio: Some(0.16),
            max_duplicate_5gram_char_ratio: Some(0.15),
            max_duplicate_6gram_char_ratio: Some(0.14),
            max_duplicate_7gram_char_ratio: Some(0.13),
            max_duplicate_8gram_char_ratio: Some(0.12),
            max_duplicate_9gram_char_ratio: Some(0.11),
            max_duplicate_10gram_char_ratio: Some(0.10),
        }
    }
}

impl GopherRepetition {
    /// Name and value of every bound, in the order of the checks.
    fn bounds(&self) -> [(&'static str, Option<f64>); 13] {
        [
            ("max_duplicate_paragraph_ratio", self.max_duplicate_paragraph_ratio),
            ("max_duplicate_paragraph_char_ratio", self.max_duplicate_paragraph_char_ratio),
            ("max_duplicate_line_ratio", self.max_duplicate_line_ratio),
            ("max_duplicate_line_char_ratio", self.max_duplicate_line_char_ratio),
            ("max_top_2gram_char_ratio", self.max_top_2gram_char_ratio),
            ("max_top_3gram_char_ratio", self.max_top_3gram_char_ratio),
            ("max_top_4gram_char_ratio", self.max_top_4gram_char_ratio),
            ("max_duplicate_5gram_char_ratio", self.max_duplicate_5gram_char_ratio),
            ("max_duplicate_6gram_char_ratio", self.max_duplicate_6gram_char_ratio),
            ("max_duplicate_7gram_char_ratio", self.max_duplicate_7gram_char_ratio),
            ("max_duplicate_8gram_char_ratio", self.max_duplicate_8gram_char_ratio),
            ("max_duplicate_9gram_char_ratio", self.max_duplicate_9gram_char_ratio),
            ("max_duplicate_10gram_char_ratio", self.max_duplicate_10gram_char_ratio),
        ]
    }
}

impl RuleConfig for GopherRepetition {
    const REASONS: &'static [Reason] = &REASONS;
    const EXAMPLES: &'static [Example] = &[
        Example::text(
            "{}",
            "The old bridge was built in nine months.\nIt has stood for two hundred years.\nNobody knows who drew its plans.\n\
             Every spring children from our school collect money, then painters come with buckets full of red lead.\n\
             Below, trout swim against a current that never sleeps.",
        )
        .kept(),
        Example::text(
            "{}",
            "Read more\nThe old bridge was built in nine months.\nRead more\nIt has stood for two hundred years.\n\
             Read more\nNobody knows who drew its plans.\nRead more\nEvery spring the railing is painted.\nIt is red.",
        )
        .dropped(LINES)
        .by(0.33, 0.3),
        Example::text("{}", "").dropped(EMPTY).by(0.0, 1.0),
    ];

    fn build(&self) -> Result<Box<dyn Rule>, ConfigFault> {
        let bounds = self.bounds();
        bounds.into_iter().try_for_each(|(name, bound)| in_range(name, bound, 0.0, 1.0))?;
        Ok(Box::new(GopherRepetitionRule { bounds: bounds.map(|(_, bound)| bound) }))
    }
}

fn paragraphs(text: &str) -> Repeated {
    let text = text.trim_matches(is_space);
    repeated(Runs { rest: Some(text), least: 2 })
}

fn lines(text: &str) -> Repeated {
    repeated(Runs { rest: Some(text), least: 1 })
}

/// What stands between runs of at least `least` line feeds; empty at the start or end where the text starts or ends so.
struct Runs<'a> {
    rest: Option<&'a str>,
    least: usize,
}

impl<'a> Iterator for Runs<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let bytes = rest.as_bytes();
        let mut from = 0;
        while let Some(at) = bytes.get(from..).and_then(|tail| memchr::memchr(b'\n', tail)).map(|at| from + at) {
            let run = bytes.get(at..).map_or(0, |tail| tail.iter().take_while(|byte| **byte == b'\n').count());
            if run >= self.least {
                self.rest = rest.get(at + run..);
                return rest.get(..at);
            }
            from = at + run;
        }
        self.rest = None;
        Some(rest)
    }
}

#[derive(Debug)]
struct GopherRepetitionRule {
    /// In the order of the checks; the first reason has none.
    bounds: [Option<f64>; 13],
}

impl GopherRepetitionRule {
    /// Calls `on_signal` with the place of each check and what measures it, in order, until it gives something. A measure
    /// is told a bound, and may be 0 where it certainly is not above.
    fn each<T>(
        document: &Measures<'_>,
        mut on_signal: impl FnMut(usize, &mut dyn FnMut(Option<f64>) -> f64) -> Option<T>,
    ) -> Option<T> {
        let (text, chars) = (document.text(), document.chars());
        let (mut paragraphs_found, mut lines_found, mut grams) = (None, None, None);
        for check in 0..13 {
            let mut measure = |bound: Option<f64>| match check {
                0 | 1 => {
                    let found = paragraphs_found.get_or_insert_with(|| paragraphs(text));
                    if check == 0 { ratio(found.repeated, found.parts) } else { ratio(found.repeated_chars, chars) }
                }
                2 | 3 => {
                    let found = lines_found.get_or_insert_with(|| lines(text));
                    if check == 2 { ratio(found.repeated, found.parts) } else { ratio(found.repeated_chars, chars) }
                }
                4..=6 => {
                    let grams = grams.get_or_insert_with(|| NGrams::of(document.words()));
                    let matters = |top: u64| bound.is_none_or(|bound| ratio(top, chars) > bound);
                    ratio(grams.top_chars_above(check - 2, matters).unwrap_or(0), chars)
                }
                _ => {
                    let grams = grams.get_or_insert_with(|| NGrams::of(document.words()));
                    ratio(grams.duplicate_chars(check - 2), chars)
                }
            };
            if let Some(found) = on_signal(check, &mut measure) {
                return Some(found);
            }
        }
        None
    }
}

impl Rule for GopherRepetitionRule {
    fn name(&self) -> &'static str {
        "gopher_repetition"
    }

    fn reasons(&self) -> &'static [Reason] {
        GopherRepetition::REASONS
    }

    fn signals(&self) -> &'static [&'static str] {
        &[
            "frac_duplicate_paragraphs",
            "frac_chars_duplicate_paragraphs",
            "frac_duplicate_lines",
            "frac_chars_duplicate_lines",
            "rps_doc_frac_chars_top_2gram",
            "rps_doc_frac_chars_top_3gram",
            "rps_doc_frac_chars_top_4gram",
            "rps_doc_frac_chars_dupe_5grams",
            "rps_doc_frac_chars_dupe_6grams",
            "rps_doc_frac_chars_dupe_7grams",
            "rps_doc_frac_chars_dupe_8grams",
            "rps_doc_frac_chars_dupe_9grams",
            "rps_doc_frac_chars_dupe_10grams",
        ]
    }

    fn measure(&self, document: &Measures<'_>) -> Vec<f64> {
        let mut signals = Vec::with_capacity(13);
        Self::each(document, |_, measure| {
            signals.push(measure(None));
            None::<()>
        });
        signals
    }

    fn decide(&self, document: &Measures<'_>) -> Option<Finding> {
        if document.text().is_empty() {
            return Some(Finding { reason: EMPTY, value: 0.0, bound: 1.0 });
        }
        Self::each(document, |check, measure| {
            let bound = self.bounds.get(check).copied().flatten()?;
            let reason = REASONS.get(check + 1).copied()?;
            Finding::above(reason, measure(Some(bound)), Some(bound))
        })
    }
}

#[cfg(test)]
mod tests;
