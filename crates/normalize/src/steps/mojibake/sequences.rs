//! Finds whether any of many short sequences of character classes is in a text, in one pass without branches.
//!
//! The algorithm is Shift-And (Baeza-Yates and Gonnet, "A new approach to text searching", 1992): each place of each
//! sequence is one bit, which is set while the text so far fits the sequence up to there.

use regex_syntax::hir::{Class, HirKind};

/// Characters below this are looked up in a table; nearly all characters of the classes are.
const TABLE: u32 = 0x2700;

/// Compiled sequences; together they have at most 128 places.
#[derive(Debug)]
pub(super) struct Sequences {
    /// For each character below [`TABLE`], the places that it fits.
    fits: Vec<u128>,
    /// For each place, the ranges of characters from [`TABLE`] on that fit it.
    beyond: Vec<Vec<(char, char)>>,
    /// First places.
    starts: u128,
    /// Last places.
    ends: u128,
    /// The few characters from [`TABLE`] on that start a sequence.
    starts_beyond: Vec<(char, char)>,
}

impl Sequences {
    /// Compiles expressions that are, place after place, a character or a class of the syntax of the crate `regex`.
    ///
    /// # Panics
    /// Where an expression is anything else, or there are too many places.
    pub(super) fn new(patterns: impl Iterator<Item = String>) -> Self {
        let mut new =
            Self { fits: vec![0; TABLE as usize], beyond: Vec::new(), starts: 0, ends: 0, starts_beyond: Vec::new() };
        for pattern in patterns {
            new.starts |= 1 << new.beyond.len();
            let first = new.beyond.len();
            for ranges in places(&pattern) {
                new.add_place(&ranges);
            }
            new.ends |= 1 << (new.beyond.len() - 1);
            let ranges = new.beyond.get(first).cloned().unwrap_or_default();
            new.starts_beyond.extend(ranges);
        }
        new.starts_beyond.sort_unstable();
        new.starts_beyond.dedup();
        let ideograph = |range: &(char, char)| range.1 >= '\u{4000}' && range.0 <= '\u{9fff}';
        assert!(!new.starts_beyond.iter().any(ideograph), "ideographs are passed over");
        new
    }

    fn add_place(&mut self, ranges: &[(char, char)]) {
        let bit = 1_u128 << self.beyond.len();
        let fitting = ranges.iter().flat_map(|(first, last)| u32::from(*first)..=u32::from(*last).min(TABLE - 1));
        for code in fitting {
            if let Some(fits) = self.fits.get_mut(code as usize) {
                *fits |= bit;
            }
        }
        let last_in_table = char::from_u32(TABLE).unwrap_or(char::MAX);
        let beyond = ranges.iter().filter(|(_, last)| *last >= last_in_table);
        self.beyond.push(beyond.map(|(first, last)| (*first.max(&last_in_table), *last)).collect());
    }

    /// Whether any sequence is in `text`.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let mut active = 0_u128;
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            let next = active << 1 | self.starts;
            active = match self.fits.get(char as usize) {
                Some(fits) => next & fits,
                None if active == 0 && !self.starts_beyond.iter().any(|range| range.0 <= char && char <= range.1) => {
                    rest = rest
                        .get(char.len_utf8() + ideographs(rest.get(char.len_utf8()..).unwrap_or_default())..)
                        .unwrap_or_default();
                    continue;
                }
                None => next & self.fits_beyond(char),
            };
            if active & self.ends != 0 {
                return true;
            }
            rest = rest.get(char.len_utf8()..).unwrap_or_default();
        }
        false
    }

    fn fits_beyond(&self, char: char) -> u128 {
        let fits = |ranges: &Vec<(char, char)>| {
            let after = ranges.partition_point(|(first, _)| *first <= char);
            after.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|(_, last)| char <= *last)
        };
        self.beyond.iter().enumerate().filter(|(_, ranges)| fits(ranges)).fold(0, |bits, (place, _)| bits | 1 << place)
    }
}

/// Bytes of the ideographs that `text` starts with (U+4000-9FFF, by their first byte): none starts a sequence.
fn ideographs(text: &str) -> usize {
    let starts = text.as_bytes().chunks_exact(3);
    3 * starts.take_while(|bytes| matches!(bytes, [0xe4..=0xe9, ..])).count()
}

/// For each place of `pattern`, the ranges of characters that fit it, ascending.
fn places(pattern: &str) -> Vec<Vec<(char, char)>> {
    let parsed = regex_syntax::parse(pattern).expect("a fixed expression, compiled by the tests");
    let parts = match parsed.kind() {
        HirKind::Concat(parts) => parts.clone(),
        _ => vec![parsed],
    };
    parts.iter().flat_map(|part| part_places(part.kind())).collect()
}

fn part_places(part: &HirKind) -> Vec<Vec<(char, char)>> {
    match part {
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            text.chars().map(|char| vec![(char, char)]).collect()
        }
        HirKind::Class(Class::Unicode(class)) => {
            vec![class.iter().map(|range| (range.start(), range.end())).collect()]
        }
        other => unreachable!("a place is a character or a class, not {other:?}"),
    }
}
