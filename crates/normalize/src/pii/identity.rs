use std::ops::Range;

use super::context;
use super::{before, ends, starts};

/// Codes of the provinces (GB/T 2260).
const PROVINCES: [u32; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 71, 81, 82,
];
/// Weights of the places (GB 11643, ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by the remainder.
const CHECKS: &[u8; 11] = b"10X98765432";
/// Places of an identity number.
const PLACES: usize = 18;
/// After these places a blank or hyphen may stand: `110105 19491231 002X`.
const BREAKS: [usize; 3] = [6, 10, 14];

/// Numbers of the letters in Taiwan's identity numbers, from A on.
const TAIWAN: [u32; 26] =
    [10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33];
/// Words near a number of Taiwan, which has the form of many serial numbers.
const TAIWAN_WORDS: [&str; 6] = ["身分證", "身份證", "身份证", "身分证", "證號", "证号"];

/// The Chinese identity number that starts at `at`: 17 digits and a check character, a province, a day
/// of birth from 1880 to 2100, a right checksum. Source: GB 11643-1999.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if !starts(bytes, at) {
        return None;
    }
    let (places, end) = places(bytes, at)?;
    let (check, digits) = places.split_last()?;
    if !ends(bytes, end) {
        return None;
    }
    let value =
        |from: usize, to: usize| digits[from..to].iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    let born =
        (1880..=2100).contains(&value(6, 10)) && (1..=12).contains(&value(10, 12)) && (1..=31).contains(&value(12, 14));
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let expected = CHECKS.get(sum as usize % CHECKS.len())?;
    (PROVINCES.contains(&value(0, 2)) && born && check.eq_ignore_ascii_case(expected)).then_some(at..end)
}

/// The characters of the number, and where it ends.
fn places(bytes: &[u8], at: usize) -> Option<([u8; PLACES], usize)> {
    let (mut places, mut end) = ([0; PLACES], at);
    for (number, place) in places.iter_mut().enumerate() {
        if BREAKS.contains(&number) && matches!(bytes.get(end), Some(b' ' | b'-')) {
            end += 1;
        }
        let byte = *bytes.get(end)?;
        let fits = byte.is_ascii_digit() || number + 1 == PLACES && matches!(byte, b'x' | b'X');
        *place = fits.then_some(byte)?;
        end += 1;
    }
    Some((places, end))
}

/// The identity number of Hong Kong (`A123456(3)`) or, after a word that says so, of Taiwan (`A123456789`) whose digits
/// start at `at`; both with a right checksum.
pub(super) fn with_letters(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let letters = bytes.get(..at)?.iter().rev().take(3).take_while(|byte| byte.is_ascii_uppercase()).count();
    let start = at - letters;
    if !(1..=2).contains(&letters)
        || before(bytes, start).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return None;
    }
    let letters = bytes.get(start..at)?;
    hong_kong(bytes, letters, at).or_else(|| taiwan(text, letters, at)).map(|end| start..end)
}

/// Where the number ends. Weights 9 to 2 from the first of two letters on, a blank for a missing one; MOD 11.
fn hong_kong(bytes: &[u8], letters: &[u8], at: usize) -> Option<usize> {
    let digits = bytes.get(at..at + 6).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let [b'(', check, b')'] = bytes.get(at + 6..at + 9)? else { return None };
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + 10),
        _ => None,
    };
    let blank = (letters.len() == 1).then_some(36);
    let values = blank.into_iter().chain(letters.iter().chain(digits).filter_map(|byte| value(*byte)));
    let sum: u32 = values.zip((2..=9).rev()).map(|(value, weight)| value * weight).sum();
    let check = value(*check).filter(|check| *check <= 10)?;
    (sum + check).is_multiple_of(11).then_some(at + 9)
}

/// Where the number ends. Source: the checksum of the Ministry of the Interior, MOD 10.
fn taiwan(text: &str, letters: &[u8], at: usize) -> Option<usize> {
    let [letter] = letters else { return None };
    let digits = text.as_bytes().get(at..at + 9).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let near = context::before(text, at);
    if !matches!(digits.first(), Some(b'1' | b'2' | b'8' | b'9'))
        || !ends(text.as_bytes(), at + 9)
        || !TAIWAN_WORDS.iter().any(|word| near.contains(word))
    {
        return None;
    }
    let code = TAIWAN.get(usize::from(letter - b'A'))?;
    let weights = [8, 7, 6, 5, 4, 3, 2, 1, 1];
    let sum: u32 = digits.iter().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    (code / 10 + code % 10 * 9 + sum).is_multiple_of(10).then_some(at + 9)
}
