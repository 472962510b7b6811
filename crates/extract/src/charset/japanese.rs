//! Characters that Microsoft's tables of Japanese charsets, which browsers use, show differently
//! from the Japanese standards.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS};

/// Microsoft's character and that of JIS X 0208. The dash between numbers is a full-width tilde in the
/// former, which compatibility normalisation (NFKC) turns into `~`; the standard's wave dash stays.
const PAIRS: [(char, char); 6] = [
    ('\u{ff5e}', '\u{301c}'),
    ('\u{ff0d}', '\u{2212}'),
    ('\u{2225}', '\u{2016}'),
    ('\u{ffe0}', '\u{a2}'),
    ('\u{ffe1}', '\u{a3}'),
    ('\u{ffe2}', '\u{ac}'),
];

/// `text` with the characters of the Japanese standards, where it was written in one of their
/// charsets. Pages with characters that only Microsoft's extension has are left as they are.
pub(super) fn standard<'a>(text: Cow<'a, str>, bytes: &[u8], encoding: &'static Encoding) -> Cow<'a, str> {
    let japanese = [SHIFT_JIS, EUC_JP, ISO_2022_JP].contains(&encoding);
    if !japanese || is_extended(bytes, encoding) || !text.contains(PAIRS.map(|(microsoft, _)| microsoft)) {
        return text;
    }
    let replaced =
        |char| PAIRS.iter().find(|(microsoft, _)| *microsoft == char).map_or(char, |(_, standard)| *standard);
    Cow::Owned(text.chars().map(replaced).collect())
}

/// Whether a page in `Shift_JIS` has double-byte characters of the extensions by NEC and IBM.
fn is_extended(bytes: &[u8], encoding: &'static Encoding) -> bool {
    if encoding != SHIFT_JIS {
        return false;
    }
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        match byte {
            0x87 | 0xed | 0xee | 0xfa..=0xfc => return true,
            0x81..=0x9f | 0xe0..=0xef => {
                rest.next();
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wave_dash_is_the_standard_s_unless_the_page_is_microsoft_s() {
        let read = |bytes: &'static [u8], encoding: &'static Encoding| {
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            standard(text, bytes, encoding).into_owned()
        };
        assert_eq!(read(b"1\x81\x602", SHIFT_JIS), "1\u{301c}2");
        assert_eq!(read(b"1\xa1\xc12", EUC_JP), "1\u{301c}2");
        // The circled one is of NEC's extension.
        assert_eq!(read(b"\x87\x40\x81\x60", SHIFT_JIS), "①\u{ff5e}");
        assert_eq!(read(b"\x83\x87\x81\x60", SHIFT_JIS), "ョ\u{301c}");
    }
}
