use std::fmt::Debug;

/// Bytes of a word.
pub const WORD: usize = 8;

/// A record of a fixed number of 64-bit words, ordered word by word: the key first, then what belongs to it. Two words
/// are a key of 64 bits and a number, three are a key of 128 bits and a number.
pub trait Record: Copy + Ord + Send + Sync + Debug + 'static {
    /// Bytes of a record in a file.
    const WIDTH: usize;

    /// The first word, by which records are cut into partitions.
    fn lead(&self) -> u64;

    /// Whether it comes before `other`. As `<`, and quick where the first words differ.
    fn precedes(&self, other: &Self) -> bool;

    /// Appends it in little-endian words.
    fn write(&self, bytes: &mut Vec<u8>);

    /// Appends the records that `bytes` hold to `records`; what is left over at the end is no record.
    fn read_all(bytes: &[u8], records: &mut Vec<Self>);
}

impl<const N: usize> Record for [u64; N] {
    const WIDTH: usize = N * WORD;

    fn lead(&self) -> u64 {
        self.first().copied().unwrap_or(0)
    }

    fn precedes(&self, other: &Self) -> bool {
        let (left, right) = (self.lead(), other.lead());
        if left == right { self < other } else { left < right }
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
    }

    fn read_all(bytes: &[u8], records: &mut Vec<Self>) {
        let words = bytes.as_chunks::<WORD>().0.as_chunks::<N>().0;
        records.extend(words.iter().map(|words| words.map(u64::from_le_bytes)));
    }
}
