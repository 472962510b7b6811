//! fastText's hash of words, and what tables do with it.

/// Where the hash of a word starts.
pub(crate) const FNV_START: u32 = 2_166_136_261;

/// A step of FNV-1a, with bytes widened as signed numbers, which is fastText's.
pub(crate) fn fnv_step(hash: u32, byte: u8) -> u32 {
    (hash ^ i32::from(byte.cast_signed()).cast_unsigned()).wrapping_mul(16_777_619)
}

/// fastText's hash of a word.
pub(crate) fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(FNV_START, |hash, byte| fnv_step(hash, *byte))
}

/// A place for a hash: the low bits of FNV depend on the low bits of the letters only.
pub(crate) fn spread(hash: u32) -> usize {
    (hash.wrapping_mul(0x9E37_79B1) ^ (hash >> 15)) as usize
}

/// Whether two words are equal, without a call for short ones, which most are.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    fn ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
        a.first_chunk::<N>() == b.first_chunk() && a.last_chunk::<N>() == b.last_chunk()
    }
    a.len() == b.len()
        && match a.len() {
            2..4 => ends::<2>(a, b),
            4..8 => ends::<4>(a, b),
            8..=16 => ends::<8>(a, b),
            _ => a == b,
        }
}

/// The rest of a division by a number known only when the model is read, without dividing (Lemire, Kaser, Kurz:
/// "Faster remainder by direct computation", 2019). Exact for all 32-bit numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Modulus {
    pub(crate) divisor: u32,
    inverse: u64,
}

impl Modulus {
    pub(crate) fn new(divisor: u32) -> Self {
        let inverse = u64::MAX.checked_div(u64::from(divisor)).unwrap_or_default().wrapping_add(1);
        Self { divisor, inverse }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the product is below the divisor after the shift")]
    pub(crate) fn of(self, value: u32) -> u32 {
        let fraction = self.inverse.wrapping_mul(u64::from(value));
        ((u128::from(fraction) * u128::from(self.divisor)) >> 64) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_words_are_compared_whole(a in "[ab]{0,20}", b in "[ab]{0,20}", at: proptest::sample::Index) {
            prop_assert_eq!(equal(a.as_bytes(), b.as_bytes()), a == b);
            let mut other = a.clone().into_bytes();
            if !other.is_empty() {
                let at = at.index(other.len());
                other[at] ^= 3;
                prop_assert!(!equal(a.as_bytes(), &other));
            }
            prop_assert!(equal(a.as_bytes(), &a.clone().into_bytes()));
        }

        #[test]
        fn the_modulus_is_the_rest_of_the_division(value: u32, divisor in 1_u32..=i32::MAX.unsigned_abs()) {
            prop_assert_eq!(Modulus::new(divisor).of(value), value % divisor);
        }
    }
}
