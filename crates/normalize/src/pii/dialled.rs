//! Phone numbers of the world: with a country code, in the North American form, or after a word that says so.

use std::ops::Range;

use super::context::{before as near, last_word, without_word};
use super::phone::in_longer_number;
use super::{Number, before, ends, starts};

/// Digits of an international number with its country code (E.164: at most 15).
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 8..=15;
/// Digits of a number within a country.
const NATIONAL: std::ops::RangeInclusive<usize> = 7..=15;
/// Groups that a written number has at most.
const MAX_GROUPS: usize = 6;
/// Digits of a number that is written in one piece and has no zero at its start.
const MIN_WHOLE: usize = 8;

/// Words after which a number is one of a phone, in lower case.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "tel", "tél", "telephone", "phone", "phones", "mobile", "mob", "cell", "cellphone", "fax", "telefax", "telefon",
    "fon", "handy", "hotline", "helpline", "whatsapp", "telefono", "teléfono", "telefone", "téléphone", "celular",
    "móvil", "tlf", "telefoon", "тел", "телефон", "факс", "моб",
];
/// The same where the number has a zero or a bracket at its start.
const ORDERS: &[&str] = &["call", "dial", "ring", "text", "позвоните"];
/// The same in scripts without blanks between words.
#[rustfmt::skip]
const UNSPACED: &[&str] = &[
    "电话", "電話", "手机", "手機", "座机", "固话", "传真", "傳真", "热线", "熱線", "客服", "总机", "拨打", "致电", "联系方式", "전화", "휴대폰", "携帯",
];
/// Country codes of two digits (ITU E.164).
const TWO_DIGIT_CODES: &[u8] = &[
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62,
    63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// The international number whose country code starts at `at`, after a `+` or with `00`: 8 to 15 digits, in groups apart
/// by one space, hyphen, point or pair of parentheses. Source: ITU-T E.123 and E.164.
pub(super) fn international(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let Some(plus) = at.checked_sub(1).filter(|before| bytes.get(*before) == Some(&b'+')) else {
        return with_zeros(bytes, at);
    };
    if !starts(bytes, plus) || bytes.get(at) == Some(&b'0') {
        return None;
    }
    let written = Written::at(bytes, at, b" -.")?;
    // `(+86)13800138000`: the bracket opens before the sign.
    let closes = bytes.get(at..written.end)?.iter().find(|byte| matches!(byte, b'(' | b')')) == Some(&b')');
    let start = plus - usize::from(closes && before(bytes, plus) == Some(b'('));
    (INTERNATIONAL.contains(&written.digits) && ends(bytes, written.end)).then_some(start..written.end)
}

/// `0049 30 901820`: with a code that exists, and a group after it that does not start with zero.
fn with_zeros(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let code = bytes.get(at..)?.strip_prefix(b"00")?;
    if !starts(bytes, at) || matches!(before(bytes, at), Some(b'-' | b'.' | b',' | b':')) {
        return None;
    }
    let length = code.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let known = match code.get(..length)? {
        [b'1' | b'7'] => true,
        [tens, ones] => TWO_DIGIT_CODES.contains(&((tens - b'0') * 10 + (ones - b'0'))),
        [first @ b'2'..=b'9', second, _] => !TWO_DIGIT_CODES.contains(&((first - b'0') * 10 + (second - b'0'))),
        _ => false,
    };
    let next = code.get(length + 1)?;
    let written = Written::at(bytes, at, b" -.")?;
    let sound = known && matches!(next, b'1'..=b'9' | b'(') && INTERNATIONAL.contains(&(written.digits - 2));
    (sound && written.groups > 1 && ends(bytes, written.end)).then_some(at..written.end)
}

/// The North American number that starts at `at`: `(202) 456-1414`, `202-456-1414`, `202.456.1414`, each with `1` before
/// it or without. Area code and exchange start with 2 to 9. Source: the North American Numbering Plan.
pub(super) fn north_american(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if !starts(bytes, at) || matches!(before(bytes, at), Some(b'-' | b'.' | b'+')) {
        return None;
    }
    let (start, area, open) = match bytes.get(at..at + 3)? {
        [b'1', b' ' | b'-', b'('] => (at, at + 3, true),
        [b'1', b'-' | b'.', _] => (at, at + 2, false),
        _ if before(bytes, at) == Some(b'(') => (at - 1, at, true),
        _ => (at, at, false),
    };
    let separator = *bytes.get(area + 3)?;
    let from = match (open, separator) {
        (true, b')') => area + 4 + usize::from(matches!(bytes.get(area + 4), Some(b' ' | b'-'))),
        (false, b'-' | b'.') => area + 4,
        _ => return None,
    };
    let marks: &[u8] = if open { b"- ." } else { &[separator] };
    let written = bytes.get(from + 3).is_some_and(|byte| marks.contains(byte));
    let area = Number::grouped(bytes, area, &[3], b"")?;
    let line = Number::grouped(bytes, from, &[3, 4], marks)?;
    let sound = written && [&area, &line].iter().all(|part| matches!(part.digits.first(), Some(b'2'..=b'9')));
    (sound && ends(bytes, line.end) && !in_longer_number(bytes, line.end)).then_some(start..line.end)
}

/// The Chinese service number that starts at `at`: `400-810-6666` in any grouping, and after a word for phones also
/// `4008106666` and `95588`.
pub(super) fn service(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if !starts(bytes, at) || matches!(before(bytes, at), Some(b'-' | b'.' | b'+')) {
        return None;
    }
    let sound = |number: &Number| ends(bytes, number.end) && !in_longer_number(bytes, number.end);
    let head = bytes.get(at..at + 3)?;
    if matches!(head, b"400" | b"800") {
        let groups = [&[3, 3, 4][..], &[3, 4, 3], &[4, 3, 3]];
        let read = |groups: &&[usize]| Number::grouped(bytes, at, groups, b"- ").filter(sound);
        let number = groups.iter().find_map(read)?;
        let hyphened = text.get(at..number.end)?.contains('-');
        return (hyphened || is_phone_said(text, at) != Asked::No).then_some(at..number.end);
    }
    let short = Number::grouped(bytes, at, &[5], b"").filter(sound)?;
    (matches!(head, [b'9', b'5', _] | b"100") && is_phone_said(text, at) == Asked::Chinese).then_some(at..short.end)
}

/// The number of any country that starts at `at` after a word such as `Tel.`, `Fax:` or `电话`.
pub(super) fn after_word(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if !starts(bytes, at) || matches!(before(bytes, at), Some(b'-' | b'.' | b'+')) {
        return None;
    }
    let written = Written::at(bytes, at, b" -./")?;
    let open = before(bytes, at) == Some(b'(');
    let zero = open || bytes.get(at) == Some(&b'0');
    let sound = NATIONAL.contains(&written.digits) && written.groups <= MAX_GROUPS && ends(bytes, written.end);
    if !sound || is_date(text.get(at..written.end)?) {
        return None;
    }
    let whole = written.groups == 1 && !zero;
    let asked = match is_phone_said(text, at) {
        Asked::No => false,
        Asked::Order => zero,
        Asked::Marked => !whole || written.digits >= MIN_WHOLE,
        Asked::Word | Asked::Chinese => !whole,
    };
    asked.then_some(at - usize::from(open)..written.end)
}

/// A number in groups, as it is written.
struct Written {
    digits: usize,
    groups: usize,
    end: usize,
}

impl Written {
    /// The longest that starts at `at`: groups of digits, each after at most one of `marks`, with brackets.
    fn at(bytes: &[u8], at: usize, marks: &[u8]) -> Option<Self> {
        let mut written = Self { digits: 0, groups: 0, end: at };
        let mut separated = true;
        for (offset, byte) in bytes.get(at..)?.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    written.groups += usize::from(separated);
                    written.digits += 1;
                    written.end = at + offset + 1;
                    separated = false;
                }
                b'(' | b')' => separated = true,
                _ if !marks.contains(byte) => break,
                _ if !separated || bytes.get(at + offset - 1) == Some(&b')') => separated = true,
                _ => break,
            }
            if written.digits > *INTERNATIONAL.end() + 2 {
                return None;
            }
        }
        Some(written)
    }
}

/// What the words before a number say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    No,
    /// `call`.
    Order,
    /// `phone`.
    Word,
    /// `phone:`, `phone no.`.
    Marked,
    /// `电话`.
    Chinese,
}

fn is_phone_said(text: &str, at: usize) -> Asked {
    // Other numbers of the same list: `客服 400-810-6666，4008106666`.
    let list = |char: char| {
        char.is_ascii_digit()
            || matches!(char, ' ' | '-' | '(' | ')' | ',' | '，' | '、' | '/' | ';' | '；' | '+' | '.')
    };
    let line = near(text, at);
    let rest = line.trim_end_matches(list);
    let marked = line.get(rest.len()..).is_some_and(|between| between.starts_with('.'));
    let rest_marked = rest.trim_end_matches([':', '：', '=', ' ']);
    let number = last_word(rest_marked);
    let says_number = ["no", "nr", "number", "num"].contains(&number.to_lowercase().as_str());
    let head = if says_number { without_word(rest_marked, number) } else { rest_marked };
    let head = head.trim_end_matches([' ', '.', '号', '号', '號', '码', '碼', '是', '为', '為']);
    if UNSPACED.iter().any(|word| head.ends_with(word)) {
        return Asked::Chinese;
    }
    let word = last_word(head).to_lowercase();
    if WORDS.contains(&word.as_str()) {
        return if marked || rest_marked.len() < rest.len() || says_number { Asked::Marked } else { Asked::Word };
    }
    if ORDERS.contains(&word.as_str()) { Asked::Order } else { Asked::No }
}

/// `2024-01-05`, `2024.1.5 10`: a year, and what may be a month.
fn is_date(number: &str) -> bool {
    let mut groups = number.split(|char: char| !char.is_ascii_digit());
    let (year, month) = (groups.next().unwrap_or_default(), groups.next().unwrap_or_default());
    year.len() == 4 && (year.starts_with("19") || year.starts_with("20")) && (1..=2).contains(&month.len())
}
