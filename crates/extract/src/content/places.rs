//! What the names of containers say, and which blocks lie in them.

use std::ops::Range;

use super::segment::Segments;
use crate::html::Tree;

/// The containers of a page with their blocks.
pub(super) struct Places<'p, 'a> {
    pub tree: &'p Tree<'a>,
    pub segments: &'p Segments,
    /// Per container its first block and one past its last; blocks of one container stand together.
    ranges: Vec<(u32, u32)>,
}

/// Longest part of names that is looked at, in bytes.
const MAX_BYTES: usize = 300;

impl<'p, 'a> Places<'p, 'a> {
    pub(super) fn of(tree: &'p Tree<'a>, segments: &'p Segments) -> Self {
        let mut ranges = vec![(u32::MAX, 0); segments.containers.len()];
        for (at, block) in (0u32..).zip(&segments.blocks) {
            if let Some(range) = ranges.get_mut(block.container as usize) {
                *range = (range.0.min(at), range.1.max(at + 1));
            }
        }
        // Containers come before their contents.
        for at in (1..ranges.len()).rev() {
            let (Some(inner), Some(container)) = (ranges.get(at).copied(), segments.containers.get(at)) else { continue };
            if let Some(outer) = ranges.get_mut(container.parent as usize) {
                *outer = (outer.0.min(inner.0), outer.1.max(inner.1));
            }
        }
        Self { tree, segments, ranges }
    }

    /// The blocks in a container.
    pub(super) fn blocks(&self, container: usize) -> Range<usize> {
        let (from, to) = self.ranges.get(container).copied().unwrap_or((0, 0));
        from.min(to) as usize..to as usize
    }

    /// Id, classes and role of a container, lower case; empty where it has none.
    pub(super) fn names(&self, container: usize) -> String {
        let Some(found) = self.segments.containers.get(container) else { return String::new() };
        if found.node == 0 {
            return String::new();
        }
        let mut names = String::new();
        for name in ["id", "class", "role", "aria-label", "data-nosnippet"] {
            if let Some(value) = self.tree.attribute(found.node, name) {
                names.push(' ');
                names.push_str(value.get(..MAX_BYTES).unwrap_or(value));
            }
        }
        names.make_ascii_lowercase();
        names
    }

    /// Text of a block.
    pub(super) fn text(&self, block: usize) -> &'p str {
        self.segments.blocks.get(block).map_or("", |block| self.segments.text_of(block))
    }

    /// Share of a container's text that is in links.
    pub(super) fn link_share(&self, container: usize) -> f32 {
        self.segments.containers.get(container).map_or(0.0, |found| found.link_units / found.units.max(1.0))
    }
}
