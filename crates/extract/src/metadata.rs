//! What a page says of itself: `meta` elements, JSON-LD, `html lang`, `link rel=canonical`.

use serde_json::Value;

use crate::html::{NodeId, Tag, Tree, decoded};

/// What a page says of itself; each field is `None` where the page does not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `og:title`, else the `title` element, else the first `h1`.
    pub title: Option<String>,
    /// `author` and its relatives, else the author of the JSON-LD; several apart by `; `.
    pub author: Option<String>,
    /// Day of publication, `YYYY-MM-DD`.
    pub publish_date: Option<String>,
    /// The `lang` attribute of `html`, as written.
    pub html_language: Option<String>,
    /// The address that the page gives as its own.
    pub canonical_url: Option<String>,
    /// `og:site_name` and its relatives.
    pub site_name: Option<String>,
}

/// Longer values of a field are none.
const MAX_VALUE_BYTES: usize = 2048;
/// Larger JSON-LD is not read.
const MAX_JSON_BYTES: usize = 256 << 10;
/// JSON-LD nested deeper than this is not looked into.
const MAX_JSON_DEPTH: usize = 4;

const TITLES: &[&str] = &["og:title", "twitter:title"];
const AUTHORS: &[&str] = &["author", "article:author", "dc.creator", "parsely-author", "sailthru.author"];
const DATES: &[&str] = &[
    "article:published_time",
    "datepublished",
    "date",
    "pubdate",
    "publishdate",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "parsely-pub-date",
    "sailthru.date",
];
const SITES: &[&str] = &["og:site_name", "application-name"];

impl Metadata {
    /// Reads the metadata of a page.
    pub(crate) fn of(tree: &Tree<'_>) -> Self {
        let metas = metas(tree);
        let first = |names: &[&str]| names.iter().find_map(|name| meta(&metas, name));
        let linked = Linked::of(tree);
        let author = first(AUTHORS).filter(|name| !name.starts_with("http"));
        Self {
            title: first(TITLES).or_else(|| element_text(tree, Tag::Title)).or_else(|| element_text(tree, Tag::H1)),
            author: author.or(linked.author),
            publish_date: DATES
                .iter()
                .find_map(|name| meta(&metas, name).and_then(|value| day(&value)))
                .or(linked.date)
                .or_else(|| marked_time(tree)),
            html_language: tree.first(Tag::Html).and_then(|id| attribute(tree, id, "lang")),
            canonical_url: canonical(tree).or_else(|| meta(&metas, "og:url")).filter(|url| url.starts_with("http")),
            site_name: first(SITES),
        }
    }
}

/// Names, lower case, and values of the `meta` elements.
fn metas(tree: &Tree<'_>) -> Vec<(String, String)> {
    let metas = tree.ids().filter(|id| tree.node(*id).tag == Tag::Meta);
    let named = metas.filter_map(|id| {
        let name = ["property", "name", "itemprop"].iter().find_map(|key| tree.attribute(id, key))?;
        Some((name.trim().to_ascii_lowercase(), attribute(tree, id, "content")?))
    });
    named.collect()
}

fn meta(metas: &[(String, String)], name: &str) -> Option<String> {
    metas.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// Value of an attribute as people read it; `None` where it is empty or no value of a field.
fn attribute(tree: &Tree<'_>, id: NodeId, name: &str) -> Option<String> {
    tree.attribute(id, name).and_then(clean)
}

/// With single spaces and without character references.
fn clean(raw: &str) -> Option<String> {
    if raw.len() > MAX_VALUE_BYTES {
        return None;
    }
    let value = decoded(raw).split_whitespace().collect::<Vec<_>>().join(" ");
    (!value.is_empty()).then_some(value)
}

/// What the first element with a tag says.
fn element_text(tree: &Tree<'_>, tag: Tag) -> Option<String> {
    let element = tree.first(tag)?;
    let mut raw = String::new();
    for id in element..tree.node(element).end {
        raw.push_str(tree.text(id));
        if raw.len() > MAX_VALUE_BYTES {
            return None;
        }
    }
    clean(&raw)
}

fn canonical(tree: &Tree<'_>) -> Option<String> {
    let is_canonical = |id: &NodeId| {
        tree.node(*id).tag == Tag::Link
            && tree.attribute(*id, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical"))
    };
    tree.ids().find(is_canonical).and_then(|id| attribute(tree, id, "href"))
}

/// The first `time` that is marked as the day of publication.
fn marked_time(tree: &Tree<'_>) -> Option<String> {
    let marked = |id: &NodeId| {
        let says = |name: &str, word: &str| tree.attribute(*id, name).is_some_and(|value| value.contains(word));
        tree.node(*id).tag == Tag::Time
            && (tree.attribute(*id, "pubdate").is_some()
                || says("itemprop", "datePublished")
                || says("class", "publish")
                || says("class", "entry-date"))
    };
    tree.ids().find(marked).and_then(|id| attribute(tree, id, "datetime")).and_then(|value| day(&value))
}

/// The day at the start of a date in ISO 8601 or with slashes or dots, `YYYY-MM-DD`. Days that the
/// web did not see are none.
fn day(value: &str) -> Option<String> {
    let value = value.trim();
    let number = |from: usize, to: usize| digits(value.get(from..to))?.parse::<u32>().ok();
    let year = number(0, 4)?;
    let separator = value.as_bytes().get(4)?;
    let (month, day) = match separator {
        b'-' | b'/' | b'.' => {
            let mut parts = value.get(5..)?.splitn(2, char::from(*separator));
            let month = digits(parts.next())?.parse().ok()?;
            let rest = parts.next()?;
            let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
            (month, rest.get(..end)?.parse().ok()?)
        }
        _ => (number(4, 6)?, number(6, 8)?),
    };
    let known = (1990..=2100).contains(&year) && (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    known.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn digits(text: Option<&str>) -> Option<&str> {
    text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// What the JSON-LD of a page says.
#[derive(Debug, Default)]
struct Linked {
    author: Option<String>,
    date: Option<String>,
}

impl Linked {
    fn of(tree: &Tree<'_>) -> Self {
        let mut found = Self::default();
        let is_json = |id: &NodeId| {
            tree.node(*id).tag == Tag::Script
                && tree.attribute(*id, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("application/ld+json"))
        };
        for script in tree.ids().filter(is_json) {
            let text: String = (script..tree.node(script).end).map(|id| tree.text(id)).collect();
            if text.len() <= MAX_JSON_BYTES
                && let Ok(value) = serde_json::from_str(&text)
            {
                found.look_into(&value, 0);
            }
        }
        found
    }

    fn look_into(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Array(values) if depth < MAX_JSON_DEPTH => {
                values.iter().for_each(|value| self.look_into(value, depth + 1));
            }
            Value::Object(fields) => {
                if let Some(graph) = fields.get("@graph").filter(|_| depth < MAX_JSON_DEPTH) {
                    self.look_into(graph, depth + 1);
                }
                if self.date.is_none() {
                    self.date = fields.get("datePublished").and_then(Value::as_str).and_then(day);
                }
                if self.author.is_none() {
                    self.author = fields.get("author").and_then(names);
                }
            }
            _ => {}
        }
    }
}

/// The names of one or several people.
fn names(value: &Value) -> Option<String> {
    let one = |value: &Value| match value {
        Value::String(name) => clean(name),
        Value::Object(fields) => fields.get("name").and_then(Value::as_str).and_then(clean),
        _ => None,
    };
    let found: Vec<String> = match value {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        value => one(value).into_iter().collect(),
    };
    (!found.is_empty()).then(|| found.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::parse;

    fn of(html: &str) -> Metadata {
        Metadata::of(&parse(html, 512, 10_000).expect("a small page"))
    }

    #[test]
    fn meta_elements_come_before_what_the_page_shows() {
        let page = of("<html lang=en-GB><head><title>Bridges &amp;  rivers - Site</title>\
            <meta property=og:title content='Bridges &amp; rivers'><meta name=AUTHOR content='A. Mason'>\
            <meta property='article:published_time' content='2024-02-29T08:00:00Z'>\
            <meta property=og:site_name content=Site><link rel=canonical href='https://example.org/b'></head>");
        assert_eq!(page.title.as_deref(), Some("Bridges & rivers"));
        assert_eq!(page.author.as_deref(), Some("A. Mason"));
        assert_eq!(page.publish_date.as_deref(), Some("2024-02-29"));
        assert_eq!(page.html_language.as_deref(), Some("en-GB"));
        assert_eq!(page.canonical_url.as_deref(), Some("https://example.org/b"));
        assert_eq!(page.site_name.as_deref(), Some("Site"));
    }

    #[test]
    fn linked_data_and_marked_times_fill_the_gaps() {
        let page = of("<script type='application/ld+json'>{\"@graph\":[{\"@type\":\"WebPage\"},\
            {\"author\":[{\"name\":\"A\"},\"B\"],\"datePublished\":\"2023-5-7\"}]}</script><h1>Only <b>this</b></h1>");
        assert_eq!(page.author.as_deref(), Some("A; B"));
        assert_eq!(page.publish_date.as_deref(), Some("2023-05-07"));
        assert_eq!(page.title.as_deref(), Some("Only this"));
        let page = of("<time class=published datetime=20230507T1200>x</time>");
        assert_eq!(page.publish_date.as_deref(), Some("2023-05-07"));
    }

    #[test]
    fn what_is_no_value_is_none() {
        assert_eq!(of("<title> </title><meta name=author content=''><p>x"), Metadata::default());
        assert_eq!(of(&format!("<title>{}</title>", "x".repeat(3000))).title, None);
        assert_eq!(of("<link rel=canonical href='javascript:x'>").canonical_url, None);
        assert_eq!(of("<script type=application/ld+json>{broken</script>"), Metadata::default());
    }

    #[test]
    fn days_are_checked() {
        for (value, expected) in [
            ("2024-02-29", Some("2024-02-29")),
            ("2023-02-29", None),
            ("1900-02-29", None),
            ("2000/2/29", Some("2000-02-29")),
            ("2024.12.31 10:00", Some("2024-12-31")),
            ("20241231", Some("2024-12-31")),
            ("2024-13-01", None),
            ("2024-00-10", None),
            ("1989-12-31", None),
            ("29 Feb 2024", None),
            ("2024年5月", None),
            ("", None),
        ] {
            assert_eq!(day(value).as_deref(), expected, "{value}");
        }
    }
}
