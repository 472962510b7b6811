use std::ops::Range;

use super::{Number, before, ends, starts};

const SEPARATORS: &[u8] = b" -";

/// The Chinese mobile number that starts at `at`, alone or after `86`: 11 digits, the first `1`, the
/// second 3 to 9, in one piece or as 3-4-4, apart by blanks, hyphens or two points, or the first three in
/// brackets. Source: the numbering plan of the Ministry of Industry and Information Technology (2017).
pub(super) fn mobile(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if !starts(bytes, at) {
        return None;
    }
    let (start, from) = after_country(bytes, at);
    let bracketed = (from == at).then(|| bracketed_mobile(bytes, at)).flatten();
    let (start, number) = match bracketed {
        Some(number) => (at - 1, number),
        None => (start, Number::grouped(bytes, from, &[3, 4, 4], SEPARATORS).or_else(|| pointed_mobile(bytes, from))?),
    };
    let sound = matches!(number.digits.as_slice(), [b'1', b'3'..=b'9', ..]) && ends(bytes, number.end);
    // `-` before it: the tail of a longer number.
    let with_country = from != at;
    let alone = with_country || !matches!(before(bytes, at), Some(b'-' | b'.' | b'+'));
    (sound && alone && !in_longer_number(bytes, number.end)).then_some(start..number.end)
}

/// `(138)0013 8000`, after the bracket.
fn bracketed_mobile(bytes: &[u8], at: usize) -> Option<Number> {
    (before(bytes, at) == Some(b'(') && bytes.get(at + 3) == Some(&b')')).then_some(())?;
    let head = Number::grouped(bytes, at, &[3], SEPARATORS)?;
    let from = head.end + 1;
    let from = from + usize::from(bytes.get(from).is_some_and(|byte| SEPARATORS.contains(byte)));
    let tail = Number::grouped(bytes, from, &[4, 4], SEPARATORS)?;
    Some(Number { digits: [head.digits, tail.digits].concat(), end: tail.end })
}

/// `138.0013.8000`: with both points, since one makes a fraction.
fn pointed_mobile(bytes: &[u8], at: usize) -> Option<Number> {
    let pointed = bytes.get(at + 3) == Some(&b'.') && bytes.get(at + 8) == Some(&b'.');
    pointed.then(|| Number::grouped(bytes, at, &[3, 4, 4], b".")).flatten()
}

/// Where a number starts that has the country code of China before it, and where its own digits do.
fn after_country(bytes: &[u8], at: usize) -> (usize, usize) {
    let code =
        [&b"0086"[..], b"86"].into_iter().find(|code| bytes.get(at..).is_some_and(|rest| rest.starts_with(code)));
    let Some(code) = code else { return (at, at) };
    let from = at + code.len();
    let from = from + usize::from(bytes.get(from).is_some_and(|byte| SEPARATORS.contains(byte)));
    let plus = before(bytes, at) == Some(b'+') && *code == *b"86";
    (at - usize::from(plus), from)
}

/// The Chinese landline number that starts at `at`: area code, `-`, space or closing parenthesis, 7 or 8
/// digits that do not start with 0 or 1. Source: the same numbering plan.
pub(super) fn landline(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if !starts(bytes, at) || matches!(before(bytes, at), Some(b'-' | b'.')) {
        return None;
    }
    let open = before(bytes, at) == Some(b'(');
    [3, 4].into_iter().find_map(|length| {
        let area = bytes.get(at..at + length).filter(|area| area.iter().all(u8::is_ascii_digit))?;
        let known = match area {
            [b'0', b'1', b'0'] | [b'0', b'2', b'0'..=b'9'] => true,
            [b'0', b'3'..=b'9', ..] => area.len() == 4,
            _ => false,
        };
        let separator = *bytes.get(at + length)?;
        let fits = if open { separator == b')' } else { matches!(separator, b'-' | b' ') };
        let from = at + length + 1;
        let from = from + usize::from(open && matches!(bytes.get(from), Some(b' ' | b'-')));
        if !known || !fits || matches!(bytes.get(from), None | Some(b'0' | b'1')) {
            return None;
        }
        let end = [&[8][..], &[4, 4], &[7], &[3, 4]].into_iter().find_map(|groups| {
            let number = Number::grouped(bytes, from, groups, SEPARATORS)?;
            (ends(bytes, number.end) && !in_longer_number(bytes, number.end)).then_some(number.end)
        })?;
        Some(at - usize::from(open)..end)
    })
}

/// Whether `-` and more digits follow: an account or a serial number.
pub(super) fn in_longer_number(bytes: &[u8], end: usize) -> bool {
    let digits = bytes.get(end + 1..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    // An extension has up to four digits.
    bytes.get(end) == Some(&b'-') && digits > 4
}
