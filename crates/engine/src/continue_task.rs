//! The work of a task of a later phase: read what the task before handed over, split it by what the exchanges found,
//! and run the stages on it.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, UInt32Type, UInt64Type};
use textmill_document::{DocumentBatch, row_hash_sum};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::verify::{ParquetReader, read_parquet};

use crate::EngineError;
use crate::graph::{PhaseInput, Verdict};
use crate::plan::{HandedOver, TaskSpec};
use crate::task::{TaskContext, Written};
use crate::task_output::{Given, Output, Source, drive, without_rows};

pub(crate) async fn run(
    spec: &TaskSpec,
    handed: &HandedOver,
    attempt: &str,
    context: &Arc<TaskContext>,
) -> Result<Written, EngineError> {
    let mut output = Output::new(spec, &handed.shard, attempt, context);
    let mut streams = Streams::new(handed, context);
    let driven = drive(&mut streams, context, &mut output).await.and_then(|()| streams.check());
    match driven {
        Ok(()) => Box::pin(output.finish(&handed.shard, streams.read_bytes())).await,
        Err(error) => {
            output.abort().await;
            Err(error)
        }
    }
}

/// Everything that was handed over, read in step.
struct Streams {
    documents: Vec<Stream>,
    verdicts: Vec<(usize, Verdicts)>,
}

impl Streams {
    fn new(handed: &HandedOver, context: &TaskContext) -> Self {
        let graph = &context.graph;
        let files = |place: &usize| handed.documents.get(graph.id(*place)).cloned().unwrap_or_default();
        let documents = graph.handed_in().iter().map(|place| {
            let empty = DocumentBatch::new(RecordBatch::new_empty(graph.schema(*place)), 0);
            Stream::new(*place, files(place), empty, &context.store)
        });
        let verdicts = graph.verdict_places().map(|place| {
            let files = handed.verdicts.get(graph.id(place)).cloned().unwrap_or_default();
            (place, Verdicts { files: Files::new(files, &context.store), pending: VecDeque::new() })
        });
        Self { documents: documents.collect(), verdicts: verdicts.collect() }
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

impl Source for Streams {
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
    place: usize,
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
    fn new(place: usize, files: Vec<FileEntry>, empty: DocumentBatch, store: &Store) -> Self {
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

/// What an exchange found of the documents of one stream, in their order.
struct Verdicts {
    files: Files,
    pending: VecDeque<(u64, Verdict)>,
}

impl Verdicts {
    /// The verdicts on `documents` documents from number `first`.
    async fn take(&mut self, first: u64, documents: usize) -> Result<Vec<Verdict>, EngineError> {
        let end = first + documents as u64;
        while self.pending.back().is_none_or(|(last, _)| *last < end) {
            let Some(batch) = self.files.next().await? else { break };
            read_verdicts(&batch, &mut self.pending)?;
        }
        let mut taken = Vec::new();
        while let Some((number, verdict)) = self.pending.pop_front_if(|(number, _)| *number < end) {
            let row = usize::try_from(number - first).unwrap_or(usize::MAX);
            taken.push(Verdict { row, ..verdict });
        }
        Ok(taken)
    }
}

fn read_verdicts(batch: &RecordBatch, pending: &mut VecDeque<(u64, Verdict)>) -> Result<(), EngineError> {
    let broken = || EngineError::Bug("verdicts have other columns than were written".to_owned());
    if let [number, parts] = batch.columns() {
        let number = number.as_primitive_opt::<UInt32Type>().ok_or_else(broken)?;
        if let Some(bounds) = parts.as_primitive_opt::<Float64Type>() {
            let verdict = |bound| Verdict { bound, ..Verdict::default() };
            let rows = number.values().iter().zip(bounds.iter());
            pending.extend(rows.map(|(number, bound)| (u64::from(*number), verdict(bound))));
            return Ok(());
        }
        if let Some(repeats) = parts.as_string_view_opt() {
            for (number, repeats) in number.values().iter().zip(repeats.iter()) {
                let repeats = serde_json::from_str(repeats.unwrap_or_default()).map_err(|_| broken())?;
                pending.push_back((u64::from(*number), Verdict { repeats, ..Verdict::default() }));
            }
            return Ok(());
        }
        let parts = parts.as_binary_view_opt().ok_or_else(broken)?;
        for row in 0..batch.num_rows() {
            let parts = parts.value(row).as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
            pending.push_back((u64::from(number.value(row)), Verdict { parts, ..Verdict::default() }));
        }
        return Ok(());
    }
    let [number, removed, keeper, similarity, size, keeper_shard, keeper_row] = batch.columns() else {
        return Err(broken());
    };
    let number = number.as_primitive_opt::<UInt32Type>().ok_or_else(broken)?;
    let removed = removed.as_boolean_opt().ok_or_else(broken)?;
    let keeper = keeper.as_string_view_opt().ok_or_else(broken)?;
    let similarity = similarity.as_primitive_opt::<Float64Type>().ok_or_else(broken)?;
    let size = size.as_primitive_opt::<UInt64Type>().ok_or_else(broken)?;
    let keeper_shard = keeper_shard.as_string_view_opt().ok_or_else(broken)?;
    let keeper_row = keeper_row.as_primitive_opt::<UInt64Type>().ok_or_else(broken)?;
    for row in 0..batch.num_rows() {
        let verdict = Verdict {
            row: 0,
            removed: removed.value(row),
            keeper: keeper.value(row).to_owned(),
            keeper_place: keeper_row.is_valid(row).then(|| (keeper_shard.value(row).to_owned(), keeper_row.value(row))),
            similarity: similarity.is_valid(row).then(|| similarity.value(row)),
            size: size.value(row),
            parts: Vec::new(),
            repeats: Vec::new(),
            bound: None,
        };
        pending.push_back((u64::from(number.value(row)), verdict));
    }
    Ok(())
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
