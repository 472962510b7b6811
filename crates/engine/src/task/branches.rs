//! Who takes the documents of a branch point.
//!
//! A node that several others consume hands its rows to each. A routed consumer (a `keep_where` beside siblings) takes only
//! the rows its predicate holds; a row that no consumer takes is dropped at the branch point with reason `no_branch`, and a
//! row that only a sibling takes is `elsewhere` for this one.

use textmill_document::{Count, DocumentBatch, Dropped, Reason};

use super::place::{PerPlace, Place};

const NO_BRANCH: Reason = Reason { code: "no_branch", summary: "no branch took the document" };

/// Who takes the rows of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consumer {
    /// The node of this place takes the rows for which its predicate holds.
    Routed(Place),
    /// Takes every row.
    All,
}

/// Who took the rows of one batch, at every place.
pub(crate) struct Branches<'a> {
    consumers: &'a PerPlace<Vec<Consumer>>,
    /// How many consumers take each row of a place.
    takers: PerPlace<Vec<u32>>,
    /// The rows that each routed node refused.
    refused: PerPlace<Vec<usize>>,
}

/// What became of the rows of a branch point.
#[derive(Debug, PartialEq)]
pub(crate) struct Settled {
    /// Rows that nobody took.
    pub lost: Vec<Dropped>,
    pub lost_count: Count,
    /// Rows that were taken more than once, counted once less.
    pub copies: Count,
    /// For each routed consumer, the rows that only others took.
    pub elsewhere: Vec<(Place, Count)>,
}

impl<'a> Branches<'a> {
    /// `consumers` are those of every place of a graph of `nodes` nodes.
    pub(crate) fn new(consumers: &'a PerPlace<Vec<Consumer>>, nodes: usize) -> Self {
        Self { consumers, takers: PerPlace::new(nodes, |_| Vec::new()), refused: PerPlace::new(nodes, |_| Vec::new()) }
    }

    /// There are documents at `place`. Every consumer is assumed to take every row until it refuses.
    pub(crate) fn arrive(&mut self, place: Place, batch: &DocumentBatch) {
        let consumers = u32::try_from(self.consumers[place].len()).unwrap_or(u32::MAX);
        self.takers[place] = vec![consumers; batch.num_rows()];
    }

    /// The routed node of `by` refused rows of `place`.
    pub(crate) fn refuse(&mut self, place: Place, by: Place, refused: &[Dropped]) {
        refused.iter().for_each(|drop| self.takers[place][drop.row] -= 1);
        self.refused[by] = refused.iter().map(|drop| drop.row).collect();
    }

    /// What became of the rows of `place`, which have these sizes; none where it is no branch point.
    pub(crate) fn settle(&self, place: Place, bytes: &[u64]) -> Option<Settled> {
        let consumers = &self.consumers[place];
        if consumers.len() < 2 {
            return None;
        }
        let (mut lost, mut copies) = (Vec::new(), Count::default());
        for (row, takers) in self.takers[place].iter().enumerate() {
            match takers.checked_sub(1) {
                None => lost.push(Dropped { row, reason: NO_BRANCH, value: None, bound: None, detail: None }),
                Some(more) => copies += Count::new(u64::from(more), u64::from(more) * bytes[row]),
            }
        }

        let count = |rows: &mut dyn Iterator<Item = usize>| rows.map(|row| Count::one(bytes[row])).sum::<Count>();
        let lost_count = count(&mut lost.iter().map(|drop| drop.row));
        let elsewhere = |consumer: &Consumer| {
            let Consumer::Routed(node) = *consumer else { return None };
            // Who is lost at the branch point was refused by every routed consumer.
            Some((node, less(count(&mut self.refused[node].iter().copied()), lost_count)))
        };
        let elsewhere = consumers.iter().filter_map(elsewhere).collect();
        Some(Settled { lost, lost_count, copies, elsewhere })
    }
}

/// `count` without `other`, which is part of it.
pub(crate) fn less(count: Count, other: Count) -> Count {
    Count::new(count.documents - other.documents, count.bytes - other.bytes)
}
