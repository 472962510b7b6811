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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringViewArray, UInt64Array};
    use textmill_store::writer::{DatasetWriter, WriterOptions};

    use super::*;
    use crate::plan::ROW;

    fn store(folder: &tempfile::TempDir) -> Store {
        Store::open(folder.path().to_str().expect("Unicode")).expect("opens")
    }

    async fn write(store: &Store, name: &str, rows: RecordBatch) -> Vec<FileEntry> {
        let mut writer = DatasetWriter::new(store.clone(), name, WriterOptions::new(rows.schema()));
        writer.write(rows).await.expect("writes");
        writer.finish().await.expect("closes")
    }

    /// What was handed over at a place: a file for each list of row numbers, read as a batch each.
    async fn stream(store: &Store, place: Place, files: &[&[u64]]) -> Stream {
        let rows = |numbers: &[u64]| {
            let texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
            let rows: ArrayRef = Arc::new(UInt64Array::from(numbers.to_vec()));
            let texts: ArrayRef = Arc::new(StringViewArray::from_iter_values(texts));
            RecordBatch::try_from_iter([(ROW, rows), ("text", texts)]).expect("fits")
        };
        let mut written = Vec::new();
        for (number, file) in files.iter().enumerate() {
            written.extend(write(store, &format!("staging/{place}-{number}"), rows(file)).await);
        }
        let empty = rows(&[]).project(&[1]).expect("the text");
        Stream::new(place, written, DocumentBatch::new(empty, 0), store)
    }

    /// The row numbers that are given at each place, batch by batch.
    async fn given(streams: &mut Streams) -> Vec<Vec<Vec<u64>>> {
        let mut batches = Vec::new();
        while let Some(given) = streams.next().await.expect("reads") {
            batches.push(given.input.places.iter().map(|(_, batch)| batch.rows().values().to_vec()).collect());
        }
        batches
    }

    #[tokio::test]
    async fn places_are_read_in_step_and_each_row_is_given_once() {
        type Files = &'static [&'static [u64]];
        let table: [&[Files]; 7] = [
            &[&[&[0, 3, 5], &[9]], &[&[1], &[4, 8]]],
            &[&[&[0, 1, 2], &[3, 4]], &[&[0, 1, 2], &[3, 4]]],
            &[&[&[7]], &[]],
            &[&[], &[]],
            &[&[&[0], &[1], &[2], &[3]], &[&[3]]],
            &[&[&[5, 6]], &[&[0], &[1], &[9]], &[&[2, 3, 4, 5]]],
            &[&[&[4, 9], &[12]]],
        ];
        for files in table {
            let folder = tempfile::tempdir().expect("a folder");
            let store = store(&folder);
            let mut documents = Vec::new();
            for (node, files) in files.iter().enumerate() {
                documents.push(stream(&store, Place::of_node(node), files).await);
            }
            let mut streams = Streams { documents, verdicts: Vec::new() };
            let batches = given(&mut streams).await;
            streams.check().expect("all arrived");
            for (place, files) in files.iter().enumerate() {
                let all: Vec<u64> = batches.iter().flat_map(|batch| batch[place].clone()).collect();
                assert_eq!(all, files.concat(), "{files:?}");
            }
            // A later batch has no row that belongs before one of an earlier batch, whatever the place.
            for pair in batches.windows(2) {
                let last = pair[0].iter().flatten().max();
                let first = pair[1].iter().flatten().min();
                assert!(last < first, "{batches:?}");
            }
            assert!(batches.iter().all(|batch| batch.iter().any(|rows| !rows.is_empty())), "{batches:?}");
        }
    }

    #[tokio::test]
    async fn rows_that_were_handed_over_and_did_not_arrive_are_an_integrity_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let other_hash = format!("{:032x}", 1);
        let changes: [fn(&mut FileEntry, &str); 2] =
            [|file, _| file.rows += 1, |file, hash| hash.clone_into(&mut file.row_hash)];
        for change in changes {
            let mut documents = stream(&store, Place::INPUT, &[&[0, 1]]).await;
            let mut streams = Streams { documents: Vec::new(), verdicts: Vec::new() };
            while let Some(rows) = documents.files.next().await.expect("reads") {
                documents.hash = documents.hash.wrapping_add(row_hash_sum(&rows));
                documents.next += rows.num_rows() as u64;
            }
            documents.check().expect("what is read is what was written");
            change(&mut documents.files.all[0], &other_hash);
            streams.documents.push(documents);
            let error = streams.check().expect_err("differs");
            assert_eq!(error.kind(), crate::ErrorKind::Integrity, "{error}");
        }
    }

    #[tokio::test]
    async fn verdicts_are_given_with_their_documents_wherever_batches_are_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let kind = VerdictKind::Below;
        let verdict = |number: u32| (number, Verdict::Below(Some(f64::from(number))));
        let mut files = Vec::new();
        for (number, documents) in [&[0, 2][..], &[3], &[7]].iter().enumerate() {
            let verdicts: Vec<_> = documents.iter().map(|document| verdict(*document)).collect();
            files.extend(write(&store, &format!("verdicts-{number}"), kind.encode(&verdicts).expect("encodes")).await);
        }
        for cuts in [&[8][..], &[1, 1, 1, 1, 1, 1, 1, 1], &[0, 3, 0, 5], &[2, 6]] {
            let files = Files::new(files.clone(), &store);
            let mut stream = VerdictStream { kind, files, pending: VecDeque::new() };
            let (mut first, mut found) = (0, Vec::new());
            for documents in cuts {
                for (row, verdict) in stream.take(first, *documents).await.expect("reads") {
                    assert!(row < *documents);
                    found.push((u32::try_from(first).expect("few") + u32::try_from(row).expect("few"), verdict));
                }
                first += *documents as u64;
            }
            assert_eq!(found, [0, 2, 3, 7].map(verdict), "{cuts:?}");
        }
    }
}
