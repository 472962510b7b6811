//! Finds out which columns of a Parquet file are encrypted. The Parquet crate passes over what a footer
//! says of it, so the footer, a Thrift structure in compact form, is walked here for that alone.

use std::collections::BTreeSet;

use parquet::file::reader::{ChunkReader, Length};

use crate::source::Chunks;

/// Bytes behind the footer: its length and the magic.
const TAIL_BYTES: u64 = 8;
/// Magic of a file whose footer is encrypted itself.
const ENCRYPTED_FOOTER: &[u8] = b"PARE";
/// Structures in one another that are followed; Parquet's own are 8 deep.
const DEEPEST: u32 = 32;

/// Numbers of fields in Parquet's structures.
const ROW_GROUPS: i64 = 4;
const COLUMNS: i64 = 1;
const CRYPTO_METADATA: i64 = 8;
const ENCRYPTED_METADATA: i64 = 9;

/// What is encrypted of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Encrypted {
    /// The footer, and with it everything.
    Footer,
    /// The columns with these numbers, in the order of the leaves of the schema; none in most files.
    Columns(BTreeSet<usize>),
}

/// Looks into the footer of `chunks`; a footer that cannot be followed says nothing.
pub(super) fn look(chunks: &Chunks) -> Encrypted {
    let none = Encrypted::Columns(BTreeSet::new());
    let Some(tail_at) = chunks.len().checked_sub(TAIL_BYTES) else { return none };
    let Ok(tail) = chunks.get_bytes(tail_at, 8) else { return none };
    if tail.ends_with(ENCRYPTED_FOOTER) {
        return Encrypted::Footer;
    }
    let length = tail.first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let footer = tail_at.checked_sub(u64::from(length)).and_then(|start| chunks.get_bytes(start, length as usize).ok());
    let columns = footer.and_then(|footer| encrypted_columns(&footer));
    columns.map_or(none, Encrypted::Columns)
}

fn encrypted_columns(footer: &[u8]) -> Option<BTreeSet<usize>> {
    let mut found = BTreeSet::new();
    let mut thrift = Thrift { rest: footer };
    thrift.fields(0, &mut |thrift, number, kind| {
        if number != ROW_GROUPS || kind != Thrift::LIST {
            return thrift.skip(kind, 1);
        }
        thrift.items(&mut |thrift, _, kind| row_group(thrift, kind, &mut found))
    })?;
    Some(found)
}

fn row_group(thrift: &mut Thrift<'_>, kind: u8, found: &mut BTreeSet<usize>) -> Option<()> {
    if kind != Thrift::STRUCT {
        return thrift.skip(kind, 2);
    }
    thrift.fields(2, &mut |thrift, number, kind| {
        if number != COLUMNS || kind != Thrift::LIST {
            return thrift.skip(kind, 3);
        }
        thrift.items(&mut |thrift, column, kind| {
            if kind != Thrift::STRUCT {
                return thrift.skip(kind, 4);
            }
            thrift.fields(4, &mut |thrift, number, kind| {
                if [CRYPTO_METADATA, ENCRYPTED_METADATA].contains(&number) {
                    found.insert(column);
                }
                thrift.skip(kind, 5)
            })
        })
    })
}

/// Bytes in Thrift's compact form that are still to be read. `None` anywhere is the end of what can be followed.
struct Thrift<'a> {
    rest: &'a [u8],
}

type Visit<'v> = &'v mut dyn FnMut(&mut Thrift<'_>, usize, u8) -> Option<()>;

impl Thrift<'_> {
    const BYTE: u8 = 3;
    const DOUBLE: u8 = 7;
    const BINARY: u8 = 8;
    const LIST: u8 = 9;
    const SET: u8 = 10;
    const MAP: u8 = 11;
    const STRUCT: u8 = 12;

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn pass(&mut self, bytes: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    /// Calls `visit` with number and type of each field of a structure; it must read the field's value.
    fn fields(&mut self, depth: u32, visit: &mut dyn FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        let mut number = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            number = match head >> 4 {
                0 => {
                    let zigzag = i64::try_from(self.varint()?).ok()?;
                    (zigzag >> 1) ^ -(zigzag & 1)
                }
                step => number.checked_add(i64::from(step))?,
            };
            visit(self, number, head & 0x0f)?;
        }
    }

    /// Calls `visit` with index and type of each entry of a list; it must read the entry.
    fn items(&mut self, visit: Visit<'_>) -> Option<()> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        for index in 0..usize::try_from(count).ok()? {
            visit(self, index, head & 0x0f)?;
        }
        Some(())
    }

    /// Passes over a value.
    fn skip(&mut self, kind: u8, depth: u32) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match kind {
            // A boolean field's value is its type.
            1 | 2 => Some(()),
            Self::BYTE => self.pass(1),
            4..=6 => self.varint().map(|_| ()),
            Self::DOUBLE => self.pass(8),
            Self::BINARY => {
                let length = self.varint()?;
                self.pass(length)
            }
            Self::LIST | Self::SET => self.items(&mut |thrift, _, kind| thrift.skip_entry(kind, depth)),
            Self::MAP => {
                let count = self.varint()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.skip_entry(kinds >> 4, depth)?;
                    self.skip_entry(kinds & 0x0f, depth)
                })
            }
            Self::STRUCT => self.fields(depth + 1, &mut |thrift, _, kind| thrift.skip(kind, depth + 1)),
            _ => None,
        }
    }

    /// Passes over an entry of a list or map, where a boolean is a byte.
    fn skip_entry(&mut self, kind: u8, depth: u32) -> Option<()> {
        if matches!(kind, 1 | 2) { self.pass(1) } else { self.skip(kind, depth + 1) }
    }
}
