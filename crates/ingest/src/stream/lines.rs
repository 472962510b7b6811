use std::io;
use std::ops::Range;

use textmill_document::Cause;

use super::{ByteSource, Event};
use crate::quarantine::{Damage, Evidence};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What [`LineSplitter::advance`] found.
#[derive(Debug)]
pub(crate) enum Found {
    /// A line that is not blank; its bytes are [`LineSplitter::bytes`] of the range, without the line
    /// end, until the next call.
    Line {
        range: Range<usize>,
        /// In the decompressed stream.
        offset: u64,
        /// From 1.
        number: u64,
        /// Whether the file ends behind it without a line end.
        is_last: bool,
    },
    /// A line or stretch that cannot be a record.
    Damage(Box<Damage>),
}

/// Cuts a stream into lines, in memory bounded by the longest line allowed.
pub(crate) struct LineSplitter {
    source: Box<dyn ByteSource>,
    buffer: Vec<u8>,
    /// Start of the unread line in `buffer`.
    next: usize,
    /// No line end lies before this index.
    scanned: usize,
    /// Offset in the decompressed stream of `buffer[0]`.
    base: u64,
    /// Lines that ended so far.
    lines: u64,
    max_line_bytes: usize,
    /// The line that is too long and being skipped.
    too_long: Option<Evidence>,
    /// An event that waits until the lines before it are read.
    pending: Option<Event>,
    part_starts: bool,
}

impl std::fmt::Debug for LineSplitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineSplitter").field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl LineSplitter {
    pub(crate) fn new(source: Box<dyn ByteSource>, max_line_bytes: usize) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            next: 0,
            scanned: 0,
            base: 0,
            lines: 0,
            max_line_bytes,
            too_long: None,
            pending: None,
            part_starts: true,
        }
    }

    /// Goes on in the middle of a stream: `source` begins with the line behind the first `lines`, at byte `base`.
    pub(crate) fn continued(source: Box<dyn ByteSource>, max_line_bytes: usize, base: u64, lines: u64) -> Self {
        Self { base, lines, part_starts: base == 0, ..Self::new(source, max_line_bytes) }
    }

    /// Lines that ended so far, blank ones included.
    pub(crate) fn number(&self) -> u64 {
        self.lines
    }

    /// Whether the stream so far is what the file holds, and none of it was rewritten.
    pub(crate) fn is_as_stored(&self) -> bool {
        self.source.is_as_stored()
    }

    /// The bytes of a line that was just found.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Decompressed bytes that have been cut into lines.
    pub(crate) fn consumed(&self) -> u64 {
        self.base + self.next as u64
    }

    /// The next line or damage; `None` at the end.
    pub(crate) fn advance(&mut self) -> io::Result<Option<Found>> {
        loop {
            let unscanned = self.buffer.get(self.scanned..).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', unscanned) {
                let end = self.scanned + found;
                if let Some(line) = self.line(end, end + 1) {
                    return Ok(Some(line));
                }
                continue;
            }
            self.scanned = self.buffer.len();
            match self.pending.take() {
                None => self.load()?,
                Some(Event::Data) => {}
                Some(Event::Damage(damage)) => return Ok(Some(Found::Damage(Box::new(self.broken(*damage))))),
                Some(Event::Boundary) => {
                    let line = self.unfinished_line();
                    self.part_starts = true;
                    if let Some(line) = line {
                        return Ok(Some(line));
                    }
                }
                Some(Event::End) => {
                    // The end comes again, after the line that it ends.
                    self.pending = Some(Event::End);
                    return Ok(self.unfinished_line());
                }
            }
        }
    }

    /// The last line of a part where it has no line end.
    fn unfinished_line(&mut self) -> Option<Found> {
        let end = self.buffer.len();
        if self.next == end && self.too_long.is_none() {
            return None;
        }
        self.line(end, end)
    }

    /// The line that ends at index `end`; the one behind it starts at `next`. `None` if blank.
    fn line(&mut self, end: usize, next: usize) -> Option<Found> {
        let mut start = self.next;
        self.next = next;
        self.scanned = next;
        self.lines += 1;
        let number = self.lines;
        if std::mem::take(&mut self.part_starts) && self.bytes(start..end).starts_with(BOM) {
            start += BOM.len();
        }
        if let Some(mut evidence) = self.too_long.take() {
            evidence.update(self.bytes(start..end));
            return Some(self.too_large(evidence, number));
        }
        let offset = self.base + start as u64;
        let trimmed = self.bytes(start..end).trim_ascii_end().len();
        if trimmed > self.max_line_bytes {
            let mut evidence = Evidence::at(Some(offset));
            evidence.update(self.bytes(start..end));
            return Some(self.too_large(evidence, number));
        }
        let blank = self.bytes(start..start + trimmed).trim_ascii_start().is_empty();
        let is_last = matches!(self.pending, Some(Event::End)) && end == next;
        (!blank).then_some(Found::Line { range: start..start + trimmed, offset, number, is_last })
    }

    fn too_large(&self, evidence: Evidence, number: u64) -> Found {
        let limit = self.max_line_bytes;
        let bytes = evidence.len();
        let detail = format!("line {number} has {bytes} bytes, above limits.max_document_bytes ({limit})");
        Found::Damage(Box::new(evidence.damage(Cause::TooLarge, detail)))
    }

    /// The unfinished line before a break is part of the damage, and its better evidence.
    fn broken(&mut self, damage: Damage) -> Damage {
        let offset = self.base + self.next as u64;
        let end = self.buffer.len();
        let unfinished = match self.too_long.take() {
            Some(mut evidence) => {
                evidence.update(self.bytes(self.next..end));
                Some(evidence)
            }
            None if self.next < end => {
                let mut evidence = Evidence::at(Some(offset));
                evidence.update(self.bytes(self.next..end));
                Some(evidence)
            }
            None => None,
        };
        self.next = end;
        self.scanned = end;
        let Some(evidence) = unfinished else {
            return damage;
        };
        self.lines += 1;
        let detail = format!("line {} is cut off after {} bytes: {}", self.lines, evidence.len(), damage.detail);
        evidence.damage(damage.cause, detail)
    }

    fn load(&mut self) -> io::Result<()> {
        let unread = self.buffer.len() - self.next;
        if self.too_long.is_some() || unread > self.max_line_bytes {
            let offset = self.base + self.next as u64;
            let mut evidence = self.too_long.take().unwrap_or_else(|| Evidence::at(Some(offset)));
            evidence.update(self.bytes(self.next..self.buffer.len()));
            self.too_long = Some(evidence);
            self.next = self.buffer.len();
        }
        self.buffer.drain(..self.next);
        self.base += self.next as u64;
        self.next = 0;
        self.scanned = self.buffer.len();
        self.pending = match self.source.fill(&mut self.buffer)? {
            Event::Data => None,
            event => Some(event),
        };
        Ok(())
    }
}
