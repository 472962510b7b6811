//! How fast stages are and how much they leave: measured once and for all, or in a run of yours.

use std::collections::BTreeMap;

use serde::Serialize;
use textmill_document::StageLedger;
use textmill_pipeline::Node;
use textmill_store::Store;
use textmill_store::manifest::{Dataset, RunManifest};

use crate::EngineError;
use crate::plan::{RunPlan, TaskSpec, Work, latest_plan, published};
use crate::task::INPUT;

/// Bytes that one byte of text becomes between two phases (zstd 1) or in the output (zstd 3): the development data, half
/// English (0.34 and 0.30) and half Chinese (0.53 and 0.43), by `zstd -1` and `zstd -3`.
pub(super) const BETWEEN_PACKED: f64 = 0.44;
pub(super) const OUTPUT_PACKED: f64 = 0.37;

/// What a stage does with what it is given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageRate {
    /// Payload bytes in a CPU second; absent where it was not measured.
    pub bytes_per_second: Option<f64>,
    /// Documents that go on, of one that comes in.
    pub kept_documents: f64,
    /// Bytes that go on, of one that comes in.
    pub kept_bytes: f64,
    /// Where the numbers are from.
    pub source: String,
}

/// The rates of all stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// Payload bytes in a byte of the input as it is stored.
    pub(super) unpacked: f64,
    /// Stored bytes of a document of the input; absent where it was not measured.
    pub(super) document_bytes: Option<f64>,
    /// Bytes of Parquet for one of payload.
    pub(super) output_packed: f64,
    /// Where the numbers are from.
    pub(super) source: String,
    stages: BTreeMap<String, StageRate>,
}

impl Rates {
    /// Those that the stages say of themselves, measured once: no stage drops anything, since what it drops depends on the
    /// documents, and the input is taken as not compressed.
    pub fn built_in() -> Self {
        Self {
            unpacked: 1.0,
            document_bytes: None,
            output_packed: OUTPUT_PACKED,
            source: "built-in table".to_owned(),
            stages: BTreeMap::new(),
        }
    }

    /// Those of the run that is published at `store`, by the ids of its stages.
    pub async fn of_run(store: &Store) -> Result<Self, EngineError> {
        let Some((_, plan)) = latest_plan(store).await? else {
            return Err(EngineError::NoRun(store.location().to_owned()));
        };
        let run = published(store).await?.filter(|run| run.run_key == plan.run_key);
        let run = run.ok_or_else(|| EngineError::Unfinished(store.location().to_owned()))?;
        Ok(Self::measured(&run, &plan, store.location()))
    }

    fn measured(run: &RunManifest, plan: &RunPlan, location: &str) -> Self {
        let split = |task: &TaskSpec| match &task.work {
            Work::Split(split) => split.bytes,
            Work::Continue(_) | Work::Compact { .. } => 0,
        };
        let stored: u64 = plan.tasks.iter().map(split).sum();
        let written: u64 = run.datasets.get(&Dataset::Data).into_iter().flatten().map(|file| file.bytes).sum();
        let input = run.ledger.input();
        let source = format!("run `{}` in {location}", run.name);
        let stage = |stage: &StageLedger| {
            let micros = run.metrics.cpu_micros.get(&stage.id).copied().unwrap_or(0);
            (stage.id.clone(), rate_of(stage, micros, &source))
        };
        Self {
            unpacked: ratio(input.bytes, stored).unwrap_or(1.0),
            document_bytes: ratio(stored, input.documents),
            output_packed: ratio(written, run.ledger.output.bytes).unwrap_or(OUTPUT_PACKED),
            stages: run.ledger.stages.iter().map(stage).collect(),
            source,
        }
    }

    /// The share of the records in the input, and of their bytes, that can be read.
    pub(super) fn readable(&self) -> (f64, f64) {
        self.stages.get(INPUT).map_or((1.0, 1.0), |rate| (rate.kept_documents, rate.kept_bytes))
    }

    /// The rate of `node`, of which `branches` stand beside each other.
    pub(super) fn of(&self, node: &Node, branches: usize) -> StageRate {
        if let Some(rate) = self.stages.get(&node.id) {
            return rate.clone();
        }
        // Branches beside each other are taken to share their documents evenly.
        let share = 1.0 / branches.max(1) as f64;
        let known = textmill_pipeline::stage_kind(node.kind).and_then(|kind| kind.cost);
        StageRate {
            bytes_per_second: known.map(|known| known.megabytes_per_second * 1e6),
            kept_documents: share,
            kept_bytes: known.map_or(1.0, |known| known.kept_bytes) * share,
            source: known.map_or("not measured", |known| known.source).to_owned(),
        }
    }
}

fn rate_of(stage: &StageLedger, micros: u64, source: &str) -> StageRate {
    let (input, kept) = (stage.input, stage.kept);
    StageRate {
        bytes_per_second: ratio(input.bytes, micros).map(|rate| rate * 1e6),
        kept_documents: ratio(kept.documents, input.documents).unwrap_or(1.0),
        kept_bytes: ratio(kept.bytes, input.bytes).unwrap_or(1.0),
        source: source.to_owned(),
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use textmill_document::Count;

    use super::*;

    #[test]
    fn costs_are_speeds_and_shares() {
        let costs = textmill_pipeline::STAGES.iter().filter_map(|kind| Some((kind.name, kind.cost?)));
        for (name, cost) in costs {
            assert!(cost.megabytes_per_second > 0.0 && !cost.source.is_empty(), "{name}");
            assert!(cost.kept_bytes > 0.0 && cost.kept_bytes <= 1.0, "{name}");
        }
    }

    #[test]
    fn a_stage_that_took_no_time_or_saw_nothing_has_no_speed() {
        let mut stage = StageLedger::new("a", "filter");
        let rate = rate_of(&stage, 0, "x");
        assert_eq!((rate.bytes_per_second, rate.kept_documents), (None, 1.0));
        stage.input = Count::new(10, 4000);
        stage.kept = Count::new(5, 3000);
        let rate = rate_of(&stage, 2000, "x");
        // 4,000 bytes in 2,000 µs.
        assert_eq!((rate.bytes_per_second, rate.kept_documents, rate.kept_bytes), (Some(2e6), 0.5, 0.75));
    }
}
