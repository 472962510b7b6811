use std::io;

use tar::{EntryType, Header, PaxExtensions};
use textmill_document::Cause;

use super::members::lost;
use super::{ByteSource, Event};
use crate::quarantine::Damage;

/// Unit of a tar archive.
const BLOCK: usize = 512;
/// Largest extended header that is read; it holds names and sizes only.
const MAX_PAX_BYTES: u64 = 1 << 20;

/// The contents of all regular files of a tar archive, one after the other.
pub struct TarEntries {
    inner: Box<dyn ByteSource>,
    buffer: Vec<u8>,
    next: usize,
    state: State,
    /// Size that an extended header gives to the entry behind it.
    pax_size: Option<u64>,
    /// Damage that comes when the bytes before it are read.
    pending: Option<Event>,
    ended: bool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Header,
    File {
        left: u64,
        padding: u64,
    },
    Skip {
        left: u64,
    },
    Pax {
        length: u64,
        padded: u64,
    },
    /// Behind damage: where the next header is cannot be known.
    Lost {
        bytes: u64,
    },
    Done,
}

impl std::fmt::Debug for TarEntries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TarEntries").field("state", &self.state).finish_non_exhaustive()
    }
}

impl TarEntries {
    /// Reads the archive `inner`.
    pub fn new(inner: Box<dyn ByteSource>) -> Self {
        Self { inner, buffer: Vec::new(), next: 0, state: State::Header, pax_size: None, pending: None, ended: false }
    }

    fn unread(&self) -> usize {
        self.buffer.len() - self.next
    }

    /// Loads until `wanted` bytes are unread or the archive ends. `Some` is damage before that.
    fn load(&mut self, wanted: usize) -> io::Result<Option<Event>> {
        while self.unread() < wanted && !self.ended {
            if let Some(damage) = self.pending.take() {
                return Ok(Some(damage));
            }
            self.buffer.drain(..self.next);
            self.next = 0;
            match self.inner.fill(&mut self.buffer)? {
                Event::Data | Event::Boundary => {}
                Event::End => self.ended = true,
                damage @ Event::Damage(_) => self.pending = Some(damage),
            }
        }
        Ok(None)
    }

    fn header(&mut self) -> io::Result<Event> {
        if let Some(damage) = self.load(BLOCK)? {
            return Ok(self.lose(damage));
        }
        let block = self.buffer.get(self.next..self.next + BLOCK);
        let Some(block) = block else {
            let bytes = self.unread();
            self.state = State::Done;
            if bytes == 0 {
                return Ok(Event::End);
            }
            let rest = self.buffer.get(self.next..).unwrap_or_default();
            let detail = "the tar archive ends inside an entry's header";
            return Ok(Event::Damage(Box::new(Damage::of(Cause::Truncated, detail, None, rest))));
        };
        if block.iter().all(|byte| *byte == 0) {
            self.next += BLOCK;
            return Ok(Event::Data);
        }
        let header = Header::from_byte_slice(block);
        let (Ok(size), true) = (header.entry_size(), checksum_holds(header)) else {
            let detail = "the tar archive is damaged: an entry's header has a wrong checksum or size";
            let damage = Damage::of(Cause::Malformed, detail, None, block);
            self.state = State::Lost { bytes: 0 };
            return Ok(Event::Damage(Box::new(damage)));
        };
        let kind = header.entry_type();
        self.next += BLOCK;
        self.state = self.enter(kind, size);
        Ok(Event::Data)
    }

    fn enter(&mut self, kind: EntryType, size: u64) -> State {
        if kind.is_pax_local_extensions() {
            return State::Pax { length: size, padded: size.saturating_add(padding(size)) };
        }
        let keeps_pax = kind.is_gnu_longname() || kind.is_gnu_longlink();
        let size = if keeps_pax { size } else { self.pax_size.take().unwrap_or(size) };
        if kind.is_file() || kind == EntryType::Continuous {
            State::File { left: size, padding: padding(size) }
        } else {
            State::Skip { left: size.saturating_add(padding(size)) }
        }
    }

    fn file(&mut self, left: u64, padding: u64, out: &mut Vec<u8>) -> io::Result<Event> {
        if left == 0 {
            self.state = State::Skip { left: padding };
            return Ok(Event::Boundary);
        }
        if let Some(damage) = self.load(1)? {
            return Ok(self.lose(damage));
        }
        let count = self.take(left, Some(out));
        if count == 0 {
            self.state = State::Done;
            let detail = format!("the tar archive ends {left} bytes before the end of an entry");
            return Ok(Event::Damage(Box::new(Damage::of(Cause::Truncated, detail, None, &[]))));
        }
        self.state = State::File { left: left - count, padding };
        Ok(Event::Data)
    }

    fn skip(&mut self, left: u64) -> io::Result<Event> {
        if let Some(damage) = self.load(1)? {
            return Ok(self.lose(damage));
        }
        let count = self.take(left, None);
        self.state = if count == left || count == 0 { State::Header } else { State::Skip { left: left - count } };
        Ok(Event::Data)
    }

    fn pax(&mut self, length: u64, padded: u64) -> io::Result<Event> {
        let wanted = usize::try_from(length.min(MAX_PAX_BYTES)).unwrap_or(BLOCK);
        if let Some(damage) = self.load(wanted)? {
            return Ok(self.lose(damage));
        }
        let end = (self.next + wanted).min(self.buffer.len());
        let records = PaxExtensions::new(self.buffer.get(self.next..end).unwrap_or_default());
        for record in records.flatten() {
            if record.key() == Ok("size") {
                self.pax_size = record.value().ok().and_then(|value| value.parse().ok());
            }
        }
        self.state = State::Skip { left: padded };
        Ok(Event::Data)
    }

    fn rest(&mut self, bytes: u64) -> io::Result<Event> {
        let more = self.load(1)?;
        let bytes = bytes + self.take(u64::MAX, None);
        if let Some(damage) = more {
            self.state = State::Lost { bytes };
            return Ok(damage);
        }
        if !self.ended {
            self.state = State::Lost { bytes };
            return Ok(Event::Data);
        }
        self.state = State::Done;
        if bytes == 0 {
            return Ok(Event::End);
        }
        Ok(lost(format!("{bytes} bytes of the tar archive behind the damage were skipped")))
    }

    /// After damage nothing in the archive can be placed any more.
    fn lose(&mut self, damage: Event) -> Event {
        self.state = State::Lost { bytes: 0 };
        damage
    }

    fn take(&mut self, most: u64, out: Option<&mut Vec<u8>>) -> u64 {
        let count = usize::try_from(most).unwrap_or(usize::MAX).min(self.unread());
        if let Some(out) = out {
            out.extend_from_slice(self.buffer.get(self.next..self.next + count).unwrap_or_default());
        }
        self.next += count;
        count as u64
    }
}

impl ByteSource for TarEntries {
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Event> {
        match self.state {
            State::Header => self.header(),
            State::File { left, padding } => self.file(left, padding, out),
            State::Skip { left: 0 } => {
                self.state = State::Header;
                Ok(Event::Data)
            }
            State::Skip { left } => self.skip(left),
            State::Pax { length, padded } => self.pax(length, padded),
            State::Lost { bytes } => self.rest(bytes),
            State::Done => Ok(Event::End),
        }
    }
}

/// Bytes from the end of an entry of `size` to the next block.
fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

/// The checksum is the sum of all header bytes, with its own eight taken as spaces.
fn checksum_holds(header: &Header) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let bytes = header.as_bytes();
    let (before, after) = (bytes.get(..148).unwrap_or_default(), bytes.get(156..).unwrap_or_default());
    header.cksum().is_ok_and(|declared| declared == sum(before) + sum(after) + 8 * u32::from(b' '))
}
