use std::hash::Hasher;

use xxhash_rust::xxh3::xxh3_64;

/// A hash for tables of one document, which no one can fill from outside with more than that document: a multiplication
/// for numbers, XXH3 for words.
#[derive(Debug, Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.write_u64(xxh3_64(bytes));
    }

    fn write_u8(&mut self, _: u8) {
        // The end mark of a word: words are hashed alone.
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number ^ 0x243f_6a88_85a3_08d3) * 0x9e37_79b9_7f4a_7c15;
        #[expect(clippy::cast_possible_truncation, reason = "one half each")]
        let folded = product as u64 ^ (product >> 64) as u64;
        self.0 = folded;
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}
