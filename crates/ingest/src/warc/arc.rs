//! ARC, the format of web archives before WARC: a line for a header, then the content.
//!
//! ```text
//!  filedesc://a.arc 0.0.0.0 19960923142103 text/plain 76
//!  1 0 Some Archive
//!  URL IP-address Archive-date Content-type Archive-length
//!
//!  http://example.org/ 192.0.2.1 19960923142104 text/html 202
//!  HTTP/1.0 200 Document follows
//!  ...
//! ```
//!
//! Version 2 has `Result-code Checksum Location Offset Filename` in front of the length. Types may have blanks
//! (`text/html; charset=x`), and so may addresses: the IP address and the date of 14 digits behind it are looked for.

use std::borrow::Cow;
use std::io;

use super::cut::RecordCutter;
use super::fault::Fault;
use super::headers::Headers;
use super::splice::Proof;
use crate::quarantine::printable;

/// Longest header line.
const MOST_LINE: usize = 64 << 10;
/// Inner header lines that are looked at in one block.
const MOST_INNER: usize = 4096;
/// How header lines begin; most others have `://`.
const SCHEMES: [&[u8]; 7] = [b"http:", b"https:", b"filedesc:", b"dns:", b"ftp:", b"whois:", b"gopher:"];
/// Characters in front of an address inside another one (`/web/2001/http://...`). Where another one stands there, two
/// lines run into each other.
const BEFORE_INNER: &[u8] = b"/=?&:,;#(+|!%";

/// A header line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub url: &'a [u8],
    ip: &'a [u8],
    date: &'a [u8],
    mime: &'a [u8],
    pub length: u64,
    /// Length of the line with its line end.
    pub bytes: usize,
}

/// Whether `bytes`, of which there may be few, can begin a header line.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    SCHEMES.iter().any(|scheme| {
        let known = bytes.get(..scheme.len()).unwrap_or(bytes);
        !known.is_empty() && scheme.get(..known.len()).is_some_and(|scheme| known.eq_ignore_ascii_case(scheme))
    })
}

/// The header line that `bytes` begin with.
pub(super) fn parse(bytes: &[u8]) -> Option<Line<'_>> {
    if !may_begin(bytes) {
        return None;
    }
    let end = memchr::memchr(b'\n', bytes.get(..MOST_LINE).unwrap_or(bytes))?;
    let line = bytes.get(..end)?.trim_ascii_end();
    let (rest, length) = split_last(line)?;
    let length = std::str::from_utf8(length).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (url, ip, date, behind) = address(rest)?;
    let fields: Vec<_> = behind.split(|byte| *byte == b' ').collect();
    let is_second = fields.len() >= 6
        && fields.get(fields.len() - 5).is_some_and(|code| code.len() == 3 && code.iter().all(u8::is_ascii_digit));
    let of_mime = if is_second { fields.len() - 5 } else { fields.len() };
    let mime_bytes = fields.iter().take(of_mime).map(|field| field.len() + 1).sum::<usize>();
    let mime = behind.get(..mime_bytes.saturating_sub(1)).unwrap_or_default();
    let is_dns = mime == b"text/dns" && !url.starts_with(b"dns:");
    let is_two = fields.iter().any(|field| is_date(field)) || (!is_second && has_address(behind));
    if is_dns || is_two || !is_one_address(url) {
        return None;
    }
    Some(Line { url, ip, date, mime: mime.trim_ascii(), length: length.parse().ok()?, bytes: end + 1 })
}

fn is_date(field: &[u8]) -> bool {
    matches!(field.len(), 12 | 14) && field.iter().all(u8::is_ascii_digit)
}

fn has_address(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"://").is_some()
}

fn split_last(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(b' ', line)?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}

/// Address, IP address, date, and what stands behind them.
type Parts<'a> = (&'a [u8], &'a [u8], &'a [u8], &'a [u8]);

fn address(line: &[u8]) -> Option<Parts<'_>> {
    let mut blanks = memchr::memchr_iter(b' ', line);
    let mut before = blanks.next()?;
    loop {
        let at = blanks.next();
        let end = at.unwrap_or(line.len());
        let ip = line.get(before + 1..end)?;
        let behind = line.get(end..)?.trim_ascii_start();
        let date_end = memchr::memchr(b' ', behind).unwrap_or(behind.len());
        let (date, behind) = behind.split_at(date_end);
        let is_ip =
            !ip.is_empty() && ip.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'-'));
        if is_ip && is_date(date) {
            return Some((line.get(..before)?, ip, date, behind.trim_ascii()));
        }
        before = at?;
    }
}

/// Whether an address does not run into another one, as two lines do where what lay between them was lost.
fn is_one_address(url: &[u8]) -> bool {
    let Some(scheme_end) = memchr::memchr(b':', url) else {
        return false;
    };
    let scheme = url.get(..scheme_end).unwrap_or_default();
    let has_host = [&b"http"[..], b"https", b"ftp", b"gopher"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if has_host && !url.get(scheme_end..).is_some_and(|rest| rest.starts_with(b"://")) {
        return false;
    }
    let mut inner = memchr::memmem::find_iter(url, b"://").filter(|at| *at > scheme_end);
    inner.all(|at| {
        let head = url.get(..at).unwrap_or_default();
        let letters = head.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let name = head.get(at - letters..).unwrap_or_default();
        // Letters in front of `http` belong to something else.
        let is_glued =
            [&b"http"[..], b"https", b"ftp"].iter().any(|known| name.len() > known.len() && name.ends_with(known));
        let begin = at - letters;
        let before = begin.checked_sub(1).and_then(|before| url.get(before));
        !is_glued && begin > scheme_end + 3 && before.is_none_or(|before| BEFORE_INNER.contains(before))
    })
}

/// Whether the line at the begin of `bytes` can be a damaged header line rather than the rest of a page.
pub(super) fn is_damaged_line(bytes: &[u8]) -> bool {
    let head = bytes.get(..MOST_LINE).unwrap_or(bytes);
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let fields: Vec<_> = line.split(|byte| *byte == b' ').collect();
    let is_number = |field: &[u8]| !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    fields.len() >= 4
        && (fields.iter().any(|field| is_date(field)) || fields.last().is_some_and(|last| is_number(last)))
}

/// Bytes at the end of `bytes` that may begin a header line whose end is not there.
pub(super) fn undecided(bytes: &[u8]) -> usize {
    let line = memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1);
    (bytes.len() - line).min(MOST_LINE)
}

/// Distance to the next header line; in a damaged line it may begin anywhere.
pub(super) fn next_line(bytes: &[u8]) -> Option<usize> {
    let begins = |at: &usize| bytes.get(*at..).and_then(parse).is_some();
    memchr::memmem::find_iter(bytes, b"://").find_map(|at| {
        let line = bytes.get(..at).and_then(|head| memchr::memrchr(b'\n', head)).map_or(0, |end| end + 1);
        let schemes =
            SCHEMES.iter().filter_map(|scheme| at.checked_sub(scheme.len() - 1)).filter(|start| *start > line);
        std::iter::once(line).chain(schemes).find(begins)
    })
}

/// Whether another record begins in the block `bytes[header..total]`, so that it may have been cut (see
/// [`super::splice::swallows`]).
pub(super) fn swallows(bytes: &[u8], header: usize, total: usize, proof: Option<Proof>) -> bool {
    let block = bytes.get(header..total).unwrap_or_default();
    let mut from = 0;
    for _ in 0..MOST_INNER {
        let rest = block.get(from..).unwrap_or_default();
        let Some(at) = next_line(rest) else {
            return false;
        };
        let Some(line) = rest.get(at..).and_then(parse) else {
            return false;
        };
        let start = header + from + at + line.bytes;
        if proof.is_none_or(|proof| proof.is_shared(bytes, start, line.length, total)) {
            return true;
        }
        from += at + line.bytes;
    }
    false
}

/// `19960923142104` as `1996-09-23T14:21:04Z`, the form of WARC.
fn iso_date(date: &[u8]) -> Vec<u8> {
    let mut iso = Vec::with_capacity(20);
    for (index, digit) in date.iter().enumerate() {
        match index {
            4 | 6 => iso.push(b'-'),
            8 => iso.push(b'T'),
            10 | 12 => iso.push(b':'),
            _ => {}
        }
        iso.push(*digit);
    }
    iso.extend_from_slice(if date.len() == 12 { b":00Z" } else { b"Z" });
    iso
}

impl<'a> Line<'a> {
    /// The line as the headers that a WARC record would have.
    pub(super) fn headers(&self) -> Headers<'a> {
        let mut lines: Vec<(&'a [u8], Cow<'a, [u8]>)> = vec![
            (b"WARC-Target-URI", Cow::Borrowed(self.url)),
            (b"WARC-Date", Cow::Owned(iso_date(self.date))),
            (b"WARC-IP-Address", Cow::Borrowed(self.ip)),
        ];
        if !self.mime.is_empty() && self.mime != b"no-type" {
            lines.push((b"Content-Type", Cow::Borrowed(self.mime)));
        }
        Headers::of(lines)
    }
}

impl RecordCutter {
    /// Lengths of the header line that begins here, and of the block.
    pub(super) fn arc_header(&mut self) -> io::Result<Result<(usize, u64), Fault>> {
        loop {
            if let Some(Line { bytes, length, .. }) = parse(self.unread()) {
                let end = self.offset() + bytes as u64;
                if self.starts.front().is_some_and(|start| *start < end) {
                    return Ok(Err(Fault::incomplete("a record ends inside its header line")));
                }
                return Ok(Ok((bytes, length)));
            }
            let has_line = memchr::memchr(b'\n', self.unread()).is_some() || self.unread().len() > MOST_LINE;
            if !has_line && may_begin(self.unread()) {
                if self.starts.is_empty() && self.load()? {
                    continue;
                }
                return Ok(Err(Fault::incomplete("a record ends inside its header line")));
            }
            let head = self.unread().get(..80).unwrap_or_else(|| self.unread());
            let shown = printable(&String::from_utf8_lossy(head), 60);
            return Ok(Err(Fault::malformed(format!("no header line of an ARC record begins here but `{shown}`"))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> Option<[String; 5]> {
        let line = parse(line.as_bytes())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some([text(line.url), text(line.ip), text(&iso_date(line.date)), text(line.mime), line.length.to_string()])
    }

    #[test]
    fn lines_of_both_versions_are_read() {
        let expected =
            |url: &str, mime: &str| Some([url, "192.0.2.1", "1996-09-23T14:21:04Z", mime, "202"].map(str::to_owned));
        let read = |url: &str, rest: &str| parts(&format!("{url} 192.0.2.1 19960923142104 {rest}\n"));
        assert_eq!(read("http://a.org/", "text/html 202"), expected("http://a.org/", "text/html"));
        assert_eq!(read("dns:a.org", "text/dns 202"), expected("dns:a.org", "text/dns"));
        let second = "text/html 200 fac069150613fe55599cc7fa88aa089d - 209 IA-001102.arc 202";
        assert_eq!(read("http://a.org/", second), expected("http://a.org/", "text/html"));
        let charset = "text/html; charset=x 202";
        assert_eq!(read("http://a.org/a b", charset), expected("http://a.org/a b", "text/html; charset=x"));
        let inner = "http://web.archive.org/web/http://a.org/?u=http://b.org";
        assert_eq!(read(inner, "text/html 202\r"), expected(inner, "text/html"));
        assert_eq!(
            parts("http://a.org/ ::1 199609231421 t 5\n").map(|parts| parts[2].clone()).as_deref(),
            Some("1996-09-23T14:21:00Z")
        );
    }

    #[test]
    fn what_is_no_line_or_two_lines_is_not() {
        for line in [
            "http://a.org/ 1.2.3.4 19960923142104 text/html 20",
            "http://a.org/ 1.2.3.4 19960923 text/html 20\n",
            "http://a.org/ 19960923142104 text/html 20\n",
            "http://a.org/ 1.2.3.4 19960923142104 text/html x\n",
            "<a href=http://a.org/> 1.2.3.4 19960923142104 text/html 20\n",
            "http://a.ohttp://b.org/ 1.2.3.4 19960923142104 text/html 20\n",
            "http:http://b.org/ 1.2.3.4 19960923142104 text/html 20\n",
            "http://http://b.org/ 1.2.3.4 19960923142104 text/html 20\n",
            "http://a.org/dns:b.org 1.2.3.4 19960923142104 text/dns 20\n",
            "http://a.org/ 1.2.3.4 19960923142104 text/htdns:b.org 1.2.3.4 19960923142104 text/dns 20\n",
            "http://a.org/ http://b.org/ 1.2.3.4 19960923142104 text/html 20\n",
            "http://a.org/ 1.2.3.4 1996http://b.org/ 1.2.3.4 19960923142104 text/html 20\n",
            "http://a.org/ 1.2.3.4 19960923142104 text/htmhttp://b.org/ 1.2.3.4 19960923142104 text/html 20\n",
        ] {
            assert_eq!(parts(line), None, "{line}");
        }
        let glued = b"http://a.org/ 1.2.3.4 1996http://b.org/ 1.2.3.4 19960923142104 text/html 20\n";
        assert_eq!(next_line(glued), Some(26));
    }
}
