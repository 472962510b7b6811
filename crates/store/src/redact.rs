//! Taking secrets out of text before anybody sees it: errors, logs, and what is recorded about a run.
//!
//! 1. The values of the environment's secrets ([`is_secret`]) are masked wherever they stand, also percent-encoded.
//! 2. So are user and password of URLs, and their queries, which can be signatures.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use url::Url;
use url::form_urlencoded::byte_serialize;

/// Shorter values are no secrets and would mask ordinary words.
const SHORTEST_SECRET: usize = 6;
/// What stands for a secret.
const MASK: &str = "***";

/// The secrets of the environment, the longest first: one can be part of another.
static SECRETS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut found: Vec<String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .flat_map(|(name, value)| secrets_of(&name, &value))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    found
});

/// Whether a variable of this name holds a secret. Key ids are none by themselves, but belong in no log either.
fn is_secret(name: &str) -> bool {
    let of_a_store = ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|prefix| name.starts_with(prefix));
    let marked = ["KEY", "SECRET", "TOKEN", "PASSWORD", "SAS"].iter().any(|word| name.contains(word));
    of_a_store && marked && !name.ends_with("_FILE") && !name.ends_with("_PATH")
}

/// What must not be seen of a variable.
fn secrets_of(name: &str, value: &str) -> Vec<String> {
    let mut found = Vec::new();
    if is_secret(name) {
        found.push(value.to_owned());
        found.push(byte_serialize(value.as_bytes()).collect());
    }
    if let Ok(url) = Url::parse(value) {
        found.extend(url.password().map(str::to_owned));
        if url.password().is_some() {
            found.push(url.username().to_owned());
        }
    }
    if let Some((_, rest)) = value.split_once("://")
        && let Some((user, _)) = rest.split_once('@')
        && !user.contains('/')
    {
        found.push(user.to_owned());
        found.extend(user.split(':').map(str::to_owned));
    }
    found.retain(|secret| secret.len() >= SHORTEST_SECRET);
    found
}

/// `text` without secrets.
pub fn redact(text: &str) -> String {
    mask(text, &SECRETS)
}

fn mask(text: &str, secrets: &[String]) -> String {
    let mut clean = without_users(text);
    for secret in secrets {
        if clean.contains(secret.as_str()) {
            clean = clean.replace(secret.as_str(), MASK);
        }
    }
    clean
}

/// Masks users and queries of the URLs in a text.
fn without_users(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\u{1b}');
        let (url, more) = after.split_at(after.find(ends).unwrap_or(after.len()));
        // A second URL without a gap begins anew.
        let (url, more) = match url.find("://") {
            Some(next) => after.split_at(url.get(..next).map_or(0, |first| first.trim_end_matches(is_scheme).len())),
            None => (url, more),
        };
        push_url(&mut clean, url);
        rest = more;
    }
    clean.push_str(rest);
    clean
}

fn is_scheme(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// A URL after its `://`.
fn push_url(clean: &mut String, url: &str) {
    let (authority, path) = url.split_at(url.find(['/', '?', '#']).unwrap_or(url.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => clean.extend([MASK, "@", host]),
        None => clean.push_str(authority),
    }
    match path.split_once('?') {
        Some((path, _)) => clean.extend([path, "?", MASK]),
        None => clean.push_str(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_and_users_are_masked() {
        for (text, expected) in [
            (
                "GET https://u:p@host/b/k?sig=abc failed, see https://h/doc",
                "GET https://***@host/b/k?*** failed, see https://h/doc",
            ),
            ("no link: 中文", "no link: 中文"),
            ("url?q=1 is no URL", "url?q=1 is no URL"),
            (r#"{"a":"http://u:p@h/x?s=1","b":"http://v:q@i"}"#, r#"{"a":"http://***@h/x?***","b":"http://***@i"}"#),
            ("a=http://u:p@h,b=http://v:q@i", "a=http://***@h,b=http://***@i"),
            ("://", "://"),
            ("s3://bucket/with space", "s3://bucket/with space"),
        ] {
            assert_eq!(without_users(text), expected);
        }
    }

    #[test]
    fn which_variables_hold_secrets() {
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_SAS_TOKEN"] {
            assert_eq!(secrets_of(name, "value+1"), ["value+1", "value%2B1"], "{name}");
        }
        for name in ["AWS_REGION", "AWS_WEB_IDENTITY_TOKEN_FILE", "AZURE_STORAGE_ACCOUNT_NAME", "SSH_KEY"] {
            assert!(secrets_of(name, "a value").is_empty(), "{name}");
        }
        let user = secrets_of("AWS_ENDPOINT_URL", "https://someone:open%20sesame@host/");
        assert!(["someone", "open%20sesame"].iter().all(|part| user.iter().any(|found| found == part)), "{user:?}");
        assert!(secrets_of("HTTPS_PROXY", "http://name:password@proxy:3128").contains(&"password".to_owned()));
    }

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let secrets = ["longer-secret".to_owned(), "secret".to_owned()];
        assert_eq!(mask("x=longer-secret,y=secret", &secrets), "x=***,y=***");
    }
}
