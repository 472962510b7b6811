//! Every decision, and what cannot be used.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringViewArray};
use arrow::datatypes::Int64Type;
use textmill_document::testing::{assert_stage_compliance, text_batch};
use textmill_document::{DocumentBatch, Mode, Stage, columns};

use super::*;
use crate::Level;
use crate::url::UrlList;

fn list(entries: &[&str]) -> UrlList {
    UrlList { files: Vec::new(), entries: entries.iter().map(|entry| (*entry).to_owned()).collect() }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A word for each level; the folder holds the file.
fn config() -> (tempfile::TempDir, SafetyConfig) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("words.txt");
    std::fs::write(&path, "# words\n毒品\tL1\n赌场\tL2\n彩票\tL3\n优惠\tL4\ncasino\tL2\nabcd\tL1\n线上&&&博彩\tL1\n")
        .expect("written");
    let config = SafetyConfig {
        white_domains: list(&["good.bad.com"]),
        black_domains: list(&["bad.com", "deep.shop.co.uk"]),
        silver_domains: list(&["fair.org", "bad.com"]),
        gray_domains: list(&["so-so.net", "fair.org"]),
        source_column: Some("source".to_owned()),
        safe_sources: strings(&["wiki", "safe"]),
        safe_domains: list(&["gov.cn"]),
        domestic_domains: list(&["news.cn", "gov.cn"]),
        words: UnsafeWords { files: vec![path], allow: strings(&["优惠券"]), ..UnsafeWords::default() },
        ..SafetyConfig::default()
    };
    (folder, config)
}

type Row<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

fn batch(rows: &[Row<'_>]) -> DocumentBatch {
    let texts: Vec<Option<&str>> = rows.iter().map(|row| Some(row.0)).collect();
    let urls: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringViewArray>());
    let sources: ArrayRef = Arc::new(rows.iter().map(|row| row.2).collect::<StringViewArray>());
    let fields = [columns::text_field("url"), columns::text_field("source")];
    text_batch(&texts).with_columns(fields.into_iter().zip([urls, sources]).collect()).expect("two columns")
}

fn decide(config: &SafetyConfig, row: Row<'_>) -> Option<(&'static str, Option<f64>, Option<f64>, String)> {
    let stage = SafetyStage::new(config.clone()).expect("good lists");
    let applied = stage.apply(batch(&[row])).expect("applies");
    let dropped = applied.dropped.into_iter().next()?;
    Some((dropped.reason.code, dropped.value, dropped.bound, dropped.detail.unwrap_or_default()))
}

#[test]
fn keeps_the_duties_of_a_stage() {
    let (_folder, config) = config();
    let (url_column, source_column) = ("text".to_owned(), Some("id".to_owned()));
    let config = SafetyConfig { url_column, source_column, ..config };
    assert_stage_compliance(&SafetyStage::new(config.clone()).expect("valid"));
    assert_stage_compliance(&SafetyStage::new(SafetyConfig { mode: Mode::Annotate, ..config }).expect("valid"));
    let words = UnsafeWords { entries: strings(&["中文"]), ..UnsafeWords::default() };
    let words_alone = SafetyStage::new(SafetyConfig { words, ..SafetyConfig::default() }).expect("valid");
    assert_eq!(words_alone.reads().len(), 1, "no URL is needed for words");
    assert_stage_compliance(&words_alone);
}

#[test]
fn domains_go_by_priority() {
    let (_folder, config) = config();
    let code = |url| decide(&config, ("text", Some(url), None)).map(|found| (found.0, found.3));
    let blocked = |code, domain: &str| Some((code, domain.to_owned()));
    assert_eq!(code("http://www.bad.com/x"), blocked("blocked_domain", "bad.com"));
    assert_eq!(code("http://a.deep.shop.co.uk/"), blocked("blocked_subdomain", "deep.shop.co.uk"));
    for kept in ["http://x.good.bad.com/", "http://fair.org/", "http://so-so.net/", "http://notbad.com/", "", " "] {
        assert_eq!(code(kept), None, "{kept}");
    }
    assert_eq!(decide(&config, ("text", None, None)), None);
    // A safe source is not believed against the list of domains.
    assert!(decide(&config, ("text", Some("http://bad.com/"), Some("wiki"))).is_some());
}

#[test]
fn words_go_by_the_type_of_the_source() {
    let (_folder, config) = config();
    let level = |text, url, source| decide(&config, (text, url, source)).map(|found| (found.0, found.1, found.2));
    let unsafe_word = |value, bound| Some(("unsafe_word", Some(value), Some(bound)));
    let other = Some("http://example.org/");
    assert_eq!(level("有毒品", other, None), unsafe_word(1.0, 2.0));
    assert_eq!(level("有赌场", other, None), unsafe_word(2.0, 2.0));
    assert_eq!(level("有彩票", other, None), None);
    assert_eq!(level("有彩票和赌场和毒品", other, None), unsafe_word(1.0, 2.0), "the gravest counts");
    let domestic = Some("http://sub.news.cn/");
    assert_eq!(level("有毒品", domestic, None), unsafe_word(1.0, 1.0));
    assert_eq!(level("有赌场", domestic, None), None);
    assert_eq!(level("有毒品", Some("http://www.gov.cn/"), None), None, "safe before domestic");
    // The column goes before the domain, and what it does not know is no type.
    assert_eq!(level("有赌场", other, Some("domestic")), None);
    assert_eq!(level("有毒品", other, Some(" wiki ")), None);
    assert_eq!(level("有赌场", domestic, Some("unheard of")), None);
    assert_eq!(level("有赌场", other, Some("Safe")), unsafe_word(2.0, 2.0), "names are compared as they are");
    assert_eq!(level("有赌场", None, None), unsafe_word(2.0, 2.0));
}

#[test]
fn words_are_found_as_in_banned_words() {
    let (_folder, config) = config();
    let word = |text| decide(&config, (text, None, None)).map(|found| found.3);
    assert_eq!(word("Best CASINO, bonus").as_deref(), Some("casino"));
    assert_eq!(word("casinos"), None);
    assert_eq!(word("abcd"), None, "shorter than five characters");
    assert_eq!(word("线上课程"), None);
    assert_eq!(word("博彩在线上").as_deref(), Some("线上&&&博彩"));
    let levels = SafetyConfig { other_level: None, domestic_level: Some(Level::L4), ..config.clone() };
    assert_eq!(decide(&levels, ("毒品", None, None)), None);
    let mild = decide(&levels, ("优惠", None, Some("domestic")));
    assert_eq!(mild.map(|found| (found.1, found.2)), Some((Some(4.0), Some(4.0))));
}

#[test]
fn annotate_tells_everything_and_drops_nothing() {
    let (_folder, config) = config();
    let stage = SafetyStage::new(SafetyConfig { mode: Mode::Annotate, ..config }).expect("valid");
    let rows = [
        ("赌场", Some("http://bad.com/"), Some("wiki")),
        ("彩票 casino", Some("http://fair.org/"), None),
        ("clean", None, Some("domestic")),
    ];
    let kept = stage.apply(batch(&rows)).expect("applies").kept;
    let text = |name: &str| -> Vec<Option<String>> {
        kept.strings(name).expect("added").iter().map(|value| value.map(ToOwned::to_owned)).collect()
    };
    let some = |texts: [Option<&str>; 3]| texts.map(|text| text.map(ToOwned::to_owned)).to_vec();
    assert_eq!(text("url_list"), some([Some("black"), Some("silver"), None]));
    assert_eq!(text("source_type"), some([Some("safe"), Some("other"), Some("domestic")]));
    assert_eq!(text("unsafe_word"), some([Some("赌场"), Some("casino"), None]));
    assert_eq!(text("unsafe_reason"), some([Some("blocked_domain"), Some("unsafe_word"), None]));
    let levels = kept.column("unsafe_level").expect("added").as_primitive::<Int64Type>();
    assert_eq!(levels.iter().collect::<Vec<_>>(), [Some(2), Some(2), None]);
}

#[test]
fn what_cannot_be_used_is_refused_with_its_field() {
    let (folder, config) = config();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let words = |files| UnsafeWords { files, ..UnsafeWords::default() };
    let files = |name: &str| UrlList { files: vec![name.to_owned()], entries: Vec::new() };
    let base = SafetyConfig::default();
    let cases = [
        (base.clone(), "", "nothing to drop by"),
        (SafetyConfig { words: words(vec!["none.txt".into()]), ..base.clone() }, "words.files", "none.txt"),
        (
            SafetyConfig { words: words(vec![path("a", "赌\tL7")]), ..base.clone() },
            "words.files",
            "line 1 has the level",
        ),
        (SafetyConfig { words: words(vec![path("b", "abc\n")]), ..base.clone() }, "words", "too short"),
        (SafetyConfig { black_domains: files("none"), ..base.clone() }, "black_domains", "none"),
        (SafetyConfig { safe_domains: files("none"), ..config.clone() }, "safe_domains", "none"),
        (SafetyConfig { domestic_domains: files("none"), ..config.clone() }, "domestic_domains", "none"),
        (SafetyConfig { url_column: String::new(), ..config.clone() }, "url_column", "blank"),
        (SafetyConfig { source_column: Some(" ".to_owned()), ..config.clone() }, "source_column", "blank"),
        (SafetyConfig { domestic_sources: strings(&["wiki"]), ..config }, "safe_sources", "`wiki`"),
    ];
    for (config, field, part) in cases {
        let error = SafetyStage::new(config).expect_err(part);
        assert_eq!(error.field().unwrap_or_default(), field, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn the_files_of_all_lists_are_part_of_the_result() {
    let (folder, config) = config();
    let path = folder.path().join("domains.txt");
    std::fs::write(&path, "example.org\n").expect("written");
    let files = UrlList { files: vec![path.display().to_string()], entries: Vec::new() };
    let config = SafetyConfig { black_domains: files.clone(), safe_domains: files, ..config };
    let digests = |config: &SafetyConfig| SafetyStage::new(config.clone()).expect("valid").digests();
    let before = digests(&config);
    assert_eq!(before.len(), 3);
    std::fs::write(&path, "example.net\n").expect("written");
    let after = digests(&config);
    assert!(before[0] != after[0] && before[1] != after[1] && before[2] == after[2]);
}
