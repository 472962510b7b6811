//! Classes of characters, as the published rules' Python code has them.

/// White space as Python's `str.isspace` has it: Unicode's, and the four separator controls.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// A letter (Unicode category L), as in Python's `str.isalpha`.
pub(crate) fn is_letter(c: char) -> bool {
    // The standard library's property also holds for numerals such as `Ⅷ`, for signs that are
    // written on a letter, and for letters in circles.
    c.is_alphabetic() && !c.is_numeric() && !is_in(ALPHABETIC_NO_LETTERS, c)
}

/// Punctuation as datatrove's `PUNCTUATION_SET` has it (`utils/text.py`, 0.10.1): the ASCII marks, controls,
/// the marks that CCNet normalises (which is why the full-width `１` is one) and sentence ends of many scripts.
pub(crate) fn is_punctuation(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_punctuation() || (c.is_ascii_control() && c != '\t' && c != '\n');
    }
    is_in(PUNCTUATION, c)
}

/// Whether `c` is in one of `ranges`, which are ascending and do not overlap.
fn is_in(ranges: &[(char, char)], c: char) -> bool {
    let after = ranges.partition_point(|&(first, _)| first <= c);
    after.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|&(_, last)| c <= last)
}

/// Ranges of punctuation above ASCII, first and last character, ascending.
const PUNCTUATION: &[(char, char)] = &[
    ('\u{80}', '\u{9f}'),
    ('\u{ab}', '\u{ab}'),
    ('\u{b4}', '\u{b4}'),
    ('\u{bb}', '\u{bb}'),
    ('\u{589}', '\u{589}'),
    ('\u{61d}', '\u{61f}'),
    ('\u{6d4}', '\u{6d4}'),
    ('\u{700}', '\u{702}'),
    ('\u{7f9}', '\u{7f9}'),
    ('\u{837}', '\u{837}'),
    ('\u{839}', '\u{839}'),
    ('\u{83d}', '\u{83e}'),
    ('\u{964}', '\u{965}'),
    ('\u{104a}', '\u{104b}'),
    ('\u{1362}', '\u{1362}'),
    ('\u{1367}', '\u{1368}'),
    ('\u{166e}', '\u{166e}'),
    ('\u{1735}', '\u{1736}'),
    ('\u{17d4}', '\u{17d6}'),
    ('\u{17d9}', '\u{17da}'),
    ('\u{1803}', '\u{1803}'),
    ('\u{1809}', '\u{1809}'),
    ('\u{1944}', '\u{1945}'),
    ('\u{1aa8}', '\u{1aab}'),
    ('\u{1b5a}', '\u{1b5b}'),
    ('\u{1b5e}', '\u{1b5f}'),
    ('\u{1b7d}', '\u{1b7e}'),
    ('\u{1c3b}', '\u{1c3c}'),
    ('\u{1c7e}', '\u{1c7f}'),
    ('\u{2013}', '\u{2014}'),
    ('\u{2019}', '\u{2019}'),
    ('\u{201c}', '\u{201e}'),
    ('\u{2026}', '\u{2026}'),
    ('\u{203c}', '\u{203d}'),
    ('\u{2047}', '\u{2049}'),
    ('\u{2236}', '\u{2236}'),
    ('\u{2501}', '\u{2501}'),
    ('\u{25ba}', '\u{25ba}'),
    ('\u{2e2e}', '\u{2e2e}'),
    ('\u{2e3c}', '\u{2e3c}'),
    ('\u{2e53}', '\u{2e54}'),
    ('\u{3001}', '\u{3002}'),
    ('\u{3008}', '\u{300d}'),
    ('\u{3010}', '\u{3011}'),
    ('\u{a4ff}', '\u{a4ff}'),
    ('\u{a60e}', '\u{a60f}'),
    ('\u{a6f3}', '\u{a6f3}'),
    ('\u{a6f7}', '\u{a6f7}'),
    ('\u{a876}', '\u{a877}'),
    ('\u{a8ce}', '\u{a8cf}'),
    ('\u{a92f}', '\u{a92f}'),
    ('\u{a9c8}', '\u{a9c9}'),
    ('\u{aa5d}', '\u{aa5f}'),
    ('\u{aaf0}', '\u{aaf1}'),
    ('\u{abeb}', '\u{abeb}'),
    ('\u{fe52}', '\u{fe52}'),
    ('\u{fe56}', '\u{fe57}'),
    ('\u{ff01}', '\u{ff01}'),
    ('\u{ff05}', '\u{ff05}'),
    ('\u{ff08}', '\u{ff09}'),
    ('\u{ff0c}', '\u{ff0c}'),
    ('\u{ff0e}', '\u{ff0e}'),
    ('\u{ff11}', '\u{ff11}'),
    ('\u{ff1a}', '\u{ff1b}'),
    ('\u{ff1f}', '\u{ff1f}'),
    ('\u{ff5e}', '\u{ff5e}'),
    ('\u{ff61}', '\u{ff61}'),
    ('\u{10a56}', '\u{10a57}'),
    ('\u{10f55}', '\u{10f59}'),
    ('\u{10f86}', '\u{10f89}'),
    ('\u{11047}', '\u{11048}'),
    ('\u{110be}', '\u{110c1}'),
    ('\u{11141}', '\u{11143}'),
    ('\u{111c5}', '\u{111c6}'),
    ('\u{111cd}', '\u{111cd}'),
    ('\u{111de}', '\u{111df}'),
    ('\u{11238}', '\u{11239}'),
    ('\u{1123b}', '\u{1123c}'),
    ('\u{112a9}', '\u{112a9}'),
    ('\u{1144b}', '\u{1144c}'),
    ('\u{115c2}', '\u{115c3}'),
    ('\u{115c9}', '\u{115d7}'),
    ('\u{11641}', '\u{11642}'),
    ('\u{1173c}', '\u{1173e}'),
    ('\u{11944}', '\u{11944}'),
    ('\u{11946}', '\u{11946}'),
    ('\u{11a42}', '\u{11a43}'),
    ('\u{11a9b}', '\u{11a9c}'),
    ('\u{11c41}', '\u{11c42}'),
    ('\u{11ef7}', '\u{11ef8}'),
    ('\u{11f43}', '\u{11f44}'),
    ('\u{16a6e}', '\u{16a6f}'),
    ('\u{16af5}', '\u{16af5}'),
    ('\u{16b37}', '\u{16b38}'),
    ('\u{16b44}', '\u{16b44}'),
    ('\u{16e98}', '\u{16e98}'),
    ('\u{1bc9f}', '\u{1bc9f}'),
    ('\u{1da88}', '\u{1da88}'),
];

/// Ranges in which no alphabetic character that is not numeric is a letter: combining vowel signs and
/// letters in circles (Unicode 14). First and last character, ascending.
const ALPHABETIC_NO_LETTERS: &[(char, char)] = &[
    ('\u{345}', '\u{36f}'),
    ('\u{5b0}', '\u{5c7}'),
    ('\u{610}', '\u{61a}'),
    ('\u{64b}', '\u{65f}'),
    ('\u{670}', '\u{670}'),
    ('\u{6d6}', '\u{6e4}'),
    ('\u{6e7}', '\u{6ed}'),
    ('\u{711}', '\u{711}'),
    ('\u{730}', '\u{73f}'),
    ('\u{7a6}', '\u{7b0}'),
    ('\u{816}', '\u{817}'),
    ('\u{81b}', '\u{823}'),
    ('\u{825}', '\u{827}'),
    ('\u{829}', '\u{82c}'),
    ('\u{8d4}', '\u{903}'),
    ('\u{93a}', '\u{93b}'),
    ('\u{93e}', '\u{94f}'),
    ('\u{955}', '\u{957}'),
    ('\u{962}', '\u{963}'),
    ('\u{981}', '\u{983}'),
    ('\u{9be}', '\u{9cc}'),
    ('\u{9d7}', '\u{9d7}'),
    ('\u{9e2}', '\u{9e3}'),
    ('\u{a01}', '\u{a03}'),
    ('\u{a3e}', '\u{a51}'),
    ('\u{a70}', '\u{a71}'),
    ('\u{a75}', '\u{a83}'),
    ('\u{abe}', '\u{acc}'),
    ('\u{ae2}', '\u{ae3}'),
    ('\u{afa}', '\u{b03}'),
    ('\u{b3e}', '\u{b57}'),
    ('\u{b62}', '\u{b63}'),
    ('\u{b82}', '\u{b82}'),
    ('\u{bbe}', '\u{bcc}'),
    ('\u{bd7}', '\u{c04}'),
    ('\u{c3e}', '\u{c56}'),
    ('\u{c62}', '\u{c63}'),
    ('\u{c81}', '\u{c83}'),
    ('\u{cbe}', '\u{cd6}'),
    ('\u{ce2}', '\u{ce3}'),
    ('\u{d00}', '\u{d03}'),
    ('\u{d3e}', '\u{d4c}'),
    ('\u{d57}', '\u{d57}'),
    ('\u{d62}', '\u{d63}'),
    ('\u{d81}', '\u{d83}'),
    ('\u{dcf}', '\u{df3}'),
    ('\u{e31}', '\u{e31}'),
    ('\u{e34}', '\u{e3a}'),
    ('\u{e4d}', '\u{e4d}'),
    ('\u{eb1}', '\u{eb1}'),
    ('\u{eb4}', '\u{ebc}'),
    ('\u{ecd}', '\u{ecd}'),
    ('\u{f71}', '\u{f83}'),
    ('\u{f8d}', '\u{fbc}'),
    ('\u{102b}', '\u{103e}'),
    ('\u{1056}', '\u{1059}'),
    ('\u{105e}', '\u{1060}'),
    ('\u{1062}', '\u{1064}'),
    ('\u{1067}', '\u{106d}'),
    ('\u{1071}', '\u{1074}'),
    ('\u{1082}', '\u{108d}'),
    ('\u{108f}', '\u{109d}'),
    ('\u{1712}', '\u{1713}'),
    ('\u{1732}', '\u{1733}'),
    ('\u{1752}', '\u{1753}'),
    ('\u{1772}', '\u{1773}'),
    ('\u{17b6}', '\u{17c8}'),
    ('\u{1885}', '\u{1886}'),
    ('\u{18a9}', '\u{18a9}'),
    ('\u{1920}', '\u{1938}'),
    ('\u{1a17}', '\u{1a1b}'),
    ('\u{1a55}', '\u{1a74}'),
    ('\u{1abf}', '\u{1b04}'),
    ('\u{1b35}', '\u{1b43}'),
    ('\u{1b80}', '\u{1b82}'),
    ('\u{1ba1}', '\u{1bad}'),
    ('\u{1be7}', '\u{1bf1}'),
    ('\u{1c24}', '\u{1c36}'),
    ('\u{1dd3}', '\u{1df4}'),
    ('\u{24b6}', '\u{24e9}'),
    ('\u{2de0}', '\u{2dff}'),
    ('\u{a674}', '\u{a67b}'),
    ('\u{a69e}', '\u{a69f}'),
    ('\u{a802}', '\u{a802}'),
    ('\u{a80b}', '\u{a80b}'),
    ('\u{a823}', '\u{a827}'),
    ('\u{a880}', '\u{a881}'),
    ('\u{a8b4}', '\u{a8c5}'),
    ('\u{a8ff}', '\u{a8ff}'),
    ('\u{a926}', '\u{a92a}'),
    ('\u{a947}', '\u{a952}'),
    ('\u{a980}', '\u{a983}'),
    ('\u{a9b4}', '\u{a9bf}'),
    ('\u{a9e5}', '\u{a9e5}'),
    ('\u{aa29}', '\u{aa36}'),
    ('\u{aa43}', '\u{aa43}'),
    ('\u{aa4c}', '\u{aa4d}'),
    ('\u{aa7b}', '\u{aa7d}'),
    ('\u{aab0}', '\u{aab0}'),
    ('\u{aab2}', '\u{aab4}'),
    ('\u{aab7}', '\u{aab8}'),
    ('\u{aabe}', '\u{aabe}'),
    ('\u{aaeb}', '\u{aaef}'),
    ('\u{aaf5}', '\u{aaf5}'),
    ('\u{abe3}', '\u{abea}'),
    ('\u{fb1e}', '\u{fb1e}'),
    ('\u{10376}', '\u{1037a}'),
    ('\u{10a01}', '\u{10a0f}'),
    ('\u{10d24}', '\u{10d27}'),
    ('\u{10eab}', '\u{10eac}'),
    ('\u{11000}', '\u{11002}'),
    ('\u{11038}', '\u{11045}'),
    ('\u{11073}', '\u{11074}'),
    ('\u{11080}', '\u{11082}'),
    ('\u{110b0}', '\u{110c2}'),
    ('\u{11100}', '\u{11102}'),
    ('\u{11127}', '\u{11132}'),
    ('\u{11145}', '\u{11146}'),
    ('\u{11180}', '\u{11182}'),
    ('\u{111b3}', '\u{111bf}'),
    ('\u{111ce}', '\u{111cf}'),
    ('\u{1122c}', '\u{1123e}'),
    ('\u{112df}', '\u{11303}'),
    ('\u{1133e}', '\u{1134c}'),
    ('\u{11357}', '\u{11357}'),
    ('\u{11362}', '\u{11363}'),
    ('\u{11435}', '\u{11445}'),
    ('\u{114b0}', '\u{114c1}'),
    ('\u{115af}', '\u{115be}'),
    ('\u{115dc}', '\u{115dd}'),
    ('\u{11630}', '\u{11640}'),
    ('\u{116ab}', '\u{116b5}'),
    ('\u{1171d}', '\u{1172a}'),
    ('\u{1182c}', '\u{11838}'),
    ('\u{11930}', '\u{1193c}'),
    ('\u{11940}', '\u{11940}'),
    ('\u{11942}', '\u{11942}'),
    ('\u{119d1}', '\u{119df}'),
    ('\u{119e4}', '\u{119e4}'),
    ('\u{11a01}', '\u{11a0a}'),
    ('\u{11a35}', '\u{11a39}'),
    ('\u{11a3b}', '\u{11a3e}'),
    ('\u{11a51}', '\u{11a5b}'),
    ('\u{11a8a}', '\u{11a97}'),
    ('\u{11c2f}', '\u{11c3e}'),
    ('\u{11c92}', '\u{11cb6}'),
    ('\u{11d31}', '\u{11d43}'),
    ('\u{11d47}', '\u{11d47}'),
    ('\u{11d8a}', '\u{11d96}'),
    ('\u{11ef3}', '\u{11ef6}'),
    ('\u{16f4f}', '\u{16f4f}'),
    ('\u{16f51}', '\u{16f92}'),
    ('\u{16ff0}', '\u{16ff1}'),
    ('\u{1bc9e}', '\u{1bc9e}'),
    ('\u{1e000}', '\u{1e02a}'),
    ('\u{1e947}', '\u{1e947}'),
    ('\u{1f130}', '\u{1f189}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_complete() {
        for table in [PUNCTUATION, ALPHABETIC_NO_LETTERS] {
            let ends: Vec<char> = table.iter().flat_map(|&(first, last)| [first, last]).collect();
            assert!(ends.is_sorted(), "ranges overlap or are out of order");
        }
        let all = ('\0'..=char::MAX).filter(|&c| is_punctuation(c)).count();
        assert_eq!(all, 281, "the published set has 281 characters");
    }

    #[test]
    fn classes_of_known_characters() {
        for c in ['!', '_', '\0', '\u{7f}', '\u{85}', '—', '。', '１', '…', '؟', '।'] {
            assert!(is_punctuation(c), "{c:?}");
        }
        for c in ['a', '1', '\n', '\t', ' ', '•', '２', '中', '€', '\u{301}'] {
            assert!(!is_punctuation(c), "{c:?}");
        }
        for c in ['a', 'é', '中', 'あ', 'ª', '〆'] {
            assert!(is_letter(c), "{c:?}");
        }
        for c in ['1', 'Ⅷ', 'ⓐ', '-', '٣', '🅰', '\u{301}', '\u{64b}', '\u{93e}'] {
            assert!(!is_letter(c), "{c:?}");
        }
        assert!(is_space('\u{1f}') && is_space('\u{3000}') && !is_space('\u{200b}'));
    }
}
