use crate::hash::head;

/// Numbers of eight bytes that a word is compared as.
const PARTS: usize = 3;
/// Longest word that is remembered: longer ones hardly come again.
const MAX_WORD: usize = 8 * PARTS;
/// Memory of a cache: small enough to stay in the cache of the processor with the weights.
const BYTES: usize = 4 << 20;
const MAX_SLOTS: usize = 1 << 15;

/// The summed vectors of words seen lately. Each word has one place; a newer word takes it over, so the size never
/// grows, and an answer never depends on what is remembered: a sum is the same, remembered or not.
#[derive(Debug)]
pub(crate) struct Cache {
    dim: usize,
    keys: Vec<Key>,
    sums: Vec<f32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Key {
    /// The bytes of the word, then zeros, which no word has.
    word: [u64; PARTS],
    /// Rows in the sum; 0 for a free place.
    rows: u32,
}

/// The answer of a [`Cache`].
pub(crate) enum Place<'a> {
    /// The sum of the word, and how many rows are in it.
    Known(&'a [f32], u32),
    /// Where its sum belongs (zeros so far), and the number of rows.
    New(&'a mut [f32], &'a mut u32),
    /// The word is too long.
    None,
}

/// A word as a key has it.
#[inline]
fn parts(word: &[u8]) -> Option<[u64; PARTS]> {
    if word.len() > MAX_WORD {
        return None;
    }
    let from = |start: usize| word.get(start..).map_or(0, head);
    Some([head(word), from(8), from(16)])
}

impl Cache {
    pub(crate) fn new(dim: usize) -> Self {
        let slots = (BYTES / (dim * size_of::<f32>() + size_of::<Key>())).clamp(1, MAX_SLOTS);
        let slots = 1 << slots.ilog2();
        Self { dim, keys: vec![Key::default(); slots], sums: vec![0.0; slots * dim] }
    }

    /// The place of `word`.
    #[inline]
    pub(crate) fn place(&mut self, word: &[u8], hash: u32) -> Place<'_> {
        let Some(word) = parts(word) else { return Place::None };
        // The low bits of FNV depend on the low bits of the letters only.
        let slot = (hash ^ (hash >> 15)) as usize & (self.keys.len() - 1);
        let start = slot * self.dim;
        let (Some(key), Some(sum)) = (self.keys.get_mut(slot), self.sums.get_mut(start..start + self.dim)) else {
            return Place::None;
        };
        if key.word == word && key.rows > 0 {
            return Place::Known(sum, key.rows);
        }
        *key = Key { word, rows: 0 };
        sum.fill(0.0);
        Place::New(sum, &mut key.rows)
    }
}
