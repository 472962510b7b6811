//! The text of the standard's tree on the pages of html5lib's tests of tree construction.

use super::{Tag, decode_into, parse};

/// Pages, a line each, see `tests/html5lib/make.py`.
const PAGES: &str = include_str!("../../tests/html5lib/visible.jsonl");

/// Of a thousand pages, on how many the text is the standard's at least.
const AT_LEAST: usize = 997;

/// All characters but those in elements that are not shown. What of a drawing is shown is no question of parsing.
fn visible(html: &str) -> String {
    let tree = parse(html, 512, 100_000).expect("a small page");
    let mut text = String::new();
    let mut id = 1;
    while id < tree.ids().end {
        let node = tree.node(id);
        if node.tag != Tag::Svg && node.tag.is_invisible() {
            id = node.end.max(id + 1);
            continue;
        }
        decode_into(tree.text(id), &mut text);
        id += 1;
    }
    text
}

#[test]
fn visible_text_is_that_of_the_standard() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in PAGES.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a line is one page");
        let of = |field: &str| case.get(field).and_then(serde_json::Value::as_str).unwrap_or("").to_owned();
        let html = of("html").replace("\r\n", "\n");
        let unspaced = |text: &str| text.chars().filter(|char| !char.is_whitespace()).collect::<String>();

        count += 1;
        let text = visible(&html);
        if unspaced(&text) != unspaced(&of("text")) {
            wrong.push(format!("{}: {html:?} gives {text:?}, not {:?}", of("from"), of("text")));
        }
    }
    assert!(count > 1_500, "{count} pages");
    assert!((count - wrong.len()) * 1_000 >= AT_LEAST * count, "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
