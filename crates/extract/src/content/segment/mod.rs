//! Cuts a page into blocks: runs of text that are rendered on lines of their own, each with the
//! elements it lies in.

mod characters;
mod cutter;
mod formula;
mod inline;
mod lists;

use std::borrow::Cow;

use super::hidden::Root;
use super::hints::HINTS;
use super::stats::TextStats;
use crate::html::{NodeId, Tag};

pub(crate) use cutter::segment;

/// Distance of an element from the nearest ancestor that gives a hint, where none does.
pub(crate) const FAR: u8 = 24;

/// An element that holds blocks.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    /// The element.
    pub node: NodeId,
    /// Index of the container around it; the page is its own.
    pub parent: u32,
    pub tag: Tag,
    pub depth: u16,
    /// Same for elements with the same tag and class in containers of the same kind.
    pub signature: u64,
    /// Per kind of hint, how many containers up the nearest one is that gives it.
    pub near: [u8; HINTS],
    /// Over all blocks inside: length, length in links, length in paragraphs, number.
    pub units: f32,
    pub link_units: f32,
    pub paragraph_units: f32,
    pub blocks: u32,
    /// Table cells: columns and rows that it spans.
    pub columns: u16,
    pub rows: u16,
    /// Items of an ordered list: the number that the page shows.
    pub number: Option<i32>,
    /// Tables that say that they only place things.
    pub presentation: bool,
}

/// What a part of a block's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    /// TeX with its dollar signs.
    Formula,
    /// What is not shown; the model was trained with it.
    Hidden,
}

/// A part of [`Segments::text`] that Markdown writes in its own way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub start: u32,
    pub end: u32,
    pub kind: Kind,
}

/// A run of text on lines of its own.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// Range of [`Segments::text`].
    pub start: u32,
    pub end: u32,
    pub container: u32,
    /// Kinds of hint that inline elements in it give.
    pub hints: u64,
    pub stats: TextStats,
    pub link_chars: u32,
    pub links: u32,
    /// Characters in bold or emphasis.
    pub strong_chars: u32,
    /// Pictures before or in it since the last block.
    pub images: u32,
    /// Keeps its white space.
    pub preformatted: bool,
    /// Number of the innermost hidden element around it, 0 for none.
    pub hidden: u32,
    /// Code: the language that the page names.
    pub language: Option<Box<str>>,
}

/// A page in blocks.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    pub text: String,
    pub blocks: Vec<Block>,
    pub containers: Vec<Container>,
    /// Code and formulas in the text, in order.
    pub parts: Vec<Part>,
    /// Elements that are not shown, numbered from 1.
    pub hidden: Vec<Root>,
}

impl Segments {
    /// Text of a block.
    pub(crate) fn text_of(&self, block: &Block) -> &str {
        self.text.get(block.start as usize..block.end as usize).unwrap_or("")
    }

    /// Code, formulas and hidden text of a block.
    pub(crate) fn parts_of(&self, block: &Block) -> &[Part] {
        let from = self.parts.partition_point(|part| part.end <= block.start);
        let parts = self.parts.get(from..).unwrap_or(&[]);
        parts.get(..parts.partition_point(|part| part.start < block.end)).unwrap_or(&[])
    }

    /// Text of a block as it is shown.
    pub(crate) fn shown_text(&self, block: &Block) -> Cow<'_, str> {
        let hidden: Vec<&Part> = self.parts_of(block).iter().filter(|part| part.kind == Kind::Hidden).collect();
        if hidden.is_empty() {
            return Cow::Borrowed(self.text_of(block));
        }
        let mut text = String::new();
        let mut from = block.start;
        let ends = hidden.iter().map(|part| (part.start, part.end)).chain([(block.end, block.end)]);
        for (start, end) in ends {
            let piece = self.text.get(from as usize..start.max(from) as usize).unwrap_or("");
            let blank = text.is_empty() || text.ends_with([' ', '\n']);
            text.push_str(if blank { piece.trim_start_matches([' ', '\n']) } else { piece });
            from = end;
        }
        text.truncate(text.trim_end().len());
        Cow::Owned(text)
    }

    /// The containers of a block from the innermost to the page.
    pub(crate) fn containers_of(&self, block: &Block) -> impl Iterator<Item = &Container> {
        let mut next = Some(block.container);
        std::iter::from_fn(move || {
            let at = next?;
            let container = self.containers.get(at as usize)?;
            next = (container.parent != at).then_some(container.parent);
            Some(container)
        })
    }
}

impl Segments {
    /// The page without the blocks that are `unwanted`, as if they had never been there.
    pub(crate) fn without(mut self, unwanted: &[bool]) -> Self {
        let mut flags = unwanted.iter();
        self.blocks.retain(|_| !flags.next().copied().unwrap_or(false));
        for container in &mut self.containers {
            (container.units, container.link_units, container.paragraph_units, container.blocks) = (0.0, 0.0, 0.0, 0);
        }
        self.sum_up();
        self
    }

    /// Adds every block to all containers it lies in: containers come before their contents, so one
    /// pass from the last to the first is enough.
    pub(super) fn sum_up(&mut self) {
        for block in &self.blocks {
            let units = block.stats.units();
            let linked = units * block.link_share();
            let Some(container) = self.containers.get_mut(block.container as usize) else { continue };
            container.units += units;
            container.link_units += linked;
            container.blocks += 1;
            if container.tag == Tag::P {
                container.paragraph_units += units;
            }
        }
        for at in (1..self.containers.len()).rev() {
            let (before, inner) = self.containers.split_at_mut(at);
            let (Some(inner), Some(outer)) = (inner.first(), inner.first().and_then(|c| before.get(c.parent as usize)))
            else {
                continue;
            };
            let sum = (
                outer.units + inner.units,
                outer.link_units + inner.link_units,
                outer.paragraph_units + inner.paragraph_units,
                outer.blocks + inner.blocks,
            );
            if let Some(outer) = before.get_mut(inner.parent as usize) {
                (outer.units, outer.link_units, outer.paragraph_units, outer.blocks) = sum;
            }
        }
    }
}

impl Block {
    /// Share of the text that is in links, 0 to 1.
    pub(crate) fn link_share(&self) -> f32 {
        (self.link_chars as f32 / (self.stats.chars.max(1)) as f32).min(1.0)
    }
}
