//! As much of a long text as tells its language.

/// Pieces of a sample, spread over the text.
const PIECES: usize = 8;
/// Bytes of a piece, give or take a word: together about a thousand, in which whatlang's most frequent trigrams come in the
/// order that they have in the language.
const PIECE_BYTES: usize = 150;
/// One character of another script among so many of Latin letters, or the other way round, and a text is mixed.
const MIXED: usize = 16;
/// Bytes in which a piece may begin or end later, so that it does so between words.
const WORD_BYTES: usize = 32;

/// Pieces of `text` from its beginning to its end, with spaces between; `None` where it is hardly longer than they are, and
/// where it mixes scripts, so that pieces may miss the one that decides.
pub(crate) fn spread(text: &str) -> Option<String> {
    let sampled = PIECES * (PIECE_BYTES + WORD_BYTES);
    if text.len() < 2 * sampled || is_mixed(text.as_bytes()) {
        return None;
    }
    let step = text.len() / PIECES;
    let mut sample = String::with_capacity(sampled + PIECES);
    for piece in 0..PIECES {
        let start = if piece == 0 { 0 } else { border(text, piece * step) };
        let end = border(text, piece * step + PIECE_BYTES);
        sample.push_str(text.get(start..end).unwrap_or_default());
        sample.push(' ');
    }
    Some(sample)
}

/// Whether both Latin letters and characters of other scripts are there in numbers.
fn is_mixed(bytes: &[u8]) -> bool {
    let (mut latin, mut other) = (0, 0);
    // So many that a byte can count them, which the compiler does for many at a time.
    for bytes in bytes.chunks(usize::from(u8::MAX)) {
        let (mut latins, mut others) = (0_u8, 0_u8);
        for byte in bytes {
            latins = latins.wrapping_add(u8::from(byte.is_ascii_alphabetic()));
            // The first bytes of Greek and all that comes after it, but of dashes and quotation marks.
            others = others.wrapping_add(u8::from(*byte >= 0xCE && *byte != 0xE2));
        }
        latin += usize::from(latins);
        other += usize::from(others);
    }
    MIXED * latin.min(other) > latin.max(other)
}

/// The first place from `at` on between words, or else between characters.
fn border(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let near = bytes.get(at..(at + WORD_BYTES).min(bytes.len())).unwrap_or_default();
    match near.iter().position(u8::is_ascii_whitespace) {
        Some(offset) => at + offset,
        None => (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn short_texts_are_seen_whole_and_long_ones_from_end_to_end() {
        let least = 2 * PIECES * (PIECE_BYTES + WORD_BYTES);
        assert_eq!(spread(&"a".repeat(least - 1)), None);
        assert!(spread(&"a".repeat(least)).is_some() && spread(&"“été” – ".repeat(least)).is_some());
        assert!(spread(&"中文".repeat(least)).is_some());
        assert_eq!(spread(&"Пример text ".repeat(least)), None);
        let words: Vec<String> = (0..2000).map(|number| format!("word{number:04}")).collect();
        let text = words.join(" ");
        let sample = spread(&text).expect("long");
        assert!(sample.split_whitespace().all(|word| words.iter().any(|known| known == word)), "{sample}");
        let numbers: Vec<usize> = sample.split_whitespace().filter_map(|word| word.get(4..)?.parse().ok()).collect();
        assert!(numbers.is_sorted() && numbers.first() == Some(&0) && numbers.last() > Some(&1600), "{numbers:?}");
    }

    proptest! {
        #[test]
        fn samples_are_small_and_parts_of_the_text(piece in "[a-cä中 ]{1,40}", times in 100..3000_usize) {
            let text = piece.repeat(times);
            if let Some(sample) = spread(&text) {
                prop_assert!(sample.len() <= PIECES * (PIECE_BYTES + 2 * WORD_BYTES + 1));
                prop_assert!(sample.chars().all(|char| char == ' ' || piece.contains(char)));
            }
        }
    }
}
