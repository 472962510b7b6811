//! The same text twice on a page: once for wide and once for narrow screens, or in two places of a template.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::segment::{Block, Container, Segments};
use crate::html::{Tag, Tree};
use crate::names;

/// Shortest text that is a copy by itself, in letters.
const MIN_UNITS: f32 = 80.0;
/// Shortest block that a copy must have, in letters: names of colours and sizes repeat with every product.
const MIN_BLOCK: f32 = 50.0;
/// Shortest text that is a copy though it stands in a place of the same kind as the first, as verses and posts do.
const MIN_LIKE_UNITS: f32 = 150.0;
const MIN_LIKE_ALONE: f32 = 500.0;
/// Most blocks that are compared at once; a longer copy is found in parts.
const MAX_RUN: usize = 400;
/// Containers around a block that may be a quotation.
const NEAR: usize = 6;
/// Shortest line that is a copy, in characters.
const MIN_LINE: usize = 80;

/// Takes back from `taken` what was taken before: runs of blocks that say the same as earlier ones in a place of
/// another kind. Quotations, tables and code may repeat, and so may an author within one list or poem.
pub(crate) fn drop_copies(tree: &Tree<'_>, segments: &Segments, taken: &mut [bool]) {
    let order: Vec<usize> = (0..segments.blocks.len()).filter(|at| taken.get(*at) == Some(&true)).collect();
    let hashes: Vec<u64> = order.iter().map(|at| hash(segments, *at)).collect();
    // Places of the long blocks, by what they say.
    let mut first: HashMap<u64, usize> = HashMap::new();
    let mut settled = 0;
    let mut place = 0;
    while let (Some(at), Some(hash)) = (order.get(place), hashes.get(place)) {
        let counts = |block: &Block| block.stats.units() >= MIN_BLOCK && !may_repeat(tree, segments, block);
        let long = segments.blocks.get(*at).is_some_and(counts);
        let earlier = first.get(hash).copied().filter(|_| long);
        if let Some(earlier) = earlier {
            let same = |one: usize, other: usize| {
                let texts = [one, other].map(|place| order.get(place).map(|at| text(segments, *at)));
                hashes.get(one) == hashes.get(other) && texts[0].is_some() && texts[0] == texts[1]
            };
            // Short blocks above, as its heading, belong to a copy, too.
            let most = earlier.min(place - settled).min(place - earlier - 1).min(MAX_RUN);
            let back = (1..=most).take_while(|back| same(earlier - back, place - back)).count();
            let most = (place - earlier).min(MAX_RUN);
            let length = back + (0..most).take_while(|on| same(earlier + on, place + on)).count();
            if length > back && is_copy(tree, segments, &order, [earlier - back, place - back], length) {
                for at in order.iter().skip(place - back).take(length) {
                    taken.iter_mut().skip(*at).take(1).for_each(|flag| *flag = false);
                }
                settled = place - back + length;
                place = settled;
                continue;
            }
        }
        if long {
            first.entry(*hash).or_insert(place);
        }
        place += 1;
    }
}

/// Whether the blocks from the second place on are a copy of those from the first on.
fn is_copy(tree: &Tree<'_>, segments: &Segments, order: &[usize], places: [usize; 2], length: usize) -> bool {
    let [earlier, place] = places;
    let blocks = || order.iter().skip(place).take(length).filter_map(|at| segments.blocks.get(*at));
    let quick: f32 = blocks().map(|block| block.stats.units()).sum();
    if quick < MIN_UNITS {
        return false;
    }
    let counted = || blocks().filter(|block| !may_repeat(tree, segments, block)).map(|block| block.stats.units());
    let units: f32 = counted().sum();
    if units < MIN_UNITS || counted().all(|units| units < MIN_BLOCK) {
        return false;
    }
    let block = |place: usize| order.get(place).and_then(|at| segments.blocks.get(*at));
    let (Some(one), Some(other)) = (block(earlier), block(place)) else { return false };
    if are_lists(segments, one, other) {
        return false;
    }
    !is_alike(segments, one, other) || units >= if length > 1 { MIN_LIKE_UNITS } else { MIN_LIKE_ALONE }
}

/// Quotations, cells of tables and code say a thing again where they need it.
fn may_repeat(tree: &Tree<'_>, segments: &Segments, block: &Block) -> bool {
    let quotes = |container: &Container| {
        matches!(container.tag, Tag::Blockquote | Tag::Table | Tag::Pre)
            || tree.attribute(container.node, "class").is_some_and(|class| names::kinds(class) & names::QUOTE != 0)
    };
    block.preformatted || segments.containers_of(block).take(NEAR).any(quotes)
}

/// Whether two blocks stand in places of the same kind: the branches in which they lie, below the container that
/// holds both, have the same tag and class.
fn is_alike(segments: &Segments, one: &Block, other: &Block) -> bool {
    let [one, other] = branches(segments, one, other);
    one.map(|found| found.signature) == other.map(|found| found.signature)
}

/// Whether both blocks lie in lists, or items, that stand beside each other: lists of one page may share items.
fn are_lists(segments: &Segments, one: &Block, other: &Block) -> bool {
    let is_list = |found: Option<&Container>| {
        found.is_some_and(|found| matches!(found.tag, Tag::Ul | Tag::Ol | Tag::Dl | Tag::Li))
    };
    branches(segments, one, other).into_iter().all(is_list)
}

/// The containers in which the blocks lie, below the one that holds both.
fn branches<'s>(segments: &'s Segments, one: &Block, other: &Block) -> [Option<&'s Container>; 2] {
    let path = |block: &Block| {
        let mut path = vec![block.container];
        while let Some(container) = path.last().and_then(|at| segments.containers.get(*at as usize)) {
            if path.last() == Some(&container.parent) {
                break;
            }
            path.push(container.parent);
        }
        path.reverse();
        path
    };
    let (one, other) = (path(one), path(other));
    let shared = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let below = |path: &[u32]| path.get(shared).and_then(|at| segments.containers.get(*at as usize));
    [below(&one), below(&other)]
}

fn text(segments: &Segments, at: usize) -> &str {
    segments.blocks.get(at).map_or("", |block| segments.text_of(block))
}

fn hash(segments: &Segments, at: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    text(segments, at).hash(&mut hasher);
    hasher.finish()
}

/// Text whose lines are those of `text` without long ones that stood before, as other extractors leave them.
pub(crate) fn copied_lines(text: &str) -> String {
    let mut known = std::collections::HashSet::new();
    let mut keep = |line: &str| line.chars().count() < MIN_LINE || known.insert(line.trim().to_owned());
    let lines: Vec<&str> = text.split('\n').filter(|line| keep(line)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::segment;
    use crate::html::parse;

    const LONG: &str =
        "The harbour wall at Tarnby was rebuilt in three summers, and each summer left its own mark in the stone.";
    const MORE: &str =
        "In the second year the quarry flooded, so the council bought granite from the other side of the bay.";

    fn left(html: &str) -> Vec<String> {
        let tree = parse(html, 512, 10_000).expect("a small page");
        let segments = segment(&tree, &[]);
        let mut taken = vec![true; segments.blocks.len()];
        drop_copies(&tree, &segments, &mut taken);
        let kept = segments.blocks.iter().zip(taken).filter(|(_, taken)| *taken);
        kept.map(|(block, _)| segments.text_of(block).to_owned()).collect()
    }

    #[test]
    fn a_copy_for_another_screen_goes_as_a_whole() {
        let story = format!("<h2>Wall</h2><p>{LONG}</p><ul><li>one</li><li>two</li></ul><p>{MORE}</p>");
        let once = ["Wall", LONG, "one", "two", MORE];
        for page in [
            format!("<div class='desktop hidden-xs'>{story}</div><div class='mobile visible-xs'>{story}</div>"),
            format!("<div class='d-none d-md-block'>{story}</div><div class=d-md-none>{story}</div>"),
            format!("<div id=desktop>{story}</div><div id=mobile>{story}</div>"),
            format!("<article>{story}</article><div class=print>{story}</div>"),
            format!("<article>{story}</article><article>{story}</article>"),
        ] {
            assert_eq!(left(&page), once, "{page}");
        }
        assert_eq!(left(&format!("<p class=desktop>{LONG}</p><p class=mobile>{LONG}</p>")), [LONG]);
    }

    #[test]
    fn what_an_author_repeats_stays() {
        let chorus =
            "<p>Row, row, row your boat, gently down the stream, merrily, merrily, merrily, life is but a dream</p>";
        assert_eq!(left(&format!("{chorus}<p>{LONG}</p>{chorus}")).len(), 3);
        assert_eq!(left(&format!("<p>{LONG}</p><blockquote><p>{LONG}</p></blockquote>")).len(), 2);
        assert_eq!(left(&format!("<div class=a><pre>{LONG}</pre></div><div class=b><pre>{LONG}</pre></div>")).len(), 2);
        let quote =
            format!("<div class=post>{LONG}</div><div class=reply><div class=bbcode_quote>{LONG}</div>And so?</div>");
        assert_eq!(left(&quote).len(), 3);
        let sizes = |class: &str| {
            let items: String = (0..30).map(|number| format!("<li>Colour {number}</li>")).collect();
            format!("<ul class={class}>{items}</ul>")
        };
        assert_eq!(left(&format!("{}<p>{LONG}</p>{}", sizes("cup"), sizes("pot"))).len(), 61);
        let lists = format!("<ol><li>{LONG}<li>{MORE}</ol><p>And once more:</p><ul class=b><li>{LONG}<li>{MORE}</ul>");
        assert_eq!(left(&lists).len(), 5);
        assert_eq!(left("<div class=a><p>Yes</p></div><div class=b><p>Yes</p></div>").len(), 2);
        let table = format!("<table><tr class=a><td>{LONG}</td></tr><tr class=b><td>{LONG}</td></tr></table>");
        assert_eq!(left(&table).len(), 2);
    }

    #[test]
    fn many_equal_blocks_take_linear_time() {
        let page = format!("<p>{LONG}</p>").repeat(2_000);
        assert!(!left(&page).is_empty());
        assert_eq!(copied_lines(&format!("{LONG}\nYes\n{LONG}\nYes")), format!("{LONG}\nYes\nYes"));
    }
}
