//! JSON that is not one object a line: arrays of objects, objects over several lines, objects with commas, carriage
//! returns or nothing between them. Such text is turned into lines.

use serde::de::IgnoredAny;

/// Containers inside one another that are followed; no row may have as many.
const MOST_DEPTH: usize = 512;

/// Whether text that begins with `head` is JSON, but not one object a line. `whole` says that there is no more of it.
///
/// Lines are what is expected: anything else must be plain to see, since what is taken apart wrongly is lost.
pub(super) fn is_no_lines(head: &[u8], whole: bool) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match head.first() {
        Some(b'[') => is_array_of_objects(head),
        Some(b'{') => objects_share_or_span_lines(head, whole),
        _ => false,
    }
}

fn is_array_of_objects(head: &[u8]) -> bool {
    let inside = head.get(1..).unwrap_or_default().trim_ascii_start();
    let second = || match first_value(head) {
        // A list in every line is something else: each of them is one record, and no document.
        First::Ends(end) => head.get(end..).unwrap_or_default().trim_ascii_start().first() != Some(&b'['),
        First::Unfinished | First::Bad => true,
    };
    matches!(inside.first(), Some(b'{' | b']')) && second()
}

fn objects_share_or_span_lines(head: &[u8], whole: bool) -> bool {
    match first_value(head) {
        First::Ends(end) => {
            let (value, rest) = head.split_at_checked(end).unwrap_or((head, &[]));
            if has_line_end(value) {
                return true;
            }
            let gap = rest.len() - rest.trim_ascii_start().len();
            let (gap, next) = rest.split_at_checked(gap).unwrap_or((rest, &[]));
            match next.first() {
                Some(b'{') => !gap.contains(&b'\n'),
                Some(b',') => next.get(1..).unwrap_or_default().trim_ascii_start().starts_with(b"{"),
                _ => false,
            }
        }
        // No line end can be inside a string of valid JSON: what there are stand between the parts of the object.
        First::Unfinished => !whole && has_line_end(head),
        First::Bad => false,
    }
}

fn has_line_end(bytes: &[u8]) -> bool {
    memchr::memchr2(b'\n', b'\r', bytes).is_some()
}

enum First {
    /// The first value ends before this index.
    Ends(usize),
    Unfinished,
    Bad,
}

fn first_value(head: &[u8]) -> First {
    let mut values = serde_json::Deserializer::from_slice(head).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => First::Ends(values.byte_offset()),
        Some(Err(error)) if error.is_eof() => First::Unfinished,
        _ => First::Bad,
    }
}

/// Rewrites JSON values to one a line, byte for byte, so that offsets stay: line ends inside a value become spaces,
/// commas and brackets around the values become line ends and spaces. Only where nothing at all stands between two
/// values a line end is put in.
///
/// Nothing is judged here. What is no object, or no JSON, comes out as a line for itself. A value that breaks off (a
/// line end inside a string, an object where none can be) ends where the next one begins: at an object that begins a
/// line as the first one did.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// The containers that are open in the value, as their first characters.
    open: Vec<u8>,
    in_string: bool,
    escaped: bool,
    /// The last character of the value that is no white space.
    last: u8,
    /// What the line that is being written holds.
    line: Line,
    /// Whether the value is broken, and its end is looked for.
    broken: bool,
    /// White space since the last line end, if there was nothing else.
    indent: Option<usize>,
    /// Where objects begin, as the first one did.
    begins: Begins,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Begins {
    #[default]
    Unknown,
    /// In a line with others.
    Anywhere,
    /// Behind so much white space.
    Indented(usize),
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    #[default]
    Blank,
    /// A whole value.
    Value,
    /// Something else.
    Other,
}

impl Values {
    pub(super) fn new() -> Self {
        Self { indent: Some(0), ..Self::default() }
    }

    /// Appends `bytes`, rewritten, to `out`.
    pub(super) fn rewrite(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len());
        for byte in bytes {
            self.byte(*byte, out);
            self.indent = match byte {
                b'\n' | b'\r' => Some(0),
                b' ' | b'\t' => self.indent.map(|width| width + 1),
                _ => None,
            };
        }
    }

    /// Bytes are missing here.
    pub(super) fn interrupt(&mut self) {
        *self = Self { begins: self.begins, broken: true, line: Line::Other, ..Self::default() };
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.broken {
            self.seek(byte, out);
        } else if self.in_string {
            self.string(byte, out);
        } else if self.open.is_empty() {
            self.between(byte, out);
        } else {
            self.inside(byte, out);
        }
    }

    /// Begins a value on a line of its own.
    fn begin(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.line != Line::Blank {
            out.push(b'\n');
        }
        let begins = match self.begins {
            Begins::Unknown => self.indent.map_or(Begins::Anywhere, Begins::Indented),
            known => known,
        };
        *self = Self { open: std::mem::take(&mut self.open), begins, ..Self::default() };
        self.open.clear();
        self.open.push(byte);
        self.last = byte;
        self.line = Line::Other;
        out.push(byte);
    }

    fn between(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            b'{' => self.begin(byte, out),
            b'\n' | b'\r' | b',' | b'[' | b']' if self.line != Line::Blank => {
                out.push(b'\n');
                self.line = Line::Blank;
            }
            b'\n' => out.push(b'\n'),
            b'\r' | b',' | b'[' | b']' | b' ' | b'\t' => out.push(b' '),
            other => {
                if self.line == Line::Value {
                    out.push(b'\n');
                }
                self.line = Line::Other;
                self.in_string = other == b'"';
                out.push(other);
            }
        }
    }

    fn string(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            b'\n' | b'\r' => {
                self.broken = true;
                out.push(b' ');
                return;
            }
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                self.last = byte;
            }
            _ => {}
        }
        out.push(byte);
    }

    fn inside(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            b'\n' | b'\r' => {
                out.push(b' ');
                return;
            }
            b' ' | b'\t' => {
                out.push(byte);
                return;
            }
            // The value before is broken: another begins.
            b'{' if !self.may_open() => {
                self.begin(byte, out);
                return;
            }
            b'{' | b'[' => {
                self.broken = self.open.len() >= MOST_DEPTH;
                self.open.push(byte);
            }
            b'}' | b']' => {
                self.open.pop();
                if self.open.is_empty() {
                    self.line = Line::Value;
                }
            }
            b'"' => self.in_string = true,
            _ => {}
        }
        self.last = byte;
        out.push(byte);
    }

    /// Whether an object can stand here.
    fn may_open(&self) -> bool {
        match self.last {
            b':' | b'[' => true,
            b',' => self.open.last() == Some(&b'['),
            _ => false,
        }
    }

    fn seek(&mut self, byte: u8, out: &mut Vec<u8>) {
        let as_first = match (self.begins, self.indent) {
            (_, None) => false,
            (Begins::Indented(first), Some(width)) => first == width,
            (Begins::Unknown | Begins::Anywhere, Some(_)) => true,
        };
        match byte {
            b'{' if as_first => self.begin(byte, out),
            b'\n' | b'\r' => out.push(b' '),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let mut whole = Vec::new();
        Values::new().rewrite(text.as_bytes(), &mut whole);
        // It makes no difference how the text is cut.
        let (mut values, mut pieces) = (Values::new(), Vec::new());
        text.as_bytes().chunks(1).for_each(|piece| values.rewrite(piece, &mut pieces));
        assert_eq!(whole, pieces);
        let whole = String::from_utf8(whole).expect("UTF-8");
        whole.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    #[test]
    fn only_what_is_plainly_no_lines_is_taken_for_it() {
        let told = |text: &str| is_no_lines(text.as_bytes(), true);
        for text in [
            "[{\"a\": 1}]",
            "[\n  {\n \"a\": 1\n}]",
            "\u{feff} [ {",
            "[]",
            "{\n \"a\": 1\n}\n{\n \"a\": 2\n}",
            "{\"a\": 1}\r{\"a\": 2}\r",
            "{\"a\": 1}{\"a\": 2}",
            "{\"a\": 1},\n{\"a\": 2},\n",
        ] {
            assert!(told(text), "{text}");
        }
        for text in [
            "",
            "{\"a\": 1}",
            "{\"a\": 1}\n{\"a\": 2}\n",
            "{\"a\": 1}\r\n{\"a\": 2}\r\n",
            "{\"a\": 1}\n\n[{",
            "[1, 2]\n[3]",
            "[\"a\"]",
            "[[{}]]",
            "[{\"a\": 1}]\n[{\"a\": 2}]\n",
            "{\"a\": \"cut\n{\"a\": 2}",
            "{\"a\": 1,\n{\"a\": 2}",
            "{\"a\":\n{\"b\": 2}",
            "words\n{}",
            "{\"a\": 1} x",
        ] {
            assert!(!told(text), "{text}");
        }
        // The first object is longer than what was looked at.
        assert!(is_no_lines(b"{\n \"a\": \"long", false));
        assert!(!is_no_lines(b"{\"a\": \"long", false));
    }

    #[test]
    fn values_become_lines() {
        assert_eq!(
            lines("[{\"a\": [1, {\"b\": 2}]}, {\"c\": \"],{\\\"\"}]"),
            ["{\"a\": [1, {\"b\": 2}]}", "{\"c\": \"],{\\\"\"}"]
        );
        assert_eq!(lines("[\n  {\n    \"a\":\n    {}\n  },\r\n  {}\n]\n"), ["{     \"a\":     {}   }", "{}"]);
        assert_eq!(lines("{\"a\": 1}\r{\"a\": 2}\r\r{}"), ["{\"a\": 1}", "{\"a\": 2}", "{}"]);
        assert_eq!(lines("{}{}  {}\n{},{},\n"), ["{}"; 5]);
        assert_eq!(lines("[{}, null, \"a,]{\", [{}], 7]"), ["{}", "null", "\"a,]{\"", "{}", "7"]);
    }

    #[test]
    fn a_broken_value_costs_itself_only() {
        let good = "  {\n    \"a\": \"one\"\n  }";
        let broken = [
            "  {\n    \"a\": \"one\n  }",
            "  {\n    \"a\": \"one\",\n    \"b\": {\n      \"c\": 1\n    }",
            "  {\n    \"a\": \"one\"",
            "  {\n    \"a\": \"on\n    {\n  x\"}",
        ];
        for broken in broken {
            let found = lines(&format!("[\n{good},\n{broken},\n{good},\n{good}\n]\n"));
            let whole = found.iter().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count();
            assert_eq!((whole, found.len()), (3, 4), "{found:#?}");
        }
        let deep = format!("{{\"a\": {}\n{{\"b\": 1}}\n", "[".repeat(100_000));
        assert_eq!(lines(&deep).last().map(String::as_str), Some("{\"b\": 1}"));
    }

    #[test]
    fn offsets_stay() {
        let text = "[\n {\"a\": 1},\n {\"a\": 2}\n]\n";
        let mut out = Vec::new();
        Values::new().rewrite(text.as_bytes(), &mut out);
        assert_eq!(out.len(), text.len());
        assert_eq!(memchr::memmem::find(&out, b"{\"a\": 2}"), text.find("{\"a\": 2}"));
    }
}
