//! Which text stands elsewhere too.
//!
//! All texts lie one behind the other in the order of the documents. The stretches that tasks made of them are grouped; of
//! texts that have windows which must be looked at one by one, the text itself is read again, as it was handed over. What is
//! repeated becomes verdicts, task by task, with the file and row of its first occurrence.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use textmill_document::columns;
use textmill_exchange::substrings::{FirstPlaces, Marks, OpenWindows, Stretch, Stretches};
use textmill_exchange::{Cursor, ExchangeError, Limits, Partitioning, Sorted, Sorter};
use textmill_minhash_dedupe::{FirstOccurrence, REPEAT_BYTES, REPEAT_KEYS, Repeat, SubstringDedupeStage};
use textmill_store::Store;
use textmill_store::manifest::{ClusterReport, FileEntry, RepeatReport, TaskManifest};
use textmill_store::parquet_writer::{DatasetWriter, WriterOptions};
use textmill_store::verify::{check_file, open_parquet};

use super::key_files::{KeyFiles, column};
use super::places::{Place, Places};
use super::{Commit, Resources};
use crate::plan::TaskSpec;
use crate::{EngineError, layout};

/// Repeats whose first occurrences are looked up together.
const BATCH_SPANS: usize = 1 << 16;
/// Partitions of what is sorted by position, as bits.
const POSITION_BITS: u32 = 8;

/// Finds the repeats, and writes them task by task.
pub(super) async fn find(
    resources: &Resources<'_>,
    store: &Store,
    files: &Arc<KeyFiles>,
    tasks: &[(TaskSpec, TaskManifest)],
    stage: &SubstringDedupeStage,
    commit: Commit<'_>,
) -> Result<(Vec<Vec<FileEntry>>, Option<ClusterReport>), EngineError> {
    let handed = |task: &TaskManifest| task.handed_over.get(resources.stage).cloned().unwrap_or_default();
    let handed = tasks.iter().map(|(_, task)| handed(task)).collect();
    let limits = Limits { memory: resources.budget.sort_bytes, ..Limits::default() };
    let texts = Texts { resources, store, files, handed, limits };

    let (stretches, ends) = texts.stretches(stage.config().min_bytes as usize).await?;
    let end = ends.last().copied().unwrap_or(0);
    let open = stretches.group(end).map_err(|error| texts.failed(error))?;
    let marks = texts.windows(open, &ends).await?;
    let found = texts.spans(marks, end).await?;
    let firsts = texts.first_places(found.firsts).await?;
    let places = Places::new(store, resources.stage, tasks);
    let verdicts = texts.write(found.spans.into_cursor(), firsts, &places, commit).await?;

    let documents = u64::from(files.documents());
    let repeats = (found.report.spans > 0).then_some(found.report);
    Ok((
        verdicts,
        repeats.map(|repeats| ClusterReport { documents, repeats: Some(repeats), ..ClusterReport::default() }),
    ))
}

/// The texts of all documents.
struct Texts<'a> {
    resources: &'a Resources<'a>,
    store: &'a Store,
    files: &'a KeyFiles,
    /// The documents that each task handed over.
    handed: Vec<Vec<FileEntry>>,
    limits: Limits,
}

/// What was found.
struct Found {
    /// Position of the first occurrence, number of the repeat.
    firsts: Sorted<[u64; 2]>,
    /// Number of the repeat, its document, its first byte, the byte behind its last.
    spans: Sorted<[u64; 4]>,
    report: RepeatReport,
}

/// A repeat: its document, where it is in its text, and the document and byte of its first occurrence.
struct Span {
    document: u32,
    start: u32,
    end: u32,
    first: u32,
    byte: u64,
}

impl Texts<'_> {
    fn failed(&self, error: ExchangeError) -> EngineError {
        EngineError::Records { name: self.resources.stage.to_owned(), error }
    }

    /// The stretches of all texts, and the position behind the last text of each task.
    async fn stretches(&self, length: usize) -> Result<(Stretches, Vec<u64>), EngineError> {
        let (mut stretches, mut ends, mut position) = (Stretches::new(length, &self.limits), Vec::new(), 0);
        for documents in self.files.tasks() {
            for file in self.files.files_of(documents) {
                let mut reader = self.files.open(file, &[REPEAT_BYTES, REPEAT_KEYS]).await?;
                while let Some(batch) = reader.next().await? {
                    self.go_on()?;
                    let sizes = column::<UInt32Type>(&batch, 0)?.values();
                    let keys = batch.columns().get(1).and_then(|keys| keys.as_binary_view_opt());
                    let keys = keys.ok_or_else(|| EngineError::Bug("keys of repeats have another type".to_owned()))?;
                    for (size, keys) in sizes.iter().zip(keys.iter()) {
                        for stretch in Stretch::read_all(keys.unwrap_or_default()) {
                            stretches.push(position, &stretch).map_err(|error| self.failed(error))?;
                        }
                        position += u64::from(*size);
                    }
                }
            }
            ends.push(position);
        }
        Ok((stretches, ends))
    }

    /// Reads the texts that have open windows; `ends` are the positions behind the last text of each task.
    async fn windows(&self, mut open: OpenWindows, ends: &[u64]) -> Result<Marks, EngineError> {
        let mut position = 0;
        for (files, end) in self.handed.iter().zip(ends) {
            let needed = open.next_position().map_err(|error| self.failed(error))?.is_some_and(|next| next < *end);
            for file in files.iter().filter(|_| needed) {
                position = self.windows_of(&mut open, file, position).await?;
            }
            if needed && position != *end {
                return Err(EngineError::HandOver {
                    place: format!("texts for `{}`", self.resources.stage),
                    found: format!("text up to byte {position}"),
                    expected: format!("keys of text up to byte {end}"),
                });
            }
            position = *end;
        }
        open.finish().map_err(|error| self.failed(error))
    }

    /// Takes the texts of one file, the first at `position`, and returns where the last ends.
    async fn windows_of(
        &self,
        open: &mut OpenWindows,
        file: &FileEntry,
        mut position: u64,
    ) -> Result<u64, EngineError> {
        check_file(self.store, file).await?;
        let mut reader = open_parquet(self.store, file, Some(&[columns::TEXT.to_owned()])).await?;
        while let Some(batch) = reader.next().await? {
            self.go_on()?;
            let texts = batch.columns().first().and_then(|texts| texts.as_string_view_opt());
            let texts = texts.ok_or_else(|| EngineError::Bug("documents for repeats have no text".to_owned()))?;
            for text in texts.iter().map(Option::unwrap_or_default) {
                open.text(position, text.as_bytes()).map_err(|error| self.failed(error))?;
                position += text.len() as u64;
            }
        }
        Ok(position)
    }

    /// The repeats of all texts, numbered in their order.
    async fn spans(&self, mut marks: Marks, end: u64) -> Result<Found, EngineError> {
        let limits = self.limits.share(1, 4);
        let mut firsts = Sorter::new(Partitioning::below(end, POSITION_BITS), &limits);
        let mut spans = Sorter::new(Partitioning::of_hashes(0), &limits);
        let mut report = RepeatReport::default();
        let mut take = |document: u32, position: u64, size: u64| -> Result<(), ExchangeError> {
            let found = marks.spans(position, size)?;
            report.documents += u64::from(!found.is_empty());
            for span in found {
                let (start, end) = (span.range.start as u64, span.range.end as u64);
                firsts.push([span.first, report.spans])?;
                spans.push([report.spans, u64::from(document), start, end])?;
                report.spans += 1;
                report.bytes += end - start;
                report.within += u64::from(span.first >= position);
            }
            Ok(())
        };
        self.each_size(&mut take).await?;
        let firsts = firsts.finish().map_err(|error| self.failed(error))?;
        let spans = spans.finish().map_err(|error| self.failed(error))?;
        Ok(Found { firsts, spans, report })
    }

    /// For each repeat its number, and document and byte of its first occurrence.
    async fn first_places(&self, firsts: Sorted<[u64; 2]>) -> Result<Cursor<[u64; 3]>, EngineError> {
        let mut places = FirstPlaces::new(firsts, &self.limits.share(1, 4));
        let mut take = |document: u32, position: u64, size: u64| places.text(u64::from(document), position, size);
        self.each_size(&mut take).await?;
        places.finish().map_err(|error| self.failed(error))
    }

    /// Calls `take` with the number of each document, and the position and bytes of its text.
    async fn each_size(
        &self,
        take: &mut (dyn FnMut(u32, u64, u64) -> Result<(), ExchangeError> + Send),
    ) -> Result<(), EngineError> {
        let mut position = 0;
        for file in 0..self.files.files() {
            let mut document = self.files.first_document(file);
            let mut reader = self.files.open(file, &[REPEAT_BYTES]).await?;
            while let Some(batch) = reader.next().await? {
                self.go_on()?;
                for size in column::<UInt32Type>(&batch, 0)?.values() {
                    let size = u64::from(*size);
                    take(document, position, size).map_err(|error| self.failed(error))?;
                    position += size;
                    document += 1;
                }
            }
        }
        Ok(())
    }

    fn go_on(&self) -> Result<(), EngineError> {
        if self.resources.cancel.is_cancelled() { Err(EngineError::Interrupted) } else { Ok(()) }
    }

    /// Writes the repeats of the documents of each task; a task without any has no file.
    async fn write(
        &self,
        mut spans: Cursor<[u64; 4]>,
        mut firsts: Cursor<[u64; 3]>,
        places: &Places<'_>,
        commit: Commit<'_>,
    ) -> Result<Vec<Vec<FileEntry>>, EngineError> {
        let mut written = Vec::new();
        for (task, documents) in self.files.tasks().iter().enumerate() {
            let prefix = layout::verdicts(self.resources.stage, commit.key, commit.attempt, task);
            let mut writer = DatasetWriter::new(self.store.clone(), &prefix, WriterOptions::new(schema()));
            loop {
                self.go_on()?;
                let some = next_spans(&mut spans, &mut firsts, documents.end).map_err(|error| self.failed(error))?;
                if some.is_empty() {
                    break;
                }
                let mut wanted: Vec<u32> = some.iter().map(|span| span.first).collect();
                wanted.sort_unstable();
                wanted.dedup();
                let found = places.of(self.files, &wanted).await?;
                writer.write(rows(&some, documents.start, &wanted, &found)?).await?;
            }
            written.push(writer.finish().await?);
        }
        Ok(written)
    }
}

/// The next repeats of documents before `end`, those of a document together.
fn next_spans(
    spans: &mut Cursor<[u64; 4]>,
    firsts: &mut Cursor<[u64; 3]>,
    end: u32,
) -> Result<Vec<Span>, ExchangeError> {
    let mut some: Vec<Span> = Vec::new();
    // Documents are numbered with 32 bits, and texts have no more bytes.
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    while let Some([_, document, start, end]) = spans.peek()?.filter(|[_, document, ..]| *document < u64::from(end)) {
        let document = number(document);
        if some.len() >= BATCH_SPANS && some.last().is_some_and(|last| last.document != document) {
            break;
        }
        let Some([_, first, byte]) = firsts.next()? else { break };
        spans.next()?;
        some.push(Span { document, start: number(start), end: number(end), first: number(first), byte });
    }
    Ok(some)
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("document", DataType::UInt32, false), columns::text_field("repeats")]))
}

/// A row for each document with repeats, whose number is counted from `start`; `wanted` are the documents of first
/// occurrences, ascending, and `places` where they are from.
fn rows(spans: &[Span], start: u32, wanted: &[u32], places: &[Option<Place<'_>>]) -> Result<RecordBatch, EngineError> {
    let (mut documents, mut repeats) = (Vec::new(), Vec::new());
    for spans in spans.chunk_by(|left, right| left.document == right.document) {
        let repeat = |span: &Span| {
            let place = wanted.binary_search(&span.first).ok().and_then(|at| *places.get(at)?);
            let (file, row) = place.ok_or_else(|| EngineError::Bug(format!("document {} is nowhere", span.first)))?;
            let first = FirstOccurrence { file: file.to_owned(), row, byte: span.byte };
            Ok(Repeat { start: span.start, end: span.end, first })
        };
        let all = spans.iter().map(repeat).collect::<Result<Vec<_>, EngineError>>()?;
        documents.extend(spans.first().map(|span| span.document - start));
        repeats.push(serde_json::to_string(&all).map_err(|error| EngineError::Bug(format!("repeats: {error}")))?);
    }
    let arrays: Vec<ArrayRef> =
        vec![Arc::new(UInt32Array::from(documents)), Arc::new(StringViewArray::from_iter_values(repeats))];
    RecordBatch::try_new(schema(), arrays).map_err(|error| EngineError::Bug(format!("repeats: {error}")))
}
