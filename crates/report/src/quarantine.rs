//! Quarantined records, shown so that a person can find out what is wrong with the input.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use textmill_document::Ledger;

use crate::format::excerpt;
use crate::grid::{Style, paint};
use crate::samples::{EXCERPT_CHARS, LABEL_CHARS, heading};

/// One quarantined record. The fields are columns of the quarantine dataset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineSample {
    /// The record's id; empty where it has none that could be read.
    pub id: String,
    /// The file that it is from.
    pub shard: String,
    /// Its number there, from 0.
    pub row: Option<i64>,
    /// Id of the stage that failed on it; `input` where it could not be read.
    pub stage: String,
    /// Cause code.
    pub cause: String,
    /// The fault in words.
    pub detail: String,
    /// Its first bytes, as far as they are text.
    pub head: String,
}

/// The records grouped by stage and cause, in alphabetical order. Each has its id, where it is from, what is wrong, and
/// how it begins. `ledger` says how many there are of each.
pub fn quarantine_text(samples: &[QuarantineSample], ledger: Option<&Ledger>, color: bool) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&QuarantineSample>> = BTreeMap::new();
    for sample in samples {
        groups.entry((&sample.stage, &sample.cause)).or_default().push(sample);
    }
    let mut blocks = Vec::new();
    for ((stage, cause), samples) in groups {
        let stages = ledger.into_iter().flat_map(|ledger| &ledger.stages);
        let total = stages.filter(|known| known.id == stage).find_map(|known| known.quarantined.get(cause)).copied();
        let mut lines = vec![heading(stage, cause, samples.len(), total, "quarantined", color)];
        for sample in samples {
            lines.push(format!("  {}", line(sample)));
            if !sample.head.is_empty() {
                lines.push(paint(&format!("      {}", excerpt(&sample.head, EXCERPT_CHARS)), Style::Faint, color));
            }
        }
        blocks.push(lines.join("\n") + "\n");
    }
    blocks.join("\n")
}

fn line(sample: &QuarantineSample) -> String {
    let id = excerpt(&sample.id, LABEL_CHARS);
    let id = if id.is_empty() { "(no id)" } else { id.as_str() };
    let row = sample.row.map_or_else(String::new, |row| format!(", record {row}"));
    format!("{id}   {}{row}: {}", excerpt(&sample.shard, LABEL_CHARS), excerpt(&sample.detail, LABEL_CHARS))
}

#[cfg(test)]
mod tests {
    use textmill_document::{Count, StageLedger};

    use super::*;
    use crate::samples::json_lines;

    fn sample(id: &str, cause: &str, head: &str) -> QuarantineSample {
        QuarantineSample {
            id: id.to_owned(),
            shard: "in.jsonl".to_owned(),
            row: Some(3),
            stage: "input".to_owned(),
            cause: cause.to_owned(),
            detail: "line 4: field `text` is absent or null".to_owned(),
            head: head.to_owned(),
        }
    }

    #[test]
    fn records_show_id_place_and_beginning_and_how_many_there_are() {
        let mut input = StageLedger::new("input", "input");
        input.add_quarantined("missing_text", Count::new(7, 70));
        let ledger = Ledger { stages: vec![input], ..Ledger::default() };
        let text = quarantine_text(&[sample("doc-7", "missing_text", "{\"id\"")], Some(&ledger), false);
        assert_eq!(
            text,
            "input: missing_text (1 of 7 quarantined)\n  doc-7   in.jsonl, record 3: line 4: field `text` is absent or \
             null\n      {\"id\"\n"
        );
        assert!(quarantine_text(&[sample("", "malformed", "")], None, false).contains("(no id)"));
        assert_eq!(quarantine_text(&[], None, false), "");
    }

    #[test]
    fn hostile_records_are_safe_to_print() {
        let text = quarantine_text(&[sample("a\u{1b}[31m\nb", "malformed", "\u{1b}]0;x\u{7}\u{202e}")], None, false);
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']) && text.lines().count() == 3, "{text:?}");
    }

    #[test]
    fn json_is_read_back() {
        let samples = [sample("x", "malformed", "\u{1b}"), QuarantineSample::default()];
        let lines = json_lines(&samples).expect("can be written");
        let read: Vec<QuarantineSample> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(read, samples);
    }
}
