//! The host of a URL, taken from text that may be anything.

use std::borrow::Cow;
use std::net::Ipv4Addr;

/// Longest host name that is converted from Unicode, in bytes; real ones have at most 253.
const MAX_CONVERTED_BYTES: usize = 1_000;

/// The parts of a URL that rules look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// The host: without user, port and trailing dots, in lower case, Unicode names as Punycode; an
    /// IPv6 address in brackets. Empty where there is none.
    pub host: Cow<'a, str>,
    /// Whether `host` differs from what the URL spells (letter case, Unicode, blanks before the URL).
    pub rewritten: bool,
    /// From the first `/` after the host up to `?` or `#`; empty where there is none.
    pub path: &'a str,
}

impl<'a> UrlParts<'a> {
    /// The parts of `url`. A URL without scheme is taken to start with its host, as
    /// `example.com/page`. Never fails: what has no host gets an empty one.
    pub fn of(url: &'a str) -> Self {
        let rest = without_scheme(url.trim());
        // Browsers take a backslash for a slash; else `http://bad.example\@good.example` would hide its host.
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let path = tail.find(['?', '#']).map_or(tail, |end| tail.split_at(end).0);
        let spelled = host_of(authority);
        let host = normal_host(spelled);
        Self { rewritten: host != spelled || url.trim_start() != url, host, path }
    }

    /// The host and every domain above it, longest first: `a.b.com`, `b.com`, `com`. An address has
    /// no domains above it.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        let address = is_address(&self.host);
        let first = Some(self.host.as_ref()).filter(|host| !host.is_empty());
        std::iter::successors(first, move |name| {
            if address {
                return None;
            }
            name.split_once('.').map(|(_, above)| above).filter(|above| !above.is_empty())
        })
    }
}

/// `url` from its host on (with user and port).
pub(super) fn without_scheme(url: &str) -> &str {
    let Some((scheme, rest)) = url.split_once("//") else { return url };
    let scheme_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    match scheme.strip_suffix(':') {
        None if scheme.is_empty() => rest,
        Some(name) if !name.is_empty() && name.chars().all(scheme_char) => rest,
        _ => url,
    }
}

fn host_of(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[')
        && let Some(end) = host.find(']')
    {
        return host.split_at(end + 1).0;
    }
    let host = host.split_once(':').map_or(host, |(host, _)| host).trim();
    // The full stops of East Asian scripts separate labels too.
    host.trim_end_matches(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
}

/// Lower case; Unicode as Punycode where that works.
pub(super) fn normal_host(host: &str) -> Cow<'_, str> {
    if !host.is_ascii() && host.len() <= MAX_CONVERTED_BYTES {
        if let Ok(url::Host::Domain(ascii)) = url::Host::parse(host) {
            return Cow::Owned(ascii);
        }
        return Cow::Owned(host.to_lowercase());
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(host.to_ascii_lowercase());
    }
    Cow::Borrowed(host)
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

/// The part of `host` that is registered under a known suffix of the public suffix list's ICANN
/// section: `b.co.uk` of `a.b.co.uk`. `None` for addresses, unknown suffixes and suffixes themselves.
pub(super) fn registrable(host: &str) -> Option<&str> {
    if is_address(host) {
        return None;
    }
    let suffix = icann_suffix(host)?;
    let below = host.strip_suffix(suffix)?.strip_suffix('.')?;
    let label = below.rsplit_once('.').map_or(below, |(_, label)| label);
    let start = below.len() - label.len();
    host.get(start..).filter(|_| !label.is_empty())
}

/// The longest suffix of `host` in the ICANN section. A private suffix (`blogspot.com`) lies below one.
fn icann_suffix(host: &str) -> Option<&str> {
    let mut name = host;
    loop {
        let suffix = psl::suffix(name.as_bytes())?;
        let start = name.len().checked_sub(suffix.as_bytes().len())?;
        let text = name.get(start..)?;
        match suffix.typ() {
            Some(psl::Type::Icann) => return Some(text),
            Some(psl::Type::Private) => name = text.split_once('.')?.1,
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_of_ordinary_and_hostile_urls() {
        let cases = [
            ("http://example.com/a", "example.com"),
            ("https://user:pass@Example.COM:8080/a?b@c", "example.com"),
            ("example.com/a", "example.com"),
            ("//example.com", "example.com"),
            ("http://example.com../", "example.com"),
            ("http://example.com?http://other.org/", "example.com"),
            ("http://bad.example\\@good.example/", "bad.example"),
            ("http://[2001:DB8::1]:80/", "[2001:db8::1]"),
            ("http://[broken/", "[broken"),
            ("http://1.2.3.4:99/x", "1.2.3.4"),
            ("http://bücher.example/", "xn--bcher-kva.example"),
            ("http://例え。テスト/", "xn--r8jz45g.xn--zckzah"),
            ("  http://example.com ", "example.com"),
            ("http:///path", ""),
            ("", ""),
            ("@", ""),
            (":", ""),
        ];
        for (url, host) in cases {
            assert_eq!(UrlParts::of(url).host, host, "{url}");
        }
    }

    #[test]
    fn paths_end_before_query_and_fragment() {
        for (url, path) in [("http://a.b/c/d?e/f#g", "/c/d"), ("http://a.b", ""), ("a.b/#/", "/")] {
            assert_eq!(UrlParts::of(url).path, path, "{url}");
        }
    }

    #[test]
    fn domains_go_up_and_addresses_do_not() {
        let domains = |url| UrlParts::of(url).domains().map(ToOwned::to_owned).collect::<Vec<_>>();
        assert_eq!(domains("http://a.b.com/"), ["a.b.com", "b.com", "com"]);
        assert_eq!(domains("http://1.2.3.4/"), ["1.2.3.4"]);
        assert!(domains("").is_empty());
    }

    #[test]
    fn registered_names_follow_the_icann_section() {
        let cases = [
            ("a.b.co.uk", Some("b.co.uk")),
            ("b.co.uk", Some("b.co.uk")),
            ("co.uk", None),
            ("x.blogspot.com", Some("blogspot.com")),
            ("x.y.github.io", Some("github.io")),
            ("localhost", None),
            ("a.nosuchsuffix", None),
            ("1.2.3.4", None),
            ("xn--fiqs8s", None),
            ("a.xn--fiqs8s", Some("a.xn--fiqs8s")),
            (".com", None),
            ("", None),
        ];
        for (host, expected) in cases {
            assert_eq!(registrable(host), expected, "{host}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(url in "\\PC{0,60}", odd in "[a@:/\\[\\].。\\\\?#%]{0,30}") {
            for url in [url, format!("http://{odd}")] {
                let parts = UrlParts::of(&url);
                parts.domains().for_each(|name| assert!(!name.is_empty()));
                let _ = registrable(&parts.host);
            }
        }
    }
}
