use std::net::Ipv4Addr;
use std::ops::Range;

use super::{ends_word, starts};

/// The public IPv4 address that starts at `at`: four numbers up to 255 without leading zeros, none of a
/// private or reserved range. Source: RFC 791; ranges of the IANA registry for special purposes.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let after_point = at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'.');
    if !starts(bytes, at) || after_point {
        return None;
    }
    let length = bytes.get(at..)?.iter().take(16).take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let text = std::str::from_utf8(bytes.get(at..at + length)?).ok()?.trim_end_matches('.');
    let address: Ipv4Addr = text.parse().ok()?;
    let end = at + text.len();
    (ends_word(bytes, end) && is_public(address)).then_some(at..end)
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
