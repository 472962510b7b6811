//! The checks and the stage on small lists.

use std::fs;

use textmill_document::testing::{assert_stage_compliance, text_batch};
use textmill_document::{Mode, Stage};

use super::*;

fn list(entries: &[&str]) -> UrlList {
    UrlList { files: Vec::new(), entries: entries.iter().map(|entry| (*entry).to_owned()).collect() }
}

fn config() -> UrlFilterConfig {
    UrlFilterConfig {
        white_domains: list(&["good.bad.com"]),
        black_domains: list(&["bad.com", "deep.shop.co.uk", "1.2.3.4", "Bücher.example", "xxx"]),
        silver_domains: list(&["fair.org", "bad.com"]),
        gray_domains: list(&["so-so.net", "fair.org"]),
        hosts: list(&["www.one.com"]),
        urls: list(&["two.com/page/"]),
        path_prefixes: list(&["/tag/", "three.com/forum"]),
        banned_words: list(&["casino"]),
        soft_words: list(&["poker", "bet", "win"]),
        banned_substrings: list(&["free money"]),
        ..UrlFilterConfig::default()
    }
}

fn find(config: &UrlFilterConfig, url: &str) -> Option<(&'static str, String)> {
    let rules = UrlRules::load(config).expect("good lists");
    rules.find(url, &UrlParts::of(url)).map(|found| (found.reason.code, found.entry))
}

#[test]
fn each_check_has_a_kept_and_a_dropped_url() {
    let cases = [
        ("http://a.b.bad.com/", Some(("blocked_domain", "bad.com"))),
        ("http://u:p@BAD.com.:80/", Some(("blocked_domain", "bad.com"))),
        ("http://notbad.com/", None),
        ("http://bad.com.example.org/", None),
        ("http://x.good.bad.com/", None),
        ("http://any.xxx/", Some(("blocked_domain", "xxx"))),
        ("http://very.deep.shop.co.uk/", Some(("blocked_subdomain", "deep.shop.co.uk"))),
        ("http://shop.co.uk/", None),
        ("http://1.2.3.4/", Some(("blocked_domain", "1.2.3.4"))),
        ("http://11.2.3.4/", None),
        ("http://bücher.EXAMPLE/", Some(("blocked_domain", "xn--bcher-kva.example"))),
        ("http://fair.org/", None),
        ("https://www.one.com/x", Some(("blocked_host", "www.one.com"))),
        ("https://a.www.one.com/x", None),
        ("https://two.com/page", Some(("blocked_url", "two.com/page"))),
        ("https://two.com/page2", None),
        ("https://any.com/tag/x?y", Some(("blocked_path", "/tag"))),
        ("https://any.com/tags/x", None),
        ("https://any.com/?/tag/", None),
        ("https://www.three.com/forum", Some(("blocked_path", "three.com/forum"))),
        ("https://www.four.com/forum", None),
        ("https://any.com/Casino-royal", Some(("banned_url_word", "casino"))),
        ("https://any.com/casinos", None),
        ("https://any.com/win-bet", Some(("too_many_soft_url_words", "bet win"))),
        ("https://any.com/win-win", None),
        ("https://any.com/Free_Mo.ney", Some(("banned_url_substring", "freemoney"))),
        ("https://any.com/free-mon", None),
        ("", None),
    ];
    let config = config();
    for (url, expected) in cases {
        let expected = expected.map(|(code, entry)| (code, entry.to_owned()));
        assert_eq!(find(&config, url), expected, "{url}");
    }
}

#[test]
fn matching_like_datatrove_looks_up_the_registered_domain_and_the_host_only() {
    let config = UrlFilterConfig { matching: UrlMatching::Datatrove, white_domains: UrlList::default(), ..config() };
    let cases = [
        ("http://a.b.bad.com/", Some("blocked_domain")),
        ("http://deep.shop.co.uk/", Some("blocked_subdomain")),
        ("http://very.deep.shop.co.uk/", None),
        ("http://BAD.com/", None),
        ("http://1.2.3.4/", None),
        ("http://any.xxx/", None),
        ("https://any.com/Casino-royal", None),
        ("https://any.com/casino-royal", Some("banned_url_word")),
        ("https://two.com/page/", None),
        ("two.com/page/", Some("blocked_url")),
    ];
    for (url, expected) in cases {
        assert_eq!(find(&config, url).map(|found| found.0), expected, "{url}");
    }
}

#[test]
fn the_first_list_by_rank_decides() {
    let rules = UrlRules::load(&config()).expect("good lists");
    let named = |url| rules.domain_list(&UrlParts::of(url)).map(|(list, domain)| (list.name(), domain.to_owned()));
    let owned = |list, domain: &str| Some((list, domain.to_owned()));
    assert_eq!(named("http://x.good.bad.com"), owned("white", "good.bad.com"));
    assert_eq!(named("http://bad.com"), owned("black", "bad.com"));
    assert_eq!(named("http://fair.org"), owned("silver", "fair.org"));
    assert_eq!(named("http://a.so-so.net"), owned("gray", "so-so.net"));
    assert_eq!(named("http://other.net"), None);
}

#[test]
fn keeps_the_duties_of_a_stage() {
    for (mode, drop_missing) in [(Mode::Decide, true), (Mode::Decide, false), (Mode::Annotate, true)] {
        let config = UrlFilterConfig { mode, drop_missing, column: "text".to_owned(), ..config() };
        assert_stage_compliance(&UrlFilterStage::new(config).expect("a good config"));
    }
}

fn applied(config: UrlFilterConfig) -> textmill_document::Applied {
    let urls = ["http://bad.com/", "http://any.com/", "http://any.com/bet/win"].map(|url| Some(url.to_owned()));
    let batch = text_batch(&[urls.as_slice(), &[None, Some(" ".to_owned())]].concat());
    UrlFilterStage::new(UrlFilterConfig { column: "text".to_owned(), ..config })
        .expect("a good config")
        .apply(batch)
        .expect("applies")
}

#[test]
fn drops_carry_entry_count_and_bound() {
    let drops = |config| -> Vec<_> {
        let of = |drop: textmill_document::Dropped| (drop.row, drop.reason.code, drop.value, drop.bound, drop.detail);
        applied(config).dropped.into_iter().map(of).collect()
    };
    let expected = [
        (0, "blocked_domain", None, None, Some("bad.com".to_owned())),
        (2, "too_many_soft_url_words", Some(2.0), Some(2.0), Some("bet win".to_owned())),
    ];
    assert_eq!(drops(config()), expected);
    let missing = drops(UrlFilterConfig { drop_missing: true, ..config() });
    assert_eq!(missing.get(2..).expect("more"), [(3, "no_url", None, None, None), (4, "no_url", None, None, None)]);
    let strict = UrlFilterConfig { min_soft_words: 3, ..config() };
    assert_eq!(drops(strict).len(), 1);
}

#[test]
fn annotate_writes_columns_and_drops_nothing() {
    let applied = applied(UrlFilterConfig { mode: Mode::Annotate, ..config() });
    assert!(applied.dropped.is_empty());
    let column = |name: &str| -> Vec<Option<String>> {
        applied.kept.strings(name).expect("added").iter().map(|value| value.map(ToOwned::to_owned)).collect()
    };
    let some = |value: &str| Some(value.to_owned());
    assert_eq!(column("url_host"), [some("bad.com"), some("any.com"), some("any.com"), None, None]);
    assert_eq!(column("url_list"), [some("black"), None, None, None, None]);
    assert_eq!(column("url_reason"), [some("blocked_domain"), None, some("too_many_soft_url_words"), None, None]);
    let soft: Vec<_> = applied.kept.floats("url_soft_words").expect("added").iter().collect();
    assert_eq!(soft, [Some(0.0), Some(0.0), Some(2.0), None, Some(0.0)]);
}

#[test]
fn huge_and_hostile_urls_are_answered() {
    let config = config();
    for url in ["a.".repeat(2_000_000), "/".repeat(4_000_000), "@[".repeat(500_000), "é".repeat(1_000_000)] {
        assert_eq!(find(&config, &url), None);
        assert_eq!(find(&config, &format!("http://bad.com/{url}")).map(|found| found.0), Some("blocked_domain"));
    }
}

#[test]
fn bad_configurations_name_their_field() {
    let cases = [
        (UrlFilterConfig::default(), None),
        (UrlFilterConfig { min_soft_words: 0, ..config() }, Some("min_soft_words")),
        (UrlFilterConfig { column: String::new(), ..config() }, Some("column")),
        (
            UrlFilterConfig { hosts: UrlList { files: vec!["no/such/file".to_owned()], entries: vec![] }, ..config() },
            Some("hosts"),
        ),
    ];
    for (config, field) in cases {
        let error = UrlFilterStage::new(config).expect_err("bad");
        assert_eq!(error.field(), field, "{error}");
    }
}

#[test]
fn digests_follow_the_content_of_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hosts.txt");
    let digests = |content: &str| {
        fs::write(&path, content).expect("written");
        let hosts = UrlList { files: vec![path.display().to_string()], entries: vec![] };
        UrlFilterStage::new(UrlFilterConfig { hosts, ..UrlFilterConfig::default() }).expect("a list").digests()
    };
    let first = digests("a.com\n");
    assert_eq!(first, [format!("blake3:{}", blake3::hash(b"a.com\n"))]);
    assert_ne!(digests("b.com\n"), first);
}

#[test]
fn lists_as_people_have_them_block_what_they_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = |content: &str| {
        let path = folder.path().join("list.txt");
        fs::write(&path, content).expect("written");
        let black_domains = UrlList { files: vec![path.display().to_string()], entries: vec![] };
        UrlFilterStage::new(UrlFilterConfig { black_domains, column: "text".to_owned(), ..UrlFilterConfig::default() })
    };
    let urls =
        ["https://bad.example/a", "http://www.bad.example/", "https://worse.example/x", "https://good.bad.example/"];
    let blocked = |content: &str| {
        let applied = stage(content).expect("a list").apply(text_batch(&urls.map(Some))).expect("applies");
        applied.dropped.iter().map(|drop| drop.row).collect::<Vec<_>>()
    };
    for content in [
        "bad.example\nworse.example\n",
        "BAD.example\r\nworse.example \r\n",
        "# hosts\n127.0.0.1 localhost\n0.0.0.0 bad.example\n0.0.0.0 worse.example # note\n",
        "! Title\n||bad.example^\n||worse.example^$third-party\n",
        "http://bad.example/\n*.bad.example\n.worse.example\n",
    ] {
        assert_eq!(blocked(content), [0, 1, 2, 3], "{content}");
        assert!(stage(content).expect("a list").warnings().is_empty(), "{content}");
    }
    assert_eq!(blocked("||bad.example^\n@@||good.bad.example^\n"), [0, 1], "the list's own exception");
    let odd = stage("bad.example\nhttps://worse.example/path\n").expect("a list");
    assert!(odd.warnings()[0].contains("line 2, `https://worse.example/path`"), "{:?}", odd.warnings());
    assert!(odd.notes()[0].contains("1 entries"), "{:?}", odd.notes());
    let error = stage("category,domain\nadult,bad.example\n").expect_err("nothing understood");
    assert_eq!(error.field(), Some("black_domains"));
}

#[test]
fn entries_that_could_never_match_are_said() {
    let said = |config: UrlFilterConfig| {
        UrlRules::load(&config).map(|rules| rules.warnings()).map_err(|error| error.to_string())
    };
    let words = UrlFilterConfig { banned_words: list(&["casino", "赌场"]), ..UrlFilterConfig::default() };
    assert!(said(words).expect("one is good")[0].contains("entry 2, `赌场`"));
    let urls = UrlFilterConfig { urls: list(&["||bad.example^"]), ..UrlFilterConfig::default() };
    assert!(said(urls).expect_err("none is good").contains("`black_domains` takes it"));
    let hosts = UrlFilterConfig { hosts: list(&["a.example", "*.b.example"]), ..UrlFilterConfig::default() };
    assert!(said(hosts).expect("one is good")[0].contains("below a domain"));
    let raw = UrlFilterConfig {
        black_domains: list(&["bad.example", "0.0.0.0 worse.example"]),
        matching: UrlMatching::Datatrove,
        ..UrlFilterConfig::default()
    };
    assert!(said(raw).expect("one is good")[0].contains("as in datatrove"));
}
