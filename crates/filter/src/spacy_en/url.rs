//! Chunks that are addresses, which nothing is split off inside.

use super::{is_in, tables};

/// Whether `text` is an address: `scheme://`, `user@`, a host with a top-level domain or a public IPv4 address, a port
/// and a path, all but the host as may be (spaCy's `URL_PATTERN`).
pub(super) fn is_url(text: &str) -> bool {
    if !text.contains('.') {
        return false;
    }
    // A user may have any character, so that a host may start after any `@` but one at the very start.
    let after_users = text.match_indices('@').filter(|(at, _)| *at > 0).map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(after_scheme(text))
        .chain(after_users)
        .any(|start| text.get(start..).is_some_and(starts_with_host))
}

fn after_scheme(text: &str) -> Option<usize> {
    let at = text.find("://")?;
    let scheme = text.get(..at)?;
    let fits = |char: char| char.is_alphanumeric() || matches!(char, '_' | '+' | '-' | '.');
    (scheme.chars().count() >= 2 && scheme.chars().all(fits)).then_some(at + 3)
}

/// Whether `text` is a host with a port and a path, as may be.
fn starts_with_host(text: &str) -> bool {
    // No host has an `@`; stopping there, a chunk of many is walked once.
    let end = text.find([':', '/', '?', '#', '@']).unwrap_or(text.len());
    let Some((host, rest)) = text.split_at_checked(end) else { return false };
    is_end(rest) && (is_domain(host) || is_public_ip(host))
}

/// A port of two to five digits, then nothing or a path.
fn is_end(rest: &str) -> bool {
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(after) => {
            let digits = after.len() - after.trim_start_matches(|char: char| char.is_ascii_digit()).len();
            match after.get(digits..) {
                Some(after) if (2..=5).contains(&digits) => after,
                _ => return false,
            }
        }
    };
    rest.is_empty() || rest.starts_with(['/', '?', '#'])
}

fn is_domain(host: &str) -> bool {
    let Some((labels, top)) = host.rsplit_once('.') else { return false };
    let top_chars = top.chars().count();
    (2..=63).contains(&top_chars)
        && top.chars().all(|char| is_in(tables::LOWER, char))
        && labels.split('.').all(is_label)
}

/// One to 64 characters, no hyphen or underscore at either end.
fn is_label(label: &str) -> bool {
    let is_outer = |char: char| char.is_ascii_alphanumeric() || ('\u{a1}'..='\u{ffff}').contains(&char);
    let is_inner = |char: char| is_outer(char) || matches!(char, '_' | '-');
    label.starts_with(is_outer)
        && label.ends_with(is_outer)
        && label.chars().all(is_inner)
        && label.chars().count() <= 64
}

/// Four numbers, of which the first is 1 to 223 and the last 1 to 254; none of a private or local network.
fn is_public_ip(host: &str) -> bool {
    let mut numbers = [0_u16; 4];
    let mut parts = host.split('.');
    for (at, number) in numbers.iter_mut().enumerate() {
        let Some(part) = parts.next().filter(|part| is_octet(part, at == 1 || at == 2)) else { return false };
        *number = part.parse().unwrap_or(u16::MAX);
    }
    let [first, second, third, last] = numbers;
    let is_private = matches!((first, second), (10 | 127, _) | (169, 254) | (192, 168) | (172, 16..=31));
    parts.next().is_none()
        && (1..=223).contains(&first)
        && third <= 255
        && second <= 255
        && (1..=254).contains(&last)
        && !is_private
}

/// Digits without a leading zero, except in the middle, where `0`, `00` and `012` are read too.
fn is_octet(part: &str, is_middle: bool) -> bool {
    let digits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let leads_with_zero = part.starts_with('0');
    digits && (!leads_with_zero || (is_middle && part.len() < 3))
}
