//! What stands between two tokens inside a chunk.

use super::{is_alpha, is_in, tables};

/// Adds the tokens of `text`, from which affixes have been split off. What would split at its very start does not.
pub(super) fn split<'a>(text: &'a str, tokens: &mut Vec<&'a str>) {
    if text.is_empty() {
        return;
    }
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        tokens.push(text);
        return;
    }
    let mut start = 0;
    let mut at = 0;
    let mut previous = None;
    while let Some(char) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        match infix(previous, char, rest) {
            Some(length) => {
                let end = at + length;
                if at > 0 {
                    push(tokens, text.get(start..at));
                    push(tokens, text.get(at..end));
                    start = end;
                }
                previous = text.get(..end).and_then(|before| before.chars().next_back());
                at = end;
            }
            None => {
                previous = Some(char);
                at += char.len_utf8();
            }
        }
    }
    push(tokens, text.get(start..));
}

fn push<'a>(tokens: &mut Vec<&'a str>, part: Option<&'a str>) {
    tokens.extend(part.filter(|part| !part.is_empty()));
}

/// Bytes of the infix at the start of `rest`, which starts with `char`, after `previous`.
fn infix(previous: Option<char>, char: char, rest: &str) -> Option<usize> {
    if char.is_ascii_alphanumeric() {
        return None;
    }
    let after = |bytes: usize| rest.get(bytes..).and_then(|rest| rest.chars().next());
    let follows_alpha = previous.is_some_and(is_alpha);
    let follows_digit = previous.is_some_and(|char| char.is_ascii_digit());
    let before_alpha = |bytes: usize| after(bytes).is_some_and(is_alpha);
    match char {
        '.' => stop(previous, rest, after(1)),
        '+' | '*' | '^' if follows_digit && after(1).is_some_and(is_digit_or_minus) => Some(1),
        '-' if follows_digit && after(1).is_some_and(is_digit_or_minus) => Some(1),
        ',' if follows_alpha && before_alpha(1) => Some(1),
        '-' | '–' | '—' | '~' if follows_alpha || follows_digit => {
            let hyphens = ["-", "–", "—", "--", "---", "——", "~"].into_iter();
            hyphens.filter(|hyphen| rest.starts_with(hyphen)).map(str::len).find(|length| before_alpha(*length))
        }
        ':' | '<' | '>' | '=' | '/' if (follows_alpha || follows_digit) && before_alpha(1) => Some(1),
        '…' => Some(char.len_utf8()),
        _ if !char.is_ascii() && is_in(tables::ICONS, char) => Some(char.len_utf8()),
        _ => None,
    }
}

fn is_digit_or_minus(char: char) -> bool {
    char.is_ascii_digit() || char == '-'
}

/// Several full stops, or one between a lower-case and an upper-case letter or quotation marks.
fn stop(previous: Option<char>, rest: &str, next: Option<char>) -> Option<usize> {
    let stops = rest.len() - rest.trim_start_matches('.').len();
    if stops > 1 {
        return Some(stops);
    }
    let is_quote = |char: char| is_in(tables::QUOTES, char);
    let follows = previous.is_some_and(|char| is_in(tables::LOWER, char) || is_quote(char));
    (follows && next.is_some_and(|char| is_in(tables::UPPER, char) || is_quote(char))).then_some(1)
}
