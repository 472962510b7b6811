use std::io::{self, Read};

use flate2::bufread::GzDecoder;

use super::{Codec, RawInput};

/// Gzip (RFC 1952), one member.
#[derive(Debug)]
pub struct GzipCodec(GzDecoder<RawInput>);

/// Reserved flag bits, which must be zero.
const RESERVED_FLAGS: u8 = 0xe0;
/// The largest system number that writers are known to use is 19 (zlib on macOS); 255 is "unknown".
const LAST_SYSTEM: u8 = 31;

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

    /// Magic, method and reserved flags. Level and system are remarks that no decoder needs, and writers put there
    /// what they like.
    fn may_begin(bytes: &[u8]) -> bool {
        matches!(bytes, [0x1f, 0x8b, 8, flags, ..] if flags & RESERVED_FLAGS == 0) && bytes.len() >= Self::HEADER_BYTES
    }

    /// Besides, a level and a system that are in use: about 2^-36 by chance.
    fn is_header(bytes: &[u8]) -> bool {
        let &[_, _, _, _, _, _, _, _, level, system, ..] = bytes else {
            return false;
        };
        Self::may_begin(bytes) && matches!(level, 0 | 2 | 4) && (system <= LAST_SYSTEM || system == 255)
    }

    /// Flags, level and system: a writer gives all its members the same.
    fn habit(bytes: &[u8]) -> Option<[u8; 3]> {
        match bytes {
            &[_, _, _, flags, _, _, _, _, level, system, ..] => Some([flags, level, system]),
            _ => None,
        }
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
