//! Chunks with tokens of their own.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use xxhash_rust::xxh3::Xxh3Default;

use super::{tables, tokenize};

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Xxh3Default>>;

/// Bits of the quick look: one for each first and last byte and length, folded.
const QUICK_BITS: usize = 1 << 13;

#[derive(Debug)]
struct Exceptions {
    parts: Map<&'static str, &'static [u8]>,
    /// Which [`quick`] values any exception has.
    quick: Vec<bool>,
    longest: usize,
}

static EXCEPTIONS: LazyLock<Exceptions> = LazyLock::new(|| {
    let mut exceptions = Exceptions { parts: Map::default(), quick: vec![false; QUICK_BITS], longest: 0 };
    for (chunk, lengths) in tables::EXCEPTIONS {
        exceptions.parts.insert(chunk, lengths);
        exceptions.longest = exceptions.longest.max(chunk.len());
        if let Some(bit) = exceptions.quick.get_mut(quick(chunk)) {
            *bit = true;
        }
    }
    exceptions
});

fn quick(chunk: &str) -> usize {
    let bytes = chunk.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().map_or(0, usize::from);
    let last = bytes.last().copied().map_or(0, usize::from);
    (byte(0) * 31 + byte(1) * 157 + last * 7 + chunk.len() * 1021) % QUICK_BITS
}

/// Whether `chunk` is an exception.
pub(super) fn is_exception(chunk: &str) -> bool {
    lengths(chunk).is_some()
}

fn lengths(chunk: &str) -> Option<&'static [u8]> {
    let exceptions = &*EXCEPTIONS;
    if chunk.len() > exceptions.longest || !exceptions.quick.get(quick(chunk)).is_some_and(|bit| *bit) {
        return None;
    }
    exceptions.parts.get(chunk).copied()
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
