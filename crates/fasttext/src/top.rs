//! The best k of many, in the order that fastText gives: of labels with equal scores it keeps the one that its heap
//! happens to keep, so the heap is built the same way as in the C++ library that fastText is compiled with.

/// The best scores so far, the worst one first, as a binary heap.
#[derive(Debug)]
pub(crate) struct Top {
    k: usize,
    heap: Vec<(f32, u32)>,
}

impl Top {
    pub(crate) fn new(k: usize) -> Self {
        Self { k, heap: Vec::new() }
    }

    /// Whether `score` is too low to be among the best.
    pub(crate) fn refuses(&self, score: f32) -> bool {
        self.heap.len() == self.k && self.heap.first().is_none_or(|worst| score < worst.0)
    }

    pub(crate) fn push(&mut self, score: f32, label: u32) {
        self.heap.push((score, label));
        let last = self.heap.len() - 1;
        rise(&mut self.heap, last, (score, label));
        if self.heap.len() > self.k {
            pop(&mut self.heap);
            self.heap.pop();
        }
    }

    /// Scores and labels, best first.
    pub(crate) fn sorted(mut self) -> Vec<(f32, u32)> {
        for length in (2..=self.heap.len()).rev() {
            pop(self.heap.split_at_mut(length).0);
        }
        self.heap
    }
}

/// Puts `value` at `hole` or above, where no parent is better.
fn rise(heap: &mut [(f32, u32)], mut hole: usize, value: (f32, u32)) {
    while hole > 0 {
        let parent = (hole - 1) / 2;
        if heap[parent].0 <= value.0 || heap[parent].0.is_nan() || value.0.is_nan() {
            break;
        }
        heap[hole] = heap[parent];
        hole = parent;
    }
    heap[hole] = value;
}

/// Moves the worst to the end, and makes the rest a heap: the hole at the top sinks to the bottom, and the last value
/// rises from there.
fn pop(heap: &mut [(f32, u32)]) {
    let Some(length) = heap.len().checked_sub(1).filter(|length| *length > 0) else { return };
    let value = heap[length];
    heap[length] = heap[0];
    let mut hole = 0;
    while 2 * hole + 2 < length {
        let right = 2 * hole + 2;
        let child = if heap[right].0 > heap[right - 1].0 { right - 1 } else { right };
        heap[hole] = heap[child];
        hole = child;
    }
    if 2 * hole + 2 == length {
        heap[hole] = heap[length - 1];
        hole = length - 1;
    }
    rise(heap, hole, value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_come_first(scores in proptest::collection::vec(0_u8..50, 0..40), k in 1_usize..12) {
            let mut top = Top::new(k);
            for (label, score) in (0..).zip(&scores) {
                if !top.refuses(f32::from(*score)) {
                    top.push(f32::from(*score), label);
                }
            }
            let found: Vec<f32> = top.sorted().iter().map(|(score, _)| *score).collect();
            let mut expected: Vec<f32> = scores.iter().map(|score| f32::from(*score)).collect();
            expected.sort_by(|a, b| b.total_cmp(a));
            expected.truncate(k);
            prop_assert_eq!(found, expected);
        }
    }
}
