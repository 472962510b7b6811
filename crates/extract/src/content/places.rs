//! What the names of containers say, and which blocks lie in them.

use std::ops::Range;

use super::segment::Segments;
use crate::html::{Attribute, Tree};
use crate::names;

/// The containers of a page with their blocks.
pub(super) struct Places<'p, 'a> {
    pub tree: &'p Tree<'a>,
    pub segments: &'p Segments,
    /// Per container its first block and one past its last; blocks of one container stand together.
    ranges: Vec<(u32, u32)>,
}

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
            let (Some(inner), Some(container)) = (ranges.get(at).copied(), segments.containers.get(at)) else {
                continue;
            };
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

    /// What the id, classes and role of a container say that it is, bits of [`names`].
    pub(super) fn kinds(&self, container: usize) -> u32 {
        let Some(found) = self.segments.containers.get(container).filter(|found| found.node > 0) else { return 0 };
        let named = |attribute: &&Attribute| {
            let name = self.tree.slice(attribute.name);
            ["id", "class", "role"].iter().any(|known| name.eq_ignore_ascii_case(known))
        };
        let named = self.tree.attributes(found.node).iter().filter(named);
        named.fold(0, |kinds, attribute| kinds | names::kinds(self.tree.slice(attribute.value)))
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
