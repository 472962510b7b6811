//! From characters to a [`Tree`]: the tokenizer's states of the HTML standard that change what a
//! reader sees, and its rules for implied end tags. One pass, every step takes constant or capped time.

use memchr::{memchr, memchr2, memmem};

use super::builder::Builder;
use super::tags::Tag;
use super::tree::{Attribute, Span, Tree};

/// Attributes kept of one element; further ones are read and forgotten.
const MAX_ATTRIBUTES: usize = 256;

/// Parses `source`, at most `u32::MAX` bytes of it, into a tree at most `max_depth` deep and with at
/// most `max_nodes` nodes; `None` where it has more.
pub(crate) fn parse(source: &str, max_depth: u32, max_nodes: usize) -> Option<Tree<'_>> {
    let mut parser = Parser { bytes: source.as_bytes(), at: 0, builder: Builder::new(source, max_depth) };
    while parser.at < parser.bytes.len() {
        parser.step();
        if parser.builder.node_count() > max_nodes {
            return None;
        }
    }
    Some(parser.builder.finish())
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    builder: Builder<'a>,
}

impl Parser<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    /// Reads one run of text, one tag or one comment.
    fn step(&mut self) {
        let start = self.at;
        let open = memchr(b'<', self.rest()).map_or(self.bytes.len(), |offset| start + offset);
        let next = self.byte(open + 1);
        if open > start {
            self.builder.text(start, open);
        }
        self.at = open;
        match next {
            _ if open == self.bytes.len() => {}
            b'a'..=b'z' | b'A'..=b'Z' => self.start_tag(),
            b'/' if self.byte(open + 2).is_ascii_alphabetic() => self.end_tag(),
            b'/' if open + 2 >= self.bytes.len() => {
                self.builder.text(open, self.bytes.len());
                self.at = self.bytes.len();
            }
            b'/' | b'!' | b'?' => self.markup_declaration(),
            _ => {
                self.builder.text(open, open + 1);
                self.at = open + 1;
            }
        }
    }

    /// Comments, doctypes and bogus comments, none of which is content; CDATA is, within SVG and `MathML`.
    fn markup_declaration(&mut self) {
        let rest = self.rest();
        if rest.starts_with(b"<![CDATA[") && self.builder.in_foreign() {
            let from = self.at + b"<![CDATA[".len();
            let length = self.bytes.get(from..).and_then(|data| memmem::find(data, b"]]>"));
            let end = length.map_or(self.bytes.len(), |length| from + length);
            self.builder.text(from, end);
            self.at = self.bytes.len().min(end + b"]]>".len());
            return;
        }

        self.at += match rest.strip_prefix(b"<!--") {
            Some(comment) => b"<!--".len() + comment_length(comment),
            None => memchr(b'>', rest).map_or(rest.len(), |end| end + 1),
        };
    }

    fn end_tag(&mut self) {
        let (tag, name) = self.name(self.at + 2);
        self.at = name.end as usize;
        // Attributes of an end tag mean nothing but may hold a `>`.
        match self.attributes(false) {
            Some(_) => self.builder.end(tag, name),
            None => self.at = self.bytes.len(),
        }
    }

    fn start_tag(&mut self) {
        let (tag, name) = self.name(self.at + 1);
        self.at = name.end as usize;
        let attributes_from = self.builder.attribute_count();
        let Some(self_closing) = self.attributes(true) else {
            self.at = self.bytes.len();
            return;
        };
        self.builder.start(tag, name, attributes_from, self_closing);
        if self.builder.in_foreign() {
            return;
        }
        if tag.is_raw_text() {
            self.raw_text(tag, name);
        } else if tag == Tag::Plaintext {
            self.builder.text(self.at, self.bytes.len());
            self.at = self.bytes.len();
        }
    }

    fn name(&self, from: usize) -> (Tag, Span) {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'/' | b'>');
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        (Tag::of_name(rest.get(..length).unwrap_or(&[])), span(from, from + length))
    }

    /// Reads up to and with the `>` of a tag; whether it was `/>`. `None` at the end of the source, where
    /// the standard drops the tag.
    fn attributes(&mut self, keep: bool) -> Option<bool> {
        let mut kept = 0;
        let mut self_closing = false;
        loop {
            while matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r' | 0x0c) {
                self.at += 1;
            }
            if self.at >= self.bytes.len() {
                return None;
            }
            match self.byte(self.at) {
                b'>' => {
                    self.at += 1;
                    return Some(self_closing);
                }
                b'/' => {
                    self.at += 1;
                    self_closing = true;
                }
                _ => {
                    self_closing = false;
                    let attribute = self.attribute()?;
                    if keep && kept < MAX_ATTRIBUTES {
                        kept += 1;
                        self.builder.attribute(attribute);
                    }
                }
            }
        }
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let from = self.at;
        // A leading `=` belongs to the name.
        self.at += 1;
        while !matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'/' | b'>' | b'=') {
            self.at += 1;
            if self.at >= self.bytes.len() {
                return None;
            }
        }
        let name = span(from, self.at);
        let mut at = self.at;
        while matches!(self.byte(at), b' ' | b'\t' | b'\n' | b'\r' | 0x0c) {
            at += 1;
        }
        if self.byte(at) != b'=' {
            return Some(Attribute { name, value: Span::default() });
        }
        at += 1;
        while matches!(self.byte(at), b' ' | b'\t' | b'\n' | b'\r' | 0x0c) {
            at += 1;
        }
        let value = match self.byte(at) {
            quote @ (b'"' | b'\'') => {
                let length = memchr(quote, self.bytes.get(at + 1..)?)?;
                self.at = at + 1 + length + 1;
                span(at + 1, at + 1 + length)
            }
            _ => {
                let rest = self.bytes.get(at..)?;
                let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'>');
                let length = rest.iter().position(is_end)?;
                self.at = at + length;
                span(at, at + length)
            }
        };
        Some(Attribute { name, value })
    }

    /// The content of an element whose end is its own end tag only.
    fn raw_text(&mut self, tag: Tag, name: Span) {
        let from = self.at;
        let at = if tag == Tag::Script { self.script_end() } else { self.raw_end(tag) };
        if at > from {
            self.builder.text(from, at);
        }
        self.at = at;
        if at == self.bytes.len() {
            self.builder.end(tag, name);
        }
    }
}

/// What `script_end` is in, as the standard's states of script data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    /// Behind `<!--`.
    Once,
    /// Behind `<script` in that, where `</script` ends only this.
    Twice,
}

impl Parser<'_> {
    /// Where the next end tag of `tag` starts, or the source ends.
    fn raw_end(&self, tag: Tag) -> usize {
        let mut at = self.at;
        while let Some(offset) = memmem::find(self.bytes.get(at..).unwrap_or(&[]), b"</") {
            at += offset;
            let (end_tag, end_name) = self.name(at + 2);
            if end_tag == tag && end_name.end as usize >= self.bytes.len() {
                break;
            }
            if end_tag == tag {
                return at;
            }
            at = end_name.start as usize;
        }
        self.bytes.len()
    }

    /// Where the end tag of a script starts, or the source ends. Scripts were once put into comments, so that they
    /// may write scripts.
    fn script_end(&self) -> usize {
        let mut escape = Escape::None;
        let mut at = self.at;
        loop {
            let rest = self.bytes.get(at..).unwrap_or(&[]);
            let next = if escape == Escape::None { memchr(b'<', rest) } else { memchr2(b'<', b'-', rest) };
            let Some(offset) = next else { return self.bytes.len() };
            at += offset;

            let rest = self.bytes.get(at..).unwrap_or(&[]);
            match escape {
                Escape::None if rest.starts_with(b"<!--") => {
                    escape = Escape::Once;
                    // Its dashes may be those of the end.
                    at += 2;
                    continue;
                }
                _ if escape != Escape::None && rest.starts_with(b"-->") => escape = Escape::None,
                Escape::None | Escape::Once if self.names_script(at + 2) && rest.starts_with(b"</") => return at,
                Escape::Once if self.names_script(at + 1) && rest.starts_with(b"<") => escape = Escape::Twice,
                Escape::Twice if self.names_script(at + 2) && rest.starts_with(b"</") => escape = Escape::Once,
                _ => {}
            }
            at += 1;
        }
    }

    /// Whether the name of a script's tag stands at `at`, with its end.
    fn names_script(&self, at: usize) -> bool {
        let name = self.bytes.get(at..at + b"script".len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"script"))
            && matches!(self.bytes.get(at + 6), Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0c | b'/' | b'>'))
    }
}

/// Bytes of a comment behind its `<!--`, with its end.
fn comment_length(comment: &[u8]) -> usize {
    for empty in [b">".as_slice(), b"->"] {
        if comment.starts_with(empty) {
            return empty.len();
        }
    }

    let mut from = 0;
    loop {
        let Some(dashes) = memmem::find(comment.get(from..).unwrap_or(&[]), b"--") else { return comment.len() };
        let after = from + dashes + 2;
        match (comment.get(after), comment.get(after + 1)) {
            (Some(b'>'), _) => return after + 1,
            (Some(b'!'), Some(b'>')) => return after + 2,
            _ => from = after - 1,
        }
    }
}

/// A span of the source, which is shorter than 2^32 bytes.
fn span(start: usize, end: usize) -> Span {
    Span { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(end).unwrap_or(u32::MAX) }
}
