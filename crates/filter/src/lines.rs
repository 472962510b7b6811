use crate::chars::is_space;

/// Counts over the lines of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineTotals {
    /// All lines, also empty ones; a line break at the very end starts no further line.
    pub all: u64,
    /// Lines whose first character after white space is `•` or `-`.
    pub bullet: u64,
    /// Lines whose last characters before white space are `...` or `…`.
    pub ellipsis: u64,
}

impl LineTotals {
    pub(crate) fn of(text: &str) -> Self {
        let mut totals = Self::default();
        each_line(text, |line| {
            totals.all += 1;
            totals.bullet += u64::from(line.trim_start_matches(is_space).starts_with(['•', '-']));
            let end = line.trim_end_matches(is_space);
            totals.ellipsis += u64::from(end.ends_with("...") || end.ends_with('…'));
        });
        totals
    }
}

/// Calls `on_line` for each line without its break. Breaks are those of Python's `str.splitlines`: LF, CR,
/// CR LF, VT, FF, U+001C-001E, U+0085, U+2028, U+2029.
pub(crate) fn each_line<'a>(text: &'a str, mut on_line: impl FnMut(&'a str)) {
    let bytes = text.as_bytes();
    let (mut start, mut position) = (0, 0);
    while let Some(rest) = bytes.get(position..) {
        let Some(offset) = rest.iter().position(|&byte| may_break(byte)) else { break };
        position += offset;
        let length = match bytes.get(position..).unwrap_or_default() {
            [b'\r', b'\n', ..] | [0xc2, 0x85, ..] => 2,
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
            [0xc2 | 0xe2, ..] => {
                position += 1;
                continue;
            }
            _ => 1,
        };
        on_line(text.get(start..position).expect("breaks are whole characters, so what lies between is text"));
        position += length;
        start = position;
    }
    if start < text.len() {
        on_line(text.get(start..).expect("a break is a whole character, so what follows is text"));
    }
}

#[inline]
fn may_break(byte: u8) -> bool {
    matches!(byte, b'\n'..=b'\r' | 0x1c..=0x1e | 0xc2 | 0xe2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        let mut lines = Vec::new();
        each_line(text, |line| lines.push(line));
        lines
    }

    #[test]
    fn lines_are_those_of_splitlines() {
        assert_eq!(lines(""), [""; 0]);
        assert_eq!(lines("\n"), [""]);
        assert_eq!(lines("a\r\nb\rc\n\nd"), ["a", "b", "c", "", "d"]);
        assert_eq!(lines("é\u{85}中\u{2028}…\u{2029}\u{a0}\u{1e}x\u{1f}y\n"), ["é", "中", "…", "\u{a0}", "x\u{1f}y"]);
    }

    #[test]
    fn bullets_and_ellipses_are_seen_through_white_space() {
        let totals = LineTotals::of(" • one...  \n-two…\nthree .. .\n\t-\n…\n");
        assert_eq!(totals, LineTotals { all: 5, bullet: 3, ellipsis: 3 });
    }

    proptest! {
        #[test]
        fn lines_equal_a_plain_split(text in "([ab…é]|\\n|\\r|\\r\\n|\\x0b|\\x1d|\u{85}|\u{2028}|\u{2026}){0,30}") {
            let unified = text.replace("\r\n", "\n");
            let mut expected: Vec<&str> =
                unified.split(['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}']).collect();
            if expected.last() == Some(&"") {
                expected.pop();
            }
            prop_assert_eq!(lines(&text), expected);
        }
    }
}
