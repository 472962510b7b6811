//! Pushes one batch through the whole stage graph of a phase, in memory.
//!
//! Branches: a node that several others consume hands its rows to each. A routed consumer (a
//! `keep_where` beside siblings) takes only the rows its predicate holds; a row that no consumer
//! takes is dropped at the branch point with reason `no_branch`, and a row that only a sibling
//! takes is `elsewhere` for this one. Where branches meet again, rows return to input order.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use textmill_document::{
    Applied, Cause, Count, DocumentBatch, Dropped, Ledger, Reason, StageError, StageLedger, apply_checked,
};
use textmill_pipeline::{Node, Parent, Pipeline};

use crate::EngineError;

/// Id of the first entry of every ledger: reading the input.
pub(crate) const INPUT: &str = "input";

const NO_BRANCH: Reason = Reason { code: "no_branch", summary: "no branch took the document" };

/// The stages of one phase with everything needed to run them on a batch.
#[derive(Debug)]
pub(crate) struct PhaseGraph {
    nodes: Vec<Node>,
    /// Index 0 is the input, `n + 1` is node `n`.
    consumers: Vec<Vec<Consumer>>,
    routed: Vec<bool>,
    output_nodes: Vec<Parent>,
    output_columns: Vec<(String, String)>,
    output_schema: SchemaRef,
}

/// Who takes the rows of a branch point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consumer {
    /// Takes the rows for which its predicate holds.
    Routed(usize),
    /// Takes every row.
    All,
}

/// A document that left at a node.
#[derive(Debug, Clone)]
pub(crate) struct Left<T> {
    /// Position of the ledger entry: 0 is the input, `n + 1` is node `n`.
    pub stage: usize,
    /// Batch that the node was given.
    pub batch: DocumentBatch,
    /// What left; rows refer to `batch`.
    pub rows: Vec<T>,
}

/// One document that a stage failed on.
pub(crate) type FailedRow = (usize, Cause, String);

/// What became of one batch.
#[derive(Debug)]
pub(crate) struct Processed {
    /// Rows of the output, columns selected and renamed.
    pub output: RecordBatch,
    /// Dropped documents by node.
    pub dropped: Vec<Left<Dropped>>,
    /// Documents that a stage failed on, by node.
    pub failed: Vec<Left<FailedRow>>,
    /// The counts; the first entry is the input.
    pub ledger: Ledger,
    /// Microseconds spent in each node.
    pub busy_micros: Vec<u64>,
}

/// The state of one batch on its way through the graph.
struct Run<'a> {
    graph: &'a PhaseGraph,
    /// Output of each place: 0 is the input, `n + 1` is node `n`.
    places: Vec<DocumentBatch>,
    ledgers: Vec<StageLedger>,
    dropped: Vec<Left<Dropped>>,
    failed: Vec<Left<FailedRow>>,
    copies: Count,
    busy_micros: Vec<u64>,
}

impl PhaseGraph {
    pub(crate) fn new(pipeline: &Pipeline) -> Self {
        let nodes = pipeline.nodes.clone();
        let taken_from = nodes.iter().flat_map(|node| &node.inputs).chain(&pipeline.output_nodes);
        let mut takers = vec![0_usize; nodes.len() + 1];
        taken_from.for_each(|parent| takers[place(parent)] += 1);
        // Without a sibling there is nobody else to take what a predicate refuses: a plain drop.
        let routes = |node: &Node| node.routed && matches!(node.inputs.as_slice(), [only] if takers[place(only)] > 1);
        let routed: Vec<bool> = nodes.iter().map(routes).collect();
        let mut consumers = vec![Vec::new(); nodes.len() + 1];
        for (index, node) in nodes.iter().enumerate() {
            let consumer = if routed[index] { Consumer::Routed(index) } else { Consumer::All };
            node.inputs.iter().for_each(|parent| consumers[place(parent)].push(consumer));
        }
        for parent in &pipeline.output_nodes {
            consumers[place(parent)].push(Consumer::All);
        }
        let columns = pipeline.output_columns.iter().map(|column| (column.source.clone(), column.name.clone()));
        Self {
            consumers,
            routed,
            output_nodes: pipeline.output_nodes.clone(),
            output_columns: columns.collect(),
            output_schema: pipeline.output_schema(),
            nodes,
        }
    }

    pub(crate) fn output_schema(&self) -> &SchemaRef {
        &self.output_schema
    }

    /// Id and kind of each ledger entry, the input first.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (&str, &str)> {
        let nodes = self.nodes.iter().map(|node| (node.id.as_str(), node.kind));
        std::iter::once((INPUT, INPUT)).chain(nodes)
    }

    /// A ledger with an entry for every stage and nothing counted.
    pub(crate) fn empty_ledger(&self) -> Ledger {
        let stages = self.stages().map(|(id, kind)| StageLedger::new(id, kind)).collect();
        Ledger { stages, ..Ledger::default() }
    }

    /// Runs every stage on `batch`.
    pub(crate) fn process(&self, batch: DocumentBatch) -> Result<Processed, EngineError> {
        let mut ledgers = self.empty_ledger().stages;
        ledgers[0].input = count(&batch);
        ledgers[0].kept = ledgers[0].input;
        let mut run = Run {
            graph: self,
            places: vec![batch],
            ledgers,
            dropped: Vec::new(),
            failed: Vec::new(),
            copies: Count::default(),
            busy_micros: vec![0; self.nodes.len() + 1],
        };
        let mut untaken = Untaken::new(self, &run.places[0]);
        for index in 0..self.nodes.len() {
            run.node(index, &mut untaken)?;
        }
        run.finish(&untaken)
    }
}

impl Run<'_> {
    /// Runs node `index`. Its parents come before it in the order of the nodes.
    fn node(&mut self, index: usize, untaken: &mut Untaken) -> Result<(), EngineError> {
        let node = &self.graph.nodes[index];
        let started = Instant::now();
        let input = self.gather(&node.inputs).map_err(|error| stage_error(&node.id, error))?;
        let applied = apply_checked(node.stage.as_ref(), &input).map_err(|error| stage_error(&node.id, error))?;
        let bytes = input.payload_bytes();
        let ledger = &mut self.ledgers[index + 1];
        ledger.input = Count::new(input.num_rows() as u64, bytes.iter().sum());
        ledger.kept = count(&applied.kept);
        let gone = applied.dropped.iter().map(|drop| drop.row).chain(applied.failed.iter().map(|fail| fail.row));
        let kept_before = ledger.input.bytes - gone.map(|row| bytes[row]).sum::<u64>();
        ledger.rewritten_bytes = ledger.kept.bytes.cast_signed() - kept_before.cast_signed();
        ledger.changed = applied.changes.clone();
        for fail in &applied.failed {
            ledger.add_quarantined(fail.cause.code(), Count::one(bytes[fail.row]));
        }
        if self.graph.routed[index] {
            untaken.route(place(&node.inputs[0]), index, &applied.dropped);
        } else {
            for drop in &applied.dropped {
                ledger.add_dropped(drop.reason.code, Count::one(bytes[drop.row]));
            }
        }
        self.leave(index, input, applied);
        untaken.add_place(self.graph, &self.places[index + 1]);
        self.busy_micros[index + 1] = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        Ok(())
    }

    fn leave(&mut self, index: usize, input: DocumentBatch, applied: Applied) {
        let stage = index + 1;
        if !applied.failed.is_empty() {
            let rows = applied.failed.into_iter().map(|fail| (fail.row, fail.cause, fail.detail)).collect();
            self.failed.push(Left { stage, batch: input.clone(), rows });
        }
        if !self.graph.routed[index] && !applied.dropped.is_empty() {
            self.dropped.push(Left { stage, batch: input, rows: applied.dropped });
        }
        self.places.push(applied.kept);
    }

    fn gather(&self, parents: &[Parent]) -> Result<DocumentBatch, StageError> {
        match parents {
            [only] => Ok(self.places[place(only)].clone()),
            several => {
                let batches: Vec<_> = several.iter().map(|parent| self.places[place(parent)].clone()).collect();
                Ok(DocumentBatch::merge(&batches)?)
            }
        }
    }

    /// Settles the branch points, then builds the output.
    fn finish(mut self, untaken: &Untaken) -> Result<Processed, EngineError> {
        for (place, takers) in untaken.places.iter().enumerate() {
            self.settle(place, takers, &untaken.refused);
        }
        let output = self.gather(&self.graph.output_nodes).map_err(|error| stage_error("output", error))?;
        let ledger = Ledger { stages: self.ledgers, branch_copies: self.copies, output: count(&output) };
        Ok(Processed {
            output: self.graph.select(&output)?,
            dropped: self.dropped,
            failed: self.failed,
            ledger,
            busy_micros: self.busy_micros,
        })
    }

    /// Counts, for the rows that left `place`, who took them.
    fn settle(&mut self, place: usize, takers: &[u32], refused: &[Vec<usize>]) {
        let consumers = &self.graph.consumers[place];
        if consumers.len() < 2 {
            return;
        }
        let batch = self.places[place].clone();
        let bytes = batch.payload_bytes();
        let mut lost = Vec::new();
        for (row, &takers) in takers.iter().enumerate() {
            match takers {
                0 => lost.push(Dropped { row, reason: NO_BRANCH, value: None, bound: None, detail: None }),
                _ => self.copies += Count::new(u64::from(takers - 1), u64::from(takers - 1) * bytes[row]),
            }
        }
        let lost_count = Count::new(lost.len() as u64, lost.iter().map(|drop| bytes[drop.row]).sum());
        for consumer in consumers {
            let Consumer::Routed(node) = *consumer else { continue };
            let refused_bytes = refused[node].iter().map(|&row| bytes[row]).sum::<u64>();
            let ledger = &mut self.ledgers[node + 1];
            ledger.input = less(ledger.input, lost_count);
            ledger.elsewhere = less(Count::new(refused[node].len() as u64, refused_bytes), lost_count);
        }
        if !lost.is_empty() {
            let ledger = &mut self.ledgers[place];
            ledger.kept = less(ledger.kept, lost_count);
            ledger.add_dropped(NO_BRANCH.code, lost_count);
            self.dropped.push(Left { stage: place, batch, rows: lost });
        }
    }
}

/// For every place, how many consumers take each of its rows; for every routed node, the rows it
/// refused.
struct Untaken {
    places: Vec<Vec<u32>>,
    refused: Vec<Vec<usize>>,
}

impl Untaken {
    fn new(graph: &PhaseGraph, input: &DocumentBatch) -> Self {
        let mut untaken = Self { places: Vec::new(), refused: vec![Vec::new(); graph.nodes.len()] };
        untaken.add_place(graph, input);
        untaken
    }

    /// Every consumer is assumed to take every row until it refuses.
    fn add_place(&mut self, graph: &PhaseGraph, batch: &DocumentBatch) {
        let consumers = graph.consumers[self.places.len()].len();
        let consumers = u32::try_from(consumers).unwrap_or(u32::MAX);
        self.places.push(vec![consumers; batch.num_rows()]);
    }

    fn route(&mut self, place: usize, node: usize, dropped: &[Dropped]) {
        for drop in dropped {
            self.places[place][drop.row] -= 1;
        }
        self.refused[node] = dropped.iter().map(|drop| drop.row).collect();
    }
}

impl PhaseGraph {
    fn select(&self, batch: &DocumentBatch) -> Result<RecordBatch, EngineError> {
        let mut arrays = Vec::with_capacity(self.output_columns.len());
        for (source, _) in &self.output_columns {
            let array = batch.column(source).map_err(|error| stage_error("output", error.into()))?;
            arrays.push(Arc::clone(array));
        }
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.output_schema), arrays, &options)
            .map_err(|error| EngineError::Bug(format!("output columns do not fit their schema: {error}")))
    }
}

/// Place of a parent: 0 is the input, `n + 1` is node `n`.
fn place(parent: &Parent) -> usize {
    match parent {
        Parent::Input => 0,
        Parent::Node(index) => index + 1,
    }
}

fn count(batch: &DocumentBatch) -> Count {
    Count::new(batch.num_rows() as u64, batch.payload_bytes().iter().sum())
}

fn less(count: Count, other: Count) -> Count {
    Count::new(count.documents - other.documents, count.bytes - other.bytes)
}

fn stage_error(stage: &str, error: StageError) -> EngineError {
    EngineError::Stage { stage: stage.to_owned(), error }
}
