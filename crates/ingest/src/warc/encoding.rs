//! The content codings of HTTP: gzip, deflate, br and zstd.

use std::io::{self, Read};

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use textmill_document::Cause;

use super::record::Rejection;
use crate::stream::MAX_WINDOW_LOG;

/// Bytes that one step of the Brotli decoder gives at most.
const STEP: usize = 64 << 10;
/// Codings that one body may be wrapped in.
const MOST_CODINGS: usize = 4;

/// A decoded body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// `None` where the body is not encoded, whatever the header says.
    pub content: Option<Vec<u8>>,
    /// Whether the encoded bytes end early.
    pub cut_off: bool,
}

/// Bounds on what decoding may bring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Largest body.
    pub most_bytes: usize,
    /// Largest ratio of decoded to encoded bytes, told in the message only.
    pub max_ratio: u32,
}

/// How decoding ended, with the output so far in the caller's buffer.
enum Ended {
    Whole,
    CutOff,
    Corrupt(String),
    TooLarge,
}

/// Undoes the codings that `header` lists, the last first. A body that is not encoded as declared
/// and looks like text was stored decoded and is left as it is.
pub(super) fn decode(header: &str, body: &[u8], bounds: Bounds) -> Result<Decoded, Rejection> {
    let codings: Vec<_> = header.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    if codings.len() > MOST_CODINGS {
        let detail = format!("the body has {} content codings, above {MOST_CODINGS}", codings.len());
        return Err(Rejection::new(Cause::Malformed, detail));
    }
    let mut decoded = Decoded { content: None, cut_off: false };
    for coding in codings.iter().rev() {
        let input = decoded.content.as_deref().unwrap_or(body);
        let mut output = Vec::new();
        let ended = match coding.as_str() {
            "" | "identity" | "none" => continue,
            "gzip" | "x-gzip" => read_all(GzDecoder::new(input), bounds, &mut output),
            "deflate" => inflate(input, bounds, &mut output),
            "br" => brotli(input, bounds, &mut output),
            "zstd" => zstd(input, bounds, &mut output),
            _ => Ended::Corrupt("the coding is not known".to_owned()),
        };
        match ended {
            Ended::Whole => decoded.content = Some(output),
            Ended::CutOff => decoded = Decoded { content: Some(output), cut_off: true },
            Ended::TooLarge => return Err(too_large(coding, input.len(), bounds)),
            Ended::Corrupt(_) if looks_like_text(input) => {}
            Ended::Corrupt(what) => {
                let detail = format!("the body cannot be decoded from `{coding}`: {what}");
                return Err(Rejection::new(Cause::CorruptCompression, detail));
            }
        }
    }
    Ok(decoded)
}

fn too_large(coding: &str, input: usize, bounds: Bounds) -> Rejection {
    let Bounds { most_bytes, max_ratio } = bounds;
    let bomb = most_bytes / usize::try_from(max_ratio).unwrap_or(usize::MAX).max(1) > input;
    let cause = if bomb { Cause::DecompressionBomb } else { Cause::TooLarge };
    let detail = format!(
        "the body expands from {input} bytes of `{coding}` to more than limits.max_document_bytes ({most_bytes})"
    );
    Rejection::new(cause, detail)
}

/// Whether `bytes` begin as no compressed data would: without control characters, or with the
/// mark of UTF-16.
fn looks_like_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..1024).unwrap_or(bytes);
    let is_control = |byte: &u8| *byte < b' ' && !b"\t\n\r\x0c\x1b".contains(byte);
    bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || !head.iter().any(is_control)
}

fn read_all(decoder: impl Read, bounds: Bounds, output: &mut Vec<u8>) -> Ended {
    let limit = bounds.most_bytes as u64 + 1;
    match decoder.take(limit).read_to_end(output) {
        Ok(_) if output.len() > bounds.most_bytes => Ended::TooLarge,
        Ok(_) => Ended::Whole,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !output.is_empty() => Ended::CutOff,
        Err(error) => Ended::Corrupt(error.to_string()),
    }
}

/// `deflate` means zlib; some servers send the bare stream.
fn inflate(input: &[u8], bounds: Bounds, output: &mut Vec<u8>) -> Ended {
    match read_all(ZlibDecoder::new(input), bounds, output) {
        Ended::Corrupt(_) if output.is_empty() => read_all(DeflateDecoder::new(input), bounds, output),
        ended => ended,
    }
}

fn zstd(input: &[u8], bounds: Bounds, output: &mut Vec<u8>) -> Ended {
    let decoder = zstd::stream::read::Decoder::with_buffer(input).and_then(|mut decoder| {
        decoder.window_log_max(MAX_WINDOW_LOG)?;
        Ok(decoder)
    });
    match decoder {
        Ok(decoder) => read_all(decoder, bounds, output),
        Err(error) => Ended::Corrupt(error.to_string()),
    }
}

/// Brotli as RFC 7932 has it; the larger windows of its extension are refused, since they are
/// memory that the input asks for.
fn brotli(input: &[u8], bounds: Bounds, output: &mut Vec<u8>) -> Ended {
    let mut state =
        BrotliState::new_strict(StandardAlloc::default(), StandardAlloc::default(), StandardAlloc::default());
    let (mut available_in, mut offset_in, mut total) = (input.len(), 0, 0);
    let mut step = vec![0; STEP];
    loop {
        let (mut available_out, mut offset_out) = (step.len(), 0);
        let result = BrotliDecompressStream(
            &mut available_in,
            &mut offset_in,
            input,
            &mut available_out,
            &mut offset_out,
            &mut step,
            &mut total,
            &mut state,
        );
        output.extend_from_slice(step.get(..offset_out).unwrap_or_default());
        if output.len() > bounds.most_bytes {
            return Ended::TooLarge;
        }
        match result {
            BrotliResult::ResultSuccess => return Ended::Whole,
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput if output.is_empty() => {
                return Ended::Corrupt("the stream ends before its first byte".to_owned());
            }
            BrotliResult::NeedsMoreInput => return Ended::CutOff,
            BrotliResult::ResultFailure => return Ended::Corrupt("no valid Brotli stream".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const BOUNDS: Bounds = Bounds { most_bytes: 1 << 20, max_ratio: 100 };

    fn text() -> Vec<u8> {
        (0..2000).map(|n| format!("<p>paragraph {n}</p>\n")).collect::<String>().into_bytes()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn encoded(coding: &str, bytes: &[u8]) -> Vec<u8> {
        match coding {
            "gzip" => gzip(bytes),
            "deflate" => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(bytes).expect("memory");
                encoder.finish().expect("memory")
            }
            "bare deflate" => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(bytes).expect("memory");
                encoder.finish().expect("memory")
            }
            "br" => {
                let mut out = Vec::new();
                let mut writer = brotli::CompressorWriter::new(&mut out, 4096, 5, 22);
                writer.write_all(bytes).expect("memory");
                drop(writer);
                out
            }
            _ => zstd::encode_all(bytes, 3).expect("memory"),
        }
    }

    #[test]
    fn every_coding_is_undone_whole_and_cut_off() {
        let text = text();
        for (coding, name) in
            [("gzip", "GZIP"), ("deflate", "deflate"), ("bare deflate", "deflate"), ("br", "br"), ("zstd", " zstd ")]
        {
            let bytes = encoded(coding, &text);
            let decoded = decode(name, &bytes, BOUNDS).expect(coding);
            assert_eq!(decoded, Decoded { content: Some(text.clone()), cut_off: false }, "{coding}");
            let decoded = decode(name, &bytes[..bytes.len() / 2], BOUNDS);
            match decoded {
                Ok(Decoded { content: Some(content), cut_off }) => {
                    assert!(cut_off && text.starts_with(&content), "{coding}");
                }
                // A zstd block is decoded whole or not at all.
                other => assert!(coding == "zstd" && other.is_err(), "{coding}: {other:?}"),
            }
        }
        let twice = encoded("br", &gzip(&text));
        assert_eq!(decode("gzip, br", &twice, BOUNDS).expect("two codings").content, Some(text));
    }

    #[test]
    fn a_body_that_was_stored_decoded_is_left() {
        for name in ["gzip", "deflate", "br", "zstd", "UTF-8", "identity", ""] {
            let page = b"<!DOCTYPE html>\n<html><body>Gr\xfc\xdfe</body></html>";
            assert_eq!(decode(name, page, BOUNDS).expect(name).content, None, "{name}");
        }
    }

    #[test]
    fn damage_and_bombs_are_rejected() {
        let mut bytes = gzip(&text());
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        assert_eq!(decode("gzip", &bytes, BOUNDS).expect_err("damaged").cause, Cause::CorruptCompression);
        assert_eq!(decode("gzip", b"\x00\x01\x02", BOUNDS).expect_err("nothing").cause, Cause::CorruptCompression);
        for coding in ["gzip", "deflate", "br", "zstd"] {
            let bomb = encoded(coding, &vec![0; 8 << 20]);
            assert_eq!(decode(coding, &bomb, BOUNDS).expect_err(coding).cause, Cause::DecompressionBomb, "{coding}");
        }
        let noise: Vec<u8> = (0..2_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(decode("gzip", &gzip(&noise), BOUNDS).expect_err("large").cause, Cause::TooLarge);
        assert_eq!(decode("gzip,gzip,gzip,gzip,gzip", b"", BOUNDS).expect_err("many").cause, Cause::Malformed);
    }
}
