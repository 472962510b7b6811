//! The list of 4.56 million domains in datatrove's wheel: named by `TEXTMILL_URL_LISTS`, else skipped.

use std::collections::HashSet;
use std::io::{Read, Write};

use textmill_filter::url::{UrlFilterConfig, UrlList, UrlParts, UrlRules};

const DOMAINS: usize = 4_558_940;
const MAX_MEMORY_BYTES: usize = 80_000_000;
const OTHER_HOSTS: usize = 100_000;

fn unpacked(archive: &str) -> String {
    let file = std::fs::File::open(archive).expect("the archive");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut entries = archive.entries().expect("an archive").map(|entry| entry.expect("an entry"));
    let is_domains = |path: std::borrow::Cow<'_, std::path::Path>| path.ends_with("domains");
    let mut domains = entries.find(|entry| entry.path().is_ok_and(is_domains)).expect("the list of domains");
    let mut text = String::new();
    domains.read_to_string(&mut text).expect("text");
    text
}

fn found(rules: &UrlRules, host: &str) -> bool {
    rules.domain_list(&UrlParts::of(&format!("http://{host}/"))).is_some()
}

#[test]
fn every_domain_is_found_and_no_other() {
    let Ok(archive) = std::env::var("TEXTMILL_URL_LISTS") else {
        writeln!(std::io::stderr(), "skipped: TEXTMILL_URL_LISTS does not name the archive").expect("stderr");
        return;
    };
    let black_domains = UrlList { files: vec![format!("{archive}!domains")], entries: vec![] };
    let rules = UrlRules::load(&UrlFilterConfig { black_domains, ..UrlFilterConfig::default() }).expect("the list");
    assert_eq!(rules.domain_count(), DOMAINS);
    assert!(rules.memory_bytes() < MAX_MEMORY_BYTES, "{} bytes", rules.memory_bytes());

    let text = unpacked(&archive);
    let listed: HashSet<&str> = text.lines().collect();
    assert!(text.lines().all(|host| found(&rules, host)));
    let others: Vec<String> = text
        .lines()
        .step_by(30)
        .map(|host| format!("q{host}"))
        .filter(|host| UrlParts::of(host).domains().all(|domain| !listed.contains(domain)))
        .take(OTHER_HOSTS)
        .collect();
    assert_eq!(others.len(), OTHER_HOSTS);
    assert!(others.iter().all(|host| !found(&rules, host)));
}
