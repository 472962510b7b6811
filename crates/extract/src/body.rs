//! The text of a page as its JSON-LD gives it, for pages that show it only once their scripts have run.

use std::borrow::Cow;

use crate::content::{segment, weight};
use crate::html::{decoded, parse};
use crate::options::{Options, TextFormat};
use crate::render::render;

/// Shortest text that is taken, in letters.
const MIN_UNITS: f32 = 100.0;
/// How many times as much it must say as what the page itself shows.
const RICHER: f32 = 3.0;
/// Longest text of the page's own beside which it is taken, in letters: what is longer is its text, if only a teaser.
const FEW_UNITS: f32 = 200.0;
/// Most nodes of markup in it.
const MAX_NODES: usize = 200_000;

/// The `articleBody` of a page as text, if the page's own text is next to nothing beside it.
pub(crate) fn linked_body(body: &str, shown: &str, options: &Options) -> Option<String> {
    let text = plain(body, options)?;
    let (units, shown) = (weight(&text), weight(shown));
    (units >= MIN_UNITS && shown < FEW_UNITS && units > RICHER * shown).then_some(text)
}

/// Some sites put markup into the body, escaped or not.
fn plain(body: &str, options: &Options) -> Option<String> {
    let has_tags = |text: &str| ["</p>", "<br", "</div>", "</li>", "</a>"].iter().any(|tag| text.contains(tag));
    let unescaped = if has_tags(body) { Cow::Borrowed(body) } else { decoded(body) };
    if has_tags(&unescaped) {
        let tree = parse(&unescaped, options.max_depth, MAX_NODES)?;
        let segments = segment(&tree, &[]);
        return Some(render(&segments, &vec![true; segments.blocks.len()], options.format));
    }
    let lines = unescaped.lines().map(str::trim).filter(|line| !line.is_empty());
    let between = if options.format == TextFormat::Markdown { "\n\n" } else { "\n" };
    Some(lines.collect::<Vec<_>>().join(between))
}

#[cfg(test)]
mod tests {
    use crate::{Options, TextFormat, extract};

    const WORDS: &str = "The council met on Tuesday to discuss the state of the old bridge. It had been closed since the floods. \
        After two hours of talk the members agreed to spend money from the reserve.";

    fn text(body: &str, page: &str, format: TextFormat) -> String {
        let json = serde_json::json!({"@type": "NewsArticle", "articleBody": body});
        let html = format!("<title>T</title><script type=application/ld+json>{json}</script>{page}");
        extract(&html, &Options { format, ..Options::default() }).expect("a small page").text
    }

    #[test]
    fn the_body_is_taken_where_the_page_shows_next_to_nothing() {
        assert_eq!(text(WORDS, "<div id=root></div>", TextFormat::Text), WORDS);
        assert_eq!(text(WORDS, "<nav><a href=/>Home</a></nav><div id=root>Loading</div>", TextFormat::Text), WORDS);
        let shown =
            format!("<article><p>{WORDS}</p><p>And more that the page shows and its data does not.</p></article>");
        assert!(text(WORDS, &shown, TextFormat::Text).contains("And more"));
        assert_eq!(text("Short.", "", TextFormat::Text), "");
    }

    #[test]
    fn markup_and_lines_of_the_body_are_read() {
        let escaped = format!("&lt;p&gt;{WORDS}&lt;/p&gt;&lt;p&gt;Second &amp;amp; last.&lt;/p&gt;");
        assert_eq!(text(&escaped, "", TextFormat::Text), format!("{WORDS}\nSecond & last."));
        let lines = format!("{WORDS}\n\n{WORDS}");
        assert_eq!(text(&lines, "", TextFormat::Markdown), format!("{WORDS}\n\n{WORDS}"));
    }
}
