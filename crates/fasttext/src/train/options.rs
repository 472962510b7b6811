use crate::FastTextError;
use crate::header::{Header, Loss, MAX_NGRAM, Training};

/// Options of a training. The names of fastText's own arguments are in brackets; the defaults are those of
/// `fasttext supervised`, but for `threads` and with a `seed` that means the same.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// Numbers in the vector of a word or n-gram (`dim`). 1 to 65,535, by default 100. Time and size grow with it.
    pub dim: u32,
    /// How often every example is seen (`epoch`). At least 1, by default 5.
    pub epochs: u32,
    /// Size of the first steps, which shrink to 0 with the tokens seen (`lr`). Above 0, at most 100, by default 0.1.
    pub learning_rate: f64,
    /// Longest n-grams of words (`wordNgrams`). 1 (none) to 64, by default 1.
    pub word_ngrams: u32,
    /// Shortest n-grams of characters inside words (`minn`). 0 to `max_n`, by default 0.
    pub min_n: u32,
    /// Longest n-grams of characters inside words (`maxn`). 0 (none) to 64, by default 0.
    pub max_n: u32,
    /// Rows that n-grams are spread over by their hash (`bucket`). 0 to 2^31 - 1, by default 2,000,000; each takes
    /// `4 * dim` bytes. Not used without n-grams.
    pub buckets: u32,
    /// Words that are there less often are left out (`minCount`). By default 1.
    pub min_count: u32,
    /// Labels that are there less often are left out (`minCountLabel`). By default 0.
    pub min_count_label: u32,
    /// The loss function (`loss`). By default [`Loss::Softmax`].
    pub loss: Loss,
    /// Other labels that each step of [`Loss::Negative`] is trained against (`neg`). By default 5.
    pub negatives: u32,
    /// Threads (`thread`), by default 1. With one, the model is the same bit for bit for the same options and examples;
    /// with more, threads overwrite each other's steps ("Hogwild", Niu et al. 2011), and no two models are equal.
    pub threads: usize,
    /// Where random numbers start (`seed`). By default 0.
    pub seed: u32,
    /// Kept in the file and, as in fastText's supervised training, of no effect (`t`). By default 0.0001.
    pub sampling_threshold: f64,
    /// Tokens after which the learning rate is set anew (`lrUpdateRate`). By default 100.
    pub lr_update_rate: u32,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            dim: 100,
            epochs: 5,
            learning_rate: 0.1,
            word_ngrams: 1,
            min_n: 0,
            max_n: 0,
            buckets: 2_000_000,
            min_count: 1,
            min_count_label: 0,
            loss: Loss::Softmax,
            negatives: 5,
            threads: 1,
            seed: 0,
            sampling_threshold: 1e-4,
            lr_update_rate: 100,
        }
    }
}

/// The most threads that are believed.
const MAX_THREADS: usize = 1024;

impl TrainOptions {
    /// Whether every option is in its range; the error names the first that is not.
    pub fn check(&self) -> Result<(), FastTextError> {
        let most = i32::MAX.unsigned_abs();
        within("dim", self.dim, 1..=u32::from(u16::MAX), "from 1 to 65535")?;
        within("epochs", self.epochs, 1..=most, "from 1 to 2147483647")?;
        within("word_ngrams", self.word_ngrams, 1..=MAX_NGRAM, "from 1 to 64")?;
        within("max_n", self.max_n, 0..=MAX_NGRAM, "from 0 to 64")?;
        within("min_n", self.min_n, 0..=self.max_n, "from 0 to `max_n`")?;
        within("buckets", self.buckets, 0..=most, "from 0 to 2147483647")?;
        within("min_count", self.min_count, 0..=most, "from 0 to 2147483647")?;
        within("negatives", self.negatives, 0..=most, "from 0 to 2147483647")?;
        within("threads", self.threads, 1..=MAX_THREADS, "from 1 to 1024")?;
        within("lr_update_rate", self.lr_update_rate, 0..=most, "from 0 to 2147483647")?;
        let positive = f64::MIN_POSITIVE;
        within("learning_rate", self.learning_rate, positive..=100.0, "above 0 and at most 100")?;
        within("sampling_threshold", self.sampling_threshold, 0.0..=1.0, "from 0 to 1")
    }

    /// The head of the file.
    pub(crate) fn header(&self) -> Header {
        let unused = self.word_ngrams <= 1 && self.max_n == 0;
        let training = Training {
            window: 5,
            epochs: self.epochs.cast_signed(),
            min_count: self.min_count.cast_signed(),
            negatives: self.negatives.cast_signed(),
            lr_update_rate: self.lr_update_rate.cast_signed(),
            sampling_threshold: self.sampling_threshold.to_bits().cast_signed(),
        };
        Header {
            dim: self.dim as usize,
            word_ngrams: self.word_ngrams,
            loss: self.loss,
            bucket: if unused { 0 } else { self.buckets },
            min_chars: self.min_n,
            max_chars: self.max_n,
            training,
        }
    }
}

/// An error that names `option` unless `value` is in `range`.
pub(crate) fn within<T: PartialOrd + ToString + Copy>(
    option: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
    allowed: &'static str,
) -> Result<(), FastTextError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(FastTextError::Option { option, value: value.to_string(), allowed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_named() {
        let good = TrainOptions::default();
        assert!(good.check().is_ok());
        let bad = [
            (TrainOptions { dim: 0, ..good.clone() }, "`dim` is 0"),
            (TrainOptions { min_n: 3, ..good.clone() }, "`min_n` is 3"),
            (TrainOptions { learning_rate: f64::NAN, ..good.clone() }, "`learning_rate` is NaN"),
            (TrainOptions { threads: 0, ..good.clone() }, "`threads` is 0"),
            (TrainOptions { word_ngrams: 65, ..good.clone() }, "`word_ngrams` is 65"),
        ];
        for (options, part) in bad {
            let error = options.check().expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
