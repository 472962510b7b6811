use std::io::{BufRead, Write};

use crate::FastTextError;
use crate::sink::Sink;
use crate::source::Source;

const MAGIC: i32 = 793_712_314;
/// The version of the format that is written; 11 is read as well.
const VERSION: i32 = 12;
/// Longest n-grams that are believed. Models have up to 6 characters and 5 words; the time per word grows with it.
pub(crate) const MAX_NGRAM: u32 = 64;
const SUPERVISED: i32 = 3;

/// How the output layer turns a text's vector into probabilities, and what training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// A binary decision at every node of a Huffman tree over the labels: time grows with the logarithm of their number.
    HierarchicalSoftmax,
    /// One independent decision per label, trained against a few labels drawn at random. Its probabilities do not add
    /// up to 1.
    Negative,
    /// Probabilities over all labels that add up to 1.
    Softmax,
    /// One independent decision per label, trained against all labels: for texts with several labels.
    OneVsAll,
}

impl Loss {
    const ALL: [Self; 4] = [Self::HierarchicalSoftmax, Self::Negative, Self::Softmax, Self::OneVsAll];

    /// The number in a file.
    fn code(self) -> i32 {
        match self {
            Self::HierarchicalSoftmax => 1,
            Self::Negative => 2,
            Self::Softmax => 3,
            Self::OneVsAll => 4,
        }
    }
}

/// The arguments of training, as a file keeps them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) dim: usize,
    pub(crate) word_ngrams: u32,
    pub(crate) loss: Loss,
    pub(crate) bucket: u32,
    pub(crate) min_chars: u32,
    pub(crate) max_chars: u32,
    /// What only training needs; it is kept for writing the model again.
    pub(crate) training: Training,
}

/// Arguments of training that change no answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Training {
    /// The context of word vectors; supervised training has none.
    pub(crate) window: i32,
    pub(crate) epochs: i32,
    pub(crate) min_count: i32,
    pub(crate) negatives: i32,
    pub(crate) lr_update_rate: i32,
    /// The bits of `t`, a double.
    pub(crate) sampling_threshold: i64,
}

impl Header {
    pub(crate) fn read(source: &mut Source<impl BufRead>) -> Result<Self, FastTextError> {
        let magic = source.i32("magic")?;
        if magic != MAGIC {
            return Err(FastTextError::NotAModel(magic));
        }
        let version = source.i32("version")?;
        if !(11..=VERSION).contains(&version) {
            return Err(FastTextError::Version(version));
        }
        let dim = source.up_to("dim", u32::from(u16::MAX))?;
        if dim == 0 {
            return Err(source.range("dim", 0, "at least 1"));
        }
        let [window, epochs, min_count, negatives] =
            [source.i32("ws")?, source.i32("epoch")?, source.i32("minCount")?, source.i32("neg")?];
        let word_ngrams = source.up_to("wordNgrams", MAX_NGRAM)?;
        let code = source.i32("loss")?;
        let Some(loss) = Loss::ALL.into_iter().find(|loss| loss.code() == code) else {
            return Err(source.range("loss", i64::from(code), "1 (hs), 2 (ns), 3 (softmax) or 4 (ova)"));
        };
        let model = source.i32("model")?;
        if model != SUPERVISED {
            return Err(FastTextError::NotSupervised(model));
        }
        let bucket = source.up_to("bucket", i32::MAX.unsigned_abs())?;
        let min_chars = source.up_to("minn", MAX_NGRAM)?;
        let max_chars = source.up_to("maxn", MAX_NGRAM)?;
        let lr_update_rate = source.i32("lrUpdateRate")?;
        let sampling_threshold = source.i64("t")?;
        // Supervised models of version 11 were trained without character n-grams, whatever they say.
        let max_chars = if version == 11 { 0 } else { max_chars };
        let training = Training { window, epochs, min_count, negatives, lr_update_rate, sampling_threshold };
        Ok(Self { dim: dim as usize, word_ngrams, loss, bucket, min_chars, max_chars, training })
    }

    pub(crate) fn write(&self, sink: &mut Sink<impl Write>) -> Result<(), FastTextError> {
        let Training { window, epochs, min_count, negatives, lr_update_rate, sampling_threshold } = self.training;
        sink.i32(MAGIC)?;
        sink.i32(VERSION)?;
        sink.count(self.dim)?;
        for value in [window, epochs, min_count, negatives, self.word_ngrams.cast_signed(), self.loss.code()] {
            sink.i32(value)?;
        }
        sink.i32(SUPERVISED)?;
        for value in [self.bucket, self.min_chars, self.max_chars] {
            sink.i32(value.cast_signed())?;
        }
        sink.i32(lr_update_rate)?;
        sink.i64(sampling_threshold)
    }

    /// Longest n-gram of words that has a row.
    pub(crate) fn longest_ngram(&self) -> usize {
        if self.bucket == 0 { 1 } else { self.word_ngrams as usize }
    }

    /// Longest n-gram of characters that has a row.
    pub(crate) fn longest_subword(&self) -> u32 {
        if self.bucket == 0 { 0 } else { self.max_chars }
    }
}
