use std::ops::Range;

use super::code;
use super::context::{is_combining, is_unspaced};
use super::domain::Host;

/// Longest part before the `@`, in bytes (RFC 5321).
const MAX_LOCAL: usize = 64;
/// Chinese characters before an `@` that are taken for a name: most names have two to four.
const MAX_HAN_LOCAL: usize = 4;
/// Chinese words before an address, which are no part of it.
const LEAD_INS: [&str; 14] =
    ["联系", "聯繫", "发至", "发到", "发给", "發至", "发送到", "邮箱", "郵箱", "邮件", "请", "至", "到", "是"];

/// The e-mail address around the `@` at `at`: letters and digits of any script and `._%+-'`, or a quoted string, before
/// it; after it a host name with a top-level domain that exists. Source: RFC 5322 and RFC 6531, of what is written.
pub(super) fn at(text: &str, at: usize) -> Option<Range<usize>> {
    (text.as_bytes().get(at) == Some(&b'@')).then_some(())?;
    found(text, at, at + 1)
}

/// The address around an `@` that is spelled out: `bob [at] example [dot] com`. `mark` is the `[at]`.
pub(super) fn spelled(text: &str, mark: Range<usize>) -> Option<Range<usize>> {
    let blank = |at: usize| usize::from(text.as_bytes().get(at) == Some(&b' '));
    let local_end = mark.start - mark.start.checked_sub(1).map_or(0, blank);
    found(text, local_end, mark.end + blank(mark.end))
}

/// The address of which the local part ends at `local_end` and the host starts at `host_start`.
fn found(text: &str, local_end: usize, host_start: usize) -> Option<Range<usize>> {
    let host = Host::at(text.get(host_start..)?)?;
    let start = local_start(text.get(..local_end)?, &host)?;
    let range = start..host_start + host.length;
    let local = text.get(start..local_end)?;
    (!code::is_code(text, &range, local, &host)).then_some(range)
}

/// Where the local part at the end of `head` starts.
fn local_start(head: &str, host: &Host) -> Option<usize> {
    if head.ends_with('"') {
        return quoted_start(head);
    }
    if head.chars().next_back().is_some_and(is_unspaced) {
        // `QQ号@qq.com` says how addresses are made; only among names beyond ASCII is it one.
        return if host.top_level().is_ascii() { None } else { han_start(head) };
    }
    let local = local_run(head);
    // Dots in a row and marks at the start belong to the text before: `Write to...jo@example.com`.
    let local = local.rfind("..").and_then(|dots| local.get(dots + 2..)).unwrap_or(local);
    let local = local.trim_start_matches(['.', '-', '%', '+', '\'', '’']);
    (!local.is_empty() && local.len() <= MAX_LOCAL && !local.ends_with('.')).then_some(head.len() - local.len())
}

/// The longest run at the end of `head` that may be a local part; all its letters of one kind.
fn local_run(head: &str) -> &str {
    let mut latin = None;
    let mut is_local = |char: char| {
        if char.is_ascii_digit() || matches!(char, '.' | '_' | '%' | '+' | '-' | '\'' | '’') || is_combining(char) {
            return true;
        }
        let letter = char.is_alphanumeric() && !is_unspaced(char);
        letter && *latin.get_or_insert(is_latin(char)) == is_latin(char)
    };
    let run = head.chars().rev().take(MAX_LOCAL + 1).take_while(|char| is_local(*char));
    let length: usize = run.map(char::len_utf8).sum();
    head.get(head.len() - length..).unwrap_or_default()
}

fn is_latin(char: char) -> bool {
    char.is_ascii() || matches!(char, '\u{aa}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// `"a b"@example.com`.
fn quoted_start(head: &str) -> Option<usize> {
    let inside = head.strip_suffix('"')?;
    let start = inside.rfind('"')?;
    let quoted = inside.get(start + 1..)?;
    let sound = !quoted.is_empty() && quoted.len() <= MAX_LOCAL && !quoted.contains(char::is_control);
    let alone = !inside.get(..start)?.ends_with(char::is_alphanumeric);
    (sound && alone).then_some(start)
}

/// `张三@例子.中国`: nothing tells where the name starts but its length and the words that stand before addresses.
fn han_start(head: &str) -> Option<usize> {
    let length: usize =
        head.chars().rev().take_while(|char| is_unspaced(*char)).take(MAX_HAN_LOCAL).map(char::len_utf8).sum();
    let local = head.get(head.len() - length..)?;
    let after = LEAD_INS.iter().filter_map(|word| local.find(word).map(|at| at + word.len())).max().unwrap_or(0);
    let local = local.get(after..).filter(|local| !local.is_empty())?;
    Some(head.len() - local.len())
}
