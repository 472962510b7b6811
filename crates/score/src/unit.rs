use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a model is given at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The whole text.
    #[default]
    Document,
    /// What stands between blank lines.
    Paragraph,
    /// Each line.
    Line,
}

/// How the scores of paragraphs or lines become that of the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// The mean, by number of characters.
    #[default]
    Mean,
    /// The highest.
    Max,
    /// The lowest.
    Min,
}

impl Unit {
    /// Scores each part of `text`; `score` gives nothing for a part that it knows nothing of.
    pub(crate) fn score(self, text: &str, how: Aggregate, mut score: impl FnMut(&str) -> Option<f64>) -> Option<f64> {
        let mut sum = Sum::default();
        let mut add = |part: &str| {
            if let Some(found) = score(part) {
                sum.add(how, found, part.chars().count());
            }
        };
        match self {
            Self::Document => return score(text),
            Self::Line => text.split('\n').filter(|line| !line.trim().is_empty()).for_each(&mut add),
            Self::Paragraph => paragraphs(text).for_each(&mut add),
        }
        sum.result(how)
    }
}

/// The runs of lines that are not blank.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let (paragraph, after) = split(rest);
            rest = after;
            if !paragraph.trim().is_empty() {
                return Some(paragraph);
            }
        }
    })
}

/// Up to the first blank line, and what comes after it.
fn split(text: &str) -> (&str, &str) {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            let (paragraph, after) = text.split_at(end);
            return (paragraph, after.get(line.len()..).unwrap_or_default());
        }
        end += line.len();
    }
    (text, "")
}

#[derive(Default)]
pub(crate) struct Sum {
    best: Option<f64>,
    weighted: f64,
    weight: usize,
}

impl Sum {
    pub(crate) fn add(&mut self, how: Aggregate, score: f64, chars: usize) {
        let better = |known: f64| if how == Aggregate::Max { score > known } else { score < known };
        if self.best.is_none_or(better) {
            self.best = Some(score);
        }
        self.weighted += score * chars as f64;
        self.weight += chars;
    }

    pub(crate) fn result(&self, how: Aggregate) -> Option<f64> {
        match how {
            Aggregate::Mean => (self.weight > 0).then(|| self.weighted / self.weight as f64),
            Aggregate::Max | Aggregate::Min => self.best,
        }
    }
}

/// The first `most` characters of a text.
pub(crate) fn head(text: &str, most: Option<u32>) -> &str {
    let end = most.and_then(|most| text.char_indices().nth(most as usize));
    end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores a part by its first digit.
    fn digit(part: &str) -> Option<f64> {
        part.chars().find_map(|char| char.to_digit(10)).map(f64::from)
    }

    #[test]
    fn parts_are_weighed_by_their_length() {
        let text = "1\n\n2x\nno\n \n4yy";
        assert_eq!(Unit::Document.score(text, Aggregate::Mean, digit), Some(1.0));
        let mean = (1.0 + 2.0 * 2.0 + 4.0 * 3.0) / 6.0;
        assert_eq!(Unit::Line.score(text, Aggregate::Mean, digit), Some(mean));
        assert_eq!(Unit::Line.score(text, Aggregate::Max, digit), Some(4.0));
        assert_eq!(Unit::Line.score(text, Aggregate::Min, digit), Some(1.0));
        assert_eq!(Unit::Line.score("\n \n", Aggregate::Max, digit), None);
    }

    #[test]
    fn paragraphs_end_at_blank_lines() {
        let of = |text| paragraphs(text).collect::<Vec<_>>();
        assert_eq!(of("a\nb\n\n\nc\n \nd"), ["a\nb\n", "c\n", "d"]);
        assert_eq!(of("\n\na"), ["a"]);
        assert!(of("").is_empty() && of("\n \n").is_empty());
    }

    #[test]
    fn heads_end_between_characters() {
        assert_eq!(head("中文字", Some(2)), "中文");
        assert_eq!(head("ab", Some(2)), "ab");
        assert_eq!(head("ab", None), "ab");
    }
}
