//! Dates that a page shows, by the lines that they stand in.

use std::collections::VecDeque;

use crate::dates::{Day, Order, day, find};
use crate::html::{NodeId, Tag, Tree, decode_into};
use crate::names;

/// The first plausible day of each kind that the page shows.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Shown {
    /// In a line that calls it the day of publication.
    pub labelled: Option<Day>,
    /// A `time` element in a short line.
    pub time: Option<Day>,
    /// In a short line of an element whose class or id is that of a date or byline.
    pub named: Option<Day>,
    /// A line just below the heading that is hardly more than a date.
    pub bare: Option<Day>,
}

/// Longest line, in bytes, that a date is looked for in.
const MAX_LINE: usize = 400;
/// Lines before and after the heading in which dates of the page stand.
const BEFORE: usize = 5;
const AFTER: usize = 30;
/// Lines below the heading in which a date without any sign of what it is counts.
const BARE_AFTER: usize = 6;
/// Words that a line about the page may have beside its date.
const MAX_WORDS: usize = 16;

/// Words before the day of publication, lower case.
#[rustfmt::skip]
const PUBLISHED: &[&str] = &[
    "published", "posted", "date published", "publication date", "published on", "first published", "released on",
    "veröffentlicht", "erschienen", "erstellt am", "publié", "paru le", "mis en ligne", "publicado", "publicada",
    "fecha de publicación", "pubblicato", "pubblicata", "gepubliceerd", "geplaatst", "opublikowano", "dodano",
    "опубликовано", "дата публикации", "опубліковано", "yayınlanma", "yayınlandı", "publicerad", "publisert",
    "julkaistu", "publikováno", "vydáno", "publicat", "đăng", "diterbitkan", "δημοσιεύθηκε", "نشر", "发布", "發布", "发表",
    "發表", "刊登", "公開日", "投稿日", "掲載日", "公開", "입력", "게시", "등록",
];
/// Words before other days, lower case.
#[rustfmt::skip]
const OTHER_DAYS: &[&str] = &[
    "updated", "modified", "edited", "last update", "revised", "reviewed", "aktualisiert", "geändert", "mis à jour",
    "mise à jour", "modifié", "actualizado", "atualizado", "aggiornato", "bijgewerkt", "zaktualizowano", "обновлено",
    "оновлено", "güncelleme", "uppdaterad", "oppdatert", "päivitetty", "更新", "修改", "編集", "수정", "event", "deadline",
    "starts", "expires", "until", "valid", "born", "died", "joined", "member since", "last seen", "registered",
    "copyright", "©", "accessed", "retrieved", "today is", "今天是", "活动时间", "截止", "访问",
];

/// Nodes of the page in document order without the elements that are about other things: comments, related pages,
/// sidebars, footers. What is around the main heading is about the page.
pub(super) fn outside_others(tree: &Tree<'_>) -> impl Iterator<Item = NodeId> {
    let heading = heading(tree);
    let end = tree.ids().end;
    let mut next = 1;
    let mut article_end = 0;
    std::iter::from_fn(move || {
        while next < end {
            let id = next;
            let node = tree.node(id);
            if matches!(node.tag, Tag::Article | Tag::Main) {
                article_end = article_end.max(node.end);
            }
            let around = heading.is_some_and(|heading| id <= heading && heading < node.end);
            if !around && is_other(tree, id, id < article_end) {
                next = node.end;
                continue;
            }
            next = id + 1;
            return Some(id);
        }
        None
    })
}

fn heading(tree: &Tree<'_>) -> Option<NodeId> {
    tree.first(Tag::H1).or_else(|| tree.first(Tag::H2))
}

fn is_other(tree: &Tree<'_>, id: NodeId, in_article: bool) -> bool {
    match tree.node(id).tag {
        Tag::Title
        | Tag::Textarea
        | Tag::Nav
        | Tag::Aside
        | Tag::Script
        | Tag::Style
        | Tag::Noscript
        | Tag::Select
        | Tag::Template => true,
        // Those of an article may say when it was written; those of the site, what day it is today.
        Tag::Header | Tag::Footer => !in_article,
        Tag::Text | Tag::Html | Tag::Body | Tag::Main | Tag::Article | Tag::Head | Tag::Meta => false,
        _ => kinds(tree, id) & names::OTHERS != 0,
    }
}

/// What the classes and the id of an element say that it is, bits of [`names`].
fn kinds(tree: &Tree<'_>, id: NodeId) -> u32 {
    let of = |name: &str| tree.attribute(id, name).map_or(0, names::kinds);
    of("class") | of("id")
}

/// A line that is being gathered.
#[derive(Default)]
struct Line {
    text: String,
    /// Class or id of an element in or around it says that it is of a date; or of another one.
    dated: bool,
    other: bool,
    /// Value of its first `time` element.
    time: Option<Day>,
}

/// What the page shows; days after `last` are none.
pub(super) fn visible(tree: &Tree<'_>, order: Order, last: Day) -> Shown {
    let mut search = Search {
        order,
        last,
        shown: Shown::default(),
        since_heading: None,
        before: VecDeque::new(),
        in_article: false,
        any: Shown::default(),
    };
    let heading = heading(tree);
    let mut line = Line::default();
    let mut article_end = 0;
    let mut open: Vec<Open> = Vec::new();
    for id in outside_others(tree) {
        let node = tree.node(id);
        while open.last().is_some_and(|block| block.end <= id) {
            open.pop();
            search.end(&std::mem::replace(&mut line, Line::within(&open)));
        }
        if heading == Some(id) {
            search.end(&std::mem::take(&mut line));
            search.reach_heading();
        }
        if search.is_done() {
            break;
        }
        match node.tag {
            Tag::Text if line.text.len() < MAX_LINE => decode_into(tree.text(id), &mut line.text),
            Tag::Text => {}
            Tag::Br => search.end(&std::mem::replace(&mut line, Line::within(&open))),
            tag if tag.is_block() => {
                let mut own = Line::default();
                own.note(tree, id, order, last);
                open.push(Open { end: node.end, dated: own.dated, other: own.other });
                search.end(&std::mem::replace(&mut line, Line::within(&open)));
            }
            _ => line.note(tree, id, order, last),
        }
        if matches!(node.tag, Tag::Article | Tag::Main) {
            article_end = article_end.max(node.end);
        }
        search.in_article = id < article_end;
    }
    search.end(&line);
    search.finish(heading.is_some())
}

/// A block that is open.
struct Open {
    end: NodeId,
    dated: bool,
    other: bool,
}

/// Blocks around a line whose names say what it is: its own and the one around that.
const NEAR: usize = 2;

impl Line {
    /// A line that begins in the open blocks.
    fn within(open: &[Open]) -> Self {
        let near = || open.iter().rev().take(NEAR);
        Self { dated: near().any(|block| block.dated), other: near().any(|block| block.other), ..Self::default() }
    }

    /// Notes what an element says about the line that it begins or lies in.
    fn note(&mut self, tree: &Tree<'_>, id: NodeId, order: Order, last: Day) {
        let tag = tree.node(id).tag;
        let kinds = kinds(tree, id);
        let other = kinds & names::OTHER_DATE != 0;
        if !matches!(tag, Tag::Html | Tag::Body | Tag::Main | Tag::Article) {
            self.other |= other;
            self.dated |= kinds & names::DATED != 0;
        }
        if tag == Tag::Time && self.time.is_none() && !other {
            let value = tree.attribute(id, "datetime").and_then(|value| day(value, order));
            self.time = value.filter(|day| day.is_plausible(last));
        }
    }
}

struct Search {
    order: Order,
    last: Day,
    shown: Shown,
    /// Lines since the heading.
    since_heading: Option<usize>,
    /// What the last lines before the heading show.
    before: VecDeque<Shown>,
    /// Within the element of an article.
    in_article: bool,
    /// What is shown anywhere, for pages without a heading.
    any: Shown,
}

impl Search {
    fn is_done(&self) -> bool {
        self.shown.labelled.is_some() || self.since_heading.is_some_and(|lines| lines > AFTER && self.has_any())
    }

    fn has_any(&self) -> bool {
        self.shown.time.is_some() || self.shown.named.is_some() || self.shown.bare.is_some()
    }

    /// Of the lines before the heading only the nearest count.
    fn reach_heading(&mut self) {
        if self.since_heading.is_none() {
            self.since_heading = Some(0);
            for (distance, shown) in self.before.drain(..).rev().enumerate() {
                self.shown.fill(&Shown { bare: shown.bare.filter(|_| distance == 0), ..shown });
            }
        }
    }

    /// Takes a line in.
    fn end(&mut self, line: &Line) {
        let text = line.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return;
        }
        let speaks = line.time.is_some() || has_year(&text);
        let mut found = if text.len() > MAX_LINE || !speaks { Shown::default() } else { self.look(&text, line) };
        match self.since_heading.as_mut() {
            None => {
                self.any.fill(&Shown { bare: None, ..found });
                // Above an article stands what day it is today.
                found.bare = found.bare.filter(|_| self.in_article);
                if self.before.len() == BEFORE {
                    self.before.pop_front();
                }
                self.before.push_back(found);
            }
            Some(lines) => {
                *lines += 1;
                if *lines > BARE_AFTER {
                    found.bare = None;
                }
                if *lines > AFTER {
                    found.named = None;
                    found.time = None;
                }
                self.shown.fill(&found);
            }
        }
    }

    /// Pages without a heading: what is named or labelled counts wherever it stands.
    fn finish(mut self, has_heading: bool) -> Shown {
        if !has_heading {
            self.shown.fill(&self.any);
        }
        self.shown
    }

    /// The days that a line shows.
    fn look(&self, text: &str, line: &Line) -> Shown {
        let mut shown = Shown::default();
        let mut from = 0;
        while let Some((day, place)) = text.get(from..).and_then(|rest| find(rest, self.order)) {
            let (start, end) = (from + place.start, from + place.end);
            let before = text.get(from..start).unwrap_or("").to_lowercase();
            from = end;
            let label = last_of(&before, PUBLISHED);
            let other = last_of(&before, OTHER_DAYS);
            if !day.is_plausible(self.last) || (other.is_some() && other >= label) {
                continue;
            }
            let rest = words(text.get(..start).unwrap_or("")) + words(text.get(end..).unwrap_or(""));
            let short = rest <= MAX_WORDS;
            let at_start = label.is_some_and(|at| words(before.get(..at).unwrap_or("")) <= 1);
            if label.is_some() && short && (at_start || line.dated || text.contains(['|', '·', '•', '—'])) {
                shown.labelled = Some(day);
            }
            if short && !line.other && !text.contains('©') {
                shown.named = line.dated.then_some(day);
                shown.bare = (rest <= 4 && !text.ends_with(['.', '。'])).then_some(day);
            }
            break;
        }
        let prose = words(text) > MAX_WORDS + 6;
        let other = last_of(&text.to_lowercase(), OTHER_DAYS).is_some() && shown.named.is_none();
        if !prose && !line.other && !other {
            shown.time = line.time;
        }
        shown
    }
}

impl Shown {
    /// Takes over what is not known yet.
    fn fill(&mut self, other: &Self) {
        self.labelled = self.labelled.or(other.labelled);
        self.time = self.time.or(other.time);
        self.named = self.named.or(other.named);
        self.bare = self.bare.or(other.bare);
    }
}

/// Whether a text has four digits in a row: the cheap question before the others.
fn has_year(text: &str) -> bool {
    text.as_bytes().windows(4).any(|window| window.iter().all(u8::is_ascii_digit))
}

/// Where the last of the words starts, if the text has any. Latin words start where no letter stands before.
fn last_of(text: &str, words: &[&str]) -> Option<usize> {
    let starts =
        |at: usize| text.get(..at).and_then(|before| before.chars().last()).is_none_or(|char| !char.is_alphabetic());
    let last = |word: &&str| {
        let latin = word.starts_with(|char: char| char.is_alphabetic() && u32::from(char) < 0x2e80);
        text.rmatch_indices(*word).map(|(at, _)| at).find(|at| !latin || starts(*at))
    };
    words.iter().filter_map(last).max()
}

/// Words of a text; of scripts without spaces every three characters count as one.
fn words(text: &str) -> usize {
    let ideographs = text.chars().filter(|char| u32::from(*char) >= 0x2e80 && char.is_alphabetic()).count();
    let mut words = 0;
    let mut inside = false;
    for char in text.chars() {
        let letter = char.is_alphanumeric() && u32::from(char) < 0x2e80;
        words += usize::from(letter && !inside);
        inside = letter || (inside && matches!(char, '\'' | '’'));
    }
    words + ideographs.div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::LAST;
    use crate::html::parse;

    fn day_of(body: &str) -> Option<String> {
        let tree = parse(body, 512, 10_000).expect("a small page");
        let shown = visible(&tree, Order::Unknown, LAST);
        shown.labelled.or(shown.time).or(shown.named).or(shown.bare).map(Day::iso)
    }

    const PROSE: &str = "<p>The wall was built in three summers, and each of them left its own mark in the stone.</p>";

    #[test]
    fn days_by_the_heading_are_the_page_s() {
        for line in [
            "<p class=date>May 6, 2024</p>",
            "<p class=date>6. Mai 2024</p>",
            "<div class=info><span>发布时间：2024年5月6日 10:20</span> 来源：示例日报</div>",
            "<span class=time>2024-05-06 10:20:30</span>",
            "<p>6 May 2024</p>",
            "<p class=byline>By A. Writer, <time datetime=2024-05-06T10:20>6 May 2024</time></p>",
            "<p>By A. Writer | Published 6 May 2024 | Updated 7 May 2024</p>",
            "<p>Updated 7 May 2024. Published 6 May 2024</p>",
            "<p>Veröffentlicht am 6. Mai 2024</p>",
            "<p>Publié le 6 mai 2024 à 10h20</p>",
            "<div class=post-meta><p>6 May 2024</p></div>",
            "<div>投稿日：2024年5月6日</div>",
            "<footer>Posted on <time datetime=2024-05-06>yesterday</time></footer>",
        ] {
            let page = format!("<article><h1>The wall</h1>{line}{PROSE}</article>");
            assert_eq!(day_of(&page).as_deref(), Some("2024-05-06"), "{line}");
        }
    }

    #[test]
    fn other_days_are_not() {
        for line in [
            "<p>The harbour fair of 12 July 2019 was the first of its kind in the town and drew many people from afar.</p>",
            "<p>The fair of <time datetime=2019-07-12>12 July</time> was the first of its kind in the town, and it drew \
                many people from both sides of the bay and from the islands.</p>",
            "<p class=updated>6 May 2024</p>",
            "<p>Last updated: 6 May 2024</p>",
            "<p>更新时间：2024年5月6日</p>",
            "<div class=event-date>6 May 2024</div>",
            "<p>© 2024-05-06 Example</p>",
            "<div class=comments><div class=comment><time datetime=2024-07-01>1 July 2024</time> Nice.</div></div>",
            "<aside><p class=date>6 May 2024</p></aside>",
            "<p>His book was published on 6 May 2019 by a small house in the north, and nobody but his family read it \
                until the wall fell into the sea years after that.</p>",
            "<p class=date>6 May 2124</p>",
        ] {
            let page = format!("<article><h1>The wall</h1>{line}{PROSE}</article><footer>2024-05-06 © 2024</footer>");
            assert_eq!(day_of(&page), None, "{line}");
        }
    }

    #[test]
    fn the_day_above_the_site_s_name_is_not_the_page_s() {
        assert_eq!(day_of(&format!("<header><p class=date>6 May 2024</p></header><h1>The wall</h1>{PROSE}")), None);
        let filler = "<p>word</p>".repeat(10);
        assert_eq!(day_of(&format!("<p class=date>6 May 2024</p>{filler}<h1>The wall</h1>{PROSE}")), None);
        let article = format!("<article><p class=kicker>6 May 2024</p><h1>The wall</h1>{PROSE}</article>");
        assert_eq!(day_of(&article).as_deref(), Some("2024-05-06"));
        assert_eq!(
            day_of(&format!("<p class=kicker-date>6 May 2024</p><h1>The wall</h1>{PROSE}")).as_deref(),
            Some("2024-05-06")
        );
    }
}
