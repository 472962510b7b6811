//! Chunks with tokens of their own.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use xxhash_rust::xxh3::Xxh3Default;

use super::{tables, tokenize};

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Xxh3Default>>;

/// Bits of the quick look, a power of two: one for each [`hash`], of which exceptions set few.
const QUICK_BITS: usize = 1 << 16;
/// Slots of the table, a power of two: more than twice the number of exceptions.
const SLOTS: usize = 1 << 12;

/// Chunks that are exceptions.
#[derive(Debug)]
pub(super) struct Exceptions {
    /// Open addressing: one more than the number of an exception; 0 in a free slot.
    slots: Vec<u16>,
    /// Which hashes any exception has.
    quick: Vec<u64>,
    longest: usize,
}

static EXCEPTIONS: LazyLock<Exceptions> = LazyLock::new(Exceptions::new);

impl Exceptions {
    /// Those of the tables, made once a process.
    pub(super) fn get() -> &'static Self {
        &EXCEPTIONS
    }

    fn new() -> Self {
        let mut exceptions = Self { slots: vec![0; SLOTS], quick: vec![0; QUICK_BITS / 64], longest: 0 };
        for (number, (chunk, _)) in (1..).zip(tables::EXCEPTIONS) {
            let hash = hash(chunk);
            let slot = exceptions.slot(chunk, hash);
            exceptions.slots[slot] = number;
            exceptions.quick[hash / 64] |= 1 << (hash % 64);
            exceptions.longest = exceptions.longest.max(chunk.len());
        }
        exceptions
    }

    /// The slot of `chunk`, or the free one where it would be.
    fn slot(&self, chunk: &str, hash: usize) -> usize {
        let mut slot = hash % SLOTS;
        while self.slots[slot] != 0 && self.at(slot).is_none_or(|(known, _)| known != chunk) {
            slot = (slot + 1) % SLOTS;
        }
        slot
    }

    /// The exception in a slot, with the lengths of its tokens.
    fn at(&self, slot: usize) -> Option<(&'static str, &'static [u8])> {
        let number = usize::from(self.slots[slot]).checked_sub(1)?;
        tables::EXCEPTIONS.get(number).copied()
    }

    /// Whether `chunk` is one.
    #[inline]
    pub(super) fn has(&self, chunk: &str) -> bool {
        self.lengths(chunk).is_some()
    }

    #[inline]
    fn lengths(&self, chunk: &str) -> Option<&'static [u8]> {
        if chunk.len() > self.longest {
            return None;
        }
        let hash = hash(chunk);
        if self.quick[hash / 64] & (1 << (hash % 64)) == 0 {
            return None;
        }
        self.at(self.slot(chunk, hash)).map(|(_, lengths)| lengths)
    }
}

/// A number below [`QUICK_BITS`] out of the first and the last eight bytes, which overlap in short chunks, and the length.
#[inline]
fn hash(chunk: &str) -> usize {
    let bytes = chunk.as_bytes();
    let (first, last) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(first), Some(last)) => (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()),
            _ => {
                let byte = |at: usize| bytes.get(at).copied().map_or(0, u64::from);
                (byte(0) | byte(1) << 8 | byte(2) << 16, 0)
            }
        },
    };
    let mixed = (first ^ last.rotate_left(29) ^ (bytes.len() as u64) << 59).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 48).unwrap_or_default()
}

/// Whether `chunk` is an exception.
pub(super) fn is_exception(chunk: &str) -> bool {
    Exceptions::get().has(chunk)
}

fn lengths(chunk: &str) -> Option<&'static [u8]> {
    Exceptions::get().lengths(chunk)
}

/// The tokens of an exception.
pub(super) fn parts(chunk: &str) -> Option<impl Iterator<Item = &str>> {
    let mut rest = chunk;
    let lengths = lengths(chunk)?;
    Some(lengths.iter().filter_map(move |length| {
        let (part, after) = rest.split_at_checked(usize::from(*length))?;
        rest = after;
        Some(part)
    }))
}

/// Exceptions that the affixes would take apart, as what they would be taken apart into, by the first part.
static TAKEN_APART: LazyLock<Map<&'static str, Vec<Vec<&'static str>>>> = LazyLock::new(|| {
    let mut by_first: Map<&'static str, Vec<Vec<&'static str>>> = Map::default();
    for (chunk, _) in tables::EXCEPTIONS.iter().filter(|(chunk, _)| !chunk.contains(char::is_whitespace)) {
        let mut tokens = Vec::new();
        tokenize(chunk, false, &mut tokens);
        if let Some(first) = tokens.first().filter(|_| tokens.len() > 1) {
            by_first.entry(first).or_default().push(tokens);
        }
    }
    by_first
});

/// Joins tokens of one chunk that together are an exception; the longest first, then the first.
pub(super) fn joined<'a>(chunk: &'a str, tokens: &mut Vec<&'a str>) {
    let mut found = matches(tokens);
    if found.is_empty() {
        return;
    }
    found.sort_by_key(|(start, length)| (std::cmp::Reverse(*length), *start));
    let mut taken = vec![false; tokens.len()];
    let mut chosen = Vec::new();
    for (start, length) in found {
        let is_free = |at: usize| taken.get(at).is_some_and(|taken| !taken);
        if is_free(start) && is_free(start + length - 1) {
            chosen.push((start, length));
        }
        taken.get_mut(start..start + length).into_iter().flatten().for_each(|taken| *taken = true);
    }
    chosen.sort_unstable();
    replace(chunk, tokens, &chosen);
}

/// The part of `chunk` that `span`, some of its tokens in a row, covers.
fn whole<'a>(chunk: &'a str, span: &[&'a str]) -> Option<&'a str> {
    let start = (span.first()?.as_ptr() as usize).checked_sub(chunk.as_ptr() as usize)?;
    chunk.get(start..start + span.iter().map(|token| token.len()).sum::<usize>())
}

/// Start and length, in tokens, of everything that is an exception taken apart.
fn matches(tokens: &[&str]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (start, first) in tokens.iter().enumerate() {
        let candidates = TAKEN_APART.get(first).map(Vec::as_slice).unwrap_or_default();
        let fits =
            candidates.iter().filter(|candidate| tokens.get(start..).is_some_and(|rest| rest.starts_with(candidate)));
        found.extend(fits.map(|candidate| (start, candidate.len())));
    }
    found
}

/// Puts the tokens of the exceptions at `chosen` in place of what they were taken apart into.
fn replace<'a>(chunk: &'a str, tokens: &mut Vec<&'a str>, chosen: &[(usize, usize)]) {
    let old = std::mem::take(tokens);
    let mut next = 0;
    for (start, length) in chosen {
        tokens.extend_from_slice(old.get(next..*start).unwrap_or_default());
        let whole = old.get(*start..start + length).and_then(|span| whole(chunk, span));
        tokens.extend(whole.and_then(parts).into_iter().flatten());
        next = start + length;
    }
    tokens.extend_from_slice(old.get(next..).unwrap_or_default());
}
