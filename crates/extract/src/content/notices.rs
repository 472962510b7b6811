//! Notices that lie over a page: consent to cookies, prompts to sign in or to get an app, and that scripts are needed.

use std::ops::Range;

use super::phrases::{KINDS, Speaks, is_prompt, is_script_notice, may_need_scripts, may_prompt, may_speak, spoken};
use super::places::Places;
use crate::html::Tag;
use crate::names;

/// Longest text of a notice, in letters: tools list hundreds of cookies.
const MAX_UNITS: f32 = 20_000.0;
/// Longest notice that nothing but its wording tells.
const MAX_PLAIN_UNITS: f32 = 1_200.0;
/// Letters for each word of consent, at most.
const UNITS_A_WORD: f32 = 200.0;

/// Words of consent of all blocks up to each, so that those of a container are one subtraction.
struct Spoken {
    sums: Vec<[u32; KINDS]>,
}

impl Spoken {
    fn of(places: &Places<'_, '_>) -> Self {
        let mut sums = vec![[0; KINDS]];
        let mut sum = [0; KINDS];
        for at in 0..places.segments.blocks.len() {
            for (sum, count) in sum.iter_mut().zip(spoken(places.text(at))) {
                *sum += count;
            }
            sums.push(sum);
        }
        Self { sums }
    }

    fn in_blocks(&self, blocks: &Range<usize>) -> [u32; KINDS] {
        let at = |at: usize| self.sums.get(at).copied().unwrap_or([0; KINDS]);
        let (from, to) = (at(blocks.start), at(blocks.end));
        std::array::from_fn(|kind| to.get(kind).copied().unwrap_or(0) - from.get(kind).copied().unwrap_or(0))
    }
}

/// How plainly words speak of consent.
struct Wording {
    subject: bool,
    voice: bool,
    /// It asks to agree.
    asks: bool,
    /// Of acting, purposes and control, how many are spoken of, and how often.
    kinds: usize,
    words: u32,
}

impl Wording {
    fn of(counts: [u32; KINDS]) -> Self {
        let count = |kind: Speaks| counts.get(kind as usize).copied().unwrap_or(0);
        let others = [Speaks::Act, Speaks::Purpose, Speaks::Control].map(count);
        Self {
            subject: count(Speaks::Subject) > 0,
            voice: count(Speaks::Voice) > 0,
            asks: count(Speaks::Act) > 0,
            kinds: others.iter().filter(|count| **count > 0).count(),
            words: others.iter().sum(),
        }
    }

    /// Whether the words stand so close that the text is about nothing else.
    fn is_dense(&self, units: f32) -> bool {
        self.words as f32 * UNITS_A_WORD >= units
    }
}

/// Marks the blocks of consent notices and prompts in `unwanted`. A page whose title is about privacy is about
/// that: there only what is named as a notice and lies over the page goes.
pub(super) fn consent(places: &Places<'_, '_>, title: &str, unwanted: &mut [bool]) {
    if may_prompt(&places.segments.text) {
        for (at, flag) in unwanted.iter_mut().enumerate() {
            *flag |= is_prompt(places.text(at));
        }
    }
    if !may_speak(&places.segments.text) {
        return;
    }
    let spoken = Spoken::of(places);
    let about = spoken_of(title);
    let main = main_heading(places);
    for at in 1..places.segments.containers.len() {
        let blocks = places.blocks(at);
        if !blocks.is_empty()
            && unwanted.get(blocks.start) == Some(&false)
            && !main.is_some_and(|heading| blocks.contains(&heading))
            && is_notice(places, at, &spoken, about)
        {
            unwanted.iter_mut().take(blocks.end).skip(blocks.start).for_each(|flag| *flag = true);
        }
    }
    if !about {
        plain(places, &spoken, unwanted);
    }
}

fn spoken_of(title: &str) -> bool {
    let counts = spoken(title);
    let lower = title.to_lowercase();
    counts.first().is_some_and(|subject| *subject > 0) || lower.contains("privacy") || lower.contains("datenschutz")
}

/// The heading of the page's own content: an `h1` that does not speak of consent.
fn main_heading(places: &Places<'_, '_>) -> Option<usize> {
    let is_h1 =
        |at: &usize| {
            places.segments.blocks.get(*at).is_some_and(|block| {
                places.segments.containers_of(block).take(3).any(|container| container.tag == Tag::H1)
            })
        };
    (0..places.segments.blocks.len()).filter(is_h1).find(|at| {
        let words = Wording::of(spoken(places.text(*at)));
        !words.subject && !words.voice
    })
}

/// Whether a container is a notice by its names and its words.
fn is_notice(places: &Places<'_, '_>, container: usize, spoken: &Spoken, about: bool) -> bool {
    let Some(found) = places.segments.containers.get(container) else { return false };
    if matches!(found.tag, Tag::Html | Tag::Body | Tag::Main | Tag::Article) || found.units > MAX_UNITS {
        return false;
    }

    // The words first: they are counted already, and hardly any container has them.
    let wording = Wording::of(spoken.in_blocks(&places.blocks(container)));
    if (!wording.subject && !wording.voice) || wording.kinds == 0 || !wording.is_dense(found.units) {
        return false;
    }

    let kinds = places.kinds(container);
    let over = found.tag == Tag::Dialog || kinds & names::OVER != 0 || is_fixed(places, container);
    let named = kinds & names::CONSENT != 0;
    if !(over || named) {
        return false;
    }
    if about {
        return named && over;
    }
    (named && (wording.kinds >= 2 || found.units < 300.0)) || (over && wording.kinds >= 2 && wording.words >= 3)
}

/// Whether the style of a container fixes it to the window.
fn is_fixed(places: &Places<'_, '_>, container: usize) -> bool {
    let node = places.segments.containers.get(container).map_or(0, |found| found.node);
    let attribute = |name: &str| places.tree.attribute(node, name).unwrap_or("");
    let style = attribute("style");
    (style.contains("fixed") && style.contains("position")) || attribute("aria-modal") == "true"
}

/// Words that address the reader, lower case.
#[rustfmt::skip]
const ADDRESS: &[&str] = &[
    "you", "your", " sie ", " ihr", " dir", " du ", "vous", "votre", "usted", " su ", " tu ", "você", " seu", " tuo",
    " tuoi", " uw ", " je ", " u ", "twoj", "swoj", "вы", "ваш", "siz", " dig ", "您", "你", "本网站", "本站", "本網站",
    "当サイト", "本サイト", "このサイト", "귀하", "이 사이트", "본 사이트", "bạn", "anda",
];

/// Notices without a name: a block in which the site says to its readers that it uses cookies and asks them to
/// agree, with what stands around it and is about the same. Within the main content a button to agree must be there.
fn plain(places: &Places<'_, '_>, spoken: &Spoken, unwanted: &mut [bool]) {
    for at in 0..places.segments.blocks.len() {
        let own = Wording::of(spoken.in_blocks(&(at..at + 1)));
        if own.voice && unwanted.get(at) == Some(&false) {
            let range = around(places, spoken, at).unwrap_or(at..at);
            unwanted.iter_mut().take(range.end).skip(range.start).for_each(|flag| *flag = true);
        }
    }
}

/// The blocks of the notice that a block is of, if it is of one.
fn around(places: &Places<'_, '_>, spoken: &Spoken, at: usize) -> Option<Range<usize>> {
    let block = places.segments.blocks.get(at)?;
    let text = format!(" {} ", places.text(at).to_lowercase());
    if !ADDRESS.iter().any(|word| text.contains(word)) {
        return None;
    }
    let is_main = |tag: Tag| matches!(tag, Tag::Main | Tag::Article);
    let in_main = places.segments.containers_of(block).any(|container| is_main(container.tag));
    let fits = |units: f32, blocks: &Range<usize>| {
        let wording = Wording::of(spoken.in_blocks(blocks));
        let asks = units <= MAX_PLAIN_UNITS && wording.kinds >= 2 && wording.asks && wording.is_dense(units);
        asks && (!in_main || has_button(places, blocks, spoken))
    };
    let mut range = fits(block.stats.units(), &(at..at + 1)).then_some(at..at + 1);
    let mut index = block.container as usize;
    while let Some(container) = places.segments.containers.get(index) {
        if is_main(container.tag)
            || matches!(container.tag, Tag::Html | Tag::Body)
            || container.parent as usize == index
            || container.units > MAX_PLAIN_UNITS
        {
            break;
        }
        let blocks = places.blocks(index);
        if fits(container.units, &blocks) {
            range = Some(blocks);
        }
        index = container.parent as usize;
    }
    range
}

/// Whether one of the blocks is a button or a link to agree with.
fn has_button(places: &Places<'_, '_>, blocks: &Range<usize>, spoken: &Spoken) -> bool {
    blocks.clone().any(|at| {
        places.segments.blocks.get(at).is_some_and(|block| {
            let container = places.segments.containers.get(block.container as usize);
            let button = container.is_some_and(|found| found.tag == Tag::Button) || block.link_share() > 0.9;
            button && block.stats.units() < 60.0 && Wording::of(spoken.in_blocks(&(at..at + 1))).kinds > 0
        })
    })
}

/// Marks the blocks that say that the page needs scripts or another browser. A page whose title speaks of scripts
/// or browsers is about that.
pub(super) fn scripts(places: &Places<'_, '_>, title: &str, unwanted: &mut [bool]) {
    if !may_need_scripts(&places.segments.text) || may_need_scripts(title) {
        return;
    }
    for (at, flag) in unwanted.iter_mut().enumerate() {
        let preformatted = places.segments.blocks.get(at).is_some_and(|block| block.preformatted);
        let text = places.text(at);
        *flag |= !preformatted && may_need_scripts(text) && is_script_notice(text);
    }
}
