//! What the JSON-LD of a page says: who wrote it, when, and at times its whole text.

use serde_json::Value;

use crate::dates::{Day, Order, day};
use crate::html::{Tag, Tree, decoded};

/// Larger JSON-LD is not read.
const MAX_JSON_BYTES: usize = 1 << 20;
/// JSON-LD nested deeper than this is not looked into.
const MAX_JSON_DEPTH: usize = 6;
/// Longer names are none.
const MAX_NAME_BYTES: usize = 2048;
/// Fields that hold what the page is about.
const INTO: &[&str] = &["@graph", "mainEntity", "mainEntityOfPage", "@included"];

/// Facts out of the JSON-LD of a page.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    pub author: Option<String>,
    pub published: Option<Day>,
    /// The longest `articleBody`.
    pub body: Option<String>,
    /// Rank of the object that `published` and `author` are of.
    dated: Option<u8>,
    named: Option<u8>,
}

impl Linked {
    /// Reads the JSON-LD of a page. Days after `last` are none.
    pub(crate) fn of(tree: &Tree<'_>, last: Day) -> Self {
        let mut found = Self::default();
        for script in tree.ids().filter(|id| is_json_ld(tree, *id)) {
            let text: String = (script..tree.node(script).end).map(|id| tree.text(id)).collect();
            if text.len() > MAX_JSON_BYTES {
                continue;
            }
            match parse(&text) {
                Some(value) => found.look_into(&value, 0, last),
                None => found.look_at_broken(&text, last),
            }
        }
        found
    }

    fn look_into(&mut self, value: &Value, depth: usize, last: Day) {
        match value {
            Value::Array(values) if depth < MAX_JSON_DEPTH => {
                values.iter().for_each(|value| self.look_into(value, depth + 1, last));
            }
            Value::Object(fields) if depth < MAX_JSON_DEPTH => {
                if let Some(rank) = rank(fields.get("@type")) {
                    let text = |name: &str| fields.get(name).and_then(Value::as_str);
                    let published = text("datePublished").and_then(|value| day(value, Order::Unknown));
                    if let Some(day) = published.filter(|day| day.is_plausible(last) && better(rank, self.dated)) {
                        (self.published, self.dated) = (Some(day), Some(rank));
                    }
                    if let Some(author) = fields.get("author").and_then(names).filter(|_| better(rank, self.named)) {
                        (self.author, self.named) = (Some(author), Some(rank));
                    }
                    if let Some(body) = text("articleBody") {
                        self.take_body(body);
                    }
                }
                INTO.iter()
                    .filter_map(|name| fields.get(*name))
                    .for_each(|inner| self.look_into(inner, depth + 1, last));
            }
            _ => {}
        }
    }

    fn take_body(&mut self, body: &str) {
        if self.body.as_ref().is_none_or(|known| known.len() < body.len()) {
            self.body = Some(body.to_owned());
        }
    }

    /// JSON that no parser takes: the date is looked for by its name.
    fn look_at_broken(&mut self, text: &str, last: Day) {
        let value = text.split_once("\"datePublished\"").and_then(|(_, rest)| rest.split('"').nth(1));
        if let Some(day) = value.and_then(|value| day(value, Order::Unknown)).filter(|day| day.is_plausible(last))
            && self.published.is_none()
        {
            self.published = Some(day);
        }
    }
}

fn is_json_ld(tree: &Tree<'_>, id: u32) -> bool {
    tree.node(id).tag == Tag::Script
        && tree.attribute(id, "type").is_some_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/ld+json"))
        })
}

/// JSON as pages write it: also within a comment or CDATA, and with control characters in its strings.
fn parse(text: &str) -> Option<Value> {
    let inner = text.trim();
    if let Ok(value) = serde_json::from_str(inner) {
        return Some(value);
    }
    let start = inner.find(['{', '['])?;
    let end = inner.rfind(['}', ']'])?;
    let inner: String =
        inner.get(start..=end)?.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    serde_json::from_str(&inner).ok()
}

/// How well an object of a type speaks for the page, 0 the best; `None` for types that are other things: the site,
/// its owner, comments, pictures, events, goods.
fn rank(kind: Option<&Value>) -> Option<u8> {
    let one = |name: &str| {
        let name = name.rsplit(['/', '#', ':']).next().unwrap_or(name).to_ascii_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if has(&["article", "posting", "report", "blogpost", "recipe", "howto"]) {
            Some(0)
        } else if has(&["webpage", "itempage", "faqpage", "qapage", "creativework", "question"]) {
            Some(1)
        } else if has(&[
            "website",
            "organization",
            "person",
            "breadcrumb",
            "comment",
            "image",
            "event",
            "product",
            "offer",
            "rating",
            "answer",
            "place",
            "business",
            "list",
            "review",
        ]) {
            None
        } else {
            Some(2)
        }
    };
    match kind {
        None => Some(2),
        Some(Value::String(name)) => one(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).filter_map(one).min(),
        Some(_) => None,
    }
}

fn better(rank: u8, known: Option<u8>) -> bool {
    known.is_none_or(|known| rank < known)
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

/// With single spaces and without character references.
fn clean(raw: &str) -> Option<String> {
    if raw.len() > MAX_NAME_BYTES {
        return None;
    }
    let value = decoded(raw).split_whitespace().collect::<Vec<_>>().join(" ");
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::LAST;
    use crate::html::parse as tree;

    fn of(json: &str) -> Linked {
        let html = format!("<script type='application/ld+json; charset=utf-8'>{json}</script>");
        Linked::of(&tree(&html, 512, 1000).expect("a small page"), LAST)
    }

    fn published(json: &str) -> Option<String> {
        of(json).published.map(Day::iso)
    }

    #[test]
    fn the_article_speaks_before_its_page_and_the_site_not_at_all() {
        let both = r#"[{"@type":"WebPage","datePublished":"2020-01-01"},
            {"@type":["Thing","https://schema.org/NewsArticle"],"datePublished":"2024-05-06T23:00:00-08:00"}]"#;
        assert_eq!(published(both).as_deref(), Some("2024-05-06"));
        assert_eq!(published(r#"{"@type":"WebSite","datePublished":"2010-01-01"}"#), None);
        let inner = r#"{"@type":"WebPage","mainEntity":{"@type":"Article","datePublished":"2024-05-06"}}"#;
        assert_eq!(published(inner).as_deref(), Some("2024-05-06"));
        let comment = r#"{"@type":"Article","comment":[{"@type":"Comment","datePublished":"2024-07-01"}]}"#;
        assert_eq!(published(comment), None);
        assert_eq!(published(r#"{"@type":"Article","dateModified":"2024-07-01"}"#), None);
        assert_eq!(published(r#"{"@type":"Article","datePublished":"2124-07-01"}"#), None);
    }

    #[test]
    fn json_as_pages_write_it_is_read() {
        let wrapped = "\n/*<![CDATA[*/ {\"@type\":\"Article\",\"datePublished\":\"2024-05-06\"} /*]]>*/";
        assert_eq!(published(wrapped).as_deref(), Some("2024-05-06"));
        let control = "{\"@type\":\"Article\",\"articleBody\":\"a\nb\",\"datePublished\":\"2024-05-06\"}";
        assert_eq!((published(control).as_deref(), of(control).body.as_deref()), (Some("2024-05-06"), Some("a b")));
        let broken = r#"{"@type":"Article", "datePublished" : "2024-05-06", "headline":"a "quoted" word"}"#;
        assert_eq!(published(broken).as_deref(), Some("2024-05-06"));
        assert_eq!(published("{\"datePublished\""), None);
        assert_eq!(published(&"[".repeat(10_000)), None);
    }
}
