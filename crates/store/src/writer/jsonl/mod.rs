//! JSON lines in zstd: a line with an object for each row, in frames that can be read apart.
//!
//! 1. A line has every column of the schema, in its order; what has no value is `null`. [`values`] has the form of each
//!    type.
//! 2. A frame ends at the first line end at or after [`WriterOptions::frame_bytes`] of text. It says the size of its
//!    content and has a checksum.
//! 3. A file without rows is one empty frame.

mod base64;
mod read;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use rayon::ThreadPool;
use textmill_document::row_hash_sum;
use tokio::sync::oneshot;
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

pub use self::read::LineReader;
use self::values::Rendered;
use super::format::{Encoded, Format, Job, RowReader};
use super::{Rows, WriterOptions};
use crate::StoreError;
use crate::manifest::FileEntry;
use crate::store::Store;

/// Whole lines with their line ends.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Lines {
    /// The text.
    pub text: Vec<u8>,
    /// Number of the lines.
    pub rows: u64,
    /// Sum of the hashes of the rows. Of a committed file, whose lines cannot be hashed as rows any more, the first
    /// piece has the sum of all.
    pub hash: u128,
}

impl Lines {
    fn append(&mut self, lines: &Self) {
        self.text.extend_from_slice(&lines.text);
        self.rows += lines.rows;
        self.hash = self.hash.wrapping_add(lines.hash);
    }
}

/// Gathers lines to frames.
#[derive(Debug)]
pub(super) struct Jsonl {
    frame_bytes: usize,
    zstd_level: i32,
    pool: Option<Arc<ThreadPool>>,
    /// The lines of the frame that is not full yet.
    frame: Lines,
}

impl Jsonl {
    /// Adds `pieces`, all but the last of which end a frame, and returns these frames.
    fn add(&mut self, pieces: &[Lines]) -> Vec<Job<Vec<u8>>> {
        let mut full = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            self.frame.append(piece);
            if index + 1 < pieces.len() {
                full.push(self.take_frame());
            }
        }
        full
    }

    fn take_frame(&mut self) -> Job<Vec<u8>> {
        let (lines, level) = (std::mem::take(&mut self.frame), self.zstd_level);
        Box::new(move || {
            let group = compressed(&lines.text, level)?;
            Ok(Encoded { group, rows: lines.rows, hash: lines.hash })
        })
    }

    /// Renders `batch` on the threads that encode.
    async fn rendered(&self, batch: RecordBatch) -> Result<Vec<Lines>, String> {
        let (sender, receiver) = oneshot::channel();
        let (begun, frame_bytes) = (self.frame.text.len(), self.frame_bytes);
        let work = move || {
            let pieces = catch_unwind(AssertUnwindSafe(|| render(&batch, begun, frame_bytes)));
            let panicked = |_| Err("the JSONL encoder panicked; please report it".to_owned());
            // Nobody listens after an abort.
            let _ = sender.send(pieces.unwrap_or_else(panicked));
        };
        match &self.pool {
            Some(pool) => pool.spawn(work),
            None => rayon::spawn(work),
        }
        receiver.await.unwrap_or_else(|_| Err("its encoder was shut down".to_owned()))
    }
}

impl Format for Jsonl {
    const NAME: &'static str = "JSONL";
    type Group = Vec<u8>;
    type File = JsonlFile;

    fn new(options: &WriterOptions) -> Self {
        Self {
            frame_bytes: usize::try_from(options.frame_bytes).unwrap_or(usize::MAX).max(1),
            zstd_level: options.zstd_level,
            pool: options.pool.clone(),
            frame: Lines::default(),
        }
    }

    async fn push(&mut self, rows: Rows) -> Result<Vec<Job<Self::Group>>, String> {
        let pieces = match rows {
            Rows::Columns(batch) => self.rendered(batch).await?,
            Rows::Lines(lines) => cut(&lines, self.frame.text.len(), self.frame_bytes),
        };
        Ok(self.add(&pieces))
    }

    fn rest(&mut self) -> Result<Option<Job<Self::Group>>, String> {
        Ok((self.frame.rows > 0).then(|| self.take_frame()))
    }

    fn create(&mut self) -> Result<Self::File, String> {
        Ok(JsonlFile { pending: Vec::new(), written: 0, zstd_level: self.zstd_level })
    }

    fn append(file: &mut Self::File, group: Self::Group) -> Result<(), String> {
        file.written += group.len() as u64;
        file.pending.extend_from_slice(&group);
        Ok(())
    }

    fn written(file: &Self::File) -> u64 {
        file.written
    }

    fn finish(file: &mut Self::File) -> Result<(), String> {
        if file.written == 0 {
            file.pending = compressed(&[], file.zstd_level)?;
        }
        Ok(())
    }

    fn take(file: &mut Self::File) -> Result<Vec<u8>, String> {
        Ok(std::mem::take(&mut file.pending))
    }

    async fn read(store: &Store, entry: &FileEntry) -> Result<RowReader, StoreError> {
        Ok(RowReader::Lines(Box::new(LineReader::new(store, entry)?)))
    }
}

/// A file on its way to the store.
#[derive(Debug)]
pub(super) struct JsonlFile {
    /// Frames that wait to be sent.
    pending: Vec<u8>,
    /// Bytes of all frames so far.
    written: u64,
    zstd_level: i32,
}

/// One frame with the size of its content and a checksum.
fn compressed(text: &[u8], level: i32) -> Result<Vec<u8>, String> {
    let compress = || {
        let mut compressor = Compressor::new(level)?;
        compressor.set_parameter(CParameter::ContentSizeFlag(true))?;
        compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        compressor.compress(text)
    };
    compress().map_err(|error: std::io::Error| error.to_string())
}

/// The lines of `batch`, cut where frames end; the last piece, which may be empty, ends none. The open frame has `begun`
/// bytes already.
fn render(batch: &RecordBatch, mut begun: usize, frame_bytes: usize) -> Result<Vec<Lines>, String> {
    let rows = Rendered::new(batch)?;
    let (mut pieces, mut text, mut first) = (Vec::new(), Vec::new(), 0);
    let piece = |text: &mut Vec<u8>, first: usize, end: usize| Lines {
        text: std::mem::take(text),
        rows: (end - first) as u64,
        hash: row_hash_sum(&batch.slice(first, end - first)),
    };
    for row in 0..batch.num_rows() {
        rows.write_line(row, &mut text);
        if begun + text.len() >= frame_bytes {
            pieces.push(piece(&mut text, first, row + 1));
            (begun, first) = (0, row + 1);
        }
    }
    pieces.push(piece(&mut text, first, batch.num_rows()));
    Ok(pieces)
}

/// `lines`, cut as [`render`] cuts them.
fn cut(lines: &Lines, mut begun: usize, frame_bytes: usize) -> Vec<Lines> {
    let (mut pieces, mut rest, mut hash) = (Vec::new(), lines.text.as_slice(), lines.hash);
    let mut piece = |text: &[u8]| Lines {
        text: text.to_vec(),
        rows: text.iter().filter(|byte| **byte == b'\n').count() as u64,
        hash: std::mem::take(&mut hash),
    };
    loop {
        // The first byte whose line end would end the frame.
        let earliest = frame_bytes.saturating_sub(begun).saturating_sub(1);
        let end = rest.get(earliest..).and_then(|late| late.iter().position(|byte| *byte == b'\n'));
        let Some(end) = end else { break };
        let (frame, after) = rest.split_at(earliest + end + 1);
        pieces.push(piece(frame));
        (rest, begun) = (after, 0);
    }
    pieces.push(piece(rest));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_into_the_frames_that_rows_are_cut_into() {
        let text: Vec<u8> = (0..200).flat_map(|row| format!("{}\n", "x".repeat(row * 7 % 31)).into_bytes()).collect();
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        for frame_bytes in [1, 2, 10, 31, 32, 100, 1000, 100_000] {
            // Line by line, as rows are rendered.
            let (mut expected, mut open) = (Vec::new(), Vec::new());
            for line in &lines {
                open.extend_from_slice(line);
                if open.len() >= frame_bytes {
                    expected.push(std::mem::take(&mut open));
                }
            }
            expected.push(open);
            for step in [1, 3, 50, 200] {
                let (mut frames, mut frame) = (Vec::new(), Lines::default());
                for some in lines.chunks(step) {
                    let some = Lines { text: some.concat(), rows: some.len() as u64, hash: 1 };
                    let pieces = cut(&some, frame.text.len(), frame_bytes);
                    for (index, piece) in pieces.iter().enumerate() {
                        frame.append(piece);
                        if index + 1 < pieces.len() {
                            frames.push(std::mem::take(&mut frame));
                        }
                    }
                }
                frames.push(frame);
                let texts: Vec<_> = frames.iter().map(|frame| frame.text.clone()).collect();
                assert_eq!(texts, expected, "frames of {frame_bytes}, {step} lines at once");
                assert_eq!(frames.iter().map(|frame| frame.rows).sum::<u64>(), 200);
                assert_eq!(frames.iter().map(|frame| frame.hash).sum::<u128>(), (200_u128).div_ceil(step as u128));
            }
        }
    }

    #[test]
    fn a_frame_says_its_size_and_has_a_checksum() {
        for text in [&b""[..], b"{}\n", &[b'x'; 100_000]] {
            let frame = compressed(text, 3).expect("compresses");
            assert_eq!(zstd::decode_all(frame.as_slice()).expect("decompresses"), text);
            assert_eq!(zstd::zstd_safe::get_frame_content_size(&frame).ok().flatten(), Some(text.len() as u64));
            // The bit of the frame header descriptor that says there is a checksum.
            assert_eq!(frame[4] & 0b100, 0b100);
            let mut flipped = frame.clone();
            *flipped.last_mut().expect("has bytes") ^= 1;
            assert!(zstd::decode_all(flipped.as_slice()).is_err(), "the checksum is compared");
        }
    }
}
