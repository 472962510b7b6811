/// Longest word that is remembered: longer ones hardly come again.
const MAX_WORD: usize = 27;
/// Memory of a cache: small enough to stay in the cache of the processor with the weights.
const BYTES: usize = 4 << 20;
const MAX_SLOTS: usize = 1 << 14;

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
    /// Length of the word; 0 for a free place.
    length: u8,
    word: [u8; MAX_WORD],
    /// Rows in the sum.
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

impl Cache {
    pub(crate) fn new(dim: usize) -> Self {
        let slots = (BYTES / (dim * size_of::<f32>() + size_of::<Key>())).clamp(1, MAX_SLOTS);
        let slots = 1 << slots.ilog2();
        Self { dim, keys: vec![Key::default(); slots], sums: vec![0.0; slots * dim] }
    }

    /// The place of `word`.
    pub(crate) fn place(&mut self, word: &[u8], hash: u32) -> Place<'_> {
        // The low bits of FNV depend on the low bits of the letters only.
        let slot = (hash ^ (hash >> 15)) as usize & (self.keys.len() - 1);
        let start = slot * self.dim;
        let (Some(key), Some(sum)) = (self.keys.get_mut(slot), self.sums.get_mut(start..start + self.dim)) else {
            return Place::None;
        };
        let known = key.word.split_at(usize::from(key.length)).0;
        if known == word && key.rows > 0 {
            return Place::Known(sum, key.rows);
        }
        let Some(to) = key.word.get_mut(..word.len()) else { return Place::None };
        to.copy_from_slice(word);
        key.length = u8::try_from(word.len()).unwrap_or_default();
        key.rows = 0;
        sum.fill(0.0);
        Place::New(sum, &mut key.rows)
    }
}
