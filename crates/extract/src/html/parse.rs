//! From characters to a [`Tree`]: the tokenizer's states of the HTML standard that change what a
//! reader sees, and its rules for implied end tags. One pass, every step takes constant or capped time.

use memchr::{memchr, memmem};

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
            b'/' | b'!' | b'?' => self.markup_declaration(),
            _ => {
                self.builder.text(open, open + 1);
                self.at = open + 1;
            }
        }
    }

    /// Comments, doctypes, CDATA and bogus comments: none of them is content, except CDATA, which
    /// pages in the wild only use to hide scripts.
    fn markup_declaration(&mut self) {
        let rest = self.rest();
        let length = if rest.starts_with(b"<!-->") {
            5
        } else if let Some(comment) = rest.strip_prefix(b"<!--") {
            // `--!>` ends a comment too.
            let mut from = 0;
            loop {
                let Some(dashes) = memmem::find(comment.get(from..).unwrap_or(&[]), b"--") else { break rest.len() };
                let after = from + dashes + 2;
                match comment.get(after..after + 2) {
                    Some([b'>', _]) => break 4 + after + 1,
                    Some(b"!>") => break 4 + after + 2,
                    None if comment.get(after) == Some(&b'>') => break 4 + after + 1,
                    _ => from = after - 1,
                }
            }
        } else {
            memchr(b'>', rest).map_or(rest.len(), |end| end + 1)
        };
        self.at += length;
    }

    fn end_tag(&mut self) {
        let (tag, name) = self.name(self.at + 2);
        self.at = name.end as usize;
        // Attributes of an end tag mean nothing but may hold a `>`.
        if self.attributes(false).is_some() {
            self.builder.end(tag, name);
        }
    }

    fn start_tag(&mut self) {
        let (tag, name) = self.name(self.at + 1);
        self.at = name.end as usize;
        let attributes_from = self.builder.attribute_count();
        let Some(self_closing) = self.attributes(true) else { return };
        self.builder.start(tag, name, attributes_from, self_closing);
        if tag.is_raw_text() && !self.builder.in_foreign() {
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
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..).unwrap_or(&[]);
            let Some(offset) = memmem::find(rest, b"</") else {
                at = self.bytes.len();
                break;
            };
            at += offset;
            let (end_tag, end_name) = self.name(at + 2);
            if end_tag == tag {
                break;
            }
            at = end_name.start as usize;
        }
        if at > from {
            self.builder.text(from, at);
        }
        self.at = at;
        if at == self.bytes.len() {
            self.builder.end(tag, name);
        }
    }
}

/// A span of the source, which is shorter than 2^32 bytes.
fn span(start: usize, end: usize) -> Span {
    Span { start: u32::try_from(start).unwrap_or(u32::MAX), end: u32::try_from(end).unwrap_or(u32::MAX) }
}
