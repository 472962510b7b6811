//! What a page says of itself: `meta` elements, JSON-LD, `html lang`, `link rel=canonical`.

use crate::content::{heading_end, marks};
use crate::dates::{Day, LAST, Order, day};
use crate::html::{NodeId, Tag, Tree, attribute_value, decoded};
use crate::linked::Linked;
use crate::published::{Facts, published};

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

/// Where and when a page was fetched: it helps to tell its day of publication.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Its address, whose path may hold the day.
    pub url: Option<&'a str>,
    /// The day of the fetch, in ISO 8601 with or without a time; no page is published after it.
    pub fetched: Option<&'a str>,
}

/// Longer values of a field are none.
const MAX_VALUE_BYTES: usize = 2048;

const TITLES: &[&str] = &["og:title", "twitter:title"];
const AUTHORS: &[&str] = &["author", "article:author", "dc.creator", "parsely-author", "sailthru.author"];
const SITES: &[&str] = &["og:site_name", "application-name"];

impl Origin<'_> {
    /// The last day that the page can be of: the one after the fetch, for places where it had begun.
    pub(crate) fn last_day(&self) -> Day {
        self.fetched.and_then(|value| day(value, Order::Unknown)).map_or(LAST, Day::next)
    }
}

impl Metadata {
    /// Reads the metadata of a page. `linked` is its JSON-LD.
    pub(crate) fn of(tree: &Tree<'_>, linked: &Linked, origin: &Origin<'_>) -> Self {
        let metas = metas(tree);
        let first = |names: &[&str]| names.iter().find_map(|name| meta(&metas, name));
        let author = first(AUTHORS).filter(|name| !name.starts_with("http"));
        let html_language = tree.first(Tag::Html).and_then(|id| attribute(tree, id, "lang"));
        let canonical_url = canonical(tree).or_else(|| meta(&metas, "og:url")).filter(|url| url.starts_with("http"));
        let locale = first(&["og:locale", "content-language"]).or_else(|| html_language.clone());
        let facts = Facts {
            metas: &metas,
            linked: linked.published,
            urls: [origin.url, canonical_url.as_deref()],
            locale: locale.as_deref(),
            last: origin.last_day(),
        };
        Self {
            title: first(TITLES).or_else(|| element_text(tree, Tag::Title)).or_else(|| heading(tree)),
            author: author.or_else(|| linked.author.clone()),
            publish_date: published(tree, &facts),
            html_language,
            canonical_url,
            site_name: first(SITES),
        }
    }
}

/// Names, lower case, and values of the `meta` elements.
fn metas(tree: &Tree<'_>) -> Vec<(String, String)> {
    let metas = tree.ids().filter(|id| tree.node(*id).tag == Tag::Meta);
    let named = metas.filter_map(|id| {
        let header = || tree.attribute(id, "http-equiv").filter(|name| name.eq_ignore_ascii_case("content-language"));
        let name = ["property", "name", "itemprop"].iter().find_map(|key| tree.attribute(id, key)).or_else(header)?;
        Some((name.trim().to_ascii_lowercase(), attribute(tree, id, "content")?))
    });
    named.collect()
}

fn meta(metas: &[(String, String)], name: &str) -> Option<String> {
    metas.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// Value of an attribute as people read it; `None` where it is empty or no value of a field.
fn attribute(tree: &Tree<'_>, id: NodeId, name: &str) -> Option<String> {
    let raw = tree.attribute(id, name).filter(|raw| raw.len() <= MAX_VALUE_BYTES)?;
    spaced(&attribute_value(raw))
}

/// With single spaces and without character references.
fn clean(raw: &str) -> Option<String> {
    if raw.len() > MAX_VALUE_BYTES {
        return None;
    }
    spaced(&decoded(raw))
}

/// With single spaces; `None` where nothing is left.
fn spaced(text: &str) -> Option<String> {
    let value = text.split_whitespace().collect::<Vec<_>>().join(" ");
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

/// What the first `h1` says, without the marks of the page's software.
fn heading(tree: &Tree<'_>) -> Option<String> {
    let element = tree.first(Tag::H1)?;
    let marks = marks(tree);
    let mut raw = String::new();
    let mut id = element;
    while id < tree.node(element).end {
        if marks.binary_search(&id).is_ok() {
            id = tree.node(id).end.max(id + 1);
            continue;
        }
        raw.push_str(tree.text(id));
        id += 1;
    }
    let end = heading_end(&raw);
    clean(raw.get(..end).unwrap_or(&raw))
}

fn canonical(tree: &Tree<'_>) -> Option<String> {
    let is_canonical = |id: &NodeId| {
        tree.node(*id).tag == Tag::Link
            && tree.attribute(*id, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical"))
    };
    tree.ids().find(is_canonical).and_then(|id| attribute(tree, id, "href"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::parse;

    fn of(html: &str) -> Metadata {
        from(html, &Origin::default())
    }

    fn from(html: &str, origin: &Origin<'_>) -> Metadata {
        let tree = parse(html, 512, 10_000).expect("a small page");
        Metadata::of(&tree, &Linked::of(&tree, origin.last_day()), origin)
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
        assert_eq!(of("<h1>Usage<a class=headerlink href=#u>¶</a></h1>").title.as_deref(), Some("Usage"));
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
    fn the_day_of_publication_has_many_sources_in_an_order() {
        let day = |html: &str, origin: &Origin<'_>| from(html, origin).publish_date;
        let none = Origin::default();
        let url = Origin { url: Some("https://example.org/2024/05/06/wall"), fetched: None };
        let fetched = Origin { url: None, fetched: Some("2024-05-06T10:00:00Z") };
        let right = Some("2024-05-06".to_owned());
        for (html, origin) in [
            ("<meta property=article:published_time content=1714990830>", none),
            ("<meta name=DC.date.issued content=2024-05-06><meta name=date content=2024-06-01>", none),
            ("<meta name=date content=2024-06-01><p>Posted <b itemprop=datePublished content=2024-05-06>x</b>", none),
            ("<html lang=en><meta property=og:locale content=en_GB><meta name=date content=06/05/2024>", none),
            ("<html lang=en-US><meta name=date content=05/06/2024>", none),
            ("<meta property=article:modified_time content=2025-01-01><h1>x</h1>", url),
            ("<h1>x</h1><abbr class=published title=2024-05-06T10:00:00>yesterday</abbr>", none),
            ("<link rel=canonical href=https://example.org/2024/05/06/wall><h1>x</h1>", none),
            ("<meta property=article:published_time content=2024-05-06T23:30:00-11:00>", fetched),
            ("<meta property=article:published_time content='0000-00-00'><meta name=date content=2024-05-06>", none),
        ] {
            assert_eq!(day(html, &origin), right, "{html}");
        }
        for (html, origin) in [
            (
                "<meta property=article:modified_time content=2025-01-01><meta http-equiv=last-modified content=2025-01-01>",
                none,
            ),
            ("<meta property=article:published_time content=1970-01-01T00:00:00Z>", none),
            ("<meta property=article:published_time content=2124-05-06>", none),
            ("<meta property=article:published_time content=2024-05-09>", fetched),
            ("<html lang=en><meta name=date content=06/05/2024>", none),
            ("<meta http-equiv=date content=2024-05-06>", none),
            ("<h1>x</h1><footer>© 1999-2024 Example</footer>", none),
        ] {
            assert_eq!(day(html, &origin), None, "{html}");
        }
    }
}
