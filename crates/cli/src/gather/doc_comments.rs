//! The doc comments of a Rust source file as one text.
//!
//! A small scanner goes over comments, strings and characters, so that a `///` in a string is not
//! taken for documentation and a quote in a comment does not begin a string. It never fails: on what
//! is not Rust it finds something or nothing.

/// The texts of `///`, `//!`, `/** */` and `/*! */` in their order, without markers. Comments that
/// follow each other directly are one paragraph block; others are set apart by an empty line.
pub(super) fn extract(source: &str) -> String {
    let mut scanner = Scanner { source, position: 0, blocks: Vec::new(), adjacent: false };
    while let Some(byte) = scanner.byte(0) {
        scanner.step(byte);
    }
    let blocks: Vec<_> = scanner.blocks.iter().map(|lines| lines.join("\n")).collect();
    let blocks: Vec<_> = blocks.iter().map(|block| block.trim()).filter(|block| !block.is_empty()).collect();
    blocks.join("\n\n")
}

struct Scanner<'a> {
    source: &'a str,
    position: usize,
    blocks: Vec<Vec<String>>,
    /// Whether only white space stood between the last doc comment and here.
    adjacent: bool,
}

impl<'a> Scanner<'a> {
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.position + ahead).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.source.as_bytes().get(self.position..).unwrap_or_default()
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b'/' if self.byte(1) == Some(b'/') => self.line_comment(),
            b'/' if self.byte(1) == Some(b'*') => self.block_comment(),
            b'"' => self.string(),
            b'\'' => self.character_or_lifetime(),
            _ if byte == b'_' || byte.is_ascii_alphanumeric() => self.word(),
            _ => {
                self.adjacent &= byte.is_ascii_whitespace();
                self.position += 1;
            }
        }
    }

    /// An identifier or number. It may be the prefix of a raw string (`r#"`, `br"`, `cr##"`).
    fn word(&mut self) {
        self.adjacent = false;
        let rest = self.rest();
        let length = rest.iter().take_while(|byte| **byte == b'_' || byte.is_ascii_alphanumeric()).count();
        let raw = matches!(rest.get(..length), Some(b"r" | b"br" | b"cr"));
        self.position += length;
        let hashes = self.rest().iter().take_while(|byte| **byte == b'#').count();
        if raw && self.byte(hashes) == Some(b'"') {
            let end = format!("\"{}", "#".repeat(hashes));
            self.position += hashes + 1;
            self.skip_past(&end);
        }
    }

    fn string(&mut self) {
        self.adjacent = false;
        self.position += 1;
        while let Some(byte) = self.byte(0) {
            self.position += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }

    /// `'a'`, `'\''` and `'\u{1f600}'` are skipped whole; of a lifetime only the quote.
    fn character_or_lifetime(&mut self) {
        self.adjacent = false;
        self.position += 1;
        let mut rest = self.source.get(self.position..).unwrap_or("").chars();
        match rest.next() {
            Some('\\') => {
                self.position += 2;
                self.skip_past("'");
            }
            Some(character) if rest.next() == Some('\'') => self.position += character.len_utf8() + 1,
            _ => {}
        }
    }

    /// Moves behind the next `end`, or to the end of the source.
    fn skip_past(&mut self, end: &str) {
        let found = self.rest().windows(end.len()).position(|window| window == end.as_bytes());
        self.position = found.map_or(self.source.len(), |found| self.position + found + end.len());
    }

    fn line_comment(&mut self) {
        let rest = self.source.get(self.position..).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("");
        self.position += line.len();
        let marked =
            line.strip_prefix("//!").or_else(|| line.strip_prefix("///").filter(|text| !text.starts_with('/')));
        match marked {
            Some(text) => self.push(vec![text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()]),
            None => self.adjacent = false,
        }
    }

    fn block_comment(&mut self) {
        let begin = self.position;
        let mut depth = 0_usize;
        while let Some(byte) = self.byte(0) {
            match (byte, self.byte(1)) {
                (b'/', Some(b'*')) => depth += 1,
                (b'*', Some(b'/')) => depth -= 1,
                _ => {
                    self.position += 1;
                    continue;
                }
            }
            self.position += 2;
            if depth == 0 {
                break;
            }
        }
        let comment = self.source.get(begin..self.position).unwrap_or("");
        let comment = comment.strip_suffix("*/").unwrap_or(comment);
        let marked = comment
            .strip_prefix("/*!")
            .or_else(|| comment.strip_prefix("/**").filter(|text| !text.is_empty() && !text.starts_with(['*', '/'])));
        match marked {
            Some(text) => self.push(text.lines().map(block_line).collect()),
            None => self.adjacent = false,
        }
    }

    fn push(&mut self, lines: Vec<String>) {
        match self.blocks.last_mut() {
            Some(block) if self.adjacent => block.extend(lines),
            _ => self.blocks.push(lines),
        }
        self.adjacent = true;
    }
}

/// A line of a block comment without the column of stars that many people draw.
fn block_line(line: &str) -> String {
    let trimmed = line.trim();
    let text = trimmed.strip_prefix('*').map_or(trimmed, |text| text.strip_prefix(' ').unwrap_or(text));
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::extract;

    #[test]
    fn all_four_forms_are_found_and_stripped() {
        let source = "\
//! About the crate.
//!
//!     indented code
use std::fmt;

/// One.
/// Two.
#[derive(Debug)]
pub struct A {
    a: u8, /// behind
}
/** Block
 * with stars
 */
fn f() {} /*! inner */
// plain
//// four slashes
/* plain */ /*** stars ***/ /**/
";
        let expected = "\
About the crate.

    indented code

One.
Two.

behind

Block
with stars

inner";
        assert_eq!(extract(source), expected);
    }

    #[test]
    fn strings_and_characters_hide_what_looks_like_a_comment() {
        let source = r###"
let a = "/// no \" /// no";
let b = r##"/// no "# /// no"##;
let c = br"\"; let d = ['"', '\'', '"', '\u{22}', '/'];
let e: &'static str = "x"; /// yes
let f = "/** no"; let g = b"// no"; fn h<'a>(x: &'a str) {} /// also
let r = r; let s = b'"'; /// too
"###;
        assert_eq!(extract(source), "yes\n\nalso\n\ntoo");
    }

    #[test]
    fn quotes_in_comments_begin_no_string() {
        assert_eq!(extract("// don't \"\n/// yes\n/* \" ' /* nested */ \" */\n/// and yes"), "yes\n\nand yes");
    }

    #[test]
    fn what_is_no_rust_does_no_harm() {
        for source in
            ["", "/", "//", "///", "/*", "/**", "/*!", "\"", "'", "'\\", "r#", "r#\"", "/*/*", "\"\\", "'中", "*/"]
        {
            assert_eq!(extract(source), "", "{source:?}");
        }
        assert_eq!(extract("/** 中文文档"), "中文文档");
        assert_eq!(extract("/// crlf\r\n/// 二\r\n"), "crlf\n二");
    }
}
