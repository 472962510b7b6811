//! Hash tables with open addressing, one for each order.
//!
//! ```text
//! version u32 · words u32 · slots of words (hash u64, number u32)
//! · for each word, and one more: (f32, f32) · slots of each order (hash u64, f32, f32; f32 alone for the longest)
//! ```

use super::{Header, Rest, f32_at, u32_at, u64_at, vocabulary, weights, wrong};
use crate::LmError;
use crate::model::{Hashes, NgramModel, Weights};
use crate::table::Table;

pub(super) fn decode(header: &Header, rest: &mut Rest<'_>) -> Result<NgramModel, LmError> {
    let words = header.counts.first().copied().unwrap_or_default();
    let slots = |count: u64| -> u64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "KenLM rounds in the same way")]
        let scaled = (header.multiplier * count as f32) as u64;
        scaled.max(count + 1)
    };
    let head = rest.take(Some(8), "the head of the vocabulary")?;
    let (version, bound) = (u32_at(head, 0).unwrap_or_default(), u32_at(head, 4).unwrap_or_default());
    if version != 0 {
        return Err(wrong(format!("its vocabulary has the version {version}; 0 is read")));
    }
    rest.take(slots(words).checked_mul(12), "the vocabulary")?;
    let unigrams = unigrams(rest.take((words + 1).checked_mul(8), "the words' weights")?, bound)?;
    let mut tables = Vec::new();
    for (order, count) in (2..).zip(header.counts.iter().skip(1)) {
        let longest = order == header.counts.len();
        let width = if longest { 12 } else { 16 };
        let bytes = rest.take(slots(*count).checked_mul(width), &format!("the table of {order}-grams"))?;
        tables.push(table(bytes, longest)?);
    }
    let vocabulary = vocabulary(rest, bound.into())?;
    Ok(NgramModel::with_hashes(vocabulary, unigrams, tables, Hashes::KenLm))
}

fn unigrams(bytes: &[u8], bound: u32) -> Result<Vec<Weights>, LmError> {
    let (pairs, _) = bytes.as_chunks::<8>();
    let Some(pairs) = pairs.get(..bound as usize) else {
        return Err(wrong(format!("it says that it has {bound} words, and weights for {}", pairs.len())));
    };
    pairs.iter().map(|pair| weights(f32_at(pair, 0).unwrap_or(f32::NAN), f32_at(pair, 4).unwrap_or(f32::NAN))).collect()
}

/// The filled slots of a table: a hash of 0 is a free one.
fn table(bytes: &[u8], longest: bool) -> Result<Table<Weights>, LmError> {
    let width = if longest { 12 } else { 16 };
    let filled = || {
        let slots = bytes.chunks_exact(width);
        slots.filter_map(|slot| u64_at(slot, 0).filter(|hash| *hash != 0).map(|hash| (hash, slot)))
    };
    let mut table = Table::new(filled().count());
    for (hash, slot) in filled() {
        let backoff = if longest { Some(0.0) } else { f32_at(slot, 12) };
        let found = weights(f32_at(slot, 8).unwrap_or(f32::NAN), backoff.unwrap_or(f32::NAN))?;
        if table.insert(hash, found).is_some() {
            return Err(wrong("an n-gram is in a table twice: it is damaged"));
        }
    }
    Ok(table)
}
