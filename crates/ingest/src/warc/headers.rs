//! Header lines, `Name: value`, of a WARC record or of an HTTP message.

use std::borrow::Cow;

/// Most header lines of one record or message; further ones of an HTTP message are not looked at.
const MOST_LINES: usize = 1000;

/// Header lines in their order.
#[derive(Debug, Default)]
pub(super) struct Headers<'a>(Vec<(&'a [u8], Cow<'a, [u8]>)>);

impl<'a> Headers<'a> {
    /// Reads the lines of a WARC header; a line that is none makes the record one that cannot be
    /// trusted.
    pub(super) fn strict(block: &'a [u8]) -> Result<Self, String> {
        Self::parse(block, true)
    }

    /// Reads the lines of an HTTP header as browsers do: what is no header line is passed over.
    pub(super) fn lenient(block: &'a [u8]) -> Self {
        Self::parse(block, false).unwrap_or_default()
    }

    fn parse(block: &'a [u8], strict: bool) -> Result<Self, String> {
        let mut headers = Vec::new();
        for (index, line) in block.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            if headers.len() == MOST_LINES {
                return if strict { Err(format!("more than {MOST_LINES} header lines")) } else { Ok(Self(headers)) };
            }
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                fold(&mut headers, line);
                continue;
            }
            let colon = memchr::memchr(b':', line).unwrap_or_default();
            let (name, value) = line.split_at(colon);
            if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
                if strict {
                    return Err(format!("header line {} is not `Name: value`", index + 1));
                }
                continue;
            }
            headers.push((name, Cow::Borrowed(value.strip_prefix(b":").unwrap_or(value).trim_ascii())));
        }
        Ok(Self(headers))
    }

    /// Headers of these names and values.
    pub(super) fn of(lines: Vec<(&'a [u8], Cow<'a, [u8]>)>) -> Self {
        Self(lines)
    }

    /// Names and values in their order.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(name, value)| (*name, &**value))
    }

    /// All values of `name`, whatever its case.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let wanted = move |known: &[u8]| known.eq_ignore_ascii_case(name.as_bytes());
        self.0.iter().filter(move |(known, _)| wanted(known)).map(|(_, value)| &**value)
    }

    /// The first value of `name` that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.all(name).find(|value| !value.is_empty())
    }

    /// [`Self::get`] as text; what is not UTF-8 becomes U+FFFD.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(String::from_utf8_lossy)
    }
}

/// A line that begins with white space continues the value before it.
fn fold<'a>(headers: &mut [(&'a [u8], Cow<'a, [u8]>)], line: &[u8]) {
    if let Some((_, value)) = headers.last_mut() {
        let value = value.to_mut();
        if !value.is_empty() {
            value.push(b' ');
        }
        value.extend_from_slice(line.trim_ascii());
    }
}

/// Index behind the blank line that ends a header, with lines of at most `most_line` bytes.
/// `Ok(None)` where it is not among `bytes`; `scan` remembers how far was looked, from 0 on.
pub(super) fn header_end(bytes: &[u8], scan: &mut usize, most_line: usize) -> Result<Option<usize>, String> {
    loop {
        let rest = bytes.get(*scan..).unwrap_or_default();
        let line = memchr::memchr(b'\n', rest);
        let length = line.unwrap_or(rest.len());
        if length > most_line {
            return Err(format!("a header line is longer than {most_line} bytes"));
        }
        let Some(end) = line else {
            return Ok(None);
        };
        *scan += end + 1;
        if matches!(rest.get(..end), Some([] | [b'\r'])) {
            return Ok(Some(*scan));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_and_folded_lines_are_one_value() {
        let block = b"WARC-Type: response\r\nX:\r\nLong: a\r\n\t b\r\n  c\r\nx: second\r\n\r\n";
        let headers = Headers::strict(block).expect("header lines");
        assert_eq!(headers.get("warc-type"), Some(&b"response"[..]));
        assert_eq!(headers.text("LONG").as_deref(), Some("a b c"));
        assert_eq!(headers.get("X"), Some(&b"second"[..]));
        assert_eq!(headers.all("x").count(), 2);
    }

    #[test]
    fn a_line_that_is_no_header_fails_a_record_and_not_a_message() {
        let block = b"good: 1\r\nno colon here\r\nbad name: 2\r\n: 3\r\n";
        assert_eq!(Headers::strict(block).expect_err("bad line"), "header line 2 is not `Name: value`");
        let headers = Headers::lenient(block);
        assert_eq!(headers.get("good"), Some(&b"1"[..]));
        assert_eq!(headers.0.len(), 1);
        assert!(Headers::strict(&b"a: b\n".repeat(MOST_LINES + 1)).is_err());
        assert_eq!(Headers::lenient(&b"a: b\n".repeat(MOST_LINES + 1)).0.len(), MOST_LINES);
    }

    #[test]
    fn the_end_of_a_header_is_found_piece_by_piece() {
        let block = b"a: b\r\nc: d\r\n\r\nbody";
        let mut scan = 0;
        assert_eq!(header_end(&block[..9], &mut scan, 100), Ok(None));
        assert_eq!(header_end(&block[..13], &mut scan, 100), Ok(None));
        assert_eq!(header_end(block, &mut scan, 100), Ok(Some(14)));
        assert_eq!(header_end(b"a\n\nb", &mut 0, 100), Ok(Some(3)));
        assert!(header_end(&[b'a'; 101], &mut 0, 100).is_err());
    }
}
