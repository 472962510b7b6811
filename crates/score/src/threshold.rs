use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which end of a score is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A high score is good: fluency.
    HigherIsBetter,
    /// A low score is good: toxicity.
    LowerIsBetter,
}

/// What becomes of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It goes on.
    Keep,
    /// It is dropped.
    Drop,
}

/// A bound on a score. A document may reach it but not break it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    direction: Direction,
    bound: f64,
}

/// What is wrong with a bound.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ThresholdError {
    /// The bound is no finite number, so that it would keep or drop everything.
    #[error("the bound is {0}; it must be a finite number")]
    NotFinite(f64),
}

impl Threshold {
    /// A bound on a score that points in `direction`.
    pub fn new(direction: Direction, bound: f64) -> Result<Self, ThresholdError> {
        if bound.is_finite() { Ok(Self { direction, bound }) } else { Err(ThresholdError::NotFinite(bound)) }
    }

    /// Which end of the score is good.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The bound.
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// Whether a document with `score` is kept. A score that is no number is no evidence of quality
    /// or safety: the document is dropped.
    pub fn decide(&self, score: f64) -> Decision {
        let keeps = match self.direction {
            Direction::HigherIsBetter => score >= self.bound,
            Direction::LowerIsBetter => score <= self.bound,
        };
        if keeps { Decision::Keep } else { Decision::Drop }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_itself_is_kept_in_both_directions() {
        let cases = [
            (Direction::LowerIsBetter, 0.49, Decision::Keep),
            (Direction::LowerIsBetter, 0.5, Decision::Keep),
            (Direction::LowerIsBetter, 0.51, Decision::Drop),
            (Direction::HigherIsBetter, 0.49, Decision::Drop),
            (Direction::HigherIsBetter, 0.5, Decision::Keep),
            (Direction::HigherIsBetter, 0.51, Decision::Keep),
            (Direction::LowerIsBetter, f64::NAN, Decision::Drop),
            (Direction::HigherIsBetter, f64::NAN, Decision::Drop),
        ];
        for (direction, score, expected) in cases {
            let threshold = Threshold::new(direction, 0.5).expect("finite");
            assert_eq!(threshold.decide(score), expected, "{direction:?} {score}");
        }
    }

    #[test]
    fn bounds_must_be_finite() {
        for bound in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Threshold::new(Direction::HigherIsBetter, bound).is_err(), "{bound}");
        }
    }
}
