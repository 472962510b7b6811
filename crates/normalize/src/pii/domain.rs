//! Host names with a real top-level domain.

use super::context::{is_combining, is_unspaced};

/// Longest label (RFC 1035).
const MAX_LABEL: usize = 63;
/// Longest host name (RFC 1035).
const MAX_NAME: usize = 253;
/// How a dot is spelled out in an address that machines are not to read.
const SPELLED_DOTS: [&str; 3] = ["dot", ".", "点"];

/// A host name at the start of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// Its bytes in the text.
    pub(super) length: usize,
    /// In lower case, with plain dots.
    pub(super) name: String,
}

impl Host {
    /// The longest host name at the start of `text`: labels of letters and digits of any script, apart by dots, the last
    /// one a top-level domain that exists. A label of ASCII ends where Chinese, Thai, ... begins (`x.com或`).
    pub(super) fn at(text: &str) -> Option<Self> {
        let (mut name, mut at, mut best) = (String::new(), 0, None);
        while name.len() <= MAX_NAME {
            let label = label_at(text.get(at..)?);
            let plain = label.trim_end_matches('-');
            if plain.is_empty() || label.starts_with('-') || label.len() > MAX_LABEL {
                break;
            }
            let ascii = ascii_prefix(plain);
            if !name.is_empty() && ascii.len() < plain.len() && is_followed_by_unspaced(plain, ascii) {
                let candidate = format!("{name}{}", ascii.to_ascii_lowercase());
                if is_real(&candidate) {
                    return Some(Self { length: at + ascii.len(), name: candidate });
                }
            }
            let is_first = name.is_empty();
            name.push_str(&plain.to_lowercase());
            // `a@b.com-` still is `a@b.com`.
            if !is_first && is_real(&name) {
                best = Some(Self { length: at + plain.len(), name: name.clone() });
            }
            let Some(dot) = dot_at(text.get(at + label.len()..)?).filter(|_| label.len() == plain.len()) else { break };
            at += label.len() + dot;
            name.push('.');
        }
        best
    }

    /// Its labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        self.name.split('.')
    }

    /// Its last label.
    pub(super) fn top_level(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

fn label_at(text: &str) -> &str {
    let is_part =
        |char: char| char.is_ascii_alphanumeric() || char == '-' || !char.is_ascii() && is_letter_beyond_ascii(char);
    text.get(..text.find(|char| !is_part(char)).unwrap_or(text.len())).unwrap_or_default()
}

fn is_letter_beyond_ascii(char: char) -> bool {
    char.is_alphanumeric() || is_combining(char)
}

fn ascii_prefix(label: &str) -> &str {
    let end = label.find(|char: char| !char.is_ascii()).unwrap_or(label.len());
    label.get(..end).unwrap_or_default()
}

fn is_followed_by_unspaced(label: &str, prefix: &str) -> bool {
    !prefix.is_empty() && label.get(prefix.len()..).and_then(|rest| rest.chars().next()).is_some_and(is_unspaced)
}

/// Bytes of the dot at the start of `text`, also of one that is spelled out in brackets: ` [dot] `.
fn dot_at(text: &str) -> Option<usize> {
    if text.starts_with('.') {
        return Some(1);
    }
    let inside = text.strip_prefix(' ').unwrap_or(text).strip_prefix(['[', '(', '{'])?;
    let word = SPELLED_DOTS.iter().find(|word| {
        inside.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && inside.get(word.len()..).is_some_and(|rest| rest.starts_with([']', ')', '}']))
    })?;
    let rest = inside.get(word.len() + 1..)?;
    Some(text.len() - rest.strip_prefix(' ').unwrap_or(rest).len())
}

/// Whether `name` (lower case) ends in a top-level domain that exists: one of the Public Suffix List, or an
/// internationalised one in its ASCII form, which nothing else looks like.
fn is_real(name: &str) -> bool {
    let top_level = name.rsplit('.').next().unwrap_or_default();
    let internationalized = top_level.strip_prefix("xn--").is_some_and(|rest| !rest.is_empty());
    internationalized || psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Option<(String, usize)> {
        Host::at(text).map(|host| (host.name, host.length))
    }

    #[test]
    fn names_end_in_domains_that_exist() {
        for (text, name, rest) in [
            ("Example.COM", "example.com", ""),
            ("b.com.", "b.com", "."),
            ("b.com-", "b.com", "-"),
            ("shop.com.tw請", "shop.com.tw", "請"),
            ("x.com谢谢.再见", "x.com", "谢谢.再见"),
            ("公司.cn的", "公司.cn", "的"),
            ("例子.中国，", "例子.中国", "，"),
            ("exämple.de ", "exämple.de", " "),
            ("xn--fiqs8s.xn--fiqz9s", "xn--fiqs8s.xn--fiqz9s", ""),
            ("b2.com2.org", "b2.com2.org", ""),
            ("example[.]com", "example.com", ""),
            ("example (dot) com!", "example.com", "!"),
            ("foo.ck", "foo.ck", ""),
        ] {
            let (found, length) = host(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.as_str(), text.get(length..)), (name, Some(rest)), "{text}");
        }
    }

    #[test]
    fn what_ends_otherwise_is_no_name() {
        for text in
            ["", ".", "com", "2x.png", "1.2.3.tar.gz", "tty1.service", "0.socket", "b.T", "1.50", "b_c.com", "-b.com"]
        {
            assert_eq!(host(text), None, "{text}");
        }
        let long = format!("{}.com", "a".repeat(64));
        assert_eq!(host(&long), None);
        assert_eq!(host(&format!("{}.com", "a".repeat(63))).map(|(_, length)| length), Some(67));
    }
}
