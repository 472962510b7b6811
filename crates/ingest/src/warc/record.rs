//! What one record holds: a document, something that is counted only, or a fault.

use std::borrow::Cow;

use textmill_document::Cause;

use super::arc;
use super::body::Response;
use super::cut::Kind;
use super::digest::mismatch;
use super::encoding::Bounds;
use super::fields::Dialect;
use super::headers::Headers;

/// Why a record is no document although its type says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub cause: Cause,
    pub detail: String,
}

impl Rejection {
    pub(super) fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }
}

/// A document in a record.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub headers: Headers<'a>,
    pub response: Option<Response<'a>>,
    pub body: Cow<'a, [u8]>,
    /// Why the body is not whole: the crawler's reason, or the coding that ends early.
    pub truncated: Option<Cow<'static, str>>,
}

/// What a record holds.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Document(Box<Page<'a>>),
    /// A record of this type, which is no document.
    Skipped(&'static str),
}

/// How records are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub dialect: Dialect,
    pub bounds: Bounds,
    pub verify_digests: bool,
}

/// The record types of ISO 28500 that are never documents.
const OTHER_TYPES: [&str; 6] = ["warcinfo", "request", "metadata", "revisit", "continuation", "conversion"];

/// Reads the record with the lines `header` and the content `block`.
pub(super) fn interpret<'a>(
    kind: Kind,
    header: &'a [u8],
    block: &'a [u8],
    rules: Rules,
) -> Result<Content<'a>, Rejection> {
    let malformed = |what: String| Rejection::new(Cause::Malformed, what);
    if kind == Kind::Arc {
        let line = arc::parse(header).ok_or_else(|| malformed("no header line of an ARC record".to_owned()))?;
        return of_arc(&line, block, rules);
    }
    let headers = Headers::strict(header).map_err(malformed)?;
    let kind = headers.text("WARC-Type").ok_or_else(|| malformed("the record has no WARC-Type".to_owned()))?;
    let kind = kind.to_ascii_lowercase();
    let may_be_page = matches!(kind.as_str(), "response" | "resource") && rules.dialect == Dialect::Warc;
    if let Some(other) = no_page(&headers).filter(|_| may_be_page) {
        return Ok(Content::Skipped(other));
    }
    match (kind.as_str(), rules.dialect) {
        ("conversion", Dialect::Wet) => converted(headers, block, rules).map(boxed),
        ("response", Dialect::Warc) if is_http(&headers) => response(headers, block, rules).map(boxed),
        ("response", Dialect::Warc) => Ok(Content::Skipped("response_not_http")),
        ("resource", Dialect::Warc) => resource(headers, block, rules).map(boxed),
        ("response", _) => Ok(Content::Skipped("response")),
        ("resource", _) => Ok(Content::Skipped("resource")),
        (kind, _) => Ok(Content::Skipped(OTHER_TYPES.into_iter().find(|other| *other == kind).unwrap_or("unknown"))),
    }
}

/// Schemes of addresses that lead to no page, with the kind they are counted as: look-ups, FTP, and what crawlers write of
/// their own beside the pages (`urn:text:`, `urn:pageinfo:`, `urn:view:`; `metadata://` of wget).
const OTHER_SCHEMES: [(&str, &str); 7] = [
    ("dns", "dns"),
    ("whois", "whois"),
    ("ftp", "ftp"),
    ("ftps", "ftp"),
    ("urn", "of_the_crawler"),
    ("metadata", "of_the_crawler"),
    ("filedesc", "filedesc"),
];
/// Files at the root of a host that are for machines.
const FOR_MACHINES: [(&str, &str); 3] =
    [("robots.txt", "robots_txt"), ("ads.txt", "ads_txt"), ("app-ads.txt", "ads_txt")];

/// What a response or resource is counted as whose address says that it is no page.
fn no_page(headers: &Headers<'_>) -> Option<&'static str> {
    let uri = headers.text("WARC-Target-URI")?;
    let uri = uri.trim_start_matches('<').trim_end_matches('>');
    let (scheme, rest) = uri.split_once(':')?;
    if let Some((_, kind)) = OTHER_SCHEMES.iter().find(|(known, _)| scheme.eq_ignore_ascii_case(known)) {
        return Some(kind);
    }
    let (_, path) = rest.strip_prefix("//")?.split_once('/')?;
    FOR_MACHINES.iter().find(|(known, _)| *known == path).map(|(_, kind)| *kind)
}

/// The record of an ARC with the header `line`.
fn of_arc<'a>(line: &arc::Line<'a>, block: &'a [u8], rules: Rules) -> Result<Content<'a>, Rejection> {
    let headers = line.headers();
    if let Some(kind) = no_page(&headers) {
        return Ok(Content::Skipped(kind));
    }
    if rules.dialect != Dialect::Warc {
        return Ok(Content::Skipped("response"));
    }
    // Early crawlers kept some pages without the server's header.
    let is_http = block.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"HTTP/"));
    if is_http { response(headers, block, rules).map(boxed) } else { resource(headers, block, rules).map(boxed) }
}

fn boxed(page: Page<'_>) -> Content<'_> {
    Content::Document(Box::new(page))
}

/// DNS look-ups and the like are responses as well. A record without a type is taken for HTTP.
fn is_http(headers: &Headers<'_>) -> bool {
    let Some(content_type) = headers.text("Content-Type") else {
        return true;
    };
    content_type.trim_start().to_ascii_lowercase().starts_with("application/http")
}

fn truncation(headers: &Headers<'_>) -> Option<Cow<'static, str>> {
    let declared = headers.text("WARC-Truncated").map(|reason| Cow::Owned(reason.to_ascii_lowercase()));
    let is_segment = || headers.get("WARC-Segment-Number").map(|_| Cow::Borrowed("segmented"));
    declared.or_else(is_segment)
}

fn response<'a>(headers: Headers<'a>, block: &'a [u8], rules: Rules) -> Result<Page<'a>, Rejection> {
    let response = Response::parse(block)?;
    let content = response.content();
    if rules.verify_digests {
        check_block(&headers, block)?;
        // Writers disagree on whether the payload is with or without its transfer coding.
        let without_coding = content.as_ref().ok().map(|(content, _)| content.as_ref());
        check_payload(&headers, response.raw, without_coding)?;
    }
    let (content, chunks_missing) = content?;
    let (body, coding_cut_off) = response.body(content, rules.bounds)?;
    let body = response.without_line_ends(body);
    let truncated = truncation(&headers).or(chunks_missing.or(coding_cut_off).map(Cow::Borrowed));
    Ok(Page { headers, response: Some(response), body, truncated })
}

fn resource<'a>(headers: Headers<'a>, block: &'a [u8], rules: Rules) -> Result<Page<'a>, Rejection> {
    if rules.verify_digests {
        check_block(&headers, block)?;
        check_payload(&headers, block, None)?;
    }
    let truncated = truncation(&headers);
    Ok(Page { headers, response: None, body: Cow::Borrowed(block), truncated })
}

fn converted<'a>(headers: Headers<'a>, block: &'a [u8], rules: Rules) -> Result<Page<'a>, Rejection> {
    simdutf8::compat::from_utf8(block).map_err(|error| {
        let at = error.valid_up_to();
        Rejection::new(Cause::InvalidUtf8, format!("invalid UTF-8 at byte {at} of the record's text"))
    })?;
    resource(headers, block, rules)
}

fn check_block(headers: &Headers<'_>, block: &[u8]) -> Result<(), Rejection> {
    let Some(declared) = headers.text("WARC-Block-Digest") else {
        return Ok(());
    };
    mismatch(&declared, block).map_or(Ok(()), |found| Err(wrong("WARC-Block-Digest", &declared, &found)))
}

fn check_payload(headers: &Headers<'_>, payload: &[u8], without_coding: Option<&[u8]>) -> Result<(), Rejection> {
    let Some(declared) = headers.text("WARC-Payload-Digest") else {
        return Ok(());
    };
    let Some(found) = mismatch(&declared, payload) else {
        return Ok(());
    };
    if without_coding.is_some_and(|content| content.len() != payload.len() && mismatch(&declared, content).is_none()) {
        return Ok(());
    }
    Err(wrong("WARC-Payload-Digest", &declared, &found))
}

fn wrong(name: &str, declared: &str, found: &str) -> Rejection {
    let declared = crate::quarantine::printable(declared, 100);
    Rejection::new(Cause::DigestMismatch, format!("{name} is {declared}, but the content has {found}"))
}
