//! Dropped documents, shown so that a person can judge whether a filter does the right thing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use textmill_document::Ledger;

use crate::format::{excerpt, measure};
use crate::grid::{Style, paint};
use crate::samples::{EXCERPT_CHARS, LABEL_CHARS, heading};

/// One dropped document. The fields are the columns of the dropped dataset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropSample {
    /// The document's id; empty where it has none.
    pub id: String,
    /// Id of the stage that dropped it.
    pub dropped_by: String,
    /// Reason code.
    pub reason: String,
    /// The measured value, in the unit of the rule's parameter.
    pub value: Option<f64>,
    /// The bound that the value broke.
    pub bound: Option<f64>,
    /// Details that a number cannot express.
    pub detail: Option<String>,
    /// The document's text; empty where it has none.
    pub text: String,
}

/// How [`drops_text`] shows documents.
#[derive(Debug, Clone, Copy)]
pub struct DropsOptions<'a> {
    /// Counts of the run, to say how many documents the sample stands for.
    pub ledger: Option<&'a Ledger>,
    /// Characters of the text to show; default 200.
    pub excerpt_chars: usize,
    /// Whether to use ANSI colours; default no.
    pub color: bool,
}

impl Default for DropsOptions<'_> {
    fn default() -> Self {
        Self { ledger: None, excerpt_chars: EXCERPT_CHARS, color: false }
    }
}

/// The samples grouped by stage and reason, in alphabetical order; within a group in the given
/// order. Each document has its value, the bound it broke and the beginning of its text.
pub fn drops_text(samples: &[DropSample], options: &DropsOptions<'_>) -> String {
    if samples.is_empty() {
        return "no dropped documents to show\n".to_owned();
    }
    let mut groups: BTreeMap<(&str, &str), Vec<&DropSample>> = BTreeMap::new();
    for sample in samples {
        groups.entry((&sample.dropped_by, &sample.reason)).or_default().push(sample);
    }
    let mut blocks = Vec::new();
    for ((stage, reason), samples) in groups {
        let stages = options.ledger.iter().flat_map(|ledger| &ledger.stages);
        let total = stages.filter(|known| known.id == stage).find_map(|known| known.dropped.get(reason)).copied();
        let mut lines = vec![heading(stage, reason, samples.len(), total, "dropped", options.color)];
        for sample in samples {
            let id = or(excerpt(&sample.id, LABEL_CHARS), "(no id)");
            lines.push(format!("  {id}{}", why(sample)));
            let text = or(excerpt(&sample.text, options.excerpt_chars), "(no text)");
            lines.push(paint(&format!("      {text}"), Style::Faint, options.color));
        }
        blocks.push(lines.join("\n") + "\n");
    }
    blocks.join("\n")
}

fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

fn why(sample: &DropSample) -> String {
    let mut parts = Vec::new();
    parts.extend(sample.value.map(|value| format!("value {}", measure(value))));
    parts.extend(sample.bound.map(|bound| format!("bound {}", measure(bound))));
    parts.extend(sample.detail.as_deref().map(|detail| excerpt(detail, LABEL_CHARS)));
    if parts.is_empty() { String::new() } else { format!("   {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::json_lines;
    use crate::test_runs;

    fn samples() -> Vec<DropSample> {
        let sample = |id: &str, reason: &str, value, bound, text: &str| DropSample {
            id: id.to_owned(),
            dropped_by: "rules".to_owned(),
            reason: reason.to_owned(),
            value,
            bound,
            detail: None,
            text: text.to_owned(),
        };
        let foreign =
            DropSample { detail: Some("fr \u{1b}[31m".to_owned()), ..sample("d3", "predicate_false", None, None, "") };
        vec![
            sample("d9", "too_few_words", Some(12.0), Some(50.0), "Home\n\n  About us \u{1b}[2J\u{202e}evil"),
            sample("d2", "symbol_ratio_too_high", Some(0.123_456), Some(0.1), &"# ".repeat(500)),
            sample("d10", "too_few_words", Some(3.0), Some(50.0), "一二三"),
            DropSample { dropped_by: "english".to_owned(), ..foreign },
            DropSample { dropped_by: "rules".to_owned(), reason: "too_few_words".to_owned(), ..DropSample::default() },
        ]
    }

    #[test]
    fn samples_are_grouped_and_safe_to_print() {
        let run = test_runs::branches();
        let options = DropsOptions { ledger: Some(&run.ledger), ..DropsOptions::default() };
        insta::assert_snapshot!(drops_text(&samples(), &options));
    }

    #[test]
    fn without_samples_there_is_a_sentence() {
        assert_eq!(drops_text(&[], &DropsOptions::default()), "no dropped documents to show\n");
        assert_eq!(json_lines::<DropSample>(&[]).expect("nothing to write"), "");
    }

    #[test]
    fn json_lines_hold_the_whole_document() {
        let samples = samples();
        let lines = json_lines(&samples).expect("can be written");
        let read: Vec<DropSample> = lines.lines().map(|line| serde_json::from_str(line).expect("one object")).collect();
        assert_eq!(read, samples);
    }
}
