//! How a page is written: by its media type and its first bytes, after the WHATWG standard "MIME Sniffing".

use std::fmt;

use crate::charset;

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// HTML, also in its XML spelling.
    Html,
    /// Text without markup that we read: plain text, Markdown and the like.
    PlainText,
}

/// Why bytes are no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoPage {
    /// The media type as declared, if any was.
    declared: Option<String>,
    /// What the bytes are, where they say something else.
    bytes: Option<&'static str>,
}

impl fmt::Display for NoPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.declared, self.bytes) {
            (Some(declared), Some(bytes)) => write!(f, "{declared}; the bytes are {bytes}"),
            (Some(declared), None) => f.write_str(declared),
            (None, bytes) => write!(f, "no media type; the bytes are {}", bytes.unwrap_or("unknown")),
        }
    }
}

impl std::error::Error for NoPage {}

/// What a media type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    Html,
    /// `text/plain`: also what servers call files whose kind they do not know.
    Plain,
    /// Another type of text that people read, as Markdown.
    OtherText,
    /// XML, which XHTML is too.
    Xml,
    /// Nothing, or a word for "unknown".
    Unknown,
    /// Bytes to be saved: HTML only if they plainly are it.
    Bytes,
    /// No page.
    Other,
}

/// Bytes at the start that decide.
const HEAD_BYTES: usize = 1445;

impl Format {
    /// The format of a page from its media type, with or without parameters and in any case, and its bytes.
    ///
    /// The bytes decide where the type is missing, malformed or says that it is unknown; they find HTML that is
    /// called plain text, bytes or XML, and pictures, archives and PDF that are called a page.
    ///
    /// ```
    /// use textmill_extract::Format;
    ///
    /// assert_eq!(Format::of(Some("Application/XHTML+XML"), b"<html>"), Ok(Format::Html));
    /// assert_eq!(Format::of(Some("text/plain"), b"<!DOCTYPE html><p>words"), Ok(Format::Html));
    /// assert_eq!(Format::of(Some("text/plain"), b"if a < b, a is less"), Ok(Format::PlainText));
    /// assert!(Format::of(Some("image/png"), b"\x89PNG").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoPage`] where the bytes are nothing that people read as a page.
    pub fn of(media_type: Option<&str>, bytes: &[u8]) -> Result<Self, NoPage> {
        let head = Head::of(bytes);
        let no = |bytes| NoPage { declared: media_type.map(str::to_owned), bytes };
        let declared = declared(media_type);
        if declared == Declared::Other {
            return Err(no(None));
        }
        if let Some(kind) = magic(bytes) {
            return Err(no(Some(kind)));
        }
        match declared {
            Declared::Html => Ok(Self::Html),
            _ if head.is_binary => Err(no(Some("no text"))),
            _ if head.is_document => Ok(Self::Html),
            Declared::Plain | Declared::Unknown if head.is_xml => Err(no(Some("XML"))),
            Declared::Plain if head.is_markup && ends_in_tag(bytes) => Ok(Self::Html),
            Declared::Plain | Declared::OtherText => Ok(Self::PlainText),
            Declared::Unknown | Declared::Bytes if head.is_markup => Ok(Self::Html),
            Declared::Unknown if is_json(bytes) => Err(no(Some("JSON"))),
            Declared::Unknown if head.has_tags => Ok(Self::Html),
            Declared::Unknown => Ok(Self::PlainText),
            Declared::Xml | Declared::Bytes | Declared::Other => Err(no(None)),
        }
    }
}

fn declared(media_type: Option<&str>) -> Declared {
    let Some(media_type) = media_type else { return Declared::Unknown };
    // Two headers are joined by a comma.
    let essence = media_type.split([';', ',']).next().unwrap_or("").trim().trim_matches(['"', '\'']);
    let essence = essence.to_ascii_lowercase();
    let Some((kind, name)) = essence.split_once('/') else { return Declared::Unknown };
    match (kind.trim(), name.trim()) {
        ("text", "html" | "htm" | "xhtml" | "x-server-parsed-html" | "vnd.wap.wml")
        | ("application", "xhtml+xml" | "xhtml" | "html" | "vnd.wap.xhtml+xml") => Declared::Html,
        ("text", "plain") => Declared::Plain,
        (
            "text",
            "markdown"
            | "x-markdown"
            | "x-web-markdown"
            | "vnd.daringfireball.markdown"
            | "x-rst"
            | "prs.fallenstein.rst"
            | "x-org"
            | "org"
            | "asciidoc"
            | "x-asciidoc"
            | "troff"
            | "x-readme"
            | "x-log",
        )
        | ("application", "markdown" | "x-markdown") => Declared::OtherText,
        ("text" | "application", "xml") => Declared::Xml,
        ("unknown" | "*" | "", _) | (_, "" | "*" | "unknown" | "x-unknown" | "x-unknown-content-type") => {
            Declared::Unknown
        }
        (
            "application" | "binary",
            "octet-stream" | "x-download" | "force-download" | "download" | "x-octet-stream",
        )
        | ("application", "x-httpd-php" | "x-httpd-cgi" | "php" | "x-asp") => Declared::Bytes,
        _ => Declared::Other,
    }
}

/// First bytes of files that are no text.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"Rar!\x1a\x07", "application/x-rar-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a file of an office program"),
    (b"\0asm", "application/wasm"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OggS\0", "application/ogg"),
    (b"ID3", "audio/mpeg"),
];

fn magic(bytes: &[u8]) -> Option<&'static str> {
    let is_riff = bytes.starts_with(b"RIFF") && bytes.get(8..12).is_some_and(|kind| kind == b"WEBP" || kind == b"WAVE");
    let found = MAGIC.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, kind)| *kind);
    found.or(is_riff.then_some("image/webp or audio/wav"))
}

/// What the first bytes look like.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that the bytes look like")]
struct Head {
    /// Has bytes that no text has, and is in no charset of wide units.
    is_binary: bool,
    /// Begins as a whole HTML document does, XML declaration and comments aside.
    is_document: bool,
    /// Begins with a tag that HTML begins with.
    is_markup: bool,
    /// Begins with an XML declaration, or with the first element of a feed, a list of addresses or a drawing.
    is_xml: bool,
    /// Has a tag of HTML somewhere.
    has_tags: bool,
}

const XML: &[&str] = &["<rss", "<feed", "<urlset", "<sitemapindex", "<svg", "<rdf:rdf", "<opml"];
/// Tags that a document begins with, and further ones that the standard takes for the start of HTML.
const DOCUMENT: &[&str] = &["<!doctype html", "<html", "<head", "<body"];
#[rustfmt::skip]
const MARKUP: &[&str] = &[
    "<script", "<iframe", "<h1", "<h2", "<h3", "<div", "<font", "<table", "<a", "<style", "<title", "<b", "<br",
    "<p", "<meta", "<link", "<center", "<article", "<main", "<section", "<ul", "<ol", "<span", "<header", "<nav",
    "<img",
];
const TAGS: &[&str] = &["</p>", "</div>", "</a>", "<br>", "<br/>", "<br />", "</h1>", "</li>", "</td>", "</span>"];

impl Head {
    fn of(bytes: &[u8]) -> Self {
        let start = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
        let wide = charset::is_wide(bytes);
        let is_binary = !wide && start.iter().any(|byte| matches!(byte, 0..=0x08 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f));
        // Markup is ASCII: without the zeros of wide units it can be read.
        let text: Vec<u8> = bytes.iter().take(8 * HEAD_BYTES).filter(|byte| **byte != 0).copied().collect();
        let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
        let text = text.trim_start_matches(|char: char| char.is_whitespace() || !char.is_ascii());
        let rest = after_prolog(text);
        let begins = |names: &[&str]| names.iter().any(|name| is_tag(rest, name));
        let is_xml = text.starts_with("<?xml") || begins(XML);
        Self {
            is_binary,
            is_document: begins(DOCUMENT),
            is_markup: !is_xml && (begins(MARKUP) || text.starts_with("<!--")),
            is_xml,
            has_tags: TAGS.iter().any(|tag| text.contains(tag)),
        }
    }
}

/// Whether a text begins with a tag: its name and then a space or the end of the tag.
fn is_tag(text: &str, start: &str) -> bool {
    text.strip_prefix(start)
        .is_some_and(|rest| rest.starts_with(|char: char| char == '>' || char == '/' || char.is_whitespace()))
}

/// A text behind its XML declaration, comments and processing instructions.
fn after_prolog(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<?") => "?>",
            _ => return rest,
        };
        let Some((_, after)) = rest.split_once(end) else { return rest };
        rest = after.trim_start();
    }
}

/// Whether the last thing of the bytes is a tag, as in a fragment of HTML and not in a text about it.
fn ends_in_tag(bytes: &[u8]) -> bool {
    bytes.trim_ascii_end().ends_with(b">")
}

/// Whether the bytes are a JSON object or array.
fn is_json(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii();
    matches!(text.first(), Some(b'{' | b'['))
        && matches!(text.last(), Some(b'}' | b']'))
        && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &[u8] = b"<html><body><p>Words of a page.</p></body></html>";
    const TEXT: &[u8] = b"Words of a readme.\nif a < b, a is less\n";

    fn of(media_type: &str, bytes: &[u8]) -> Option<Format> {
        Format::of(Some(media_type), bytes).ok()
    }

    #[test]
    fn types_are_read_without_case_parameters_and_space() {
        for media_type in [
            "text/html",
            " TEXT/HTML ; charset=utf-8",
            "application/xhtml+xml;x",
            "text/html, text/html",
            "html",
            "",
            "*/*",
            "application/octet-stream",
            "unknown/unknown",
            "text/plain",
            "TEXT/Plain;x",
            "text/markdown",
            "text/xml",
            "application/xml; charset=utf-8",
            "application/x-httpd-php",
        ] {
            assert_eq!(of(media_type, PAGE), Some(Format::Html), "{media_type:?}");
        }
        assert_eq!(Format::of(None, PAGE), Ok(Format::Html));
        for media_type in ["application/pdf", "image/png", "application/json", "text/css", "text/htmlx", "video/mp4"] {
            assert_eq!(of(media_type, PAGE), None, "{media_type:?}");
        }
    }

    #[test]
    fn text_stays_text() {
        for media_type in ["text/plain", "text/markdown", "Text/X-Markdown; variant=GFM", "unknown"] {
            assert_eq!(of(media_type, TEXT), Some(Format::PlainText), "{media_type:?}");
        }
        assert_eq!(Format::of(None, TEXT), Ok(Format::PlainText));
        assert_eq!(of("application/octet-stream", TEXT), None);
        let about = b"<p> is the tag of a paragraph.\nIt needs no end tag.";
        assert_eq!(of("text/plain", about), Some(Format::PlainText));
        assert_eq!(of("text/plain", b"<p align=center>\n# Readme\n\nwords"), Some(Format::PlainText));
        assert_eq!(of("text/plain", b"<div><p>a fragment</p></div>\n"), Some(Format::Html));
        assert_eq!(of("text/markdown", b"<div>raw HTML</div>\n\n<p>in Markdown</p>"), Some(Format::PlainText));
        assert_eq!(Format::of(None, b"Hello<br>world"), Ok(Format::Html));
    }

    #[test]
    fn the_start_of_a_document_is_found_behind_marks_comments_and_declarations() {
        for page in [
            "\u{feff}<!DOCTYPE html><p>x",
            "  \n<!-- a --><!-- b --><HTML lang=en>x",
            "<?xml version='1.0'?><!DOCTYPE html>x",
            "<?xml version='1.0'?><html xmlns='x'>x",
        ] {
            assert_eq!(of("text/plain", page.as_bytes()), Some(Format::Html), "{page}");
            let wide: Vec<u8> = format!("\u{feff}{page}").encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(of("text/plain", &wide), Some(Format::Html), "wide {page}");
        }
    }

    #[test]
    fn other_files_are_named_whatever_they_are_called() {
        let detail =
            |media_type: Option<&str>, bytes: &[u8]| Format::of(media_type, bytes).expect_err("no page").to_string();
        assert_eq!(detail(Some("image/jpeg"), PAGE), "image/jpeg");
        assert_eq!(detail(Some("text/html"), b"%PDF-1.7 x"), "text/html; the bytes are application/pdf");
        assert_eq!(detail(Some("text/plain"), b"\x89PNG\r\n\x1a\nx"), "text/plain; the bytes are image/png");
        assert_eq!(detail(None, b"{\"a\": [1, 2]}"), "no media type; the bytes are JSON");
        assert_eq!(detail(None, b"\x01\x02\x03"), "no media type; the bytes are no text");
        assert_eq!(detail(Some("text/xml"), b"<?xml version='1.0'?><rss></rss>"), "text/xml");
        assert_eq!(detail(None, b"<?xml version='1.0'?><rss></rss>"), "no media type; the bytes are XML");
        assert_eq!(detail(Some("text/plain"), b"<rss version='2.0'>x</rss>"), "text/plain; the bytes are XML");
        assert_eq!(detail(Some("application/rss+xml"), b"<rss></rss>"), "application/rss+xml");
        assert_eq!(Format::of(None, b"{not JSON}"), Ok(Format::PlainText));
        assert_eq!(Format::of(None, b""), Ok(Format::PlainText));
        assert_eq!(Format::of(Some("text/html"), b""), Ok(Format::Html));
    }
}
