//! A line of a list of domains, in the forms that such lists have in the wild.
//!
//! ```text
//! bad.example   *.bad.example   .bad.example   http://bad.example/   bad.example:8080      names, squid, addresses
//! 0.0.0.0 bad.example other.example                                                        hosts files
//! ||bad.example^   ||bad.example^$third-party   @@||good.bad.example^                      adblock
//! address=/bad.example/0.0.0.0   local-zone: "bad.example" always_nxdomain                 dnsmasq, unbound
//! bad.example CNAME .                                                                      response policy zones
//! ```

use std::net::{IpAddr, Ipv6Addr};

use super::host::without_scheme;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// It gave this many entries.
    Taken(u64),
    /// It says nothing of an entry: a comment, a header, the machine's own names.
    Passed,
    /// It gave no entry, and why.
    Odd(&'static str),
}

const PAGE: &str = "it is a page, not a domain; `urls` takes pages, `path_prefixes` the beginnings of addresses";
const PARTS: &str = "an adblock rule for parts of pages";
const PATTERN: &str = "a pattern, not a domain";

/// Names that hosts files give the machine itself.
const OWN_NAMES: &[&str] = &["localhost", "localhost.localdomain", "local", "broadcasthost", "0.0.0.0"];
/// Options of adblock rules with which a page itself is blocked too, or may be.
const WHOLE_PAGES: &[&str] =
    &["third-party", "3p", "all", "document", "doc", "popup", "important", "network", "~third-party", "~3p"];

/// Reads `line` and hands its domains to `take`, with whether they are taken out of the list instead.
pub(super) fn read(line: &str, mut take: impl FnMut(&str, bool)) -> Line {
    if is_plain(line) {
        take(line, false);
        return Line::Taken(1);
    }
    let line = without_comment(line);
    if is_remark(line) {
        return Line::Passed;
    }
    if ["##", "#@#", "#?#", "#$#", "#%#"].iter().any(|mark| line.contains(mark)) {
        return Line::Odd(PARTS);
    }
    if let Some(rule) = line.strip_prefix("@@") {
        return one(adblock(rule), |name| take(name, true));
    }
    if line.starts_with('|') || line.ends_with('^') || line.contains("^$") {
        return one(adblock(line), |name| take(name, false));
    }
    if line.len() > 1 && line.starts_with('/') && line.ends_with('/') {
        return Line::Odd(PATTERN);
    }
    for start in ["address=/", "server=/", "local=/"] {
        if let Some(rest) = line.strip_prefix(start) {
            let names = rest.rsplit_once('/').map_or("", |(names, _)| names);
            return several(names.split('/'), |name| take(name, false));
        }
    }
    let mut words = line.split_whitespace();
    match (words.next(), words.next()) {
        (Some(word), None) => one(name_of(word), |name| take(name, false)),
        (Some("local-zone:" | "local-data:"), Some(name)) => {
            one(name_of(name.trim_matches('"')), |name| take(name, false))
        }
        (Some(name), Some(_)) if is_policy(line) => one(name_of(name), |name| take(name, false)),
        (Some(address), Some(_)) => hosts(address, line, |name| take(name, false)),
        (None, _) => Line::Passed,
    }
}

/// A name as most lists have it: nothing else stands in the line.
pub(super) fn is_plain(line: &str) -> bool {
    let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || byte >= 0x80;
    let blank = || !line.is_ascii() && line.contains(char::is_whitespace);
    !line.is_empty() && !line.starts_with('.') && line.bytes().all(of_a_name) && !line.contains("..") && !blank()
}

/// A comment or a header.
pub(super) fn is_remark(line: &str) -> bool {
    let header = line.starts_with('[') && line.ends_with(']') && !line.contains(':');
    line.is_empty() || line.starts_with(['#', '!', ';']) || line.starts_with("// ") || header
}

/// Cuts off what follows a blank and `#`.
pub(super) fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| {
        line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace))
    });
    comment.map_or(line, |(at, _)| line.get(..at).unwrap_or(line)).trim_end()
}

fn one(found: Result<String, &'static str>, take: impl FnOnce(&str)) -> Line {
    match found {
        Ok(name) => {
            take(&name);
            Line::Taken(1)
        }
        Err(why) => Line::Odd(why),
    }
}

fn several<'a>(names: impl Iterator<Item = &'a str>, mut take: impl FnMut(&str)) -> Line {
    let mut taken = 0;
    for name in names {
        match name_of(name) {
            Ok(name) => {
                take(&name);
                taken += 1;
            }
            Err(why) => return Line::Odd(why),
        }
    }
    Line::Taken(taken)
}

/// `bad.example CNAME .` of a response policy zone.
fn is_policy(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| !word.eq_ignore_ascii_case("cname")).skip(1);
    words.next() == Some(".")
}

/// A line of a hosts file: an address, then the names that lead to it.
fn hosts(address: &str, line: &str, take: impl FnMut(&str)) -> Line {
    let bare = address.split('%').next().unwrap_or_default();
    let Ok(address) = bare.parse::<IpAddr>() else {
        return Line::Odd("it has several words, and the first is no address of a hosts file");
    };
    let names = || line.split_whitespace().skip(1).filter(|name| !is_own(name));
    if names().next().is_none() {
        return Line::Passed;
    }
    if !address.is_loopback() && !address.is_unspecified() {
        return Line::Odd("it leads a name to an address that exists, which blocks nothing");
    }
    several(names(), take)
}

fn is_own(name: &str) -> bool {
    OWN_NAMES.contains(&name) || name.starts_with("ip6-")
}

/// An adblock rule without `@@`.
fn adblock(rule: &str) -> Result<String, &'static str> {
    let (pattern, options) = rule.rsplit_once('$').unwrap_or((rule, ""));
    if options.split(',').any(|option| !option.is_empty() && !WHOLE_PAGES.contains(&option)) {
        return Err(PARTS);
    }
    let anchored = pattern.strip_prefix("||").or_else(|| pattern.strip_prefix('|'));
    let name = anchored.unwrap_or(pattern).trim_end_matches(['^', '|', '*']);
    if anchored.is_none() && name.contains(['/', '?', '=', '&']) {
        return Err(PATTERN);
    }
    name_of(name)
}

/// The host in `text`, which may be an address of it, or begin with `*.` or a dot.
fn name_of(text: &str) -> Result<String, &'static str> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok(format!("[{}]", text.to_ascii_lowercase()));
    }
    let rest = without_scheme(text);
    let (host, tail) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    if !tail.trim_matches(['/', '*', '^']).is_empty() {
        let range = host.parse::<IpAddr>().is_ok() && tail.trim_matches('/').parse::<u8>().is_ok();
        return Err(if range { "it is a range of addresses" } else { PAGE });
    }
    if host.contains('@') {
        return Err("it is an e-mail address");
    }
    if host.starts_with('[') && host.contains(']') {
        return Ok(host.split_inclusive(']').next().unwrap_or_default().to_ascii_lowercase());
    }
    let host = host.split_once(':').map_or(host, |(host, _)| host).trim_end_matches('.');
    let host = host.strip_prefix("*.").or_else(|| host.strip_prefix('.')).unwrap_or(host);
    if host.is_empty() || !is_plain(host) {
        return Err(if host.contains('*') { PATTERN } else { "it is no name of a host" });
    }
    Ok(host.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The names of a line, those taken out with `-` before them; or why there are none.
    fn names(line: &str) -> Result<Vec<String>, Line> {
        let mut found = Vec::new();
        match read(line, |name, out| found.push(if out { format!("-{name}") } else { name.to_owned() })) {
            Line::Taken(count) => {
                assert_eq!(count, found.len() as u64, "{line}");
                Ok(found)
            }
            other => Err(other),
        }
    }

    #[test]
    fn the_forms_of_lists_are_read() {
        for (line, expected) in [
            ("bad.example", &["bad.example"][..]),
            ("BAD.example.", &["BAD.example."]),
            ("bücher.example", &["bücher.example"]),
            ("*.bad.example", &["bad.example"]),
            (".bad.example", &["bad.example"]),
            ("http://bad.example/", &["bad.example"]),
            ("https://bad.example", &["bad.example"]),
            ("//bad.example", &["bad.example"]),
            ("http://bad.example:8080/*", &["bad.example"]),
            ("bad.example/", &["bad.example"]),
            ("bad.example # a note", &["bad.example"]),
            ("0.0.0.0 bad.example", &["bad.example"]),
            ("127.0.0.1\tbad.example other.example # note", &["bad.example", "other.example"]),
            (":: bad.example", &["bad.example"]),
            ("||bad.example^", &["bad.example"]),
            ("||bad.example^$third-party,important", &["bad.example"]),
            ("||*.bad.example^", &["bad.example"]),
            ("|https://bad.example^", &["bad.example"]),
            ("bad.example^", &["bad.example"]),
            ("@@||good.example^", &["-good.example"]),
            ("address=/bad.example/0.0.0.0", &["bad.example"]),
            ("server=/a.example/b.example/", &["a.example", "b.example"]),
            ("local-zone: \"bad.example\" always_nxdomain", &["bad.example"]),
            ("bad.example CNAME .", &["bad.example"]),
            ("*.bad.example 3600 IN CNAME .", &["bad.example"]),
            ("1.2.3.4", &["1.2.3.4"]),
            ("2001:DB8::1", &["[2001:db8::1]"]),
            ("[2001:DB8::1]:80", &["[2001:db8::1]"]),
        ] {
            assert_eq!(
                names(line).as_deref(),
                Ok(&*expected.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()),
                "{line}"
            );
        }
    }

    #[test]
    fn remarks_are_passed_over_and_other_lines_are_odd() {
        for line in [
            "",
            "# hosts",
            "! Title: list",
            "; zone",
            "// words",
            "[Adblock Plus 2.0]",
            "127.0.0.1 localhost",
            "::1 localhost ip6-loopback",
            "255.255.255.255 broadcasthost",
            "fe80::1%lo0 localhost",
        ] {
            assert_eq!(names(line), Err(Line::Passed), "{line}");
        }
        for (line, why) in [
            ("https://worse.example/path", "a page"),
            ("bad.example?x", "a page"),
            ("||bad.example/ads^", "a page"),
            ("||bad.example^$script", "parts of pages"),
            ("bad.example##.banner", "parts of pages"),
            ("/banner/", "a pattern"),
            ("ads*.example", "a pattern"),
            ("bad.example,adult", "no name"),
            ("1 bad.example", "several words"),
            ("10.0.0.5 intranet.example", "an address that exists"),
            ("1.2.3.0/24", "a range"),
            ("someone@bad.example", "e-mail"),
            ("a..b", "no name"),
            ("<html>", "no name"),
        ] {
            assert!(matches!(names(line), Err(Line::Odd(said)) if said.contains(why)), "{line}: {:?}", names(line));
        }
    }

    proptest! {
        #[test]
        fn no_line_breaks_it(line in "\\PC{0,40}", odd in "[a*.|^$@#/ :\\[\\]0]{0,20}") {
            for line in [line.trim(), odd.trim()] {
                read(line, |name, _| assert!(!name.is_empty() && !name.contains(char::is_whitespace), "{name:?}"));
            }
        }
    }
}
