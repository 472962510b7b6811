//! A text as tokens that stay the same when it is copied from place to place.
//!
//! A token is a word in small letters, or one character of a script without blanks between words. Punctuation, line
//! breaks, and what stands for them in HTML are between tokens. The same are: full-width and ASCII letters and digits, a
//! letter with a mark and the two as one character, words with and without soft hyphens or joiners in them, a list with
//! and without the numbers 1, 2, 3, ... before its lines.

use icu_normalizer::properties::CanonicalCompositionBorrowed;

/// A token of a text: the hash of its normal form, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) hash: u64,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// FNV-1a, which is made for bytes that come one by one.
const START: u64 = 0xCBF2_9CE4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01B3;

/// Longest reference to a character that is looked for, in bytes.
const LONGEST_REFERENCE: usize = 12;
/// Digits of the number before a line of a list.
const LIST_DIGITS: usize = 3;

fn is_alone(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3134F}'
        | '\u{3040}'..='\u{30FF}' | '\u{0E00}'..='\u{0E7F}')
}

/// Part of the letter before it.
fn is_mark(char: char) -> bool {
    matches!(char, '\u{0300}'..='\u{036F}' | '\u{3099}' | '\u{309A}' | '\u{1161}'..='\u{11FF}')
}

/// Not there to a reader.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
}

/// The tokens of `text`, into `found`.
pub(super) fn tokens(text: &str, found: &mut Vec<Token>) {
    found.clear();
    let mut reader = Reader { found, word: None, last: None };
    let mut numbers = ListNumbers::default();
    let mut from = numbers.skipped(text, 0);
    for (at, char) in text.char_indices() {
        if at < from {
            continue;
        }
        let end = at + char.len_utf8();
        if char.is_ascii_alphanumeric() {
            reader.ascii(at, char, end);
            continue;
        }
        if char == '&'
            && let Some((meant, length)) = reference(text.get(at..).unwrap_or_default())
        {
            from = at + length;
            reader.char(at, meant, from);
            continue;
        }
        if char == '\n' {
            from = numbers.skipped(text, end);
        }
        reader.char(at, char, end);
    }
    let word = reader.word.take();
    found.extend(word);
}

/// What was read so far.
struct Reader<'a> {
    found: &'a mut Vec<Token>,
    word: Option<Token>,
    /// The letter before, and the hash of its token before it.
    last: Option<(char, u64)>,
}

fn place(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

fn hashed(hash: u64, char: char) -> u64 {
    let mut buffer = [0; 4];
    char.to_lowercase().fold(hash, |hash, lower| {
        let bytes = lower.encode_utf8(&mut buffer).bytes();
        bytes.fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
    })
}

impl Reader<'_> {
    fn ascii(&mut self, at: usize, char: char, end: usize) {
        let of = self.word.get_or_insert(Token { hash: START, start: place(at), end: 0 });
        self.last = Some((char, of.hash));
        of.hash = (of.hash ^ u64::from(char.to_ascii_lowercase() as u8)).wrapping_mul(PRIME);
        of.end = place(end);
    }

    fn char(&mut self, at: usize, char: char, end: usize) {
        let char = narrow(char);
        if is_invisible(char) {
            return;
        }
        if is_mark(char) && self.mark(char, end) {
            return;
        }
        if char.is_ascii_alphanumeric() {
            return self.ascii(at, char, end);
        }
        let alone = is_alone(char);
        if char.is_ascii() || alone || !char.is_alphanumeric() {
            self.found.extend(self.word.take());
            self.last = None;
            if !alone {
                return;
            }
        }
        let of = self.word.get_or_insert(Token { hash: START, start: place(at), end: 0 });
        self.last = Some((char, of.hash));
        of.hash = hashed(of.hash, char);
        of.end = place(end);
        if alone {
            self.found.extend(self.word.take());
        }
    }

    /// Joins a mark to the letter before it; false where there is none.
    fn mark(&mut self, mark: char, end: usize) -> bool {
        let Some((letter, before)) = self.last else { return false };
        let Some(of) = self.word.as_mut().or_else(|| self.found.last_mut()) else { return false };
        match CanonicalCompositionBorrowed::new().compose(letter, mark) {
            Some(both) => {
                of.hash = hashed(before, both);
                self.last = Some((both, before));
            }
            None => of.hash = hashed(of.hash, mark),
        }
        of.end = place(end);
        true
    }
}

/// The ASCII form of a full-width character.
fn narrow(char: char) -> char {
    match char {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(char) - 0xFEE0).unwrap_or(char),
        _ => char,
    }
}

/// The character that a reference at the beginning of `text` stands for (`&nbsp;`, `&#8217;`, `&eacute;`), and its length.
fn reference(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    let end = bytes.iter().take(LONGEST_REFERENCE).position(|byte| *byte == b';')?;
    let name = text.get(1..end)?;
    let meant = match name.strip_prefix('#') {
        Some(number) => {
            let hexadecimal = number.strip_prefix(['x', 'X']);
            let code =
                hexadecimal.map_or_else(|| number.parse().ok(), |digits| u32::from_str_radix(digits, 16).ok())?;
            char::from_u32(code)?
        }
        None => named(name)?,
    };
    Some((meant, end + 1))
}

/// What a named reference stands for: one of the marks that stand between words, all of which are the same here, or a
/// letter with a mark.
fn named(name: &str) -> Option<char> {
    const BETWEEN: &[&str] = &[
        "amp", "lt", "gt", "quot", "apos", "nbsp", "ensp", "emsp", "thinsp", "ndash", "mdash", "lsquo", "rsquo",
        "sbquo", "ldquo", "rdquo", "bdquo", "laquo", "raquo", "lsaquo", "rsaquo", "hellip", "bull", "middot", "times",
        "divide", "minus", "plusmn", "deg", "le", "ge", "ne", "copy", "reg", "trade", "euro", "pound", "sect", "para",
    ];
    const MARKS: &[(&str, char)] = &[
        ("acute", '\u{301}'),
        ("grave", '\u{300}'),
        ("circ", '\u{302}'),
        ("uml", '\u{308}'),
        ("tilde", '\u{303}'),
        ("cedil", '\u{327}'),
        ("ring", '\u{30A}'),
        ("caron", '\u{30C}'),
    ];
    if BETWEEN.contains(&name) {
        return Some(' ');
    }
    match name {
        "shy" => return Some('\u{AD}'),
        "zwnj" | "zwj" => return Some('\u{200D}'),
        "szlig" => return Some('ß'),
        "aelig" => return Some('æ'),
        "AElig" => return Some('Æ'),
        "oslash" => return Some('ø'),
        "Oslash" => return Some('Ø'),
        "oelig" => return Some('œ'),
        _ => {}
    }
    let mut chars = name.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    let (_, mark) = MARKS.iter().find(|(mark, _)| *mark == chars.as_str())?;
    CanonicalCompositionBorrowed::new().compose(letter, *mark)
}

/// The numbers of a list: 1 and those that follow each other, each at the beginning of a line with `.` or `)`.
#[derive(Debug, Default)]
struct ListNumbers {
    last: u32,
}

impl ListNumbers {
    /// Where the line that begins at `start` goes on after its number.
    fn skipped(&mut self, text: &str, start: usize) -> usize {
        let line = text.as_bytes().get(start..).unwrap_or_default();
        let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let rest = line.get(blanks..).unwrap_or_default();
        let digits = rest.iter().take(LIST_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
        let closed = rest.get(digits).is_some_and(|byte| matches!(byte, b'.' | b')'))
            && rest.get(digits + 1).is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        if digits == 0 || !closed {
            return start;
        }
        let number = rest.iter().take(digits).fold(0, |number, digit| 10 * number + u32::from(digit - b'0'));
        if number != 1 && number != self.last + 1 {
            return start;
        }
        self.last = number;
        start + blanks + digits
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words of a text, for the tests of other modules too.
    pub(in crate::contamination) fn words(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        tokens(text, &mut found);
        found
            .iter()
            .map(|token| &text.as_bytes()[token.start as usize..token.end as usize])
            .map(|word| std::str::from_utf8(word).expect("whole characters"))
            .collect()
    }

    fn hashes(text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        tokens(text, &mut found);
        found.iter().map(|token| token.hash).collect()
    }

    #[test]
    fn tokens_are_words_and_single_characters() {
        assert_eq!(words("Don't stop, É2x 中文abc。カ!"), ["Don", "t", "stop", "É2x", "中", "文", "abc", "カ"]);
        assert_eq!(hashes("THE Été"), hashes("the, été"));
        assert_ne!(hashes("ab c"), hashes("a bc"));
    }

    #[test]
    fn a_copied_text_keeps_its_tokens() {
        for (one, other) in [
            ("Bread & butter, \"quoted\"", "bread &amp; butter, &quot;quoted&quot;"),
            ("it’s one — two…", "it&#8217;s one &mdash; two&hellip;"),
            ("café", "cafe\u{301}"),
            ("CAFÉ", "cafe\u{301}"),
            ("café", "caf&eacute;"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
            ("がぎ", "か\u{3099}き\u{3099}"),
            ("ABC 123", "ＡＢＣ　１２３"),
            ("contamination here", "contam\u{ad}ination\u{200b} here"),
            ("one two\nthree four", "1. one two\n2. three four"),
            ("one two\nthree four", "  1) one two\n  2) three four"),
            ("一百二十米，第一年", "一百二十米,第一年"),
            ("one two three", "- one\n- two\n* three"),
            ("one two", "one&nbsp;two"),
        ] {
            assert_eq!(hashes(one), hashes(other), "{one} / {other}");
        }
        for (one, other) in [
            ("cafe", "café"),
            ("the year\n1990. It was", "the year\nIt was"),
            ("a &unknown; b", "a b"),
            ("5. five", "five"),
            ("1.5 metres", "5 metres"),
        ] {
            assert_ne!(hashes(one), hashes(other), "{one} / {other}");
        }
    }

    proptest! {
        #[test]
        fn tokens_stand_in_order_on_whole_characters(text in "[a-zé&;#0-9\u{301}\u{ad}中か\u{3099}. \n]{0,60}") {
            let mut found = Vec::new();
            tokens(&text, &mut found);
            let mut before = 0;
            for token in &found {
                prop_assert!(before <= token.start && token.start < token.end, "{:?}", found);
                prop_assert!(text.get(token.start as usize..token.end as usize).is_some());
                before = token.end;
            }
        }
    }
}
