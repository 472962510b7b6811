//! Small pages, each with one thing that extractors get wrong, and what is right of it.
//!
//! `tests/faults/pages.jsonl` has a line each: `{"name", "html", "text"}` and, where Markdown is not the text,
//! `"markdown"`.

#![allow(missing_docs, clippy::unwrap_used)]

use serde_json::Value;
use textmill_extract::{Method, Options, TextFormat, extract};

const PAGES: &str = include_str!("faults/pages.jsonl");

fn full(html: &str, format: TextFormat) -> String {
    let options = Options { method: Method::FullText, format, ..Options::default() };
    extract(html, &options).unwrap().text
}

#[test]
fn each_page_has_its_text() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in PAGES.lines() {
        let page: Value = serde_json::from_str(line).unwrap();
        let of = |field: &str| page[field].as_str();
        let (name, html, text) = (of("name").unwrap(), of("html").unwrap(), of("text").unwrap());

        count += 1;
        let forms = [(TextFormat::Text, Some(text)), (TextFormat::Markdown, of("markdown"))];
        for (format, right) in forms {
            let found = full(html, format);
            if right.is_some_and(|right| right != found) {
                wrong.push(format!("{name} as {format:?}: {html:?} gives {found:?}, not {right:?}"));
            }
        }
    }
    assert!(count >= 120, "{count} pages");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn parameters_of_canonical_addresses_are_no_references() {
    let page = "<link rel=canonical href='https://example.org/?id=1&copy=2&amp;lt=3'><p>a";
    let found = extract(page, &Options::default()).unwrap().metadata.canonical_url;
    assert_eq!(found.as_deref(), Some("https://example.org/?id=1&copy=2&lt=3"));
}

#[test]
fn the_name_of_an_icon_is_no_title_of_the_page() {
    let page = "<svg><title>Menu</title></svg><h1>The wall</h1><p>a";
    assert_eq!(extract(page, &Options::default()).unwrap().metadata.title.as_deref(), Some("The wall"));
}
