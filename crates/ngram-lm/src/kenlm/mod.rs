//! Files of `KenLM`'s `build_binary`, version 5 of the format: probing hash tables, and tries with or without quantised
//! weights and compressed pointers. They have no digest: every size is checked against the length of the file before
//! anything is allocated, every pointer and weight when it is read, but a flipped bit of a weight is not seen.
//!
//! ```text
//! test values · order, kind, versions · n-grams of each order · hashes of words · n-grams · words, each with a zero byte
//! ```

mod bits;
mod header;
mod probing;
mod trie;

use crate::LmError;
use crate::model::{NgramModel, Weights};
use crate::vocabulary::{UNKNOWN_WORD, Vocabulary};

use header::{Header, Kind};

/// Whether a file begins as those of `KenLM` do, of any version.
pub(crate) fn begins(start: &[u8]) -> bool {
    start.starts_with(header::FAMILY)
}

/// Reads a file.
pub(crate) fn decode(bytes: &[u8]) -> Result<NgramModel, LmError> {
    let (header, size) = Header::read(bytes)?;
    let mut rest = Rest { bytes, at: size };
    match header.kind {
        Kind::Probing => probing::decode(&header, &mut rest),
        Kind::Trie { quantized, compressed } => trie::decode(&header, (quantized, compressed), &mut rest),
    }
}

fn wrong(problem: impl Into<String>) -> LmError {
    LmError::KenLm(problem.into())
}

/// A part of the file that is as long as it should be.
struct Rest<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    fn take(&mut self, count: Option<u64>, what: &str) -> Result<&'a [u8], LmError> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let taken = count.and_then(|count| usize::try_from(count).ok()).and_then(|count| left.get(..count));
        let taken = taken.ok_or_else(|| {
            let count = count.map_or_else(|| "more than 2^64".to_owned(), |count| count.to_string());
            wrong(format!("{what} would be {count} bytes, and {} are left: it was cut, or is damaged", left.len()))
        })?;
        self.at += taken.len();
        Ok(taken)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}

fn f32_at(bytes: &[u8], at: usize) -> Option<f32> {
    u32_at(bytes, at).map(f32::from_bits)
}

/// Weights, if they are logarithms. The sign of a probability may tell something else.
fn weights(probability: f32, backoff: f32) -> Result<Weights, LmError> {
    let probability = -probability.abs();
    if probability.is_finite() && backoff.is_finite() {
        return Ok(Weights { probability, backoff });
    }
    Err(wrong("a weight is no logarithm: it is damaged"))
}

/// The words at the end of the file, in the order of their numbers.
fn vocabulary(rest: &mut Rest<'_>, count: u64) -> Result<Vocabulary, LmError> {
    let text = rest.bytes.get(rest.at..).unwrap_or_default();
    let text = text.strip_suffix(&[0]).ok_or_else(|| wrong("its words do not end as they should: it was cut"))?;
    let mut vocabulary = Vocabulary::default();
    for (number, word) in text.split(|byte| *byte == 0).enumerate() {
        let known = if number == 0 { word == UNKNOWN_WORD } else { vocabulary.add(word)? as usize == number };
        if !known {
            let word = String::from_utf8_lossy(word).chars().take(60).collect::<String>();
            return Err(wrong(format!("its word {number}, `{word}`, was there before, or `<unk>` is not the first")));
        }
    }
    if vocabulary.len() as u64 == count {
        return Ok(vocabulary);
    }
    Err(wrong(format!("it has {} words, and says that it has {count}", vocabulary.len())))
}
