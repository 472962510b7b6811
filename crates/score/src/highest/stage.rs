use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Dropped, Reason, Stage, StageConfig, StageError, columns,
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::config::KeepHighestConfig;
use super::rank::{NO_RANK, rank_of};
use crate::bounds::NO_SCORE;

/// Column of [`KeepHighestStage::keys`]: hash of the value of `within`, 0 without it.
pub const GROUP: &str = "group_hash";
/// Column of [`KeepHighestStage::keys`]: the lower, the better; [`NO_RANK`] without a score.
pub const RANK: &str = "rank";
/// Column of [`KeepHighestStage::keys`]: which of equal ranks is first.
pub const TIE: &str = "tie";

/// Others have higher values.
pub const NOT_AMONG_HIGHEST: Reason =
    Reason { code: "not_among_highest", summary: "the value is not among the highest of all documents" };

/// The stage `keep_highest`. Who is among the highest can be told only with all documents at hand: see
/// [`keys`](Self::keys) and [`drop_rows`](Self::drop_rows). Applied to documents alone, it changes nothing.
#[derive(Debug)]
pub struct KeepHighestStage {
    config: KeepHighestConfig,
}

impl KeepHighestStage {
    /// The stage of a configuration, for documents with these columns.
    pub fn new(config: KeepHighestConfig, schema: Option<&Schema>) -> Result<Self, ConfigFault> {
        config.check()?;
        if let Some((_, field)) = schema.and_then(|schema| schema.column_with_name(&config.column))
            && !field.data_type().is_numeric()
        {
            let message = format!("`{}` is {}, and only numbers have a highest", config.column, field.data_type());
            return Err(ConfigFault::new("column", message));
        }
        Ok(Self { config })
    }

    /// Whether the lowest values are the best.
    pub fn lowest(&self) -> bool {
        self.config.lowest
    }

    /// How many of `documents` are kept.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a number of documents")]
    pub fn kept_of(&self, documents: u64) -> u64 {
        // So that a tenth of thirty is three, which it is not in binary.
        const ROUNDING: f64 = 1e-9;
        match (self.config.share, self.config.documents) {
            (Some(share), _) => ((share * documents as f64 - ROUNDING).ceil() as u64).min(documents),
            (None, Some(kept)) => kept.min(documents),
            (None, None) => documents,
        }
    }

    /// For each document its group, rank and tie.
    pub fn keys(&self, batch: &DocumentBatch) -> Result<RecordBatch, StageError> {
        let scores = self.scores(batch)?;
        let scores = scores.as_primitive::<Float64Type>().iter();
        let ranks: UInt64Array = scores.map(|score| Some(rank_of(score, self.config.lowest))).collect();
        let groups: UInt64Array = match &self.config.within {
            None => std::iter::repeat_n(Some(0), batch.num_rows()).collect(),
            Some(within) => {
                let values = batch.strings(within)?;
                values.iter().map(|value| Some(value.map_or(0, |value| xxh3_64(value.as_bytes())))).collect()
            }
        };
        let ids = batch.strings(columns::ID)?.iter();
        let tie = |(id, text): (Option<&str>, Option<&str>)| {
            let seed = xxh3_64(text.unwrap_or_default().as_bytes());
            Some(xxh3_64_with_seed(id.unwrap_or_default().as_bytes(), seed))
        };
        let ties: UInt64Array = ids.zip(batch.text()?.iter()).map(tie).collect();
        let fields = [GROUP, RANK, TIE].map(|name| Field::new(name, DataType::UInt64, false)).to_vec();
        let arrays: Vec<ArrayRef> = vec![Arc::new(groups), Arc::new(ranks), Arc::new(ties)];
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| StageError::Compute(error.to_string()))
    }

    /// Drops some documents of `batch`: rows, ascending, each with the value of the last document kept.
    pub fn drop_rows(&self, batch: &DocumentBatch, rows: &[(usize, Option<f64>)]) -> Result<Applied, StageError> {
        let scores = self.scores(batch)?;
        let scores = scores.as_primitive::<Float64Type>();
        let dropped = |&(row, bound): &(usize, Option<f64>)| {
            let value = scores.is_valid(row).then(|| scores.value(row));
            let reason = if rank_of(value, self.config.lowest) == NO_RANK { NO_SCORE } else { NOT_AMONG_HIGHEST };
            Dropped { row, reason, value, bound, detail: None }
        };
        Ok(Applied::without(batch, rows.iter().map(dropped).collect())?)
    }

    fn scores(&self, batch: &DocumentBatch) -> Result<ArrayRef, StageError> {
        let column = batch.column(&self.config.column)?;
        cast(column, &DataType::Float64).map_err(|error| StageError::Compute(error.to_string()))
    }
}

impl Stage for KeepHighestStage {
    fn name(&self) -> &'static str {
        KeepHighestConfig::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        let score = ColumnRead { name: self.config.column.clone(), data_type: None };
        let within = self
            .config
            .within
            .iter()
            .map(|name| ColumnRead { name: name.clone(), data_type: Some(DataType::Utf8View) });
        let content = [columns::ID, columns::TEXT].map(ColumnRead::standard);
        std::iter::once(score).chain(within).chain(content).collect()
    }

    fn adds(&self) -> Vec<Field> {
        Vec::new()
    }

    fn reasons(&self) -> Vec<Reason> {
        KeepHighestConfig::REASONS.to_vec()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        Ok(Applied::all(batch))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, StringViewArray};
    use textmill_document::testing::text_batch;

    use super::*;

    fn config(share: Option<f64>, documents: Option<u64>) -> KeepHighestConfig {
        KeepHighestConfig { column: "score".to_owned(), share, documents, lowest: false, within: None }
    }

    fn batch(scores: &[Option<f64>]) -> DocumentBatch {
        let texts = text_batch(&vec![Some("text"); scores.len()]);
        let ids: ArrayRef = Arc::new((0..scores.len()).map(|id| Some(id.to_string())).collect::<StringViewArray>());
        let scores: ArrayRef = Arc::new(Float64Array::from(scores.to_vec()));
        let added =
            vec![(columns::text_field(columns::ID), ids), (Field::new("score", DataType::Float64, true), scores)];
        texts.with_columns(added).expect("fits")
    }

    #[test]
    fn shares_are_rounded_up_and_not_by_noise() {
        let kept = |share, of| KeepHighestStage::new(config(Some(share), None), None).expect("valid").kept_of(of);
        assert_eq!([kept(0.1, 30), kept(0.1, 31), kept(0.1, 1), kept(1.0, 7), kept(0.5, 0)], [3, 4, 1, 7, 0]);
        let kept = |number, of| KeepHighestStage::new(config(None, Some(number)), None).expect("valid").kept_of(of);
        assert_eq!([kept(5, 30), kept(5, 3)], [5, 3]);
    }

    #[test]
    fn keys_rank_and_tell_equal_scores_apart() {
        let stage = KeepHighestStage::new(config(Some(0.5), None), None).expect("valid");
        let keys = stage.keys(&batch(&[Some(0.5), Some(0.5), None, Some(0.9), Some(f64::NAN)])).expect("keys");
        let column = |index: usize| keys.column(index).as_primitive::<arrow::datatypes::UInt64Type>().values().to_vec();
        let (ranks, ties) = (column(1), column(2));
        assert!(ranks[3] < ranks[0] && ranks[0] == ranks[1] && ranks[1] < ranks[2]);
        assert_eq!((ranks[2], ranks[4]), (NO_RANK, NO_RANK));
        assert_ne!(ties[0], ties[1]);
        let moved = stage.keys(&batch(&[Some(0.5), Some(0.5), None, Some(0.9)]).slice(1, 1)).expect("keys");
        assert_eq!(moved.column(2).as_primitive::<arrow::datatypes::UInt64Type>().value(0), ties[1]);
    }

    #[test]
    fn drops_carry_value_and_bound() {
        let stage = KeepHighestStage::new(config(Some(0.5), None), None).expect("valid");
        let applied =
            stage.drop_rows(&batch(&[Some(0.5), None, Some(0.9)]), &[(0, Some(0.9)), (1, None)]).expect("drops");
        assert_eq!(applied.kept.num_rows(), 1);
        assert_eq!(applied.dropped[0], Dropped::measured(0, NOT_AMONG_HIGHEST, 0.5, 0.9));
        assert_eq!((applied.dropped[1].reason, applied.dropped[1].value), (NO_SCORE, None));
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_field() {
        let refused = |config, schema: Option<&Schema>| {
            let error = KeepHighestStage::new(config, schema).expect_err("refused");
            error.field().map(ToOwned::to_owned)
        };
        assert_eq!(refused(config(None, None), None), None);
        assert_eq!(refused(config(Some(0.5), Some(1)), None), None);
        for share in [0.0, -0.1, 1.1, f64::NAN] {
            assert_eq!(refused(config(Some(share), None), None).as_deref(), Some("share"));
        }
        assert_eq!(refused(config(None, Some(0)), None).as_deref(), Some("documents"));
        let schema = Schema::new(vec![columns::text_field("score")]);
        assert_eq!(refused(config(Some(0.5), None), Some(&schema)).as_deref(), Some("column"));
    }
}
