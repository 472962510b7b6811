//! What the stages of a phase are given of one batch, and what they make of it.

use arrow::array::RecordBatch;
use textmill_document::{Cause, DocumentBatch, Dropped, Ledger};

use super::place::Place;
use crate::exchange::{Membership, Verdict};

/// What a phase is given: documents by place, rows of all places in step, and what the exchanges before it decided.
#[derive(Debug, Default)]
pub(crate) struct PhaseInput {
    /// Documents of each place that is handed in.
    pub places: Vec<(Place, DocumentBatch)>,
    /// For each exchange, by its place, verdicts on some rows of its documents in `places`, ascending.
    pub verdicts: Vec<(Place, Vec<(usize, Verdict)>)>,
}

/// Documents that left at a place.
#[derive(Debug, Clone)]
pub(crate) struct Left<T> {
    /// Where they left.
    pub place: Place,
    /// Batch that the stage was given.
    pub batch: DocumentBatch,
    /// What left; rows refer to `batch`.
    pub rows: Vec<T>,
}

/// One document that a stage failed on.
pub(crate) type FailedRow = (usize, Cause, String);

/// One document in whose place another stays.
pub(crate) type Duplicate = (usize, Membership);

/// What became of one batch.
#[derive(Debug)]
pub(crate) struct Processed {
    /// Rows of the output, columns selected and renamed; only in the last phase.
    pub output: Option<RecordBatch>,
    /// Documents for the next phase, in the order of [`PhaseGraph::handed_out`](super::graph::PhaseGraph::handed_out).
    pub handed_out: Vec<DocumentBatch>,
    /// Keys, in the order of [`PhaseGraph::key_places`](super::graph::PhaseGraph::key_places).
    pub keys: Vec<RecordBatch>,
    /// Dropped documents by place.
    pub dropped: Vec<Left<Dropped>>,
    /// Documents that a stage failed on, by place.
    pub failed: Vec<Left<FailedRow>>,
    /// Duplicates by exchange.
    pub duplicates: Vec<Left<Duplicate>>,
    /// Keys of the documents that the exchange with an index kept.
    pub index: Option<RecordBatch>,
    /// The counts; the first entry is what the phase was given.
    pub ledger: Ledger,
    /// Microseconds spent at each place, the input first.
    pub busy_micros: Vec<u64>,
}
