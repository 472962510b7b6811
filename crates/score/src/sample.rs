//! A random sample that is the same every time.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Dropped, Example, Reason, Stage, StageConfig, StageError, columns,
    value_at,
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Chance decided against the document.
pub const NOT_SAMPLED: Reason = Reason { code: "not_sampled", summary: "not in the random sample" };

/// Keeps a random share of the documents, the same ones every time.
///
/// # What it removes
/// Documents whose number, made of the hash of their id and `seed` and spread evenly from 0 to 1, is not below the share
/// (`not_sampled`, with that number and the share). Another seed is another sample; a larger share of the same seed holds
/// the smaller one.
///
/// # Why
/// Less of what there is too much of: all of the head and a tenth of the tail, half of one source.
///
/// # Parameters
/// See below. With `by`, `shares` says what is kept of each value of a column; `share` stands for all other values.
///
/// # Source
/// Sampling by the hash of an identifier is common; shares by bucket as in `RefinedWeb`'s and `CCNet`'s use of perplexity
/// buckets (Wenzek et al. 2020).
///
/// # Cost
/// Nothing to speak of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampleConfig {
    /// Share of the documents that is kept, 0 to 1. Default 1.
    #[serde(default = "whole")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub share: f64,
    /// A column of text whose values have shares of their own. Default none.
    #[serde(default)]
    pub by: Option<String>,
    /// The shares of some of its values, 0 to 1.
    #[serde(default)]
    pub shares: BTreeMap<String, f64>,
    /// Which sample. Default 0.
    #[serde(default)]
    pub seed: u64,
}

fn whole() -> f64 {
    1.0
}

impl StageConfig for SampleConfig {
    type Stage = SampleStage;

    const NAME: &'static str = "sample";
    const REASONS: &'static [Reason] = &[NOT_SAMPLED];
    const EXAMPLES: &'static [Example] = &[
        Example::text(r#"{"share": 1.0}"#, "Any text").kept(),
        Example::columns(r#"{"by": "bucket", "shares": {"tail": 0.0}}"#, r#"{"text": "Any text", "bucket": "tail"}"#)
            .dropped(NOT_SAMPLED)
            .by(0.97, 0.0),
    ];
    const KEEPS_COLUMNS: bool = true;

    fn build(self, _: Option<&Schema>) -> Result<SampleStage, Vec<ConfigFault>> {
        Ok(SampleStage::new(self)?)
    }
}

/// The stage `sample`.
#[derive(Debug)]
pub struct SampleStage {
    config: SampleConfig,
}

impl SampleStage {
    /// The stage of a configuration.
    pub fn new(config: SampleConfig) -> Result<Self, ConfigFault> {
        let named = config.shares.iter().map(|(value, share)| (format!("shares.{value}"), *share));
        for (field, share) in std::iter::once(("share".to_owned(), config.share)).chain(named) {
            if !(0.0..=1.0).contains(&share) {
                let message = format!("`{field}` is {share}; write a number from 0 to 1");
                return Err(ConfigFault::new(field, message));
            }
        }
        if config.by.is_none() != config.shares.is_empty() {
            return Err(ConfigFault::new("shares", "`by` and `shares` go together"));
        }
        Ok(Self { config })
    }
}

/// A number from 0 up to 1, of 53 random bits.
fn number(id: &str, seed: u64) -> f64 {
    (xxh3_64_with_seed(id.as_bytes(), seed) >> 11) as f64 / (1_u64 << 53) as f64
}

impl Stage for SampleStage {
    fn name(&self) -> &'static str {
        SampleConfig::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        let by =
            self.config.by.iter().map(|name| ColumnRead { name: name.clone(), data_type: Some(DataType::Utf8View) });
        std::iter::once(ColumnRead::standard(columns::ID)).chain(by).collect()
    }

    fn adds(&self) -> Vec<arrow::datatypes::Field> {
        Vec::new()
    }

    fn reasons(&self) -> Vec<Reason> {
        SampleConfig::REASONS.to_vec()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let by = self.config.by.as_ref().map(|name| batch.strings(name)).transpose()?;
        let share = |row: usize| {
            value_at(by, row).and_then(|value| self.config.shares.get(value)).copied().unwrap_or(self.config.share)
        };
        let ids = batch.strings(columns::ID)?.iter().enumerate();
        let dropped = ids.filter_map(|(row, id)| {
            let (number, share) = (number(id.unwrap_or_default(), self.config.seed), share(row));
            (number >= share).then(|| Dropped::measured(row, NOT_SAMPLED, number, share))
        });
        let dropped = dropped.collect();
        Ok(Applied::without(&batch, dropped)?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringViewArray};
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    fn config(share: f64) -> SampleConfig {
        SampleConfig { share, by: None, shares: BTreeMap::new(), seed: 0 }
    }

    fn batch(documents: usize, buckets: [&str; 2]) -> DocumentBatch {
        let ids: ArrayRef = Arc::new((0..documents).map(|id| Some(format!("d{id}"))).collect::<StringViewArray>());
        let of: ArrayRef = Arc::new((0..documents).map(|id| Some(buckets[id % 2])).collect::<StringViewArray>());
        let added = vec![(columns::text_field(columns::ID), ids), (columns::text_field("bucket"), of)];
        text_batch(&vec![Some("x"); documents]).with_columns(added).expect("fits")
    }

    fn kept(config: SampleConfig) -> Vec<u64> {
        let applied = SampleStage::new(config).expect("valid").apply(batch(4000, ["head", "tail"])).expect("applies");
        applied.kept.rows().values().to_vec()
    }

    #[test]
    fn a_share_is_about_that_share_and_grows_by_what_it_holds() {
        let (tenth, half) = (kept(config(0.1)), kept(config(0.5)));
        assert!(
            (300..500).contains(&tenth.len()) && (1850..2150).contains(&half.len()),
            "{} {}",
            tenth.len(),
            half.len()
        );
        assert!(tenth.iter().all(|row| half.contains(row)));
        assert_eq!((kept(config(0.0)).len(), kept(config(1.0)).len()), (0, 4000));
        assert_ne!(kept(SampleConfig { seed: 1, ..config(0.5) }), half);
    }

    #[test]
    fn buckets_have_shares_of_their_own() {
        let shares = [("tail".to_owned(), 0.0)].into();
        let kept = kept(SampleConfig { by: Some("bucket".to_owned()), shares, ..config(1.0) });
        assert!(kept.len() == 2000 && kept.iter().all(|row| row % 2 == 0));
    }

    #[test]
    fn keeps_the_duties_of_a_stage_and_refuses_nonsense() {
        assert_stage_compliance(&SampleStage::new(config(0.5)).expect("valid"));
        for (config, field) in [
            (config(1.5), "share"),
            (config(f64::NAN), "share"),
            (SampleConfig { by: Some("b".into()), shares: [("x".into(), -1.0)].into(), ..config(1.0) }, "shares.x"),
            (SampleConfig { by: Some("b".into()), ..config(1.0) }, "shares"),
        ] {
            assert_eq!(SampleStage::new(config).expect_err("refused").field(), Some(field));
        }
    }
}
