//! Parts of a text that are no sentences: addresses, code, literals, targets of links.

use std::ops::Range;

/// The parts, in order.
#[derive(Debug)]
pub(super) struct Protected(Vec<Range<usize>>);

impl Protected {
    /// Those of `text`.
    pub(super) fn of(text: &str) -> Self {
        let mut parts: Vec<Range<usize>> =
            text.match_indices("://").map(|(at, _)| at..address_end(text, at + 3)).collect();
        let (mut start, mut fenced) = (0, false);
        for line in text.split('\n') {
            let is_fence = line.trim_start().starts_with("```");
            if fenced || is_fence {
                parts.push(start..start + line.len());
                fenced ^= is_fence;
            } else {
                in_line(line, |part| parts.push(start + part.start..start + part.end));
            }
            start += line.len() + 1;
        }
        parts.sort_by_key(|part| part.start);
        // So that the last part that starts before a place is the only one to look at.
        let mut end = 0;
        for part in &mut parts {
            end = end.max(part.end);
            part.end = end;
        }
        Self(parts)
    }

    /// Whether byte `at` is in one of them.
    pub(super) fn holds(&self, at: usize) -> bool {
        let number = self.0.partition_point(|part| part.start <= at);
        number.checked_sub(1).and_then(|number| self.0.get(number)).is_some_and(|part| at < part.end)
    }
}

/// Where the address ends whose host starts at `from`. It has letters of Chinese after a mark of an address only, and
/// punctuation after these is the sentence's.
fn address_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let (mut before, mut in_path) = ('/', false);
    let mut chars = rest.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let ends = if is_han(char) {
            !is_han(before) && !matches!(before, '/' | '.' | '=' | '?' | '&' | '#' | '-' | '_' | '%')
        } else if is_han(before) {
            let sentence = matches!(char, ',' | ';' | ':' | '!');
            let stop = char == '.' && (next.is_none_or(char::is_whitespace) || (in_path && next.is_some_and(is_han)));
            !char.is_ascii_graphic() || sentence || stop || is_quote(char)
        } else {
            !char.is_ascii_graphic() || is_quote(char)
        };
        if ends {
            return from + at;
        }
        in_path |= char == '/';
        before = char;
    }
    text.len()
}

fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'' | '`' | '<' | '>' | ')')
}

/// Calls `found` for code between backticks, targets of links, and literals after `name(` or `name =`.
fn in_line(line: &str, mut found: impl FnMut(Range<usize>)) {
    let mut open = None;
    for (at, char) in line.char_indices() {
        let head = line.get(..at).unwrap_or_default();
        match (open, char) {
            (None, '`') => open = Some(('`', at)),
            (None, '(') if head.ends_with(']') => open = Some((')', at)),
            (None, '"' | '\'') if is_literal(head) => open = Some((char, at)),
            (Some((close, start)), char) if char == close => {
                found(start..at);
                open = None;
            }
            _ => {}
        }
    }
}

/// Whether a quotation mark after `head` starts a literal of a program.
fn is_literal(head: &str) -> bool {
    let is_name = |name: &str| name.ends_with(|char: char| char.is_ascii_alphanumeric() || char == '_');
    let assigned = head.trim_end_matches(' ').strip_suffix('=').map(|name| name.trim_end_matches(' '));
    head.strip_suffix('(').is_some_and(is_name) || assigned.is_some_and(is_name)
}

fn is_han(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}
