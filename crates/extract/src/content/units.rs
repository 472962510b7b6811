//! From blocks to units: a table, a list, code, a quotation are kept or left as a whole, and what stands
//! between two parts of the main text belongs to it, unless something says that it does not.

use std::ops::Range;

use super::cues;
use super::hints::{self, ACCOUNTS, ADVERTISING, COMMENTS, FOOTER, NAVIGATION, OVERLAY, PAGING, RELATED, SHARING};
use super::segment::{Block, Segments};
use super::tables::Tables;
use crate::html::Tag;

/// A unit is completed from this share of its text on.
const COMPLETED: f32 = 0.3;
/// More of a unit in links than this share makes it a menu.
const MAX_LINK_SHARE: f32 = 0.35;
/// Longest gap that is filled, in letters, and as a share of the main text.
const MAX_GAP: f32 = 1_000.0;
const MAX_GAP_SHARE: f32 = 0.2;
/// Most containers between the main text on one side of a gap and what both sides lie in.
const MAX_STEPS: u32 = 6;
/// Least score of the model for what fills a gap, by kind.
const STRUCTURE_FLOOR: f32 = 0.05;
const TEXT_FLOOR: f32 = 0.5;
/// Blocks before the main text among which its heading is looked for.
const HEADING_REACH: usize = 1;

/// Completes what the model took of the page's main text. Where it is not `sure` of the page, what it left out
/// is only filled in within an article: a listing has menus between its items.
pub(crate) fn complete(segments: &Segments, scores: &[f32], taken: &mut [bool], sure: bool) {
    if !taken.contains(&true) {
        return;
    }
    let page = Page::new(segments, scores, sure);
    page.leave_paging(taken);
    page.complete_units(taken);
    page.fill_gaps(taken);
    page.extend(taken);
    page.take_headings(taken);
    page.leave_paging(taken);
}

struct Page<'s> {
    segments: &'s Segments,
    scores: &'s [f32],
    sure: bool,
    tables: Tables,
    /// Depth of each container among containers.
    levels: Vec<u32>,
    /// Blocks of each container.
    ranges: Vec<Range<usize>>,
}

impl<'s> Page<'s> {
    fn new(segments: &'s Segments, scores: &'s [f32], sure: bool) -> Self {
        let count = segments.containers.len();
        let mut levels = vec![0; count];
        for at in 1..count {
            levels[at] = levels[segments.containers[at].parent as usize] + 1;
        }
        // Of a container without blocks, a range that any block moves.
        let none = Range { start: usize::MAX, end: 0 };
        let mut ranges = vec![none; count];
        for (at, block) in segments.blocks.iter().enumerate() {
            if let Some(range) = ranges.get_mut(block.container as usize) {
                *range = range.start.min(at)..at + 1;
            }
        }
        for at in (1..count).rev() {
            let (start, end) = (ranges[at].start, ranges[at].end);
            if let Some(outer) = ranges.get_mut(segments.containers[at].parent as usize) {
                *outer = outer.start.min(start)..outer.end.max(end);
            }
        }
        Self { segments, scores, sure, tables: Tables::new(segments), levels, ranges }
    }

    fn block(&self, at: usize) -> Option<&Block> {
        self.segments.blocks.get(at)
    }

    fn container(&self, at: usize) -> u32 {
        self.block(at).map_or(0, |block| block.container)
    }

    fn parent(&self, index: u32) -> u32 {
        self.segments.containers.get(index as usize).map_or(0, |container| container.parent)
    }

    fn level(&self, index: u32) -> u32 {
        self.levels.get(index as usize).copied().unwrap_or(0)
    }

    fn tag(&self, index: u32) -> Tag {
        self.segments.containers.get(index as usize).map_or(Tag::Html, |container| container.tag)
    }

    /// The innermost container around both.
    fn common(&self, mut a: u32, mut b: u32) -> u32 {
        while a != b {
            if self.level(a) >= self.level(b) {
                a = self.parent(a);
            } else {
                b = self.parent(b);
            }
        }
        a
    }

    /// The container of a block that lies straight in `outer`; `outer` itself for its own blocks.
    fn child(&self, at: usize, outer: u32) -> u32 {
        let mut index = self.container(at);
        while self.level(index) > self.level(outer) + 1 {
            index = self.parent(index);
        }
        index
    }

    fn steps(&self, at: usize, outer: u32) -> u32 {
        self.level(self.container(at)).saturating_sub(self.level(outer))
    }

    /// Tables, definition lists and lists that are taken in part are taken whole.
    fn complete_units(&self, taken: &mut [bool]) {
        for grid in &self.tables.grids {
            let (part, _) = self.sums(grid.blocks.clone(), |at| taken.get(at) == Some(&true));
            let (all, links) = self.sums(grid.blocks.clone(), |_| true);
            if part >= COMPLETED * all && links <= 0.6 * all {
                self.take(grid.blocks.clone(), 0, taken);
                continue;
            }
            for row in &grid.rows {
                if row.iter().cloned().flatten().any(|at| taken.get(at) == Some(&true)) {
                    row.iter().cloned().flatten().for_each(|at| set(taken, at));
                }
            }
        }
        for (container, range) in self.segments.containers.iter().zip(&self.ranges) {
            if container.tag != Tag::Dl || range.is_empty() || container.link_units > MAX_LINK_SHARE * container.units {
                continue;
            }
            let (part, _) = self.sums(range.clone(), |at| taken.get(at) == Some(&true));
            if part >= COMPLETED * container.units {
                range.clone().for_each(|at| set(taken, at));
            }
        }
    }

    /// Text and text in links of the blocks in `range` that `counts`.
    fn sums(&self, range: Range<usize>, counts: impl Fn(usize) -> bool) -> (f32, f32) {
        let mut sums = (0.0, 0.0);
        for at in range {
            let Some(block) = self.block(at).filter(|_| counts(at)) else { continue };
            sums.0 += block.stats.units();
            sums.1 += block.stats.units() * block.link_share();
        }
        sums
    }

    fn fill_gaps(&self, taken: &mut [bool]) {
        let (main, _) = self.sums(0..taken.len(), |at| taken.get(at) == Some(&true));
        let longest = MAX_GAP.min(MAX_GAP_SHARE * main);
        let mut before: Option<usize> = None;
        for at in 0..taken.len() {
            if !taken[at] {
                continue;
            }
            if let Some(before) = before.filter(|before| before + 1 < at) {
                self.fill(before..at, longest, taken);
            }
            before = Some(at);
        }
    }

    /// Fills the gap between two taken blocks, the ends of the range, if it is no longer than `longest`.
    fn fill(&self, ends: Range<usize>, longest: f32, taken: &mut [bool]) {
        let (before, after) = (ends.start, ends.end);
        let outer = self.common(self.container(before), self.container(after));
        let gap = before + 1..after;
        let (units, _) = self.sums(gap.clone(), |_| true);
        if !self.may_fill(outer)
            || self.steps(before, outer) > MAX_STEPS
            || self.steps(after, outer) > MAX_STEPS
            || units > longest
        {
            return;
        }
        for unit in self.units(gap, outer) {
            if self.belongs(unit.clone(), outer) {
                self.take(unit, outer, taken);
            }
        }
    }

    /// What stands straight before the first and straight behind the last taken block of an article.
    fn extend(&self, taken: &mut [bool]) {
        let Some(last) = taken.iter().rposition(|taken| *taken) else { return };
        let outer = self.around(last);
        let end = self.ranges.get(outer as usize).map_or(0, |range| range.end);
        for unit in self.units(last + 1..end.max(last + 1), outer) {
            if !self.is_article(outer)
                || !self.may_fill(outer)
                || !self.is_structure(unit.start)
                || !self.belongs(unit.clone(), outer)
            {
                break;
            }
            self.take(unit, outer, taken);
        }
    }

    /// The container around a block's paragraph, list item or cell.
    fn around(&self, at: usize) -> u32 {
        let mut index = self.container(at);
        while matches!(
            self.tag(index),
            Tag::P
                | Tag::Li
                | Tag::Ul
                | Tag::Ol
                | Tag::Dl
                | Tag::Dt
                | Tag::Dd
                | Tag::Pre
                | Tag::Blockquote
                | Tag::Td
                | Tag::Th
                | Tag::Tr
                | Tag::Tbody
                | Tag::Thead
                | Tag::Table
        ) || self.tag(index).heading_level() > 0
        {
            index = self.parent(index);
        }
        index
    }

    /// Whether what the model left out in a container may belong to the text.
    fn may_fill(&self, outer: u32) -> bool {
        self.sure || self.tag(outer) == Tag::Article
    }

    /// Whether a container says that it holds an article.
    fn is_article(&self, index: u32) -> bool {
        let Some(container) = self.segments.containers.get(index as usize) else { return false };
        let near = |kind: usize| container.near.get(kind).is_some_and(|distance| *distance <= 1);
        matches!(container.tag, Tag::Article | Tag::Main) || near(hints::CONTENT) || near(hints::ARTICLE_BODY)
    }

    /// The heading right before the main text.
    fn take_headings(&self, taken: &mut [bool]) {
        let Some(first) = taken.iter().position(|taken| *taken) else { return };
        for at in (first.saturating_sub(HEADING_REACH)..first).rev() {
            let Some(block) = self.block(at) else { return };
            let outer = self.common(self.container(at), self.container(first));
            let heading = self.tag(block.container).heading_level();
            if (1..=3).contains(&heading)
                && self.may_fill(outer)
                && self.steps(at, outer) <= 1
                && self.steps(first, outer) <= 3
                && block.link_share() < 0.5
                && !self.is_apart(at, outer)
            {
                set(taken, at);
                return;
            }
        }
    }

    /// Cuts a range of blocks by the containers straight in `outer`.
    fn units(&self, range: Range<usize>, outer: u32) -> Vec<Range<usize>> {
        let mut units: Vec<Range<usize>> = Vec::new();
        let mut of = None;
        for at in range {
            let child = self.child(at, outer);
            match units.last_mut() {
                Some(unit) if of == Some(child) && child != outer => unit.end = at + 1,
                _ => units.push(at..at + 1),
            }
            of = Some(child);
        }
        units
    }

    /// Whether a unit between parts of the main text is one itself.
    fn belongs(&self, unit: Range<usize>, outer: u32) -> bool {
        let counts = |at: usize| !self.is_apart(at, outer);
        let (units, links) = self.sums(unit.clone(), counts);
        if units == 0.0 || links > MAX_LINK_SHARE * units {
            return false;
        }
        if unit.clone().all(|at| self.is_switch(at)) {
            return true;
        }
        let parts = || unit.clone().filter(|at| counts(*at));
        let score = parts().filter_map(|at| self.scores.get(at).copied()).fold(0.0, f32::max);
        if parts().all(|at| self.is_structure(at)) {
            return score >= STRUCTURE_FLOOR;
        }
        // Loose text: one block straight beside the main text, which calls to nothing.
        let steps = |at: usize| self.steps(at, outer);
        unit.len() == 1 && steps(unit.start) <= 1 && score >= TEXT_FLOOR && !self.calls(unit.start)
    }

    /// Whether a block asks for something or leads elsewhere: to share, to sign up, to read more.
    fn calls(&self, at: usize) -> bool {
        const CALLS: [usize; 8] = [0, 1, 2, 3, 4, 5, 8, 9];
        let Some(block) = self.block(at) else { return true };
        let mut counts = Vec::new();
        cues::features(self.segments.text_of(block), &mut counts);
        CALLS.iter().any(|kind| counts.get(*kind).is_some_and(|count| *count > 0.0))
    }

    /// Whether a block is in a table of data, a list, code, a quotation.
    fn is_structure(&self, at: usize) -> bool {
        let Some(block) = self.block(at) else { return false };
        block.preformatted
            || self.tables.of(at).is_some()
            || self
                .segments
                .containers_of(block)
                .take(4)
                .any(|container| matches!(container.tag, Tag::Li | Tag::Dt | Tag::Dd | Tag::Blockquote | Tag::Pre))
    }

    /// Whether something between a block and `outer` says that it is no part of the text.
    fn is_apart(&self, at: usize, outer: u32) -> bool {
        const KINDS: [usize; 9] =
            [NAVIGATION, FOOTER, COMMENTS, SHARING, RELATED, ADVERTISING, OVERLAY, ACCOUNTS, PAGING];
        let Some(block) = self.block(at) else { return true };
        let steps = self.steps(at, outer);
        let Some(container) = self.segments.containers.get(block.container as usize) else { return true };
        let near = |kind: usize| container.near.get(kind).is_some_and(|distance| u32::from(*distance) < steps);
        let tags = [Tag::Nav, Tag::Footer, Tag::Aside, Tag::Form, Tag::Button];
        let tags = tags.get(..if self.is_switch(at) { 4 } else { 5 }).unwrap_or(&tags);
        KINDS.iter().any(|kind| near(*kind) || block.hints >> kind & 1 == 1)
            || tags.iter().any(|tag| near(hints::of_tag(*tag).trailing_zeros() as usize))
    }

    /// Whether a block is a heading that is a button: a question that opens its answer.
    fn is_switch(&self, at: usize) -> bool {
        let index = self.container(at);
        self.tag(index) == Tag::Button && self.tag(self.parent(index)).heading_level() > 0
    }

    fn take(&self, unit: Range<usize>, outer: u32, taken: &mut [bool]) {
        unit.filter(|at| outer == 0 || !self.is_apart(*at, outer)).for_each(|at| set(taken, at));
    }

    /// Lines that lead to the page before and the page after.
    fn leave_paging(&self, taken: &mut [bool]) {
        for (block, taken) in self.segments.blocks.iter().zip(taken) {
            *taken &= !is_paging(block, self.segments.text_of(block));
        }
    }
}

fn set(taken: &mut [bool], at: usize) {
    if let Some(taken) = taken.get_mut(at) {
        *taken = true;
    }
}

/// Whether a short block with a link leads to its neighbours.
fn is_paging(block: &Block, text: &str) -> bool {
    const STARTS: [&str; 16] = [
        "previous message",
        "next message",
        "messages sorted by",
        "previous:",
        "next:",
        "previous post",
        "next post",
        "previous article",
        "next article",
        "previous chapter",
        "next chapter",
        "上一篇",
        "下一篇",
        "上一章",
        "下一章",
        "上一页",
    ];
    if block.links == 0 || block.preformatted || block.stats.units() > 150.0 {
        return false;
    }
    STARTS.iter().any(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}
