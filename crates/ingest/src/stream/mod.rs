//! Bytes out of plain, compressed and archived files, with damage reported where it is.
//!
//! ```text
//!  file ─▶ RawInput ─▶ Members<gzip | zstd> ─▶ TarEntries ─▶ LineSplitter ─▶ records
//!                      └──────── each a ByteSource ───────┘
//! ```
//!
//! A [`ByteSource`] is like `Read`, with two more things to say: here a record ends whatever the
//! bytes are, and here bytes are missing, so what follows does not continue what came before.

mod gzip;
mod lines;
mod members;
mod raw;
mod tar;
mod zstd;

use std::io::{self, Read};

pub(crate) use self::zstd::MAX_WINDOW_LOG;
pub(crate) use lines::{Found, LineSplitter};
pub use members::{Codec, Members};
pub use raw::RawInput;

pub use self::gzip::GzipCodec;
pub use self::tar::TarEntries;
pub use self::zstd::ZstdCodec;
use crate::quarantine::Damage;
use crate::{Compression, Limits};

/// Bytes that are read or decompressed at a time.
pub(crate) const CHUNK: usize = 256 << 10;

/// What [`ByteSource::fill`] came to. Bytes that the same call appended lie before it.
#[derive(Debug)]
pub enum Event {
    /// Only bytes; possibly none were appended, then call again.
    Data,
    /// A file in an archive ended: no record goes on across this point. In a [`member_stream`]: a
    /// member ended.
    Boundary,
    /// Bytes are missing here. What follows does not continue what came before.
    Damage(Box<Damage>),
    /// The end of the stream.
    End,
}

/// A stream of bytes in which damage is an event and not the end.
pub trait ByteSource: Send {
    /// Appends the next bytes to `out`, about 256 KiB and at most some MiB, and says what is there. An `Err` is a failure of the disk or network only.
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Event>;
}

impl ByteSource for Box<dyn ByteSource> {
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Event> {
        (**self).fill(out)
    }
}

/// A file that is not compressed.
struct Plain(Box<dyn Read + Send>);

impl ByteSource for Plain {
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Event> {
        out.reserve(CHUNK);
        let read = (&mut self.0).take(CHUNK as u64).read_to_end(out)?;
        Ok(if read == 0 { Event::End } else { Event::Data })
    }
}

/// The decompressed bytes of `reader`.
pub fn decompressed(reader: Box<dyn Read + Send>, compression: Compression, limits: &Limits) -> Box<dyn ByteSource> {
    open(reader, compression, limits, false)
}

/// The decompressed bytes of `reader`, with an [`Event::Boundary`] behind each compressed member: web
/// archives have a member a record.
pub fn member_stream(reader: Box<dyn Read + Send>, compression: Compression, limits: &Limits) -> Box<dyn ByteSource> {
    open(reader, compression, limits, true)
}

fn open(
    reader: Box<dyn Read + Send>,
    compression: Compression,
    limits: &Limits,
    boundaries: bool,
) -> Box<dyn ByteSource> {
    let ratio = limits.max_decompression_ratio;
    let raw = RawInput::new;
    match compression {
        Compression::None => Box::new(Plain(reader)),
        Compression::Gzip => Box::new(Members::<GzipCodec>::new(raw(reader), ratio).with_boundaries(boundaries)),
        Compression::Zstd => Box::new(Members::<ZstdCodec>::new(raw(reader), ratio).with_boundaries(boundaries)),
        Compression::TarGzip => Box::new(TarEntries::new(Box::new(Members::<GzipCodec>::new(raw(reader), ratio)))),
    }
}
