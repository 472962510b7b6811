//! Marks that a page's software puts into its text: anchors at headings, links to notes, to edit and to copy.
//!
//! They are left out before the page is cut into blocks, so that a heading reads as its author wrote it. What the
//! author wrote is not touched: `array[1]` and `§ 5` are neither links nor raised.

use crate::html::{NodeId, Tag, Tree, decode_into};
use crate::names;

/// Longest text of a mark, in bytes.
const MAX_BYTES: usize = 120;
/// Nodes of a mark that are looked at.
const MAX_NODES: u32 = 40;

/// Signs that stand for "link to this heading".
#[rustfmt::skip]
const SIGNS: &[&str] = &[
    "¶", "#", "§", "🔗", "⚓", "⚓︎", "∞", "☍", "⛓", "🖇", "⁋", "→", "⌗", "##", "link", "[link]", "[#]", "(#)", "anchor", "permalink", "•",
];
/// Signs that lead back from a note to its place.
const BACK: &[&str] = &["↩", "↩︎", "↩️", "⤴", "⤴︎", "^", "↑", "⏎", "[↩]", "[↑]", "[back]"];
/// Parts of the addresses of notes.
#[rustfmt::skip]
const NOTE_TARGETS: &[&str] = &[
    "#cite", "#fn", "#note", "#_note", "#footnote", "#ref", "#_ftn", "#endnote", "#_edn", "#en", "#_fn", "#bib", "#r",
];
/// Words on links and buttons that copy something or lead to a heading, lower case. Further words may follow those
/// in the second list.
#[rustfmt::skip]
const COPY: &[&str] = &[
    "copy", "copied", "copied!", "copy code", "copy link", "copy url", "copy permalink", "copy anchor link",
    "permalink", "direct link", "link to this section", "link to this heading", "link to heading", "link to section",
    "share link", "复制", "复制代码", "复制链接", "複製", "複製連結", "リンクをコピー", "コピー", "링크 복사", "복사", "link kopieren", "kopieren",
    "copier", "copier le lien", "lien permanent", "copiar", "copiar enlace", "enlace permanente", "copiar link",
    "copia link", "kopiuj link", "скопировать ссылку", "копировать", "link copied", "link copied!", "#",
];
#[rustfmt::skip]
const COPY_STARTS: &[&str] = &[
    "copy link to", "copy the link to", "copy permalink to", "direct link to", "permalink to", "permalink for",
    "permalink:", "permanent link to", "link to this", "link to heading", "link to section", "link to the section",
    "anchor link to", "anchor to", "jump to heading", "section titled", "section link", "链接到", "复制链接", "直接链接到",
    "direkter link zu", "direkter link zur", "link zu diesem", "lien direct vers", "lien vers cette",
    "enlace directo", "enlace a esta", "link direto para", "прямая ссылка на", "直接リンク", "이 섹션으로",
    "copier le lien vers",
];
/// What the software of wikis calls the link that edits a section, lower case.
#[rustfmt::skip]
const EDIT_WORDS: &[&str] = &[
    "edit", "edit source", "edit section", "bearbeiten", "quelltext bearbeiten", "modifier", "modifier le code",
    "wikicode", "editar", "editar código", "editar fonte", "modifica", "modifica wikitesto", "bewerken",
    "brontekst bewerken", "edytuj", "edytuj kod", "править", "править код", "редагувати", "редагувати код",
    "redigera", "redigera wikitext", "rediger", "muokkaa", "muokkaa wikitekstiä", "editovat", "szerkesztés",
    "forrásszöveg szerkesztése", "değiştir", "kaynağı değiştir", "编辑", "編輯", "编辑源代码", "編輯原始碼", "編集", "ソースを編集", "편집",
    "원본 편집", "sửa", "sửa mã nguồn", "sunting", "sunting sumber", "عدل", "عدل المصدر", "עריכה", "ویرایش", "แก้ไข",
];

/// Where in the page an element stands.
#[derive(Default)]
struct Place {
    /// Where the heading ends that is open.
    heading_end: NodeId,
    /// The heading has said something already.
    heading_speaks: bool,
    /// Letters and digits right before the element, counted up to [`WORD`]; `None` behind white space.
    word: Option<usize>,
    /// The last character before the element that is no space.
    last: Option<char>,
}

/// Letters of a word that is no variable.
const WORD: usize = 3;

/// The elements that are marks, in document order; none lies within another.
pub(crate) fn marks(tree: &Tree<'_>) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut place = Place::default();
    let mut id = 1;
    let end = tree.ids().end;
    while id < end {
        let node = tree.node(id);
        match node.tag {
            Tag::Text => place.pass(tree.text(id)),
            tag if tag.heading_level() > 0 || tag == Tag::Dt => {
                place = Place { heading_end: place.heading_end.max(node.end), ..Place::default() };
            }
            Tag::A | Tag::Sup | Tag::Span | Tag::Button | Tag::Small | Tag::Div | Tag::I | Tag::Em | Tag::Unknown
                if is_mark(tree, id, &place) =>
            {
                found.push(id);
                id = node.end.max(id + 1);
                continue;
            }
            tag if tag.is_block() => place.word = None,
            _ => {}
        }
        id += 1;
    }
    found
}

impl Place {
    fn pass(&mut self, text: &str) {
        self.heading_speaks |= text.chars().any(char::is_alphanumeric);
        self.last = text.trim_end().chars().next_back().or(self.last);
        let ends = text.chars().next_back();
        let letters = || text.chars().rev().take_while(|char| char.is_alphanumeric()).take(WORD);
        let wide = ends.is_some_and(|char| char.is_alphabetic() && !char.is_ascii());
        self.word = match ends {
            Some(char) if !char.is_whitespace() => Some(if wide { WORD } else { letters().count() }),
            _ => None,
        };
    }
}

fn is_mark(tree: &Tree<'_>, id: NodeId, place: &Place) -> bool {
    let node = tree.node(id);
    let class = names::kinds(tree.attribute(id, "class").unwrap_or(""));
    if node.tag != Tag::Div && class & names::EDIT != 0 {
        return true;
    }
    let in_heading = id < place.heading_end;
    match node.tag {
        Tag::A => is_anchor(tree, id, class, place) || is_note(tree, id, class, place),
        Tag::Sup => is_raised_note(tree, id, class, place),
        Tag::Span if class & names::REFERENCE != 0 => is_raised_note(tree, id, class, place),
        Tag::Button => label(tree, id).is_some_and(|text| is_copy(&text)),
        _ if in_heading => {
            let named = || class & (names::ANCHOR | names::ASIDE) != 0;
            // A word alone may be the author's.
            let copies = |text: &str| is_copy(text) && (text.contains(' ') || !text.is_ascii());
            let signs = |text: &str| !text.is_empty() && (is_copy(text) || is_bare_sign(text)) && named();
            label(tree, id).is_some_and(|text| (copies(&text) && place.heading_speaks) || signs(&text))
        }
        _ => false,
    }
}

/// A link at a heading that leads to the heading itself, or edits its section.
fn is_anchor(tree: &Tree<'_>, id: NodeId, class: u32, place: &Place) -> bool {
    let named = class & names::ANCHOR != 0;
    let in_heading = id < place.heading_end;
    if !in_heading && !named {
        let short = tree.node(id).end - id <= 3;
        return short && is_local(tree, id) && label(tree, id).is_some_and(|text| BACK.contains(&text.as_str()));
    }
    let Some(text) = label(tree, id) else { return false };
    // Links between brackets that are not theirs are cut off with them, see `heading_end`.
    let bare = !matches!(place.last, Some('[' | '|' | '［'));
    if in_heading && place.heading_speaks && bare && EDIT_WORDS.contains(&inner(&text)) {
        return true;
    }
    let sign = is_bare_sign(&text) || SIGNS.contains(&text.as_str()) || is_copy(&text);
    sign && (named || is_local(tree, id) || matches!(text.as_str(), "" | "¶" | "🔗"))
}

/// Nothing, or a sign or two: icons of fonts as well, which have no meaning of their own.
fn is_bare_sign(text: &str) -> bool {
    text.chars().count() <= 3 && !text.chars().any(char::is_alphanumeric)
}

/// A link to a note that is not raised: `word[1]`, of a class of notes or to a place of notes, right behind a word.
fn is_note(tree: &Tree<'_>, id: NodeId, class: u32, place: &Place) -> bool {
    if !is_local(tree, id) || place.word.is_none() {
        return false;
    }
    let target = tree.attribute(id, "href").unwrap_or("").to_ascii_lowercase();
    let to_note = class & names::REFERENCE != 0
        || tree.attribute(id, "role") == Some("doc-noteref")
        || NOTE_TARGETS.iter().any(|part| target.contains(part));
    to_note && label(tree, id).is_some_and(|text| is_bracketed(&text) && is_number(inner(&text)))
}

/// A raised mark: a link to a note, or short words in brackets such as `[citation needed]`.
fn is_raised_note(tree: &Tree<'_>, id: NodeId, class: u32, place: &Place) -> bool {
    let Some(text) = label(tree, id) else { return false };
    let link = (id..tree.node(id).end).take(MAX_NODES as usize).find(|at| tree.node(*at).tag == Tag::A);
    let of_note = |link| names::kinds(tree.attribute(link, "class").unwrap_or("")) & names::REFERENCE != 0;
    let linked = |link| is_local(tree, link) || of_note(link);
    let to_note = link.is_some_and(linked);
    let of_notes = class & names::REFERENCE != 0;
    let inner = inner(&text);
    if is_bracketed(&text) {
        // `a[1]` raised is mathematics.
        let variable = matches!(place.word, Some(1 | 2));
        return link.is_some() || of_notes || (!variable && (is_number(inner) || inner.contains(' ')));
    }
    let note = to_note || (of_notes && is_number(inner));
    note && (inner.is_empty() || is_number(inner) || is_sign(inner))
}

/// What stands between the brackets of a mark.
fn inner(text: &str) -> &str {
    text.trim_matches(['[', ']', '(', ')', ',', ' ', '\u{a0}', '［', '］', '〔', '〕'])
}

fn is_bracketed(text: &str) -> bool {
    text.starts_with(['[', '［', '〔']) && text.ends_with([']', '］', '〕'])
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 12
        && text.chars().all(|char| char.is_ascii_digit() || matches!(char, ',' | '-' | '–' | ' ' | ':' | '[' | ']'))
}

/// `a`, `b`, `*`, `†`, `nb 1` and the like.
fn is_sign(text: &str) -> bool {
    text.chars().count() <= 3
        && text.chars().all(|char| char.is_alphabetic() || matches!(char, '*' | '†' | '‡' | '§' | '¶'))
}

/// Whether a link stays on its page.
fn is_local(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.attribute(id, "href").is_none_or(|href| href.contains('#'))
}

fn is_copy(text: &str) -> bool {
    COPY.contains(&text) || COPY_STARTS.iter().any(|start| text.starts_with(start))
}

/// What an element says, lower case, without the zero-width characters that some anchors are made of; `None` if
/// that is too long for a mark.
fn label(tree: &Tree<'_>, id: NodeId) -> Option<String> {
    let end = tree.node(id).end;
    if end - id > MAX_NODES {
        return None;
    }
    let mut text = String::new();
    let mut at = id;
    while at < end {
        let node = tree.node(at);
        if matches!(node.tag, Tag::Img | Tag::Math | Tag::Code) {
            return None;
        }
        if node.tag.is_invisible() {
            at = node.end.max(at + 1);
            continue;
        }
        decode_into(tree.text(at), &mut text);
        if text.len() > MAX_BYTES {
            return None;
        }
        at += 1;
    }
    let shown: String = text.chars().filter(|char| !is_zero_width(*char)).collect();
    Some(shown.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
}

fn is_zero_width(char: char) -> bool {
    matches!(char, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// Where a heading ends once the links that edit its section are cut off: `History[edit | edit source]`.
pub(crate) fn heading_end(text: &str) -> usize {
    let trimmed = text.trim_end();
    let cut = || {
        let inner = trimmed.strip_suffix([']', '］'])?;
        let at = inner.rfind(['[', '［'])?;
        let words = inner.get(at..)?.trim_start_matches(['[', '［']).to_lowercase();
        let words = words.replace('\u{a0}', " ");
        let all = words.split(['|', '·', '/']).all(|word| EDIT_WORDS.contains(&word.trim()));
        (all && at > 0).then_some(at)
    };
    let end = cut().unwrap_or(trimmed.len());
    trimmed.get(..end).unwrap_or(trimmed).trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Method, Options, extract};

    fn full(html: &str) -> String {
        let filler =
            "<p>The old bridge was built by the villagers, stone by stone, and it has stood for two hundred years.</p>";
        let options = Options { method: Method::MainContent, ..Options::default() };
        let page = format!("<article><h1>Bridges</h1>{filler}{html}{filler}{filler}</article>");
        let text = extract(&page, &options).expect("a small page").text;
        let lines = text.lines().filter(|line| !line.starts_with("The old bridge") && *line != "Bridges");
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn headings_read_as_they_were_written() {
        for heading in [
            "Usage<a class=headerlink href=#u title=Permalink>¶</a>",
            "Usage<a class=headerlink href=#u>&para;</a>",
            "Usage<a href=#u class=hash-link aria-label='Direct link to Usage'>&#8203;</a>",
            "Usage <a class=anchor href=#u>#</a>",
            "<a class=anchorjs-link href=#u aria-hidden=true>#</a> Usage",
            "<a class=doc-anchor href=#u>§</a>Usage",
            "Usage <button class=copy-link>Copy link</button><span class=visually-hidden>Copy link to Usage</span>",
            "Usage <a href=#u class=header-anchor>🔗</a>",
            "Usage<a href=/page#u><svg><path d=M1></path></svg></a>",
            "Usage<span class=mw-editsection><span>[</span><a href=/edit>edit</a><span>]</span></span>",
            "Usage[<a href=/edit>edit</a>]",
            "Usage [<a href=/e>edit</a> | <a href=/s>edit source</a>]",
            "Usage<span>[</span><a href=/e>Bearbeiten</a><span>]</span>",
            "Usage [编辑]",
            "<span class=anchor>#</span> Usage",
            "Usage<clipboard-copy value=u>Copy link</clipboard-copy>",
            "Usage<a class=headerlink href=#u title='Link to this heading'>\u{f0c1}</a>",
        ] {
            assert_eq!(full(&format!("<h2>{heading}</h2>")), "Usage", "{heading}");
        }
    }

    #[test]
    fn headings_that_look_alike_stay() {
        for heading in ["C# and F#", "§ 5 Repair", "Issue #12", "Arrays: a[1]", "Edit", "The [edit] button", "Copy"] {
            assert_eq!(full(&format!("<h2>{heading}</h2>")), heading);
        }
        assert_eq!(full("<h2><a href=/usage>Usage</a></h2>"), "Usage");
        assert_eq!(full("<h2><a href=#usage>Usage of it</a></h2>"), "Usage of it");
        assert_eq!(full("<h3><button>How do I build a bridge?</button></h3>"), "How do I build a bridge?");
    }

    #[test]
    fn marks_of_notes_go_and_brackets_of_authors_stay() {
        for (html, right) in [
            ("built.<sup id=cite_ref-1 class=reference><a href=#cite_note-1>&#91;1&#93;</a></sup> Then", "built. Then"),
            ("built<sup><a href=#fn1 id=fnref1>1</a></sup> by", "built by"),
            ("built.<sup>[12]</sup> Then", "built. Then"),
            ("built<sup class=noprint>[<i>citation needed</i>]</sup> by", "built by"),
            ("built<sup>[<i><a href=/wiki/CN>citation needed</a></i>]</sup> by", "built by"),
            ("石头砌成。<sup class=sup--normal data-sup=1>[1]</sup>后来", "石头砌成。后来"),
            ("built<a href=#_ftn1 class=footnote-ref>[1]</a> by", "built by"),
            ("the value array[1] is", "the value array[1] is"),
            ("under § 5 of the law", "under § 5 of the law"),
            ("In <a href=#bib1>[1]</a>, it is", "In [1], it is"),
            ("see <a href=#usage>Usage</a> #1", "see Usage #1"),
        ] {
            let text = "stone by stone, and it has stood for two hundred years, while the river rose and fell";
            assert_eq!(full(&format!("<p>{html} {text}.</p>")), format!("{right} {text}."));
        }
    }

    #[test]
    fn what_is_raised_without_a_note_stays() {
        let text = "stone by stone, and it has stood for two hundred years, while the river rose and fell";
        for (html, part) in [
            ("10<sup>6</sup> stones", "6"),
            ("a<sup>[1]</sup> is a layer", "[1]"),
            ("the 1<sup>st</sup> of May", "st"),
            ("the mark<sup>TM</sup> of it", "TM"),
            ("x<sup><a href=/powers>2</a></sup> of it", "2"),
        ] {
            let found = full(&format!("<p>{html} {text}.</p>"));
            let before = found.split(text).next().unwrap_or("");
            assert!(before.contains(part), "{html}: {found}");
        }
    }

    #[test]
    fn edit_links_are_cut_off_headings_only_as_a_whole() {
        for (text, right) in [
            ("History[edit]", "History"),
            ("History [ edit | edit source ]", "History"),
            ("歴史[編集]", "歴史"),
            ("History [1874]", "History [1874]"),
            ("[edit]", "[edit]"),
            ("operator[]", "operator[]"),
            ("", ""),
        ] {
            assert_eq!(text.get(..heading_end(text)), Some(right), "{text}");
        }
    }
}
