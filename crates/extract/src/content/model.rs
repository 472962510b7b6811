//! The model that scores blocks: gradient-boosted decision trees.
//!
//! The file `model/content.txt` is written by `scripts/make/extract-model`. Its format, a line each:
//! `features N` (values of a row), then one line a tree: nodes `feature:threshold:left:right` and leaves
//! `=value`, apart by a space, children named by their place in the line and always after their parent.

use std::sync::LazyLock;

const CONTENT: &str = include_str!("../../model/content.txt");

/// One node of a tree: an inner node, or a leaf with `left` 0 and its value as `threshold`.
#[derive(Debug, Clone, Copy)]
struct Node {
    threshold: f32,
    feature: u16,
    left: u16,
    right: u16,
}

/// A sum of trees.
#[derive(Debug, Default)]
pub(crate) struct Model {
    features: usize,
    trees: Vec<Vec<Node>>,
}

/// The model that is part of the program.
pub(crate) static MODEL: LazyLock<Model> = LazyLock::new(|| Model::parse(CONTENT));

impl Model {
    /// Reads the model's file. A test shows that no line of it is left out.
    fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let head = lines.next().and_then(|line| line.strip_prefix("features "));
        let features = head.and_then(|number| number.parse().ok()).unwrap_or(0);
        Self { features, trees: lines.filter_map(tree).collect() }
    }

    /// Scores of some rows, 0 to 1. `rows` holds one row of features after the other.
    pub(crate) fn scores(&self, rows: &[f32]) -> impl Iterator<Item = f32> {
        let rows: Vec<&[f32]> = rows.chunks_exact(self.features.max(1)).collect();
        let mut sums = vec![0.0; rows.len()];
        // Tree by tree, so that a tree's nodes stay in the nearest cache while all rows walk it.
        for tree in &self.trees {
            for (sum, row) in sums.iter_mut().zip(&rows) {
                *sum += walk(tree, row);
            }
        }
        sums.into_iter().map(|sum: f32| 1.0 / (1.0 + (-sum).exp()))
    }
}

fn walk(tree: &[Node], row: &[f32]) -> f32 {
    let mut at = 0;
    loop {
        let Some(node) = tree.get(at) else { return 0.0 };
        if node.left == 0 {
            return node.threshold;
        }
        let value = row.get(usize::from(node.feature)).copied().unwrap_or(0.0);
        at = usize::from(if value <= node.threshold { node.left } else { node.right });
    }
}

/// A tree in which every step goes forward, so that no walk is endless.
fn tree(line: &str) -> Option<Vec<Node>> {
    let nodes: Vec<Node> = line.split(' ').map(Node::parse).collect::<Option<_>>()?;
    let forward = nodes.iter().enumerate().all(|(at, node)| {
        let children = [usize::from(node.left), usize::from(node.right)];
        node.left == 0 || children.iter().all(|child| (at + 1..nodes.len()).contains(child))
    });
    forward.then_some(nodes)
}

impl Node {
    fn parse(text: &str) -> Option<Self> {
        if let Some(value) = text.strip_prefix('=') {
            return Some(Self { threshold: value.parse().ok()?, feature: 0, left: 0, right: 0 });
        }
        let mut parts = text.split(':');
        let feature = parts.next()?.parse().ok()?;
        let threshold = parts.next()?.parse().ok()?;
        Some(Self { threshold, feature, left: parts.next()?.parse().ok()?, right: parts.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::FEATURES;

    #[test]
    fn the_whole_file_is_read_and_fits_the_features() {
        assert_eq!(MODEL.features, FEATURES);
        assert_eq!(MODEL.trees.len(), CONTENT.lines().count() - 1);
        let known = |node: &Node| usize::from(node.feature) < FEATURES;
        assert!(MODEL.trees.iter().flatten().all(known));
    }

    #[test]
    fn rows_walk_the_trees() {
        let model = Model::parse("features 2\n0:1.5:1:2 =-2 1:0:3:4 =1 =2\n=0.5");
        let expected = [-1.5_f32, 1.5, 2.5].map(|sum| 1.0 / (1.0 + (-sum).exp()));
        let scores: Vec<f32> = model.scores(&[1.5, 9.0, 1.6, 0.0, 1.6, 0.1]).collect();
        assert_eq!(scores, expected);
    }

    #[test]
    fn a_tree_that_turns_back_is_none() {
        for line in ["0:1:0:1", "0:1:1:0 =1", "0:1:1:9 =1 =2", "x", "", "0:1:2"] {
            assert!(tree(line).is_none_or(|nodes| nodes[0].left == 0), "{line}");
        }
    }
}
