//! Passing over what cannot be read, up to the next record.

use std::io;

use textmill_document::Cause;

use super::arc;
use super::cut::{Found, Kind, LOOKAHEAD, RecordCutter};
use super::fault::{Fault, Lost};
use super::marks::begins_record;
use crate::quarantine::Evidence;
use crate::stream::Event;

impl RecordCutter {
    /// Passes over a record that is too large.
    pub(super) fn pass_large(&mut self, offset: u64, total: u64, length: u64) -> io::Result<Found> {
        let limit = self.limits.most_block;
        let detail = format!("the record has {length} bytes, above limits.max_document_bytes ({limit})");
        let mut evidence = Evidence::at(Some(offset));
        loop {
            let next_start = self.starts.front().copied().unwrap_or(u64::MAX);
            let left = (offset + total).min(next_start) - self.offset();
            self.pass(usize::try_from(left).unwrap_or(usize::MAX), &mut evidence);
            if evidence.len() == total {
                return Ok(Found::Damage(Box::new(evidence.damage(Cause::TooLarge, detail))));
            }
            if self.offset() == next_start || !self.load()? {
                let detail = format!("{detail}, of which {} are there", evidence.len());
                return self.resynchronise(Lost { evidence, cause: Cause::Truncated, detail, incomplete: true });
            }
        }
    }

    /// Moves at most `count` bytes to `evidence`.
    fn pass(&mut self, count: usize, evidence: &mut Evidence) {
        let passed = self.unread().get(..count).unwrap_or_else(|| self.unread());
        evidence.update(passed);
        self.next += passed.len();
    }

    /// Gives the record at `offset` up, but not what its declared length covers.
    pub(super) fn lose(&mut self, offset: u64, fault: Fault) -> io::Result<Found> {
        let Fault { cause, detail, incomplete } = fault;
        let mut evidence = Evidence::at(Some(offset));
        self.pass(1, &mut evidence);
        self.resynchronise(Lost { evidence, cause, detail, incomplete })
    }

    /// Passes over everything up to the next record, or to the next damage or end.
    fn resynchronise(&mut self, lost: Lost) -> io::Result<Found> {
        let Lost { mut evidence, cause, mut detail, incomplete } = lost;
        loop {
            if let Some(distance) = self.next_record() {
                self.pass(distance, &mut evidence);
                let cause = if incomplete { Cause::Malformed } else { cause };
                if incomplete {
                    detail.push_str("; another record begins there");
                }
                return Ok(Found::Damage(Box::new(evidence.damage(cause, detail))));
            }
            // The last bytes may begin a record.
            self.pass(self.unread().len().saturating_sub(self.undecided()), &mut evidence);
            if !self.load()? {
                break;
            }
        }
        let member_ended = self.at_member_end();
        self.pass(usize::MAX, &mut evidence);
        let (cause, detail) = match self.pending.take() {
            Some(Event::Damage(damage)) if !member_ended => (damage.cause, format!("{detail}: {}", damage.detail)),
            event => {
                self.pending = event;
                (cause, detail)
            }
        };
        Ok(Found::Damage(Box::new(evidence.damage(cause, detail))))
    }

    /// Distance to the next place in the buffer where a record begins.
    fn next_record(&self) -> Option<usize> {
        let offset = self.offset();
        let start = self.starts.iter().find(|start| **start >= offset);
        let start = start.and_then(|start| usize::try_from(start - offset).ok());
        let arc = (self.kind != Some(Kind::Warc)).then(|| arc::next_line(self.unread())).flatten();
        let mut marks = memchr::memmem::find_iter(self.unread(), b"WARC/").filter(|_| self.kind != Some(Kind::Arc));
        let warc = marks.find(|at| {
            let index = self.next + at;
            let begins_line = index.checked_sub(1).and_then(|before| self.buffer.get(before)) == Some(&b'\n');
            begins_record(self.buffer.get(index..).unwrap_or_default(), begins_line)
        });
        [start, arc, warc].into_iter().flatten().min()
    }

    /// Bytes at the end of the buffer that may begin a record whose further bytes are needed to tell.
    fn undecided(&self) -> usize {
        let line = if self.kind == Some(Kind::Warc) { 0 } else { arc::undecided(self.unread()) };
        line.max(LOOKAHEAD)
    }
}
