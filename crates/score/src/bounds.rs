use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::Field;
use textmill_document::columns::{ID, TEXT};
use textmill_document::{Applied, ConfigFault, DocumentBatch, Dropped, Mode, Reason, StageError};

/// The score is below the bound.
pub const SCORE_TOO_LOW: Reason =
    Reason { code: "score_too_low", summary: "the score is below the lowest that is kept" };
/// The score is above the bound.
pub const SCORE_TOO_HIGH: Reason =
    Reason { code: "score_too_high", summary: "the score is above the highest that is kept" };
/// There is no score.
pub const NO_SCORE: Reason = Reason { code: "no_score", summary: "there is nothing in the text that the model knows" };

/// Every reason of a stage that scores documents.
pub(crate) const SCORE_REASONS: &[Reason] = &[SCORE_TOO_LOW, SCORE_TOO_HIGH, NO_SCORE];

/// Which scores are kept; the bounds themselves are.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    /// Lowest score that is kept. Default none.
    pub min: Option<f64>,
    /// Highest score that is kept. Default none.
    pub max: Option<f64>,
}

impl Bounds {
    /// Whether everything is kept.
    pub fn is_open(self) -> bool {
        self.min.is_none() && self.max.is_none()
    }

    /// Why the document of `row` is dropped, if it is. A document without a score is, as soon as there is a bound: it is
    /// no evidence of quality, or of harmlessness.
    pub fn decide(self, row: usize, score: Option<f64>) -> Option<Dropped> {
        let Some(score) = score else {
            let dropped = Dropped { row, reason: NO_SCORE, value: None, bound: None, detail: None };
            return (!self.is_open()).then_some(dropped);
        };
        let low = self.min.filter(|min| score < *min).map(|min| Dropped::measured(row, SCORE_TOO_LOW, score, min));
        low.or_else(|| {
            self.max.filter(|max| score > *max).map(|max| Dropped::measured(row, SCORE_TOO_HIGH, score, max))
        })
    }

    /// The bounds of a configuration with this `mode`; `range` says in words which numbers are `possible`.
    pub(crate) fn checked(self, mode: Mode, range: &str, possible: impl Fn(f64) -> bool) -> Result<Self, ConfigFault> {
        for (field, value) in [("min", self.min), ("max", self.max)] {
            let Some(value) = value else { continue };
            if !possible(value) {
                return Err(ConfigFault::new(field, format!("`{field}` is {value}; it must be {range}")));
            }
            may_decide(mode, field)?;
        }
        self.in_order()
    }

    /// Refuses a lower bound above the upper one.
    pub(crate) fn in_order(self) -> Result<Self, ConfigFault> {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min > max => {
                let message = format!("`min` ({min}) is above `max` ({max}): no document would be kept");
                Err(ConfigFault::new("min", message))
            }
            _ => Ok(self),
        }
    }

    /// What becomes of documents with these scores: `columns` has the column of the scores and those besides.
    pub(crate) fn apply(
        self,
        batch: &DocumentBatch,
        scores: &[Option<f64>],
        columns: Vec<(Field, ArrayRef)>,
    ) -> Result<Applied, StageError> {
        let dropped = scores.iter().enumerate().filter_map(|(row, score)| self.decide(row, *score)).collect();
        Ok(Applied::without(&batch.with_columns(columns)?, dropped)?)
    }

    /// The reasons that these bounds can have.
    pub fn reasons(self) -> Vec<Reason> {
        let of =
            [(self.min.is_some(), SCORE_TOO_LOW), (self.max.is_some(), SCORE_TOO_HIGH), (!self.is_open(), NO_SCORE)];
        of.into_iter().filter(|(can, _)| *can).map(|(_, reason)| reason).collect()
    }
}

/// Refuses the bound `field` where nothing is decided.
pub(crate) fn may_decide(mode: Mode, field: &str) -> Result<(), ConfigFault> {
    let fault = || ConfigFault::new(field, format!("`mode: annotate` drops nothing, so `{field}` cannot be set"));
    if mode == Mode::Annotate { Err(fault()) } else { Ok(()) }
}

/// Refuses a name that a column of scores cannot have; `what` says what the score is.
pub(crate) fn check_column(what: &str, column: &str) -> Result<(), ConfigFault> {
    let is_taken = column.trim().is_empty() || [ID, TEXT].contains(&column);
    let fault = || ConfigFault::new("column", format!("the {what} cannot be the column `{column}`"));
    if is_taken { Err(fault()) } else { Ok(()) }
}

/// A column of scores.
pub(crate) fn score_array(scores: &[Option<f64>]) -> ArrayRef {
    std::sync::Arc::new(Float64Array::from(scores.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_kept_and_what_breaks_them_is_not() {
        let bounds = Bounds { min: Some(0.25), max: Some(0.75) };
        let reason = |score| bounds.decide(0, score).map(|dropped| dropped.reason.code);
        assert_eq!([Some(0.25), Some(0.5), Some(0.75)].map(reason), [None; 3]);
        assert_eq!(reason(Some(0.249)), Some("score_too_low"));
        assert_eq!(reason(Some(0.751)), Some("score_too_high"));
        assert_eq!(reason(None), Some("no_score"));
        assert_eq!(Bounds::default().decide(0, None), None);
        assert_eq!(bounds.reasons().len(), 3);
        assert!(Bounds::default().reasons().is_empty());
    }
}
