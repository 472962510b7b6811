//! Text that Markdown must not take for markup.

use std::ops::Range;

/// Appends `text`, escaped so that it reads as it is: what could start a heading, list, quotation or rule at
/// the start of a line, and emphasis, code, links, tags and references within it. TeX between its own
/// delimiters stays as it is.
pub(super) fn escape(text: &str, at_line_start: bool, output: &mut String) {
    let formulas = formulas(text);
    let from = output.len();
    let mut rest = text;
    if at_line_start {
        rest = line_start(text, output);
    }
    let skipped = text.len() - rest.len();
    let mut previous = text.get(..skipped).and_then(|head| head.chars().next_back());
    let mut chars = rest.char_indices().peekable();
    let mut formula = formulas.iter();
    let mut current = formula.next();
    while let Some((offset, char)) = chars.next() {
        let at = skipped + offset;
        while current.is_some_and(|range| range.end <= at) {
            current = formula.next();
        }
        let in_formula = current.is_some_and(|range| range.contains(&at));
        let next = chars.peek().map(|(_, next)| *next);
        let after = text.get(at + char.len_utf8()..).unwrap_or("");
        if !in_formula && is_markup(char, previous, next, after) {
            output.push('\\');
        }
        output.push(char);
        previous = Some(char);
    }
    debug_assert!(output.len() >= from + text.len(), "escaping only adds");
}

/// Escapes what would start a block at the start of a line; the rest of the line.
fn line_start<'t>(text: &'t str, output: &mut String) -> &'t str {
    let spaced = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
    let hashes = text.bytes().take_while(|byte| *byte == b'#').count();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let after = |length: usize| text.get(length..).unwrap_or("");
    let run = |mark: char| {
        let stripped = text.trim_start_matches(mark);
        text.len() - stripped.len() >= 3 && (mark == '~' || stripped.trim().is_empty())
    };
    let line = text.trim_end();
    let rule =
        line.len() >= 3 && ['-', '*', '_'].iter().any(|mark| line.chars().all(|char| char == *mark || char == ' '));
    let first = text.chars().next();
    let bullet = matches!(first, Some('-' | '+' | '*')) && spaced(after(1));
    if (1..=6).contains(&hashes) && spaced(after(hashes))
        || first == Some('>')
        || bullet
        || rule
        || run('=')
        || run('-')
        || run('~')
        || (first == Some('=') && line.chars().all(|char| char == '='))
    {
        output.push('\\');
        let length = first.map_or(0, char::len_utf8);
        output.push_str(text.get(..length).unwrap_or(""));
        return after(length);
    }
    if (1..=9).contains(&digits) && after(digits).starts_with(['.', ')']) && spaced(after(digits + 1)) {
        output.push_str(text.get(..digits).unwrap_or(""));
        output.push('\\');
        output.push_str(text.get(digits..=digits).unwrap_or(""));
        return after(digits + 1);
    }
    text
}

/// Whether a character would be markup where it stands.
fn is_markup(char: char, previous: Option<char>, next: Option<char>, after: &str) -> bool {
    let blank = |char: Option<char>| char.is_none_or(char::is_whitespace);
    let word = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
    match char {
        '`' => true,
        '*' => !(blank(previous) && blank(next)),
        '_' => !(blank(previous) && blank(next) || word(previous) && word(next)),
        '~' => next == Some('~') || previous == Some('~'),
        '\\' => next.is_some_and(|char| char.is_ascii_punctuation()),
        '<' => next.is_some_and(|char| char.is_ascii_alphabetic() || matches!(char, '/' | '!' | '?')),
        '&' => is_reference(after),
        '[' => is_link(after),
        _ => false,
    }
}

/// Whether a character reference follows an ampersand.
fn is_reference(after: &str) -> bool {
    let name = after.strip_prefix('#').unwrap_or(after);
    let length = name.bytes().take(32).take_while(u8::is_ascii_alphanumeric).count();
    length > 0 && name.as_bytes().get(length) == Some(&b';')
}

/// Whether the text of a link and its address follow a bracket.
fn is_link(after: &str) -> bool {
    const LONGEST: usize = 1_000;
    let bytes = after.as_bytes();
    let within = bytes.get(..LONGEST).unwrap_or(bytes);
    let Some(end) = memchr::memchr2(b']', b'[', within) else { return false };
    within.get(end) == Some(&b']') && matches!(bytes.get(end + 1), Some(b'(' | b'[' | b':'))
}

/// TeX between `\(`, `\[` or `$$` and their ends.
fn formulas(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    // Ends that were looked for in vain: there are none further on either.
    let mut missing: Vec<&str> = Vec::new();
    while let Some(offset) = text.get(from..).and_then(|rest| rest.find(['\\', '$'])) {
        let at = from + offset;
        let rest = text.get(at..).unwrap_or("");
        let close = match rest.as_bytes() {
            [b'\\', b'(', ..] => "\\)",
            [b'\\', b'[', ..] => "\\]",
            [b'$', b'$', ..] => "$$",
            _ => {
                from = at + 1;
                continue;
            }
        };
        let inner = rest.get(2..).filter(|_| !missing.contains(&close));
        match inner.and_then(|inner| inner.find(close)) {
            Some(length) => {
                from = at + 2 + length + close.len();
                found.push(at..from);
            }
            None => {
                missing.push(close);
                from = at + 2;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_be_markup_is_escaped() {
        for (text, right) in [
            ("# no heading", "\\# no heading"),
            ("#hash", "#hash"),
            ("####### seven", "####### seven"),
            ("1. no item", "1\\. no item"),
            ("1234567890. no item", "1234567890. no item"),
            ("3.14 is", "3.14 is"),
            ("12) x", "12\\) x"),
            ("- no item", "\\- no item"),
            ("-5 degrees", "-5 degrees"),
            ("> no quotation", "\\> no quotation"),
            ("---", "\\---"),
            ("===", "\\==="),
            ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
            ("a *b* c", "a \\*b\\* c"),
            ("snake_case_name and __init__", "snake_case_name and \\_\\_init\\_\\_"),
            ("[not a link](x)", "\\[not a link](x)"),
            ("[1] a note", "[1] a note"),
            ("use <div> and a < b", "use \\<div> and a < b"),
            ("&amp; & R&D", "\\&amp; & R&D"),
            ("`code`", "\\`code\\`"),
            ("C:\\dir\\_x", "C:\\dir\\\\\\_x"),
            ("\\(a_1 * b_2\\) and $$x_*$$", "\\(a_1 * b_2\\) and $$x_*$$"),
            ("日本語_の_文", "日本語_の_文"),
            ("", ""),
        ] {
            let mut output = String::new();
            escape(text, true, &mut output);
            assert_eq!(output, right, "{text}");
        }
    }

    #[test]
    fn hostile_runs_take_no_time() {
        for text in ["[", "\\(", "$$", "*", "_a", "`", "\\[", "&a"] {
            let mut output = String::new();
            escape(&text.repeat(100_000), true, &mut output);
            assert!(output.len() >= text.len() * 100_000, "{text}");
        }
    }
}
