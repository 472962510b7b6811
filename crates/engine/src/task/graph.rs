//! The part of the graph of stages that one phase runs.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use textmill_document::{DocumentBatch, Ledger, StageError, StageLedger};
use textmill_pipeline::{Node, Parent, Pipeline};

use super::branches::Consumer;
use super::place::{PerPlace, Place};
use crate::EngineError;
use crate::exchange::{Exchange, exchange_of};

/// Id of the first entry of every ledger: reading the input.
pub(crate) const INPUT: &str = "input";

/// The stages of one phase with everything needed to run them on a batch.
///
/// An exchange ends its phase: there its input is handed over under its place, with a row of keys for each document, and
/// the next phase begins with applying the verdicts to that input.
#[derive(Debug)]
pub(crate) struct PhaseGraph {
    steps: Vec<Step>,
    /// Places of the nodes that run in this phase, in order; an exchange runs in the phase after its own.
    runs: Vec<Place>,
    /// Places of the exchanges that end this phase.
    exchanges: Vec<Place>,
    /// Places whose documents the phase before hands over.
    handed_in: Vec<Place>,
    /// Places whose documents are handed to the next phase.
    handed_out: Vec<Place>,
    /// For each place, who takes from it in this phase.
    consumers: PerPlace<Vec<Consumer>>,
    /// Whether this phase makes the output.
    is_last: bool,
    output_nodes: Vec<Parent>,
    output_columns: Vec<(String, String)>,
    output_schema: SchemaRef,
    input_schema: SchemaRef,
}

/// A node of the pipeline in the graph of a phase.
#[derive(Debug)]
pub(crate) struct Step {
    pub node: Node,
    /// What it does with all documents, where it needs them.
    pub exchange: Option<Arc<dyn Exchange>>,
    /// Whether what it refuses may be taken by a sibling.
    pub is_routed: bool,
}

impl PhaseGraph {
    /// The graph of phase number `phase` of `pipeline`.
    ///
    /// A pipeline is one graph, and a phase is what of it can run before the next exchange is decided. Each node has a
    /// level, the phase in which its documents arrive. A node that looks at one document at a time runs there. An exchange
    /// belongs to two phases: in that of its level its documents are handed over with their keys; in the next one, when it
    /// is decided, its verdicts are applied, and only then are there documents behind it.
    ///
    /// What is there in this phase and is taken only later passes through: it is handed over as well, and the hand-over
    /// counts as one who takes it. So every document that arrives at a place is taken by somebody or lost there, in each
    /// phase by itself, and the ledger of each phase balances.
    pub(crate) fn new(pipeline: &Pipeline, phase: usize) -> Self {
        let levels = pipeline.levels();
        let is_last = phase + 1 == pipeline.phases().len();
        let steps = steps(pipeline);

        let of_level = |steps: &[Step], wanted: fn(&Step) -> bool| -> Vec<Place> {
            let nodes = steps.iter().zip(&levels).enumerate();
            let here = nodes.filter(|(_, (step, level))| **level == phase && wanted(step));
            here.map(|(node, _)| Place::of_node(node)).collect()
        };
        let exchanges = of_level(&steps, |step| step.exchange.is_some());
        let arriving = of_level(&steps, |_| true);
        let handed_out = crossing(pipeline, &levels, phase);

        let mut consumers = PerPlace::new(steps.len(), |_| Vec::new());
        for place in arriving {
            let step = &steps[place.node().unwrap_or_default()];
            let consumer = if step.is_routed { Consumer::Routed(place) } else { Consumer::All };
            step.node.inputs.iter().for_each(|parent| consumers[Place::of(*parent)].push(consumer));
        }
        let passing = handed_out.iter().filter(|place| !exchanges.contains(place));
        passing.for_each(|place| consumers[*place].push(Consumer::All));
        if is_last {
            pipeline.output_nodes.iter().for_each(|parent| consumers[Place::of(*parent)].push(Consumer::All));
        }

        let runs_here = |node: &usize| pipeline.available(&levels, Parent::Node(*node)) == phase;
        let columns = pipeline.output_columns.iter().map(|column| (column.source.clone(), column.name.clone()));
        Self {
            runs: (0..steps.len()).filter(runs_here).map(Place::of_node).collect(),
            exchanges,
            handed_in: phase.checked_sub(1).map_or_else(Vec::new, |before| crossing(pipeline, &levels, before)),
            handed_out,
            consumers,
            is_last,
            output_nodes: pipeline.output_nodes.clone(),
            output_columns: columns.collect(),
            output_schema: pipeline.output_schema(),
            input_schema: input_schema(pipeline),
            steps,
        }
    }

    pub(crate) fn output_schema(&self) -> &SchemaRef {
        &self.output_schema
    }

    /// Number of nodes of the pipeline.
    pub(crate) fn nodes(&self) -> usize {
        self.steps.len()
    }

    /// Id and kind of the stage at each place, the input first.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (&str, &str)> {
        let nodes = self.steps.iter().map(|step| (step.node.id.as_str(), step.node.kind));
        std::iter::once((INPUT, INPUT)).chain(nodes)
    }

    /// The node of `place`.
    pub(crate) fn step(&self, place: Place) -> Result<&Step, EngineError> {
        let step = place.node().and_then(|node| self.steps.get(node));
        step.ok_or_else(|| EngineError::Bug(format!("there is no stage at place {place}")))
    }

    /// Id of the stage at `place`.
    pub(crate) fn id(&self, place: Place) -> &str {
        self.step(place).map_or(INPUT, |step| step.node.id.as_str())
    }

    /// The exchange at `place`.
    pub(crate) fn exchange(&self, place: Place) -> Result<&dyn Exchange, EngineError> {
        let step = self.step(place)?;
        let exchange = step.exchange.as_deref();
        exchange.ok_or_else(|| EngineError::Bug(format!("`{}` is no exchange", step.node.id)))
    }

    /// Columns of the documents handed over at `place`.
    pub(crate) fn schema(&self, place: Place) -> SchemaRef {
        let Ok(step) = self.step(place) else { return Arc::clone(&self.input_schema) };
        let goes_in = self.verdict_places().any(|of| of == place);
        Arc::clone(if goes_in { &step.node.columns_in } else { &step.node.columns_out })
    }

    /// Whether this phase makes the output.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last
    }

    /// Whose documents are the output.
    pub(crate) fn output_nodes(&self) -> &[Parent] {
        &self.output_nodes
    }

    /// Places of the nodes that run in this phase, each after all that it takes from.
    pub(crate) fn runs(&self) -> &[Place] {
        &self.runs
    }

    /// Places that are handed in by the phase before.
    pub(crate) fn handed_in(&self) -> &[Place] {
        &self.handed_in
    }

    /// Places that are handed to the next phase.
    pub(crate) fn handed_out(&self) -> &[Place] {
        &self.handed_out
    }

    /// Places of the exchanges whose keys this phase makes.
    pub(crate) fn key_places(&self) -> &[Place] {
        &self.exchanges
    }

    /// Places of the exchanges whose verdicts this phase applies.
    pub(crate) fn verdict_places(&self) -> impl Iterator<Item = Place> {
        self.runs.iter().copied().filter(|place| self.exchange(*place).is_ok())
    }

    /// For each place, who takes from it in this phase.
    pub(crate) fn consumers(&self) -> &PerPlace<Vec<Consumer>> {
        &self.consumers
    }

    /// A ledger with an entry for every stage of the phase and nothing counted.
    pub(crate) fn empty_ledger(&self) -> Ledger {
        let nodes = self.runs.iter().filter_map(|place| self.step(*place).ok()).map(|step| &step.node);
        let stages = nodes.map(|node| StageLedger::new(&node.id, node.kind));
        Ledger { stages: std::iter::once(StageLedger::new(INPUT, INPUT)).chain(stages).collect(), ..Ledger::default() }
    }

    /// The columns of the output out of those of `batch`.
    pub(crate) fn select(&self, batch: &DocumentBatch) -> Result<RecordBatch, EngineError> {
        let mut arrays = Vec::with_capacity(self.output_columns.len());
        for (source, _) in &self.output_columns {
            let array = batch.column(source).map_err(|error| stage_error("output", error.into()))?;
            arrays.push(Arc::clone(array));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(Arc::clone(&self.output_schema), arrays, &options)
            .map_err(|error| EngineError::Bug(format!("output columns do not fit their schema: {error}")))
    }
}

/// The nodes of `pipeline`.
fn steps(pipeline: &Pipeline) -> Vec<Step> {
    let mut takers = PerPlace::new(pipeline.nodes.len(), |_| 0_usize);
    let taken_from = pipeline.nodes.iter().flat_map(|node| &node.inputs).chain(&pipeline.output_nodes);
    taken_from.for_each(|parent| takers[Place::of(*parent)] += 1);

    // Without a sibling there is nobody else to take what a predicate refuses: a plain drop.
    let has_sibling = |node: &Node| matches!(node.inputs.as_slice(), [only] if takers[Place::of(*only)] > 1);
    let step = |node: &Node| Step {
        exchange: exchange_of(node),
        is_routed: node.routed && has_sibling(node),
        node: node.clone(),
    };
    pipeline.nodes.iter().map(step).collect()
}

/// The columns that are read.
fn input_schema(pipeline: &Pipeline) -> SchemaRef {
    let declared = textmill_ingest::document_schema(&pipeline.input);
    let is_read = |name: &str| pipeline.input_projection.iter().any(|read| read == name);
    let fields = declared.fields().iter().filter(|field| is_read(field.name())).cloned();
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Places whose documents go from phase `phase` to the next one: inputs of the exchanges that end it, and what is there
/// and taken only later.
fn crossing(pipeline: &Pipeline, levels: &[usize], phase: usize) -> Vec<Place> {
    let last = pipeline.phases().len() - 1;
    if phase >= last {
        return Vec::new();
    }
    let nodes = || pipeline.nodes.iter().zip(levels).enumerate();
    let later = nodes().filter(|(_, (_, level))| **level > phase).flat_map(|(_, (node, _))| &node.inputs);
    let is_there = |parent: &&Parent| pipeline.available(levels, **parent) <= phase;
    let passing = later.chain(&pipeline.output_nodes).filter(is_there).map(|parent| Place::of(*parent));
    let exchanges = nodes().filter(|(_, (node, level))| node.exchange.is_some() && **level == phase);

    let mut places: Vec<Place> = passing.chain(exchanges.map(|(node, _)| Place::of_node(node))).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// A fault of `stage`.
pub(crate) fn stage_error(stage: &str, error: StageError) -> EngineError {
    EngineError::Stage { stage: stage.to_owned(), error }
}
