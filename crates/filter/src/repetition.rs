//! How much of a text is repeated: paragraphs, lines and runs of words.
//!
//! What a thread needs for it is used again from text to text, and looked up once a text.

mod grams;
mod table;

use std::cell::Cell;

use xxhash_rust::xxh3::xxh3_64;

use grams::Buffers;
pub use grams::NGrams;
use table::Table;

/// Counts of repeated parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeated {
    /// All parts.
    pub parts: u64,
    /// Parts that an earlier part equals.
    pub repeated: u64,
    /// Characters of those.
    pub repeated_chars: u64,
}

/// Memory that is used again from text to text.
#[derive(Debug, Default)]
struct Scratch {
    table: Table,
    hashes: Vec<u64>,
    buffers: Buffers,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Bytes above which a thread gives its memory back after a text: those that a text of a million words needs.
const KEPT_BYTES: usize = 64 << 20;

impl Scratch {
    fn take() -> Box<Self> {
        SCRATCH.take().unwrap_or_default()
    }

    fn give_back(self: Box<Self>) {
        let bytes = self.table.bytes() + self.hashes.capacity() * size_of::<u64>() + self.buffers.bytes();
        if bytes <= KEPT_BYTES {
            SCRATCH.set(Some(self));
        }
    }
}

/// How many of `parts` repeat an earlier one.
pub(crate) fn repeated<'a>(parts: impl Iterator<Item = &'a str>) -> Repeated {
    let parts: Vec<&str> = parts.collect();
    let mut found = Repeated { parts: parts.len() as u64, ..Repeated::default() };
    if parts.len() < 2 {
        return found;
    }

    let mut scratch = Scratch::take();
    let Scratch { table, hashes, .. } = &mut *scratch;
    hashes.clear();
    hashes.extend(parts.iter().map(|part| xxh3_64(part.as_bytes())));
    table.begin(parts.len());

    for (position, (part, hash)) in parts.iter().zip(hashes.iter()).enumerate() {
        if table.earlier(*hash, position, |known| hashes.get(known) == Some(hash)).is_some() {
            found.repeated += 1;
            found.repeated_chars += part.chars().count() as u64;
        }
    }
    scratch.give_back();
    found
}
