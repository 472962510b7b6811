//! Which blocks are comments of readers.

use super::hints::COMMENTS;
use super::segment::{FAR, Segments};

/// Shorter blocks of a comment section are names, dates and buttons. In letters; an ideograph counts as several.
const MIN_UNITS: f32 = 20.0;
/// More of a comment's text than this is in links only where it is none.
const MAX_LINK_SHARE: f32 = 0.5;

/// For each block whether it is the text of a comment.
pub(crate) fn comments(segments: &Segments) -> Vec<bool> {
    let is_comment = |block: &super::Block| {
        let near = segments.containers.get(block.container as usize).map_or(FAR, |found| found.near[COMMENTS]);
        near < FAR && block.stats.units() >= MIN_UNITS && block.link_share() <= MAX_LINK_SHARE
    };
    segments.blocks.iter().map(is_comment).collect()
}
