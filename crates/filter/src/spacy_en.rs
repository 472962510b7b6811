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

use crate::chars::is_space;
use exceptions::{is_exception, joined, parts};

/// Calls `on_token` for each token of `text` that is not white space, in order: what
/// `spacy.blank("en").tokenizer` of spaCy 3.8.18 gives.
pub fn each_spacy_token<'a>(text: &'a str, mut on_token: impl FnMut(&'a str)) {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(is_space);
        let (chunk, after) = split_chunk(rest);
        if chunk.is_empty() {
            return;
        }
        rest = after;
        if let Some(parts) = plain(chunk) {
            parts.into_iter().filter(|part| !part.is_empty()).for_each(&mut on_token);
            continue;
        }
        tokens.clear();
        tokenize(chunk, true, &mut tokens);
        if tokens.len() > 1 {
            joined(chunk, &mut tokens);
        }
        tokens.iter().for_each(|token| on_token(token));
    }
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

/// The tokens of a chunk of ASCII letters, perhaps with one common mark before and one after them: most chunks are that.
/// `None` where an exception is in it, or it is anything else.
fn plain(chunk: &str) -> Option<[&str; 3]> {
    let bytes = chunk.as_bytes();
    let start = usize::from(matches!(bytes.first(), Some(b'(' | b'"')));
    let letters = bytes.get(start..)?.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let end = start + letters;
    let is_mark = match bytes.get(end..)? {
        [] => true,
        [b',' | b';' | b':' | b'?' | b'!' | b')' | b'"'] => true,
        [b'.'] => end.checked_sub(1).and_then(|last| bytes.get(last)).is_some_and(u8::is_ascii_lowercase),
        _ => false,
    };
    if letters == 0 || !is_mark {
        return None;
    }
    let (before, after_prefix) = chunk.split_at_checked(start)?;
    let (word, after) = after_prefix.split_at_checked(letters)?;
    let without_suffix = chunk.get(..end)?;
    let has_exception = is_exception(word)
        || (!before.is_empty() && (is_exception(chunk) || is_exception(without_suffix)))
        || (!after.is_empty() && (is_exception(chunk) || is_exception(after_prefix)));
    (!has_exception).then_some([before, word, after])
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
