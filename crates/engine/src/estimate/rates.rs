//! How fast stages are and how much they leave: measured once and for all, or in a run of yours.

use std::collections::BTreeMap;

use serde::Serialize;
use textmill_document::StageLedger;
use textmill_pipeline::Node;
use textmill_store::Store;
use textmill_store::manifest::{Dataset, RunManifest};

use crate::EngineError;
use crate::graph::INPUT;
use crate::plan::{RunPlan, TaskSpec, Work};
use crate::run::{latest_plan, published};

/// Bytes that one byte of text becomes between two phases (zstd 1) or in the output (zstd 3): the development data, half
/// English (0.34 and 0.30) and half Chinese (0.53 and 0.43), by `zstd -1` and `zstd -3`.
pub(super) const BETWEEN_PACKED: f64 = 0.44;
pub(super) const OUTPUT_PACKED: f64 = 0.37;

/// What is known of a kind of stage without a run: payload bytes in a CPU second, and the share of the bytes that it
/// leaves where it turns them into something else. What it drops depends on the documents: here it drops none.
struct Measured {
    kind: &'static str,
    megabytes_per_second: f64,
    kept_bytes: f64,
    source: &'static str,
}

const fn measured(kind: &'static str, megabytes_per_second: f64, source: &'static str) -> Measured {
    Measured { kind, megabytes_per_second, kept_bytes: 1.0, source }
}

const REPRODUCE: &str = "scripts/reproduce, wanjuan-cc";

/// English text and web pages on one core of a server of 2024. A kind that is not here has not been measured by itself.
const TABLE: &[Measured] = &[
    measured("classifier", 65.7, REPRODUCE),
    measured("decontaminate", 200.0, "textmill stages show decontaminate"),
    measured("exact_dedupe", 1000.0, "textmill stages show exact_dedupe"),
    Measured { kind: "extract", megabytes_per_second: 61.1, kept_bytes: 0.094, source: REPRODUCE },
    measured("filter", 28.9, REPRODUCE),
    measured("keep_where", 48_967.9, REPRODUCE),
    measured("language_id", 35.3, REPRODUCE),
    measured("line_dedupe", 300.0, "textmill stages show line_dedupe"),
    measured("mask_pii", 432.0, "scripts/bench-normalize"),
    measured("minhash_dedupe", 202.0, REPRODUCE),
    measured("normalize", 61.0, "scripts/bench-normalize, all options"),
    measured("signals", 28.6, REPRODUCE),
    measured("substring_dedupe", 42.0, "textmill stages show substring_dedupe"),
];

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
    /// Those of the table: no stage drops anything, and the input is taken as not compressed.
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
        let known = TABLE.iter().find(|known| known.kind == node.kind);
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
    fn every_kind_of_the_table_exists_once() {
        for known in TABLE {
            assert!(textmill_pipeline::STAGES.iter().any(|kind| kind.name == known.kind), "{}", known.kind);
            assert_eq!(TABLE.iter().filter(|other| other.kind == known.kind).count(), 1, "{}", known.kind);
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
