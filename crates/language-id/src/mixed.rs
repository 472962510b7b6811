//! Which script decides where a text mixes scripts, and capitals as small letters: what is done to a text before a
//! model sees it.

use std::borrow::Cow;

/// The least share of a text's words at which a script of East or Southeast Asia decides beside words of other scripts.
///
/// Technical Chinese and Japanese is full of Latin names, and English on China has few Chinese characters. By letters
/// alone the first would be Latin, since a Latin word has five of them and a Chinese one two. `tests/mixed.rs` measures it on
/// the development data.
const DECIDES: f64 = 1.0 / 3.0;

/// Scripts whose letters are told apart from all others, and which write a word with few letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dense {
    /// Chinese characters and kana: Japanese has both.
    Chinese,
    Hangul,
    Thai,
    Khmer,
    Myanmar,
}

/// With the letters that a word has in the mean.
const DENSE: [(Dense, f64); 5] =
    [(Dense::Chinese, 2.0), (Dense::Hangul, 2.5), (Dense::Thai, 5.0), (Dense::Khmer, 5.0), (Dense::Myanmar, 5.0)];

impl Dense {
    fn of(char: char) -> Option<Self> {
        match char {
            '\u{3005}'
            | '\u{3007}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30A1}'..='\u{30FA}'
            | '\u{30FC}'..='\u{30FF}'
            | '\u{31F0}'..='\u{31FF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3134F}' => Some(Self::Chinese),
            '\u{1100}'..='\u{11FF}' | '\u{3131}'..='\u{318E}' | '\u{AC00}'..='\u{D7A3}' => Some(Self::Hangul),
            '\u{0E01}'..='\u{0E3A}' | '\u{0E40}'..='\u{0E4E}' => Some(Self::Thai),
            '\u{1780}'..='\u{17D3}' => Some(Self::Khmer),
            '\u{1000}'..='\u{103F}' => Some(Self::Myanmar),
            _ => None,
        }
    }
}

/// What of `text` a model by alphabets should see: all of it, or only the letters of the script that decides.
pub(crate) fn deciding(text: &str) -> Cow<'_, str> {
    // No letter of these scripts has fewer than three bytes.
    if !text.bytes().any(|byte| byte >= 0xE0) {
        return Cow::Borrowed(text);
    }
    let mut letters = [0_u64; DENSE.len()];
    let (mut words, mut inside) = (0_u64, false);
    for char in text.chars() {
        let dense = Dense::of(char);
        if let Some(count) = dense.and_then(|dense| letters.get_mut(dense as usize)) {
            *count += 1;
        }
        let letter = dense.is_none() && char.is_alphabetic();
        words += u64::from(letter && !inside);
        inside = letter;
    }
    let weights = DENSE.iter().zip(letters).map(|((dense, length), count)| (*dense, count as f64 / length));
    let all = words as f64 + weights.clone().map(|(_, weight)| weight).sum::<f64>();
    let Some((most, weight)) = weights.max_by(|a, b| a.1.total_cmp(&b.1)) else { return Cow::Borrowed(text) };
    // Where nothing else stands beside it, the model has to decide nothing.
    if words == 0 || weight == 0.0 || weight < DECIDES * all {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|char| if Dense::of(char) == Some(most) { char } else { ' ' }).collect())
}

/// The least share of letters that Russian and Belarusian have, and Bulgarian, Macedonian, Serbian and Ukrainian have not,
/// at which a text is in none of these four. Russian has more than twice as many.
const EASTERN: f64 = 0.01;

/// Whether `text` has the letters `ы`, `э` and `ё` of Russian and Belarusian, and more than a name brings into a text of some length.
pub(crate) fn has_letters_of_russian(text: &str) -> bool {
    // The first byte of every Cyrillic letter that is meant.
    if !text.bytes().any(|byte| matches!(byte, 0xD0 | 0xD1)) {
        return false;
    }
    let (mut own, mut all) = (0_u64, 0_u64);
    for char in text.chars().filter(|char| char.is_alphabetic()) {
        own += u64::from(matches!(char, 'ы' | 'э' | 'ё' | 'Ы' | 'Э' | 'Ё'));
        all += 1;
    }
    own > 0 && own as f64 >= EASTERN * all as f64
}

/// A text that is mostly in capitals, in small letters: models have seen few headlines, and take capitals of one
/// language for words of another.
pub(crate) fn without_capitals(text: &str) -> Cow<'_, str> {
    let (mut capital, mut small) = ascii_cases(text.as_bytes());
    if !text.is_ascii() {
        for char in text.chars().filter(|char| !char.is_ascii() && !is_caseless(*char)) {
            capital += u64::from(char.is_uppercase());
            small += u64::from(char.is_lowercase());
        }
    }
    if capital > small { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

/// ASCII capitals and small letters.
fn ascii_cases(bytes: &[u8]) -> (u64, u64) {
    let (mut capital, mut small) = (0, 0);
    // So many that a byte can count them, which the compiler does for many at a time.
    for bytes in bytes.chunks(usize::from(u8::MAX)) {
        let (mut capitals, mut smalls) = (0_u8, 0_u8);
        for byte in bytes {
            capitals = capitals.wrapping_add(u8::from(byte.is_ascii_uppercase()));
            smalls = smalls.wrapping_add(u8::from(byte.is_ascii_lowercase()));
        }
        capital += u64::from(capitals);
        small += u64::from(smalls);
    }
    (capital, small)
}

/// Whether `char` stands in a large block without capitals and small letters: Chinese, kana, hangul.
fn is_caseless(char: char) -> bool {
    matches!(char, '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7FF}')
}

/// Whether there is anything that a language could be told by.
pub(crate) fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_third_of_the_words_decides() {
        // Two characters are a word.
        for (text, decides) in [
            ("委员 one two", true),
            ("委员 one two three", false),
            ("委员", false),
            ("one two", false),
            ("위원회는 내년 one two three", true),
            ("คณะกรรมการ API gateway", true),
            ("The city is called 北京 today and 北平 before", false),
            ("пример 委员 words", true),
        ] {
            assert_eq!(matches!(deciding(text), Cow::Owned(_)), decides, "{text}");
        }
        assert_eq!(deciding("委员a会b").replace(' ', ""), "委员会");
    }

    #[test]
    fn blocks_without_case_have_no_case() {
        assert!(('\0'..=char::MAX).filter(|char| is_caseless(*char)).all(|c| !c.is_uppercase() && !c.is_lowercase()));
        for length in [0, 1, 254, 255, 256, 600] {
            assert_eq!(ascii_cases("Ab".repeat(length).as_bytes()), (length as u64, length as u64));
        }
    }

    #[test]
    fn capitals_are_folded_where_they_prevail() {
        for (text, seen) in
            [("ABCd", "abcd"), ("ABcd", "ABcd"), ("ÉTÉ é", "été é"), ("Titel", "Titel"), ("12", "12"), ("", "")]
        {
            assert_eq!(without_capitals(text), seen);
        }
    }

    proptest! {
        #[test]
        fn what_decides_is_part_of_the_text(text in "[a-cα-γ一-三가-나ก-ค .]{0,40}") {
            let seen = deciding(&text);
            prop_assert_eq!(seen.chars().count(), text.chars().count());
            prop_assert!(seen.chars().zip(text.chars()).all(|(ours, theirs)| ours == theirs || ours == ' '));
        }
    }
}
