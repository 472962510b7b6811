//! The characters that count as punctuation, and as white space, in the published definitions.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which characters count as punctuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Marks {
    /// The 32 of ASCII (Python's `string.punctuation`).
    Ascii,
    /// CCNet's list of non-ASCII punctuation, and control characters.
    Ccnet,
    /// CCNet's list, ASCII, and control characters: datatrove's.
    Datatrove,
    /// datatrove's, and every character of Unicode's category P.
    Unicode,
    /// Marks of sentences: control characters and Unicode's category P without what formulas and programs are written
    /// with, which are `! # $ % & * + - / < = > @ \ ^ _ | ~` and the backtick, their full-width twins but `！`, and signs
    /// of percent and per mille.
    Sentence,
}

/// CCNet's list, sorted. The full-width one is in it by an oversight that made the published hashes.
const CCNET: &[char] = &[
    '«', '´', '»', '–', '—', '’', '“', '”', '„', '…', '∶', '━', '►', '、', '。', '〈', '〉', '《', '》', '「', '」',
    '【', '】', '！', '％', '（', '）', '，', '．', '１', '：', '；', '？', '～',
];

/// Whether a character is punctuation by a list.
pub(crate) fn is_mark(marks: Marks, character: char) -> bool {
    match marks {
        Marks::Ascii => character.is_ascii_punctuation(),
        Marks::Ccnet => character.is_control() || CCNET.binary_search(&character).is_ok(),
        Marks::Datatrove => datatrove(character),
        Marks::Unicode => datatrove(character) || is_unicode_punctuation(character),
        Marks::Sentence => is_sentence_mark(character),
    }
}

fn is_sentence_mark(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, '.' | ',' | ':' | ';' | '?' | '\'' | '"' | '(' | ')' | '[' | ']' | '{' | '}')
            || character.is_ascii_control() && !matches!(character, '\t' | '\n');
    }
    match character {
        '！' => true,
        // `＃`, `％`, `＆`, `＊`, `－`, `／`, `＠`, `＼`, `＿`.
        '\u{ff03}' | '\u{ff05}' | '\u{ff06}' | '\u{ff0a}' | '\u{ff0d}' | '\u{ff0f}' | '\u{ff20}' | '\u{ff3c}'
        | '\u{ff3f}' => false,
        '‰' | '‱' | '٪' | '؉' | '؊' => false,
        _ => character.is_control() || is_unicode_punctuation(character),
    }
}

fn datatrove(character: char) -> bool {
    character.is_ascii_punctuation()
        || character.is_control() && !matches!(character, '\t' | '\n')
        || CCNET.binary_search(&character).is_ok()
}

fn is_unicode_punctuation(character: char) -> bool {
    use GeneralCategory as C;
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        C::DashPunctuation
            | C::OpenPunctuation
            | C::ClosePunctuation
            | C::ConnectorPunctuation
            | C::InitialPunctuation
            | C::FinalPunctuation
            | C::OtherPunctuation
    )
}

/// White space as Python's `\s` has it: Unicode's, and the four separators among the control characters.
pub(crate) fn is_blank(character: char) -> bool {
    character.is_whitespace() || ('\u{1C}'..='\u{1F}').contains(&character)
}

/// The common Han characters: letters without case, accents or any part in numbers and punctuation.
pub(crate) fn is_plain_han(character: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&character) || ('\u{3400}'..='\u{4DBF}').contains(&character)
}

/// Scripts that are written without blanks between words, or (Hangul) with blanks that separate more than words: one
/// character is one token of them.
pub(crate) fn is_unspaced(character: char) -> bool {
    if is_plain_han(character) {
        return true;
    }
    matches!(u32::from(character),
        0x0E00..=0x0FFF     // Thai, Lao, Tibetan
        | 0x1000..=0x109F   // Myanmar
        | 0x1100..=0x11FF   // Hangul jamo
        | 0x1780..=0x17FF   // Khmer
        | 0x1950..=0x19FF   // Tai Le, New Tai Lue, Khmer symbols
        | 0x1A20..=0x1AAF   // Tai Tham
        | 0x1B00..=0x1B7F   // Balinese
        | 0x2E80..=0x2FDF   // Han radicals
        | 0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x3035 | 0x3038..=0x303C
        | 0x3041..=0x31BF   // Kana, Bopomofo, Hangul compatibility jamo
        | 0x31F0..=0x31FF | 0xA000..=0xA4CF // small Kana, Yi
        | 0xA960..=0xA9DF   // Hangul jamo, Javanese
        | 0xA9E0..=0xA9FF | 0xAA60..=0xAA7F // Myanmar
        | 0xAC00..=0xD7FF   // Hangul
        | 0xF900..=0xFAFF | 0xFF66..=0xFFDC // Han compatibility, half-width Kana and Hangul
        | 0x1_B000..=0x1_B16F | 0x2_0000..=0x3_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_as_published() {
        assert!(CCNET.is_sorted());
        assert_eq!(CCNET.len(), 34);
        for mark in "!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_.\"}►»".chars()
        {
            assert!(is_mark(Marks::Datatrove, mark), "{mark}");
        }
        assert!(!is_mark(Marks::Ccnet, '.') && is_mark(Marks::Unicode, '』') && !is_mark(Marks::Datatrove, '』'));
    }

    #[test]
    fn marks_of_sentences_are_none_of_formulas() {
        for mark in ".,:;?'\"()[]{}。，、；：？！（）《》「」“”‘’…—–·¿¡।۔؟\u{7}".chars()
        {
            assert!(is_mark(Marks::Sentence, mark), "{mark}");
        }
        for sign in "!#$%&*+-/<=>@\\^_`|~±×÷√≤∑€°％＋－＝＜＞＆‰１0a中\u{301}\u{94d}\n\t ".chars()
        {
            assert!(!is_mark(Marks::Sentence, sign), "{sign}");
        }
    }

    #[test]
    fn unspaced_scripts() {
        assert!("漢かカ한กລမខ𠀀々ﾃ".chars().all(is_unspaced));
        assert!(!"azé0Жאعह。、 ".chars().any(is_unspaced));
    }
}
