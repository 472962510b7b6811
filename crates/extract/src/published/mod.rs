//! On which day a page was published, by what it says of itself, its address and what it shows.

mod lines;

use crate::dates::{Day, Order, day};
use crate::html::{NodeId, Tag, Tree};
use lines::visible;

/// Names of `meta` elements that hold the day of publication, lower case.
#[rustfmt::skip]
const PUBLISHED: &[&str] = &[
    "article:published_time", "article:published", "og:article:published_time", "og:published_time", "og:pubdate",
    "datepublished", "date_published", "published_time", "published_at", "published", "publishdate", "publish-date",
    "publish_date", "publisheddate", "publication_date", "publication-date", "publicationdate", "pubdate",
    "pub_date", "originalpublicationdate", "article_date_original", "article.published", "parsely-pub-date",
    "sailthru.date", "bt:pubdate", "rnews:datepublished", "apub:time", "bytedance:published_time",
    "weibo:article:create_at", "citation_publication_date", "citation_online_date", "prism.publicationdate",
    "dc.date.issued", "dcterms.issued", "dc.issued",
];

/// Names that pages mostly use for the day of publication, lower case.
#[rustfmt::skip]
const GENERAL: &[&str] = &[
    "date", "dc.date", "dcterms.date", "dc.date.created", "dcterms.created", "dc.created", "article.created",
    "citation_date", "eprints.date", "release_date", "releasedate", "date_created", "datecreated",
];

/// What is known of a page for its day.
pub(crate) struct Facts<'f> {
    /// Names, lower case, and values of the `meta` elements.
    pub metas: &'f [(String, String)],
    /// What the JSON-LD says.
    pub linked: Option<Day>,
    /// Addresses of the page, the best first.
    pub urls: [Option<&'f str>; 2],
    /// Locale or language that the page gives.
    pub locale: Option<&'f str>,
    /// Later days are in the future.
    pub last: Day,
}

/// The day of publication, `YYYY-MM-DD`; `None` where the page does not tell. In order: `meta` elements that name
/// publication, JSON-LD, microdata, other `meta` elements, what the page shows and calls publication, `time`
/// elements by the heading, the address, dates shown by the heading. Days of changes, comments, events and
/// copyrights are none, nor are days before the web and in the future.
pub(crate) fn published(tree: &Tree<'_>, facts: &Facts<'_>) -> Option<String> {
    let order = facts.locale.map_or(Order::Unknown, Order::of_locale);
    let url = facts.urls.iter().flatten().copied().next();
    let order = if order == Order::Unknown { url.map_or(order, Order::of_url) } else { order };
    let plausible = |day: &Day| day.is_plausible(facts.last);
    let read = |value: &str| day(value, order).filter(plausible);
    let meta = |names: &[&str]| {
        let named = |name: &&str| {
            let mut of_name = facts.metas.iter().filter(|(known, _)| known == name);
            of_name.find_map(|(_, value)| read(value))
        };
        names.iter().find_map(named)
    };
    let said = meta(PUBLISHED)
        .or(facts.linked.filter(plausible))
        .or_else(|| microdata(tree, &read))
        .or_else(|| meta(GENERAL))
        .or_else(|| marked_time(tree, &read));
    let found = said.or_else(|| {
        let shown = visible(tree, order, facts.last);
        let of_url = || facts.urls.iter().flatten().find_map(|url| of_address(url).filter(plausible));
        shown.labelled.or(shown.time).or_else(of_url).or(shown.named).or(shown.bare)
    });
    found.map(Day::iso)
}

/// The first element with the item property `datePublished`, outside comments: its value or its text.
fn microdata(tree: &Tree<'_>, read: &dyn Fn(&str) -> Option<Day>) -> Option<Day> {
    let marked = |id: &NodeId| {
        ["itemprop", "property"].iter().any(|name| {
            tree.attribute(*id, name).is_some_and(|value| {
                let mut words = value.split([' ', ':']);
                words.any(|word| word.eq_ignore_ascii_case("datePublished"))
            })
        })
    };
    let value = |id: NodeId| {
        let attribute = ["content", "datetime"].iter().find_map(|name| tree.attribute(id, name));
        attribute.map_or_else(|| (id..tree.node(id).end).take(20).map(|at| tree.text(at)).collect(), str::to_owned)
    };
    // What an element is about is a dear question, and hardly any page has such a property.
    let first = tree.ids().find(marked)?;
    let outside = lines::outside_others(tree).skip_while(|id| *id < first);
    outside.filter(marked).find_map(|id| read(&value(id)))
}

/// The first element that is marked as the day of publication: a `time`, or one of a class of microformats.
fn marked_time(tree: &Tree<'_>, read: &dyn Fn(&str) -> Option<Day>) -> Option<Day> {
    let marked = |id: &NodeId| {
        let tag = tree.node(*id).tag;
        let says = |word: &str| tree.attribute(*id, "class").is_some_and(|value| value.contains(word));
        matches!(tag, Tag::Time | Tag::Abbr)
            && (tree.attribute(*id, "pubdate").is_some() || says("publish") || says("entry-date"))
    };
    let value = |id: NodeId| ["datetime", "title"].iter().find_map(|name| tree.attribute(id, name));
    tree.ids().find(marked)?;
    lines::outside_others(tree).filter(marked).filter_map(value).find_map(read)
}

/// The day in the path of an address: `/2024/05/06/`, `/2024-05/06/`, `/2024/may/06/`, `20240506`.
fn of_address(url: &str) -> Option<Day> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest).split_once('/')?.1;
    let path = path.split(['?', '#']).next()?;
    let runs: Vec<&str> = path.split(['/', '-', '_', '.']).collect();
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        let fits = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse::<u32>().ok()).flatten()
    };
    let parts = runs.windows(3).find_map(|run| {
        let [year, month, day] = run else { return None };
        let month = number(month, 1..=2).or_else(|| month_name(month))?;
        Day::new(number(year, 4..=4).filter(|year| (1990..2100).contains(year))?, month, number(day, 1..=2)?)
    });
    parts.or_else(|| {
        runs.iter().find_map(|run| {
            let digits = run.trim_start_matches(|char: char| char.is_ascii_alphabetic());
            let value = number(digits, 8..=8)?;
            Day::new(value / 10_000, value / 100 % 100, value % 100)
        })
    })
}

fn month_name(text: &str) -> Option<u32> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = text.to_ascii_lowercase();
    let at = NAMES.iter().position(|name| *name == lower)?;
    u32::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_from_addresses() {
        for (url, right) in [
            ("https://example.org/2024/05/06/wall.html", Some("2024-05-06")),
            ("https://example.org/news/2024/5/6/", Some("2024-05-06")),
            ("https://example.org/world/2024/may/06/wall", Some("2024-05-06")),
            ("https://example.org/2024-05/06/content_1234.htm", Some("2024-05-06")),
            ("https://example.org/blog/2024-05-06-wall", Some("2024-05-06")),
            ("https://example.org/n1/20240506/c1-1.html", Some("2024-05-06")),
            ("https://example.org/t20240506_1234.shtml", Some("2024-05-06")),
            ("https://example.org/2024/05/wall", None),
            ("https://example.org/?d=2024-05-06", None),
            ("https://example.org/item/1234567890123", None),
            ("https://2024.05.06.example.org/", None),
            ("", None),
        ] {
            assert_eq!(of_address(url).map(Day::iso).as_deref(), right, "{url}");
        }
    }
}
