//! The compact form: everything as it lies in memory, and a digest.
//!
//! ```text
//! magic · order u32 · for each order its n-grams u64 · bytes of words u64 · words, each with its length u32
//!       · unigrams (f32 f32) · for each order from 2: (hash u64, f32, f32) · BLAKE3 of all that
//! ```
//!
//! The magic tells how n-grams are hashed.

use crate::model::{Hashes, NgramModel, Weights};
use crate::table::Table;
use crate::vocabulary::{UNKNOWN_WORD, Vocabulary};
use crate::{LmError, MAX_ORDER};

const MAGICS: [(Hashes, &[u8]); 2] =
    [(Hashes::Own, b"textmill n-gram model 1\n"), (Hashes::KenLm, b"textmill n-gram model 1 of KenLM\n")];

/// Whether a file begins as compact ones do.
pub(crate) fn begins(start: &[u8]) -> bool {
    MAGICS.iter().any(|(_, magic)| start.starts_with(magic))
}

pub(crate) fn encode(model: &NgramModel) -> Vec<u8> {
    let magic = MAGICS.iter().find(|(hashes, _)| *hashes == model.hashes).map(|(_, magic)| *magic);
    let mut bytes = magic.unwrap_or_default().to_vec();
    let mut put = |part: &[u8]| bytes.extend_from_slice(part);
    put(&u32::try_from(model.order()).unwrap_or(u32::MAX).to_le_bytes());
    model.counts().into_iter().for_each(|count| put(&(count as u64).to_le_bytes()));
    let words = || (0..model.words()).map(|number| model.vocabulary.word(u32::try_from(number).unwrap_or(u32::MAX)));
    let size: u64 = words().map(|word| word.len() as u64 + 4).sum();
    put(&size.to_le_bytes());
    for word in words() {
        put(&u32::try_from(word.len()).unwrap_or(u32::MAX).to_le_bytes());
        put(word);
    }
    for weights in &model.unigrams {
        put(&weights.probability.to_le_bytes());
        put(&weights.backoff.to_le_bytes());
    }
    for table in &model.tables {
        let mut all: Vec<(u64, Weights)> = table.iter().collect();
        // By hash, so that the bytes do not depend on how the table came to be.
        all.sort_unstable_by_key(|(hash, _)| *hash);
        for (hash, weights) in all {
            put(&hash.to_le_bytes());
            put(&weights.probability.to_le_bytes());
            put(&weights.backoff.to_le_bytes());
        }
    }
    let digest = blake3::hash(&bytes);
    bytes.extend_from_slice(digest.as_bytes());
    bytes
}

/// What is left of the file.
struct Rest<'a>(&'a [u8]);

const CUT: LmError = LmError::Compact("it ends too early");

impl<'a> Rest<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8], LmError> {
        let (taken, rest) = usize::try_from(count).ok().and_then(|count| self.0.split_at_checked(count)).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LmError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(CUT)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u64(&mut self) -> Result<u64, LmError> {
        self.array().map(u64::from_le_bytes)
    }

    fn weights(&mut self) -> Result<Weights, LmError> {
        let probability = f32::from_le_bytes(self.array()?);
        let backoff = f32::from_le_bytes(self.array()?);
        if probability.is_finite() && probability <= 0.0 && backoff.is_finite() {
            return Ok(Weights { probability, backoff });
        }
        Err(LmError::Compact("a weight is no logarithm"))
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<NgramModel, LmError> {
    let (content, digest) = bytes.split_last_chunk::<32>().ok_or(CUT)?;
    if blake3::hash(content).as_bytes() != digest {
        return Err(LmError::Compact("its digest differs: it is damaged, or was cut"));
    }
    let started = MAGICS.iter().find_map(|(hashes, magic)| Some((*hashes, content.strip_prefix(*magic)?)));
    let (hashes, content) = started.ok_or(LmError::Compact("it begins differently"))?;
    let mut rest = Rest(content);
    let order = u32::from_le_bytes(rest.array()?) as usize;
    if !(1..=MAX_ORDER).contains(&order) {
        return Err(LmError::Compact("its order is out of range"));
    }
    let counts = (0..order).map(|_| rest.u64()).collect::<Result<Vec<_>, _>>()?;
    let size = rest.u64()?;
    let mut words = Rest(rest.take(size)?);
    let mut vocabulary = Vocabulary::default();
    while !words.0.is_empty() {
        let length = u32::from_le_bytes(words.array()?);
        let word = words.take(length.into())?;
        vocabulary.add(word)?;
    }
    let first = counts.first().copied().unwrap_or_default();
    if vocabulary.len() as u64 != first || vocabulary.word(0) != UNKNOWN_WORD {
        return Err(LmError::Compact("its words are not as many as its unigrams"));
    }
    let unigrams = (0..first).map(|_| rest.weights()).collect::<Result<Vec<_>, _>>()?;
    let mut tables = Vec::with_capacity(order - 1);
    for count in counts.iter().skip(1) {
        let mut part = Rest(rest.take(count.checked_mul(16).ok_or(CUT)?)?);
        #[allow(clippy::cast_possible_truncation, reason = "the file has that many")]
        let mut table = Table::new(*count as usize);
        for _ in 0..*count {
            let hash = part.u64()?;
            table.insert(hash, part.weights()?);
        }
        tables.push(table);
    }
    if rest.0.is_empty() {
        Ok(NgramModel::with_hashes(vocabulary, unigrams, tables, hashes))
    } else {
        Err(LmError::Compact("it is too long"))
    }
}
