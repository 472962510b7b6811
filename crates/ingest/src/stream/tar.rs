use std::io;

use tar::{EntryType, Header, PaxExtensions};
use textmill_document::Cause;

use super::members::lost;
use super::tar_member::{LOOK, Member, judge, shown};
use super::{ByteSource, Event, Losses};
use crate::quarantine::Damage;

/// Unit of a tar archive.
const BLOCK: usize = 512;
/// Largest extended header, or long name, that is read.
const MAX_PAX_BYTES: u64 = 1 << 20;
/// What headers of all writers but V7 have at this place; by it they are found where they need not begin at a block.
const MAGIC: (usize, &[u8]) = (257, b"ustar");
/// Bytes that are searched at once for the next header.
const SEARCH: usize = 64 << 10;
/// Members left out whose names a message shows.
const SHOWN: usize = 3;

/// The contents of all regular files of a tar archive, one after the other: of V7, ustar, GNU and pax writers. What
/// file managers put beside them, and texts that hold no JSON, are left out and named.
pub struct TarEntries {
    inner: Box<dyn ByteSource>,
    buffer: Vec<u8>,
    next: usize,
    state: State,
    /// Size that an extended header gives to the entry behind it.
    pax_size: Option<u64>,
    /// Name that an extended header or a long name gives to it.
    long_name: Option<Vec<u8>>,
    /// Members left out: the names of the first, and how many.
    left_out: (Vec<String>, u64),
    losses: Losses,
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
    /// Before the first bytes of a file.
    Look {
        left: u64,
        padding: u64,
    },
    /// Before an extended header, or a long name of GNU.
    Extended {
        length: u64,
        padded: u64,
        is_name: bool,
    },
    /// Behind damage, looking for the next header.
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
        Self {
            inner,
            buffer: Vec::new(),
            next: 0,
            state: State::Header,
            pax_size: None,
            long_name: None,
            left_out: (Vec::new(), 0),
            losses: Losses::default(),
            pending: None,
            ended: false,
        }
    }

    /// Adds to `losses` what is lost to damage.
    #[must_use]
    pub fn with_losses(self, losses: Losses) -> Self {
        Self { losses, ..self }
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
            if bytes == 0 {
                return Ok(self.done());
            }
            let end = self.done();
            let rest = self.buffer.get(self.next..).unwrap_or_default();
            if rest.iter().all(|byte| *byte == 0) {
                return Ok(end);
            }
            let detail = "the tar archive ends inside an entry's header";
            self.losses.cut(detail);
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
        let name = header.path_bytes().into_owned();
        self.next += BLOCK;
        Ok(self.enter(kind, size, name))
    }

    /// Goes on to the content of the entry whose header was read.
    fn enter(&mut self, kind: EntryType, size: u64, name: Vec<u8>) -> Event {
        let padded = size.saturating_add(padding(size));
        if kind.is_pax_local_extensions() || kind.is_gnu_longname() {
            self.state = State::Extended { length: size, padded, is_name: kind.is_gnu_longname() };
            return Event::Data;
        }
        if kind.is_pax_global_extensions() || kind.is_gnu_longlink() {
            self.state = State::Skip { left: padded };
            return Event::Data;
        }
        let size = self.pax_size.take().unwrap_or(size);
        let name = self.long_name.take().unwrap_or(name);
        self.state = State::Skip { left: size.saturating_add(padding(size)) };
        if kind.is_gnu_sparse() {
            let detail = format!("the member {} of the tar archive is sparse, which is not read", shown(&name));
            return self.refuse(detail, size);
        }
        // Archives of V7 know no folders but names that end so.
        let is_file = (kind.is_file() || kind == EntryType::Continuous) && !name.ends_with(b"/");
        if is_file && size > 0 {
            self.long_name = Some(name);
            self.state = State::Look { left: size, padding: padding(size) };
        }
        Event::Data
    }

    /// Looks at the begin of a file.
    fn look(&mut self, left: u64, padding: u64) -> io::Result<Event> {
        let wanted = usize::try_from(left).unwrap_or(LOOK).min(LOOK);
        // Damage comes up again when the bytes before it are read.
        if let Some(damage) = self.load(wanted)? {
            self.pending = Some(damage);
        }
        let name = self.long_name.take().unwrap_or_default();
        let end = self.buffer.len().min(self.next + wanted);
        match judge(&name, self.buffer.get(self.next..end).unwrap_or_default()) {
            Member::Data => self.state = State::File { left, padding },
            judged => {
                self.state = State::Skip { left: left.saturating_add(padding) };
                if let Member::Refused(detail) = judged {
                    return Ok(self.refuse(detail, left));
                }
                self.left_out.1 += 1;
                if self.left_out.0.len() < SHOWN {
                    self.left_out.0.push(shown(&name));
                }
            }
        }
        Ok(Event::Data)
    }

    fn refuse(&self, detail: String, size: u64) -> Event {
        self.losses.decoded(size);
        Event::Damage(Box::new(Damage::of(Cause::Malformed, detail, None, &[])))
    }

    /// The end of the archive.
    fn done(&mut self) -> Event {
        self.state = State::Done;
        let (names, count) = std::mem::take(&mut self.left_out);
        if count > 0 && self.losses.is_reading() {
            let more = if count > names.len() as u64 { ", ..." } else { "" };
            tracing::warn!(
                "{count} members of a tar archive are no data and were left out: {}{more}",
                names.join(", ")
            );
        }
        Event::End
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
            self.done();
            let detail = format!("the tar archive ends {left} bytes before the end of an entry");
            self.losses.cut(&detail);
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
        if count == 0 {
            self.done();
            let detail = "the tar archive ends inside an entry";
            self.losses.cut(detail);
            return Ok(Event::Damage(Box::new(Damage::of(Cause::Truncated, detail, None, &[]))));
        }
        self.state = if count == left { State::Header } else { State::Skip { left: left - count } };
        Ok(Event::Data)
    }

    fn extended(&mut self, length: u64, padded: u64, is_name: bool) -> io::Result<Event> {
        let wanted = usize::try_from(length.min(MAX_PAX_BYTES)).unwrap_or(BLOCK);
        if let Some(damage) = self.load(wanted)? {
            return Ok(self.lose(damage));
        }
        let end = (self.next + wanted).min(self.buffer.len());
        let bytes = self.buffer.get(self.next..end).unwrap_or_default();
        if is_name {
            self.long_name = bytes.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
        } else {
            for record in PaxExtensions::new(bytes).flatten() {
                match record.key() {
                    Ok("size") => self.pax_size = record.value().ok().and_then(|value| value.parse().ok()),
                    Ok("path") => self.long_name = Some(record.value_bytes().to_vec()),
                    _ => {}
                }
            }
        }
        self.state = State::Skip { left: padded };
        Ok(Event::Data)
    }

    /// Behind damage: passes over `bytes` and what follows up to the next header that its checksum proves.
    fn search(&mut self, bytes: u64) -> io::Result<Event> {
        let damage = self.load(SEARCH)?;
        let found = next_header(self.buffer.get(self.next..).unwrap_or_default());
        if let Some(offset) = found {
            // Damage comes up again when the bytes before it are read.
            self.pending = damage.or_else(|| self.pending.take());
            let bytes = bytes + self.take(offset as u64, None);
            (self.pax_size, self.long_name, self.state) = (None, None, State::Header);
            return Ok(self.passed_over(bytes));
        }
        if let Some(damage) = damage {
            self.state = State::Lost { bytes: bytes + self.take(u64::MAX, None) };
            return Ok(damage);
        }
        if !self.ended {
            // A header may have begun.
            let passed = self.unread().saturating_sub(BLOCK - 1);
            self.state = State::Lost { bytes: bytes + self.take(passed as u64, None) };
            return Ok(Event::Data);
        }
        let bytes = bytes + self.take(u64::MAX, None);
        let end = self.done();
        Ok(if bytes == 0 { end } else { self.passed_over(bytes) })
    }

    fn passed_over(&self, bytes: u64) -> Event {
        if bytes == 0 {
            return Event::Data;
        }
        self.losses.decoded(bytes);
        lost(format!("{bytes} bytes of the tar archive behind the damage were skipped"))
    }

    /// After damage nothing in the archive can be placed before the next header.
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
            State::Look { left, padding } => self.look(left, padding),
            State::Extended { length, padded, is_name } => self.extended(length, padded, is_name),
            State::Lost { bytes } => self.search(bytes),
            State::Done => Ok(Event::End),
        }
    }
}

/// Bytes from the end of an entry of `size` to the next block.
fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

/// Whether a tar archive begins with `block`.
pub(crate) fn is_tar(block: &[u8]) -> bool {
    let block = block.get(..BLOCK).filter(|block| block.iter().any(|byte| *byte != 0));
    block.is_some_and(|block| checksum_holds(Header::from_byte_slice(block)))
}

/// Where the first header in `bytes` begins whose checksum holds; headers of V7 are not found.
fn next_header(bytes: &[u8]) -> Option<usize> {
    let (place, magic) = MAGIC;
    let begins = memchr::memmem::find_iter(bytes, magic).filter_map(|at| at.checked_sub(place));
    let mut headers = begins.filter(|begin| bytes.get(*begin..*begin + BLOCK).is_some_and(is_tar));
    headers.next()
}

/// The checksum is the sum of all header bytes, with its own eight taken as spaces. Some old writers took bytes for
/// signed, which matters for names that are not ASCII.
fn checksum_holds(header: &Header) -> bool {
    let bytes = header.as_bytes();
    let parts = [bytes.get(..148), bytes.get(156..)].map(Option::unwrap_or_default);
    let spaces = 8 * i64::from(b' ');
    let unsigned: i64 = parts.iter().copied().flatten().map(|byte| i64::from(*byte)).sum();
    let signed: i64 = parts.iter().copied().flatten().map(|byte| i64::from(byte.cast_signed())).sum();
    header.cksum().is_ok_and(|declared| [unsigned + spaces, signed + spaces].contains(&i64::from(declared)))
}
