//! Pushes one batch through the whole stage graph of a phase, in memory. Where branches meet again, rows return to input
//! order.

use std::time::Instant;

use arrow::array::RecordBatch;
use textmill_document::{Applied, Count, DocumentBatch, Dropped, Ledger, StageError, StageLedger, apply_checked};
use textmill_pipeline::Parent;

use super::batch::{Duplicate, FailedRow, Left, PhaseInput, Processed};
use super::branches::{Branches, Settled, less};
use super::graph::{PhaseGraph, stage_error};
use super::place::{PerPlace, Place};
use crate::EngineError;
use crate::exchange::{Outcome, Verdict};

/// Runs every stage of the phase of `graph` on `input`.
pub(crate) fn process(graph: &PhaseGraph, input: PhaseInput) -> Result<Processed, EngineError> {
    let mut passage = Passage::new(graph, &input);
    passage.enter(input);
    for place in graph.runs() {
        passage.run(*place)?;
    }
    for place in graph.key_places() {
        passage.make_keys(*place)?;
    }
    passage.finish()
}

/// Documents at the place of an exchange, with the verdicts on some of their rows.
type Exchanged = (Place, DocumentBatch, Vec<(usize, Verdict)>);

/// The state of one batch on its way through the graph.
struct Passage<'a> {
    graph: &'a PhaseGraph,
    /// Documents at each place, as far as they are known.
    places: PerPlace<Option<DocumentBatch>>,
    branches: Branches<'a>,
    /// Input of each exchange that runs here, with its verdicts.
    exchanged: Vec<Exchanged>,
    /// Input of each exchange that ends the phase.
    handed_out: Vec<(Place, DocumentBatch)>,
    keys: Vec<RecordBatch>,
    ledgers: PerPlace<StageLedger>,
    dropped: Vec<Left<Dropped>>,
    failed: Vec<Left<FailedRow>>,
    duplicates: Vec<Left<Duplicate>>,
    index: Option<RecordBatch>,
    copies: Count,
    busy_micros: PerPlace<u64>,
}

impl<'a> Passage<'a> {
    fn new(graph: &'a PhaseGraph, input: &PhaseInput) -> Self {
        let nodes = graph.nodes();
        let mut stages = graph.stages();
        let mut ledgers = PerPlace::new(nodes, |_| {
            let (id, kind) = stages.next().unwrap_or_default();
            StageLedger::new(id, kind)
        });
        let given: Count = input.places.iter().map(|(_, batch)| count(batch)).sum();
        (ledgers[Place::INPUT].input, ledgers[Place::INPUT].kept) = (given, given);
        Self {
            graph,
            places: PerPlace::new(nodes, |_| None),
            branches: Branches::new(graph.consumers(), nodes),
            exchanged: Vec::new(),
            handed_out: Vec::new(),
            keys: Vec::new(),
            ledgers,
            dropped: Vec::new(),
            failed: Vec::new(),
            duplicates: Vec::new(),
            index: None,
            copies: Count::default(),
            busy_micros: PerPlace::new(nodes, |_| 0),
        }
    }

    /// Puts documents where they begin: those for an exchange wait for it with their verdicts.
    fn enter(&mut self, input: PhaseInput) {
        let mut verdicts = input.verdicts;
        for (place, batch) in input.places {
            if self.graph.runs().contains(&place) {
                let known = verdicts.iter().position(|(of, _)| *of == place);
                let verdicts = known.map(|known| verdicts.swap_remove(known).1).unwrap_or_default();
                self.exchanged.push((place, batch, verdicts));
            } else {
                self.arrive(place, batch);
            }
        }
    }

    fn arrive(&mut self, place: Place, batch: DocumentBatch) {
        self.branches.arrive(place, &batch);
        self.places[place] = Some(batch);
    }

    fn at(&self, place: Place) -> Result<&DocumentBatch, EngineError> {
        let missing = || EngineError::Bug(format!("no documents from `{}`", self.graph.id(place)));
        self.places[place].as_ref().ok_or_else(missing)
    }

    /// Runs the node of `place`. Its parents come before it in the order of the nodes.
    fn run(&mut self, place: Place) -> Result<(), EngineError> {
        let started = Instant::now();
        let step = self.graph.step(place)?;
        let failed = |error| stage_error(&step.node.id, error);
        if let Some(exchange) = &step.exchange {
            let (input, verdicts) = self.exchanged(place)?;
            let outcome = exchange.apply(&input, verdicts).map_err(failed)?;
            self.leave(place, input, outcome, false);
        } else {
            let input = self.gather(&step.node.inputs).map_err(failed)?;
            let applied = apply_checked(step.node.stage.as_ref(), &input).map_err(failed)?;
            if step.is_routed {
                self.branches.refuse(Place::of(step.node.inputs[0]), place, &applied.dropped);
            }
            self.leave(place, input, applied.into(), step.is_routed);
        }
        self.busy(place, started);
        Ok(())
    }

    /// What was handed over to the exchange of `place`, with its verdicts.
    fn exchanged(&mut self, place: Place) -> Result<(DocumentBatch, Vec<(usize, Verdict)>), EngineError> {
        let known = self.exchanged.iter().position(|(of, ..)| *of == place);
        let known = known.ok_or_else(|| EngineError::Bug(format!("no documents for `{}`", self.graph.id(place))))?;
        let (_, input, verdicts) = self.exchanged.swap_remove(known);
        Ok((input, verdicts))
    }

    /// Hands over the input of the exchange of `place`, with its keys.
    fn make_keys(&mut self, place: Place) -> Result<(), EngineError> {
        let started = Instant::now();
        let step = self.graph.step(place)?;
        let failed = |error| stage_error(&step.node.id, error);
        let input = self.gather(&step.node.inputs).map_err(failed)?;
        self.keys.push(self.graph.exchange(place)?.keys(&input).map_err(failed)?);
        self.handed_out.push((place, input));
        self.busy(place, started);
        Ok(())
    }

    fn busy(&mut self, place: Place, started: Instant) {
        self.busy_micros[place] = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    }

    /// Counts what the node of `place` made of `input`, and lets go on what goes on. What a routed node drops is no drop
    /// yet: a sibling may take it.
    fn leave(&mut self, place: Place, input: DocumentBatch, outcome: Outcome, is_routed: bool) {
        self.account(place, &input, &outcome, is_routed);

        let Outcome { applied: Applied { kept, dropped, failed, .. }, removed, index } = outcome;
        if index.is_some() {
            self.index = index;
        }
        if !failed.is_empty() {
            let rows = failed.into_iter().map(|fail| (fail.row, fail.cause, fail.detail)).collect();
            self.failed.push(Left { place, batch: input.clone(), rows });
        }
        if !removed.is_empty() {
            self.duplicates.push(Left { place, batch: input.clone(), rows: removed });
        }
        if !is_routed && !dropped.is_empty() {
            self.dropped.push(Left { place, batch: input, rows: dropped });
        }
        self.arrive(place, kept);
    }

    fn account(&mut self, place: Place, input: &DocumentBatch, outcome: &Outcome, is_routed: bool) {
        let Outcome { applied, removed, .. } = outcome;
        let bytes = input.payload_bytes();
        let ledger = &mut self.ledgers[place];
        ledger.input = Count::new(input.num_rows() as u64, bytes.iter().sum());
        ledger.kept = count(&applied.kept);
        ledger.duplicates = removed.iter().map(|(row, _)| Count::one(bytes[*row])).sum();
        let (dropped, failed) =
            (applied.dropped.iter().map(|drop| drop.row), applied.failed.iter().map(|fail| fail.row));
        let gone = dropped.chain(failed).chain(removed.iter().map(|(row, _)| *row));
        let kept_before = ledger.input.bytes - gone.map(|row| bytes[row]).sum::<u64>();
        ledger.rewritten_bytes = ledger.kept.bytes.cast_signed() - kept_before.cast_signed();
        ledger.changed = applied.changes.clone();
        for fail in &applied.failed {
            ledger.add_quarantined(fail.cause.code(), Count::one(bytes[fail.row]));
        }
        if !is_routed {
            for drop in &applied.dropped {
                ledger.add_dropped(drop.reason.code, Count::one(bytes[drop.row]));
            }
        }
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
        self.at(Place::of(*parent)).map_err(|error| StageError::Compute(error.to_string()))
    }

    /// Settles the branch points, then builds what the phase gives.
    fn finish(mut self) -> Result<Processed, EngineError> {
        for place in Place::all(self.graph.nodes()) {
            self.settle(place)?;
        }

        let mut handed_out = Vec::with_capacity(self.graph.handed_out().len());
        for place in self.graph.handed_out() {
            let exchanged = self.handed_out.iter().find(|(of, _)| of == place).map(|(_, batch)| batch);
            handed_out.push(exchanged.map_or_else(|| self.at(*place), Ok)?.clone());
        }
        let mut output = None;
        let mut given: Count = handed_out.iter().map(count).sum();
        if self.graph.is_last() {
            let batch = self.gather(self.graph.output_nodes()).map_err(|error| stage_error("output", error))?;
            given += count(&batch);
            output = Some(self.graph.select(&batch)?);
        }

        let places = std::iter::once(Place::INPUT).chain(self.graph.runs().iter().copied());
        let stages = places.map(|place| std::mem::take(&mut self.ledgers[place])).collect();
        Ok(Processed {
            output,
            handed_out,
            keys: self.keys,
            dropped: self.dropped,
            failed: self.failed,
            duplicates: self.duplicates,
            index: self.index,
            ledger: Ledger { stages, branch_copies: self.copies, output: given },
            busy_micros: self.busy_micros.into_values(),
        })
    }

    /// Counts, for the rows that left `place`, who took them.
    fn settle(&mut self, place: Place) -> Result<(), EngineError> {
        if self.graph.consumers()[place].len() < 2 {
            return Ok(());
        }
        let batch = self.at(place)?.clone();
        let Some(settled) = self.branches.settle(place, &batch.payload_bytes()) else { return Ok(()) };

        let Settled { lost, lost_count, copies, elsewhere } = settled;
        self.copies += copies;
        for (node, elsewhere) in elsewhere {
            let ledger = &mut self.ledgers[node];
            ledger.input = less(ledger.input, lost_count);
            ledger.elsewhere = elsewhere;
        }
        if let Some(first) = lost.first() {
            let ledger = &mut self.ledgers[place];
            ledger.kept = less(ledger.kept, lost_count);
            ledger.add_dropped(first.reason.code, lost_count);
            self.dropped.push(Left { place, batch, rows: lost });
        }
        Ok(())
    }
}

fn count(batch: &DocumentBatch) -> Count {
    Count::new(batch.num_rows() as u64, batch.payload_bytes().iter().sum())
}
