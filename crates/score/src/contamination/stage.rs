use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, Changes, ColumnRead, ConfigFault, DocumentBatch, Dropped, Reason, Remarks, Stage, StageConfig, StageError,
    columns, rewritten,
};

use super::config::{Action, DecontaminateConfig};
use super::overlap::{Index, Overlap};
use super::{items, report};

pub(super) const CONTAMINATED: Reason =
    Reason { code: "contaminated", summary: "the document holds parts of an evaluation set" };

/// Column of the share of contaminated tokens.
const CONTAMINATION: &str = "contamination";
/// Column of the item.
const CONTAMINATED_BY: &str = "contaminated_by";

/// The stage `decontaminate`.
#[derive(Debug)]
pub struct DecontaminateStage {
    config: DecontaminateConfig,
    index: Index,
    digests: Vec<String>,
    warnings: Vec<String>,
    notes: Vec<String>,
}

impl DecontaminateStage {
    /// The stage as configured. Reads the evaluation sets.
    pub fn new(config: DecontaminateConfig) -> Result<Self, ConfigFault> {
        config.check()?;
        let mut index = Index::new(config.ngram as usize, config.shortest() as usize);
        let (mut digests, mut sets) = (Vec::new(), Vec::new());
        for path in &config.against {
            let (digest, set) = items::add(Path::new(path), &config.fields, &mut index)?;
            digests.push(digest);
            sets.push(set);
        }
        if index.len() == 0 {
            let message = format!(
                "no item has {} tokens: nothing could ever match; `ngram` sets the number, `short_items_from` finds \
                 shorter items where they stand whole",
                config.shortest()
            );
            return Err(ConfigFault::new("ngram", message));
        }
        index.finish(config.max_items.get() as usize);
        let warnings = report::warnings(&sets, &config.fields, config.ngram, config.shortest());
        Ok(Self { warnings, notes: report::notes(&sets), config, index, digests })
    }

    /// Items that cannot be found, and fields that are in no item.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How many items of each set are looked for.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn dropped(&self, row: usize, overlap: &Overlap, bound: f64) -> Dropped {
        let detail = overlap.item.map(|item| self.index.name(item).to_owned());
        Dropped { detail, ..Dropped::measured(row, CONTAMINATED, share(overlap), bound) }
    }

    /// What is left of a text; `None` where that is nothing, or too many pieces.
    fn cut(&self, text: &str, overlap: &Overlap) -> Option<String> {
        let mut pieces: Vec<&str> = Vec::new();
        let mut from = 0;
        for span in &overlap.spans {
            let Range { start, end } = widened(text, span, self.config.window as usize);
            pieces.extend(text.get(from..start).map(str::trim).filter(|piece| !piece.is_empty()));
            from = from.max(end);
        }
        pieces.extend(text.get(from..).map(str::trim).filter(|piece| !piece.is_empty()));
        let fits = !pieces.is_empty() && pieces.len() <= self.config.max_pieces.get() as usize;
        fits.then(|| pieces.join("\n"))
    }
}

fn share(overlap: &Overlap) -> f64 {
    if overlap.tokens == 0 { 0.0 } else { overlap.covered as f64 / overlap.tokens as f64 }
}

/// A span with `chars` more characters on both sides.
fn widened(text: &str, span: &Range<usize>, chars: usize) -> Range<usize> {
    let before = text.get(..span.start).unwrap_or_default().char_indices().rev().take(chars).last();
    let after = text.get(span.end..).unwrap_or_default().char_indices().nth(chars);
    before.map_or(span.start, |(start, _)| start)..after.map_or(text.len(), |(end, _)| span.end + end)
}

impl Stage for DecontaminateStage {
    fn name(&self) -> &'static str {
        DecontaminateConfig::NAME
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        let mut fields = vec![Field::new(CONTAMINATION, DataType::Float64, true), columns::text_field(CONTAMINATED_BY)];
        if self.config.action == Action::Cut {
            fields.push(columns::text_field(columns::TEXT));
        }
        fields
    }

    fn reasons(&self) -> Vec<Reason> {
        if self.config.action == Action::Annotate { Vec::new() } else { vec![CONTAMINATED] }
    }

    fn digests(&self) -> Vec<String> {
        self.digests.clone()
    }

    fn remarks(&self) -> Remarks {
        Remarks { warnings: self.warnings.clone(), notes: self.notes.clone(), ..Remarks::default() }
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let texts = batch.text()?;
        let mut buffer = Vec::new();
        let found: Vec<Overlap> =
            texts.iter().map(|text| self.index.overlap(text.unwrap_or_default(), &mut buffer)).collect();
        let names = found.iter().map(|overlap| overlap.item.map(|item| self.index.name(item)));
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(found.iter().map(|overlap| Some(share(overlap))).collect::<Float64Array>()),
            Arc::new(names.collect::<StringViewArray>()),
        ];
        let (mut dropped, mut changes) = (Vec::new(), Changes::default());
        match self.config.action {
            Action::Annotate => {}
            Action::Drop => {
                let bound = self.config.max_overlap;
                let over =
                    found.iter().enumerate().filter(|(_, overlap)| overlap.covered > 0 && share(overlap) > bound);
                dropped.extend(over.map(|(row, overlap)| self.dropped(row, overlap, bound)));
            }
            Action::Cut => {
                let rows = texts.iter().zip(&found).enumerate();
                let left = rows.map(|(row, (text, overlap))| {
                    let text = text.filter(|_| overlap.covered > 0)?;
                    let Some(left) = self.cut(text, overlap) else {
                        dropped.push(self.dropped(row, overlap, 0.0));
                        return None;
                    };
                    changes.add("contaminated", (text.chars().count() - left.chars().count()) as u64);
                    Some(left)
                });
                arrays.push(rewritten(texts, left)?);
            }
        }
        let batch = batch.with_columns(self.adds().into_iter().zip(arrays).collect())?;
        Ok(Applied { changes, ..Applied::without(&batch, dropped)? })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    const QUESTION: &str = "Which of these rivers flows from the Black Forest to the sea through ten countries?";
    const CHINESE: &str = "下列哪一条河流从黑森林流向黑海并且经过十个国家";

    fn config(folder: &Path) -> DecontaminateConfig {
        let lines = [QUESTION, CHINESE, "Too short?"]
            .map(|text| serde_json::json!({"question": text, "answer": "x"}).to_string());
        let path = folder.join("rivers.jsonl");
        std::fs::write(&path, lines.join("\n")).expect("written");
        DecontaminateConfig::new(vec![path.display().to_string()])
    }

    fn apply(config: DecontaminateConfig, texts: &[&str]) -> Applied {
        let texts: Vec<_> = texts.iter().map(|text| Some(*text)).collect();
        DecontaminateStage::new(config).expect("valid").apply(text_batch(&texts)).expect("applies")
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let folder = tempfile::tempdir().expect("a folder");
        for action in [Action::Drop, Action::Cut, Action::Annotate] {
            let config = DecontaminateConfig { action, ..config(folder.path()) };
            assert_stage_compliance(&DecontaminateStage::new(config).expect("valid"));
        }
    }

    #[test]
    fn questions_are_found_in_both_languages_from_thirteen_tokens_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let words: Vec<&str> = QUESTION.split(' ').collect();
        let (twelve, thirteen) = (words[..12].join(" "), words[1..14].join(" ").to_uppercase());
        let chinese = format!("考题：{CHINESE}？");
        let texts = [twelve.as_str(), &thirteen, &chinese, "下列哪一条河流从黑森林流向黑", "Too short?"];
        let applied = apply(config(folder.path()), &texts);
        let dropped: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.detail.as_deref())).collect();
        let expected = [(1, "rivers.jsonl:1"), (2, "rivers.jsonl:2"), (3, "rivers.jsonl:2")];
        assert_eq!(dropped, expected.map(|(row, item)| (row, Some(item))));
        let half = DecontaminateConfig { max_overlap: 0.5, ..config(folder.path()) };
        let diluted = format!("{QUESTION} {}", "other ".repeat(30));
        assert!(apply(half.clone(), &[&diluted]).dropped.is_empty());
        assert_eq!(apply(half, &[QUESTION]).dropped.len(), 1);
    }

    #[test]
    fn matches_are_cut_with_what_is_around_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = |window, max_pieces| DecontaminateConfig {
            action: Action::Cut,
            window,
            max_pieces: NonZeroU32::new(max_pieces).expect("not 0"),
            ..config(folder.path())
        };
        let text = format!("Before it 中文. {QUESTION} After it.");
        let left = |config| -> Option<String> {
            let applied = apply(config, &[&text]);
            applied.kept.text().expect("text").iter().next().flatten().map(ToOwned::to_owned)
        };
        // The question mark is no part of a token.
        assert_eq!(left(config(0, 2)).as_deref(), Some("Before it 中文.\n? After it."));
        assert_eq!(left(config(5, 2)).as_deref(), Some("Before it\ner it."));
        assert_eq!(left(config(0, 1)), None, "two pieces");
        assert_eq!(left(config(200, 10)), None, "nothing is left");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let good = config(folder.path());
        let write = |text: &str| {
            let path = folder.path().join(format!("bad-{}.jsonl", text.len()));
            std::fs::write(&path, text).expect("written");
            DecontaminateConfig::new(vec![path.display().to_string()])
        };
        let cases = [
            (DecontaminateConfig::new(vec!["none.jsonl".to_owned()]), "against", "none.jsonl"),
            (DecontaminateConfig::new(Vec::new()), "against", "no evaluation set"),
            (write("{\"text\": \"a\"}\n{\"text\""), "against", ".jsonl:2"),
            (write("{\"title\": \"a\"}"), "fields", "question"),
            (write("{\"text\": \"a\"}"), "ngram", "13 tokens"),
            (write("{\"data\": {\"title\": \"abc\"}}"), "fields", "`data.title`"),
            (write("PAR1 is no Parquet"), "against", "Parquet"),
            (DecontaminateConfig { ngram: 4, ..good.clone() }, "ngram", "from 5"),
            (
                DecontaminateConfig { short_items_from: NonZeroU32::new(13), ..good.clone() },
                "short_items_from",
                "below",
            ),
            (DecontaminateConfig { max_overlap: 1.5, ..good.clone() }, "max_overlap", "1.5"),
            (DecontaminateConfig { max_overlap: 0.5, action: Action::Cut, ..good }, "max_overlap", "drop"),
        ];
        for (config, field, part) in cases {
            let bad = DecontaminateStage::new(config).expect_err("refused");
            assert!(bad.field() == Some(field) && bad.to_string().contains(part), "{field}: {bad}");
        }
    }

    #[test]
    fn short_items_are_counted_or_found_as_a_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let texts = ["A quiz: too short? Yes.", "It was too, and short it was"];
        let stage = DecontaminateStage::new(config(folder.path())).expect("valid");
        assert!(stage.warnings()[0].contains("1 of 3 items of rivers.jsonl"), "{:?}", stage.warnings());
        assert!(stage.notes()[0].contains("2 of 3 items"), "{:?}", stage.notes());
        assert!(apply(config(folder.path()), &texts).dropped.is_empty());
        let whole = DecontaminateConfig { short_items_from: NonZeroU32::new(2), ..config(folder.path()) };
        assert_eq!(DecontaminateStage::new(whole.clone()).expect("valid").warnings(), [""; 0]);
        let applied = apply(whole, &texts);
        assert_eq!(applied.dropped.iter().map(|drop| drop.row).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn sets_are_read_in_every_form() {
        let folder = tempfile::tempdir().expect("a folder");
        let item = |text: &str| serde_json::json!({"data": {"question": text}});
        let (lines, array) = (folder.path().join("lines.jsonl"), folder.path().join("array.json"));
        std::fs::write(&lines, format!("\u{feff}{}\r\n\r\n{}", item(QUESTION), item(CHINESE))).expect("written");
        let pretty = serde_json::to_string_pretty(&[item(QUESTION), item(CHINESE)]).expect("JSON");
        std::fs::write(&array, &pretty).expect("written");
        let packed = folder.path().join("packed");
        std::fs::write(&packed, zstd::encode_all(pretty.as_bytes(), 1).expect("memory")).expect("written");
        let table = folder.path().join("table.parquet");
        std::fs::write(&table, parquet_of(&[QUESTION, CHINESE])).expect("written");
        for path in [lines, array, packed, table] {
            let applied =
                apply(DecontaminateConfig::new(vec![path.display().to_string()]), &[QUESTION, "fine", CHINESE]);
            assert_eq!(applied.dropped.iter().map(|drop| drop.row).collect::<Vec<_>>(), [0, 2], "{}", path.display());
        }
    }

    fn parquet_of(questions: &[&str]) -> Vec<u8> {
        let column: ArrayRef = Arc::new(StringViewArray::from_iter_values(questions));
        let batch = arrow::array::RecordBatch::try_from_iter([("question", column)]).expect("a column");
        let mut bytes = Vec::new();
        let mut writer = parquet::arrow::ArrowWriter::try_new(&mut bytes, batch.schema(), None).expect("a writer");
        writer.write(&batch).expect("memory");
        writer.close().expect("memory");
        bytes
    }

    #[test]
    fn fields_that_no_item_has_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let fields = ["question", "choices"].map(ToOwned::to_owned).to_vec();
        let stage = DecontaminateStage::new(DecontaminateConfig { fields, ..config(folder.path()) }).expect("valid");
        assert!(stage.warnings()[0].contains("`choices`") && stage.warnings()[0].contains("3 of 3"));
    }

    #[test]
    #[ignore = "measures"]
    fn speed() {
        let folder = tempfile::tempdir().expect("a folder");
        let stage = DecontaminateStage::new(config(folder.path())).expect("valid");
        let text = "The committee will publish its report about the library next year. ".repeat(150_000);
        let begin = std::time::Instant::now();
        assert_eq!(stage.index.overlap(&text, &mut Vec::new()).covered, 0);
        let speed = text.len() as f64 / 1e6 / begin.elapsed().as_secs_f64();
        assert!(speed > 100.0, "{speed:.0} MB/s");
    }
}
