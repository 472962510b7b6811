//! Sequences of characters that text in no language has, but UTF-8 read in a one-byte code page does.

use std::sync::LazyLock;

use regex::Regex;

use super::sequences::Sequences;
use super::tables;

/// Letters outside ASCII, of either case.
const ACCENTED: &str = "{upper_accented}{lower_accented}";
/// Punctuation that opens or closes.
const PUNCTUATION: &str = "{start_punctuation}{end_punctuation}";
/// Python's `\w`.
const WORD: &str = r"[\p{L}\p{N}_]";
/// Python's `\s`.
const SPACE: &str = r"[\s\u{1c}-\u{1f}]";

/// The sequences of ftfy 6.3.1's `badness.py`, in its order: at each place one character or one of a class. Braces
/// name a class of [`tables`]. One more stands only at the start of a text: see [`starts_unlikely`].
const SEQUENCES: &[&str] = &[
    "[{c1}]",
    "[{bad}{accented}{box}{punctuation}{currency}{numeric}{law}][{bad}]",
    "[a-zA-Z][{lower_common}{upper_common}][{bad}]",
    "[{bad}][{accented}{box}{punctuation}{currency}{numeric}{law}]",
    "[{lower_accented}{lower_common}{box}{end_punctuation}{currency}{numeric}][{upper_accented}]",
    "[{box}{end_punctuation}{currency}{numeric}][{lower_accented}]",
    "[{lower_accented}{box}{end_punctuation}][{currency}]",
    "{space}[{upper_accented}][{currency}]",
    "[{upper_accented}{box}][{numeric}{law}]",
    "[{accented}{box}{currency}{end_punctuation}][{start_punctuation}][{numeric}]",
    "[{accented}{currency}{numeric}{box}{law}][{end_punctuation}][{start_punctuation}]",
    "[{currency}{numeric}{box}][{start_punctuation}]",
    "[a-z][{upper_accented}][{start_punctuation}{currency}]",
    "[{box}][{kaomoji}]",
    "[{accented}{currency}{numeric}{punctuation}{law}][{box}]",
    "[{box}][{end_punctuation}]",
    "[{accented}][{punctuation}]{word}",
    "[Œœ][^A-Za-z]",
    "[{upper_accented}]°",
    // Windows-1252.
    "[ÂÃÎÐ][€œŠš¢£Ÿž\u{a0}\u{ad}®©°·»{punctuation}–—´]",
    "×[²³]",
    "[ØÙ][{common}{currency}{bad}{numeric}{start_punctuation}ŸŠ®°µ»][ØÙ][{common}{currency}{bad}{numeric}{start_punctuation}ŸŠ®°µ»]",
    "à[²µ¹¼½¾]",
    // Mac Roman.
    "√[±∂†≠®™´≤≥¥µø]",
    "≈[°¢]",
    "‚Ä[ìîïòôúùû†°¢π]",
    "‚[âó][àä°ê]",
    // Windows-1251.
    "вЂ",
    "[ВГРС][{c1}{bad}{punctuation}{currency}°µ][ВГРС]",
    "ГўВЂВ.[A-Za-z ]",
    // What stands for `à`, `á`, a no-break space, or a character after `Â` that is that character.
    "Ã[\u{a0}¡]",
    "[a-z][ÃÂ][ ]",
    "[a-z]{space}[ÃÂ][ ]",
    "[a-z.,?!{end_punctuation}]Â[ {punctuation}]",
    // Windows-1253.
    "β€[™\u{a0}Ά\u{ad}®°]",
    "[ΒΓΞΟ][{c1}{bad}{punctuation}{currency}°][ΒΓΞΟ]",
    // Windows-1257.
    "ā€",
];

/// Insides of brackets by name; those that name others come first.
const CLASSES: &[(&str, &str)] = &[
    ("{accented}", ACCENTED),
    ("{punctuation}", PUNCTUATION),
    ("{word}", WORD),
    ("{space}", SPACE),
    ("{common}", tables::COMMON),
    ("{c1}", tables::C1),
    ("{bad}", tables::BAD),
    ("{law}", tables::LAW),
    ("{currency}", tables::CURRENCY),
    ("{start_punctuation}", tables::START_PUNCTUATION),
    ("{end_punctuation}", tables::END_PUNCTUATION),
    ("{numeric}", tables::NUMERIC),
    ("{kaomoji}", tables::KAOMOJI),
    ("{upper_accented}", tables::UPPER_ACCENTED),
    ("{lower_accented}", tables::LOWER_ACCENTED),
    ("{upper_common}", tables::UPPER_COMMON),
    ("{lower_common}", tables::LOWER_COMMON),
    ("{box}", tables::BOX),
    ("{first_of_2}", tables::UTF8_FIRST_OF_2),
    ("{first_of_3}", tables::UTF8_FIRST_OF_3),
    ("{first_of_4}", tables::UTF8_FIRST_OF_4),
    ("{continuation}", tables::UTF8_CONTINUATION),
];

/// What looks like the bytes of UTF-8 characters, one after the other.
pub(super) static ENCODED: LazyLock<Regex> = LazyLock::new(|| {
    compile("(?:[{first_of_2}][{continuation}]|[{first_of_3}][{continuation}]{2}|[{first_of_4}][{continuation}]{3})+")
});

/// Characters that stand for continuation bytes, a space apart.
static CONTINUATION: LazyLock<Regex> = LazyLock::new(|| compile(&format!("^[{}]", tables::UTF8_CONTINUATION_STRICT)));

/// `pattern` with the classes that it names.
fn fill(pattern: &str) -> String {
    CLASSES.iter().fold(pattern.to_owned(), |filled, (name, class)| filled.replace(name, class))
}

fn compile(pattern: &str) -> Regex {
    Regex::new(&fill(pattern)).expect("a fixed expression, compiled by the tests")
}

static UNLIKELY: LazyLock<Sequences> = LazyLock::new(|| Sequences::new(SEQUENCES.iter().map(|pattern| fill(pattern))));

/// Whether `text` has a sequence that only mojibake has.
pub(super) fn is_unlikely(text: &str) -> bool {
    starts_unlikely(text) || UNLIKELY.is_in(text)
}

/// `Ã` or `Â` and a space, at the very start.
fn starts_unlikely(text: &str) -> bool {
    ["Ã ", "Â "].iter().any(|start| text.starts_with(start))
}

/// Whether `character` can stand for a continuation byte.
pub(super) fn continues(character: char) -> bool {
    CONTINUATION.is_match(character.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static AS_REGEX: LazyLock<Regex> = LazyLock::new(|| compile(&format!("{}|^[ÃÂ][ ]", SEQUENCES.join("|"))));

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn sequences_are_found_where_a_regular_expression_finds_them(
            text in "([a-zA-Z .,\\n]|[\u{80}-\u{17f}]|[À-ÿ]|[‘-•€™ŒœŠš°²³]|[А-яЂ]|[Α-ω]|[√≈─-╬]|中|。|\u{3000}|\u{fffd}|\u{f8ff}){0,12}"
        ) {
            prop_assert_eq!(is_unlikely(&text), AS_REGEX.is_match(&text));
        }
    }
}
