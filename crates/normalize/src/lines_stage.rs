use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::{DataType, Field, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{
    Applied, Changes, ColumnRead, ConfigFault, DocumentBatch, Dropped, Example, Mode, Reason, Stage, StageConfig,
    StageError, columns,
};

use crate::lines::{CleanLines, LineRule, SymbolLines, clean_lines_leaving};

/// Column of annotate mode: share of the words that the rules would delete, 0 to 1.
pub const DELETED_WORD_RATIO: &str = "clean_lines_deleted_word_ratio";

const TOO_MUCH_DELETED: Reason = Reason {
    code: "too_many_words_deleted",
    summary: "line rules delete more of the words than `max_deleted_word_ratio`",
};
const NOTHING_LEFT: Reason = Reason { code: "no_line_left", summary: "line rules delete every line" };

/// Deletes or shortens lines that are not text: counters, menus, notices, rests of tables.
///
/// # What it removes
/// Lines, by the rules in `use`. Documents of which no line is left, and, with `max_deleted_word_ratio`, those that
/// lose too much.
///
/// # Why
/// Boilerplate stands in lines of its own, also on pages whose other lines are worth keeping. A page that is mostly
/// such lines is no text.
///
/// # Parameters
/// See below. The ledger counts the documents and characters that each rule changed. The rules are for prose: of code
/// they take lines such as `else:` (`one_word`).
///
/// # Source
/// `RefinedWeb` (Penedo et al. 2023, appendix G.2) with DCLM's bounds: `uppercase`, `numeric`, `counter`, `one_word`,
/// `navigation`, and the bound of 0.05. `FineWeb-2`: `symbols`, with `symbol_lines: paragraph`. C4: `boilerplate`, whose Chinese list is textmill's own.
/// MNBVC: `short_chinese`. `WuDao` and `FlagData`: `truncated_end`.
///
/// # Cost
/// One pass over the lines for each rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanLinesConfig {
    /// `decide` rewrites the column and drops; `annotate` does neither and adds `clean_lines_deleted_word_ratio`.
    /// Default `decide`.
    #[serde(default)]
    pub mode: Mode,
    /// The rules, in the order in which they judge a line; at least one, none twice.
    #[serde(rename = "use")]
    #[schemars(length(min = 1))]
    pub use_: Vec<LineRule>,
    /// Largest share of the words of a document that may be deleted, 0 to 1; null for any. `RefinedWeb` has 0.05.
    /// Default null.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_deleted_word_ratio: Option<f64>,
    /// What `symbols` leaves of a run of lines: `nothing`, or a `paragraph` break as `FineWeb-2` has it. Default `nothing`.
    #[serde(default)]
    pub symbol_lines: SymbolLines,
    /// Name of the text column. Default `text`.
    #[serde(default = "text_column")]
    #[schemars(length(min = 1))]
    pub column: String,
}

fn text_column() -> String {
    columns::TEXT.to_owned()
}

impl StageConfig for CleanLinesConfig {
    type Stage = CleanLinesStage;

    const NAME: &'static str = "clean_lines";
    const REASONS: &'static [Reason] = &[NOTHING_LEFT, TOO_MUCH_DELETED];
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"use": ["counter"]}"#, "The report was read by all of them.").kept(),
        Example::text(r#"{"use": ["counter"]}"#, "Two lines of text stay.\n1.2K followers")
            .rewritten("Two lines of text stay."),
        Example::text(
            r#"{"use": ["counter"], "max_deleted_word_ratio": 0.05}"#,
            "This line has five words.\nSo has this other line.\n1.2K followers",
        )
        .dropped(TOO_MUCH_DELETED)
        .by(0.17, 0.05),
    ];

    fn build(self, _: Option<&Schema>) -> Result<CleanLinesStage, Vec<ConfigFault>> {
        Ok(CleanLinesStage::new(self)?)
    }
}

/// The stage `clean_lines`.
#[derive(Debug, Clone)]
pub struct CleanLinesStage {
    config: CleanLinesConfig,
}

impl CleanLinesStage {
    /// The stage as configured.
    pub fn new(config: CleanLinesConfig) -> Result<Self, ConfigFault> {
        if config.column.is_empty() {
            return Err(ConfigFault::new("column", "`column` is empty; name a text column, such as `text`"));
        }
        if config.use_.is_empty() {
            let names = LineRule::ALL.map(LineRule::name).join(", ");
            return Err(ConfigFault::new("use", format!("`use` is empty; name at least one rule: {names}")));
        }
        for (index, rule) in config.use_.iter().enumerate() {
            if config.use_.iter().take(index).any(|earlier| earlier == rule) {
                let message = format!("`use` names `{}` twice; remove one", rule.name());
                return Err(ConfigFault::new(format!("use.{index}"), message));
            }
        }
        if let Some(ratio) = config.max_deleted_word_ratio {
            ConfigFault::check("max_deleted_word_ratio", ratio, 0.0..=1.0)?;
        }
        Ok(Self { config })
    }

    fn decide(&self, batch: &DocumentBatch, cleaned: &[Option<CleanLines>]) -> Result<Applied, StageError> {
        let mut changes = Changes::default();
        let mut dropped = Vec::new();
        for (row, clean) in cleaned.iter().enumerate().filter_map(|(row, clean)| Some((row, clean.as_ref()?))) {
            match self.drop(row, clean) {
                Some(drop) => dropped.push(drop),
                None => clean.deleted_chars.iter().for_each(|(rule, chars)| changes.add(rule.name(), *chars)),
            }
        }
        let new = cleaned.iter().map(|clean| clean.as_ref()?.text.as_deref());
        let rewritten = batch.with_texts(&self.config.column, new)?;
        Ok(Applied { changes, ..Applied::without(&rewritten, dropped)? })
    }

    fn drop(&self, row: usize, clean: &CleanLines) -> Option<Dropped> {
        if clean.text.as_deref().is_some_and(|text| text.trim().is_empty()) {
            return Some(Dropped { row, reason: NOTHING_LEFT, value: None, bound: None, detail: None });
        }
        let bound = self.config.max_deleted_word_ratio?;
        let ratio = ratio(clean);
        (ratio > bound).then(|| Dropped::measured(row, TOO_MUCH_DELETED, ratio, bound))
    }
}

fn ratio(clean: &CleanLines) -> f64 {
    if clean.words == 0 { 0.0 } else { clean.deleted_words as f64 / clean.words as f64 }
}

impl Stage for CleanLinesStage {
    fn name(&self) -> &'static str {
        CleanLinesConfig::NAME
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead { name: self.config.column.clone(), data_type: Some(DataType::Utf8View) }]
    }

    fn adds(&self) -> Vec<Field> {
        match self.config.mode {
            Mode::Decide => vec![columns::text_field(&self.config.column)],
            Mode::Annotate => vec![Field::new(DELETED_WORD_RATIO, DataType::Float64, true)],
        }
    }

    fn reasons(&self) -> Vec<Reason> {
        match self.config.mode {
            Mode::Decide => CleanLinesConfig::REASONS.to_vec(),
            Mode::Annotate => Vec::new(),
        }
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let texts = batch.strings(&self.config.column)?;
        let cleaned: Vec<Option<CleanLines>> = texts
            .iter()
            .map(|text| text.map(|text| clean_lines_leaving(text, &self.config.use_, self.config.symbol_lines)))
            .collect();
        match self.config.mode {
            Mode::Decide => self.decide(&batch, &cleaned),
            Mode::Annotate => {
                let ratios: ArrayRef =
                    Arc::new(cleaned.iter().map(|clean| clean.as_ref().map(ratio)).collect::<Float64Array>());
                Ok(Applied::all(batch.with_columns(self.adds().into_iter().zip([ratios]).collect())?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    fn config(mode: Mode, max_deleted_word_ratio: Option<f64>) -> CleanLinesConfig {
        CleanLinesConfig {
            mode,
            use_: LineRule::ALL.to_vec(),
            max_deleted_word_ratio,
            symbol_lines: SymbolLines::Nothing,
            column: text_column(),
        }
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        for mode in [Mode::Decide, Mode::Annotate] {
            for ratio in [None, Some(0.05)] {
                assert_stage_compliance(&CleanLinesStage::new(config(mode, ratio)).expect("a valid config"));
            }
        }
    }

    #[test]
    fn lines_are_deleted_and_documents_that_lose_too_much_dropped() {
        let use_ = vec![LineRule::Counter, LineRule::OneWord];
        let config = CleanLinesConfig { use_, ..config(Mode::Decide, Some(0.25)) };
        let stage = CleanLinesStage::new(config).expect("a valid config");
        let half = "two words\n12 likes";
        let quarter = "six words are in this line\n12 likes";
        let input = text_batch(&[Some("clean text"), Some(half), Some(quarter), Some("Home"), None]);
        let applied = stage.apply(input).expect("applies");
        let texts: Vec<_> = applied.kept.text().expect("a text column").iter().collect();
        assert_eq!(texts, [Some("clean text"), Some("six words are in this line"), None]);
        let drops: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.reason.code, drop.value)).collect();
        assert_eq!(drops, [(1, "too_many_words_deleted", Some(0.5)), (3, "no_line_left", None)]);
        assert_eq!(applied.changes.get("counter").characters, 9);
    }

    #[test]
    fn bad_configurations_name_their_field() {
        let field = |config: CleanLinesConfig| {
            CleanLinesStage::new(config).expect_err("a bad config").field().unwrap_or_default().to_owned()
        };
        let base = || config(Mode::Decide, None);
        assert_eq!(field(CleanLinesConfig { use_: Vec::new(), ..base() }), "use");
        assert_eq!(field(CleanLinesConfig { use_: vec![LineRule::Numeric; 2], ..base() }), "use.1");
        assert_eq!(field(CleanLinesConfig { column: String::new(), ..base() }), "column");
        assert_eq!(field(config(Mode::Decide, Some(1.5))), "max_deleted_word_ratio");
    }
}
