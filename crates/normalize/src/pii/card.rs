use std::ops::Range;

use super::{Number, ends, starts};

const SEPARATORS: &[u8] = b" -";

/// How card numbers are written, longest first.
const GROUPS: &[&[usize]] = &[&[4, 4, 4, 4, 3], &[6, 13], &[4, 4, 4, 4], &[4, 6, 5], &[18], &[17], &[13]];

/// The number of a bank card that starts at `at`: in one piece or in groups, with the first digits and
/// the length of an issuer and Luhn's checksum. Source: ISO/IEC 7812.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if !starts(bytes, at) {
        return None;
    }
    GROUPS.iter().find_map(|groups| {
        let number = Number::grouped(bytes, at, groups, SEPARATORS)?;
        let sound =
            ends(bytes, number.end) && !goes_on(bytes, number.end) && is_issued(&number.digits) && luhn(&number.digits);
        sound.then_some(at..number.end)
    })
}

/// Whether another group of digits follows.
fn goes_on(bytes: &[u8], end: usize) -> bool {
    bytes.get(end).is_some_and(|byte| SEPARATORS.contains(byte))
        && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)
        && bytes.get(end) == Some(&b'-')
}

fn is_issued(digits: &[u8]) -> bool {
    let head =
        |length: usize| digits.iter().take(length).fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
    match digits.len() {
        // American Express.
        15 => matches!(head(2), 34 | 37),
        // Visa, Mastercard, JCB, Discover, UnionPay.
        16 => {
            matches!(head(1), 4)
                || (51..=55).contains(&head(2))
                || (2221..=2720).contains(&head(4))
                || (3528..=3589).contains(&head(4))
                || head(4) == 6011
                || head(2) == 65
                || head(2) == 62
        }
        13 => head(1) == 4,
        17..=19 => head(2) == 62 || (digits.len() == 19 && head(1) == 4),
        _ => false,
    }
}

/// Luhn's checksum: every second digit from the right doubled, the sum a multiple of ten.
fn luhn(digits: &[u8]) -> bool {
    let value = |(place, digit): (usize, &u8)| {
        let doubled = u32::from(digit - b'0') << (place % 2);
        doubled / 10 + doubled % 10
    };
    let sum: u32 = digits.iter().rev().enumerate().map(value).sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != b'0')
}
