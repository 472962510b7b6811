//! Looking at text many bytes at a time.

/// The lowest and the highest bit of each of eight bytes.
pub(crate) const EACH_ONE: u64 = 0x0101_0101_0101_0101;
pub(crate) const EACH_TOP: u64 = EACH_ONE << 7;

/// The highest bit of each byte that is a blank; the others may have anything but their own highest bit.
pub(crate) fn blanks_in(word: u64) -> u64 {
    let differing = word ^ (u64::from(b' ') * EACH_ONE);
    // Adding 0x7F sets the highest bit of every byte that is neither 0 nor above 0x7F, without a carry to the next.
    !(((differing & !EACH_TOP) + !EACH_TOP) | differing) & EACH_TOP
}

/// The bytes whose highest bit in `gone` is not set. No branch: they come too irregularly to be predicted.
pub(crate) fn without(bytes: [u8; 8], gone: u64, room: &mut [u8; 8]) -> &[u8] {
    let mut kept = 0;
    for (byte, top) in bytes.into_iter().zip((7..64).step_by(8)) {
        room[kept & 7] = byte;
        kept += usize::from(gone >> top & 1 == 0);
    }
    room.get(..kept).unwrap_or_default()
}

/// How many bytes at the start are Han characters of U+4000 to U+9FFF, which stay as they are in every form: of three
/// bytes each, and no others begin with the same bytes.
pub(crate) fn han_prefix(bytes: &[u8]) -> usize {
    3 * bytes.chunks_exact(3).take_while(|chunk| matches!(chunk.first(), Some(0xE4..=0xE9))).count()
}

/// How many bytes at the start are ASCII.
pub(crate) fn ascii_prefix(bytes: &[u8]) -> usize {
    let whole = bytes.chunks_exact(32).take_while(|chunk| chunk.is_ascii()).count() * 32;
    let rest = bytes.get(whole..).unwrap_or_default();
    whole + rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_found_and_nothing_else() {
        assert_eq!(blanks_in(u64::from_le_bytes(*b" a\x21\xA0\x00 \x1F ")), 0x8000_8000_0000_0080);
        for byte in 0..=u8::MAX {
            let expected = if byte == b' ' { EACH_TOP } else { 0 };
            assert_eq!(blanks_in(u64::from(byte) * EACH_ONE), expected, "{byte}");
        }
    }

    #[test]
    fn bytes_that_go() {
        assert_eq!(without(*b"abcdefgh", 0x80 | 0x80 << 24, &mut [0; 8]), b"bcefgh");
        assert_eq!(without(*b"abcdefgh", EACH_TOP, &mut [0; 8]), b"");
        assert_eq!(without(*b"abcdefgh", 0, &mut [0; 8]), b"abcdefgh");
    }

    #[test]
    fn prefixes() {
        let long = format!("{}é", "x".repeat(45));
        assert_eq!((ascii_prefix(long.as_bytes()), ascii_prefix(b""), ascii_prefix("é".as_bytes())), (45, 0, 0));
        assert_eq!(han_prefix("䀀一鿿。".as_bytes()), 9);
        assert_eq!((han_prefix("ꀀ".as_bytes()), han_prefix("㿿".as_bytes()), han_prefix(b"")), (0, 0, 0));
    }
}
