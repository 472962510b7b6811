use std::fmt;
use std::io::{self, Read};

use zstd::stream::read::Decoder;

use super::{Codec, RawInput};

/// Largest window of a frame that is accepted, as a power of two: 128 MiB, what `zstd --long=27`
/// writes and every decoder must take. A larger one would be memory that the input asks for.
const MAX_WINDOW_LOG: u32 = 27;

/// Zstandard (RFC 8878), one frame.
pub struct ZstdCodec(Decoder<'static, RawInput>);

impl fmt::Debug for ZstdCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ZstdCodec").field(self.0.get_ref()).finish()
    }
}

impl Read for ZstdCodec {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Codec for ZstdCodec {
    const NAME: &'static str = "zstd";
    const FIRST: u8 = 0x28;
    const HEADER_BYTES: usize = 5;
    const SMALLEST: u64 = 9;

    /// Magic and the reserved bit of the frame header descriptor; or a skippable frame.
    fn is_header(bytes: &[u8]) -> bool {
        match bytes {
            [0x28, 0xb5, 0x2f, 0xfd, descriptor, ..] => descriptor & 0x08 == 0,
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => true,
            _ => false,
        }
    }

    fn open(raw: RawInput, _: Option<Self>) -> io::Result<Self> {
        let mut decoder = Decoder::with_buffer(raw)?.single_frame();
        decoder.window_log_max(MAX_WINDOW_LOG)?;
        Ok(Self(decoder))
    }

    fn raw(&mut self) -> &mut RawInput {
        self.0.get_mut()
    }
}
