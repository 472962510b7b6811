//! The stage that cuts stretches of text that stand elsewhere too.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryBuilder, RecordBatch, StringViewArray, StringViewBuilder, UInt32Builder, new_null_array,
};
use arrow::datatypes::{DataType, Field, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{
    Applied, Changes, ColumnRead, ConfigFault, Cost, Document, DocumentBatch, Dropped, Example, Reason, Stage,
    StageConfig, StageError, columns,
};
use textmill_exchange::substrings::{Border, Cuts, MAX_LENGTH, Repeats, Stretch};

use crate::code::looks_like_code;
use crate::line_stage::{NO_TEXT_LEFT, REPEATED_IN_CODE};

/// Column of [`SubstringDedupeStage::keys`]: bytes of the text.
pub const REPEAT_BYTES: &str = "repeat_bytes";
/// Column of [`SubstringDedupeStage::keys`]: the stretches of the text, [`Stretch::WIDTH`] bytes each.
pub const REPEAT_KEYS: &str = "repeat_keys";
/// Column that the stage adds where `repeats_column` is set.
pub const REPEATS: &str = "repeats";

/// Fewest bytes that may be asked for: shorter strings are words, which repeat in any text.
const MIN_BYTES: u32 = 20;

/// Where a cut may begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CutBorder {
    /// Between any two characters.
    #[default]
    Character,
    /// Between words, never inside one; in scripts without blanks between any two characters.
    Word,
    /// Between sentences.
    Sentence,
    /// Between lines.
    Line,
}

/// Cuts text that stands elsewhere in the corpus too, wherever it begins and ends; the first occurrence stays.
///
/// # What it removes
/// From the text, every stretch of at least `min_bytes` bytes that stands earlier in the input, in another document or in the
/// same one, byte for byte. A document of which nothing is left is dropped (`no_text_left`). All repeats are found: chosen
/// fingerprints of every document are compared first, then, around those that occur twice, every stretch of that length.
///
/// # Why
/// Quotations, licences, templates and copied paragraphs stand in documents that differ otherwise, and not always as whole
/// lines. Language models learn such text by heart.
///
/// # Parameters
/// See below. The text is compared as it is: normalise before. Of a run (dashes, one line again and again) the first
/// `min_bytes` stay. Not for code, whose repeats it needs: cuts in documents that look like code are counted apart
/// (`repeated_in_code`), and the report warns of them.
///
/// # Source
/// Lee et al. 2022 (`ExactSubstr`, 50 tokens), as used for `RefinedWeb` (Penedo et al. 2023) and Dolma 3 (500 bytes). Their
/// program finds the same repeats with a suffix array and cuts all occurrences unless it is told to save one; here the first in
/// the order of the input stays. Fingerprints: winnowing (Schleimer, Wilkerson and Aiken 2003).
///
/// # Cost
/// Of web documents, keys and comparison together, about 42 MB/s and core with `min_bytes: 500`, 30 with 200 and 15 with 50.
/// Keys are 0.3 bytes for each byte of text with 500 and ten times that with 50; they are sorted on disk where memory ends,
/// and tasks whose text is around repeats are read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SubstringDedupeConfig {
    /// Shortest repeat in bytes, 20 to 65536. Default 500, Dolma 3's.
    #[schemars(range(min = 20, max = 65536))]
    pub min_bytes: u32,
    /// `character`, `word`, `sentence` or `line`: where a cut may begin and end. A repeat shrinks to the borders inside.
    /// Default `character`.
    pub border: CutBorder,
    /// Text of fewer bytes between two cuts goes too. Default 0: none.
    pub min_gap: u32,
    /// Adds the column `repeats`: what was cut of the text, as JSON, with where it stands first (file, row and byte).
    /// Default false.
    pub repeats_column: bool,
}

impl Default for SubstringDedupeConfig {
    fn default() -> Self {
        Self { min_bytes: 500, border: CutBorder::Character, min_gap: 0, repeats_column: false }
    }
}

impl StageConfig for SubstringDedupeConfig {
    type Stage = SubstringDedupeStage;

    const NAME: &'static str = "substring_dedupe";
    const REASONS: &'static [Reason] = &[NO_TEXT_LEFT];
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"min_bytes": 20}"#, "The museum opens. All rights reserved.")
            .after(&[Document::Text("The library closes.")])
            .kept(),
        Example::text(r#"{"min_bytes": 20}"#, "The museum opens. All rights reserved.")
            .after(&[Document::Text("A library. All rights reserved.")])
            .rewritten("The museum opens"),
        Example::text(r#"{"min_bytes": 20}"#, "All rights are reserved.")
            .after(&[Document::Text("The library opens. All rights are reserved.")])
            .dropped(NO_TEXT_LEFT)
            .detail("first in in.jsonl, row 0, byte 19"),
    ];
    const COST: Option<Cost> = Some(Cost::measured(42.0, "textmill stages show substring_dedupe"));
    const IS_STEP: bool = true;

    fn build(self, _: Option<&Schema>) -> Result<SubstringDedupeStage, Vec<ConfigFault>> {
        Ok(SubstringDedupeStage::new(self)?)
    }
}

/// A part of a text that stands earlier too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// First byte of the text.
    pub start: u32,
    /// Byte behind the last.
    pub end: u32,
    /// Where it stands first.
    pub first: FirstOccurrence,
}

/// Where text stands first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstOccurrence {
    /// Name of the file.
    pub file: String,
    /// Row of the document in it.
    pub row: u64,
    /// Byte of the text.
    pub byte: u64,
}

/// The stage `substring_dedupe`. What is cut can be told only with all documents at hand: see [`keys`](Self::keys) and
/// [`cut`](Self::cut). Applied to documents alone, it changes nothing.
#[derive(Debug)]
pub struct SubstringDedupeStage {
    config: SubstringDedupeConfig,
    repeats: Repeats,
    cuts: Cuts,
}

impl SubstringDedupeStage {
    /// The stage of a configuration.
    pub fn new(config: SubstringDedupeConfig) -> Result<Self, ConfigFault> {
        let length = config.min_bytes as usize;
        if config.min_bytes < MIN_BYTES || length > MAX_LENGTH {
            let message = format!("`min_bytes` is {}; it can be {MIN_BYTES} to {MAX_LENGTH}", config.min_bytes);
            return Err(ConfigFault::new("min_bytes", message));
        }
        let border = match config.border {
            CutBorder::Character => Border::Character,
            CutBorder::Word => Border::Word,
            CutBorder::Sentence => Border::Sentence,
            CutBorder::Line => Border::Line,
        };
        let cuts = Cuts { border, min_gap: config.min_gap as usize };
        Ok(Self { config, repeats: Repeats::new(length), cuts })
    }

    /// The configuration.
    pub fn config(&self) -> &SubstringDedupeConfig {
        &self.config
    }

    /// For each document the bytes of its text and its stretches.
    pub fn keys(&self, batch: &DocumentBatch) -> Result<RecordBatch, StageError> {
        let (mut sizes, mut keys) = (UInt32Builder::new(), BinaryBuilder::new());
        let (mut stretches, mut bytes) = (Vec::new(), Vec::new());
        for text in batch.text()?.iter().map(Option::unwrap_or_default) {
            stretches.clear();
            bytes.clear();
            self.repeats.stretches(text.as_bytes(), &mut stretches);
            stretches.iter().for_each(|stretch: &Stretch| stretch.write(&mut bytes));
            // A column of texts holds none of 4 GiB.
            sizes.append_value(u32::try_from(text.len()).unwrap_or(u32::MAX));
            keys.append_value(&bytes);
        }
        let fields =
            vec![Field::new(REPEAT_BYTES, DataType::UInt32, false), Field::new(REPEAT_KEYS, DataType::Binary, false)];
        let arrays: Vec<ArrayRef> = vec![Arc::new(sizes.finish()), Arc::new(keys.finish())];
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| StageError::Compute(error.to_string()))
    }

    /// Cuts repeats out of some documents of `batch`: rows, each with the repeats in its text, both ascending.
    pub fn cut(&self, batch: &DocumentBatch, repeats: &[(usize, Vec<Repeat>)]) -> Result<Applied, StageError> {
        let texts = batch.text()?;
        let mut rewritten = StringViewBuilder::with_capacity(texts.len());
        let mut told: Vec<Option<String>> = vec![None; texts.len()];
        let (mut dropped, mut changes) = (Vec::new(), Changes::default());
        let mut repeats = repeats.iter().peekable();
        for (row, told) in told.iter_mut().enumerate() {
            let text = texts.is_valid(row).then(|| texts.value(row));
            let (Some((_, repeats)), Some(text)) = (repeats.next_if(|(of, _)| *of == row), text) else {
                rewritten.append_option(text);
                continue;
            };
            let ranges = repeats.iter().map(|repeat| repeat.start as usize..repeat.end as usize);
            let cuts = self.cuts.of(text, ranges);
            let left = Cuts::without(text, &cuts);
            if left.trim().is_empty() && !cuts.is_empty() {
                let detail = repeats.first().map(|repeat| repeat.first.to_string());
                dropped.push(Dropped { row, reason: NO_TEXT_LEFT, value: None, bound: None, detail });
                rewritten.append_value(text);
                continue;
            }
            let kind = if looks_like_code(text) { REPEATED_IN_CODE } else { "repeated" };
            changes.add(kind, (text.chars().count() - left.chars().count()) as u64);
            rewritten.append_value(&left);
            if self.config.repeats_column && !cuts.is_empty() {
                *told = Some(serde_json::to_string(&cut_repeats(&cuts, repeats)).map_err(compute)?);
            }
        }
        let all = batch.with_column(columns::text_field(columns::TEXT), Arc::new(rewritten.finish()))?;
        let all = self.with_repeats(&all, Arc::new(StringViewArray::from(told)))?;
        let applied = Applied::without(&all, dropped)?;
        Ok(Applied { changes, ..applied })
    }

    fn with_repeats(&self, batch: &DocumentBatch, told: ArrayRef) -> Result<DocumentBatch, StageError> {
        if self.config.repeats_column {
            Ok(batch.with_column(columns::text_field(REPEATS), told)?)
        } else {
            Ok(batch.clone())
        }
    }
}

/// The parts that were cut, each with where the first repeat in it stands first.
fn cut_repeats(cuts: &[Range<usize>], repeats: &[Repeat]) -> Vec<Repeat> {
    let of = |cut: &Range<usize>| {
        let repeat = repeats.iter().find(|repeat| repeat.end as usize > cut.start)?;
        // A text of 4 GiB has no repeats.
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Some(Repeat { start: place(cut.start), end: place(cut.end), first: repeat.first.clone() })
    };
    cuts.iter().filter_map(of).collect()
}

fn compute(error: impl std::fmt::Display) -> StageError {
    StageError::Compute(error.to_string())
}

impl std::fmt::Display for FirstOccurrence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "first in {}, row {}, byte {}", self.file, self.row, self.byte)
    }
}

impl Stage for SubstringDedupeStage {
    fn name(&self) -> &'static str {
        SubstringDedupeConfig::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        let repeats = self.config.repeats_column.then(|| columns::text_field(REPEATS));
        std::iter::once(columns::text_field(columns::TEXT)).chain(repeats).collect()
    }

    fn reasons(&self) -> Vec<Reason> {
        SubstringDedupeConfig::REASONS.to_vec()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let told = new_null_array(&DataType::Utf8View, batch.num_rows());
        Ok(Applied::all(self.with_repeats(&batch, told)?))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    fn stage(config: SubstringDedupeConfig) -> SubstringDedupeStage {
        SubstringDedupeStage::new(config).expect("valid")
    }

    fn repeat(start: u32, end: u32) -> Repeat {
        Repeat { start, end, first: FirstOccurrence { file: "in/a.jsonl".to_owned(), row: 7, byte: 3 } }
    }

    fn cut(config: SubstringDedupeConfig, text: &str, repeats: Vec<Repeat>) -> Applied {
        stage(config).cut(&text_batch(&[Some("Another."), Some(text)]), &[(1, repeats)]).expect("cuts")
    }

    fn text_of(applied: &Applied) -> Option<String> {
        applied.kept.text().expect("text").iter().nth(1).flatten().map(ToOwned::to_owned)
    }

    #[test]
    fn repeats_are_cut_at_borders_and_counted_in_characters() {
        let config = SubstringDedupeConfig::default();
        let applied = cut(config, "漢字 and some more", vec![repeat(1, 6)]);
        assert_eq!(text_of(&applied).as_deref(), Some("漢 and some more"));
        assert_eq!(applied.changes.get("repeated").characters, 1);
        let word = SubstringDedupeConfig { border: CutBorder::Word, ..config };
        assert_eq!(text_of(&cut(word, "One two three", vec![repeat(1, 12)])).as_deref(), Some("Onethree"));
        let nothing = cut(word, "Onetwothree", vec![repeat(1, 10)]);
        assert_eq!((text_of(&nothing).as_deref(), nothing.changes.is_empty()), (Some("Onetwothree"), true));
    }

    #[test]
    fn a_document_of_which_nothing_is_left_is_dropped_with_where_it_stands_first() {
        let applied = cut(SubstringDedupeConfig::default(), "Again. ", vec![repeat(0, 6)]);
        assert_eq!(applied.kept.num_rows(), 1);
        let dropped = applied.dropped.first().expect("dropped");
        assert_eq!((dropped.row, dropped.reason.code), (1, "no_text_left"));
        assert_eq!(dropped.detail.as_deref(), Some("first in in/a.jsonl, row 7, byte 3"));
    }

    #[test]
    fn the_column_tells_what_was_cut() {
        let config = SubstringDedupeConfig { repeats_column: true, min_gap: 3, ..SubstringDedupeConfig::default() };
        let applied = cut(config, "0123456789 rest", vec![repeat(0, 4), repeat(6, 8)]);
        let column = applied.kept.column(REPEATS).expect("the column").as_string_view().clone();
        assert!(column.is_null(0));
        assert_eq!(column.value(1), r#"[{"start":0,"end":8,"first":{"file":"in/a.jsonl","row":7,"byte":3}}]"#);
        assert_eq!(text_of(&applied).as_deref(), Some("89 rest"));
    }

    #[test]
    fn keys_have_the_size_of_each_text() {
        let text = "A text of some length, which is more than twenty bytes.";
        let keys = stage(SubstringDedupeConfig { min_bytes: 20, ..SubstringDedupeConfig::default() })
            .keys(&text_batch(&[Some(text), None, Some("short")]))
            .expect("keys");
        let sizes = keys.column(0).as_primitive::<arrow::datatypes::UInt32Type>().values().to_vec();
        assert_eq!(sizes, [55, 0, 5]);
        let stretches = keys.column(1).as_binary::<i32>();
        assert_eq!([1, 2].map(|row| stretches.value(row).len()), [0, 0]);
        let windows: u32 = Stretch::read_all(stretches.value(0)).map(|stretch| stretch.windows * stretch.times).sum();
        assert_eq!(windows, 36, "55 bytes have 36 windows of 20");
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        assert_stage_compliance(&stage(SubstringDedupeConfig::default()));
        assert_stage_compliance(&stage(SubstringDedupeConfig {
            repeats_column: true,
            ..SubstringDedupeConfig::default()
        }));
        for min_bytes in [0, 19, 65_537] {
            let config = SubstringDedupeConfig { min_bytes, ..SubstringDedupeConfig::default() };
            assert_eq!(SubstringDedupeStage::new(config).expect_err("refused").field(), Some("min_bytes"));
        }
    }
}
