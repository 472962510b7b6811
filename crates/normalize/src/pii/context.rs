//! What stands before a number: on its line, and near.

/// Bytes looked at before a number.
const REACH: usize = 96;

/// The text before byte `at`, on its line and within reach.
pub(super) fn before(text: &str, at: usize) -> &str {
    let from = (at.saturating_sub(REACH)..=at).find(|from| text.is_char_boundary(*from)).unwrap_or(at);
    let near = text.get(from..at).unwrap_or_default();
    near.rsplit('\n').next().unwrap_or_default()
}

/// The word at the end of `text`: letters, digits and `_` of a script that puts blanks between words.
pub(super) fn last_word(text: &str) -> &str {
    let length: usize = text.chars().rev().take_while(|char| is_word(*char)).map(char::len_utf8).sum();
    text.get(text.len() - length..).unwrap_or_default()
}

/// Without the last word.
pub(super) fn without_word<'t>(text: &'t str, word: &str) -> &'t str {
    text.get(..text.len() - word.len()).unwrap_or_default()
}

fn is_word(char: char) -> bool {
    char == '_' || (char.is_alphanumeric() || is_combining(char)) && !is_unspaced(char)
}

/// Accents that are characters of their own.
pub(super) fn is_combining(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}')
}

/// Letters of scripts that put no blanks between words, and of Korean, which hangs particles on words: beside an ASCII
/// letter these are the end of a word.
pub(super) fn is_unspaced(char: char) -> bool {
    matches!(u32::from(char),
        0xe00..=0x109f      // Thai to Myanmar
        | 0x1100..=0x11ff   // Hangul jamo
        | 0x1780..=0x17ff   // Khmer
        | 0x2e80..=0x2fdf   // Han radicals
        | 0x3005..=0x31bf   // Kana, Bopomofo, Hangul jamo
        | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf | 0x4e00..=0xa4cf // Han, Yi
        | 0xa960..=0xa97f | 0xac00..=0xd7ff // Hangul
        | 0xf900..=0xfaff | 0xff66..=0xffdc
        | 0x2_0000..=0x3_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_and_its_last_word() {
        assert_eq!(before("one\ntwo 8", 8), "two ");
        assert_eq!(before(&"中".repeat(100), 300).chars().count(), 32);
        assert_eq!(before("é", 0), "");
        for (text, word) in
            [("a version", "version"), ("版本ver_2", "ver_2"), ("версия", "версия"), ("版本", ""), ("a ", "")]
        {
            assert_eq!(last_word(text), word);
            assert_eq!(format!("{}{word}", without_word(text, word)), text);
        }
    }
}
