/// Records of bits, the least significant bits first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bits<'a>(pub(super) &'a [u8]);

impl Bits<'_> {
    /// The number of `width` bits, at most 57, at the bit `at`; bits behind the end are 0.
    pub(super) fn read(self, at: u64, width: u32) -> u64 {
        let mut word = [0; 8];
        let from = usize::try_from(at / 8).unwrap_or(usize::MAX);
        let bytes = self.0.get(from..).unwrap_or_default();
        let count = bytes.len().min(8);
        if let (Some(to), Some(bytes)) = (word.get_mut(..count), bytes.get(..count)) {
            to.copy_from_slice(bytes);
        }
        (u64::from_le_bytes(word) >> (at % 8)) & mask(width)
    }

    /// A number of single precision that is not positive, without its sign.
    pub(super) fn probability(self, at: u64) -> f32 {
        f32::from_bits(low(self.read(at, 31)) | 1 << 31)
    }

    /// A number of single precision.
    pub(super) fn float(self, at: u64) -> f32 {
        f32::from_bits(low(self.read(at, 32)))
    }
}

#[allow(clippy::cast_possible_truncation, reason = "at most 32 bits were read")]
fn low(bits: u64) -> u32 {
    bits as u32
}

fn mask(width: u32) -> u64 {
    (1 << width.min(57)) - 1
}

/// Bits of the numbers up to `max`.
pub(super) fn required(max: u64) -> u32 {
    u64::BITS - max.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_any_bit() {
        let bits = Bits(&[0b1010_0110, 0xff, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!((bits.read(0, 3), bits.read(1, 4), bits.read(5, 6)), (0b110, 0b0011, 0b11_1101));
        assert_eq!((bits.read(64, 8), bits.read(60, 5), bits.read(200, 57), bits.read(0, 0)), (1, 16, 0, 0));
        assert_eq!([0, 1, 2, 3, 255, 256].map(required), [0, 1, 2, 2, 8, 9]);
        let half = Bits(&[0, 0, 0, 0x3f]);
        assert_eq!((half.probability(0).to_bits(), half.float(0).to_bits()), ((-0.5_f32).to_bits(), 0.5_f32.to_bits()));
    }
}
