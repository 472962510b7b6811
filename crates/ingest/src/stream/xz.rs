use std::fmt;
use std::io::{self, Read};

use liblzma::bufread::XzDecoder;
use liblzma::stream::Stream;

use super::{Codec, RawInput};

/// Most memory of a decoder: 128 MiB. `xz -9` needs 65 MiB; a larger dictionary would be memory that the input asks
/// for.
const MOST_MEMORY: u64 = 128 << 20;

/// The .xz format, one stream.
pub struct XzCodec(XzDecoder<RawInput>);

impl fmt::Debug for XzCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XzCodec").finish_non_exhaustive()
    }
}

impl Read for XzCodec {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out).map_err(|error| {
            let limit = matches!(
                error.get_ref().and_then(|inner| inner.downcast_ref::<liblzma::stream::Error>()),
                Some(liblzma::stream::Error::MemLimit)
            );
            if !limit {
                return error;
            }
            let most = MOST_MEMORY >> 20;
            let what = format!("its dictionary needs more than {most} MiB of memory; compress it again with `xz -9`");
            io::Error::new(io::ErrorKind::Unsupported, what)
        })
    }
}

impl Codec for XzCodec {
    const NAME: &'static str = "xz";
    const FIRST: u8 = 0xfd;
    const HEADER_BYTES: usize = 8;
    const SMALLEST: u64 = 32;

    /// Magic and the flags that are not reserved.
    fn is_header(bytes: &[u8]) -> bool {
        matches!(bytes, [0xfd, b'7', b'z', b'X', b'Z', 0, 0, check, ..] if *check < 0x10)
    }

    fn open(raw: RawInput, _: Option<Self>) -> io::Result<Self> {
        Ok(Self(XzDecoder::new_stream(raw, Stream::new_stream_decoder(MOST_MEMORY, 0)?)))
    }

    fn raw(&mut self) -> &mut RawInput {
        self.0.get_mut()
    }
}
