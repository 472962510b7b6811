use std::fmt;
use std::io::{self, Read};

use bzip2::bufread::BzDecoder;

use super::{Codec, RawInput};

/// Bzip2, one stream. A decoder holds at most 4 MiB.
pub struct Bzip2Codec(BzDecoder<RawInput>);

/// What the first block of a stream begins with.
const BLOCK: [u8; 6] = [0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
/// What stands in its place where the stream has no block.
const NO_BLOCK: [u8; 6] = [0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

impl fmt::Debug for Bzip2Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bzip2Codec").finish_non_exhaustive()
    }
}

impl Read for Bzip2Codec {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Codec for Bzip2Codec {
    const NAME: &'static str = "bzip2";
    const FIRST: u8 = b'B';
    const HEADER_BYTES: usize = 10;
    const SMALLEST: u64 = 14;

    fn may_begin(bytes: &[u8]) -> bool {
        matches!(bytes, [b'B', b'Z', b'h', b'1'..=b'9', ..])
    }

    /// Magic, size of the blocks, and the magic of the first block: none by chance.
    fn is_header(bytes: &[u8]) -> bool {
        let block = bytes.get(4..10);
        Self::may_begin(bytes) && block.is_some_and(|block| block == BLOCK || block == NO_BLOCK)
    }

    fn open(raw: RawInput, _: Option<Self>) -> io::Result<Self> {
        Ok(Self(BzDecoder::new(raw)))
    }

    fn raw(&mut self) -> &mut RawInput {
        self.0.get_mut()
    }
}
