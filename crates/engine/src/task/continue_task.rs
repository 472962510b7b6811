//! The work of a task of a later phase: read what the task before handed over, split it by what the exchanges found,
//! and run the stages on it.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::RecordBatch;
use textmill_document::{DocumentBatch, row_hash_sum};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::verify::{ParquetReader, read_parquet};

use super::batch::PhaseInput;
use super::context::{TaskContext, Written};
use super::place::Place;
use super::task_output::{BatchSource, Given, Output, drive, without_rows};
use crate::EngineError;
use crate::exchange::{Verdict, VerdictKind};
use crate::plan::{HandedOver, TaskSpec};

pub(crate) async fn run(
    spec: &TaskSpec,
    handed: &HandedOver,
    attempt: &str,
    context: &Arc<TaskContext>,
) -> Result<Written, EngineError> {
    let mut output = Output::new(spec, &handed.shard, attempt, context);
    let mut streams = Streams::new(handed, context)?;
    let driven = drive(&mut streams, context, &mut output).await.and_then(|()| streams.check());
    match driven {
        Ok(()) => output.finish(&handed.shard, streams.read_bytes()).await,
        Err(error) => {
            output.abort().await;
            Err(error)
        }
    }
}

/// Everything that was handed over, read in step.
struct Streams {
    documents: Vec<Stream>,
    verdicts: Vec<(Place, VerdictStream)>,
}

impl Streams {
    fn new(handed: &HandedOver, context: &TaskContext) -> Result<Self, EngineError> {
        let graph = &context.graph;
        let files = |place: &Place| handed.documents.get(graph.id(*place)).cloned().unwrap_or_default();
        let documents = graph.handed_in().iter().map(|place| {
            let empty = DocumentBatch::new(RecordBatch::new_empty(graph.schema(*place)), 0);
            Stream::new(*place, files(place), empty, &context.store)
        });
        let verdicts = graph.verdict_places().map(|place| {
            let files = handed.verdicts.get(graph.id(place)).cloned().unwrap_or_default();
            let kind = graph.exchange(place)?.verdicts();
            Ok((place, VerdictStream { kind, files: Files::new(files, &context.store), pending: VecDeque::new() }))
        });
        Ok(Self { documents: documents.collect(), verdicts: verdicts.collect::<Result<_, EngineError>>()? })
    }

    fn read_bytes(&self) -> u64 {
        self.documents.iter().map(|stream| stream.files.bytes).sum()
    }

    /// All that was handed over must have arrived.
    fn check(&self) -> Result<(), EngineError> {
        for stream in &self.documents {
            stream.check()?;
        }
        match self.verdicts.iter().find(|(_, verdicts)| !verdicts.pending.is_empty()) {
            Some((place, _)) => Err(EngineError::Bug(format!("a verdict at place {place} is of no document"))),
            None => Ok(()),
        }
    }

    /// Row number before which every stream has all it will ever have, after reading on where that is needed; none
    /// where all of them have ended.
    ///
    /// Places hold different rows of one input: what one branch dropped is missing in its stream only. They can be merged
    /// back into input order batch by batch, without holding more than a batch or two of each, if no row is given out
    /// before it is known that no stream has one before it. A stream that goes on will give no row up to the last one that
    /// is buffered of it; so the smallest of these last rows, over all streams that go on, is the horizon. Where nothing
    /// buffered lies before it, the stream that sets it is read on.
    async fn horizon(&mut self) -> Result<Option<u64>, EngineError> {
        for stream in &mut self.documents {
            stream.fill().await?;
        }
        loop {
            if self.documents.iter().all(|stream| stream.buffered.is_none()) {
                return Ok(None);
            }
            let open = self.documents.iter().enumerate().filter(|(_, stream)| !stream.ended);
            let ends = open.filter_map(|(index, stream)| Some((stream.last()?, index)));
            let Some((end, shortest)) = ends.min() else { return Ok(Some(u64::MAX)) };
            if self.documents.iter().any(|stream| stream.first().is_some_and(|first| first < end)) {
                return Ok(Some(end));
            }
            self.documents[shortest].read_on().await?;
        }
    }
}

impl BatchSource for Streams {
    async fn next(&mut self) -> Result<Option<Given>, EngineError> {
        let Some(horizon) = self.horizon().await? else { return Ok(None) };
        let alone = self.documents.len() == 1;
        let mut input = PhaseInput::default();
        for stream in &mut self.documents {
            // One stream need not be in step with any other.
            let (first, batch) = stream.take(if alone { u64::MAX } else { horizon });
            if let Some((_, verdicts)) = self.verdicts.iter_mut().find(|(place, _)| *place == stream.place) {
                input.verdicts.push((stream.place, verdicts.take(first, batch.num_rows()).await?));
            }
            input.places.push((stream.place, batch));
        }
        Ok(Some(Given { input, ..Given::default() }))
    }
}

/// The documents handed over at one place.
struct Stream {
    place: Place,
    files: Files,
    buffered: Option<DocumentBatch>,
    /// A batch without rows, for when there are none while other streams go on.
    empty: DocumentBatch,
    ended: bool,
    /// Number of the first buffered document.
    next: u64,
    hash: u128,
}

impl Stream {
    fn new(place: Place, files: Vec<FileEntry>, empty: DocumentBatch, store: &Store) -> Self {
        let files = Files::new(files, store);
        Self { place, files, buffered: None, empty, ended: false, next: 0, hash: 0 }
    }

    fn check(&self) -> Result<(), EngineError> {
        let sent = self.files.all.iter().try_fold((0_u64, 0_u128), |(rows, hash), file| {
            Ok::<_, EngineError>((rows + file.rows, hash.wrapping_add(file.row_hash_sum()?)))
        })?;
        if sent == (self.next, self.hash) {
            return Ok(());
        }
        Err(EngineError::HandOver {
            place: format!("documents between phases, place {}", self.place),
            found: format!("{} documents with hash sum {:032x}", self.next, self.hash),
            expected: format!("{} with {:032x}", sent.0, sent.1),
        })
    }

    async fn fill(&mut self) -> Result<(), EngineError> {
        if self.buffered.is_none() && !self.ended {
            self.read_on().await?;
        }
        Ok(())
    }

    /// Appends the next batch to what is buffered.
    async fn read_on(&mut self) -> Result<(), EngineError> {
        let Some(batch) = self.files.next().await? else {
            self.ended = true;
            return Ok(());
        };
        self.hash = self.hash.wrapping_add(row_hash_sum(&batch));
        let batch = without_rows(&batch)?;
        let joined = match self.buffered.take() {
            Some(before) => DocumentBatch::concat(&[before, batch]),
            None => Ok(batch),
        };
        self.buffered = Some(joined.map_err(|error| EngineError::Bug(error.to_string()))?);
        Ok(())
    }

    fn first(&self) -> Option<u64> {
        self.buffered.as_ref()?.rows().values().first().copied()
    }

    fn last(&self) -> Option<u64> {
        self.buffered.as_ref()?.rows().values().last().copied()
    }

    /// The buffered documents before row `end`, with the number of the first.
    fn take(&mut self, end: u64) -> (u64, DocumentBatch) {
        let Some(batch) = self.buffered.take() else { return (self.next, self.empty.clone()) };
        let rows = batch.num_rows();
        let taken = if end == u64::MAX { rows } else { batch.rows().values().partition_point(|row| *row < end) };
        if taken < rows {
            self.buffered = Some(batch.slice(taken, rows - taken));
        }
        let first = self.next;
        self.next += taken as u64;
        (first, batch.slice(0, taken))
    }
}

/// What an exchange decided of the documents of one stream, in their order.
struct VerdictStream {
    kind: VerdictKind,
    files: Files,
    /// Verdicts on documents that were not asked for yet, each with the number of its document.
    pending: VecDeque<(u64, Verdict)>,
}

impl VerdictStream {
    /// The verdicts on `documents` documents from number `first`, by row among these.
    async fn take(&mut self, first: u64, documents: usize) -> Result<Vec<(usize, Verdict)>, EngineError> {
        let end = first + documents as u64;
        while self.pending.back().is_none_or(|(last, _)| *last < end) {
            let Some(batch) = self.files.next().await? else { break };
            let decoded = self.kind.decode(&batch)?.into_iter();
            self.pending.extend(decoded.map(|(number, verdict)| (u64::from(number), verdict)));
        }
        let mut taken = Vec::new();
        while let Some((number, verdict)) = self.pending.pop_front_if(|(number, _)| *number < end) {
            let row = usize::try_from(number - first).unwrap_or(usize::MAX);
            taken.push((row, verdict));
        }
        Ok(taken)
    }
}

/// Committed files, read one after the other.
struct Files {
    store: Store,
    all: Vec<FileEntry>,
    opened: usize,
    reader: Option<ParquetReader>,
    bytes: u64,
}

impl Files {
    fn new(all: Vec<FileEntry>, store: &Store) -> Self {
        Self { store: store.clone(), all, opened: 0, reader: None, bytes: 0 }
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        loop {
            if let Some(reader) = &mut self.reader
                && let Some(batch) = reader.next().await?
            {
                return Ok(Some(batch));
            }
            let Some(file) = self.all.get(self.opened) else { return Ok(None) };
            self.reader = Some(read_parquet(&self.store, file).await?);
            self.bytes += file.bytes;
            self.opened += 1;
        }
    }
}
