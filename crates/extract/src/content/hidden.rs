//! Text that a page does not show: by attribute, by inline style, by the class names that everyone uses
//! for readers of screens.
//!
//! 1. What a reader opens with a click (tabs, accordions, answers) is shown.
//! 2. Hidden text is left out only where the page has other main text: some sites hide the whole
//!    article until a script has run, and then the article is what is hidden.

use std::collections::HashSet;

use super::hints::{self, NAVIGATION, OVERLAY};
use super::segment::Segments;
use crate::html::{NodeId, Tag, Tree};

/// Less hidden text than this, in letters, is no article.
const ARTICLE: f32 = 150.0;
/// Hidden text that is this many times as long as what is shown of the main text is not left out: at least half of
/// what the model takes remains.
const OUTWEIGHS: f32 = 1.0;
/// A hidden element is the article where the model takes this share of its text.
const MOSTLY: f32 = 0.5;
/// Nodes before a hidden element among which the button that opens it is looked for.
const SWITCH_REACH: NodeId = 40;
/// Rounds of looking into a shown element for hidden ones in it.
const ROUNDS: usize = 4;

/// What an element says of being seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Nothing.
    Plain,
    /// It and all in it is not shown.
    Gone,
    /// It is not shown; what is in it can be, if it says so.
    Unseen,
    /// It is shown although what is around it is not (`visibility: visible`).
    Seen,
}

/// An element that is not shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root {
    /// Number of the hidden element around it, 0 where there is none.
    pub parent: u32,
}

/// Tells which elements are not shown.
#[derive(Default)]
pub(crate) struct Eyes<'a> {
    /// Ids that something on the page opens, once they were asked for.
    opened: Option<HashSet<&'a str>>,
}

impl<'a> Eyes<'a> {
    /// What the element says of being seen.
    pub(crate) fn sight(&mut self, tree: &Tree<'a>, id: NodeId) -> Sight {
        let node = tree.node(id);
        if matches!(node.tag, Tag::Html | Tag::Body) {
            // A page hidden as a whole is shown by a script: there is nothing else to see.
            return Sight::Plain;
        }
        let mut sight = Sight::Plain;
        let mut gone = false;
        for attribute in tree.attributes(id) {
            let name = tree.slice(attribute.name);
            let value = tree.slice(attribute.value);
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            match name.len() {
                5 if is("style") => match of_style(value) {
                    Sight::Plain => {}
                    found => sight = found,
                },
                5 if is("class") => gone |= for_screen_readers(value),
                6 if is("hidden") && !value.eq_ignore_ascii_case("until-found") => sight = Sight::Gone,
                11 if is("aria-hidden") && node.tag.is_block() && value.eq_ignore_ascii_case("true") => {
                    sight = if sight == Sight::Plain { Sight::Gone } else { sight };
                }
                _ => {}
            }
        }
        if node.tag == Tag::Dialog && tree.attribute(id, "open").is_none() {
            return Sight::Gone;
        }
        if gone {
            return Sight::Gone;
        }
        if matches!(sight, Sight::Gone | Sight::Unseen) && self.opens(tree, id) {
            return Sight::Plain;
        }
        sight
    }

    /// Whether a reader opens the element with a click: a tab, an accordion's panel, an answer.
    fn opens(&mut self, tree: &Tree<'a>, id: NodeId) -> bool {
        let role = tree.attribute(id, "role").unwrap_or("");
        let names = [tree.attribute(id, "class").unwrap_or(""), tree.attribute(id, "id").unwrap_or("")];
        let kinds = names
            .iter()
            .fold(hints::of_tag(tree.node(id).tag) | hints::of_role(role), |found, name| found | hints::of_names(name));
        let shuts = 1 << NAVIGATION | 1 << OVERLAY | hints::of_tag(Tag::Nav) | hints::of_tag(Tag::Dialog);
        if kinds & shuts != 0 && tree.node(id).tag != Tag::Details {
            return false;
        }
        let panel = role.eq_ignore_ascii_case("tabpanel") || names.iter().any(|name| words(name).any(is_panel));
        if panel || follows_a_switch(tree, id) {
            return true;
        }
        let own = names[1].trim();
        !own.is_empty() && self.opened.get_or_insert_with(|| opened(tree)).contains(own)
    }
}

/// The ids that buttons and links of the page open.
fn opened<'a>(tree: &Tree<'a>) -> HashSet<&'a str> {
    let mut found = HashSet::new();
    for attribute in &tree.attributes {
        let name = tree.slice(attribute.name);
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("aria-controls") || is("data-target") || is("data-bs-target") || is("href") {
            let value = tree.slice(attribute.value).trim();
            let target = value.strip_prefix('#');
            if is("aria-controls") {
                found.extend(value.split_ascii_whitespace());
            } else if let Some(target) = target.filter(|target| !target.is_empty()) {
                found.insert(target);
            }
        }
    }
    found
}

/// Whether a button that says whether something is open stands right before the element.
fn follows_a_switch(tree: &Tree<'_>, id: NodeId) -> bool {
    let depth = tree.node(id).depth;
    let before = (id.saturating_sub(SWITCH_REACH)..id).rev();
    let near = before.take_while(|at| tree.node(*at).depth.saturating_add(2) >= depth);
    near.filter(|at| tree.node(*at).tag != Tag::Text).any(|at| tree.attribute(at, "aria-expanded").is_some())
}

/// The words of a class or id, also where capitals start them.
fn words(names: &str) -> impl Iterator<Item = &str> {
    let parts = names.split(|char: char| !char.is_ascii_alphanumeric());
    parts.flat_map(|part| {
        let bytes = part.as_bytes();
        let starts = |at: usize| at == 0 || (bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase());
        let cuts: Vec<usize> = (0..bytes.len()).filter(|at| starts(*at)).chain([bytes.len()]).collect();
        cuts.windows(2).filter_map(|pair| part.get(pair[0]..pair[1])).collect::<Vec<&str>>()
    })
}

fn is_panel(word: &str) -> bool {
    const PANELS: [&str; 17] = [
        "accordion",
        "accordions",
        "answer",
        "answers",
        "collapse",
        "collapsed",
        "collapsible",
        "expand",
        "expandable",
        "faq",
        "fold",
        "more",
        "spoiler",
        "tab",
        "tabpanel",
        "tabs",
        "toggle",
    ];
    PANELS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a class says that the element is for readers of screens only.
fn for_screen_readers(class: &str) -> bool {
    const NAMES: [&str; 9] = [
        "sr-only",
        "visually-hidden",
        "visuallyhidden",
        "screen-reader-text",
        "screen-reader-only",
        "screenreader-only",
        "element-invisible",
        "usa-sr-only",
        "u-visually-hidden",
    ];
    // None of the names is shorter.
    class.len() >= 7
        && class.split_ascii_whitespace().any(|token| NAMES.iter().any(|name| token.eq_ignore_ascii_case(name)))
}

/// What an inline style says of being seen.
fn of_style(style: &str) -> Sight {
    let mut sight = Sight::Plain;
    let (mut lifted, mut clipped, mut tiny, mut cut) = (false, false, 0, false);
    for declaration in style.split(';') {
        let Some((name, value)) = declaration.split_once(':') else { continue };
        let name = name.trim();
        let value = value.split('!').next().unwrap_or("").trim();
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let says = |known: &str| value.eq_ignore_ascii_case(known);
        if is("display") && says("none") {
            return Sight::Gone;
        } else if is("visibility") {
            sight = match () {
                () if says("hidden") || says("collapse") => Sight::Unseen,
                () if says("visible") => Sight::Seen,
                () => sight,
            };
        } else if is("position") {
            lifted = says("absolute") || says("fixed");
        } else if is("clip") || is("clip-path") {
            clipped |= value.contains("rect(0") || value.contains("rect(1px") || value.contains("inset(");
        } else if is("width") || is("height") {
            tiny += u8::from(matches!(value, "0" | "0px" | "1px"));
        } else if is("overflow") {
            cut = says("hidden");
        } else if is("left") || is("top") || is("text-indent") || is("right") {
            let far = pixels(value).is_some_and(|pixels| pixels <= -999.0);
            if far && is("text-indent") {
                return Sight::Gone;
            }
            clipped |= far;
        }
    }
    // What is put out of sight for readers of screens: out of the flow, and cut to nothing or far away.
    if lifted && (clipped || (cut && tiny == 2)) { Sight::Gone } else { sight }
}

/// The number of a length in pixels, or in em at 16 pixels.
fn pixels(value: &str) -> Option<f32> {
    let number = value.trim_end_matches(|char: char| char.is_ascii_alphabetic() || char == '%');
    let parsed: f32 = number.parse().ok()?;
    Some(if value.ends_with("em") { parsed * 16.0 } else { parsed })
}

/// For each block whether it is shown. `taken` is what the model takes for the main text.
pub(crate) fn shown(segments: &Segments, taken: &[bool]) -> Vec<bool> {
    let mut revealed = vec![false; segments.hidden.len() + 1];
    let mut outer = outermost(segments, &revealed);
    for _ in 0..ROUNDS {
        if !reveal(segments, taken, &outer, &mut revealed) {
            break;
        }
        outer = outermost(segments, &revealed);
    }
    segments.blocks.iter().map(|block| at(&outer, block.hidden) == 0).collect()
}

/// By number of a hidden element, the outermost one around it or itself that still counts; 0 for none.
fn outermost(segments: &Segments, revealed: &[bool]) -> Vec<u32> {
    let mut outer = vec![0; segments.hidden.len() + 1];
    for (number, root) in (1u32..).zip(&segments.hidden) {
        // Elements come before what is in them.
        let around = at(&outer, root.parent);
        let own = if revealed.get(number as usize) == Some(&true) { 0 } else { number };
        outer[number as usize] = if around == 0 { own } else { around };
    }
    outer
}

fn at(outer: &[u32], number: u32) -> u32 {
    outer.get(number as usize).copied().unwrap_or(0)
}

/// Reveals the hidden elements that are the page's main text, where it has no other. Whether there was one.
fn reveal(segments: &Segments, taken: &[bool], outer: &[u32], revealed: &mut [bool]) -> bool {
    let (mut seen, mut hidden) = (0.0, 0.0);
    // By hidden element: text that is taken, all text.
    let mut sums = vec![(0.0f32, 0.0f32); outer.len()];
    for (block, taken) in segments.blocks.iter().zip(taken) {
        let units = block.stats.units() * (1.0 - block.link_share());
        let number = at(outer, block.hidden);
        if number == 0 {
            seen += if *taken { units } else { 0.0 };
        } else if let Some(sum) = sums.get_mut(number as usize) {
            hidden += if *taken { units } else { 0.0 };
            sum.0 += if *taken { units } else { 0.0 };
            sum.1 += units;
        }
    }
    if hidden < ARTICLE || hidden < OUTWEIGHS * seen {
        return false;
    }
    // Where none is the article, the one with most of it holds it.
    let most = sums.iter().map(|(taken, _)| *taken).fold(0.0, f32::max);
    let is_article = |(taken, all): &(f32, f32)| *taken > 0.0 && *taken >= MOSTLY * all;
    let found = sums.iter().any(is_article);
    for (sum, revealed) in sums.iter().zip(revealed) {
        *revealed |= if found { is_article(sum) } else { sum.0 > 0.0 && sum.0 >= most };
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_read_by_declaration() {
        for (style, sight) in [
            ("display:none", Sight::Gone),
            ("color:red; DISPLAY : None !important", Sight::Gone),
            ("display:block;x:none", Sight::Plain),
            ("background:url(display-none.png)", Sight::Plain),
            ("visibility: hidden; opacity: 0; ", Sight::Unseen),
            ("visibility:visible", Sight::Seen),
            ("opacity:0", Sight::Plain),
            ("position:absolute;left:-9999px", Sight::Gone),
            ("left:-9999px", Sight::Plain),
            ("position:absolute;left:-10px", Sight::Plain),
            ("position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)", Sight::Gone),
            ("text-indent:-9999px", Sight::Gone),
            ("text-indent:-2em", Sight::Plain),
            ("", Sight::Plain),
            (";;:;é:é", Sight::Plain),
        ] {
            assert_eq!(of_style(style), sight, "{style}");
        }
    }
}
