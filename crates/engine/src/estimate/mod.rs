//! `textmill explain --estimate`: what a pipeline costs over a corpus of a declared size.
//!
//! Documents and bytes are followed through the graph with the rates of each stage. What comes out is as good as the
//! rates: those of a run over a sample of the same corpus are worth more than the table.

mod exchange;
mod rates;

use std::collections::BTreeMap;

use serde::Serialize;
use textmill_pipeline::{Node, Parent, Pipeline};

pub use self::exchange::ExchangeEstimate;
use self::rates::BETWEEN_PACKED;
pub use self::rates::{Rates, StageRate};
use crate::TASK_MEMORY;

/// What is said of the size of a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorpusSize {
    /// Documents or, of a web archive, records that are documents.
    pub documents: Option<u64>,
    /// Bytes of the input as it is stored.
    pub stored_bytes: Option<u64>,
}

/// What a pipeline costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// Documents of the input.
    pub documents: u64,
    /// Bytes of the input as it is stored.
    pub stored_bytes: u64,
    /// Bytes of its documents.
    pub payload_bytes: u64,
    /// Where the rates are from.
    pub rates: String,
    /// The phases, one after the other.
    pub phases: Vec<PhaseEstimate>,
    /// Documents that are published.
    pub output_documents: u64,
    /// Bytes of the published Parquet.
    pub output_bytes: u64,
    /// CPU time of all stages; reading, writing and comparing documents are not in it.
    pub cpu_seconds: f64,
    /// Space in the output location before it is cleared up: everything handed over, the keys, and the output twice
    /// where it cannot be linked.
    pub scratch_bytes: u64,
    /// Memory for each task that runs at once, of which there is one a thread.
    pub memory_per_thread_bytes: u64,
    /// Stages whose time is not in it.
    pub unmeasured: Vec<String>,
}

/// What one phase costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PhaseEstimate {
    /// Its id.
    pub id: String,
    /// Tasks, if the input can be cut everywhere; a compressed file is one task.
    pub tasks: u64,
    /// CPU time of its stages.
    pub cpu_seconds: f64,
    /// Bytes that it leaves in the output location for the next phase, without keys.
    pub handed_over_bytes: u64,
    /// Its stages.
    pub stages: Vec<StageEstimate>,
    /// The comparisons that end it.
    pub exchanges: Vec<ExchangeEstimate>,
}

/// What one stage is given and leaves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageEstimate {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// Documents that reach it.
    pub documents_in: u64,
    /// Bytes that reach it.
    pub bytes_in: u64,
    /// Documents that it leaves.
    pub documents_out: u64,
    /// Bytes that it leaves.
    pub bytes_out: u64,
    /// CPU time; absent where it was not measured.
    pub cpu_seconds: Option<f64>,
    /// The rate that was taken.
    pub rate: StageRate,
}

/// Documents and their bytes, not rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Amount {
    documents: f64,
    bytes: f64,
}

impl Amount {
    fn times(self, documents: f64, bytes: f64) -> Self {
        Self { documents: self.documents * documents, bytes: self.bytes * bytes }
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        let add =
            |sum: Self, next: Self| Self { documents: sum.documents + next.documents, bytes: sum.bytes + next.bytes };
        amounts.fold(Self::default(), add)
    }
}

/// Follows a corpus of `size` through `pipeline`; `None` if its documents or bytes are neither given nor in the rates.
pub fn estimate(pipeline: &Pipeline, size: CorpusSize, rates: &Rates) -> Option<Estimate> {
    let (documents, stored) = rates.complete(size)?;
    let given = Amount { documents, bytes: stored * rates.unpacked };
    let (readable_documents, readable_bytes) = rates.readable();
    let flow = Flow::new(pipeline, given.times(readable_documents, readable_bytes), rates);
    let tasks = (stored / pipeline.input.split_bytes.bytes().max(1) as f64).ceil().max(1.0);
    let phases: Vec<_> = (0..pipeline.phases().len()).map(|phase| flow.phase(phase, whole(tasks))).collect();
    let output: Amount = pipeline.output_nodes.iter().map(|parent| flow.out(*parent)).sum();
    let output_bytes = whole(output.bytes * rates.output_packed);
    let keys: u64 = phases.iter().flat_map(|phase| &phase.exchanges).map(|exchange| exchange.key_bytes).sum();
    let handed_over: u64 = phases.iter().map(|phase| phase.handed_over_bytes).sum();
    let stages = phases.iter().flat_map(|phase| &phase.stages);
    Some(Estimate {
        documents: whole(given.documents),
        stored_bytes: whole(stored),
        payload_bytes: whole(given.bytes),
        rates: rates.source.clone(),
        output_documents: whole(output.documents),
        output_bytes,
        cpu_seconds: phases.iter().map(|phase| phase.cpu_seconds).sum(),
        scratch_bytes: handed_over + keys + output_bytes,
        memory_per_thread_bytes: TASK_MEMORY.bytes(),
        unmeasured: stages.filter(|stage| stage.cpu_seconds.is_none()).map(|stage| stage.id.clone()).collect(),
        phases,
    })
}

impl Rates {
    /// Documents and stored bytes of a corpus, each out of the other where only one is given.
    fn complete(&self, size: CorpusSize) -> Option<(f64, f64)> {
        match (size.documents.map(|count| count as f64), size.stored_bytes.map(|bytes| bytes as f64)) {
            (Some(documents), Some(stored)) => Some((documents, stored)),
            (Some(documents), None) => Some((documents, documents * self.document_bytes?)),
            (None, Some(stored)) => Some((stored / self.document_bytes?, stored)),
            (None, None) => None,
        }
    }
}

/// What every stage is given and leaves.
struct Flow<'a> {
    pipeline: &'a Pipeline,
    levels: Vec<usize>,
    input: Amount,
    stages: Vec<(Amount, Amount, StageRate)>,
}

impl<'a> Flow<'a> {
    fn new(pipeline: &'a Pipeline, input: Amount, rates: &Rates) -> Self {
        let mut flow = Self { pipeline, levels: pipeline.levels(), input, stages: Vec::new() };
        let mut branches: BTreeMap<&[Parent], usize> = BTreeMap::new();
        for node in pipeline.nodes.iter().filter(|node| node.routed) {
            *branches.entry(&node.inputs).or_default() += 1;
        }
        // Nodes come after all that they take from.
        for node in &pipeline.nodes {
            let given: Amount = node.inputs.iter().map(|parent| flow.out(*parent)).sum();
            let beside = if node.routed { branches.get(node.inputs.as_slice()).copied().unwrap_or(1) } else { 1 };
            let rate = rates.of(node, beside);
            let left = given.times(rate.kept_documents, rate.kept_bytes);
            flow.stages.push((given, left, rate));
        }
        flow
    }

    fn out(&self, parent: Parent) -> Amount {
        match parent {
            Parent::Input => self.input,
            Parent::Node(index) => self.stages[index].1,
        }
    }

    fn phase(&self, number: usize, tasks: u64) -> PhaseEstimate {
        let inside = || self.pipeline.nodes.iter().zip(&self.levels).enumerate().filter(|(_, (_, at))| **at == number);
        let stages: Vec<_> = inside().map(|(index, (node, _))| self.stage(index, node)).collect();
        let exchanges = inside().filter_map(|(index, (node, _))| exchange::estimate(node, self.stages[index].0));
        PhaseEstimate {
            id: format!("p{number}"),
            tasks,
            // The sum of nothing is a negative zero, which shows.
            cpu_seconds: stages.iter().filter_map(|stage| stage.cpu_seconds).sum::<f64>() + 0.0,
            handed_over_bytes: whole(self.handed_over(number).bytes * BETWEEN_PACKED),
            exchanges: exchanges.collect(),
            stages,
        }
    }

    fn stage(&self, index: usize, node: &Node) -> StageEstimate {
        let (given, left, rate) = &self.stages[index];
        StageEstimate {
            id: node.id.clone(),
            kind: node.kind,
            documents_in: whole(given.documents),
            bytes_in: whole(given.bytes),
            documents_out: whole(left.documents),
            bytes_out: whole(left.bytes),
            cpu_seconds: rate.bytes_per_second.map(|speed| given.bytes / speed),
            rate: rate.clone(),
        }
    }

    /// What goes from phase `number` to later ones: what exchanges are given, and what later stages take of others.
    fn handed_over(&self, number: usize) -> Amount {
        let nodes = self.pipeline.nodes.iter().zip(&self.levels).zip(&self.stages);
        let compared = nodes.clone().filter(|((node, at), _)| node.exchange.is_some() && **at == number);
        let compared = compared.map(|(_, (given, _, _))| *given);
        let passed = nodes.filter(|((_, at), _)| **at > number).flat_map(|((node, _), _)| {
            node.inputs.iter().filter(move |parent| self.pipeline.available(&self.levels, **parent) <= number)
        });
        compared.chain(passed.map(|parent| self.out(*parent))).sum()
    }
}

/// The nearest whole number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests;
