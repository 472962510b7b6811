//! Pushes one batch through the whole stage graph of a phase, in memory.
//!
//! Branches: a node that several others consume hands its rows to each. A routed consumer (a
//! `keep_where` beside siblings) takes only the rows its predicate holds; a row that no consumer
//! takes is dropped at the branch point with reason `no_branch`, and a row that only a sibling
//! takes is `elsewhere` for this one. Where branches meet again, rows return to input order.

use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
use arrow::datatypes::SchemaRef;
use textmill_document::{
    Applied, Cause, Count, DocumentBatch, Dropped, Ledger, Reason, StageError, StageLedger, apply_checked,
};
use textmill_minhash_dedupe::{DedupeStage, Repeat};
use textmill_pipeline::{Exchange, Node, Parent, Pipeline};

use crate::EngineError;

/// Id of the first entry of every ledger: reading the input.
pub(crate) const INPUT: &str = "input";

const NO_BRANCH: Reason = Reason { code: "no_branch", summary: "no branch took the document" };

/// The stages of one phase with everything needed to run them on a batch.
///
/// A place is where documents are: place 0 is the input, place `n + 1` is what node `n` lets through. An exchange ends
/// its phase: there its input is handed over under its place, with a row of keys for each document, and the next phase
/// begins with splitting that input by the verdicts.
#[derive(Debug)]
pub(crate) struct PhaseGraph {
    nodes: Vec<Node>,
    /// Nodes that run in this phase, in order; an exchange runs in the phase after its own.
    runs: Vec<usize>,
    /// Exchanges that end this phase.
    exchanges: Vec<usize>,
    /// Places whose documents the phase before hands over.
    handed_in: Vec<usize>,
    /// Places whose documents are handed to the next phase.
    handed_out: Vec<usize>,
    /// For each place, who takes from it in this phase.
    consumers: Vec<Vec<Consumer>>,
    routed: Vec<bool>,
    /// Whether this phase makes the output.
    is_last: bool,
    output_nodes: Vec<Parent>,
    output_columns: Vec<(String, String)>,
    output_schema: SchemaRef,
    input_schema: SchemaRef,
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
    /// Place at which it left.
    pub stage: usize,
    /// Batch that the node was given.
    pub batch: DocumentBatch,
    /// What left; rows refer to `batch`.
    pub rows: Vec<T>,
}

/// One document that a stage failed on.
pub(crate) type FailedRow = (usize, Cause, String);

/// What an exchange found of a document that has duplicates.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Verdict {
    /// Row of the document in its batch.
    pub row: usize,
    /// Whether another document stays in its place.
    pub removed: bool,
    /// Id of the document that stays.
    pub keeper: String,
    /// The file that it is from and its row there; none where it is of an earlier run.
    pub keeper_place: Option<(String, u64)>,
    /// Estimated similarity to it.
    pub similarity: Option<f64>,
    /// Documents in the cluster.
    pub size: u64,
    /// Parts to cut out of the text, ascending, where the exchange cuts parts.
    pub parts: Vec<u32>,
    /// Repeats in the text, ascending, where the exchange cuts these.
    pub repeats: Vec<Repeat>,
    /// The value that the document does not reach, where the exchange keeps the highest.
    pub bound: Option<f64>,
}

/// What a phase is given: documents by place, rows of all places in step, and what the exchanges before it found.
#[derive(Debug, Default)]
pub(crate) struct PhaseInput {
    /// Documents of each place that is handed in.
    pub places: Vec<(usize, DocumentBatch)>,
    /// For each exchange, by its place, the documents of `places` that have duplicates.
    pub verdicts: Vec<(usize, Vec<Verdict>)>,
}

/// What became of one batch.
#[derive(Debug)]
pub(crate) struct Processed {
    /// Rows of the output, columns selected and renamed; only in the last phase.
    pub output: Option<RecordBatch>,
    /// Documents for the next phase, for each place of [`PhaseGraph::handed_out`].
    pub handed_out: Vec<DocumentBatch>,
    /// Keys, for each exchange of [`PhaseGraph::exchanges`].
    pub keys: Vec<RecordBatch>,
    /// Dropped documents by node.
    pub dropped: Vec<Left<Dropped>>,
    /// Documents that a stage failed on, by node.
    pub failed: Vec<Left<FailedRow>>,
    /// Duplicates by exchange.
    pub duplicates: Vec<Left<Verdict>>,
    /// Keys of the documents that the exchange with an index kept.
    pub index: Option<RecordBatch>,
    /// The counts; the first entry is what the phase was given.
    pub ledger: Ledger,
    /// Microseconds spent at each place.
    pub busy_micros: Vec<u64>,
}

/// The state of one batch on its way through the graph.
struct Run<'a> {
    graph: &'a PhaseGraph,
    /// Documents at each place, as far as they are known.
    places: Vec<Option<DocumentBatch>>,
    /// Input of each exchange that runs here, with its verdicts.
    exchanged: Vec<(usize, DocumentBatch, Vec<Verdict>)>,
    handed_out: Vec<(usize, DocumentBatch)>,
    keys: Vec<RecordBatch>,
    /// By place.
    ledgers: Vec<StageLedger>,
    dropped: Vec<Left<Dropped>>,
    failed: Vec<Left<FailedRow>>,
    duplicates: Vec<Left<Verdict>>,
    index: Option<RecordBatch>,
    copies: Count,
    busy_micros: Vec<u64>,
}

impl PhaseGraph {
    /// The graph of phase number `phase` of `pipeline`.
    pub(crate) fn new(pipeline: &Pipeline, phase: usize) -> Self {
        let nodes = pipeline.nodes.clone();
        let levels = pipeline.levels();
        let is_last = phase + 1 == pipeline.phases().len();
        let taken_from = nodes.iter().flat_map(|node| &node.inputs).chain(&pipeline.output_nodes);
        let mut takers = vec![0_usize; nodes.len() + 1];
        taken_from.for_each(|parent| takers[place(parent)] += 1);
        // Without a sibling there is nobody else to take what a predicate refuses: a plain drop.
        let routes = |node: &Node| node.routed && matches!(node.inputs.as_slice(), [only] if takers[place(only)] > 1);
        let routed: Vec<bool> = nodes.iter().map(routes).collect();
        let handed_out = crossing(pipeline, &levels, phase);
        let mut consumers = vec![Vec::new(); nodes.len() + 1];
        for (index, node) in nodes.iter().enumerate().filter(|(index, _)| levels[*index] == phase) {
            let consumer = if routed[index] { Consumer::Routed(index) } else { Consumer::All };
            node.inputs.iter().for_each(|parent| consumers[place(parent)].push(consumer));
        }
        let exchanges: Vec<usize> =
            (0..nodes.len()).filter(|index| nodes[*index].exchange.is_some() && levels[*index] == phase).collect();
        // What only passes through this phase is taken by the hand-over.
        let passing = handed_out.iter().filter(|place| !exchanges.iter().any(|index| index + 1 == **place));
        passing.for_each(|place| consumers[*place].push(Consumer::All));
        if is_last {
            pipeline.output_nodes.iter().for_each(|parent| consumers[place(parent)].push(Consumer::All));
        }
        let runs_here = |index: &usize| pipeline.available(&levels, Parent::Node(*index)) == phase;
        let columns = pipeline.output_columns.iter().map(|column| (column.source.clone(), column.name.clone()));
        Self {
            runs: (0..nodes.len()).filter(runs_here).collect(),
            exchanges,
            handed_in: phase.checked_sub(1).map_or_else(Vec::new, |before| crossing(pipeline, &levels, before)),
            handed_out,
            consumers,
            routed,
            is_last,
            output_nodes: pipeline.output_nodes.clone(),
            output_columns: columns.collect(),
            output_schema: pipeline.output_schema(),
            input_schema: input_schema(pipeline),
            nodes,
        }
    }

    pub(crate) fn output_schema(&self) -> &SchemaRef {
        &self.output_schema
    }

    /// Id and kind of the stage at each place, the input first.
    pub(crate) fn stages(&self) -> impl Iterator<Item = (&str, &str)> {
        let nodes = self.nodes.iter().map(|node| (node.id.as_str(), node.kind));
        std::iter::once((INPUT, INPUT)).chain(nodes)
    }

    /// Id of the stage at `place`.
    pub(crate) fn id(&self, place: usize) -> &str {
        place.checked_sub(1).map_or(INPUT, |index| self.nodes[index].id.as_str())
    }

    /// Columns of the documents handed over at `place`.
    pub(crate) fn schema(&self, place: usize) -> SchemaRef {
        let Some(node) = place.checked_sub(1).map(|index| &self.nodes[index]) else {
            return Arc::clone(&self.input_schema);
        };
        let goes_in = self.verdict_places().any(|of| of == place);
        Arc::clone(if goes_in { &node.columns_in } else { &node.columns_out })
    }

    /// Whether this phase makes the output.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last
    }

    /// Places that are handed in by the phase before.
    pub(crate) fn handed_in(&self) -> &[usize] {
        &self.handed_in
    }

    /// Places that are handed to the next phase.
    pub(crate) fn handed_out(&self) -> &[usize] {
        &self.handed_out
    }

    /// Places of the exchanges whose keys this phase makes.
    pub(crate) fn key_places(&self) -> impl Iterator<Item = usize> {
        self.exchanges.iter().map(|index| index + 1)
    }

    /// Places of the exchanges whose verdicts this phase applies.
    pub(crate) fn verdict_places(&self) -> impl Iterator<Item = usize> {
        self.runs.iter().filter(|index| self.nodes[**index].exchange.is_some()).map(|index| index + 1)
    }

    /// A ledger with an entry for every stage of the phase and nothing counted.
    pub(crate) fn empty_ledger(&self) -> Ledger {
        let nodes = self.runs.iter().map(|index| &self.nodes[*index]);
        let stages = nodes.map(|node| StageLedger::new(&node.id, node.kind));
        Ledger { stages: std::iter::once(StageLedger::new(INPUT, INPUT)).chain(stages).collect(), ..Ledger::default() }
    }

    /// Runs every stage of the phase on `input`.
    pub(crate) fn process(&self, input: PhaseInput) -> Result<Processed, EngineError> {
        let mut ledgers: Vec<_> = self.stages().map(|(id, kind)| StageLedger::new(id, kind)).collect();
        ledgers[0].input = input.places.iter().map(|(_, batch)| count(batch)).sum();
        ledgers[0].kept = ledgers[0].input;
        let mut run = Run {
            graph: self,
            places: vec![None; self.nodes.len() + 1],
            exchanged: Vec::new(),
            handed_out: Vec::new(),
            keys: Vec::new(),
            ledgers,
            dropped: Vec::new(),
            failed: Vec::new(),
            duplicates: Vec::new(),
            index: None,
            copies: Count::default(),
            busy_micros: vec![0; self.nodes.len() + 1],
        };
        let mut untaken = Untaken::new(self);
        let mut verdicts = input.verdicts;
        for (place, batch) in input.places {
            if self.runs.iter().any(|index| index + 1 == place) {
                let known = verdicts.iter().position(|(of, _)| *of == place);
                let verdicts = known.map(|known| verdicts.swap_remove(known).1).unwrap_or_default();
                run.exchanged.push((place, batch, verdicts));
            } else {
                untaken.add_place(self, place, &batch);
                run.places[place] = Some(batch);
            }
        }
        for index in &self.runs {
            match &self.nodes[*index].exchange {
                Some(exchange) => run.split(*index, exchange)?,
                None => run.node(*index, &mut untaken)?,
            }
            untaken.add_place(self, index + 1, run.at(index + 1)?);
        }
        self.exchanges.iter().try_for_each(|index| run.exchange(*index))?;
        run.finish(&untaken)
    }
}

/// The columns that are read.
fn input_schema(pipeline: &Pipeline) -> SchemaRef {
    let declared = textmill_ingest::document_schema(&pipeline.input);
    let is_read = |name: &str| pipeline.input_projection.iter().any(|read| read == name);
    let fields = declared.fields().iter().filter(|field| is_read(field.name())).cloned();
    Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()))
}

/// Places whose documents go from phase `phase` to the next one: inputs of the exchanges that end it, and what is there
/// and taken only later.
fn crossing(pipeline: &Pipeline, levels: &[usize], phase: usize) -> Vec<usize> {
    let last = pipeline.phases().len() - 1;
    if phase >= last {
        return Vec::new();
    }
    let is_there = |parent: &Parent| pipeline.available(levels, *parent) <= phase;
    let later =
        (0..levels.len()).filter(|index| levels[*index] > phase).flat_map(|index| &pipeline.nodes[index].inputs);
    let passing = later.chain(&pipeline.output_nodes).filter(|parent| is_there(parent)).map(place);
    let exchanges =
        (0..levels.len()).filter(|index| pipeline.nodes[*index].exchange.is_some() && levels[*index] == phase);
    let mut places: Vec<usize> = passing.chain(exchanges.map(|index| index + 1)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

impl Run<'_> {
    fn at(&self, place: usize) -> Result<&DocumentBatch, EngineError> {
        let missing = || EngineError::Bug(format!("no documents from `{}`", self.graph.id(place)));
        self.places[place].as_ref().ok_or_else(missing)
    }

    /// Does to the input of exchange `index` what was found of it.
    fn split(&mut self, index: usize, exchange: &Exchange) -> Result<(), EngineError> {
        let started = Instant::now();
        let place = index + 1;
        let known = self.exchanged.iter().position(|(of, ..)| *of == place);
        let known = known.ok_or_else(|| EngineError::Bug(format!("no documents for `{}`", self.graph.id(place))))?;
        let (_, input, verdicts) = self.exchanged.swap_remove(known);
        match exchange {
            Exchange::Documents(dedupe) => self.remove(index, dedupe, input, verdicts)?,
            Exchange::Parts(lines) => {
                let cuts: Vec<_> = verdicts.into_iter().map(|verdict| (verdict.row, verdict.parts)).collect();
                let applied = lines.cut(&input, &cuts).map_err(|error| stage_error(self.graph.id(place), error))?;
                self.account(index, &input, &applied);
                self.leave(index, input, applied);
            }
            Exchange::Repeats(repeats) => {
                let cuts: Vec<_> = verdicts.into_iter().map(|verdict| (verdict.row, verdict.repeats)).collect();
                let applied = repeats.cut(&input, &cuts).map_err(|error| stage_error(self.graph.id(place), error))?;
                self.account(index, &input, &applied);
                self.leave(index, input, applied);
            }
            Exchange::Highest(highest) => {
                let rows: Vec<_> = verdicts.into_iter().map(|verdict| (verdict.row, verdict.bound)).collect();
                let applied =
                    highest.drop_rows(&input, &rows).map_err(|error| stage_error(self.graph.id(place), error))?;
                self.account(index, &input, &applied);
                self.leave(index, input, applied);
            }
        }
        self.busy(place, started);
        Ok(())
    }

    /// Removes the documents in whose place others stay.
    fn remove(
        &mut self,
        index: usize,
        dedupe: &DedupeStage,
        input: DocumentBatch,
        verdicts: Vec<Verdict>,
    ) -> Result<(), EngineError> {
        let place = index + 1;
        let bug = |error: StageError| stage_error(self.graph.id(place), error);
        let bytes = input.payload_bytes();
        let mut keep = vec![true; input.num_rows()];
        verdicts.iter().filter(|verdict| verdict.removed).for_each(|verdict| keep[verdict.row] = false);
        let kept = with_clusters(&self.graph.nodes[index], &input, &verdicts).map_err(bug)?;
        let kept = kept.filter(&keep).map_err(|error| bug(error.into()))?;
        if dedupe.settings().index {
            self.index = Some(dedupe.keys(&kept).map_err(bug)?);
        }
        let removed: Vec<_> = verdicts.into_iter().filter(|verdict| verdict.removed).collect();
        let ledger = &mut self.ledgers[place];
        ledger.input = Count::new(input.num_rows() as u64, bytes.iter().sum());
        ledger.kept = count(&kept);
        ledger.duplicates = removed.iter().map(|verdict| Count::one(bytes[verdict.row])).sum();
        if !removed.is_empty() {
            self.duplicates.push(Left { stage: place, batch: input, rows: removed });
        }
        self.places[place] = Some(kept);
        Ok(())
    }

    /// Hands over the input of exchange `index`, with its keys.
    fn exchange(&mut self, index: usize) -> Result<(), EngineError> {
        let started = Instant::now();
        let node = &self.graph.nodes[index];
        let failed = |error| stage_error(&node.id, error);
        let input = self.gather(&node.inputs).map_err(failed)?;
        let exchange = node.exchange.as_ref();
        let exchange = exchange.ok_or_else(|| EngineError::Bug(format!("`{}` is no exchange", node.id)))?;
        self.keys.push(exchange.keys(&input).map_err(failed)?);
        self.handed_out.push((index + 1, input));
        self.busy(index + 1, started);
        Ok(())
    }

    fn busy(&mut self, place: usize, started: Instant) {
        self.busy_micros[place] = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    }

    /// Runs node `index`. Its parents come before it in the order of the nodes.
    fn node(&mut self, index: usize, untaken: &mut Untaken) -> Result<(), EngineError> {
        let node = &self.graph.nodes[index];
        let started = Instant::now();
        let input = self.gather(&node.inputs).map_err(|error| stage_error(&node.id, error))?;
        let applied = apply_checked(node.stage.as_ref(), &input).map_err(|error| stage_error(&node.id, error))?;
        self.account(index, &input, &applied);
        if self.graph.routed[index] {
            untaken.route(place(&node.inputs[0]), index, &applied.dropped);
        }
        self.leave(index, input, applied);
        self.busy(index + 1, started);
        Ok(())
    }

    /// Counts what node `index` made of `input`.
    fn account(&mut self, index: usize, input: &DocumentBatch, applied: &Applied) {
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
        if !self.graph.routed[index] {
            for drop in &applied.dropped {
                ledger.add_dropped(drop.reason.code, Count::one(bytes[drop.row]));
            }
        }
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
        self.places[stage] = Some(applied.kept);
    }

    fn gather(&self, parents: &[Parent]) -> Result<DocumentBatch, StageError> {
        match parents {
            [only] => Ok(self.given(only)?.clone()),
            several => {
                let batches = several.iter().map(|parent| self.given(parent).cloned());
                Ok(DocumentBatch::merge(&batches.collect::<Result<Vec<_>, _>>()?)?)
            }
        }
    }

    fn given(&self, parent: &Parent) -> Result<&DocumentBatch, StageError> {
        self.at(place(parent)).map_err(|error| StageError::Compute(error.to_string()))
    }

    /// Settles the branch points, then builds what the phase gives.
    fn finish(mut self, untaken: &Untaken) -> Result<Processed, EngineError> {
        for (place, takers) in untaken.places.iter().enumerate() {
            self.settle(place, takers, &untaken.refused)?;
        }
        let mut handed_out = Vec::with_capacity(self.graph.handed_out.len());
        for place in &self.graph.handed_out {
            let exchanged = self.handed_out.iter().find(|(of, _)| of == place).map(|(_, batch)| batch);
            handed_out.push(exchanged.map_or_else(|| self.at(*place), Ok)?.clone());
        }
        let mut output = None;
        let mut given: Count = handed_out.iter().map(count).sum();
        if self.graph.is_last {
            let batch = self.gather(&self.graph.output_nodes).map_err(|error| stage_error("output", error))?;
            given += count(&batch);
            output = Some(self.graph.select(&batch)?);
        }
        let runs = self.graph.runs.iter().map(|index| index + 1);
        let stages = std::iter::once(0).chain(runs).map(|place| std::mem::take(&mut self.ledgers[place])).collect();
        Ok(Processed {
            output,
            handed_out,
            keys: self.keys,
            dropped: self.dropped,
            failed: self.failed,
            duplicates: self.duplicates,
            index: self.index,
            ledger: Ledger { stages, branch_copies: self.copies, output: given },
            busy_micros: self.busy_micros,
        })
    }

    /// Counts, for the rows that left `place`, who took them.
    fn settle(&mut self, place: usize, takers: &[u32], refused: &[Vec<usize>]) -> Result<(), EngineError> {
        let consumers = &self.graph.consumers[place];
        if consumers.len() < 2 {
            return Ok(());
        }
        let batch = self.at(place)?.clone();
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
        Ok(())
    }
}

/// For every place, how many consumers take each of its rows; for every routed node, the rows it
/// refused.
struct Untaken {
    places: Vec<Vec<u32>>,
    refused: Vec<Vec<usize>>,
}

impl Untaken {
    fn new(graph: &PhaseGraph) -> Self {
        let nodes = graph.nodes.len();
        Self { places: vec![Vec::new(); nodes + 1], refused: vec![Vec::new(); nodes] }
    }

    /// Every consumer is assumed to take every row until it refuses.
    fn add_place(&mut self, graph: &PhaseGraph, place: usize, batch: &DocumentBatch) {
        let consumers = u32::try_from(graph.consumers[place].len()).unwrap_or(u32::MAX);
        self.places[place] = vec![consumers; batch.num_rows()];
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

/// `input` with the columns of its clusters, where `node` adds them.
fn with_clusters(node: &Node, input: &DocumentBatch, verdicts: &[Verdict]) -> Result<DocumentBatch, StageError> {
    let fields = node.stage.adds();
    if fields.is_empty() {
        return Ok(input.clone());
    }
    let mut ids = vec![None; input.num_rows()];
    let mut sizes = vec![None; input.num_rows()];
    for verdict in verdicts {
        ids[verdict.row] = Some(verdict.keeper.as_str());
        sizes[verdict.row] = i64::try_from(verdict.size).ok();
    }
    let arrays: [ArrayRef; 2] = [Arc::new(StringViewArray::from(ids)), Arc::new(Int64Array::from(sizes))];
    Ok(input.with_columns(fields.into_iter().zip(arrays).collect())?)
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
