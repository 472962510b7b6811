use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use super::arc;
use super::fault::Fault;
use super::headers::header_end;
use super::marks::{content_length, has_version, is_line_end};
use crate::quarantine::{Damage, printable};
use crate::stream::{ByteSource, Event};

/// Longest line of a record's header.
pub(super) const MOST_LINE: usize = 64 << 10;
/// Longest header of a record.
pub(super) const MOST_HEADER: usize = 1 << 20;
/// Bytes that tell whether a record begins: `WARC/0.18`, a line end and `WARC-`.
pub(super) const LOOKAHEAD: usize = 16;
/// Used bytes in front of the buffer that are worth moving the rest for.
const WORTH_MOVING: usize = 4 << 20;

/// What [`RecordCutter::advance`] found.
#[derive(Debug)]
pub(super) enum Found {
    /// A record. The ranges are for [`RecordCutter::bytes`] until the next call; the header of a WARC record is
    /// without its first line.
    Record { kind: Kind, header: Range<usize>, block: Range<usize>, offset: u64 },
    /// A record or stretch that cannot be read.
    Damage(Box<Damage>),
}

/// The format of an archive, told from its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Warc,
    /// ARC, which came before WARC.
    Arc,
}

impl Kind {
    /// What declares the length of a block.
    pub(super) fn length(self) -> &'static str {
        match self {
            Self::Warc => "Content-Length",
            Self::Arc => "Archive-length",
        }
    }
}

/// How many bytes a record may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Largest block that is read.
    pub most_block: u64,
    /// Bytes that the whole file can hold decompressed; a larger length is not one.
    pub largest_possible: u64,
}

/// Cuts a stream into WARC records, in memory bounded by the largest record allowed.
pub(super) struct RecordCutter {
    source: Box<dyn ByteSource>,
    pub(super) buffer: Vec<u8>,
    /// Index in `buffer` of the next unread byte.
    pub(super) next: usize,
    /// Offset in the stream of `buffer[0]`.
    base: u64,
    /// Offsets, not yet passed, of compressed members that begin as records do.
    pub(super) starts: VecDeque<u64>,
    /// Offset of the last member, while too few of its bytes are there to know how it begins.
    unproven: Option<u64>,
    /// Damage, or the end, behind the bytes in `buffer`.
    pub(super) pending: Option<Event>,
    pub(super) limits: Limits,
    /// What the first record was.
    pub(super) kind: Option<Kind>,
}

impl std::fmt::Debug for RecordCutter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordCutter").field("offset", &self.offset()).finish_non_exhaustive()
    }
}

impl RecordCutter {
    pub(super) fn new(source: Box<dyn ByteSource>, limits: Limits) -> Self {
        let (buffer, starts) = (Vec::new(), VecDeque::new());
        Self { source, buffer, next: 0, base: 0, starts, unproven: Some(0), pending: None, limits, kind: None }
    }

    /// The bytes of a record that was just found.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Offset in the decompressed stream of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.next as u64
    }

    /// The next record or damage; `None` at the end.
    pub(super) fn advance(&mut self) -> io::Result<Option<Found>> {
        loop {
            let gap = self.unread().iter().take_while(|byte| is_line_end(**byte)).count();
            self.next += gap;
            if !self.unread().is_empty() {
                let offset = self.offset();
                while self.starts.front().is_some_and(|start| *start <= offset) {
                    self.starts.pop_front();
                }
                return match self.record()? {
                    Ok(found) => Ok(Some(found)),
                    Err(fault) => self.lose(offset, fault).map(Some),
                };
            }
            if self.load()? {
                continue;
            }
            match self.pending.take() {
                Some(Event::Damage(damage)) => return Ok(Some(Found::Damage(damage))),
                // The end comes again.
                end => {
                    self.pending = end;
                    return Ok(None);
                }
            }
        }
    }

    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.get(self.next..).unwrap_or_default()
    }

    /// Offset behind the buffered bytes.
    fn end(&self) -> u64 {
        self.base + self.buffer.len() as u64
    }

    /// Whether a compressed member ended behind the buffered bytes.
    pub(super) fn at_member_end(&self) -> bool {
        self.unproven == Some(self.end())
    }

    /// Loads more bytes, or what is behind them. False when there are none before the pending event.
    pub(super) fn load(&mut self) -> io::Result<bool> {
        if self.pending.is_some() {
            return Ok(false);
        }
        // One used byte stays: it tells whether a line begins at the first unread one.
        let used = self.next.saturating_sub(1);
        if used >= WORTH_MOVING || used >= self.buffer.len() - used {
            self.buffer.drain(..used);
            self.base += used as u64;
            self.next -= used;
            if self.buffer.len() < WORTH_MOVING && self.buffer.capacity() > 8 * WORTH_MOVING {
                self.buffer.shrink_to(2 * WORTH_MOVING);
            }
        }
        let event = self.source.fill(&mut self.buffer)?;
        self.prove_start();
        match event {
            Event::Data => {}
            Event::Boundary => self.unproven = Some(self.end()),
            event => self.pending = Some(event),
        }
        Ok(true)
    }

    /// Looks at how the last member begins, once its first bytes are there.
    fn prove_start(&mut self) {
        let Some(start) = self.unproven else {
            return;
        };
        let index = usize::try_from(start.saturating_sub(self.base)).unwrap_or(usize::MAX);
        if let Some(first) = self.buffer.get(index..).and_then(|bytes| bytes.get(..5)) {
            if first == b"WARC/" || (self.kind == Some(Kind::Arc) && arc::may_begin(first)) {
                self.starts.push_back(start);
            }
            self.unproven = None;
        }
    }

    /// The record that begins here, or why there is none; then nothing was passed over.
    fn record(&mut self) -> io::Result<Result<Found, Fault>> {
        let offset = self.offset();
        while self.unread().len() < LOOKAHEAD && self.load()? {}
        let kind = self.kind.unwrap_or(if arc::may_begin(self.unread()) { Kind::Arc } else { Kind::Warc });
        let parts = match kind {
            Kind::Arc => self.arc_header()?,
            Kind::Warc => self.warc_header()?,
        };
        let (header, length) = match parts {
            Ok(parts) => parts,
            Err(fault) => return Ok(Err(fault)),
        };
        self.kind = Some(kind);
        let name = kind.length();
        let Limits { most_block, largest_possible } = self.limits;
        if length > largest_possible {
            return Ok(Err(Fault::malformed(format!("{name} {length} is larger than the file can hold"))));
        }
        let total = header as u64 + length;
        if length > most_block {
            return self.pass_large(offset, total, length).map(Ok);
        }
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        if !self.reach(offset, total)? {
            let there = self.unread().len().saturating_sub(header);
            let detail = format!("of the {length} bytes of the record {there} are left");
            return Ok(Err(Fault::incomplete(detail)));
        }
        let total = match self.record_end(kind, header, total)? {
            Ok(total) => total,
            Err(fault) => return Ok(Err(fault)),
        };
        let start = self.next;
        let first_line = memchr::memchr(b'\n', self.unread()).map_or(0, |end| end + 1);
        let skipped = if kind == Kind::Warc { first_line } else { 0 };
        self.next += total;
        let (header, block) = (start + skipped..start + header, start + header..self.next);
        Ok(Ok(Found::Record { kind, header, block, offset }))
    }

    /// Lengths of the header that begins here, with its blank line, and of the block.
    fn warc_header(&mut self) -> io::Result<Result<(usize, u64), Fault>> {
        if has_version(self.unread()) {
            return self.header();
        }
        if b"WARC/".starts_with(self.unread()) {
            return Ok(Err(Fault::incomplete("a record ends in its first line")));
        }
        let head = String::from_utf8_lossy(self.unread().get(..16).unwrap_or_else(|| self.unread())).into_owned();
        let shown = printable(&head, 16);
        Ok(Err(Fault::malformed(format!("no record of WARC 0.x or 1.x begins here but `{shown}`"))))
    }

    /// Length of the header with its blank line, and the length that it declares for the block.
    fn header(&mut self) -> io::Result<Result<(usize, u64), Fault>> {
        let mut scan = 0;
        let end = loop {
            match header_end(self.unread(), &mut scan, MOST_LINE) {
                Err(what) => return Ok(Err(Fault::malformed(what))),
                Ok(found) if found.unwrap_or(self.unread().len()) > MOST_HEADER => {
                    return Ok(Err(Fault::malformed(format!("the header is longer than {MOST_HEADER} bytes"))));
                }
                Ok(Some(end)) => break end,
                Ok(None) => {
                    // A header does not go on in the next record's member.
                    if !self.starts.is_empty() || !self.load()? {
                        return Ok(Err(Fault::incomplete("a record ends inside its header")));
                    }
                }
            }
        };
        let end_offset = self.offset() + end as u64;
        if self.starts.front().is_some_and(|start| *start < end_offset) {
            return Ok(Err(Fault::incomplete("a record ends inside its header")));
        }
        let header = self.unread().get(..end).unwrap_or_default();
        let length = content_length(header);
        Ok(length.map(|length| (end, length)).map_err(Fault::malformed))
    }

    /// Loads until `total` bytes are unread. False where the bytes end before, or where another
    /// member that begins with a record does.
    fn reach(&mut self, offset: u64, total: usize) -> io::Result<bool> {
        loop {
            if self.starts.front().is_some_and(|start| *start < offset + total as u64) {
                return Ok(false);
            }
            if self.unread().len() >= total {
                return Ok(true);
            }
            if !self.load()? {
                return Ok(false);
            }
        }
    }
}
