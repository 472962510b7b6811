//! Cuts one file of JSON lines into splits that read as the whole file does.
//!
//! 1. A split begins where a line begins and, of a compressed file, a member (gzip member, zstd frame, ...) too.
//! 2. Records have the numbers that they have in the whole file: ids are made of them, and what is quarantined is found
//!    by them. So the file is read once before, as it will be read, and its records are counted; frames are not skipped,
//!    since nothing in them says how many lines they hold.
//! 3. A file is cut only where nothing of it is damaged: what damage costs, and what is said of it, depends on what comes
//!    before.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use textmill_document::Cause;

use crate::plan::{Cut, Part};
use crate::source::Source;
use crate::stream::{ByteSource, Event, Found, JsonText, LineSplitter, Losses, member_stream};
use crate::{Compression, IngestError, InputConfig, Shard, Split};

/// Stored bytes, in splits, after which no first place to cut is looked for any more.
const MOST_SPLITS_WITHOUT_CUT: u64 = 4;
/// Bytes that may be read ahead of what was cut into lines: 1 MiB.
const READ_AHEAD: u64 = 1 << 20;
/// Begin of a zstd file whose first frame is a dictionary for all others.
const DICTIONARY: [u8; 4] = [0x5d, 0x2a, 0x4d, 0x18];

/// Cuts `shard` into splits of about `split_bytes` stored bytes, or says why it is one.
pub(crate) fn cut(shard: &Shard, source: &Source, config: &InputConfig) -> Result<Cut, IngestError> {
    let (codec, is_tar) = shard.compression.parts();
    if is_tar {
        return Ok(Cut::Whole("members of tar archives are read one after the other".to_owned()));
    }
    if codec == Compression::Zstd && source.head(DICTIONARY.len())? == DICTIONARY {
        return Ok(Cut::Whole("its frames need the dictionary in the first one".to_owned()));
    }
    let split_bytes = config.split_bytes.bytes().max(1);
    let most_line = usize::try_from(config.limits.max_document_bytes.bytes()).unwrap_or(usize::MAX);
    let most_read = split_bytes.saturating_mul(MOST_SPLITS_WITHOUT_CUT).saturating_add(READ_AHEAD);
    let (read, borders) = (Arc::new(AtomicU64::new(0)), Borders::default());
    let counted = Box::new(Counted { inner: source.reader()?, read: Arc::clone(&read) });
    let stream = member_stream(counted, shard.compression, &config.limits, &Losses::default());
    let stream = Bordered { inner: stream, decoded: 0, borders: borders.clone() };
    let mut lines = LineSplitter::new(Box::new(JsonText::new(Box::new(stream))), most_line);

    let (mut splits, mut start, mut row) = (Vec::new(), Start::default(), 0);
    loop {
        match lines.advance().map_err(|error| IngestError::read(&shard.location, error))? {
            Some(Found::Line { .. }) => row += 1,
            Some(Found::Damage(damage)) if damage.cause == Cause::TooLarge => row += 1,
            Some(Found::Damage(_)) => return Ok(Cut::Whole("it is damaged".to_owned())),
            None => break,
        }
        if !lines.is_as_stored() {
            return Ok(Cut::Whole("it is not one JSON object a line of UTF-8".to_owned()));
        }
        let decoded = lines.consumed();
        let stored = if codec == Compression::None { Some(decoded) } else { borders.at(decoded) };
        match stored.filter(|stored| *stored < shard.bytes && stored - start.stored >= split_bytes) {
            Some(stored) => {
                let next = Start { stored, decoded, row, line: lines.number() };
                splits.push(start.split(shard, stored, row));
                start = next;
            }
            None if splits.is_empty() && read.load(Ordering::Relaxed) > most_read => {
                return Ok(Cut::Whole(borders.why_none(shard.compression)));
            }
            None => {}
        }
    }
    if splits.is_empty() {
        return Ok(Cut::Whole(borders.why_none(shard.compression)));
    }
    splits.push(start.split(shard, shard.bytes, row));
    Ok(Cut::Into(splits))
}

/// Where a split begins.
#[derive(Debug, Clone, Copy, Default)]
struct Start {
    stored: u64,
    decoded: u64,
    row: u64,
    line: u64,
}

impl Start {
    /// The split from here to the stored byte `end`, before record `row`.
    fn split(&self, shard: &Shard, end: u64, row: u64) -> Split {
        let part = Part { start: self.stored, end, decoded: self.decoded, line: self.line };
        Split {
            shard: shard.clone(),
            row_groups: None,
            part: Some(part),
            first_row: self.row,
            rows: Some(row - self.row),
            bytes: end - self.stored,
        }
    }
}

/// Ends of members: how many bytes were stored and decoded before each.
#[derive(Debug, Clone, Default)]
struct Borders(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    ahead: VecDeque<(u64, u64)>,
    count: u64,
}

impl Borders {
    fn add(&self, stored: u64, decoded: u64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.count += 1;
        seen.ahead.push_back((stored, decoded));
    }

    /// Where the member begins that begins at the decoded byte `at`, the last of several; those before are forgotten.
    fn at(&self, at: u64) -> Option<u64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        while let Some((stored, decoded)) = seen.ahead.front().copied().filter(|(_, decoded)| *decoded <= at) {
            found = (decoded == at).then_some(stored);
            seen.ahead.pop_front();
        }
        found
    }

    /// Why nothing was cut.
    fn why_none(&self, compression: Compression) -> String {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let member = match compression {
            Compression::Gzip => "gzip member",
            Compression::Zstd => "zstd frame",
            Compression::Bzip2 => "bzip2 stream",
            Compression::Xz => "xz stream",
            _ => return "it has no place to cut at".to_owned(),
        };
        match seen.count {
            0 | 1 => format!("it is one {member}, or its first one is larger than four splits"),
            _ => format!("where a {member} ends no line ends, or only behind more than four splits"),
        }
    }
}

/// Notes where members end, and passes their bytes on as one stream.
struct Bordered {
    inner: Box<dyn ByteSource>,
    decoded: u64,
    borders: Borders,
}

impl ByteSource for Bordered {
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Event> {
        let before = out.len();
        let event = self.inner.fill(out)?;
        self.decoded += (out.len() - before) as u64;
        if !matches!(event, Event::Boundary) {
            return Ok(event);
        }
        if let Some(stored) = self.inner.stored() {
            self.borders.add(stored, self.decoded);
        }
        Ok(Event::Data)
    }
}

/// Counts the bytes that were read of a file.
struct Counted {
    inner: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
