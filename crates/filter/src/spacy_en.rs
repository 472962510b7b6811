//! The words of spaCy's English tokenizer, of which the published decisions of datatrove are made.
//!
//! A chunk (what stands between white space) is a token of its own unless it is an exception (`don't`), or punctuation
//! is split off its start and end, or one of its characters stands between two tokens (`end-to-end`). What is left of
//! exceptions then is joined again (`:` and `)`).

mod affixes;
mod exceptions;
mod infixes;
mod tables;
mod url;

use crate::Word;
use crate::chars::is_space;
use exceptions::{Exceptions, is_exception, joined, parts};

/// Calls `on_token` for each token of `text` that is not white space, in order: what
/// `spacy.blank("en").tokenizer` of spaCy 3.8.18 gives.
pub fn each_spacy_token<'a>(text: &'a str, mut on_token: impl FnMut(&'a str)) {
    each_spacy_word(text, |word| on_token(word.text));
}

/// The same with what is known of each token's characters.
pub(crate) fn each_spacy_word<'a>(text: &'a str, mut on_word: impl FnMut(Word<'a>)) {
    let exceptions = Exceptions::get();
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at = skip_space(text, at);
        if let Some(plain) = Plain::at(text.as_bytes(), at)
            && let Some(after) = plain.emit(text, at, exceptions, &mut on_word)
        {
            at = after;
            continue;
        }
        let (chunk, _) = split_chunk(text.get(at..).unwrap_or_default());
        if chunk.is_empty() {
            return;
        }
        at += chunk.len();
        tokens.clear();
        tokenize(chunk, true, &mut tokens);
        if tokens.len() > 1 {
            joined(chunk, &mut tokens);
        }
        tokens.iter().for_each(|token| on_word(Word::of(token)));
    }
}

/// Where white space that starts at `at` ends.
fn skip_space(text: &str, mut at: usize) -> usize {
    loop {
        match text.as_bytes().get(at).map_or(OTHER, |byte| class(*byte)) {
            SPACE => at += 1,
            NOT_ASCII => match text.get(at..).and_then(|rest| rest.chars().next()) {
                Some(char) if is_space(char) => at += char.len_utf8(),
                _ => return at,
            },
            _ => return at,
        }
    }
}

/// The shape of most chunks: ASCII letters or digits, perhaps with one common mark before and one after them, then white
/// space of ASCII or the end.
#[derive(Debug, Clone, Copy)]
struct Plain {
    /// Bytes before the letters or digits: 0 or 1.
    before: usize,
    /// Letters or digits.
    length: usize,
    /// Bytes of the mark after them: 0 or 1.
    after: usize,
    letters: bool,
}

impl Plain {
    /// The chunk at `at`, if it has this shape.
    #[inline]
    fn at(bytes: &[u8], at: usize) -> Option<Self> {
        let class_at = |at: usize| bytes.get(at).map_or(SPACE, |byte| class(*byte));
        let before = usize::from(matches!(bytes.get(at), Some(b'(' | b'"')));
        let start = at + before;
        let kind = class_at(start);
        if kind != LOWER && kind != UPPER && kind != DIGIT {
            return None;
        }
        let letters = kind != DIGIT;
        let mut end = start + 1;
        let mut last = kind;
        loop {
            let next = class_at(end);
            let goes_on = if letters { next == LOWER || next == UPPER } else { next == DIGIT };
            if !goes_on {
                break;
            }
            last = next;
            end += 1;
        }
        let after = match class_at(end) {
            SPACE => 0,
            MARK => 1,
            // A stop after a capital may belong to an abbreviation, and one after a digit to a number.
            STOP if last == LOWER => 1,
            _ => return None,
        };
        (class_at(end + after) == SPACE).then_some(Self { before, length: end - start, after, letters })
    }

    /// Hands on the tokens of the chunk at `at`, and says where it ends; `None` where an exception is in it.
    #[inline]
    fn emit<'a>(
        self,
        text: &'a str,
        at: usize,
        exceptions: &Exceptions,
        on_word: &mut impl FnMut(Word<'a>),
    ) -> Option<usize> {
        let Self { before, length, after, letters } = self;
        let (start, end) = (at + before, at + before + length);
        let word = text.get(start..end)?;
        let is_exception = |from: usize, to: usize| text.get(from..to).is_some_and(|part| exceptions.has(part));
        let has_exception = exceptions.has(word)
            || (before > 0 && (is_exception(at, end + after) || is_exception(at, end)))
            || (after > 0 && (is_exception(at, end + after) || is_exception(start, end + after)));
        if has_exception {
            return None;
        }
        let mark = |text| Word { text, chars: 1, has_letter: false, has_non_punctuation: false };
        if before > 0 {
            on_word(mark(text.get(at..start)?));
        }
        // A chunk of 4 GiB is not to be had.
        let chars = u32::try_from(length).unwrap_or(u32::MAX);
        on_word(Word { text: word, chars, has_letter: letters, has_non_punctuation: true });
        if after > 0 {
            on_word(mark(text.get(end..end + after)?));
        }
        Some(end + after)
    }
}

const OTHER: u8 = 0;
const SPACE: u8 = 1;
const LOWER: u8 = 2;
const UPPER: u8 = 3;
const DIGIT: u8 = 4;
/// Marks that are split off the end of letters and digits.
const MARK: u8 = 5;
const STOP: u8 = 6;
const NOT_ASCII: u8 = 7;

/// The classes of all bytes.
static CLASSES: [u8; 256] = {
    let mut classes = [NOT_ASCII; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            b'\t'..=b'\r' | 0x1c..=b' ' => SPACE,
            b',' | b';' | b':' | b'?' | b'!' | b')' | b'"' => MARK,
            b'.' => STOP,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
};

#[inline]
fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// The characters of `text` up to white space, and the rest.
fn split_chunk(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii() {
            if matches!(byte, b'\t'..=b'\r' | 0x1c..=b' ') {
                break;
            }
            at += 1;
        } else {
            match text.get(at..).and_then(|rest| rest.chars().next()) {
                Some(char) if !is_space(char) => at += char.len_utf8(),
                _ => break,
            }
        }
    }
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Adds the tokens of `chunk`; without exceptions where these themselves are to be taken apart.
fn tokenize<'a>(chunk: &'a str, with_exceptions: bool, tokens: &mut Vec<&'a str>) {
    let is_special = |text: &str| with_exceptions && is_exception(text);
    let mut suffixes = Vec::new();
    let mut middle = chunk;
    let mut last_length = 0;
    while !middle.is_empty() && middle.len() != last_length && !is_special(middle) {
        last_length = middle.len();
        let (prefix, after_prefix) = split(middle, affixes::prefix(middle));
        if !prefix.is_empty() && !after_prefix.is_empty() && is_special(after_prefix) {
            tokens.push(prefix);
            middle = after_prefix;
            break;
        }
        let suffix_length = affixes::suffix(after_prefix);
        let (before_suffix, suffix) = split(middle, middle.len() - suffix_length);
        if suffix_length > 0 && !before_suffix.is_empty() && is_special(before_suffix) {
            suffixes.push(suffix);
            middle = before_suffix;
            break;
        }
        if !prefix.is_empty() {
            tokens.push(prefix);
        }
        if suffix_length > 0 {
            suffixes.push(suffix);
        }
        middle = split(after_prefix, after_prefix.len() - suffix_length).0;
    }
    if with_exceptions && let Some(parts) = parts(middle) {
        tokens.extend(parts);
    } else if url::is_url(middle) {
        tokens.push(middle);
    } else {
        infixes::split(middle, tokens);
    }
    tokens.extend(suffixes.into_iter().rev());
}

fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// Whether `char` is in one of `ranges`, which are ascending.
fn is_in(ranges: &[(char, char)], char: char) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= char);
    after.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|(_, last)| char <= *last)
}

fn is_alpha(char: char) -> bool {
    char.is_ascii_alphabetic() || (!char.is_ascii() && is_in(tables::ALPHA, char))
}

#[cfg(test)]
mod tests;
