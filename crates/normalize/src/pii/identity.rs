use std::ops::Range;

use super::{ends, starts};

/// Codes of the provinces (GB/T 2260).
const PROVINCES: [u32; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 71, 81, 82,
];
/// Weights of the places (GB 11643, ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by the remainder.
const CHECKS: &[u8; 11] = b"10X98765432";

/// The Chinese identity number that starts at `at`: 17 digits and a check character, a province, a day
/// of birth from 1880 to 2100, a right checksum. Source: GB 11643-1999.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let number = bytes.get(at..at + 18)?;
    let (digits, check) = number.split_at(17);
    if !digits.iter().all(u8::is_ascii_digit) || !starts(bytes, at) || !ends(bytes, at + 18) {
        return None;
    }
    let value =
        |from: usize, to: usize| digits[from..to].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    let born =
        (1880..=2100).contains(&value(6, 10)) && (1..=12).contains(&value(10, 12)) && (1..=31).contains(&value(12, 14));
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let expected = CHECKS.get(sum as usize % CHECKS.len())?;
    let right = check.first().is_some_and(|check| check.eq_ignore_ascii_case(expected));
    (PROVINCES.contains(&value(0, 2)) && born && right).then_some(at..at + 18)
}
