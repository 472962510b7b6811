use crate::FastTextError;
use crate::header::Loss;
use crate::matrix::Matrix;
use crate::top::Top;

/// Bounds and steps of fastText's table of the logistic function.
const SIGMOID_BOUND: f32 = 8.0;
const SIGMOID_STEPS: u16 = 512;
/// What fastText counts a node as that has not been made yet: no sum of label counts may reach it.
const UNMADE: i64 = 1_000_000_000_000_000;

/// The output layer: from the vector of a text to labels.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) matrix: Matrix,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Tree(Tree),
    Logistic(Vec<f32>),
    Softmax,
}

impl Output {
    pub(crate) fn new(loss: Loss, matrix: Matrix, label_counts: &[i64]) -> Result<Self, FastTextError> {
        let kind = match loss {
            Loss::HierarchicalSoftmax => Kind::Tree(Tree::new(label_counts)?),
            Loss::Negative | Loss::OneVsAll => Kind::Logistic(sigmoid_table()),
            Loss::Softmax => Kind::Softmax,
        };
        Ok(Self { matrix, kind })
    }

    /// Logarithms of the probabilities of the best `k` labels above `threshold`, best first.
    pub(crate) fn best(&self, hidden: &[f32], k: usize, threshold: f32) -> Vec<(f32, u32)> {
        let mut top = Top::new(k);
        match &self.kind {
            Kind::Tree(tree) => tree.search(&self.matrix, hidden, threshold, &mut top),
            Kind::Logistic(table) => {
                let scores = self.scores(hidden).map(|score| sigmoid(table, score));
                keep_best(scores, threshold, &mut top);
            }
            Kind::Softmax => keep_best(self.softmax(hidden).into_iter(), threshold, &mut top),
        }
        top.sorted()
    }

    fn scores(&self, hidden: &[f32]) -> impl Iterator<Item = f32> {
        (0..self.matrix.rows()).map(move |row| self.matrix.dot_row(row, hidden))
    }

    fn softmax(&self, hidden: &[f32]) -> Vec<f32> {
        let mut scores: Vec<f32> = self.scores(hidden).collect();
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in &mut scores {
            *score = (*score - most).exp();
            sum += *score;
        }
        scores.iter_mut().for_each(|score| *score /= sum);
        scores
    }
}

/// fastText's logarithm, which is never infinite.
fn log(probability: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "fastText rounds here as well")]
    let log = (f64::from(probability) + 1e-5).ln() as f32;
    log
}

fn keep_best(probabilities: impl Iterator<Item = f32>, threshold: f32, top: &mut Top) {
    for (label, probability) in (0..).zip(probabilities) {
        if probability < threshold {
            continue;
        }
        let score = log(probability);
        if !top.refuses(score) {
            top.push(score, label);
        }
    }
}

pub(crate) fn sigmoid_table() -> Vec<f32> {
    let step = |index: u16| f32::from(index) * 2.0 * SIGMOID_BOUND / f32::from(SIGMOID_STEPS) - SIGMOID_BOUND;
    #[expect(clippy::cast_possible_truncation, reason = "fastText rounds here as well")]
    (0..=SIGMOID_STEPS).map(|index| (1.0 / (1.0 + f64::from((-step(index)).exp()))) as f32).collect()
}

pub(crate) fn sigmoid(table: &[f32], score: f32) -> f32 {
    if score < -SIGMOID_BOUND {
        return 0.0;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounding down is meant; 0 for NaN")]
    let index = ((score + SIGMOID_BOUND) * f32::from(SIGMOID_STEPS) / SIGMOID_BOUND / 2.0) as usize;
    if score > SIGMOID_BOUND { 1.0 } else { table.get(index).copied().unwrap_or(1.0) }
}

/// The Huffman tree over the labels: the first nodes are the labels, then come the inner nodes, the root last. Inner
/// node `n` decides by row `n - labels` of the output matrix.
#[derive(Debug)]
pub(crate) struct Tree {
    labels: u32,
    /// Left and right child of each inner node; children come before their parents.
    children: Vec<[u32; 2]>,
}

impl Tree {
    pub(crate) fn new(label_counts: &[i64]) -> Result<Self, FastTextError> {
        let refuse = |value| FastTextError::Range {
            field: "count",
            offset: 0,
            value,
            allowed: "label counts that add up to less than 10^15",
        };
        let total = label_counts.iter().try_fold(0_i64, |sum, count| {
            sum.checked_add(*count).filter(|sum| *count >= 0 && *sum < UNMADE).ok_or_else(|| refuse(*count))
        });
        total?;
        let labels = label_counts.len();
        // A tree takes the rarest two nodes that have no parent, again and again. Labels are sorted, the most
        // frequent first, and sums come up in growing order, so that two positions are enough.
        let mut counts = label_counts.to_vec();
        let mut children = Vec::with_capacity(labels.saturating_sub(1));
        let (mut leaf, mut node) = (labels, labels);
        for _ in 1..labels {
            let mut pair = [0_u32; 2];
            let mut sum = 0;
            for child in &mut pair {
                let made = counts.get(node).copied().unwrap_or(UNMADE);
                let rarest = leaf.checked_sub(1).filter(|leaf| counts.get(*leaf).is_some_and(|count| *count < made));
                let chosen = rarest.unwrap_or(node);
                if rarest.is_some() {
                    leaf -= 1;
                } else {
                    node += 1;
                }
                let Some(count) = counts.get(chosen) else { return Err(refuse(made)) };
                sum += *count;
                *child = u32::try_from(chosen).map_err(|_| refuse(made))?;
            }
            children.push(pair);
            counts.push(sum);
        }
        Ok(Self { labels: u32::try_from(labels).map_err(|_| refuse(i64::MAX))?, children })
    }

    /// For each label the rows of the nodes above it, from the leaf up, and whether the way down goes to the right.
    pub(crate) fn paths(&self) -> Vec<Vec<(u32, bool)>> {
        let nodes = self.labels as usize + self.children.len();
        let mut parents = vec![None; nodes];
        for (row, [left, right]) in (0_u32..).zip(&self.children) {
            for (child, is_right) in [(left, false), (right, true)] {
                if let Some(parent) = parents.get_mut(*child as usize) {
                    *parent = Some((row, is_right));
                }
            }
        }
        let above = |node: u32| parents.get(node as usize).copied().flatten();
        let path = |label| std::iter::successors(above(label), |(row, _)| above(self.labels + row)).collect();
        (0..self.labels).map(path).collect()
    }

    /// Visits the nodes in fastText's order, left before right, and leaves out every branch that cannot be among the
    /// best any more.
    fn search(&self, matrix: &Matrix, hidden: &[f32], threshold: f32, top: &mut Top) {
        let lowest = log(threshold);
        let root = self.labels + u32::try_from(self.children.len()).unwrap_or_default();
        let mut open = vec![(root.saturating_sub(1), 0.0_f32)];
        while let Some((node, score)) = open.pop() {
            if score < lowest || top.refuses(score) {
                continue;
            }
            let Some(row) = node.checked_sub(self.labels).map(|row| row as usize) else {
                top.push(score, node);
                continue;
            };
            let Some([left, right]) = self.children.get(row) else { continue };
            let score_right = matrix.dot_row(row, hidden);
            #[expect(clippy::cast_possible_truncation, reason = "fastText rounds here as well")]
            let share_right = (1.0 / (1.0 + f64::from((-score_right).exp()))) as f32;
            #[expect(clippy::cast_possible_truncation, reason = "fastText rounds here as well")]
            let share_left = (1.0 - f64::from(share_right)) as f32;
            open.push((*right, score + log(share_right)));
            open.push((*left, score + log(share_left)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_labels_are_deep_in_the_tree() {
        let tree = Tree::new(&[40, 30, 20, 10]).expect("good counts");
        assert_eq!(tree.children, [[3, 2], [4, 1], [0, 5]]);
        assert_eq!(tree.paths()[3], [(0, false), (1, false), (2, true)]);
        assert_eq!(tree.paths()[0], [(2, false)]);
        assert!(Tree::new(&[7]).expect("one label").children.is_empty());
    }

    #[test]
    fn counts_that_make_no_tree_are_refused() {
        for counts in [&[UNMADE, 1][..], &[-1, 5], &[i64::MAX, i64::MAX], &[UNMADE - 1, 1]] {
            assert!(Tree::new(counts).is_err(), "{counts:?}");
        }
    }
}
