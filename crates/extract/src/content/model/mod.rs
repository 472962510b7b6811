//! The model that scores blocks: gradient-boosted decision trees.
//!
//! The file `model/content.txt` is written by `scripts/train-extract-model`. Its format, a line each:
//! `features N` (values of a row), then one line a tree: nodes `feature:threshold:left:right` and leaves
//! `=value`, apart by a space, children named by their place in the line and always after their parent.

mod forest;
mod tree;

use std::sync::LazyLock;

use forest::Forest;
use tree::tree;

const CONTENT: &str = include_str!("../../../model/content.txt");

/// A sum of trees.
#[derive(Debug)]
pub(crate) struct Model {
    features: usize,
    forest: Forest,
}

/// The model that is part of the program.
pub(crate) static MODEL: LazyLock<Model> = LazyLock::new(|| Model::parse(CONTENT));

impl Model {
    /// Reads the model's file. A test shows that no line of it is left out.
    fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let head = lines.next().and_then(|line| line.strip_prefix("features "));
        let features = head.and_then(|number| number.parse().ok()).unwrap_or(0);

        let trees: Vec<_> = lines.filter_map(tree).collect();
        Self { features, forest: Forest::of(&trees, features) }
    }

    /// Scores of some rows, 0 to 1. `rows` holds one row of features after the other.
    pub(crate) fn scores(&self, rows: &[f32]) -> impl Iterator<Item = f32> {
        self.forest.sums(rows, self.features).into_iter().map(|sum: f32| 1.0 / (1.0 + (-sum).exp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::FEATURES;

    #[test]
    fn the_whole_file_is_read_and_fits_the_features() {
        assert_eq!(MODEL.features, FEATURES);
        assert_eq!(MODEL.forest.trees(), CONTENT.lines().count() - 1);

        let trees: Vec<_> = CONTENT.lines().skip(1).filter_map(tree).collect();
        assert_eq!(MODEL.forest.splits(), trees.iter().flatten().filter(|node| node.left != 0).count());
    }

    #[test]
    fn rows_walk_the_trees() {
        let model = Model::parse("features 2\n0:1.5:1:2 =-2 1:0:3:4 =1 =2\n=0.5");
        let expected = [-1.5_f32, 1.5, 2.5].map(|sum| 1.0 / (1.0 + (-sum).exp()));
        let scores: Vec<f32> = model.scores(&[1.5, 9.0, 1.6, 0.0, 1.6, 0.1]).collect();
        assert_eq!(scores, expected);
    }

    /// The model's trees as they are meant: row by row, from the root to a leaf.
    fn walked(trees: &[Vec<tree::Node>], row: &[f32]) -> f32 {
        let mut sum = 0.0;
        for nodes in trees {
            let mut at = 0;
            while nodes[at].left != 0 {
                let node = nodes[at];
                at = usize::from(if row[usize::from(node.feature)] <= node.threshold { node.left } else { node.right });
            }
            sum += nodes[at].threshold;
        }
        sum
    }

    /// A small linear congruential generator: the same rows in every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap_or(0) % bound
        }
    }

    #[test]
    fn all_rows_together_have_the_sums_of_each_alone() {
        let trees: Vec<Vec<tree::Node>> = CONTENT.lines().skip(1).filter_map(tree).collect();
        let mut values: Vec<Vec<f32>> = vec![vec![0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]; FEATURES];
        for node in trees.iter().flatten().filter(|node| node.left != 0) {
            let near = [node.threshold, node.threshold.next_down(), node.threshold.next_up()];
            values[usize::from(node.feature)].extend(near);
        }

        let mut random = Random(3);
        for count in [0, 1, 2, 15, 16, 17, 64, 100, 255] {
            // In every other run most features are the same in all rows, as on a page.
            for varied in [FEATURES, 20] {
                let first: Vec<f32> = values.iter().map(|of| of[random.below(of.len())]).collect();
                let mut rows = Vec::new();
                for _ in 0..count {
                    let from = rows.len();
                    rows.extend_from_slice(&first);
                    for _ in 0..varied {
                        let feature = random.below(FEATURES);
                        rows[from + feature] = values[feature][random.below(values[feature].len())];
                    }
                }

                let sums = MODEL.forest.sums(&rows, FEATURES);
                let expected: Vec<u32> = rows.chunks_exact(FEATURES).map(|row| walked(&trees, row).to_bits()).collect();
                assert_eq!(sums.iter().map(|sum| sum.to_bits()).collect::<Vec<u32>>(), expected);
            }
        }
    }
}
