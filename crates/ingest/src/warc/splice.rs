//! What reveals that two records run into each other, because what lay between them was lost.
//!
//! ```text
//!  WARC/1.0                          WARC/1.0
//!  WARC-Type: response               ...
//!  WARC-Date: 2024-01-WARC/1.0       Content-Length: 900
//!  WARC-Type: response
//!  WARC-Record-ID: <urn:uuid:...>    <p>the begin of one page, WARC/1.0
//!  ...                               WARC-Type: response
//! ```
//!
//! A header that was cut shows by headers given twice, or by a date, id or type that is none. A block that was cut
//! reaches into the next record: it holds that record's header, and its length ends nowhere, or by chance where
//! another record ends. Then only a digest of the record itself can tell that it is whole.

use super::digest::matches;
use super::headers::{Headers, header_end};
use super::marks::{begins_record, content_length, is_line_end, is_version};

/// Whether a value has the form of its field.
type Form = fn(&[u8]) -> bool;

/// Headers that a record has once; a second one is of another record.
const GIVEN_ONCE: [&str; 4] = ["WARC-Type", "WARC-Record-ID", "WARC-Date", "WARC-Target-URI"];
/// Headers that some writers repeat, with one value.
const OF_ONE_VALUE: [&str; 2] = ["Content-Length", "Content-Type"];
/// Inner headers that are looked at in one block, and the longest of them, so that a block made of them costs little.
const MOST_INNER: usize = 4096;
const MOST_INNER_HEADER: usize = 16 << 10;
/// Longest date.
const MOST_DATE: usize = 40;

/// Whether the lines of a header can be of one record; the reason where not.
pub(super) fn check(headers: &Headers<'_>) -> Result<(), String> {
    for name in GIVEN_ONCE {
        if headers.all(name).count() > 1 {
            return Err(format!("{name} is given twice: two records run into each other"));
        }
    }
    for name in OF_ONE_VALUE {
        let mut values = headers.all(name);
        let first = values.next();
        if values.any(|other| Some(other) != first) {
            return Err(format!("two different {name}"));
        }
    }
    let wrong = |name: &str, is: Form| headers.get(name).is_some_and(|value| !is(value));
    let forms: [(&str, Form); 3] = [("WARC-Type", is_type), ("WARC-Record-ID", is_id), ("WARC-Date", is_date)];
    for (name, is) in forms {
        if wrong(name, is) {
            return Err(format!("{name} is none: the record is cut inside its header"));
        }
    }
    let typed = headers.get("WARC-Type").is_some();
    let cut = |(name, value): (&[u8], &[u8])| ends_in_version(value) && !(typed && name.ends_with(b"-URI"));
    if headers.lines().any(cut) {
        return Err("a version line stands inside its header: two records run into each other".to_owned());
    }
    Ok(())
}

fn is_type(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// `<urn:uuid:...>`, or any other address, also without the brackets.
fn is_id(value: &[u8]) -> bool {
    let inner = match (value.strip_prefix(b"<"), value.strip_suffix(b">")) {
        (Some(inner), Some(_)) => inner.strip_suffix(b">").unwrap_or(inner),
        (None, None) => value,
        _ => return false,
    };
    let bad = |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b'<' | b'>');
    !inner.is_empty() && !inner.iter().any(bad) && !ends_in_version(inner)
}

/// A date as ISO 8601 writes it, `2024-05-18T01:58:10Z`, with or without its later parts, with a fraction, an offset or
/// a blank for the `T`; or the 14 digits of older archives.
pub(super) fn is_date(value: &[u8]) -> bool {
    let digits = |part: &[u8], count: usize| part.len() == count && part.iter().all(u8::is_ascii_digit);
    if value.len() > MOST_DATE {
        return false;
    }
    if matches!(value.len(), 12 | 14) && value.iter().all(u8::is_ascii_digit) {
        return true;
    }
    let (day, time) = match value.iter().position(|byte| matches!(byte, b'T' | b't' | b' ')) {
        Some(at) => value.split_at(at),
        None => (value, &[][..]),
    };
    let mut parts = day.split(|byte| *byte == b'-');
    let is_day = parts.next().is_some_and(|year| digits(year, 4)) && parts.clone().count() <= 2;
    if !is_day || !parts.all(|part| digits(part, 2)) {
        return false;
    }
    let Some(time) = time.get(1..) else {
        return true;
    };
    let end = time.iter().position(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-')).unwrap_or(time.len());
    let (clock, zone) = time.split_at(end);
    let (clock, fraction) = clock.split_at(clock.iter().position(|byte| *byte == b'.').unwrap_or(clock.len()));
    let mut parts = clock.split(|byte| *byte == b':');
    let count = parts.clone().count();
    (2..=3).contains(&count)
        && parts.all(|part| digits(part, 2))
        && (fraction.is_empty() || (fraction.len() > 1 && fraction.iter().skip(1).all(u8::is_ascii_digit)))
        && match zone {
            [] | [b'Z' | b'z'] => true,
            [_, offset @ ..] => {
                matches!(offset.len(), 2 | 4 | 5) && offset.iter().all(|b| b.is_ascii_digit() || *b == b':')
            }
        }
}

/// Whether a value ends as the first line of a record: `2024-01-WARC/1.0`.
fn ends_in_version(value: &[u8]) -> bool {
    [8, 9].into_iter().filter_map(|length| value.len().checked_sub(length)).any(|at| is_version(value.get(at..)))
}

/// Whether another record begins in the block `bytes[header..total]`, so that the block may have been cut. A block whose
/// end is `proven` may hold records, as an archive that was itself downloaded: it is cut only if an inner record and it
/// end in one place, with no more than one separator of `separator` bytes between the inner record and what is `gap`
/// bytes behind.
pub(super) fn swallows(bytes: &[u8], header: usize, total: usize, proven: Option<Proof>) -> bool {
    let block = bytes.get(header..total).unwrap_or_default();
    let mut inner = memchr::memmem::find_iter(block, b"WARC/").map(|at| header + at).filter(|at| {
        let begins_line = at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\n');
        begins_record(bytes.get(*at..).unwrap_or_default(), begins_line)
    });
    let swallowed = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        let head = rest.get(..MOST_INNER_HEADER).unwrap_or(rest);
        match (header_end(head, &mut 0, MOST_INNER_HEADER), proven) {
            (Ok(Some(end)), proven) => whole(head.get(..end).unwrap_or_default())
                .is_some_and(|length| proven.is_none_or(|proof| proof.is_shared(bytes, at + end, length, total))),
            // Its header reaches beyond what is there.
            (Ok(None), None) => true,
            _ => false,
        }
    };
    inner.by_ref().take(MOST_INNER).any(swallowed)
}

/// The length that the header of an inner record declares, where it is one.
fn whole(header: &[u8]) -> Option<u64> {
    let line = memchr::memchr(b'\n', header)? + 1;
    let headers = Headers::strict(header.get(line..)?).ok()?;
    let has = |name: &str| headers.get(name).is_some();
    (has("WARC-Type") && has("WARC-Record-ID")).then(|| content_length(header).ok()).flatten()
}

/// How the end of a block was found: line ends, then another record or the end of the member or file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof {
    /// Line ends behind the block, in bytes.
    pub gap: usize,
    /// Line ends between two records, in bytes.
    pub separator: usize,
}

impl Proof {
    /// Whether the inner block of `length` bytes from `start` on ends in the same place.
    pub(super) fn is_shared(self, bytes: &[u8], start: usize, length: u64, total: usize) -> bool {
        let Some(end) = usize::try_from(length).ok().and_then(|length| start.checked_add(length)) else {
            return false;
        };
        // Line ends behind the block may be the last bytes of the inner one.
        match bytes.get(end..total) {
            Some(rest) => rest.len() + self.gap <= self.separator && rest.iter().copied().all(is_line_end),
            None => end - total <= self.gap,
        }
    }
}

/// Whether a digest that the record declares is that of its content.
pub(super) fn proves_itself(header: &[u8], block: &[u8]) -> bool {
    let line = memchr::memchr(b'\n', header).map_or(header.len(), |end| end + 1);
    let Ok(headers) = Headers::strict(header.get(line..).unwrap_or_default()) else {
        return false;
    };
    let declares = |name: &str, bytes: &[u8]| headers.text(name).is_some_and(|declared| matches(&declared, bytes));
    if declares("WARC-Block-Digest", block) {
        return true;
    }
    let payload = match header_end(block, &mut 0, block.len()) {
        Ok(Some(end)) if block.starts_with(b"HTTP/") => block.get(end..).unwrap_or_default(),
        _ => block,
    };
    declares("WARC-Payload-Digest", payload)
}

/// Whether bytes behind a block and two line ends can be a damaged record rather than the rest of a page: they have
/// headers of a record, or are no text. `last_line` is that of the block, which is none of a header.
pub(super) fn is_damaged_record(bytes: &[u8], block: &[u8]) -> bool {
    const LOOKED_AT: usize = 512;
    const NOISE: usize = 64;
    let bytes = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    // What belongs to a sound record behind says nothing of the bytes before it.
    let mut marks = memchr::memmem::find_iter(bytes, b"WARC/");
    let sound = marks.find(|at| begins_record(bytes.get(*at..).unwrap_or_default(), true)).unwrap_or(bytes.len());
    let bytes = bytes.get(..sound).unwrap_or(bytes);
    if bytes.starts_with(b"WARC") || memchr::memmem::find(bytes, b"\nWARC-").is_some() {
        return true;
    }
    let tail = block.get(block.len().saturating_sub(LOOKED_AT)..).unwrap_or_default();
    let last_line = tail.split(|byte| *byte == b'\n').next_back().unwrap_or_default();
    let name = last_line.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_header =
        name.len() < last_line.len() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let is_noise = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    !is_header && bytes.iter().take(NOISE).any(is_noise)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(lines: &str) -> Result<(), String> {
        check(&Headers::strict(lines.as_bytes()).expect("header lines"))
    }

    #[test]
    fn headers_of_one_record_are_taken() {
        for lines in [
            "WARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2024-05-18T01:58:10Z\r\n",
            "WARC-Type: made-up\r\nWARC-Record-ID: urn:uuid:1\r\nWARC-Date: 2024\r\nWARC-Concurrent-To: a\r\nWARC-Concurrent-To: b\r\n",
            "WARC-Type: resource\r\nWARC-Target-URI: http://a.org/spec/WARC/1.0\r\n",
            "Content-Length: 3\r\nContent-Length: 3\r\n",
            "X: y\r\n",
        ] {
            assert_eq!(checked(lines), Ok(()), "{lines}");
        }
    }

    #[test]
    fn headers_of_two_records_are_not() {
        for lines in [
            "WARC-Type: response\r\nWARC-Type: response\r\n",
            "WARC-Date: 2024-01-WARC/1.0\r\n",
            "WARC-Type: respWARC/1.0\r\n",
            "WARC-Type: responsWARC-Type: response\r\n",
            "WARC-Record-ID: <urn:uuid:12WARC/1.0\r\n",
            "WARC-Record-ID: <urn:uuid:12\r\n",
            "WARC-Record-ID: urn:WARC/0.18\r\n",
            "WARC-Target-URI: http://a.oWARC/1.1\r\nWARC-Record-ID: <urn:a>\r\n",
            "WARC-IP-Address: 1.2.WARC/1.0\r\nWARC-Type: request\r\n",
            "Content-Type: a/b\r\nContent-Type: c/d\r\n",
            "WARC-Target-URI: a\r\nwarc-target-uri: a\r\n",
        ] {
            assert!(checked(lines).is_err(), "{lines}");
        }
    }

    #[test]
    fn dates_are_whole_or_none() {
        for date in [
            "2024",
            "2024-05",
            "2024-05-18",
            "2024-05-18T01:58Z",
            "2024-05-18T01:58:10Z",
            "2024-05-18T01:58:10.123456789Z",
            "2024-05-18T01:58:10+08:00",
            "2024-05-18T01:58:10",
            "2024-05-18 01:58:10",
            "20240518015810",
        ] {
            assert!(is_date(date.as_bytes()), "{date}");
        }
        for date in [
            "",
            "2",
            "2024-",
            "2024-0",
            "2024-05-18T",
            "2024-05-18T01",
            "2024-05-18T01:5",
            "2024-05-18T01:58:10.",
            "now",
        ] {
            assert!(!is_date(date.as_bytes()), "{date}");
        }
    }

    #[test]
    fn a_block_that_ends_with_another_record_is_cut_and_one_that_holds_an_archive_is_not() {
        let inner = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:b>\r\nContent-Length: 3\r\n\r\nabc";
        let proof = |gap| Some(Proof { gap, separator: 4 });
        let swallowed = |tail: &str, proof| {
            let bytes = format!("HEAD<p>begin of a page{inner}{tail}");
            swallows(bytes.as_bytes(), 4, bytes.len(), proof)
        };
        assert!(swallowed("", proof(4)) && swallowed("\r\n", proof(2)) && swallowed("\r\n\r\n", proof(0)));
        assert!(!swallowed("\r\n\r\n", proof(4)) && !swallowed("and more", proof(4)));
        assert!(swallowed("and more", None));
        assert!(!swallows(b"HEADa page about WARC/1.0\r\nwarc-type", 4, 30, proof(4)));
    }
}
