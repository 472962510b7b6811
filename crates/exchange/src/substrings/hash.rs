//! Hashes of a window that moves on by one byte.

/// Odd and far from any power of two, so that every byte of a k-gram counts in every bit above its own.
const GRAM_BASE: u64 = 0x9E37_79B9_7F4A_7C55;
/// 2^61 - 1, a prime.
const PRIME: u64 = (1 << 61) - 1;
/// Two bases below it, from the digits of pi.
const BASES: [u64; 2] = [0x0243_F6A8_885A_308D, 0x1319_8A2E_0370_7344];

/// The hash of `k` bytes modulo 2^64. Two different k-grams with one hash cost time, no more.
#[derive(Debug, Clone, Copy)]
pub(super) struct GramHash {
    hash: u64,
    /// What the first byte counts.
    first: u64,
}

impl GramHash {
    pub(super) fn new(k: usize) -> Self {
        let exponent = u32::try_from(k.saturating_sub(1)).unwrap_or(u32::MAX);
        Self { hash: 0, first: GRAM_BASE.wrapping_pow(exponent) }
    }

    /// Takes the next byte of the first k-gram.
    pub(super) fn push(&mut self, byte: u8) {
        self.hash = self.hash.wrapping_mul(GRAM_BASE).wrapping_add(u64::from(byte) + 1);
    }

    /// Moves on: `gone` leaves at the front, `byte` comes at the end.
    pub(super) fn roll(&mut self, gone: u8, byte: u8) {
        self.hash = self.hash.wrapping_sub((u64::from(gone) + 1).wrapping_mul(self.first));
        self.push(byte);
    }

    /// The hash, its bits mixed: as it is, its low bits depend on few bytes and its order on the last ones.
    pub(super) fn value(self) -> u64 {
        let mixed = (self.hash ^ self.hash >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed ^ mixed >> 32
    }
}

/// The hash of a window: two polynomials modulo 2^61 - 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowHash {
    sums: [u64; 2],
    /// What the first byte counts.
    first: [u64; 2],
}

impl WindowHash {
    pub(super) fn new(length: usize) -> Self {
        Self { sums: [0; 2], first: BASES.map(|base| power(base, length.saturating_sub(1))) }
    }

    /// The hash of `window`, which has the length given.
    pub(super) fn start(&mut self, window: &[u8]) {
        self.sums = [0; 2];
        window.iter().for_each(|byte| self.push(*byte));
    }

    fn push(&mut self, byte: u8) {
        for (sum, base) in self.sums.iter_mut().zip(BASES) {
            *sum = reduced(u128::from(*sum) * u128::from(base) + u128::from(byte) + 1);
        }
    }

    /// Moves on: `gone` leaves at the front, `byte` comes at the end.
    pub(super) fn roll(&mut self, gone: u8, byte: u8) {
        for (sum, first) in self.sums.iter_mut().zip(self.first) {
            let gone = reduced(u128::from(first) * (u128::from(gone) + 1));
            *sum = reduced(u128::from(*sum) + u128::from(PRIME - gone));
        }
        self.push(byte);
    }

    /// Both sums, mixed so that their top bits are even.
    pub(super) fn value(self) -> [u64; 2] {
        let [high, low] = self.sums;
        // A bijection of 64 bits: different sums stay different.
        let mixed = (high ^ high >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        [mixed ^ mixed >> 32, low]
    }
}

fn reduced(product: u128) -> u64 {
    // Below 2^61 each, so that one subtraction is enough: products are below 2^122 and a little more.
    let (low, high) = (product & u128::from(PRIME), product >> 61);
    let sum = u64::try_from(low + high).unwrap_or(u64::MAX);
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn power(base: u64, mut exponent: usize) -> u64 {
    let (mut result, mut square) = (1, base);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = reduced(u128::from(result) * u128::from(square));
        }
        square = reduced(u128::from(square) * u128::from(square));
        exponent /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_moved_has_the_hash_of_one_that_starts_there() {
        let text: Vec<u8> =
            (0..3_000_u32).map(|at| u8::try_from(at * at % 251).expect("below")).chain([255; 300]).collect();
        for length in [1, 2, 7, 64, 500] {
            let (mut moving, mut gram) = (WindowHash::new(length), GramHash::new(length));
            moving.start(&text[..length]);
            text[..length].iter().for_each(|byte| gram.push(*byte));
            for start in 1..=text.len() - length {
                moving.roll(text[start - 1], text[start + length - 1]);
                gram.roll(text[start - 1], text[start + length - 1]);
                let (mut fresh, mut fresh_gram) = (WindowHash::new(length), GramHash::new(length));
                fresh.start(&text[start..start + length]);
                text[start..start + length].iter().for_each(|byte| fresh_gram.push(*byte));
                assert_eq!(moving.value(), fresh.value(), "{length} {start}");
                assert_eq!(gram.value(), fresh_gram.value(), "{length} {start}");
            }
        }
    }

    #[test]
    fn sums_stay_below_the_prime() {
        assert_eq!(reduced(u128::from(PRIME)), 0);
        assert_eq!(reduced(u128::from(PRIME - 1) * u128::from(PRIME - 1) + 256), 257);
        assert_eq!(power(3, 5), 243);
        let mut hash = WindowHash::new(2);
        hash.start(&[0, 0]);
        let zeros = hash.value();
        hash.start(&[0, 1]);
        assert_ne!(hash.value(), zeros);
    }
}
