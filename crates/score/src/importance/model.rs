use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::Tokens;

/// What a file says that it is. Another number stands for other hashes or another form.
const FORMAT: &str = "textmill importance model 1";
/// Most words of an n-gram.
const MAX_NGRAMS: u32 = 5;
/// Most buckets: more than that are no small model, and mostly empty.
const MAX_BUCKETS: u32 = 1 << 24;
/// Added to each probability, as DSIR has it, so that none is 0.
const SMOOTHING: f64 = 1e-8;

/// How a model is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportanceOptions {
    /// The form of the texts.
    pub tokens: Tokens,
    /// Words of the longest n-grams, 1 to 5; shorter ones count too.
    pub ngrams: u32,
    /// Buckets that n-grams are hashed to.
    pub buckets: u32,
}

impl Default for ImportanceOptions {
    fn default() -> Self {
        Self { tokens: Tokens::Words, ngrams: 2, buckets: 10_000 }
    }
}

/// The command that makes a model that is not there.
fn made_by(path: &Path, error: &std::io::Error) -> String {
    let command =
        || format!("; `textmill train importance --target TEXTS --raw TEXTS --output {}` makes it", path.display());
    if error.kind() == std::io::ErrorKind::NotFound { command() } else { String::new() }
}

/// Why a model cannot be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportanceError {
    /// It cannot be read.
    #[error("the model {} cannot be read: {source}{}", .path.display(), made_by(.path, .source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no such model.
    #[error("{} is not an importance model: {reason}; `textmill train importance` makes them", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An option is out of its range.
    #[error("`{option}` is {value}; it must be from 1 to {max}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        value: u32,
        /// The largest that is allowed.
        max: u32,
    },
    /// One side has no n-gram.
    #[error("there is no word in the {0} texts; both sides need some")]
    Nothing(&'static str),
}

/// A side that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What the corpus should be like.
    Target,
    /// What it is chosen from.
    Raw,
}

/// The file: counts, which are exact, and no logarithms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    tokens: Tokens,
    ngrams: u32,
    buckets: u32,
    target_texts: u64,
    raw_texts: u64,
    /// The n-grams of each bucket.
    target: Vec<u64>,
    raw: Vec<u64>,
}

/// How much likelier n-grams are in target texts than in raw ones.
#[derive(Debug, Clone)]
pub struct ImportanceModel {
    options: ImportanceOptions,
    stored: Stored,
    /// For each bucket, the logarithm of the ratio of its probabilities.
    ratios: Vec<f64>,
}

/// Counts n-grams of both sides.
#[derive(Debug, Clone)]
pub struct ImportanceTrainer {
    options: ImportanceOptions,
    stored: Stored,
    buffer: String,
}

impl ImportanceOptions {
    fn check(self) -> Result<Self, ImportanceError> {
        let ranges = [("ngrams", self.ngrams, MAX_NGRAMS), ("buckets", self.buckets, MAX_BUCKETS)];
        let wrong = ranges.into_iter().find(|(_, value, max)| !(1..=*max).contains(value));
        wrong.map_or(Ok(self), |(option, value, max)| Err(ImportanceError::Option { option, value, max }))
    }

    /// Calls `each` with the bucket of every n-gram of `text`.
    fn each_bucket(self, text: &str, buffer: &mut String, mut each: impl FnMut(usize)) {
        let hashes: Vec<u64> =
            self.tokens.apply(text, buffer).split_whitespace().map(|token| xxh3_64(token.as_bytes())).collect();
        for start in 0..hashes.len() {
            let mut hash = 0;
            for (length, token) in hashes.iter().skip(start).take(self.ngrams as usize).enumerate() {
                // The order of words counts.
                hash = if length == 0 { *token } else { pair(hash, *token) };
                #[allow(clippy::cast_possible_truncation, reason = "below the number of buckets")]
                each((hash % u64::from(self.buckets)) as usize);
            }
        }
    }
}

fn pair(first: u64, second: u64) -> u64 {
    let mut bytes = [0; 16];
    let (left, right) = bytes.split_at_mut(8);
    left.copy_from_slice(&first.to_le_bytes());
    right.copy_from_slice(&second.to_le_bytes());
    xxh3_64(&bytes)
}

impl ImportanceTrainer {
    /// Begins with no texts.
    pub fn new(options: ImportanceOptions) -> Result<Self, ImportanceError> {
        let ImportanceOptions { tokens, ngrams, buckets } = options.check()?;
        let (target, raw) = (vec![0; buckets as usize], vec![0; buckets as usize]);
        let format = FORMAT.to_owned();
        let stored = Stored { format, tokens, ngrams, buckets, target_texts: 0, raw_texts: 0, target, raw };
        Ok(Self { options, stored, buffer: String::new() })
    }

    /// Counts the n-grams of a text.
    pub fn push(&mut self, side: Side, text: &str) {
        let Stored { target, raw, target_texts, raw_texts, .. } = &mut self.stored;
        let (counts, texts) = match side {
            Side::Target => (target, target_texts),
            Side::Raw => (raw, raw_texts),
        };
        *texts += 1;
        self.options.each_bucket(text, &mut self.buffer, |bucket| {
            if let Some(count) = counts.get_mut(bucket) {
                *count += 1;
            }
        });
    }

    /// The model.
    pub fn finish(self) -> Result<ImportanceModel, ImportanceError> {
        ImportanceModel::new(self.options, self.stored)
    }
}

impl ImportanceModel {
    fn new(options: ImportanceOptions, stored: Stored) -> Result<Self, ImportanceError> {
        let total = |counts: &[u64]| counts.iter().map(|count| *count as f64).sum::<f64>();
        let (target, raw) = (total(&stored.target), total(&stored.raw));
        for (side, total) in [("target", target), ("raw", raw)] {
            if total < 1.0 {
                return Err(ImportanceError::Nothing(side));
            }
        }
        let log = |count: u64, total: f64| (count as f64 / total + SMOOTHING).ln();
        let both = stored.target.iter().zip(&stored.raw);
        let ratios = both.map(|(in_target, in_raw)| log(*in_target, target) - log(*in_raw, raw)).collect();
        Ok(Self { options, stored, ratios })
    }

    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, ImportanceError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ImportanceError::Read { path: path.to_owned(), source })?;
        let malformed = |reason: String| ImportanceError::Malformed { path: path.to_owned(), reason };
        let stored: Stored = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        if stored.format != FORMAT {
            return Err(malformed(format!("its format is `{}`, not `{FORMAT}`", stored.format)));
        }
        let Stored { tokens, ngrams, buckets, .. } = stored;
        let options = ImportanceOptions { tokens, ngrams, buckets };
        let options = options.check().map_err(|error| malformed(error.to_string()))?;
        if [&stored.target, &stored.raw].iter().any(|counts| counts.len() != buckets as usize) {
            return Err(malformed(format!("its counts are not those of {buckets} buckets")));
        }
        let sum = |counts: &[u64]| counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count));
        if sum(&stored.target).is_none() || sum(&stored.raw).is_none() {
            return Err(malformed("its counts are too large".to_owned()));
        }
        Self::new(options, stored).map_err(|error| malformed(error.to_string()))
    }

    /// The model as a file.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.stored)
    }

    /// How it was made.
    pub fn options(&self) -> ImportanceOptions {
        self.options
    }

    /// Number of texts of a side.
    pub fn texts(&self, side: Side) -> u64 {
        match side {
            Side::Target => self.stored.target_texts,
            Side::Raw => self.stored.raw_texts,
        }
    }

    /// Number of n-grams of a side.
    pub fn ngrams(&self, side: Side) -> u64 {
        match side {
            Side::Target => self.stored.target.iter().sum(),
            Side::Raw => self.stored.raw.iter().sum(),
        }
    }

    /// How far the target is from the raw texts: the Kullback-Leibler divergence of the buckets, in nats. It is also the mean
    /// weight of an n-gram of the target.
    pub fn divergence(&self) -> f64 {
        let total = self.ngrams(Side::Target) as f64;
        self.stored.target.iter().zip(&self.ratios).map(|(count, ratio)| *count as f64 / total * ratio).sum()
    }

    /// The logarithm of the importance weight of a text, and its number of n-grams. `buffer` is for the text in its form.
    pub fn score(&self, text: &str, buffer: &mut String) -> (f64, u64) {
        let (mut sum, mut ngrams) = (0.0, 0);
        self.options.each_bucket(text, buffer, |bucket| {
            sum += self.ratios.get(bucket).copied().unwrap_or_default();
            ngrams += 1;
        });
        (sum, ngrams)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trained(options: ImportanceOptions, target: &[&str], raw: &[&str]) -> Result<ImportanceModel, ImportanceError> {
        let mut trainer = ImportanceTrainer::new(options)?;
        target.iter().for_each(|text| trainer.push(Side::Target, text));
        raw.iter().for_each(|text| trainer.push(Side::Raw, text));
        trainer.finish()
    }

    fn score(model: &ImportanceModel, text: &str) -> (f64, u64) {
        model.score(text, &mut String::new())
    }

    #[test]
    fn weights_are_those_of_the_formula() {
        // So many buckets that no two of these n-grams share one.
        let options = ImportanceOptions { ngrams: 1, buckets: 1 << 20, ..ImportanceOptions::default() };
        let model = trained(options, &["a a a b"], &["a b b", "B"]).expect("trained");
        let ratio = |target: f64, raw: f64| (target + SMOOTHING).ln() - (raw + SMOOTHING).ln();
        let (a, b) = (ratio(0.75, 0.25), ratio(0.25, 0.75));
        assert!((score(&model, "A b b").0 - (a + 2.0 * b)).abs() < 1e-9);
        assert!((score(&model, "c").0).abs() < 1e-9, "unknown on both sides");
        assert!((model.divergence() - (0.75 * a + 0.25 * b)).abs() < 1e-9);
        assert_eq!((model.texts(Side::Target), model.texts(Side::Raw)), (1, 2));
        assert_eq!((model.ngrams(Side::Target), model.ngrams(Side::Raw)), (4, 4));
        assert_eq!(score(&model, " "), (0.0, 0));
    }

    #[test]
    fn pairs_of_words_count_in_their_order() {
        let options = ImportanceOptions { buckets: 1 << 20, ..ImportanceOptions::default() };
        let model = trained(options, &["a b"], &["b a"]).expect("trained");
        assert_eq!(model.ngrams(Side::Target), 3);
        assert!(score(&model, "a b").0 > 5.0 && score(&model, "b a").0 < -5.0);
        assert_eq!(score(&model, "a b c").1, 5);
        let triples = ImportanceOptions { ngrams: 3, ..options };
        assert_eq!(score(&trained(triples, &["a"], &["a"]).expect("trained"), "a b c d").1, 4 + 3 + 2);
    }

    #[test]
    fn files_hold_the_same_model_and_are_checked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.json");
        let options = ImportanceOptions { buckets: 4, ..ImportanceOptions::default() };
        let model = trained(options, &["one two"], &["three four"]).expect("trained");
        let good = String::from_utf8(model.to_json().expect("JSON")).expect("text");
        let load = |text: &str| {
            std::fs::write(&path, text).expect("written");
            ImportanceModel::load(&path)
        };
        let again = load(&good).expect("good");
        assert_eq!((again.options(), score(&again, "two one")), (options, score(&model, "two one")));
        let cases = [
            (String::new(), "EOF"),
            (good.replace("model 1", "model 2"), "its format is"),
            (good.replace("\"buckets\":4", "\"buckets\":5"), "5 buckets"),
            (good.replace("\"buckets\":4", "\"buckets\":0"), "`buckets` is 0"),
            (good.replace("\"buckets\":4", "\"buckets\":4294967295"), "from 1 to 16777216"),
            (good.replace("\"ngrams\":2", "\"ngrams\":6"), "`ngrams` is 6"),
            (good.replace("\"tokens\":\"words\"", "\"tokens\":\"letters\""), "letters"),
            (good.replace("\"raw\":[", "\"raw\":[-1,"), "-1"),
        ];
        for (text, part) in cases {
            let message = load(&text).expect_err(part).to_string();
            assert!(message.contains(part) && message.contains("model.json"), "{message}");
        }
        let huge =
            good.replace("\"target\":[", "\"target\":[18446744073709551615,").replace("\"buckets\":4", "\"buckets\":5");
        assert!(
            load(&huge.replace("\"raw\":[", "\"raw\":[1,")).expect_err("too large").to_string().contains("too large")
        );
        let empty = "{\"format\":\"textmill importance model 1\",\"tokens\":\"words\",\"ngrams\":1,\"buckets\":1,\
                     \"target_texts\":0,\"raw_texts\":0,\"target\":[1],\"raw\":[0]}";
        assert!(load(empty).expect_err("nothing").to_string().contains("raw texts"));
        assert!(ImportanceModel::load(&folder.path().join("none")).expect_err("no file").to_string().contains("none"));
    }

    #[test]
    fn options_and_empty_sides_are_refused() {
        let options = ImportanceOptions::default();
        for wrong in [ImportanceOptions { ngrams: 0, ..options }, ImportanceOptions { buckets: 0, ..options }] {
            assert!(matches!(ImportanceTrainer::new(wrong), Err(ImportanceError::Option { .. })));
        }
        assert!(matches!(trained(options, &["a"], &[" "]), Err(ImportanceError::Nothing("raw"))));
        assert!(matches!(trained(options, &[], &["a"]), Err(ImportanceError::Nothing("target"))));
    }
}
