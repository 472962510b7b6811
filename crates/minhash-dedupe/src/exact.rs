//! Keys of exact duplicates: of the same text in normal form, and of the same URL.

use url::Url;
use xxhash_rust::xxh3::xxh3_128;

/// The key of a normal form: its xxh3-128 (seed 0). Among 10^12 documents two meet by accident with a probability of
/// about 10^-15. None for an empty form: documents of which nothing is left are not duplicates of each other.
pub fn text_key(normal: &str) -> Option<u128> {
    (!normal.is_empty()).then(|| xxh3_128(normal.as_bytes()))
}

/// A URL in the form in which it is compared; none if it cannot be read as an absolute URL with a host.
///
/// Scheme and host in lower case (host names in Punycode), no default port, dots in the path resolved (all of it as the
/// WHATWG URL standard has it), no user name and password, no fragment, no empty query. What may be another page stays:
/// `www.`, `http` against `https`, a slash at the end, and the query as it is, in its order.
pub fn normalized_url(url: &str) -> Option<String> {
    let mut url = Url::parse(url.trim()).ok()?;
    if !url.has_host() {
        return None;
    }
    url.set_fragment(None);
    if url.query() == Some("") {
        url.set_query(None);
    }
    // These fail only for URLs that cannot have them, which have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(url.into())
}

/// The key of a URL: the xxh3-128 of its normal form; none if it has none.
pub fn url_key(url: &str) -> Option<u128> {
    normalized_url(url).map(|url| xxh3_128(url.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_compared_in_one_form() {
        let form = |url| normalized_url(url).unwrap_or_default();
        assert_eq!(form(" HTTP://Example.COM:80/a/../B?x=1&A=2#top "), "http://example.com/B?x=1&A=2");
        assert_eq!(form("https://me:secret@example.com:443"), "https://example.com/");
        assert_eq!(form("https://example.com:8443/?"), "https://example.com:8443/");
        assert_eq!(form("http://例子.测试/页"), "http://xn--fsqu00a.xn--0zwm56d/%E9%A1%B5");
        for different in [
            ("http://a.org/x", "https://a.org/x"),
            ("http://a.org", "http://www.a.org"),
            ("http://a.org/x", "http://a.org/x/"),
        ] {
            assert_ne!(form(different.0), form(different.1));
        }
        for unreadable in ["", "example.com", "mailto:a@b.c", "http://", "data:text/plain,x"] {
            assert_eq!(normalized_url(unreadable), None, "{unreadable}");
        }
        assert_eq!(url_key("http://a.org#1"), url_key("HTTP://A.org/#2"));
    }

    #[test]
    fn text_keys() {
        assert_eq!(text_key(""), None);
        assert_eq!(text_key("a"), Some(xxh3_128(b"a")));
        assert_ne!(text_key("a"), text_key("a "));
    }
}
