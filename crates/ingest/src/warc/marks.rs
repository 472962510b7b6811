//! What tells where records begin and how long they are.

use super::headers::Headers;
use super::splice;
use crate::quarantine::printable;

pub(super) fn is_line_end(byte: u8) -> bool {
    byte == b'\r' || byte == b'\n'
}

/// Whether the few last bytes of a file may begin a record.
pub(super) fn rest_is_start(rest: Option<&[u8]>) -> bool {
    rest.is_none_or(|rest| b"WARC/".starts_with(rest))
}

pub(super) fn has_version(bytes: &[u8]) -> bool {
    matches!(bytes, [b'W', b'A', b'R', b'C', b'/', b'0' | b'1', b'.', b'0'..=b'9', ..])
}

/// Whether `bytes` are the version of a record's first line, and nothing else: `WARC/1.0`, `WARC/0.18`.
pub(super) fn is_version(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(|bytes| has_version(bytes) && matches!(bytes.get(8..), Some([] | [b'0'..=b'9'])))
}

/// Whether a version line is followed by a header line: any at the begin of a line, else one that records have,
/// since the bytes before may be garbage or the rest of another record, without a line end.
pub(super) fn begins_record(bytes: &[u8], begins_line: bool) -> bool {
    if !has_version(bytes) {
        return false;
    }
    let rest = bytes.get(8..).unwrap_or_default();
    // WARC 0.17 and 0.18 have one more digit.
    let rest = rest.strip_prefix(b"7").or_else(|| rest.strip_prefix(b"8")).unwrap_or(rest);
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    match rest {
        [b'\n', letter, ..] if begins_line => letter.is_ascii_alphabetic(),
        [b'\n', name @ ..] => {
            name.get(..5).is_some_and(|name| [b"WARC-", b"Conte"].iter().any(|known| name.eq_ignore_ascii_case(*known)))
        }
        _ => false,
    }
}

/// The length that a header, with its first line, declares; why it cannot be that of one record.
pub(super) fn content_length(header: &[u8]) -> Result<u64, String> {
    let line = memchr::memchr(b'\n', header).map_or(header.len(), |end| end + 1);
    let version = header.get(..line).unwrap_or_default();
    if !is_version(Some(version.trim_ascii_end())) {
        let shown = printable(&String::from_utf8_lossy(version), 40);
        return Err(format!("its first line is `{shown}` and not a version alone"));
    }
    let headers = Headers::strict(header.get(line..).unwrap_or_default())?;
    splice::check(&headers)?;
    let first = headers.all("Content-Length").next().ok_or("no Content-Length")?;
    let digits = std::str::from_utf8(first).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|digits| digits.parse::<u64>().ok());
    length.ok_or_else(|| {
        format!("Content-Length `{}` is no number of bytes", printable(&String::from_utf8_lossy(first), 40))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_begins_with_its_version_and_a_header_line() {
        for line in ["WARC/1.0\r\nWARC-Type: x", "WARC/1.1\nContent-Length: 1", "WARC/0.18\r\nWARC-Date"] {
            assert!(begins_record(line.as_bytes(), true), "{line}");
        }
        assert!(begins_record(b"WARC/1.0\r\nwarc-type", false));
        assert!(begins_record(b"WARC/1.0\r\nContent-Length", false));
        assert!(!begins_record(b"WARC/1.0\r\nX-Other", false));
        for text in ["WARC/1.0 is a format", "WARC/2.0\r\nWARC-Type", "WARC/1.0\r\n\r\n", "WARC/1.0\r\nWAR", "WARC/1"] {
            assert!(!begins_record(text.as_bytes(), false), "{text}");
        }
    }

    #[test]
    fn a_length_is_one_number() {
        let length = |lines: &str| content_length(format!("WARC/1.0\r\n{lines}\r\n\r\n").as_bytes());
        assert_eq!(length("Content-Length: 12"), Ok(12));
        assert_eq!(length("content-length:12\r\nX: y\r\nContent-Length: 12"), Ok(12));
        for bad in ["X: y", "Content-Length:", "Content-Length: +5", "Content-Length: 1 2", "Content-Length: 0x10"] {
            assert!(length(bad).is_err(), "{bad}");
        }
        assert!(length("Content-Length: 18446744073709551616").is_err());
        assert_eq!(length("Content-Length: 1\r\nContent-Length: 2"), Err("two different Content-Length".to_owned()));
    }
}
