use std::ops::Range;

/// A bit for each document.
#[derive(Debug, Clone)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    /// `len` bits, none set.
    pub(crate) fn new(len: u32) -> Self {
        Self(vec![0; (len as usize).div_ceil(64)])
    }

    pub(crate) fn set(&mut self, bit: u32) {
        self.0[bit as usize / 64] |= 1 << (bit % 64);
    }

    pub(crate) fn get(&self, bit: u32) -> bool {
        self.0[bit as usize / 64] >> (bit % 64) & 1 == 1
    }

    /// The bits `range`, eight a byte, the first in the lowest place of the first byte.
    pub(crate) fn slice(&self, range: Range<u32>) -> Vec<u8> {
        let mut bytes = vec![0_u8; (range.len()).div_ceil(8)];
        for (at, bit) in range.enumerate() {
            bytes[at / 8] |= u8::from(self.get(bit)) << (at % 8);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_starts_with_its_first_bit() {
        let mut bits = Bits::new(100);
        [3, 63, 64, 70].into_iter().for_each(|bit| bits.set(bit));
        assert_eq!(bits.slice(63..72), [0b1000_0011, 0]);
        assert_eq!(bits.slice(3..4), [1]);
        assert_eq!(bits.slice(5..5), [0_u8; 0]);
    }
}
