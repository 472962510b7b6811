//! Which languages come into question where a text has the commonest words of one.
//!
//! whatlang compares a text with forty languages of Latin letters, three hundred trigrams each, which costs more than all
//! else that is done with a sample. Where the function words of a language stand in a text, and hardly any of others, only
//! that language and those that are like one of the seven below come into question.

use std::sync::LazyLock;

use whatlang::Lang;

/// Function words without accents, of at most [`LONGEST`] letters; those that two languages share count for both.
const WORDS: &[(Lang, &[&str])] = &[
    (
        Lang::Eng,
        &["the", "of", "and", "to", "is", "that", "for", "with", "are", "this", "be", "was", "which", "from", "it"],
    ),
    (
        Lang::Deu,
        &["der", "die", "und", "das", "ist", "nicht", "den", "von", "mit", "ein", "eine", "sich", "auf", "dem", "zu"],
    ),
    (
        Lang::Fra,
        &["le", "la", "les", "des", "et", "est", "une", "pour", "dans", "qui", "que", "sur", "du", "pas", "vous"],
    ),
    (Lang::Spa, &["el", "la", "los", "las", "y", "una", "es", "por", "del", "que", "de", "se", "para", "su", "como"]),
    (Lang::Por, &["o", "os", "uma", "do", "da", "em", "para", "com", "um", "ao", "dos", "das", "que", "de", "por"]),
    (
        Lang::Ita,
        &["il", "di", "che", "la", "per", "una", "sono", "del", "della", "con", "gli", "le", "non", "nel", "si"],
    ),
    (
        Lang::Nld,
        &["de", "het", "een", "van", "en", "is", "dat", "op", "te", "zijn", "voor", "niet", "met", "aan", "er"],
    ),
];

/// The seven, and the languages of whatlang that are like one of them.
const RIVALS: &[Lang] = &[
    Lang::Eng,
    Lang::Deu,
    Lang::Fra,
    Lang::Spa,
    Lang::Por,
    Lang::Ita,
    Lang::Nld,
    Lang::Afr,
    Lang::Cat,
    Lang::Dan,
    Lang::Lat,
    Lang::Nob,
    Lang::Ron,
    Lang::Swe,
];

/// Letters of the longest function word.
const LONGEST: usize = 7;
/// Least share of the words of a text that are function words of its language: prose has a third, lists a tenth.
const LEAST_SHARE: f64 = 0.15;
/// How many times as many of its own function words as of another language it has.
const LEAST_LEAD: u32 = 2;

/// Words as numbers with the languages that have them as bits, sorted.
static TABLE: LazyLock<Vec<(u64, u8)>> = LazyLock::new(|| {
    let mut table: Vec<(u64, u8)> = Vec::new();
    for (place, (_, words)) in WORDS.iter().enumerate() {
        for word in *words {
            let key = word.bytes().fold(0, |key, byte| key << 8 | u64::from(byte));
            match table.iter_mut().find(|(known, _)| *known == key) {
                Some((_, languages)) => *languages |= 1 << place,
                None => table.push((key, 1 << place)),
            }
        }
    }
    table.sort_unstable();
    table
});

/// The languages that `text` may be in; `None` where its words do not tell.
pub(crate) fn rivals(text: &str) -> Option<Vec<Lang>> {
    let (mut all, mut counts) = (0_u32, [0_u32; WORDS.len()]);
    each_word(text, |key| {
        all += 1;
        let Ok(at) = TABLE.binary_search_by_key(&key, |(known, _)| *known) else { return };
        for (place, count) in counts.iter_mut().enumerate() {
            *count += u32::from(TABLE[at].1 >> place & 1);
        }
    });
    counts.sort_unstable();
    let [.., second, most] = counts;
    let tells = f64::from(most) >= LEAST_SHARE * f64::from(all) && most >= LEAST_LEAD * second.max(1);
    tells.then(|| RIVALS.to_vec())
}

/// Calls `on_word` with each run of letters as a number: its bytes in small letters. A long one, or one with letters beyond
/// ASCII, is 0.
fn each_word(text: &str, mut on_word: impl FnMut(u64)) {
    let (mut key, mut length) = (0_u64, 0);
    for byte in text.bytes().chain([b' ']) {
        if byte.is_ascii_alphabetic() || !byte.is_ascii() {
            length += if byte.is_ascii() { 1 } else { LONGEST + 1 };
            key = key << 8 | u64::from(byte.to_ascii_lowercase());
            continue;
        }
        if length > 0 {
            on_word(if length <= LONGEST { key } else { 0 });
        }
        (key, length) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_words_tell_and_names_do_not() {
        let english = "The committee will publish the report of the library, and it is for all that read.";
        let german = "Der Bericht der Kommission ist nicht von dem Autor, und das ist auf die Zeit zu beziehen.";
        for (text, tells) in [(english, true), (german, true), ("Paris London Rome Berlin Madrid", false), ("", false)]
        {
            assert_eq!(rivals(text).is_some(), tells, "{text}");
        }
        assert!(rivals(&format!("{english} {german}")).is_none());
        assert!(
            WORDS.iter().all(|(language, words)| RIVALS.contains(language) && words.iter().all(|w| w.len() <= LONGEST))
        );
    }

    #[test]
    fn words_are_runs_of_letters_in_any_case() {
        let mut words = Vec::new();
        each_word("The été, x2 ABCDEFGH", |key| words.push(key));
        let the = u64::from_be_bytes([0, 0, 0, 0, 0, b't', b'h', b'e']);
        assert_eq!(words, [the, 0, u64::from(b'x'), 0]);
    }
}
