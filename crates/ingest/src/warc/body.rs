//! An HTTP response in a record's block: status, headers, and the body as the browser saw it.

use std::borrow::Cow;

use textmill_document::Cause;

use super::chunked::{Dechunked, dechunk};
use super::encoding::{Bounds, decode};
use super::headers::{Headers, header_end};
use super::marks::is_line_end;
use super::record::Rejection;

/// Longest line of an HTTP header.
const MOST_LINE: usize = 64 << 10;
/// Longest HTTP header.
const MOST_HEADER: usize = 1 << 20;

/// An HTTP response.
#[derive(Debug)]
pub(super) struct Response<'a> {
    /// The status code, 100 to 999.
    pub status: i64,
    pub headers: Headers<'a>,
    /// The body as it was sent, with all codings.
    pub raw: &'a [u8],
}

impl<'a> Response<'a> {
    /// Reads the response that `block` is.
    pub(super) fn parse(block: &'a [u8]) -> Result<Self, Rejection> {
        let bad = |what: String| Rejection::new(Cause::Malformed, format!("the HTTP response has {what}"));
        let head = block.get(..MOST_HEADER).unwrap_or(block);
        let end = header_end(head, &mut 0, MOST_LINE).map_err(|what| bad(format!("a bad header: {what}")))?;
        let end = match end {
            Some(end) => end,
            // The connection may break off inside the header: a response without a body.
            None if head.len() == block.len() => block.len(),
            None => return Err(bad(format!("a header of more than {MOST_HEADER} bytes"))),
        };
        let (head, raw) = block.split_at(end);
        let line_end = memchr::memchr(b'\n', head).map_or(head.len(), |end| end + 1);
        let (status_line, headers) = head.split_at(line_end);
        let status = status(status_line).ok_or_else(|| bad("no status line `HTTP/1.1 200 OK`".to_owned()))?;
        Ok(Self { status, headers: Headers::lenient(headers), raw })
    }

    /// The body without its transfer coding, and what was found to be missing of it.
    pub(super) fn content(&self) -> Result<(Cow<'a, [u8]>, Option<&'static str>), Rejection> {
        let codings = self.headers.text("Transfer-Encoding");
        if !codings.is_some_and(|codings| codings.to_ascii_lowercase().contains("chunked")) {
            return Ok((Cow::Borrowed(self.raw), None));
        }
        match dechunk(self.raw) {
            Dechunked::Content { content, cut_off } => Ok((Cow::Owned(content), cut_off.then_some("chunked"))),
            Dechunked::NotChunked => Ok((Cow::Borrowed(self.raw), None)),
            Dechunked::Broken { at } => {
                let detail = format!("the chunked body has no chunk size at byte {at}");
                Err(Rejection::new(Cause::Malformed, detail))
            }
        }
    }

    /// The body without line ends that a record's length took in beyond what the server declared: up to four bytes.
    pub(super) fn without_line_ends(&self, body: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        let Cow::Borrowed(bytes) = body else {
            return body;
        };
        let declared = self.headers.text("Content-Length").and_then(|length| length.trim().parse::<usize>().ok());
        let rest = declared.and_then(|declared| bytes.get(declared..)).unwrap_or_default();
        let is_gap = rest.len() <= 4 && bytes.len() == self.raw.len() && rest.iter().copied().all(is_line_end);
        Cow::Borrowed(if is_gap { bytes.get(..bytes.len() - rest.len()).unwrap_or(bytes) } else { bytes })
    }

    /// The body without any coding, from its [`Self::content`].
    pub(super) fn body(
        &self,
        content: Cow<'a, [u8]>,
        bounds: Bounds,
    ) -> Result<(Cow<'a, [u8]>, Option<&'static str>), Rejection> {
        let codings: Vec<_> = self.headers.all("Content-Encoding").map(String::from_utf8_lossy).collect();
        if codings.is_empty() || content.is_empty() {
            return Ok((content, None));
        }
        let decoded = decode(&codings.join(","), &content, bounds)?;
        let missing = decoded.cut_off.then_some("content_encoding");
        Ok((decoded.content.map_or(content, Cow::Owned), missing))
    }
}

/// The code in `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Option<i64> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let protocol = words.next()?;
    if !protocol.get(..5)?.eq_ignore_ascii_case(b"HTTP/") {
        return None;
    }
    let code = words.next().filter(|code| code.len() == 3 && code.iter().all(u8::is_ascii_digit))?;
    std::str::from_utf8(code).ok()?.parse().ok().filter(|code| *code >= 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { most_bytes: 1 << 20, max_ratio: 100 };

    fn body(block: &[u8]) -> Result<(String, Option<&'static str>), Rejection> {
        let response = Response::parse(block)?;
        let (content, cut) = response.content()?;
        let (body, cut_encoding) = response.body(content, BOUNDS)?;
        Ok((String::from_utf8_lossy(&body).into_owned(), cut.or(cut_encoding)))
    }

    #[test]
    fn status_headers_and_body_are_told_apart() {
        let response = Response::parse(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\nGone").expect("HTTP");
        assert_eq!((response.status, response.raw), (404, &b"Gone"[..]));
        assert_eq!(response.headers.get("content-type"), Some(&b"text/html"[..]));
        assert_eq!(Response::parse(b"HTTP/2 200\n\nx").expect("HTTP").raw, b"x");
        assert_eq!(Response::parse(b"HTTP/1.0 301 Moved\r\nLocation: /").expect("HTTP").raw, b"");
        for bad in [&b""[..], b"200 OK\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n", b"HTTP/1.1 099 x\r\n\r\n", b"\x00\xff"] {
            assert_eq!(Response::parse(bad).expect_err("no HTTP").cause, Cause::Malformed);
        }
        let long = [b"HTTP/1.1 200 OK\r\nX: ", &vec![b'a'; MOST_LINE + 1][..], b"\r\n\r\n"].concat();
        assert!(Response::parse(&long).is_err());
        let many = [b"HTTP/1.1 200 OK\r\n", &b"X: aaaaaaaaaaaaa\r\n".repeat(MOST_HEADER / 18)[..], b"\r\n"].concat();
        assert!(Response::parse(&many).expect_err("too long").detail.contains("a header of more than"));
    }

    #[test]
    fn transfer_coding_comes_off_before_content_coding() {
        let encoded = zstd::encode_all(&b"Hello, world"[..], 1).expect("memory");
        let mut block = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Encoding: zstd\r\n\r\n".to_vec();
        block.extend(format!("{:x}\r\n", encoded.len()).bytes());
        block.extend(&encoded);
        assert_eq!(body(&block).expect("a body"), ("Hello, world".to_owned(), Some("chunked")));
        block.extend(b"\r\n0\r\n\r\n");
        assert_eq!(body(&block).expect("a body"), ("Hello, world".to_owned(), None));
        let lying = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n<p>plain</p>\n";
        assert_eq!(body(lying).expect("a body"), ("<p>plain</p>\n".to_owned(), None));
        let broken = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n";
        assert_eq!(body(broken).expect_err("broken").cause, Cause::Malformed);
    }
}
