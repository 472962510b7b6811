//! What is split off the start and the end of a chunk.

use super::{is_in, tables};

/// Bytes of the longest unit: spaCy joins the last Cyrillic and the first Arabic one.
const LONGEST_UNIT: usize = 12;

/// Bytes of the prefix of `text`; 0 for none.
pub(super) fn prefix(text: &str) -> usize {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    let next = chars.next();
    match first {
        'a'..='z' | '0'..='9' => 0,
        'U' | 'C' | 'A' => {
            ["US$", "C$", "A$"].iter().find(|sign| text.starts_with(**sign)).map_or(0, |sign| sign.len())
        }
        '.' if next == Some('.') => text.len() - text.trim_start_matches('.').len(),
        '+' if !next.is_some_and(|next| next.is_ascii_digit()) => 1,
        _ if is_in(tables::PREFIXES, first) => first.len_utf8(),
        _ => 0,
    }
}

/// Bytes of the suffix of `text`; 0 for none. Of several that fit it is the longest.
pub(super) fn suffix(text: &str) -> usize {
    let Some(last) = text.chars().next_back() else { return 0 };
    let single = if is_suffix(last) { last.len_utf8() } else { 0 };
    let longer = match last {
        '.' => stop(text),
        '…' if text.ends_with("……") => 2 * last.len_utf8(),
        's' | 'S' => possessive(text),
        '+' if before(text, 1).is_some_and(|char| char.is_ascii_digit()) => 1,
        _ => 0,
    };
    single.max(longer).max(after_number(text, last))
}

fn is_suffix(char: char) -> bool {
    !char.is_ascii_alphanumeric() && is_in(tables::SUFFIXES, char)
}

/// The last character of `text` without its last `bytes`.
fn before(text: &str, bytes: usize) -> Option<char> {
    text.get(..text.len().checked_sub(bytes)?)?.chars().next_back()
}

/// Bytes of the full stops that end `text`, if they are split off.
fn stop(text: &str) -> usize {
    let stops = text.len() - text.trim_end_matches('.').len();
    if stops > 1 {
        return stops;
    }
    let Some(last) = before(text, 1) else { return 0 };
    let second = before(text, 1 + last.len_utf8());
    let after_capitals = |second: char| is_in(tables::UPPER, last) && is_in(tables::UPPER, second);
    let after_degree = matches!(last, 'F' | 'f' | 'C' | 'c' | 'K' | 'k') && second == Some('°');
    usize::from(is_in(tables::BEFORE_STOP, last) || after_degree || second.is_some_and(after_capitals))
}

fn possessive(text: &str) -> usize {
    match before(text, 1) {
        Some('\'') => 2,
        Some('’') => 1 + '’'.len_utf8(),
        _ => 0,
    }
}

/// Bytes of the longest unit or sign of money that ends `text` after a digit.
fn after_number(text: &str, last: char) -> usize {
    // Most chunks have no digit near their end.
    let end = text.as_bytes().get(text.len().saturating_sub(LONGEST_UNIT + 1)..).unwrap_or_default();
    if last.is_ascii_digit() || !end.iter().any(u8::is_ascii_digit) {
        return 0;
    }
    let follows = |unit: &&&str| {
        let number = text.strip_suffix(**unit);
        number.is_some_and(|number| number.ends_with(|char: char| char.is_ascii_digit()))
    };
    tables::UNITS.iter().chain(tables::CURRENCIES).filter(follows).map(|unit| unit.len()).max().unwrap_or(0)
}
