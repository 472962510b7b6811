use std::io::{self, BufRead, Read};

use super::CHUNK;
use crate::quarantine::Evidence;

/// Most bytes behind a mark: 64 MiB. A block that has more input than that and no output yet is
/// hostile; the mark is then forgotten.
const MOST_RETAINED: usize = 64 << 20;

/// The compressed bytes of a file: buffered, counted, and able to go back to a mark.
///
/// Decoders report every failure as an `io::Error`. A failure of the file itself is kept aside, so
/// that it is never taken for damage of the data: see `take_failure`.
#[derive(Default)]
pub struct RawInput {
    inner: Option<Box<dyn Read + Send>>,
    buffer: Vec<u8>,
    /// Index in `buffer` of the next unread byte.
    next: usize,
    /// Offset in the file of `buffer[0]`.
    base: u64,
    /// Index in `buffer` from which on bytes are kept.
    mark: Option<usize>,
    failure: Option<io::Error>,
    ended: bool,
}

impl std::fmt::Debug for RawInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawInput").field("offset", &self.offset()).field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl RawInput {
    /// Reads `inner` from its current position, which counts as offset 0.
    pub fn new(inner: Box<dyn Read + Send>) -> Self {
        Self { inner: Some(inner), ..Self::default() }
    }

    /// Reads `inner` from its current position, which is at byte `offset` of the file.
    pub(crate) fn starting_at(offset: u64, inner: Box<dyn Read + Send>) -> Self {
        Self { inner: Some(inner), base: offset, ..Self::default() }
    }

    /// What it reads from, before anything was read.
    pub(super) fn into_inner(self) -> Box<dyn Read + Send> {
        self.inner.unwrap_or_else(|| Box::new(io::empty()))
    }

    /// Offset in the file of the next byte.
    pub fn offset(&self) -> u64 {
        self.base + self.next as u64
    }

    /// The failure of the file that a decoder may have seen, once.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// The next bytes without consuming them: at least `wanted`, fewer only at the end.
    pub(crate) fn peek(&mut self, wanted: usize) -> io::Result<&[u8]> {
        while self.unread().len() < wanted && !self.ended {
            self.load()?;
        }
        Ok(self.unread())
    }

    /// Keeps all bytes from here on until [`Self::unmark`], or until they are too many.
    pub(crate) fn mark(&mut self) {
        self.mark = Some(self.next);
    }

    pub(crate) fn unmark(&mut self) {
        self.mark = None;
    }

    /// Goes back to the mark, where there still is one, and removes it.
    pub(crate) fn rewind(&mut self) {
        if let Some(mark) = self.mark.take() {
            self.next = mark;
        }
    }

    /// Skips to the next place where `is_start` holds for the `length` bytes there, of which the
    /// first is `first`; what is skipped goes to `evidence`. False when the file ends before.
    pub(crate) fn skip_to(
        &mut self,
        first: u8,
        length: usize,
        is_start: &dyn Fn(&[u8]) -> bool,
        evidence: &mut Evidence,
    ) -> io::Result<bool> {
        loop {
            let unread = self.peek(length)?;
            let Some(found) = memchr::memchr(first, unread) else {
                let all = unread.len();
                if all == 0 {
                    return Ok(false);
                }
                self.skip(all, evidence);
                continue;
            };
            self.skip(found, evidence);
            if is_start(self.peek(length)?) {
                return Ok(true);
            }
            self.skip(1, evidence);
        }
    }

    /// Skips zeros into `evidence`.
    pub(crate) fn skip_zeros(&mut self, evidence: &mut Evidence) -> io::Result<()> {
        loop {
            let unread = self.peek(1)?;
            let zeros = unread.iter().take_while(|byte| **byte == 0).count();
            if zeros == 0 {
                return Ok(());
            }
            self.skip(zeros, evidence);
        }
    }

    /// Consumes `count` buffered bytes into `evidence`.
    pub(crate) fn skip(&mut self, count: usize, evidence: &mut Evidence) {
        let skipped = self.unread().get(..count).unwrap_or_default();
        evidence.update(skipped);
        self.consume(count);
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.next..).unwrap_or_default()
    }

    fn load(&mut self) -> io::Result<()> {
        if self.mark.is_some_and(|mark| self.buffer.len() - mark > MOST_RETAINED) {
            self.mark = None;
        }
        let keep = self.mark.unwrap_or(self.next);
        self.buffer.drain(..keep);
        self.base += keep as u64;
        self.next -= keep;
        self.mark = self.mark.map(|_| 0);
        let Some(inner) = &mut self.inner else {
            self.ended = true;
            return Ok(());
        };
        self.buffer.reserve(CHUNK);
        match inner.take(CHUNK as u64).read_to_end(&mut self.buffer) {
            Ok(read) => self.ended = read == 0,
            Err(error) => {
                self.failure = Some(io::Error::new(error.kind(), error.to_string()));
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Read for RawInput {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut unread = self.fill_buf()?;
        let read = unread.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for RawInput {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.unread().is_empty() && !self.ended {
            self.load()?;
        }
        Ok(self.unread())
    }

    fn consume(&mut self, count: usize) {
        self.next = (self.next + count).min(self.buffer.len());
    }
}
