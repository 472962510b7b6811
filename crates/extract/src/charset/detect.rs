//! Charsets that pages do not declare.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, WINDOWS_1251, X_MAC_CYRILLIC};

/// Bytes that are looked at, 256 KiB: more changes no answer and costs time.
const SAMPLE_BYTES: usize = 256 << 10;

/// The charset that `chardetng` finds most likely. `top_level_domain` is a hint, as `jp`.
pub(super) fn detect(bytes: &[u8], top_level_domain: Option<&str>) -> &'static Encoding {
    let sample = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    if is_mac_cyrillic(sample) {
        return X_MAC_CYRILLIC;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(sample, sample.len() == bytes.len());
    // The detector panics on anything but lower-case ASCII letters.
    let hint = top_level_domain.filter(|hint| !hint.is_empty() && hint.bytes().all(|byte| byte.is_ascii_lowercase()));
    detector.guess(hint.map(str::as_bytes), Utf8Detection::Allow)
}

/// Whether the page is in the Cyrillic of old Macintoshes, which the detector does not know. It has
/// most small letters where windows-1251 has them, but `я`, among the commonest, at 0xDF, and the
/// capitals at 0x80 to 0x9F, where windows-1251 has letters of Serbian and quotation marks.
fn is_mac_cyrillic(bytes: &[u8]) -> bool {
    let count = |wanted: fn(u8) -> bool| bytes.iter().filter(|byte| wanted(**byte)).count();
    let small = count(|byte| (0xe0..=0xfe).contains(&byte));
    let beyond_ascii = count(|byte| byte >= 0x80);
    let ya = count(|byte| byte == 0xdf);
    let capitals = count(|byte| (0x80..=0x9f).contains(&byte));
    let other_ya = count(|byte| byte == 0xff);
    let other_capitals = count(|byte| (0xc0..=0xde).contains(&byte));
    let has_small_letters = small >= 20 && small * 10 >= beyond_ascii * 7;
    has_small_letters
        && ya * 100 >= small
        && ya > 4 * other_ya
        && capitals > 2 * other_capitals
        && reads_as_words(bytes)
}

/// Whether small letters mostly follow letters in both readings, as in words: bytes of two-byte
/// charsets do not.
fn reads_as_words(bytes: &[u8]) -> bool {
    let (text, wrong) = WINDOWS_1251.decode_without_bom_handling(bytes);
    let words = text.split(|char: char| !char.is_alphabetic());
    let (mut letters, mut count) = (0, 0);
    for word in words.filter(|word| !word.is_ascii()) {
        letters += word.chars().count();
        count += 1;
    }
    !wrong && count > 0 && (2..=15).contains(&(letters / count))
}

/// Units of two or four bytes without a byte order mark: their width and whether the first byte is
/// the low one. Markup is ASCII, whose other bytes are zero; no other charset has zeros.
pub(super) fn wide_units(bytes: &[u8]) -> Option<(usize, bool)> {
    let sample = bytes.get(..4096).unwrap_or(bytes);
    let share = |width: usize, low: usize| {
        let units = sample.chunks_exact(width);
        let total = units.len().max(1);
        let ascii = units.filter(|unit| {
            let value = unit.get(low).copied().unwrap_or(0);
            let is_text = (0x20..0x7f).contains(&value) || matches!(value, b'\n' | b'\r' | b'\t');
            is_text && unit.iter().enumerate().all(|(at, byte)| at == low || *byte == 0)
        });
        ascii.count() as f64 / total as f64
    };
    if sample.len() < 8 {
        return None;
    }
    let candidates = [(4, 0, true), (4, 3, false), (2, 0, true), (2, 1, false)];
    let found = candidates.iter().find(|(width, low, _)| share(*width, *low) >= MIN_ASCII_UNITS);
    found.map(|(width, _, little)| (*width, *little))
}

/// Share of ASCII characters from which a page of two- or four-byte units is one.
const MIN_ASCII_UNITS: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_without_a_mark_are_found() {
        let text = "<p>текст и 文字 and some markup</p>";
        let two = |from: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(from).collect::<Vec<u8>>();
        let four = |from: fn(u32) -> [u8; 4]| text.chars().flat_map(|char| from(char.into())).collect::<Vec<u8>>();
        assert_eq!(wide_units(&two(u16::to_le_bytes)), Some((2, true)));
        assert_eq!(wide_units(&two(u16::to_be_bytes)), Some((2, false)));
        assert_eq!(wide_units(&four(u32::to_le_bytes)), Some((4, true)));
        assert_eq!(wide_units(&four(u32::to_be_bytes)), Some((4, false)));
        assert_eq!(wide_units(text.as_bytes()), None);
        assert_eq!(wide_units(b"a\0"), None);
    }

    #[test]
    fn the_two_cyrillic_charsets_are_told_apart() {
        let text = "Семья приехала в деревню. Яблоня стояла у дома, и дети собирали яблоки для своей бабушки. \
                    Вечером они пили чай, смотрели на реку и пели песни, которые знала вся деревня.";
        for encoding in [X_MAC_CYRILLIC, WINDOWS_1251] {
            let (bytes, _, _) = encoding.encode(text);
            assert_eq!(detect(&bytes, None).name(), encoding.name());
        }
    }
}
