//! What is known of each block: its own text, the elements around it, its neighbours, its page.
//!
//! The order of the features is part of the model: a change here needs a newly trained one.

use std::collections::HashMap;

use super::cues::{self, CUES};
use super::hints::HINTS;
use super::segment::{Block, Container, FAR, Segments};
use crate::html::Tag;

/// Number of features of a block.
pub(crate) const FEATURES: usize =
    OWN + LEVELS * PER_LEVEL + NEIGHBOURS.len() * PER_NEIGHBOUR + CONTEXT + PAGE + CUES + HINTS;

const OWN: usize = 19;
const LEVELS: usize = 5;
const PER_LEVEL: usize = 6;
const NEIGHBOURS: [isize; 4] = [-2, -1, 1, 2];
const PER_NEIGHBOUR: usize = 4;
const CONTEXT: usize = 17;
const PAGE: usize = 10;

/// Collects the features of one block.
struct Row<'v> {
    values: &'v mut Vec<f32>,
}

impl Row<'_> {
    fn add(&mut self, value: f32) {
        self.values.push(value);
    }

    fn flag(&mut self, value: bool) {
        self.values.push(f32::from(u8::from(value)));
    }
}

/// Facts about the whole page that every block sees.
struct PageFacts {
    units: f32,
    link_share: f32,
    paragraph_share: f32,
    blocks: f32,
    ideograph_share: f32,
    articles: f32,
    mean_units: f32,
    long_units: f32,
    first_h1: Option<usize>,
    largest_item_group: f32,
}

/// What blocks of the same kind of place have together.
#[derive(Default, Clone, Copy)]
struct Group {
    blocks: f32,
    units: f32,
    link_units: f32,
}

/// Blocks whose features are handed over at once: their rows fit the second cache.
const CHUNK: usize = 256;

/// Hands the features of all blocks to `take` in order, up to [`CHUNK`] rows of [`FEATURES`] at once.
/// `title` is the page's.
pub(crate) fn for_features(segments: &Segments, title: &str, mut take: impl FnMut(&[f32])) {
    let mut values = Vec::with_capacity(segments.blocks.len().min(CHUNK) * FEATURES);
    let groups = groups(segments);
    let page = page_facts(segments, &groups);
    let mut title_words = Vec::new();
    for_words(title, |word| title_words.push(word));
    let mut heading: Option<usize> = None;
    let mut units_before = 0.0;
    for (at, block) in segments.blocks.iter().enumerate() {
        let mut row = Row { values: &mut values };
        own(&mut row, segments, block);
        levels(&mut row, segments, block, page.units);
        neighbours(&mut row, segments, at);
        context(&mut row, segments, at, &page, &groups, units_before, heading, &title_words);
        page_row(&mut row, &page);
        cues::features(segments.text_of(block), &mut *row.values);
        hint_row(&mut row, segments, block);
        if heading_level(segments, block) > 0 {
            heading = Some(at);
        }
        units_before += block.stats.units();
        if values.len() == CHUNK * FEATURES {
            take(&values);
            values.clear();
        }
    }
    take(&values);
}

fn container<'s>(segments: &'s Segments, block: &Block) -> &'s Container {
    segments.containers.get(block.container as usize).unwrap_or(&segments.containers[0])
}

/// Heading level of a block, 0 for other text.
pub(crate) fn heading_level(segments: &Segments, block: &Block) -> u8 {
    let levels = segments.containers_of(block).take(3).map(|container| container.tag.heading_level());
    levels.max().unwrap_or(0)
}

fn log(value: f32) -> f32 {
    (1.0 + value).ln()
}

fn own(row: &mut Row<'_>, segments: &Segments, block: &Block) {
    let stats = &block.stats;
    let chars = stats.chars.max(1) as f32;
    let words = stats.words.max(1) as f32;
    row.add(log(stats.units()));
    row.add(words);
    row.add(block.link_share());
    row.add(block.links as f32);
    row.add(stats.uppercase as f32 / chars);
    row.add(stats.digits as f32 / chars);
    row.add(stats.stops as f32);
    row.add(stats.commas as f32 / words);
    row.add(stats.separators as f32);
    row.add(stats.symbols as f32 / chars);
    row.add(stats.stop_words as f32);
    row.add(stats.stop_words as f32 / words);
    row.flag(stats.ends_sentence);
    row.flag(stats.ends_colon);
    row.add((block.strong_chars as f32 / chars).min(1.0));
    row.add(block.images as f32);
    row.flag(block.preformatted);
    row.add(f32::from(heading_level(segments, block)));
    row.add(tag_class(container(segments, block).tag));
}

/// Tags as numbers, kinds alike near each other.
fn tag_class(tag: Tag) -> f32 {
    match tag {
        Tag::P => 0.0,
        Tag::Blockquote | Tag::Pre => 1.0,
        _ if tag.heading_level() > 0 => 2.0,
        Tag::Dd => 3.0,
        Tag::Dt => 4.0,
        Tag::Li => 5.0,
        Tag::Td | Tag::Th => 6.0,
        Tag::Figcaption | Tag::Caption => 7.0,
        Tag::Summary | Tag::Legend => 8.0,
        Tag::Article | Tag::Main | Tag::Section => 9.0,
        Tag::Div => 10.0,
        Tag::Button => 12.0,
        Tag::Nav | Tag::Footer | Tag::Header | Tag::Aside => 13.0,
        _ => 11.0,
    }
}

/// The containers that hold more text than the one before, nearest first.
fn widening<'s>(segments: &'s Segments, block: &Block) -> impl Iterator<Item = (u32, &'s Container)> {
    let mut at = block.container;
    let mut known = block.stats.units();
    let mut done = false;
    std::iter::from_fn(move || {
        while !done {
            let index = at;
            let container = segments.containers.get(index as usize)?;
            done = container.parent == index;
            at = container.parent;
            if container.units > known * 1.02 + 2.0 || done {
                known = container.units;
                return Some((index, container));
            }
        }
        None
    })
}

fn levels(row: &mut Row<'_>, segments: &Segments, block: &Block, page_units: f32) {
    let mut last = [0.0; PER_LEVEL];
    let mut inner = block.stats.units();
    let mut found = widening(segments, block);
    for _ in 0..LEVELS {
        if let Some((_, container)) = found.next() {
            let units = container.units.max(1.0);
            last = [
                log(units),
                container.link_units / units,
                container.paragraph_units / units,
                units / container.blocks.max(1) as f32,
                units / page_units.max(1.0),
                inner / units,
            ];
            inner = units;
        }
        last.iter().for_each(|value| row.add(*value));
    }
}

fn neighbours(row: &mut Row<'_>, segments: &Segments, at: usize) {
    let here = segments.blocks.get(at).map_or(0, |block| block.container);
    for offset in NEIGHBOURS {
        match at.checked_add_signed(offset).and_then(|at| segments.blocks.get(at)) {
            Some(block) => {
                row.add(log(block.stats.units()));
                row.add(block.link_share());
                row.add(tag_class(container(segments, block).tag));
                let parent = |index: u32| segments.containers.get(index as usize).map_or(0, |found| found.parent);
                row.flag(block.container == here || parent(block.container) == parent(here));
            }
            None => [-1.0, -1.0, -1.0, 0.0].iter().for_each(|value| row.add(*value)),
        }
    }
}

#[allow(clippy::too_many_arguments, reason = "each is one fact that the page's pass over its blocks keeps")]
fn context(
    row: &mut Row<'_>,
    segments: &Segments,
    at: usize,
    page: &PageFacts,
    groups: &HashMap<u64, Group>,
    units_before: f32,
    heading: Option<usize>,
    title_words: &[u64],
) {
    let Some(block) = segments.blocks.get(at) else { return };
    let place = container(segments, block);
    row.add(at as f32 / page.blocks.max(1.0));
    row.add(units_before / page.units.max(1.0));
    row.add(log(units_before));
    row.add(log(page.blocks - at as f32));
    row.add(f32::from(place.depth));
    row.add(heading.map_or(99.0, |heading| (at - heading).min(99) as f32));
    let from_h1 = page.first_h1.map_or(-200.0, |h1| at as f32 - h1 as f32);
    row.add(from_h1.clamp(-100.0, 200.0));
    for signature in [place.signature, place.signature_around(segments)] {
        let group = groups.get(&signature).copied().unwrap_or_default();
        row.add(group.blocks);
        row.add(group.units / group.blocks.max(1.0));
        row.add(group.link_units / group.units.max(1.0));
        row.add(group.units / page.units.max(1.0));
    }
    let text = segments.text_of(block);
    let (mut own, mut shared) = (0u32, 0u32);
    for_words(text.get(..200).unwrap_or(text), |word| {
        own += 1;
        shared += u32::from(title_words.contains(&word));
    });
    row.add(shared as f32 / title_words.len().max(1) as f32);
    row.add(shared as f32 / own.max(1) as f32);
}

impl Container {
    /// Signature of the container around this one.
    fn signature_around(&self, segments: &Segments) -> u64 {
        // Apart from those of the containers themselves.
        segments.containers.get(self.parent as usize).map_or(0, |parent| !parent.signature)
    }
}

fn groups(segments: &Segments) -> HashMap<u64, Group> {
    let mut groups: HashMap<u64, Group> = HashMap::new();
    for block in &segments.blocks {
        let place = container(segments, block);
        for signature in [place.signature, place.signature_around(segments)] {
            let group = groups.entry(signature).or_default();
            group.blocks += 1.0;
            group.units += block.stats.units();
            group.link_units += block.stats.units() * block.link_share();
        }
    }
    groups
}

fn page_facts(segments: &Segments, groups: &HashMap<u64, Group>) -> PageFacts {
    let root = &segments.containers[0];
    let units = root.units.max(1.0);
    let blocks = segments.blocks.len() as f32;
    let long = segments.blocks.iter().map(|block| block.stats.units() * (1.0 - block.link_share()));
    let ideographs: u32 = segments.blocks.iter().map(|block| block.stats.ideographs).sum();
    let chars: u32 = segments.blocks.iter().map(|block| block.stats.chars).sum();
    let largest = segments.blocks.iter().filter_map(|block| groups.get(&container(segments, block).signature));
    PageFacts {
        units,
        link_share: root.link_units / units,
        paragraph_share: root.paragraph_units / units,
        blocks,
        ideograph_share: ideographs as f32 / chars.max(1) as f32,
        articles: segments.containers.iter().filter(|found| found.tag == Tag::Article).count() as f32,
        mean_units: units / blocks.max(1.0),
        long_units: long.filter(|units| *units > 120.0).sum(),
        first_h1: segments.blocks.iter().position(|block| heading_level(segments, block) == 1),
        largest_item_group: largest.map(|group| group.units / units).fold(0.0, f32::max),
    }
}

fn page_row(row: &mut Row<'_>, page: &PageFacts) {
    row.add(log(page.units));
    row.add(page.link_share);
    row.add(page.paragraph_share);
    row.add(log(page.blocks));
    row.add(page.ideograph_share);
    row.add(page.articles);
    row.add(page.mean_units);
    row.add(log(page.long_units));
    row.add(page.long_units / page.units);
    row.add(page.largest_item_group);
}

fn hint_row(row: &mut Row<'_>, segments: &Segments, block: &Block) {
    let near = container(segments, block).near;
    for (kind, distance) in near.iter().enumerate() {
        let inline = block.hints >> kind & 1 == 1;
        row.add(if inline { -1.0 } else { f32::from(*distance.min(&FAR)) });
    }
}

/// Hands over the words of a short text as numbers, ideographs each on its own.
fn for_words(text: &str, mut take: impl FnMut(u64)) {
    let mut word: u64 = 0;
    for char in text.chars() {
        if char.is_alphanumeric() {
            let lower =
                if char.is_ascii() { char.to_ascii_lowercase() } else { char.to_lowercase().next().unwrap_or(char) };
            let code = u64::from(u32::from(lower));
            word = (word ^ code).wrapping_mul(0x0100_0000_01b3).max(1);
            if code < 0x2e80 {
                continue;
            }
        }
        if word != 0 {
            take(std::mem::take(&mut word));
        }
    }
    if word != 0 {
        take(word);
    }
}
