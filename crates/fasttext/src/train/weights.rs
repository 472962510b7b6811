//! Matrices that training changes: one thread owns its matrix, several share one of relaxed atomics, which is all that
//! Hogwild asks for.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::random::Random;
use crate::FastTextError;
use crate::kernels::Kernels;

/// Parts that the first weights are made in, each from a seed of its own.
const BLOCKS: usize = 10;

/// Rows of weights that can be changed.
pub(crate) trait Weights {
    /// Adds rows to `sum`.
    fn add_rows(&self, rows: &[u32], sum: &mut [f32]);

    /// The dot product of a row with `vector`.
    fn dot(&self, row: u32, vector: &[f32]) -> f32;

    /// Adds `vector` to rows, one after the other.
    fn change_rows(&mut self, rows: &[u32], vector: &[f32]);

    /// A step of the output layer: adds `factor` times the row to `gradient`, then `factor` times `hidden` to the row.
    fn step(&mut self, row: u32, factor: f32, hidden: &[f32], gradient: &mut [f32]);
}

/// A matrix that one thread owns.
#[derive(Debug)]
pub(crate) struct Owned<'a> {
    values: &'a mut [f32],
    columns: usize,
    kernels: Kernels,
}

/// A matrix that threads share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shared<'a> {
    values: &'a [AtomicU32],
    columns: usize,
}

impl<'a> Owned<'a> {
    pub(crate) fn new(values: &'a mut [f32], columns: usize) -> Self {
        Self { values, columns, kernels: Kernels::new() }
    }
}

impl Weights for Owned<'_> {
    fn add_rows(&self, rows: &[u32], sum: &mut [f32]) {
        self.kernels.add_rows(sum, self.values, rows);
    }

    fn dot(&self, row: u32, vector: &[f32]) -> f32 {
        let start = row as usize * self.columns;
        self.kernels.dot(self.values.get(start..start + self.columns).unwrap_or_default(), vector)
    }

    fn change_rows(&mut self, rows: &[u32], vector: &[f32]) {
        self.kernels.change_rows(self.values, rows, vector);
    }

    fn step(&mut self, row: u32, factor: f32, hidden: &[f32], gradient: &mut [f32]) {
        let start = row as usize * self.columns;
        let weights = self.values.get_mut(start..start + self.columns).unwrap_or_default();
        self.kernels.step(weights, factor, hidden, gradient);
    }
}

impl<'a> Shared<'a> {
    pub(crate) fn new(values: &'a [AtomicU32], columns: usize) -> Self {
        Self { values, columns }
    }

    fn row(&self, row: u32) -> &'a [AtomicU32] {
        let start = row as usize * self.columns;
        self.values.get(start..start + self.columns).unwrap_or_default()
    }
}

fn load(weight: &AtomicU32) -> f32 {
    f32::from_bits(weight.load(Relaxed))
}

fn add(weight: &AtomicU32, value: f32) {
    weight.store((load(weight) + value).to_bits(), Relaxed);
}

impl Weights for Shared<'_> {
    fn add_rows(&self, rows: &[u32], sum: &mut [f32]) {
        // Four at a time, so that the processor waits for four rows at once.
        let (fours, rest) = rows.as_chunks::<4>();
        for four in fours {
            let [a, b, c, d] = four.map(|row| self.row(row));
            for ((((sum, a), b), c), d) in sum.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum += (load(a) + load(b)) + (load(c) + load(d));
            }
        }
        for row in rest {
            sum.iter_mut().zip(self.row(*row)).for_each(|(sum, weight)| *sum += load(weight));
        }
    }

    fn dot(&self, row: u32, vector: &[f32]) -> f32 {
        const LANES: usize = 16;
        let (weights, rest) = self.row(row).as_chunks::<LANES>();
        let (vectors, vector_rest) = vector.as_chunks::<LANES>();
        let mut lanes = [0.0_f32; LANES];
        for (weights, values) in weights.iter().zip(vectors) {
            for (lane, (weight, value)) in lanes.iter_mut().zip(weights.iter().zip(values)) {
                *lane += load(weight) * value;
            }
        }
        let rest: f32 = rest.iter().zip(vector_rest).map(|(weight, value)| load(weight) * value).sum();
        lanes.iter().sum::<f32>() + rest
    }

    fn change_rows(&mut self, rows: &[u32], vector: &[f32]) {
        for row in rows {
            self.row(*row).iter().zip(vector).for_each(|(weight, value)| add(weight, *value));
        }
    }

    fn step(&mut self, row: u32, factor: f32, hidden: &[f32], gradient: &mut [f32]) {
        for ((weight, hidden), gradient) in self.row(row).iter().zip(hidden).zip(gradient) {
            *gradient += factor * load(weight);
            add(weight, factor * hidden);
        }
    }
}

/// Zeros, if there is memory for them.
pub(crate) fn zeros(rows: usize, columns: usize) -> Result<Vec<f32>, FastTextError> {
    let area = rows.checked_mul(columns).ok_or(FastTextError::TooLarge)?;
    let mut values = Vec::new();
    values.try_reserve_exact(area).map_err(|_| FastTextError::TooLarge)?;
    values.resize(area, 0.0);
    Ok(values)
}

/// First weights, evenly spread from `-bound` to `bound`; the same for any number of threads.
pub(crate) fn fill_evenly(values: &mut [f32], bound: f32, seed: u32, threads: usize) {
    let block = (values.len() / BLOCKS).max(1);
    let mut blocks: Vec<(u64, &mut [f32])> = (u64::from(seed)..).zip(values.chunks_mut(block)).collect();
    let share = blocks.len().div_ceil(threads.max(1)).max(1);
    let fill = |blocks: &mut [(u64, &mut [f32])]| {
        for (seed, block) in blocks {
            fill_block(block, bound, *seed);
        }
    };
    if threads <= 1 {
        return fill(&mut blocks);
    }
    std::thread::scope(|scope| {
        for part in blocks.chunks_mut(share) {
            scope.spawn(|| fill(part));
        }
    });
}

fn fill_block(values: &mut [f32], bound: f32, seed: u64) {
    let mut units = Random::new(seed).units();
    let bound = f64::from(bound);
    for values in values.chunks_mut(4) {
        for (value, unit) in values.iter_mut().zip(units.next_four()) {
            #[expect(clippy::cast_possible_truncation, reason = "fastText rounds here as well")]
            let weight = (unit * (2.0 * bound) - bound) as f32;
            *value = weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_weights_do_not_depend_on_the_threads() {
        let make = |threads| {
            let mut values = zeros(101, 3).expect("small");
            fill_evenly(&mut values, 0.5, 7, threads);
            values
        };
        assert_eq!(make(1), make(3));
        assert!(make(1).iter().all(|value| value.abs() <= 0.5 && *value != 0.0));
        assert!(zeros(usize::MAX, 2).is_err() && zeros(1 << 60, 1).is_err());
    }

    #[test]
    fn owned_and_shared_matrices_do_the_same() {
        let mut values: Vec<f32> = (0_u8..44).map(f32::from).collect();
        let atomics: Vec<AtomicU32> = values.iter().map(|value| AtomicU32::new(value.to_bits())).collect();
        let (mut owned, mut shared) = (Owned::new(&mut values, 11), Shared::new(&atomics, 11));
        let hidden: Vec<f32> = (0_u8..11).map(|value| f32::from(value) - 5.0).collect();
        let run = |weights: &mut dyn Weights| {
            let (mut sum, mut gradient) = (vec![0.0; 11], vec![0.5; 11]);
            weights.step(2, 0.5, &hidden, &mut gradient);
            weights.change_rows(&[1, 3, 1], &gradient);
            weights.add_rows(&[0, 1, 2, 3, 3], &mut sum);
            (sum, gradient, weights.dot(3, &hidden))
        };
        assert_eq!(run(&mut owned), run(&mut shared));
    }
}
