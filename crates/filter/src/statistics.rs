//! Bounds for single statistics of a text: what other corpora check with rules of their own.

mod counts;
mod shapes;

pub(crate) use counts::text_lines;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Example, Reason};

use crate::rule::{RuleConfig, ordered};
use crate::{Finding, Measures, Rule};

/// The values of a statistic that are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Least value that is kept; null for any. Default null.
    pub min: Option<f64>,
    /// Greatest value that is kept; null for any. Default null.
    pub max: Option<f64>,
}

/// One statistic.
#[derive(Debug)]
struct Statistic {
    name: &'static str,
    too_low: Reason,
    too_high: Reason,
    measure: fn(&Measures<'_>) -> f64,
    bounds: fn(&Statistics) -> Option<Bounds>,
}

/// Makes, of one line per statistic, the field of the configuration, its reasons and its entry in the table.
macro_rules! statistics {
    ($($(#[doc = $doc:literal])+ $name:ident => $measure:path,)+) => {
        /// Bounds for single statistics of a text.
        ///
        /// # What it removes
        /// Documents of which a statistic is below its `min` or above its `max`. Those are checked that have bounds, in
        /// the order of the table; the reason is the statistic with `_too_low` or `_too_high`.
        ///
        /// # Why
        /// Most published rules are one number and one bound. With these, the rules of a corpus are a list of
        /// bounds in a recipe, and another corpus's another list.
        ///
        /// # Parameters
        /// For each statistic `min` and `max`, which a document may reach but not break; see the table. No bound is set
        /// by default. A ratio of nothing is 0.
        ///
        /// # Source
        /// The statistics of MAP-NEO's Chinese pipeline, `ChineseWebText`, `FlagData`, dingo, `llm_web_kit`'s quality gate,
        /// `NeMo` Curator, ROOTS and Data-Juicer. The bounds of MAP-NEO and `ChineseWebText` stand in `configs/recipes`,
        /// those of `llm_web_kit` in `configs/wanjuan-cc.yaml`; those of the others in no file.
        ///
        /// # Cost
        /// One pass for each statistic that has bounds.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Statistics {
            $(
                $(#[doc = $doc])+
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<Bounds>,
            )+
        }

        static STATISTICS: &[Statistic] = &[$(
            Statistic {
                name: stringify!($name),
                too_low: Reason {
                    code: concat!(stringify!($name), "_too_low"),
                    summary: concat!("`", stringify!($name), "` is below its `min`"),
                },
                too_high: Reason {
                    code: concat!(stringify!($name), "_too_high"),
                    summary: concat!("`", stringify!($name), "` is above its `max`"),
                },
                measure: $measure,
                bounds: |config| config.$name,
            },
        )+];

        const SIGNALS: &[&str] = &[$(concat!("stat_", stringify!($name)),)+];

        const REASONS: &[Reason] = &[$(
            Reason {
                code: concat!(stringify!($name), "_too_low"),
                summary: concat!("`", stringify!($name), "` is below its `min`"),
            },
            Reason {
                code: concat!(stringify!($name), "_too_high"),
                summary: concat!("`", stringify!($name), "` is above its `max`"),
            },
        )+];
    };
}

statistics! {
    /// Characters.
    chars => counts::chars,
    /// Characters that are not white space.
    non_space_chars => counts::non_space_chars,
    /// UTF-8 bytes.
    bytes => counts::bytes,
    /// Words.
    words => counts::words,
    /// Lines that are not blank.
    lines => counts::lines,
    /// Sentences: parts with a word between `.`, `!`, `?`, `。`, `！`, `？`, `…`, `;`, `"` and line breaks (MAP-NEO's marks).
    sentences => shapes::sentences,
    /// Mean length of words in characters.
    mean_word_chars => counts::mean_word_chars,
    /// Length of the longest word in characters.
    longest_word_chars => counts::longest_word_chars,
    /// Mean length of lines that are not blank, in characters.
    mean_line_chars => counts::mean_line_chars,
    /// Length of the longest line in characters.
    longest_line_chars => counts::longest_line_chars,
    /// Lines of at least 200 characters, what mC4 calls paragraphs; it asks for three.
    long_lines => counts::long_lines,
    /// Characters of words that are letters or digits only.
    content_word_chars => counts::content_word_chars,
    /// Share of characters that are letters or digits.
    alphanumeric_ratio => counts::alphanumeric_ratio,
    /// Share of characters that are digits, white space and punctuation not counted.
    digit_ratio => counts::digit_ratio,
    /// Share of characters that are upper-case letters.
    uppercase_ratio => counts::uppercase_ratio,
    /// Share of characters that are white space.
    whitespace_ratio => counts::whitespace_ratio,
    /// Share of characters that are line feeds.
    newline_ratio => counts::newline_ratio,
    /// Longest run of white space, in characters.
    longest_space_run => shapes::longest_space_run,
    /// Share of characters that are punctuation.
    punctuation_ratio => counts::punctuation_ratio,
    /// Share of characters that are no letter, digit, white space or punctuation.
    symbol_ratio => counts::symbol_ratio,
    /// Share of characters that are `{` or `}`.
    curly_bracket_ratio => counts::curly_bracket_ratio,
    /// Share of characters that are `(`, `)`, `（` or `）`.
    parenthesis_ratio => counts::parenthesis_ratio,
    /// Share of characters, white space not counted, that are `�` or `□`.
    replacement_ratio => counts::replacement_ratio,
    /// Share of characters that are Chinese (U+4E00-9FA5).
    chinese_ratio => counts::chinese_ratio,
    /// Share of characters that are emoji and pictographs.
    emoji_ratio => counts::emoji_ratio,
    /// Share of characters in `http://`, `https://` and `www.` addresses.
    url_ratio => shapes::url_ratio,
    /// Share of characters between `【` and `】`.
    lenticular_ratio => shapes::lenticular_ratio,
    /// Different characters per character.
    unique_char_ratio => counts::unique_char_ratio,
    /// Different words per word.
    unique_word_ratio => counts::unique_word_ratio,
    /// Entropy of characters in bits.
    char_entropy => counts::char_entropy,
    /// Entropy of words in nats.
    word_entropy => counts::word_entropy,
    /// Share of runs of 13 characters (lower case, without white space) that stand more than once, each counted in all its
    /// places (`ChineseWebText`).
    repeated_13gram_ratio => shapes::repeated_13gram_ratio,
    /// Share of the lines that end with `readmore`, `read more`, `展开`, `更多` or `。。。` (MAP-NEO).
    read_more_line_ratio => shapes::read_more_line_ratio,
}

impl RuleConfig for Statistics {
    const REASONS: &'static [Reason] = REASONS;
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"digit_ratio": {"max": 0.3}}"#, "In 1984 he was born.").kept(),
        Example::text(r#"{"digit_ratio": {"max": 0.3}}"#, "1 2 3 4 5 a")
            .dropped(Reason { code: "digit_ratio_too_high", summary: "`digit_ratio` is above its `max`" })
            .by(0.83, 0.3),
    ];

    fn build(&self) -> Result<Box<dyn Rule>, ConfigFault> {
        for statistic in STATISTICS {
            if let Some(bounds) = (statistic.bounds)(self) {
                ordered(statistic.name, bounds.min, "max", bounds.max)?;
            }
        }
        Ok(Box::new(StatisticsRule { config: self.clone() }))
    }
}

#[derive(Debug)]
struct StatisticsRule {
    config: Statistics,
}

impl Rule for StatisticsRule {
    fn name(&self) -> &'static str {
        "statistics"
    }

    fn reasons(&self) -> &'static [Reason] {
        Statistics::REASONS
    }

    fn signals(&self) -> &'static [&'static str] {
        SIGNALS
    }

    fn measure(&self, document: &Measures<'_>) -> Vec<f64> {
        STATISTICS.iter().map(|statistic| (statistic.measure)(document)).collect()
    }

    fn decide(&self, document: &Measures<'_>) -> Option<Finding> {
        STATISTICS.iter().find_map(|statistic| {
            let bounds =
                (statistic.bounds)(&self.config).filter(|bounds| bounds.min.is_some() || bounds.max.is_some())?;
            let value = (statistic.measure)(document);
            Finding::below(statistic.too_low, value, bounds.min)
                .or_else(|| Finding::above(statistic.too_high, value, bounds.max))
        })
    }
}

#[cfg(test)]
mod tests;
