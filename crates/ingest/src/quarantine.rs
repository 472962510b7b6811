use std::collections::BTreeMap;
use std::fmt::Write as _;

use textmill_document::{Cause, Count, DocumentBatch};

use crate::stream::Lost;

/// Bytes of a bad record that are kept for people to look at.
pub(crate) const HEAD_BYTES: usize = 1024;
/// Characters of a bad record's id that are kept.
const MOST_ID_CHARS: usize = 1024;

/// Documents of one batch, and the records between them that could not be read.
#[derive(Debug, Clone)]
pub struct ReadBatch {
    /// The documents; their row numbers are record numbers in the shard, from 0.
    pub documents: DocumentBatch,
    /// The records that could not be read, in ascending row order.
    pub quarantined: Vec<QuarantinedRecord>,
    /// Records of web archives that are no documents, by their type, with the bytes of their blocks.
    /// They have no row number.
    pub skipped: BTreeMap<&'static str, Count>,
    /// Losses beyond the records in `quarantined`, since the previous batch.
    pub lost: Lost,
}

impl ReadBatch {
    /// A batch of a format whose records are all documents.
    pub(crate) fn new(documents: DocumentBatch, quarantined: Vec<QuarantinedRecord>) -> Self {
        Self { documents, quarantined, skipped: BTreeMap::new(), lost: Lost::default() }
    }
}

/// One record that could not be read. A damaged stretch of a compressed file counts as one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedRecord {
    /// Record number in the shard, from 0. Blank lines have none.
    pub row: u64,
    /// Where its bytes begin: in the decompressed stream for a record, in the file for a damaged
    /// compressed stretch. Unknown for rows of Parquet.
    pub offset: Option<u64>,
    /// The cause.
    pub cause: Cause,
    /// The fault in words, with the line number where there is one.
    pub detail: String,
    /// Size of its bytes.
    pub bytes: u64,
    /// BLAKE3 of its bytes, hex.
    pub blake3: String,
    /// Its first bytes, at most 1 KiB.
    pub head: Vec<u8>,
    /// Its id, where it has one that could be read.
    pub id: Option<String>,
}

/// A bad stretch of input: a [`QuarantinedRecord`] that has no row number yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The cause.
    pub cause: Cause,
    /// The fault in words.
    pub detail: String,
    /// Where the bytes begin.
    pub offset: Option<u64>,
    /// How many they are.
    pub bytes: u64,
    /// Their BLAKE3, hex.
    pub blake3: String,
    /// The first of them, at most 1 KiB.
    pub head: Vec<u8>,
    /// The record's id, where it has one that could be read.
    pub id: Option<String>,
}

impl Damage {
    /// Damage of `bytes`, which begin at `offset`.
    pub(crate) fn of(cause: Cause, detail: impl Into<String>, offset: Option<u64>, bytes: &[u8]) -> Self {
        let mut evidence = Evidence::at(offset);
        evidence.update(bytes);
        evidence.damage(cause, detail)
    }

    /// The damage of a record with this id.
    pub(crate) fn with_id(self, id: Option<String>) -> Self {
        let kept = |id: String| id.chars().take(MOST_ID_CHARS).collect();
        Self { id: id.filter(|id| !id.is_empty()).map(kept), ..self }
    }

    pub(crate) fn at_row(self, row: u64) -> QuarantinedRecord {
        let Self { cause, detail, offset, bytes, blake3, head, id } = self;
        QuarantinedRecord { row, offset, cause, detail, bytes, blake3, head, id }
    }
}

/// Collects length, hash and head of bytes that pass by.
#[derive(Debug)]
pub(crate) struct Evidence {
    offset: Option<u64>,
    bytes: u64,
    hasher: Box<blake3::Hasher>,
    head: Vec<u8>,
    only_zeros: bool,
}

impl Evidence {
    pub(crate) fn at(offset: Option<u64>) -> Self {
        Self { offset, bytes: 0, hasher: Box::new(blake3::Hasher::new()), head: Vec::new(), only_zeros: true }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let room = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend(bytes.iter().take(room));
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.only_zeros = self.only_zeros && bytes.iter().all(|byte| *byte == 0);
    }

    pub(crate) fn len(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn starts_with(&self, first: u8) -> bool {
        self.head.first() == Some(&first)
    }

    pub(crate) fn only_zeros(&self) -> bool {
        self.only_zeros
    }

    pub(crate) fn damage(self, cause: Cause, detail: impl Into<String>) -> Damage {
        let Self { offset, bytes, hasher, head, .. } = self;
        let blake3 = hasher.finalize().to_hex().to_string();
        Damage { cause, detail: detail.into(), offset, bytes, blake3, head, id: None }
    }
}

/// `text` with control characters escaped and cut to `limit` characters, for messages about input.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    for (index, char) in text.chars().enumerate() {
        if index == limit {
            shown.push('…');
            break;
        }
        if char.is_control() {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}
