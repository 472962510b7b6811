use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use super::{Codec, RawInput};

/// Gzip (RFC 1952), one member.
#[derive(Debug)]
pub struct GzipCodec(GzDecoder<RawInput>);

/// Reserved flag bits, which must be zero.
const RESERVED_FLAGS: u8 = 0xe0;
/// The largest operating system number that RFC 1952 assigns; 255 is "unknown".
const LAST_OS: u8 = 13;

impl Read for GzipCodec {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Codec for GzipCodec {
    const NAME: &'static str = "gzip";
    const FIRST: u8 = 0x1f;
    const HEADER_BYTES: usize = 10;
    const SMALLEST: u64 = 20;

    /// Magic, method, flags, compression level and system: about 2^-37 by chance.
    fn is_header(bytes: &[u8]) -> bool {
        let &[0x1f, 0x8b, 8, flags, _, _, _, _, level, os, ..] = bytes else {
            return false;
        };
        flags & RESERVED_FLAGS == 0 && matches!(level, 0 | 2 | 4) && (os <= LAST_OS || os == 255)
    }

    /// A decoder holds 40 KiB; WARC files have a member a record, so it is used again.
    fn open(raw: RawInput, spare: Option<Self>) -> io::Result<Self> {
        match spare {
            Some(mut spare) => {
                spare.0.reset(raw);
                Ok(spare)
            }
            None => Ok(Self(GzDecoder::new(raw))),
        }
    }

    fn raw(&mut self) -> &mut RawInput {
        self.0.get_mut()
    }
}
