use std::io::BufRead;

use crate::FastTextError;
use crate::source::Source;

const MAGIC: i32 = 793_712_314;
/// Longest n-grams that are believed. Models have up to 6 characters and 5 words; the time per word grows with it.
const MAX_NGRAM: u32 = 64;
const SUPERVISED: i32 = 3;

/// How the output layer turns a text's vector into probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// A binary decision at every node of a Huffman tree over the labels.
    HierarchicalSoftmax,
    /// One independent decision per label: negative sampling and one-versus-all differ in training only.
    Logistic,
    Softmax,
}

/// The arguments of training that matter for answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) dim: usize,
    pub(crate) word_ngrams: usize,
    pub(crate) loss: Loss,
    pub(crate) bucket: u32,
    pub(crate) min_chars: u32,
    pub(crate) max_chars: u32,
}

impl Header {
    pub(crate) fn read(source: &mut Source<impl BufRead>) -> Result<Self, FastTextError> {
        let magic = source.i32("magic")?;
        if magic != MAGIC {
            return Err(FastTextError::NotAModel(magic));
        }
        let version = source.i32("version")?;
        if !(11..=12).contains(&version) {
            return Err(FastTextError::Version(version));
        }
        let dim = source.up_to("dim", u32::from(u16::MAX))?;
        if dim == 0 {
            return Err(source.range("dim", 0, "at least 1"));
        }
        for field in ["ws", "epoch", "minCount", "neg"] {
            source.i32(field)?;
        }
        let word_ngrams = source.up_to("wordNgrams", MAX_NGRAM)?;
        let loss = match source.i32("loss")? {
            1 => Loss::HierarchicalSoftmax,
            2 | 4 => Loss::Logistic,
            3 => Loss::Softmax,
            other => return Err(source.range("loss", i64::from(other), "1 (hs), 2 (ns), 3 (softmax) or 4 (ova)")),
        };
        let model = source.i32("model")?;
        if model != SUPERVISED {
            return Err(FastTextError::NotSupervised(model));
        }
        let bucket = source.up_to("bucket", i32::MAX.unsigned_abs())?;
        let min_chars = source.up_to("minn", MAX_NGRAM)?;
        let max_chars = source.up_to("maxn", MAX_NGRAM)?;
        source.i32("lrUpdateRate")?;
        source.i64("t")?;
        // Supervised models of version 11 were trained without character n-grams, whatever they say.
        let max_chars = if version == 11 || bucket == 0 { 0 } else { max_chars };
        let word_ngrams = if bucket == 0 { 1 } else { word_ngrams as usize };
        Ok(Self { dim: dim as usize, word_ngrams, loss, bucket, min_chars, max_chars })
    }
}
