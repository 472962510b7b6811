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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, StringViewArray, new_null_array};
    use textmill_document::columns;
    use textmill_pipeline::Pipeline;

    use super::*;
    use crate::exchange::Membership;

    fn pipeline(stages: &str) -> Pipeline {
        let text = format!(
            "version: 1\nname: test\ninput: {{paths: [\"in/*.jsonl\"], columns: {{id: id, text: text, language: \
             language}}}}\nstages:\n{stages}output: {{path: out}}\n"
        );
        textmill_pipeline::parse("test.yaml", &text).unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// Documents of these ids and languages with the columns that come into `graph`; the text is the id.
    fn documents(graph: &PhaseGraph, place: Place, rows: &[(&str, &str)]) -> DocumentBatch {
        let schema = graph.schema(place);
        let column = |name: &str| -> Option<ArrayRef> {
            let values: Vec<&str> = match name {
                columns::ID | columns::TEXT => rows.iter().map(|row| row.0).collect(),
                columns::LANGUAGE => rows.iter().map(|row| row.1).collect(),
                _ => return None,
            };
            Some(Arc::new(StringViewArray::from_iter_values(values)))
        };
        let arrays = schema
            .fields()
            .iter()
            .map(|field| column(field.name()).unwrap_or_else(|| new_null_array(field.data_type(), rows.len())));
        let arrays = arrays.collect();
        DocumentBatch::new(RecordBatch::try_new(schema, arrays).expect("fits"), 0)
    }

    fn ids(rows: &RecordBatch) -> Vec<String> {
        let column = rows.column_by_name(columns::ID).expect("ids").as_string_view();
        column.iter().map(|id| id.unwrap_or_default().to_owned()).collect()
    }

    /// Documents that came in, went on and were only taken by others, at a stage.
    fn counts(processed: &Processed, id: &str) -> (u64, u64, u64) {
        let stage = processed.ledger.stages.iter().find(|stage| stage.id == id).expect(id);
        (stage.input.documents, stage.kept.documents, stage.elsewhere.documents)
    }

    const BRANCHES: &str = "  - {id: english, run: {keep_where: \"language = 'en'\"}}\n  - {id: not_french, inputs: \
                            [input], run: {keep_where: \"language <> 'fr'\"}}\n  - {id: all, inputs: [english, \
                            not_french], run: {keep_where: \"text is not null\"}}\n";

    /// What each branch is given, lets through and leaves to others, then copies, rows lost, and the output.
    type Expected = ((u64, u64, u64), (u64, u64, u64), u64, &'static [usize], &'static [&'static str]);

    #[test]
    fn rows_are_lost_copied_or_elsewhere_by_who_takes_them() {
        let graph = PhaseGraph::new(&pipeline(BRANCHES), 0);
        let table: [(&[(&str, &str)], Expected); 5] = [
            (&[], ((0, 0, 0), (0, 0, 0), 0, &[], &[])),
            (&[("a", "en")], ((1, 1, 0), (1, 1, 0), 1, &[], &["a", "a"])),
            (&[("a", "zh")], ((1, 0, 1), (1, 1, 0), 0, &[], &["a"])),
            (&[("a", "fr")], ((0, 0, 0), (0, 0, 0), 0, &[0], &[])),
            (
                &[("a", "fr"), ("b", "zh"), ("c", "en"), ("d", "fr"), ("e", "en")],
                ((3, 2, 1), (3, 3, 0), 2, &[0, 3], &["b", "c", "c", "e", "e"]),
            ),
        ];
        for (rows, (english, not_french, copies, lost, output)) in table {
            let places = vec![(Place::INPUT, documents(&graph, Place::INPUT, rows))];
            let processed = process(&graph, PhaseInput { places, verdicts: Vec::new() }).expect("works");
            assert_eq!(counts(&processed, "english"), english, "{rows:?}");
            assert_eq!(counts(&processed, "not_french"), not_french, "{rows:?}");
            assert_eq!(processed.ledger.branch_copies.documents, copies, "{rows:?}");
            let found: Vec<usize> =
                processed.dropped.iter().flat_map(|left| left.rows.iter().map(|drop| drop.row)).collect();
            assert_eq!(found, lost, "{rows:?}");
            assert_eq!(ids(processed.output.as_ref().expect("the only phase")), output, "{rows:?}");
            processed.ledger.check().expect("balances");
        }
    }

    #[test]
    fn a_predicate_without_a_sibling_drops() {
        let graph = PhaseGraph::new(&pipeline("  - {id: english, run: {keep_where: \"language = 'en'\"}}\n"), 0);
        let places = vec![(Place::INPUT, documents(&graph, Place::INPUT, &[("a", "en"), ("b", "zh")]))];
        let processed = process(&graph, PhaseInput { places, verdicts: Vec::new() }).expect("works");
        assert_eq!(counts(&processed, "english"), (2, 1, 0));
        assert_eq!(processed.dropped[0].place, Place::of_node(0));
        processed.ledger.check().expect("balances");
    }

    const EXCHANGE: &str = "  - {id: english, run: {keep_where: \"language = 'en'\"}}\n  - {id: others, inputs: [input], \
                            run: {keep_where: \"language <> 'en'\"}}\n  - {id: same, inputs: [english], run: \
                            {exact_dedupe: {}}}\n  - {id: all, inputs: [same, others], run: {keep_where: \"text is not \
                            null\"}}\n";

    #[test]
    fn an_exchange_takes_its_documents_over_to_the_next_phase_and_what_passes_by_goes_along() {
        let pipeline = pipeline(EXCHANGE);
        let (first, second) = (PhaseGraph::new(&pipeline, 0), PhaseGraph::new(&pipeline, 1));
        let (others, same) = (Place::of_node(1), Place::of_node(2));
        assert_eq!((first.handed_out(), second.handed_in()), (&[others, same][..], &[others, same][..]));
        assert_eq!((first.key_places(), first.verdict_places().count()), (&[same][..], 0));
        assert_eq!((second.key_places().len(), second.verdict_places().collect::<Vec<_>>()), (0, vec![same]));
        assert!(!first.is_last() && second.is_last());

        let rows = [("a", "en"), ("b", "zh"), ("c", "en"), ("d", "en")];
        let places = vec![(Place::INPUT, documents(&first, Place::INPUT, &rows))];
        let handed = process(&first, PhaseInput { places, verdicts: Vec::new() }).expect("works");
        assert_eq!(handed.handed_out.iter().map(DocumentBatch::num_rows).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(handed.keys.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [3]);
        assert_eq!((handed.output.is_none(), handed.ledger.output.documents), (true, 4));
        handed.ledger.check().expect("balances");

        let member = |removed| Verdict::Clustered(Membership { removed, size: 2, ..Membership::default() });
        let places = [others, same].into_iter().zip(handed.handed_out).collect();
        let verdicts = vec![(same, vec![(0, member(false)), (2, member(true))])];
        let processed = process(&second, PhaseInput { places, verdicts }).expect("works");
        assert_eq!(ids(processed.output.as_ref().expect("the last phase")), ["a", "b", "c"]);
        let duplicates: Vec<_> = processed.duplicates.iter().map(|left| (left.place, left.rows[0].0)).collect();
        assert_eq!(duplicates, [(same, 2)]);
        assert_eq!(processed.ledger.duplicates().documents, 1);
        // What one phase hands over is what the next one is given.
        assert_eq!(processed.ledger.input(), handed.ledger.output);
        processed.ledger.check().expect("balances");
    }
}
