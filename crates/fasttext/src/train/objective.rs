use super::random::Random;
use super::weights::Weights;
use crate::FastTextError;
use crate::header::Loss;
use crate::output::{Tree, sigmoid, sigmoid_table};

/// Places in the table that negative labels are drawn from, as in fastText.
const NEGATIVE_PLACES: f64 = 10_000_000.0;

/// The loss function that training minimises, with its tables.
#[derive(Debug)]
pub(crate) struct Objective {
    sigmoid: Vec<f32>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Softmax,
    Tree(Vec<Vec<(u32, bool)>>),
    Negative { places: Vec<u32>, draws: u32 },
    OneVsAll,
}

/// The memory of one thread: the vector of a text, the step for its rows, and the labels' scores.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) hidden: Vec<f32>,
    pub(crate) gradient: Vec<f32>,
    scores: Vec<f32>,
    pub(crate) random: Random,
    /// The sum of the scores since it was reset: no finite number once a weight is none.
    pub(crate) health: f32,
}

impl State {
    pub(crate) fn new(dim: usize, labels: usize, random: Random) -> Self {
        let zeros = || vec![0.0; dim];
        Self { hidden: zeros(), gradient: zeros(), scores: vec![0.0; labels], random, health: 0.0 }
    }
}

impl Objective {
    /// For labels that are there as often as `counts` says, the most frequent first.
    pub(crate) fn new(loss: Loss, counts: &[i64], negatives: u32) -> Result<Self, FastTextError> {
        let kind = match loss {
            Loss::Softmax => Kind::Softmax,
            Loss::HierarchicalSoftmax => Kind::Tree(Tree::new(counts)?.paths()),
            Loss::Negative => Kind::Negative { places: negative_places(counts), draws: negatives },
            Loss::OneVsAll => Kind::OneVsAll,
        };
        Ok(Self { sigmoid: sigmoid_table(), kind })
    }

    /// One step of the output layer for a text with `labels`, which are not empty; the gradient is what the text's
    /// vector should change by.
    pub(crate) fn step<W: Weights>(&self, output: &mut W, labels: &[u32], rate: f32, state: &mut State) {
        state.gradient.fill(0.0);
        if matches!(self.kind, Kind::OneVsAll) {
            for row in 0..u32::try_from(state.scores.len()).unwrap_or(u32::MAX) {
                self.decide(output, row, labels.contains(&row), rate, state);
            }
            return;
        }
        let drawn = state.random.below(labels.len());
        let target = labels.get(drawn).copied().unwrap_or_default();
        match &self.kind {
            Kind::Softmax => softmax(output, target, rate, state),
            Kind::Tree(paths) => {
                for (row, right) in paths.get(target as usize).map(Vec::as_slice).unwrap_or_default() {
                    self.decide(output, *row, *right, rate, state);
                }
            }
            Kind::Negative { places, draws } => {
                self.decide(output, target, true, rate, state);
                for _ in 0..*draws {
                    let row = draw_other(places, target, &mut state.random);
                    self.decide(output, row, false, rate, state);
                }
            }
            Kind::OneVsAll => {}
        }
    }

    /// A step of a decision between yes and no.
    fn decide<W: Weights>(&self, output: &mut W, row: u32, yes: bool, rate: f32, state: &mut State) {
        let score = output.dot(row, &state.hidden);
        state.health += score;
        let factor = rate * (f32::from(u8::from(yes)) - sigmoid(&self.sigmoid, score));
        output.step(row, factor, &state.hidden, &mut state.gradient);
    }
}

fn softmax<W: Weights>(output: &mut W, target: u32, rate: f32, state: &mut State) {
    let State { hidden, gradient, scores, health, .. } = state;
    let mut most = f32::NEG_INFINITY;
    for (row, score) in (0..).zip(scores.iter_mut()) {
        *score = output.dot(row, hidden);
        *health += *score;
        most = most.max(*score);
    }
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for (row, score) in (0..).zip(scores.iter()) {
        let factor = rate * (f32::from(u8::from(row == target)) - score / sum);
        output.step(row, factor, hidden, gradient);
    }
}

/// Each label has places in proportion to the square root of its count, and at least one.
fn negative_places(counts: &[i64]) -> Vec<u32> {
    let root = |count: &i64| (*count as f64).max(0.0).sqrt();
    let sum: f64 = counts.iter().map(root).sum();
    let mut places = Vec::new();
    for (label, count) in (0..).zip(counts) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most ten million")]
        let share = (root(count) * NEGATIVE_PLACES / sum).ceil() as usize;
        places.extend(std::iter::repeat_n(label, share.max(1)));
    }
    places
}

/// A label that is not `target`; there are at least two.
fn draw_other(places: &[u32], target: u32, random: &mut Random) -> u32 {
    loop {
        let label = places.get(random.below(places.len())).copied().unwrap_or_default();
        if label != target {
            return label;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_labels_are_drawn_more_often() {
        let places = negative_places(&[900, 100, 0]);
        let count = |label| places.iter().filter(|place| **place == label).count();
        assert!(count(0).abs_diff(7_500_000) < 2 && count(1).abs_diff(2_500_000) < 2 && count(2) == 1);
        assert!((0..100).all(|seed| draw_other(&places, 0, &mut Random::new(seed)) != 0));
    }
}
