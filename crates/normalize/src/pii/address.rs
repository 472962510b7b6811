use std::net::Ipv4Addr;
use std::ops::Range;

use super::{ends_word, numbering, starts};

/// Longest address in bytes, and one more to see whether it goes on.
const LONGEST: usize = 16;
/// What follows a version that is written as `1.2.3.4-rc1`.
#[rustfmt::skip]
const VERSION_TAILS: [&str; 14] = [
    "alpha", "beta", "rc", "pre", "dev", "snapshot", "release", "final", "ga", "build", "preview", "canary",
    "nightly", "git",
];

/// The public IPv4 address that starts at `at`: four numbers up to 255 without leading zeros, none of a private or
/// reserved range, and no version or section number by the words around it. Source: RFC 791; ranges of the IANA registry
/// for special purposes.
pub(super) fn at(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if !starts(bytes, at) || after_point(bytes, at) {
        return None;
    }
    let is_part = |byte: &&u8| byte.is_ascii_digit() || **byte == b'.';
    let length = bytes.get(at..)?.iter().take(LONGEST).take_while(is_part).count();
    let written = text.get(at..at + length)?.trim_end_matches('.');
    let address: Ipv4Addr = written.parse().ok()?;
    let end = at + written.len();
    let alone = ends_word(bytes, end) && !goes_on(text.get(end..)?);
    (alone && is_public(address) && !numbering::is_numbering(text, &(at..end), address.octets())).then_some(at..end)
}

/// Whether `at` is a part of a longer number with points, such as `.1.3.6.1`. An ellipsis is none.
fn after_point(bytes: &[u8], at: usize) -> bool {
    let head = bytes.get(..at).unwrap_or_default();
    let points = head.iter().rev().take_while(|byte| **byte == b'.').count();
    let after_digit = head.get(..at - points).and_then(<[u8]>::last).is_some_and(u8::is_ascii_digit);
    points == 1 || (points == 2 && after_digit)
}

/// Whether the dotted name or version goes on: `1.2.3.4.dll`, `1.2.3.4.RELEASE`, `1.2.3.4-rc1`, `1.2.3.4+git`. A reversed
/// address in the domain name system still is one, and so is one that a sentence follows without a blank.
fn goes_on(rest: &str) -> bool {
    let tail = rest.get(1..).unwrap_or_default();
    let word = tail.get(..tail.bytes().take_while(u8::is_ascii_alphanumeric).count()).unwrap_or_default();
    let starts_with = |known: &str| word.get(..known.len()).is_some_and(|head| head.eq_ignore_ascii_case(known));
    match rest.bytes().next() {
        Some(b'.') if tail.starts_with("in-addr.arpa") => false,
        Some(b'.') => {
            word.starts_with(|char: char| char.is_ascii_lowercase())
                || word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                || VERSION_TAILS.iter().any(|known| word.eq_ignore_ascii_case(known))
        }
        Some(b'-') => VERSION_TAILS.iter().any(|known| starts_with(known)),
        Some(b'+') => !word.is_empty(),
        _ => false,
    }
}

fn is_public(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmarks = a == 198 && (18..20).contains(&b);
    let protocols = a == 192 && b == 0 && c == 0;
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || address.is_broadcast();
    !(special || shared || benchmarks || protocols || a == 0 || a >= 240)
}
