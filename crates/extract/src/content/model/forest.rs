//! All trees over all blocks of a page at once, without a branch on any block's value.
//!
//! A tree's leaves are the bits of a word, from the left. A split that sends a block to the right takes the leaves
//! on its left away; when all splits of a tree have been asked, in whatever order, the block's leaf is the first that
//! is left (`QuickScorer`: Lucchese et al., SIGIR 2015). So the splits are asked by feature, many blocks at a time.
//! Blocks of a page have much in common: what splits all blocks of a page, or all of a group of neighbours, the same
//! way is asked once.

use super::tree::{MAX_LEAVES, Node};

/// Blocks that are asked together: four of the narrowest vectors that every machine has.
const LANES: usize = 16;

/// Values of one feature in a group of blocks, as [`key`]s.
type Column = [i32; LANES];

/// The leaves of one tree that are left, for each block of a group.
type Lanes = [u32; LANES];

/// One inner node.
#[derive(Debug, Clone, Copy)]
struct Split {
    /// The threshold's [`key`]: larger values go right.
    threshold: i32,
    tree: u32,
    /// The leaves on its left.
    left: u32,
}

/// Trees that are evaluated together.
#[derive(Debug, Default)]
pub(super) struct Forest {
    /// By feature, its splits from the lowest threshold up.
    splits: Vec<Vec<Split>>,
    /// Values of each tree's leaves, from the left.
    leaves: Vec<[f32; MAX_LEAVES]>,
}

impl Forest {
    pub(super) fn of(trees: &[Vec<Node>], features: usize) -> Self {
        let mut forest = Self { splits: vec![Vec::new(); features], leaves: Vec::with_capacity(trees.len()) };
        for (nodes, number) in trees.iter().zip(0u32..) {
            let mut leaves = [0.0; MAX_LEAVES];
            forest.add(nodes, 0, number, &mut 0, &mut leaves);
            forest.leaves.push(leaves);
        }

        for splits in &mut forest.splits {
            splits.sort_by_key(|split| split.threshold);
        }
        forest
    }

    /// Takes in the node `at` and what is below it: a tree has few levels. `count` is the number of leaves so far.
    fn add(&mut self, nodes: &[Node], at: usize, tree: u32, count: &mut usize, leaves: &mut [f32; MAX_LEAVES]) {
        let Some(node) = nodes.get(at) else { return };
        if node.left == 0 {
            if let Some(leaf) = leaves.get_mut(*count) {
                *leaf = node.threshold;
            }
            *count += 1;
            return;
        }

        let first = *count;
        self.add(nodes, usize::from(node.left), tree, count, leaves);
        let left = (first..*count).fold(0u32, |bits, leaf| bits | 1 << (leaf % MAX_LEAVES));
        self.add(nodes, usize::from(node.right), tree, count, leaves);

        if let Some(splits) = self.splits.get_mut(usize::from(node.feature)) {
            splits.push(Split { threshold: key(node.threshold), tree, left });
        }
    }

    #[cfg(test)]
    pub(super) fn trees(&self) -> usize {
        self.leaves.len()
    }

    #[cfg(test)]
    pub(super) fn splits(&self) -> usize {
        self.splits.iter().map(Vec::len).sum()
    }

    /// For each row the sum of its leaves, in the order of the trees. `rows` holds one row of `features` values after
    /// the other.
    pub(super) fn sums(&self, rows: &[f32], features: usize) -> Vec<f32> {
        let features = features.max(1);
        let groups: Vec<Group> = rows.chunks(LANES * features).map(|rows| Group::of(rows, features)).collect();
        let (open, shared) = self.open(&groups, features);

        let mut sums = Vec::with_capacity(groups.len() * LANES);
        let mut lanes: Vec<Lanes> = Vec::with_capacity(self.leaves.len());
        for group in &groups {
            sums.extend(self.group(group, &open, shared.clone(), &mut lanes));
        }
        sums.truncate(rows.len() / features);
        sums
    }

    /// By feature, the splits that may part the page's rows, and the leaves of each tree that all others leave.
    fn open(&self, groups: &[Group], features: usize) -> (Vec<Vec<Split>>, Vec<u32>) {
        let mut bounds = vec![Bounds::NONE; features];
        for group in groups {
            bounds.iter_mut().zip(&group.bounds).for_each(|(all, own)| all.widen(*own));
        }
        let mut shared = vec![u32::MAX; self.leaves.len()];
        let splits = self.splits.iter().zip(&bounds);
        let undecided: Vec<&[Split]> = splits.map(|(splits, bounds)| bounds.decide(splits, &mut shared)).collect();

        // A split without leaves on its left stands where no row comes.
        let reached = |split: &&Split| shared.get(split.tree as usize).is_some_and(|leaves| leaves & split.left != 0);
        let open = undecided.iter().map(|splits| splits.iter().filter(reached).copied().collect()).collect();
        (open, shared)
    }

    /// The sums of a group of rows. `open` are the splits that may part them, `shared` the leaves that the others
    /// leave; `lanes` is room to work in.
    fn group(&self, group: &Group, open: &[Vec<Split>], mut shared: Vec<u32>, lanes: &mut Vec<Lanes>) -> [f32; LANES] {
        let mut undecided: Vec<(&Column, &[Split])> = Vec::with_capacity(open.len());
        let features = open.iter().zip(&group.columns).zip(&group.bounds);
        for ((splits, column), bounds) in features.filter(|((splits, _), _)| !splits.is_empty()) {
            undecided.push((column, bounds.decide(splits, &mut shared)));
        }

        lanes.clear();
        lanes.extend(shared.iter().map(|leaves| [*leaves; LANES]));
        for (column, splits) in undecided {
            ask(column, splits, lanes);
        }

        let mut sums = [0.0; LANES];
        for (values, lanes) in self.leaves.iter().zip(lanes.iter()) {
            for (sum, leaves) in sums.iter_mut().zip(lanes) {
                *sum += values[leaves.trailing_zeros() as usize % MAX_LEAVES];
            }
        }
        sums
    }
}

/// A group of rows by feature.
struct Group {
    columns: Vec<Column>,
    bounds: Vec<Bounds>,
}

impl Group {
    /// The rows as columns; places without a row repeat the first one.
    fn of(rows: &[f32], features: usize) -> Self {
        let first: Vec<Column> = rows.iter().take(features).map(|value| [key(*value); LANES]).collect();
        let mut columns = first;
        for (lane, row) in rows.chunks_exact(features).enumerate().skip(1) {
            for (column, value) in columns.iter_mut().zip(row) {
                column[lane % LANES] = key(*value);
            }
        }

        let bounds = columns.iter().map(Bounds::of).collect();
        Self { columns, bounds }
    }
}

/// The least and the largest value of a feature in some rows.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    lowest: i32,
    highest: i32,
}

impl Bounds {
    const NONE: Self = Self { lowest: i32::MAX, highest: i32::MIN };

    fn of(column: &Column) -> Self {
        column.iter().fold(Self::NONE, |bounds, value| Self {
            lowest: bounds.lowest.min(*value),
            highest: bounds.highest.max(*value),
        })
    }

    fn widen(&mut self, other: Self) {
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
    }

    /// Asks the splits that send all rows the same way, and returns the others.
    fn decide<'s>(self, splits: &'s [Split], shared: &mut [u32]) -> &'s [Split] {
        let (right, others) = splits.split_at(splits.partition_point(|split| split.threshold < self.lowest));
        for split in right {
            if let Some(shared) = shared.get_mut(split.tree as usize) {
                *shared &= !split.left;
            }
        }
        others.get(..others.partition_point(|split| split.threshold < self.highest)).unwrap_or(others)
    }
}

/// Asks all `splits` for the values of one feature. By itself, so that the compiler sees the loop as it is here and
/// makes vectors of it.
#[inline(never)]
fn ask(column: &Column, splits: &[Split], lanes: &mut [Lanes]) {
    for split in splits {
        let Some(lanes) = lanes.get_mut(split.tree as usize) else { continue };
        for (leaves, value) in lanes.iter_mut().zip(column) {
            let goes_right = if *value > split.threshold { u32::MAX } else { 0 };
            *leaves &= !(goes_right & split.left);
        }
    }
}

/// A whole number that is larger than another's where the value is. What is no number goes right everywhere, as what
/// is larger than every threshold does.
fn key(value: f32) -> i32 {
    let value = if value.is_nan() { f32::INFINITY } else { value };
    // Both zeros are one.
    let bits = (value + 0.0).to_bits().cast_signed();
    bits ^ ((bits >> 31) & i32::MAX)
}
