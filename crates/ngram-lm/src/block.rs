//! Words of a text that are scored together, order by order. Tables are larger than any cache of a processor, so that each
//! look takes as long as a hundred calculations; what is asked for at once arrives at once.

use crate::MAX_ORDER;
use crate::model::{Hashes, Weights};
use crate::table::Table;
use crate::vocabulary::Vocabulary;

/// Words of a block: as many as a processor can have requests for under way.
const BLOCK: usize = 16;
/// Words before one that matter to it.
const BEFORE: usize = MAX_ORDER - 1;

/// A word of a text with the n-grams that end in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) word: u32,
    /// Hash of the longest n-gram that was looked for.
    hash: u64,
    /// Words of the longest n-gram that is known.
    matched: usize,
    /// The n-grams of one word, of two, ... as far as they are known.
    found: [Weights; MAX_ORDER],
}

impl Place {
    /// Logarithm of the probability of this word after those before it, of which `before` is the last.
    pub(crate) fn score(&self, before: &Self, order: usize) -> f64 {
        let probability = self.matched.checked_sub(1).map_or(0.0, |longest| self.found[longest].probability);
        // Contexts that were not found together with this word. Those of the longest n-grams have no backoff.
        let context = before.matched.min(order - 1);
        let missed = before.found.get(self.matched.saturating_sub(1)..context).unwrap_or_default();
        f64::from(probability) + missed.iter().map(|found| f64::from(found.backoff)).sum::<f64>()
    }
}

/// Some words of a text, after those before them.
pub(crate) struct Block {
    places: [Place; BEFORE + BLOCK],
    /// Words that are not those before.
    length: usize,
}

impl Block {
    pub(crate) fn new() -> Self {
        Self { places: [Place::default(); BEFORE + BLOCK], length: 0 }
    }

    /// Sets the word before the first one.
    pub(crate) fn begin(&mut self, word: u32, weights: Weights) {
        let place = &mut self.places[BEFORE - 1];
        (place.word, place.matched, place.found[0]) = (word, 1, weights);
    }

    /// Goes on to the next words; false at the end.
    pub(crate) fn read<'a>(&mut self, words: &mut impl Iterator<Item = &'a [u8]>, vocabulary: &Vocabulary) -> bool {
        self.places.copy_within(self.length..self.length + BEFORE, 0);
        let mut keys = [0; BLOCK];
        self.length = 0;
        for (key, word) in keys.iter_mut().zip(words) {
            *key = Vocabulary::key(word);
            self.length += 1;
        }
        let keys = &keys[..self.length];
        vocabulary.fetch(keys);
        for (place, key) in self.places[BEFORE..].iter_mut().zip(keys) {
            place.word = vocabulary.number_of(*key);
        }
        self.length > 0
    }

    /// Looks for the n-grams of one word.
    pub(crate) fn find_words(&mut self, hashes: Hashes, unigrams: &[Weights]) {
        for place in &mut self.places[BEFORE..BEFORE + self.length] {
            (place.hash, place.matched) = (hashes.first(place.word), 1);
            place.found[0] = unigrams.get(place.word as usize).copied().unwrap_or_default();
        }
    }

    /// Looks for the n-grams of `order` words, once those of fewer words were looked for. One is known only if it is
    /// without its first word and without its last one.
    pub(crate) fn find(&mut self, order: usize, hashes: Hashes, table: &Table<Weights>) {
        let (mut wanted, mut sought, mut count) = ([0; BLOCK], [0; BLOCK], 0);
        for at in BEFORE..BEFORE + self.length {
            if self.places[at].matched == order - 1 && self.places[at - 1].matched >= order - 1 {
                let hash = hashes.step(self.places[at].hash, self.places[at + 1 - order].word);
                self.places[at].hash = hash;
                (wanted[count], sought[count]) = (at, hash);
                count += 1;
            }
        }
        table.fetch(&sought[..count]);
        for (place, hash) in wanted[..count].iter().zip(sought) {
            if let Some(found) = table.get(hash) {
                let place = &mut self.places[*place];
                place.found[order - 1] = found;
                place.matched = order;
            }
        }
    }

    /// Each word with the one before it.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&Place, &Place)> {
        let places = &self.places[BEFORE - 1..BEFORE + self.length];
        places.iter().zip(places.iter().skip(1))
    }
}
