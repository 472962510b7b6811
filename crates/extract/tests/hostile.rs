//! Pages made to break extractors: what they cost grows with their length, and they lose no text by depth.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use textmill_extract::{ExtractError, Method, Options, TextFormat, extract};

const SENTENCE: &str = "The villagers built the old bridge stone by stone, and it has stood for two hundred years.";

/// CPU time of this thread: the machine may be busy with other tests.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// How many times as much a page may cost that is four times as long: between 4 for a cost that grows with the length and
/// 16 for one that grows with its square.
const LARGEST_GROWTH: u32 = 9;
/// Costs below this say nothing: the first page of a thread fills caches.
const NOISE: Duration = Duration::from_millis(50);
/// A measurement that others on the machine have disturbed is made again so many times.
const TRIES: usize = 5;

/// Extracts the page of four times the length by all of our methods and formats, and compares the CPU time with that of
/// the page of one length. Returns the full text of the longer one.
fn grows_with_length(name: &str, page: impl Fn(usize) -> String) -> String {
    let (short, long) = (page(1), page(4));
    let mut seen = Vec::new();
    for _ in 0..TRIES {
        let (before, _) = cost(name, &short);
        let (after, text) = cost(name, &long);
        if after <= before * LARGEST_GROWTH + NOISE {
            return text;
        }
        seen.push((before, after));
    }
    panic!("{name}: a page of four times the length costs more than {LARGEST_GROWTH} times as much: {seen:?}");
}

/// CPU time of all methods and formats together, and the full text.
fn cost(name: &str, html: &str) -> (Duration, String) {
    let mut full = String::new();
    let started = cpu_time();
    for method in [Method::MainContent, Method::FullText] {
        for format in [TextFormat::Text, TextFormat::Markdown] {
            let options = Options { method, format, comments: true, max_html_bytes: 64 << 20, ..Options::default() };
            let text = extract(html, &options).unwrap_or_else(|error| panic!("{name}: {error}")).text;
            if method == Method::FullText && format == TextFormat::Text {
                full = text;
            }
        }
    }
    (cpu_time().saturating_sub(started), full)
}

/// A page by its length, in units of the case's own.
type Page = fn(usize) -> String;

/// Holds each page to growing costs and to keeping its sentence.
fn assert_all(cases: &[(&str, Page)]) {
    for (name, page) in cases {
        assert!(grows_with_length(name, page).contains(SENTENCE), "{name} lost its text");
    }
}

#[test]
fn deep_nesting_is_flattened_and_loses_nothing() {
    assert_all(&[
        ("divs", |n| format!("{}{SENTENCE}{}", "<div>".repeat(15_000 * n), "</div>".repeat(15_000 * n))),
        ("lists", |n| format!("{}{SENTENCE}", "<ul><li>".repeat(16_000 * n))),
        ("spans", |n| format!("<p>{}{SENTENCE}", "<b><i><span>".repeat(7_500 * n))),
        ("tables", |n| format!("{}{SENTENCE}", "<table><tr><td>".repeat(5_000 * n))),
        ("links", |n| format!("{}{SENTENCE}", "<a href=x>".repeat(15_000 * n))),
        ("quotes", |n| {
            let (open, close) = ("<blockquote><p>".repeat(7_500 * n), "</p></blockquote>".repeat(7_500 * n));
            format!("{open}{SENTENCE}{close}")
        }),
        ("svg", |n| format!("<p>{SENTENCE}</p>{}", "<svg><g>".repeat(7_500 * n))),
    ]);
}

#[test]
fn text_between_deep_elements_is_kept() {
    let page = |n| format!("{}{}", "<div>".repeat(5_000), "deep</div><p>word</p>".repeat(250 * n));
    assert_eq!(grows_with_length("mixed", page).matches("word").count(), 1_000);
}

#[test]
fn large_attributes_many_attributes_and_many_entities() {
    assert_all(&[
        ("attribute", |n| format!("<p title=\"{}\">{SENTENCE}</p>", "a".repeat((12 << 20) * n))),
        ("unquoted attribute", |n| format!("<p title={}>{SENTENCE}</p>", "a".repeat((12 << 20) * n))),
        ("attributes", |n| {
            let attributes: String = (0..25_000 * n).map(|number| format!(" a{number}={number}")).collect();
            format!("<p{attributes}>{SENTENCE}</p>")
        }),
        ("entities", |n| format!("<p>{}{SENTENCE}</p>", "&amp;".repeat(250_000 * n))),
        ("entities without semicolon", |n| format!("<p>{}{SENTENCE}</p>", "&amp".repeat(250_000 * n))),
        ("ampersands", |n| format!("<p>{}{SENTENCE}</p>", "&".repeat(250_000 * n))),
        ("class", |n| format!("<p class='{}'>{SENTENCE}</p>", "nav ".repeat(250_000 * n))),
    ]);
}

#[test]
fn unclosed_things_end_at_the_end() {
    for open in
        ["<!--", "<script>", "<style>", "<title>", "<textarea>", "<p title=\"", "<!DOCTYPE", "<?php", "<svg><style>"]
    {
        let page = |n| format!("<p>{SENTENCE}</p>{open}{}", "x -- > <".repeat(50_000 * n));
        assert!(grows_with_length(open, page).contains(SENTENCE), "{open} swallowed what was before it");
    }
}

#[test]
fn floods_of_elements_blocks_and_end_tags() {
    assert_all(&[
        ("blocks", |n| format!("{}<p>{SENTENCE}", "<p>a".repeat(25_000 * n))),
        ("end tags", |n| format!("{}{SENTENCE}", "</p></a></table>".repeat(25_000 * n))),
        ("unknown end tags", |n| format!("{}{SENTENCE}", "</x-y>".repeat(25_000 * n))),
        ("unknown end tags, deep", |n| format!("{}{}{SENTENCE}", "<x-y>".repeat(500), "</x-z>".repeat(5_000 * n))),
        ("cells", |n| format!("<table>{}<tr><td>{SENTENCE}</table>", "<tr><td>a<td>b".repeat(12_500 * n))),
        ("breaks", |n| format!("<p>{}{SENTENCE}", "<br>".repeat(75_000 * n))),
        ("ticks", |n| format!("<pre>{}</pre><p>{SENTENCE}", "`".repeat(250_000 * n))),
        ("items", |n| format!("<ol>{}<li>{SENTENCE}</ol>", "<li>a".repeat(7_500 * n))),
    ]);
}

#[test]
fn bounds_are_named() {
    let options = Options { max_html_bytes: 10, ..Options::default() };
    assert_eq!(extract("<p>0123456", &options).map(|page| page.text), Ok("0123456".to_owned()));
    assert_eq!(extract("<p>01234567", &options), Err(ExtractError::TooLarge { bytes: 11, max: 10 }));
    let flood = "<b>".repeat(2_000_001);
    assert_eq!(extract(&flood, &Options::default()), Err(ExtractError::TooManyNodes { max: 2_000_000 }));
    let deep = Options { method: Method::Trafilatura, max_depth: 65_535, ..Options::default() };
    let error = extract(&"<div>".repeat(600), &deep).unwrap_err();
    assert!(matches!(error, ExtractError::TooDeep { depth: 600, max: 512 }), "{error}");
}

/// A small linear congruential generator: the same pages in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

#[test]
fn random_markup_never_panics_and_keeps_its_words() {
    let pieces = [
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<a href=x>",
        "</a>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<ul>",
        "<li>",
        "</ul>",
        "<b>",
        "</b>",
        "<br>",
        "<pre>",
        "</pre>",
        "<svg>",
        "</svg>",
        "<math>",
        "</math>",
        "<h1>",
        "</h2>",
        "<!-- c -->",
        "&lt;",
        "&#x41;",
        "&nosuch;",
        "<",
        ">",
        "\"",
        "é",
        "中文",
        "\u{0}",
        "<img alt='",
        "'>",
        "<script>",
        "</script>",
        "<title>",
        "</title>",
        "<x-y ",
        "/>",
        "<select><option>",
        "</select>",
        "<template>",
        "</template>",
        " ",
        "\n",
    ];
    let mut random = Random(7);
    for round in 0..3_000 {
        let mut html = String::new();
        for _ in 0..random.below(60) {
            html.push_str(pieces[random.below(pieces.len())]);
        }
        for method in [Method::MainContent, Method::FullText] {
            for format in [TextFormat::Text, TextFormat::Markdown] {
                let options = Options { method, format, comments: round % 2 == 0, ..Options::default() };
                extract(&html, &options).unwrap_or_else(|error| panic!("{html}: {error}"));
            }
        }
    }
}

#[test]
fn floods_of_what_the_rules_look_for() {
    assert_all(&[
        ("notices", |n| flood("<div class=cookie><p>We use cookies, you agree to our settings.</p></div>", 5_000 * n)),
        ("nested notices", |n| flood("<div class=consent>We use cookies, you agree.", 5_000 * n)),
        ("notes", |n| flood("a<sup><a href=#fn>1</a></sup>", 12_500 * n)),
        ("anchors", |n| flood("<h2>a<a class=anchor href=#a>#</a></h2>", 7_500 * n)),
        ("contents", |n| flood("<ul><li><a href=#a>a</a><li><a href=#b>b</a>", 5_000 * n)),
        ("categories", |n| flood("<div>Category: <a href=a>a</a>", 5_000 * n)),
        ("copies", |n| {
            let copy = "<p>a</p><div class=x>The wall was rebuilt in three summers, each of which left its mark.</div>";
            flood(copy, 5_000 * n)
        }),
        ("tables", |n| {
            let table = "<table><tr><td>The wall was rebuilt in three summers, each of which left a mark.</table>";
            flood(table, 5_000 * n)
        }),
        ("dates", |n| flood("<p class=date>on 6 May 1874, 5 May 1873 and 4 April 1872", 7_500 * n)),
        ("scripts", |n| flood("<p>Please enable JavaScript.", 7_500 * n)),
        ("JSON-LD", |n| {
            let data = "<script type=application/ld+json>[[[[[[[[{\"datePublished\":";
            format!("<p>{SENTENCE}</p>{}", data.repeat(5_000 * n))
        }),
        ("noscript", |n| flood("<noscript>a</noscript>", 12_500 * n)),
    ]);
}

/// The sentence behind many times the same.
fn flood(part: &str, times: usize) -> String {
    format!("{}<p>{SENTENCE}</p>", part.repeat(times))
}
