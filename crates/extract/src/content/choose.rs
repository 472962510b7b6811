//! From scores to the blocks that are taken.

use super::for_features;
use super::model::MODEL;
use super::segment::Segments;
use super::units;

/// Score from which a block is taken on a page of which the model is sure.
const SURE: f32 = 0.5;
/// Expected F1 from which the model is sure of a page. Chosen by cross-validation.
const SURE_PAGE: f32 = 0.75;
/// Of the best block's score, what is enough on a page where no block is sure.
const BEST_SHARE: f32 = 0.9;
/// Share of ideographs from which a page is Chinese or Japanese. Such pages were labelled as
/// articles throughout, where only sure blocks are content.
const IDEOGRAPHIC: f32 = 0.3;

/// For each block whether it is main content. `title` is the page's.
pub(crate) fn main_content(segments: &Segments, title: &str) -> Vec<bool> {
    let mut scores: Vec<f32> = Vec::with_capacity(segments.blocks.len());
    for_features(segments, title, |rows| scores.extend(MODEL.scores(rows)));
    let lengths: Vec<f32> = segments.blocks.iter().map(|block| block.stats.units()).collect();
    let best = scores.iter().copied().fold(0.0, f32::max);
    let mut bound = SURE.min(BEST_SHARE * best);
    // Listings, collections and shops spread their content over many blocks, each of which is
    // doubtful: there the bound that promises the best F1 is lower.
    let sure = expected_f1(&scores, &lengths, bound) >= SURE_PAGE;
    if !sure && ideograph_share(segments) < IDEOGRAPHIC {
        bound = best_bound(&scores, &lengths);
    }
    let mut taken: Vec<bool> = scores.iter().map(|score| *score >= bound && *score > 0.0).collect();
    units::complete(segments, &scores, &mut taken, sure);
    taken
}

/// F1 to expect of the blocks from `bound` on, if each block is content with its score as
/// probability: twice the content taken over what is taken and all content.
fn expected_f1(scores: &[f32], lengths: &[f32], bound: f32) -> f32 {
    let (mut taken, mut right, mut content) = (0.0, 0.0, 0.0);
    for (score, length) in scores.iter().zip(lengths) {
        content += score * length;
        if *score >= bound {
            taken += length;
            right += score * length;
        }
    }
    2.0 * right / (taken + content).max(f32::MIN_POSITIVE)
}

/// The bound with the highest expected F1.
fn best_bound(scores: &[f32], lengths: &[f32]) -> f32 {
    let mut order: Vec<(f32, f32)> = scores.iter().copied().zip(lengths.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    let content: f32 = order.iter().map(|(score, length)| score * length).sum();
    let (mut taken, mut right, mut best, mut bound) = (0.0, 0.0, -1.0, 0.0);
    for (score, length) in order {
        taken += length;
        right += score * length;
        let f1 = right / (taken + content).max(f32::MIN_POSITIVE);
        if f1 > best {
            (best, bound) = (f1, score);
        }
    }
    bound
}

fn ideograph_share(segments: &Segments) -> f32 {
    let count = |of: fn(&super::stats::TextStats) -> u32| -> u64 {
        segments.blocks.iter().map(|block| u64::from(of(&block.stats))).sum()
    };
    count(|stats| stats.ideographs) as f32 / count(|stats| stats.chars).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_follows_the_expected_f1() {
        // One sure block as long as all others together: the others are not worth it.
        let scores = [0.95, 0.2, 0.2];
        let lengths = [100.0, 50.0, 50.0];
        assert!((best_bound(&scores, &lengths) - 0.95).abs() < 1e-6);
        // Many doubtful blocks: taking all of them is the best guess.
        let scores = [0.6, 0.4, 0.4, 0.4];
        let lengths = [10.0, 100.0, 100.0, 100.0];
        let bound = best_bound(&scores, &lengths);
        assert!((bound - 0.4).abs() < 1e-6);
        assert!(expected_f1(&scores, &lengths, bound) > expected_f1(&scores, &lengths, 0.5));
    }

    #[test]
    fn no_blocks_have_no_bound() {
        assert!(best_bound(&[], &[]).abs() < f32::EPSILON);
        assert!(expected_f1(&[], &[], 0.5).abs() < f32::EPSILON);
    }
}
