//! Pages made to break extractors: each is done within a second and loses no text by depth.

#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use textmill_extract::{ExtractError, Method, Options, TextFormat, extract};

const SENTENCE: &str = "The villagers built the old bridge stone by stone, and it has stood for two hundred years.";

/// CPU time of this thread: the machine may be busy with other tests.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

/// Extracts by all of our methods and formats, each within a second of CPU time; the full text.
fn within_a_second(name: &str, html: &str, max_html_bytes: u64) -> String {
    let mut full = String::new();
    for method in [Method::MainContent, Method::FullText] {
        for format in [TextFormat::Text, TextFormat::Markdown] {
            let options = Options { method, format, comments: true, max_html_bytes, ..Options::default() };
            let started = cpu_time();
            let page = extract(html, &options);
            let taken = cpu_time().saturating_sub(started);
            assert!(taken < Duration::from_secs(1), "{name}, {method:?}, {format:?}: {taken:?}");
            let text = page.unwrap_or_else(|error| panic!("{name}: {error}")).text;
            if method == Method::FullText && format == TextFormat::Text {
                full = text;
            }
        }
    }
    full
}

#[test]
fn deep_nesting_is_flattened_and_loses_nothing() {
    let divs = format!("{}{SENTENCE}{}", "<div>".repeat(60_000), "</div>".repeat(60_000));
    let lists = format!("{}{SENTENCE}", "<ul><li>".repeat(64_000));
    let spans = format!("<p>{}{SENTENCE}", "<b><i><span>".repeat(30_000));
    let tables = format!("{}{SENTENCE}", "<table><tr><td>".repeat(20_000));
    let links = format!("{}{SENTENCE}", "<a href=x>".repeat(60_000));
    let quotes = format!("{}{SENTENCE}{}", "<blockquote><p>".repeat(30_000), "</p></blockquote>".repeat(30_000));
    let svg = format!("<p>{SENTENCE}</p>{}", "<svg><g>".repeat(30_000));
    let cases = [
        ("divs", divs),
        ("lists", lists),
        ("spans", spans),
        ("tables", tables),
        ("links", links),
        ("quotes", quotes),
        ("svg", svg),
    ];
    for (name, html) in cases {
        assert!(within_a_second(name, &html, 64 << 20).contains(SENTENCE), "{name} lost its text");
    }
}

#[test]
fn text_between_deep_elements_is_kept() {
    let html = format!("{}{}", "<div>".repeat(5_000), "deep</div><p>word</p>".repeat(1_000));
    assert_eq!(within_a_second("mixed", &html, 64 << 20).matches("word").count(), 1_000);
}

#[test]
fn large_attributes_many_attributes_and_many_entities() {
    let attribute = format!("<p title=\"{}\">{SENTENCE}</p>", "a".repeat(50 << 20));
    let unquoted = format!("<p title={}>{SENTENCE}</p>", "a".repeat(50 << 20));
    let attributes: String = (0..100_000).map(|number| format!(" a{number}={number}")).collect();
    let attributes = format!("<p{attributes}>{SENTENCE}</p>");
    let entities = format!("<p>{}{SENTENCE}</p>", "&amp;".repeat(1_000_000));
    let broken_entities = format!("<p>{}{SENTENCE}</p>", "&amp".repeat(1_000_000));
    let ampersands = format!("<p>{}{SENTENCE}</p>", "&".repeat(1_000_000));
    let class = format!("<p class='{}'>{SENTENCE}</p>", "nav ".repeat(1_000_000));
    let cases = [
        ("attribute", attribute),
        ("unquoted attribute", unquoted),
        ("attributes", attributes),
        ("entities", entities),
        ("entities without semicolon", broken_entities),
        ("ampersands", ampersands),
        ("class", class),
    ];
    for (name, html) in cases {
        assert!(within_a_second(name, &html, 64 << 20).contains(SENTENCE), "{name} lost its text");
    }
}

#[test]
fn unclosed_things_end_at_the_end() {
    let filler = "x -- > <".repeat(200_000);
    for open in
        ["<!--", "<script>", "<style>", "<title>", "<textarea>", "<p title=\"", "<!DOCTYPE", "<?php", "<svg><style>"]
    {
        let html = format!("<p>{SENTENCE}</p>{open}{filler}");
        assert!(within_a_second(open, &html, 64 << 20).contains(SENTENCE), "{open} swallowed what was before it");
    }
}

#[test]
fn floods_of_elements_blocks_and_end_tags() {
    let blocks = format!("{}<p>{SENTENCE}", "<p>a".repeat(100_000));
    let ends = format!("{}{SENTENCE}", "</p></a></table>".repeat(100_000));
    let unknown = format!("{}{SENTENCE}", "</x-y>".repeat(100_000));
    let unknown_deep = format!("{}{}{SENTENCE}", "<x-y>".repeat(500), "</x-z>".repeat(20_000));
    let cells = format!("<table>{}<tr><td>{SENTENCE}</table>", "<tr><td>a<td>b".repeat(50_000));
    let breaks = format!("<p>{}{SENTENCE}", "<br>".repeat(300_000));
    let ticks = format!("<pre>{}</pre><p>{SENTENCE}", "`".repeat(1_000_000));
    let items = format!("<ol>{}<li>{SENTENCE}</ol>", "<li>a".repeat(30_000));
    let cases = [
        ("blocks", blocks),
        ("end tags", ends),
        ("unknown end tags", unknown),
        ("unknown end tags, deep", unknown_deep),
        ("cells", cells),
        ("breaks", breaks),
        ("ticks", ticks),
        ("items", items),
    ];
    for (name, html) in cases {
        assert!(within_a_second(name, &html, 64 << 20).contains(SENTENCE), "{name} lost its text");
    }
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
    let repeat = |part: &str, times: usize| format!("{}<p>{SENTENCE}</p>", part.repeat(times));
    let cases = [
        ("notices", repeat("<div class=cookie><p>We use cookies, you agree to our settings.</p></div>", 20_000)),
        ("nested notices", repeat("<div class=consent>We use cookies, you agree.", 20_000)),
        ("notes", repeat("a<sup><a href=#fn>1</a></sup>", 50_000)),
        ("anchors", repeat("<h2>a<a class=anchor href=#a>#</a></h2>", 30_000)),
        ("contents", repeat("<ul><li><a href=#a>a</a><li><a href=#b>b</a>", 20_000)),
        ("categories", repeat("<div>Category: <a href=a>a</a>", 20_000)),
        ("copies", repeat("<p>a</p><div class=x>The wall was rebuilt in three summers, each of which left its mark.</div>", 20_000)),
        ("cells", repeat("<table><tr><td>The wall was rebuilt in three summers, each of which left a mark.</table>", 20_000)),
        ("dates", repeat("<p class=date>on 6 May 1874, 5 May 1873 and 4 April 1872", 30_000)),
        ("scripts", repeat("<p>Please enable JavaScript.", 30_000)),
        ("JSON-LD", repeat("<script type=application/ld+json>[[[[[[[[{\"datePublished\":", 20_000)),
        ("noscript", repeat("<noscript>a</noscript>", 50_000)),
    ];
    for (name, html) in cases {
        within_a_second(name, &html, 64 << 20);
    }
}
