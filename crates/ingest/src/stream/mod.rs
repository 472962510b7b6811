//! Bytes out of plain, compressed and archived files, with damage reported where it is.
//!
//! ```text
//!  file ─▶ RawInput ─▶ Members<gzip | zstd | bzip2 | xz> ─▶ TarEntries ─▶ JsonText ─▶ LineSplitter ─▶ records
//!                      └──────────────── each a ByteSource ────────────────┘
//! ```
//!
//! A [`ByteSource`] is like `Read`, with two more things to say: here a record ends whatever the
//! bytes are, and here bytes are missing, so what follows does not continue what came before.

mod bzip2;
mod gzip;
mod json_text;
mod layout;
mod lines;
mod losses;
mod members;
mod raw;
mod tar;
mod tar_member;
mod utf16;
mod xz;
mod zstd;

use std::io::{self, Read};

pub(crate) use self::zstd::MAX_WINDOW_LOG;
pub(crate) use json_text::JsonText;
pub(crate) use lines::{Found, LineSplitter};
pub use losses::{Losses, Lost};
pub use members::{Codec, Members};
pub use raw::RawInput;

pub use self::bzip2::Bzip2Codec;
pub use self::gzip::GzipCodec;
pub use self::tar::TarEntries;
pub(crate) use self::tar::is_tar;
pub use self::xz::XzCodec;
pub use self::zstd::ZstdCodec;
use crate::quarantine::Damage;
use crate::{Compression, Limits};

/// Bytes that are read or decompressed at a time.
pub(crate) const CHUNK: usize = 256 << 10;

/// The result of [`ByteSource::fill`]. Bytes that the same call appended come before it.
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

    /// Behind an [`Event::Boundary`] of a [`member_stream`]: where in the file the next member begins.
    fn stored(&self) -> Option<u64> {
        None
    }

    /// Whether the bytes so far are those of the file, or of what is compressed in it, and none were rewritten.
    fn is_as_stored(&self) -> bool {
        true
    }
}

impl ByteSource for Box<dyn ByteSource> {
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Event> {
        (**self).fill(out)
    }

    fn stored(&self) -> Option<u64> {
        (**self).stored()
    }

    fn is_as_stored(&self) -> bool {
        (**self).is_as_stored()
    }
}

/// Whether text begins with `head` that is UTF-16.
pub(crate) fn is_utf16(head: &[u8]) -> bool {
    utf16::detect(head).is_some()
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

/// The decompressed bytes of `reader`. What damage takes is added to `losses`.
pub fn decompressed(
    reader: Box<dyn Read + Send>,
    compression: Compression,
    limits: &Limits,
    losses: &Losses,
) -> Box<dyn ByteSource> {
    open(RawInput::new(reader), compression, limits, losses, false)
}

/// The decompressed bytes of the part of a file that begins at byte `start` of it, with a member where it is compressed,
/// and ends where `reader` does.
pub(crate) fn decompressed_part(
    reader: Box<dyn Read + Send>,
    start: u64,
    compression: Compression,
    limits: &Limits,
    losses: &Losses,
) -> Box<dyn ByteSource> {
    open(RawInput::starting_at(start, reader), compression, limits, losses, false)
}

/// The decompressed bytes of `reader`, with an [`Event::Boundary`] behind each compressed member: web
/// archives have a member a record.
pub fn member_stream(
    reader: Box<dyn Read + Send>,
    compression: Compression,
    limits: &Limits,
    losses: &Losses,
) -> Box<dyn ByteSource> {
    open(RawInput::new(reader), compression, limits, losses, true)
}

fn open(
    raw: RawInput,
    compression: Compression,
    limits: &Limits,
    losses: &Losses,
    boundaries: bool,
) -> Box<dyn ByteSource> {
    let (codec, is_tar) = compression.parts();
    let boundaries = boundaries && !is_tar;
    let inner: Box<dyn ByteSource> = match codec {
        Compression::Gzip | Compression::TarGzip => members::<GzipCodec>(raw, limits, losses, boundaries),
        Compression::Zstd | Compression::TarZstd => members::<ZstdCodec>(raw, limits, losses, boundaries),
        Compression::Bzip2 | Compression::TarBzip2 => members::<Bzip2Codec>(raw, limits, losses, boundaries),
        Compression::Xz | Compression::TarXz => members::<XzCodec>(raw, limits, losses, boundaries),
        Compression::None | Compression::Tar => Box::new(Plain(raw.into_inner())),
    };
    if is_tar { Box::new(TarEntries::new(inner).with_losses(losses.clone())) } else { inner }
}

fn members<C: Codec + 'static>(
    raw: RawInput,
    limits: &Limits,
    losses: &Losses,
    boundaries: bool,
) -> Box<dyn ByteSource> {
    let members = Members::<C>::new(raw, limits.max_decompression_ratio);
    Box::new(members.with_boundaries(boundaries).with_losses(losses.clone()))
}
