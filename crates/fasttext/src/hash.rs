//! fastText's hash of words, and what tables do with it.

/// Where the hash of a word starts.
pub(crate) const FNV_START: u32 = 2_166_136_261;

/// A step of FNV-1a, with bytes widened as signed numbers, which is fastText's.
#[inline]
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

/// Length from which the [`head`] of a word is not all of it.
pub(crate) const HEAD: usize = 8;

/// The first eight bytes of a word as a number. No word holds a zero byte, so that shorter ones are told by it alone.
#[inline]
pub(crate) fn head(word: &[u8]) -> u64 {
    if let Some(eight) = word.first_chunk::<HEAD>() {
        return u64::from_le_bytes(*eight);
    }
    if let (Some(first), Some(last)) = (word.first_chunk::<4>(), word.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last)) << (8 * (word.len() - 4));
        return u64::from(u32::from_le_bytes(*first)) | last;
    }
    word.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte))
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
    #[inline]
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
        fn the_head_is_the_first_bytes(word in prop::collection::vec(1_u8.., 0..12)) {
            let mut padded = word.clone();
            padded.resize(12, 0);
            prop_assert_eq!(head(&word), u64::from_le_bytes(*padded.first_chunk().expect("long enough")));
        }

        #[test]
        fn the_modulus_is_the_rest_of_the_division(value: u32, divisor in 1_u32..=i32::MAX.unsigned_abs()) {
            prop_assert_eq!(Modulus::new(divisor).of(value), value % divisor);
        }
    }
}
