use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, Changes, ColumnRead, ConfigFault, DocumentBatch, Dropped, Mode, Reason, Stage, StageConfig, StageError,
    columns, value_at,
};

use crate::{FilterConfig, Finding, Measures, Rule, Verdict, WordSplitter};

/// The stage `filter`.
#[derive(Debug)]
pub struct FilterStage {
    mode: Mode,
    words: WordSplitter,
    rules: Vec<Box<dyn Rule>>,
}

impl FilterStage {
    /// The stage as configured.
    #[allow(clippy::needless_pass_by_value, reason = "all stages are built alike, from an owned configuration")]
    pub fn new(config: FilterConfig) -> Result<Self, ConfigFault> {
        Ok(Self { mode: config.mode, words: config.words, rules: config.rules()? })
    }

    /// The languages of the documents, where words are split by language and there is such a column.
    fn languages<'a>(&self, batch: &'a DocumentBatch) -> Result<Option<&'a StringViewArray>, StageError> {
        if self.words != WordSplitter::Auto {
            return Ok(None);
        }
        Ok(batch.optional_strings(columns::LANGUAGE)?)
    }

    fn splitter(&self, languages: Option<&StringViewArray>, row: usize, text: &str) -> WordSplitter {
        self.words.for_document(value_at(languages, row), text)
    }

    fn decide(&self, batch: &DocumentBatch) -> Result<Applied, StageError> {
        let languages = self.languages(batch)?;
        let texts = batch.text()?;
        let mut dropped = Vec::new();
        let mut changes = Changes::default();
        let mut rewritten: Vec<Option<String>> = Vec::with_capacity(batch.num_rows());
        for (row, text) in texts.iter().enumerate() {
            // A document without text has no words, lines or symbols.
            let text = text.unwrap_or("");
            let (found, new) = self.judge(text, self.splitter(languages, row, text), &mut changes);
            dropped.extend(found.map(|found| Dropped::measured(row, found.reason, found.value, found.bound)));
            rewritten.push(new);
        }
        let rewrites = self.rules.iter().any(|rule| rule.rewrites());
        let batch = if rewrites { batch.with_texts(columns::TEXT, rewritten)? } else { batch.clone() };
        Ok(Applied { changes, ..Applied::without(&batch, dropped)? })
    }

    /// What the rules find, or else the new text where one of them rewrites.
    fn judge(&self, text: &str, words: WordSplitter, changes: &mut Changes) -> (Option<Finding>, Option<String>) {
        let mut new: Option<String> = None;
        let mut deleted = Vec::new();
        let mut rules = self.rules.iter();
        loop {
            // Measures are shared by rules until one of them changes the text.
            let document = Measures::new(new.as_deref().unwrap_or(text), words);
            let next = rules.find_map(|rule| match rule.apply(&document) {
                Verdict::Keep => None,
                verdict => Some((rule.name(), verdict)),
            });
            match next {
                None | Some((_, Verdict::Keep)) => break,
                Some((_, Verdict::Drop(finding))) => return (Some(finding), None),
                Some((name, Verdict::Rewrite(text))) => {
                    let before = document.chars();
                    deleted.push((name, before.saturating_sub(text.chars().count() as u64)));
                    new = Some(text);
                }
            }
        }
        deleted.into_iter().for_each(|(name, chars)| changes.add(name, chars));
        (None, new)
    }

    fn annotate(&self, batch: &DocumentBatch) -> Result<Applied, StageError> {
        let fields = self.adds();
        let mut signals: Vec<Vec<Option<f64>>> = vec![Vec::with_capacity(batch.num_rows()); fields.len()];
        let languages = self.languages(batch)?;
        for (row, text) in batch.text()?.iter().enumerate() {
            let document = text.map(|text| Measures::new(text, self.splitter(languages, row, text)));
            let measured: Vec<Option<f64>> = match document {
                Some(document) => self.rules.iter().flat_map(|rule| rule.measure(&document)).map(Some).collect(),
                None => vec![None; fields.len()],
            };
            for (column, value) in signals.iter_mut().zip(measured) {
                column.push(value);
            }
        }
        let arrays = signals.into_iter().map(|column| Arc::new(Float64Array::from(column)) as ArrayRef);
        Ok(Applied::all(batch.with_columns(fields.into_iter().zip(arrays).collect())?))
    }
}

impl Stage for FilterStage {
    fn name(&self) -> &'static str {
        FilterConfig::NAME
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        let signals = self.rules.iter().flat_map(|rule| rule.signals());
        match self.mode {
            Mode::Decide if self.rules.iter().any(|rule| rule.rewrites()) => vec![columns::text_field(columns::TEXT)],
            Mode::Decide => Vec::new(),
            Mode::Annotate => signals.map(|name| Field::new(*name, DataType::Float64, true)).collect(),
        }
    }

    fn reasons(&self) -> Vec<Reason> {
        match self.mode {
            Mode::Decide => self.rules.iter().flat_map(|rule| rule.reasons()).copied().collect(),
            Mode::Annotate => Vec::new(),
        }
    }

    fn digests(&self) -> Vec<String> {
        self.rules.iter().flat_map(|rule| rule.digests()).collect()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        match self.mode {
            Mode::Decide => self.decide(&batch),
            Mode::Annotate => self.annotate(&batch),
        }
    }
}

#[cfg(test)]
mod tests {
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;
    use crate::{Bounds, C4Quality, GopherQuality, RuleUse, Statistics};

    fn stage(mode: Mode) -> FilterStage {
        let words = WordSplitter::Whitespace;
        let config = FilterConfig { mode, words, ..FilterConfig::published(vec![RuleUse::GopherQuality]) };
        FilterStage::new(config).expect("a valid config")
    }

    fn prose() -> String {
        "The keeper of the museum walked along the river with a friend. ".repeat(8)
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        assert_stage_compliance(&stage(Mode::Decide));
        assert_stage_compliance(&stage(Mode::Annotate));
    }

    #[test]
    fn drops_carry_value_and_bound() {
        let input = text_batch(&[Some(prose()), Some("Home | News | Contact".to_owned()), None]);
        let applied = stage(Mode::Decide).apply(input).expect("applies");
        let dropped: Vec<_> =
            applied.dropped.iter().map(|drop| (drop.row, drop.reason.code, drop.value, drop.bound)).collect();
        let expected = [(1, "too_few_words", Some(3.0), Some(50.0)), (2, "too_few_words", Some(0.0), Some(50.0))];
        assert_eq!(dropped, expected);
        assert_eq!(applied.kept.num_rows(), 1);
    }

    #[test]
    fn annotate_writes_signals_and_drops_nothing() {
        let input = text_batch(&[Some("one two #three...".to_owned()), None]);
        let applied = stage(Mode::Annotate).apply(input).expect("applies");
        assert!(applied.dropped.is_empty());
        let column = |name: &str| -> Vec<Option<f64>> { applied.kept.floats(name).expect("added").iter().collect() };
        assert_eq!(column("rps_doc_word_count"), [Some(3.0), None]);
        assert_eq!(column("rps_doc_symbol_to_word_ratio"), [Some(2.0 / 3.0), None]);
        assert_eq!(column("rps_doc_frac_lines_end_with_ellipsis"), [Some(1.0), None]);
        assert_eq!(column("distinct_stop_word_count"), [Some(0.0), None]);
    }

    #[test]
    fn later_rules_see_what_an_earlier_one_rewrote() {
        let c4 = C4Quality { min_sentences: Some(1), ..C4Quality::default() };
        let statistics = Statistics { lines: Some(Bounds { min: None, max: Some(1.0) }), ..Statistics::default() };
        let config = FilterConfig {
            c4_quality: Some(c4),
            statistics: Some(statistics),
            ..FilterConfig::published(vec![RuleUse::C4Quality, RuleUse::Statistics])
        };
        let stage = FilterStage::new(config).expect("a valid config");
        assert_stage_compliance(&stage);
        let one = "This line is kept.\nMenu";
        let input = text_batch(&[Some(one), Some("One is kept.\nTwo is kept."), None, Some("It stays whole.")]);
        let applied = stage.apply(input).expect("applies");
        let texts: Vec<_> = applied.kept.text().expect("a text column").iter().collect();
        assert_eq!(texts, [Some("This line is kept."), Some("It stays whole.")]);
        let dropped: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.reason.code)).collect();
        assert_eq!(dropped, [(1, "lines_too_high"), (2, "too_few_sentences")]);
        assert_eq!(applied.changes.get("c4_quality").characters, 5);
    }

    #[test]
    fn a_bad_parameter_is_named_with_its_rule() {
        let gopher = GopherQuality { min_alpha_word_ratio: Some(80.0), ..GopherQuality::default() };
        let config =
            FilterConfig { gopher_quality: Some(gopher), ..FilterConfig::published(vec![RuleUse::GopherQuality]) };
        let error = FilterStage::new(config).expect_err("80 is no ratio");
        assert_eq!(error.field(), Some("gopher_quality.min_alpha_word_ratio"));
        assert_eq!(
            error.to_string(),
            "`gopher_quality.min_alpha_word_ratio` is 80; it must be from 0 to 1, or null for no check"
        );
    }
}
