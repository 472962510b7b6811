use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

use zstd::stream::read::Decoder;

use super::{Codec, RawInput};

/// Largest window of a frame that is accepted, as a power of two: 128 MiB, what `zstd --long=27`
/// writes and every decoder must take. A larger one would be memory that the input asks for.
pub(crate) const MAX_WINDOW_LOG: u32 = 27;

/// Magic of the skippable frame that holds a dictionary for all frames behind it, when it is the
/// first of a file: the convention of .warc.zst files.
const DICTIONARY_MAGIC: [u8; 4] = [0x5d, 0x2a, 0x4d, 0x18];
/// Magic of a frame, as which the dictionary may be stored.
const FRAME_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Largest dictionary, stored and decompressed.
const MOST_DICTIONARY: u64 = 16 << 20;

/// Longest header of a frame.
const MOST_HEADER: usize = 18;

/// Zstandard (RFC 8878), one frame.
pub struct ZstdCodec {
    frame: Frame,
    dictionary: Option<Arc<[u8]>>,
}

enum Frame {
    Data(Decoder<'static, RawInput>),
    /// A frame without output: the one that held the dictionary, or one that is refused, and why.
    Empty(RawInput, Option<io::Error>),
}

impl fmt::Debug for ZstdCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZstdCodec").field("dictionary", &self.dictionary.is_some()).finish_non_exhaustive()
    }
}

impl Read for ZstdCodec {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match &mut self.frame {
            Frame::Data(decoder) => decoder.read(out),
            Frame::Empty(_, fault) => fault.take().map_or(Ok(0), Err),
        }
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

    fn open(mut raw: RawInput, spare: Option<Self>) -> io::Result<Self> {
        if raw.offset() == 0 && raw.peek(DICTIONARY_MAGIC.len())?.starts_with(&DICTIONARY_MAGIC) {
            let (dictionary, fault) = match read_dictionary(&mut raw) {
                Ok(dictionary) => (Some(dictionary), None),
                Err(error) => (None, Some(error)),
            };
            return Ok(Self { frame: Frame::Empty(raw, fault), dictionary });
        }
        let dictionary = spare.and_then(|spare| spare.dictionary);
        if let Some(reason) = refusal(raw.peek(MOST_HEADER)?, dictionary.is_some()) {
            let reason = io::Error::new(io::ErrorKind::Unsupported, reason);
            return Ok(Self { frame: Frame::Empty(raw, Some(reason)), dictionary });
        }
        let mut decoder = match &dictionary {
            Some(dictionary) => Decoder::with_dictionary(raw, dictionary)?,
            None => Decoder::with_buffer(raw)?,
        };
        decoder.window_log_max(MAX_WINDOW_LOG)?;
        Ok(Self { frame: Frame::Data(decoder.single_frame()), dictionary })
    }

    fn raw(&mut self) -> &mut RawInput {
        match &mut self.frame {
            Frame::Data(decoder) => decoder.get_mut(),
            Frame::Empty(raw, _) => raw,
        }
    }
}

/// What the header of a frame asks for that is not to be had; the decoder would not say it as clearly.
fn refusal(head: &[u8], has_dictionary: bool) -> Option<String> {
    let &[a, b, c, d, descriptor, ref rest @ ..] = head else {
        return None;
    };
    if [a, b, c, d] != FRAME_MAGIC {
        return None;
    }
    let single_segment = descriptor & 0x20 != 0;
    let (window, rest) = match rest.split_first() {
        Some((window, rest)) if !single_segment => (Some(*window), rest),
        _ => (None, rest),
    };
    let number = |from: usize, bytes: usize| {
        let bytes = rest.get(from..from + bytes).unwrap_or_default();
        bytes.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let id_bytes = [0, 1, 2, 4].get(usize::from(descriptor & 3)).copied().unwrap_or_default();
    let id = number(0, id_bytes);
    if id != 0 && !has_dictionary {
        return Some(format!("it needs the dictionary {id}, and the file does not begin with a dictionary"));
    }
    let window = match window {
        Some(window) => (1_u64 << (10 + (window >> 3))) / 8 * (8 + u64::from(window & 7)),
        None => number(id_bytes, [1, 2, 4, 8].get(usize::from(descriptor >> 6)).copied().unwrap_or_default()),
    };
    let most = 1_u64 << MAX_WINDOW_LOG;
    // The content of a single segment is its window; the field of two bytes counts from 256 and is small.
    (window > most).then(|| {
        let (window, most) = (window >> 20, most >> 20);
        format!("it needs {window} MiB of memory, above {most}; compress it again with at most `zstd --long=27`")
    })
}

/// Reads the frame of a dictionary, and tries the dictionary.
fn read_dictionary(raw: &mut RawInput) -> io::Result<Arc<[u8]>> {
    let bad = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut head = [0; 8];
    raw.read_exact(&mut head)?;
    let [_, _, _, _, a, b, c, d] = head;
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    if length > MOST_DICTIONARY {
        return Err(bad(format!("the dictionary has {length} bytes, above {MOST_DICTIONARY}")));
    }
    let mut stored = Vec::new();
    if raw.take(length).read_to_end(&mut stored)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if stored.starts_with(&FRAME_MAGIC) {
        let mut plain = Vec::new();
        let decoder = Decoder::with_buffer(&*stored)?;
        decoder.take(MOST_DICTIONARY + 1).read_to_end(&mut plain)?;
        if plain.len() as u64 > MOST_DICTIONARY {
            return Err(bad(format!("the dictionary expands to more than {MOST_DICTIONARY} bytes")));
        }
        stored = plain;
    }
    Decoder::with_dictionary(io::empty(), &stored)
        .map_err(|error| bad(format!("the dictionary is damaged: {error}")))?;
    Ok(stored.into())
}
