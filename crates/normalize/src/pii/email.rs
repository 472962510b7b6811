use std::ops::Range;

/// Longest part before the `@` (RFC 5321).
const MAX_LOCAL: usize = 64;
/// Longest host name (RFC 1035).
const MAX_DOMAIN: usize = 253;

/// The e-mail address around the `@` at `at`: letters, digits and `._%+-` before it, a host name with a
/// top-level domain of letters after it. Source: RFC 5322, of what is written without quotes.
pub(super) fn at(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    (bytes.get(at) == Some(&b'@')).then_some(())?;
    let local = bytes.get(..at)?.iter().rev().take(MAX_LOCAL + 1).take_while(|byte| is_local(**byte)).count();
    let start = at - local;
    let named = bytes.get(start..at)?;
    // A dot does not stand at its ends; what stands there belongs to the text.
    let leading = named.iter().take_while(|byte| matches!(byte, b'.' | b'-' | b'%' | b'+')).count();
    let named = named.get(leading..)?;
    if named.is_empty()
        || named.len() > MAX_LOCAL
        || named.ends_with(b".")
        || named.windows(2).any(|pair| pair == b"..")
    {
        return None;
    }
    let domain = bytes.get(at + 1..)?.iter().take(MAX_DOMAIN).take_while(|byte| is_domain(**byte)).count();
    let domain = bytes.get(at + 1..at + 1 + domain)?;
    Some(start + leading..at + 1 + host_name(domain)?)
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
}

fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')
}

/// Length of the longest host name at the start of `bytes`: labels apart by dots, the last of letters.
fn host_name(bytes: &[u8]) -> Option<usize> {
    let mut end = 0;
    let mut best = None;
    for (number, label) in bytes.split(|byte| *byte == b'.').enumerate() {
        let sound = !label.is_empty() && !label.starts_with(b"-") && !label.ends_with(b"-") && label.len() <= 63;
        if !sound {
            // `a@b.com-` still is `a@b.com`, and `a@b.com.` too.
            let cut = label.iter().rposition(|byte| *byte != b'-').map_or(0, |last| last + 1);
            let head = label.get(..cut).unwrap_or_default();
            if number > 0 && is_top_level(head) {
                best = Some(end + usize::from(number > 0) + cut);
            }
            break;
        }
        end += usize::from(number > 0) + label.len();
        if number > 0 && is_top_level(label) {
            best = Some(end);
        }
    }
    best
}

fn is_top_level(label: &[u8]) -> bool {
    let internationalized = label.starts_with(b"xn--");
    (2..=24).contains(&label.len()) && (internationalized || label.iter().all(u8::is_ascii_alphabetic))
}
