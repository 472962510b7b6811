//! The stage that cuts lines and spans of sentences that other documents have too.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryBuilder, RecordBatch, UInt32Builder};
use arrow::datatypes::{DataType, Field, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{
    Applied, Changes, ColumnRead, ConfigFault, Cost, Document, DocumentBatch, Dropped, Example, Reason, Stage,
    StageConfig, StageError, columns,
};

use crate::code::looks_like_code;
use crate::lines::{cut, lines, repeated_sentences, sentences, span_keys};
use crate::{Normalization, NormalizationKeys, Normalizer};

/// Column of [`LineDedupeStage::keys`]: number of parts of the document.
pub const PARTS: &str = "parts";
/// Column of [`LineDedupeStage::keys`]: the key of each part, eight bytes each, little-endian; 0 for a part that is never
/// cut.
pub const PART_KEYS: &str = "part_keys";

/// Kind of change of documents that look like programs; others are `repeated`.
pub(crate) const REPEATED_IN_CODE: &str = "repeated_in_code";

pub(crate) const NO_TEXT_LEFT: Reason =
    Reason { code: "no_text_left", summary: "every part of the text is in other documents too" };

/// What is compared and cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartUnit {
    /// Lines; with the default normal form these are CCNet's paragraphs.
    Line,
    /// Spans of neighbouring sentences, as C4 has them.
    Sentences,
}

/// Cuts lines, or spans of sentences, that stand in other documents too; the first occurrence stays.
///
/// # What it removes
/// From the text, every part but the first of those with the same normal form that occur `min_count` times or more in the
/// whole corpus, in the order of the input. A document of which nothing is left is dropped (`no_text_left`). Counts are
/// exact: keys are sorted on disk, not put into a filter whose size must be guessed.
///
/// # Why
/// Menus, notices and mottos stand in thousands of pages that are not alike otherwise.
///
/// # Parameters
/// See below. `keep_first: false` with a `min_count` of 10 or more cuts boilerplate everywhere and leaves what is merely
/// quoted. Not for code: its closing brackets, imports and returns are lines that many files have. Cuts in documents that
/// look like code are counted apart (`repeated_in_code`), and the report warns of them.
///
/// # Source
/// Lines: `CCNet` (Wenzek et al. 2020), paragraphs in lower case, digits as 0, without accents and punctuation, the first
/// kept. Sentences: C4 (Raffel et al. 2020), all but one of any span of three sentences.
///
/// # Cost
/// About 300 MB/s and core; sorting 16 bytes a part, on disk where memory ends; one bit of memory a part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LineDedupeConfig {
    /// `line` or `sentences`. Default `line`.
    pub unit: PartUnit,
    /// Sentences in a span, 1 or more; only with `sentences`. Default 3.
    #[schemars(range(min = 1, max = 100))]
    pub span: NonZeroU32,
    /// Occurrences in the whole corpus, within one document too, from which a part is cut, 2 or more. Default 2.
    #[schemars(range(min = 2, max = 1_000_000))]
    pub min_count: u32,
    /// The first occurrence stays. Default true.
    pub keep_first: bool,
    /// Lines of fewer characters in normal form are never cut. Default 1: empty lines.
    pub min_chars: u32,
    /// What becomes of a part before it is compared; any of its keys may be set alone. Default that of `CCNet`: lower case,
    /// digits as 0, no punctuation beyond ASCII. Marks on letters and operators stay.
    pub normalization: NormalizationKeys,
}

impl Default for LineDedupeConfig {
    fn default() -> Self {
        Self {
            unit: PartUnit::Line,
            span: NonZeroU32::MIN.saturating_add(2),
            min_count: 2,
            keep_first: true,
            min_chars: 1,
            normalization: NormalizationKeys::default(),
        }
    }
}

impl StageConfig for LineDedupeConfig {
    type Stage = LineDedupeStage;

    const NAME: &'static str = "line_dedupe";
    const REASONS: &'static [Reason] = &[NO_TEXT_LEFT];
    const EXAMPLES: &'static [Example] = &[
        Example::text("{}", "The museum opens.\nAll rights reserved.")
            .after(&[Document::Text("The library opens.")])
            .kept(),
        Example::text("{}", "The museum opens.\nAll rights reserved.")
            .after(&[Document::Text("The library opens.\nAll rights reserved.")])
            .rewritten("The museum opens."),
        Example::text("{}", "All rights reserved.")
            .after(&[Document::Text("The library opens.\nAll rights reserved.")])
            .dropped(NO_TEXT_LEFT),
    ];
    const COST: Option<Cost> = Some(Cost::measured(300.0, "textmill stages show line_dedupe"));
    const KEEPS_COLUMNS: bool = true;
    const IS_STEP: bool = true;

    fn build(self, _: Option<&Schema>) -> Result<LineDedupeStage, Vec<ConfigFault>> {
        Ok(LineDedupeStage::new(self)?)
    }
}

/// The stage `line_dedupe`. Which parts are cut can be told only with all documents at hand: see [`keys`](Self::keys) and
/// [`cut`](Self::cut). Applied to documents alone, it changes nothing.
#[derive(Debug)]
pub struct LineDedupeStage {
    config: LineDedupeConfig,
    normalizer: Normalizer,
}

impl LineDedupeStage {
    /// The stage of a configuration.
    pub fn new(config: LineDedupeConfig) -> Result<Self, ConfigFault> {
        if config.min_count < 2 {
            let message = format!("`min_count` is {}; from 2 on a part occurs more than once", config.min_count);
            return Err(ConfigFault::new("min_count", message));
        }
        Ok(Self { config, normalizer: Normalizer::new(config.normalization.over(Normalization::CCNET)) })
    }

    /// The configuration.
    pub fn config(&self) -> &LineDedupeConfig {
        &self.config
    }

    /// For each document the number of its parts and their keys.
    pub fn keys(&self, batch: &DocumentBatch) -> Result<RecordBatch, StageError> {
        let (mut counts, mut keys) = (UInt32Builder::new(), BinaryBuilder::new());
        let mut bytes = Vec::new();
        for text in batch.text()?.iter().map(Option::unwrap_or_default) {
            bytes.clear();
            let found = self.part_keys(text);
            found.iter().for_each(|key| bytes.extend_from_slice(&key.to_le_bytes()));
            counts.append_value(u32::try_from(found.len()).unwrap_or(u32::MAX));
            keys.append_value(&bytes);
        }
        let fields = vec![Field::new(PARTS, DataType::UInt32, false), Field::new(PART_KEYS, DataType::Binary, false)];
        let arrays: Vec<ArrayRef> = vec![Arc::new(counts.finish()), Arc::new(keys.finish())];
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| StageError::Compute(error.to_string()))
    }

    fn part_keys(&self, text: &str) -> Vec<u64> {
        match self.config.unit {
            PartUnit::Line => {
                let mut buffer = crate::NormalBuffer::default();
                let least = self.config.min_chars.max(1) as usize;
                let long = |line: &str, buffer: &mut crate::NormalBuffer| {
                    self.normalizer.normalize(line, buffer).chars().nth(least - 1).is_some()
                };
                let found = lines(&self.normalizer, text).into_iter();
                let key = |(range, key): (Range<usize>, Option<u64>)| {
                    key.filter(|_| least == 1 || long(text.get(range).unwrap_or_default(), &mut buffer)).unwrap_or(0)
                };
                found.map(key).collect()
            }
            PartUnit::Sentences => span_keys(&self.normalizer, text, &sentences(text), self.config.span.get() as usize),
        }
    }

    /// Cuts parts out of some documents of `batch`: rows, each with the numbers of its parts, both ascending.
    pub fn cut(&self, batch: &DocumentBatch, cuts: &[(usize, Vec<u32>)]) -> Result<Applied, StageError> {
        let texts = batch.text()?;
        let (mut dropped, mut changes) = (Vec::new(), Changes::default());
        let mut cuts = cuts.iter().peekable();
        let left = texts.iter().enumerate().map(|(row, text)| {
            let (_, parts) = cuts.next_if(|(of, _)| *of == row)?;
            let text = text?;
            let left = self.without(text, parts);
            if left.trim().is_empty() {
                dropped.push(Dropped { row, reason: NO_TEXT_LEFT, value: None, bound: None, detail: None });
                return None;
            }
            let kind = if looks_like_code(text) { REPEATED_IN_CODE } else { "repeated" };
            changes.add(kind, (text.chars().count() - left.chars().count()) as u64);
            Some(left)
        });
        let all = batch.with_texts(columns::TEXT, left)?;
        let applied = Applied::without(&all, dropped)?;
        Ok(Applied { changes, ..applied })
    }

    fn without(&self, text: &str, parts: &[u32]) -> String {
        match self.config.unit {
            PartUnit::Line => {
                let mut parts = parts.iter().peekable();
                let stays = (0_u32..).zip(text.split('\n')).filter(|(number, _)| parts.next_if_eq(&number).is_none());
                stays.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
            }
            PartUnit::Sentences => {
                let all = sentences(text);
                let mut keys = vec![0_u64; all.len()];
                for part in parts {
                    keys.get_mut(*part as usize).into_iter().for_each(|key| *key = 1);
                }
                let gone = repeated_sentences(&keys, self.config.span.get() as usize, |key| key == 1);
                // With the blanks behind a sentence, so that none pile up.
                let range = |place: usize| {
                    let (from, to) = (all.get(place)?.start, all.get(place + 1).map_or(text.len(), |next| next.start));
                    Some(from..to)
                };
                cut(text, gone.into_iter().filter_map(range)).trim_end().to_owned()
            }
        }
    }
}

impl Stage for LineDedupeStage {
    fn name(&self) -> &'static str {
        LineDedupeConfig::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        vec![columns::text_field(columns::TEXT)]
    }

    fn reasons(&self) -> Vec<Reason> {
        LineDedupeConfig::REASONS.to_vec()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        Ok(Applied::all(batch))
    }
}

#[cfg(test)]
mod tests {
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    fn stage(config: LineDedupeConfig) -> LineDedupeStage {
        LineDedupeStage::new(config).expect("valid")
    }

    fn cut_one(config: LineDedupeConfig, text: &str, parts: &[u32]) -> Option<String> {
        let applied = stage(config).cut(&text_batch(&[Some(text)]), &[(0, parts.to_vec())]).expect("cuts");
        applied.kept.text().expect("text").iter().next().flatten().map(ToOwned::to_owned)
    }

    #[test]
    fn lines_are_cut_with_their_line_feed() {
        let config = LineDedupeConfig::default();
        assert_eq!(cut_one(config, "a\nb\nc", &[1]).as_deref(), Some("a\nc"));
        assert_eq!(cut_one(config, "a\nb\nc", &[0, 2]).as_deref(), Some("b"));
        assert_eq!(cut_one(config, "a\nb", &[0, 1]), None, "nothing is left: dropped");
        assert_eq!(cut_one(config, "a\n\n", &[0]), None);
    }

    #[test]
    fn spans_cover_all_their_sentences() {
        let config = LineDedupeConfig { unit: PartUnit::Sentences, ..LineDedupeConfig::default() };
        let text = "One is. Two is. Three is. Four is. Five is.";
        assert_eq!(cut_one(config, text, &[1]).as_deref(), Some("One is. Five is."));
        assert_eq!(cut_one(config, text, &[0, 1]).as_deref(), Some("Five is."));
        assert_eq!(cut_one(config, text, &[0, 2]), None);
        let keys = stage(config).keys(&text_batch(&[Some(text), Some("One. Two."), None])).expect("keys");
        let counts = arrow::array::AsArray::as_primitive::<arrow::datatypes::UInt32Type>(keys.column(0).as_ref());
        assert_eq!(counts.values(), &[3, 0, 0]);
    }

    #[test]
    fn short_and_empty_lines_have_no_key() {
        let keys = |min_chars| {
            stage(LineDedupeConfig { min_chars, ..LineDedupeConfig::default() }).part_keys("ab\n\nabcd\n。")
        };
        assert_eq!(keys(1).iter().map(|key| *key != 0).collect::<Vec<_>>(), [true, false, true, false]);
        assert_eq!(keys(3).iter().map(|key| *key != 0).collect::<Vec<_>>(), [false, false, true, false]);
    }

    #[test]
    fn cuts_in_code_are_counted_apart() {
        let code = "import os\n\ndef f(x):\n    if x:\n        return 1\n    return 0\n";
        let changes = |text: &str| {
            let batch = text_batch(&[Some(text)]);
            stage(LineDedupeConfig::default()).cut(&batch, &[(0, vec![0])]).expect("cuts").changes
        };
        assert_eq!(changes(code).get("repeated_in_code").characters, 10);
        assert_eq!(changes("Home\nA text of two lines.").get("repeated").documents, 1);
    }

    #[test]
    fn points_and_operators_keep_lines_apart() {
        let keys = |text: &str| stage(LineDedupeConfig::default()).part_keys(text);
        for (left, right) in [("कमी", "कम"), ("ป่า", "ปา"), ("má", "mà"), ("كَتَبَ", "كُتِبَ"), ("a && b", "a || b")]
        {
            assert_ne!(keys(left), keys(right), "{left}");
        }
        let config = serde_json::from_str("{\"normalization\": {\"accents\": \"remove\"}}").expect("reads");
        let folded = |text: &str| stage(config).part_keys(text);
        assert_eq!(folded("MÁ 12"), folded("mà 34"), "the other keys stay CCNet's");
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        assert_stage_compliance(&stage(LineDedupeConfig::default()));
        let error = LineDedupeStage::new(LineDedupeConfig { min_count: 1, ..LineDedupeConfig::default() });
        assert_eq!(error.expect_err("refused").field(), Some("min_count"));
    }
}
