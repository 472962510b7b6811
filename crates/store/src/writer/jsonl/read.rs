//! The lines of a committed file, to be copied into another one.

use std::fmt;

use memchr::memchr_iter;
use zstd::stream::raw::{Decoder, Operation};

use super::Lines;
use crate::StoreError;
use crate::manifest::FileEntry;
use crate::store::Store;

/// Compressed bytes that are read at once: 1 MiB.
const READ_BYTES: u64 = 1 << 20;
/// Decompressed bytes that are made at once.
const CHUNK: usize = 256 << 10;

/// The lines of a committed file, piece by piece. Memory is bounded by a few MiB times the ratio of the compression, and
/// the longest line.
pub struct LineReader {
    store: Store,
    path: String,
    /// Size of the file, and how far it was read.
    size: u64,
    offset: u64,
    decoder: Decoder<'static>,
    /// Whether a frame began and did not end.
    inside: bool,
    /// The begin of a line whose end was not read.
    begun: Vec<u8>,
    /// Rows that the manifest says are left.
    rows: u64,
    /// Sum of the hashes of all rows, until the first piece takes it.
    hash: u128,
}

impl fmt::Debug for LineReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineReader").field("path", &self.path).field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl LineReader {
    pub(super) fn new(store: &Store, entry: &FileEntry) -> Result<Self, StoreError> {
        let decoder = Decoder::new().map_err(|error| broken(&entry.path, &error))?;
        Ok(Self {
            store: store.clone(),
            path: entry.path.clone(),
            size: entry.bytes,
            offset: 0,
            decoder,
            inside: false,
            begun: Vec::new(),
            rows: entry.rows,
            hash: entry.row_hash_sum()?,
        })
    }

    /// The next lines; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Lines>, StoreError> {
        while self.offset < self.size {
            let end = self.size.min(self.offset + READ_BYTES);
            let next = self.offset..end;
            let read = self.store.get_ranges(&self.path, vec![next]).await?;
            self.offset = end;
            for bytes in &read {
                self.decode(bytes)?;
            }
            let Some(last) = self.begun.iter().rposition(|byte| *byte == b'\n') else { continue };
            let after = self.begun.split_off(last + 1);
            let text = std::mem::replace(&mut self.begun, after);
            return self.lines(text).map(Some);
        }
        if self.inside || !self.begun.is_empty() || self.rows > 0 {
            return Err(self.broken(&"it ends before its last row"));
        }
        Ok(None)
    }

    fn lines(&mut self, text: Vec<u8>) -> Result<Lines, StoreError> {
        let rows = memchr_iter(b'\n', &text).count() as u64;
        let left = self.rows.checked_sub(rows).ok_or_else(|| self.broken(&"it has more rows than were committed"))?;
        self.rows = left;
        Ok(Lines { text, rows, hash: std::mem::take(&mut self.hash) })
    }

    fn decode(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        loop {
            let start = self.begun.len();
            self.begun.resize(start + CHUNK, 0);
            let target = self.begun.get_mut(start..).unwrap_or_default();
            let status = self.decoder.run_on_buffers(bytes, target);
            let status = status.map_err(|error| broken(&self.path, &error))?;
            self.begun.truncate(start + status.bytes_written);
            bytes = bytes.get(status.bytes_read..).unwrap_or_default();
            self.inside = status.remaining > 0;
            // A full buffer may mean that there is more to come out of bytes that were taken in.
            if bytes.is_empty() && status.bytes_written < CHUNK {
                return Ok(());
            }
        }
    }

    fn broken(&self, reason: &dyn fmt::Display) -> StoreError {
        broken(&self.path, reason)
    }
}

fn broken(path: &str, reason: &dyn fmt::Display) -> StoreError {
    StoreError::integrity(path, format!("cannot be read: {reason}"))
}
