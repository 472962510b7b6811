//! A trie from the last word of an n-gram to its first, in records of bits.
//!
//! ```text
//! words u64 · their hashes u64 · bins of quantised weights
//! · for each word, and two more: (f32, f32, first child u64)
//! · for each order: [high bits of pointers] · records (word, weights, first child), and one more · 8 bytes
//! ```

use super::bits::{Bits, required};
use super::{Header, Rest, f32_at, u64_at, vocabulary, weights, wrong};
use crate::LmError;
use crate::model::{Hashes, NgramModel, Weights, hash_of, hash_step};
use crate::table::Table;

/// Version of the bins, and of the compressed pointers.
const BINS_VERSION: u8 = 2;
const POINTERS_VERSION: u8 = 0;
/// Most bits of a bin's number.
const MAX_BIN_BITS: u8 = 25;

pub(super) fn decode(
    header: &Header,
    (quantized, compressed): (bool, bool),
    rest: &mut Rest<'_>,
) -> Result<NgramModel, LmError> {
    let counts = &header.counts;
    let words = counts.first().copied().unwrap_or_default();
    let head = rest.take(Some(8), "the number of words")?;
    // Without `<unk>`.
    let bound = u64_at(head, 0).and_then(|count| count.checked_add(1)).filter(|bound| *bound <= words);
    let Some(bound) = bound.filter(|bound| *bound < u64::from(u32::MAX)) else {
        return Err(wrong("it says that it has other words than unigrams: it is damaged"));
    };
    rest.take(words.checked_mul(8), "the vocabulary")?;
    let bins = if quantized { Bins::read(rest, counts.len())? } else { Bins::default() };
    let unigrams = rest.take(words.checked_add(2).and_then(|count| count.checked_mul(16)), "the words' weights")?;
    let mut parents = Parents::of_words(unigrams, bound)?;
    let known = (0..bound).map(|word| {
        let at = usize::try_from(word * 16).unwrap_or(usize::MAX);
        weights(f32_at(unigrams, at).unwrap_or(f32::NAN), f32_at(unigrams, at + 4).unwrap_or(f32::NAN))
    });
    let known = known.collect::<Result<Vec<_>, _>>()?;
    let mut tables = Vec::new();
    let mut pointer_bits = None;
    for (index, count) in counts.iter().enumerate().skip(1) {
        let level = Level {
            order: index + 1,
            count: *count,
            word_bits: required(words),
            bound,
            next: counts.get(index + 1).copied(),
        };
        let chop = if compressed && level.next.is_some() {
            Some(level.chop(*pointer_bits.get_or_insert(pointers_version(rest)?)))
        } else {
            None
        };
        let (table, children) = level.read(rest, &bins, chop, &parents)?;
        tables.push(table);
        parents = children;
    }
    let vocabulary = vocabulary(rest, bound)?;
    Ok(NgramModel::with_hashes(vocabulary, known, tables, Hashes::Own))
}

/// The setting of compressed pointers, which stands before those of the first level.
fn pointers_version(rest: &Rest<'_>) -> Result<u8, LmError> {
    match rest.bytes.get(rest.at..).unwrap_or_default() {
        [POINTERS_VERSION, bits, ..] => Ok(*bits),
        [version, ..] => Err(wrong(format!("its pointers have the version {version}; {POINTERS_VERSION} is read"))),
        [] => Err(wrong("it ends before its n-grams: it was cut")),
    }
}

/// What quantised weights mean.
#[derive(Debug, Clone, Default)]
struct Bins {
    /// Bits of a probability's and of a backoff's number; `None` where weights are not quantised.
    bits: Option<(u32, u32)>,
    /// For each order from 2, the probabilities, then the backoffs (none for the longest).
    tables: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Bins {
    fn read(rest: &mut Rest<'_>, order: usize) -> Result<Self, LmError> {
        let head = rest.take(Some(8), "the head of the bins")?;
        let (probability, backoff) = match head {
            [BINS_VERSION, probability, backoff, ..] => (*probability, *backoff),
            _ => return Err(wrong(format!("its bins have another version than {BINS_VERSION}"))),
        };
        if ![probability, backoff].iter().all(|bits| (1..=MAX_BIN_BITS).contains(bits)) {
            return Err(wrong(format!("its bins have {probability} and {backoff} bits, of 1 to {MAX_BIN_BITS}")));
        }
        let floats = |rest: &mut Rest<'_>, bits: u8| -> Result<Vec<f32>, LmError> {
            let bytes = rest.take(Some(4_u64 << bits), "the bins")?;
            Ok(bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect())
        };
        let mut tables = Vec::new();
        for order_at in 2..=order {
            let probabilities = floats(rest, probability)?;
            let backoffs = if order_at == order { Vec::new() } else { floats(rest, backoff)? };
            tables.push((probabilities, backoffs));
        }
        Ok(Self { bits: Some((probability.into(), backoff.into())), tables })
    }

    /// Bits of the weights of a record.
    fn width(&self, longest: bool) -> u32 {
        match (self.bits, longest) {
            (None, false) => 63,
            (None, true) => 31,
            (Some((probability, backoff)), false) => probability + backoff,
            (Some((probability, _)), true) => probability,
        }
    }

    fn weights(&self, order: usize, bits: Bits<'_>, at: u64, longest: bool) -> Result<Weights, LmError> {
        let Some((probability_bits, backoff_bits)) = self.bits else {
            return weights(bits.probability(at), if longest { 0.0 } else { bits.float(at + 31) });
        };
        let bin = |table: &[f32], at: u64, width: u32| {
            usize::try_from(bits.read(at, width)).ok().and_then(|bin| table.get(bin)).copied().unwrap_or(f32::NAN)
        };
        let Some((probabilities, backoffs)) = self.tables.get(order - 2) else { return weights(f32::NAN, 0.0) };
        if longest {
            return weights(bin(probabilities, at, probability_bits), 0.0);
        }
        let backoff = bin(backoffs, at, backoff_bits);
        weights(bin(probabilities, at + u64::from(backoff_bits), probability_bits), backoff)
    }
}

/// The n-grams whose children come next.
struct Parents {
    hashes: Vec<u64>,
    /// The first child of each, and where those of the last one end.
    first: Vec<u64>,
}

impl Parents {
    fn of_words(unigrams: &[u8], bound: u64) -> Result<Self, LmError> {
        let next = |word: u64| usize::try_from(word * 16 + 8).ok().and_then(|at| u64_at(unigrams, at));
        let first = (0..=bound).map(next).collect::<Option<Vec<u64>>>();
        let first = first.ok_or_else(|| wrong("its words have no children: it is damaged"))?;
        #[allow(clippy::cast_possible_truncation, reason = "below 2^32")]
        let hashes = (0..bound).map(|word| hash_of(word as u32)).collect();
        Ok(Self { hashes, first })
    }

    /// Each parent's hash with the range of its children among `count`.
    fn children(&self, count: u64) -> impl Iterator<Item = Result<(u64, std::ops::Range<u64>), LmError>> {
        let ranges = self.first.iter().zip(self.first.iter().skip(1));
        self.hashes.iter().zip(ranges).map(move |(hash, (from, to))| {
            if from <= to && *to <= count {
                return Ok((*hash, *from..*to));
            }
            Err(wrong(format!("an n-gram has the children {from} to {to} of {count}: it is damaged")))
        })
    }
}

/// The n-grams of an order.
struct Level {
    order: usize,
    count: u64,
    word_bits: u32,
    /// Number of words.
    bound: u64,
    /// Number of n-grams of the next order; `None` for the longest ones.
    next: Option<u64>,
}

impl Level {
    /// How many high bits of pointers are in an array of their own: what takes least room, as `KenLM` reckons it.
    fn chop(&self, most: u8) -> u32 {
        let next = self.next.unwrap_or_default();
        let required = required(next);
        let cost = |chop: u32| {
            let table = next.checked_shr(required - chop).unwrap_or(0);
            i128::from(table) * 64 - i128::from(self.count + 1) * i128::from(chop)
        };
        (0..=required.min(most.into())).min_by_key(|chop| cost(*chop)).unwrap_or_default()
    }

    /// Reads the level: its n-grams by hash, and what the next level needs of them.
    fn read(
        &self,
        rest: &mut Rest<'_>,
        bins: &Bins,
        chop: Option<u32>,
        parents: &Parents,
    ) -> Result<(Table<Weights>, Parents), LmError> {
        let next_bits = self.next.map_or(0, required);
        let inline = next_bits - chop.unwrap_or_default();
        let high = chop.map(|_| self.high_bits(rest, inline)).transpose()?;
        let longest = self.next.is_none();
        let width = u64::from(self.word_bits + bins.width(longest) + inline);
        let bytes =
            (self.count + 1).checked_mul(width).map(|bits| bits.div_ceil(8)).and_then(|bytes| bytes.checked_add(8));
        let bits = Bits(rest.take(bytes, &format!("the {}-grams", self.order))?);
        #[allow(clippy::cast_possible_truncation, reason = "the file has that many")]
        let (mut table, mut hashes) =
            (Table::new(self.count as usize), vec![0; if longest { 0 } else { self.count as usize }]);
        for children in parents.children(self.count) {
            let (parent, range) = children?;
            for child in range {
                let at = child * width;
                let word = bits.read(at, self.word_bits);
                let word = u32::try_from(word).ok().filter(|word| u64::from(*word) < self.bound);
                let word = word.ok_or_else(|| wrong("an n-gram has a word that there is not: it is damaged"))?;
                let hash = hash_step(parent, word);
                let found = bins.weights(self.order, bits, at + u64::from(self.word_bits), longest)?;
                if table.insert(hash, found).is_some() {
                    return Err(wrong("an n-gram is there twice: it is damaged"));
                }
                if let Some(place) = usize::try_from(child).ok().and_then(|child| hashes.get_mut(child)) {
                    *place = hash;
                }
            }
        }
        let first = if longest { Vec::new() } else { self.pointers(bits, width, inline, high.as_deref()) };
        Ok((table, Parents { hashes, first }))
    }

    /// The first child of each n-gram, and of the record after the last one.
    fn pointers(&self, bits: Bits<'_>, width: u64, inline: u32, high: Option<&[u64]>) -> Vec<u64> {
        let mut passed = 0;
        let pointer = |record: u64| {
            let low = bits.read((record + 1) * width - u64::from(inline), inline);
            let Some(offsets) = high else { return low };
            // High bits are how many records of the array do not come after this one.
            while offsets.get(passed).is_some_and(|offset| *offset <= record) {
                passed += 1;
            }
            (passed.saturating_sub(1) as u64) << inline | low
        };
        (0..=self.count).map(pointer).collect()
    }

    /// Where each value of the high bits of pointers begins.
    fn high_bits(&self, rest: &mut Rest<'_>, inline: u32) -> Result<Vec<u64>, LmError> {
        let entries = self.next.unwrap_or_default().checked_shr(inline).unwrap_or(0) + 1;
        // The array begins at a multiple of eight bytes, after eight bytes of settings.
        let padding = rest.at.next_multiple_of(8) - rest.at;
        let size = entries.checked_mul(8).and_then(|bytes| bytes.checked_add(8 + 7));
        let bytes = rest.take(size, "the array of pointers")?.get(padding + 8..).unwrap_or_default();
        let offsets = bytes.as_chunks().0.iter().map(|chunk| u64::from_le_bytes(*chunk));
        let offsets = offsets.take(usize::try_from(entries).unwrap_or(usize::MAX)).collect::<Vec<_>>();
        if offsets.is_sorted() && offsets.first() == Some(&0) {
            return Ok(offsets);
        }
        Err(wrong("its array of pointers is out of order: it is damaged"))
    }
}
