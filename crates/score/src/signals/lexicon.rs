use std::collections::HashMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Tokens;

/// Most tokens of an entry.
const LONGEST_ENTRY: usize = 16;

/// A list of words with weights, and the column of its score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LexiconConfig {
    /// The column of the score: the weights of the entries in the text, the longest one at each place, divided by the
    /// number of its tokens; null where it has none.
    #[schemars(length(min = 1))]
    pub column: String,
    /// A text file in UTF-8 with an entry a line: word or words, a tab, the weight. Blank lines and lines that start with
    /// `#` are passed over.
    pub file: String,
    /// The form of the text and of the entries. Default `words`; Chinese entries of several characters want `jieba`, or
    /// are found as runs of characters.
    #[serde(default = "words")]
    pub tokens: Tokens,
}

fn words() -> Tokens {
    Tokens::Words
}

/// Why a lexicon cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LexiconError {
    /// It cannot be read.
    #[error("the lexicon {} cannot be read: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is no entry.
    #[error("{}: line {line} {problem}; a line must be a word, a tab and its weight", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no entry.
    #[error("{} has no entry; a line must be a word, a tab and its weight", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// A lexicon, loaded.
#[derive(Debug, Clone)]
pub(super) struct Lexicon {
    tokens: Tokens,
    /// By the tokens of the entry, separated by blanks.
    weights: HashMap<String, f64>,
    /// Tokens of the longest entry.
    longest: usize,
    digest: String,
}

impl Lexicon {
    pub(super) fn load(config: &LexiconConfig) -> Result<Self, LexiconError> {
        let path = Path::new(&config.file);
        let text =
            std::fs::read_to_string(path).map_err(|source| LexiconError::Read { path: path.to_owned(), source })?;
        let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
        let mut new = Self { tokens: config.tokens, weights: HashMap::new(), longest: 0, digest };
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            if !line.trim().is_empty() && !line.starts_with('#') {
                let wrong = |problem| LexiconError::Line { path: path.to_owned(), line: index + 1, problem };
                new.add(line).map_err(wrong)?;
            }
        }
        if new.weights.is_empty() {
            return Err(LexiconError::Empty { path: path.to_owned() });
        }
        Ok(new)
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let (entry, weight) = line.split_once('\t').ok_or("has no tab")?;
        let weight: f64 = weight.trim().parse().map_err(|_| format!("has the weight `{}`", weight.trim()))?;
        if !weight.is_finite() {
            return Err(format!("has the weight {weight}"));
        }
        let mut buffer = String::new();
        let tokens: Vec<&str> = self.tokens.apply(entry, &mut buffer).split_whitespace().collect();
        if tokens.is_empty() || tokens.len() > LONGEST_ENTRY {
            return Err(format!("has an entry of {} tokens, of 1 to {LONGEST_ENTRY}", tokens.len()));
        }
        self.longest = self.longest.max(tokens.len());
        let before = self.weights.insert(tokens.join(" "), weight);
        match before {
            Some(before) if before.to_bits() != weight.to_bits() => {
                Err(format!("gives `{entry}` the weight {weight}, which had {before}"))
            }
            _ => Ok(()),
        }
    }

    /// Digest of the file.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// The mean weight of a token; `None` for a text without one. `buffer` is for the text in its form.
    pub(super) fn score(&self, text: &str, buffer: &mut String) -> Option<f64> {
        let tokens: Vec<&str> = self.tokens.apply(text, buffer).split_whitespace().collect();
        let (mut sum, mut place, mut key) = (0.0, 0, String::new());
        while place < tokens.len() {
            let (weight, used) = self.longest_at(tokens.get(place..).unwrap_or_default(), &mut key);
            sum += weight;
            place += used;
        }
        (!tokens.is_empty()).then(|| sum / tokens.len() as f64)
    }

    /// The weight of the longest entry at the beginning of `tokens`, and how many of them it takes.
    fn longest_at(&self, tokens: &[&str], key: &mut String) -> (f64, usize) {
        let mut best = (0.0, 1);
        key.clear();
        for (index, token) in tokens.iter().take(self.longest).enumerate() {
            if index > 0 {
                key.push(' ');
            }
            key.push_str(token);
            if let Some(weight) = self.weights.get(key.as_str()) {
                best = (*weight, index + 1);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, tokens: Tokens) -> Result<Lexicon, LexiconError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lexicon.tsv");
        std::fs::write(&path, text).expect("written");
        Lexicon::load(&LexiconConfig { column: "x".to_owned(), file: path.display().to_string(), tokens })
    }

    fn score(lexicon: &Lexicon, text: &str) -> Option<f64> {
        lexicon.score(text, &mut String::new())
    }

    #[test]
    fn a_score_is_the_mean_weight_of_a_token() {
        let lexicon = load("# words\n\nGood\t1\nbad\t-2\nnot good\t-1.5\r\n", Tokens::Words).expect("good");
        assert_eq!(score(&lexicon, "good day"), Some(0.5));
        assert_eq!(score(&lexicon, "GOOD, bad"), Some(-1.0 / 3.0));
        assert_eq!(score(&lexicon, "not\n good"), Some(-0.75), "the longest entry, whatever the blanks");
        assert_eq!(score(&lexicon, "not bad"), Some(-1.0));
        assert_eq!(score(&lexicon, "goods"), Some(0.0));
        assert_eq!(score(&lexicon, " \n"), None);
    }

    #[test]
    fn chinese_entries_are_found_in_both_forms() {
        for tokens in [Tokens::Words, Tokens::Jieba] {
            let lexicon = load("喜欢\t2\n", tokens).expect("good");
            assert!(score(&lexicon, "我们喜欢你").is_some_and(|score| score > 0.3), "{tokens:?}");
        }
    }

    #[test]
    fn what_is_no_lexicon_is_refused_with_its_line() {
        let cases = [
            ("a\t1\nb 2\n", "line 2 has no tab"),
            ("a\tone\n", "line 1 has the weight `one`"),
            ("a\tinf\n", "line 1 has the weight inf"),
            ("a\tNaN\n", "line 1 has the weight NaN"),
            (" \t1\n", "an entry of 0 tokens"),
            ("a b c d e f g h i j k l m n o p q\t1\n", "an entry of 17 tokens"),
            ("a\t1\nA\t2\n", "line 2 gives `A` the weight 2, which had 1"),
            ("# nothing\n", "has no entry"),
            ("", "has no entry"),
        ];
        for (text, part) in cases {
            let message = load(text, Tokens::Words).expect_err(part).to_string();
            assert!(message.contains(part) && message.contains("lexicon.tsv"), "{message}");
        }
        assert!(load("a\t1\na\t1\n", Tokens::Words).is_ok(), "twice the same is no contradiction");
        let file = "none.tsv".to_owned();
        let none = Lexicon::load(&LexiconConfig { column: "x".to_owned(), file, tokens: Tokens::Words });
        assert!(none.expect_err("no file").to_string().contains("none.tsv"));
    }
}
