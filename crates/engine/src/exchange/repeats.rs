//! Which text stands elsewhere too.
//!
//! All texts lie one behind the other in the order of the documents. The stretches that tasks made of them are grouped; of
//! texts that have windows which must be looked at one by one, the text itself is read again, as it was handed over. What is
//! repeated becomes verdicts, task by task, with the file and row of its first occurrence.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt32Type;
use async_trait::async_trait;
use textmill_document::{ClusterReport, DocumentBatch, RepeatReport, StageError, columns};
use textmill_exchange::substrings::{FirstPlaces, Marks, OpenWindows, Stretch, Stretches};
use textmill_exchange::{Cursor, ExchangeError, Limits, Partitioning, Sorted, Sorter};
use textmill_minhash_dedupe::{FirstOccurrence, REPEAT_BYTES, REPEAT_KEYS, Repeat, SubstringDedupeStage};
use textmill_pipeline::Node;
use textmill_store::manifest::{FileEntry, TaskManifest};
use textmill_store::verify::{check_file, open_parquet};

use super::cost::{Cost, Load};
use super::exchange::{AllDocuments, Decided, Exchange, Outcome};
use super::keys::column;
use super::origins::Origins;
use super::verdict::{Origin, Verdict, VerdictKind};
use crate::EngineError;

/// Repeats whose first occurrences are looked up together.
const BATCH_SPANS: usize = 1 << 16;
/// Partitions of what is sorted by position, as bits.
const POSITION_BITS: u32 = 8;

/// Bytes of a stretch as a task writes it.
const STRETCH_KEY: f64 = 36.0;
/// Bytes of a stretch as it is sorted.
const STRETCH_ROW: f64 = 40.0;
/// Bytes of memory for each stretch with which nothing is sorted on disk: stretches have a share of the memory.
const STRETCH_MEMORY: f64 = 8.0 * STRETCH_ROW;

/// Cuts text that occurs earlier too.
#[derive(Debug)]
struct RepeatedText(Arc<SubstringDedupeStage>);

/// The exchange of a node that compares stretches of text.
pub(super) fn of(node: &Node) -> Option<Arc<dyn Exchange>> {
    let Some(textmill_pipeline::Exchange::Repeats(stage)) = &node.exchange else { return None };
    Some(Arc::new(RepeatedText(Arc::clone(stage))))
}

#[async_trait]
impl Exchange for RepeatedText {
    fn keys(&self, documents: &DocumentBatch) -> Result<RecordBatch, StageError> {
        self.0.keys(documents)
    }

    fn verdicts(&self) -> VerdictKind {
        VerdictKind::Repeated
    }

    async fn decide(&self, all: &AllDocuments<'_>) -> Result<Decided, EngineError> {
        let limits = Limits { memory: all.resources.budget.sort_bytes, ..Limits::default() };
        let texts = Texts { all, limits };

        let (stretches, ends) = texts.stretches(self.0.config().min_bytes as usize).await?;
        let end = ends.last().copied().unwrap_or(0);
        let open = stretches.group(end).map_err(|error| texts.failed(error))?;
        let marks = texts.windows(open, &ends).await?;
        let found = texts.spans(marks, end).await?;
        let firsts = texts.first_places(found.firsts).await?;
        let verdicts = texts.write(found.spans.into_cursor(), firsts).await?;

        let mut decided = Decided { verdicts, ..Decided::default() };
        if found.report.spans > 0 {
            let documents = u64::from(all.files.documents());
            decided.report = ClusterReport { documents, repeats: Some(found.report), ..ClusterReport::default() };
        }
        Ok(decided)
    }

    fn apply(&self, documents: &DocumentBatch, verdicts: Vec<(usize, Verdict)>) -> Result<Outcome, StageError> {
        let repeats = verdicts.into_iter().filter_map(|(row, verdict)| match verdict {
            Verdict::Repeated(repeats) => Some((row, repeats)),
            _ => None,
        });
        let cuts: Vec<_> = repeats.collect();
        Ok(self.0.cut(documents, &cuts)?.into())
    }

    fn cost(&self, load: Load) -> Cost {
        // Of the places, 2 / (w + 1) are chosen, with as many k-grams in a window as half of its bytes.
        let chosen = load.bytes * 2.0 / (f64::from(self.0.config().min_bytes) / 2.0 + 2.0);
        let run = chosen / load.runs;
        Cost {
            key_bytes: chosen * STRETCH_KEY + load.documents * 4.0,
            memory: 0.0,
            memory_without_spill: run * STRETCH_MEMORY,
            spill: run * STRETCH_ROW,
        }
    }
}

/// The texts of all documents.
struct Texts<'a> {
    all: &'a AllDocuments<'a>,
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
        EngineError::Records { name: self.all.resources.stage.to_owned(), error }
    }

    /// The stretches of all texts, and the position behind the last text of each task.
    async fn stretches(&self, length: usize) -> Result<(Stretches, Vec<u64>), EngineError> {
        let (mut stretches, mut ends, mut position) = (Stretches::new(length, &self.limits), Vec::new(), 0);
        for documents in self.all.files.tasks() {
            for file in self.all.files.files_of(documents) {
                let mut reader = self.all.files.open(file, &[REPEAT_BYTES, REPEAT_KEYS]).await?;
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
        for ((_, task), end) in self.all.tasks.iter().zip(ends) {
            let files = self.handed(task);
            let needed = open.next_position().map_err(|error| self.failed(error))?.is_some_and(|next| next < *end);
            for file in files.iter().filter(|_| needed) {
                position = self.windows_of(&mut open, file, position).await?;
            }
            if needed && position != *end {
                return Err(EngineError::HandOver {
                    place: format!("texts for `{}`", self.all.resources.stage),
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
        check_file(self.all.store, file).await?;
        let mut reader = open_parquet(self.all.store, file, Some(&[columns::TEXT.to_owned()])).await?;
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
        for file in 0..self.all.files.files() {
            let mut document = self.all.files.first_document(file);
            let mut reader = self.all.files.open(file, &[REPEAT_BYTES]).await?;
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
        if self.all.resources.cancel.is_cancelled() { Err(EngineError::Interrupted) } else { Ok(()) }
    }

    /// The documents that a task handed over.
    fn handed<'t>(&self, task: &'t TaskManifest) -> &'t [FileEntry] {
        task.handed_over.get(self.all.resources.stage).map_or(&[][..], Vec::as_slice)
    }

    /// Writes the repeats of all documents that have any.
    async fn write(
        &self,
        mut spans: Cursor<[u64; 4]>,
        mut firsts: Cursor<[u64; 3]>,
    ) -> Result<Vec<Vec<FileEntry>>, EngineError> {
        let origins = Origins::new(self.all.store, self.all.resources.stage, self.all.tasks);
        let mut writer = self.all.writer(VerdictKind::Repeated);
        loop {
            self.go_on()?;
            let some = next_spans(&mut spans, &mut firsts).map_err(|error| self.failed(error))?;
            if some.is_empty() {
                return writer.finish().await;
            }
            let mut wanted: Vec<u32> = some.iter().map(|span| span.first).collect();
            wanted.sort_unstable();
            wanted.dedup();
            let found = origins.of(&self.all.files, &wanted).await?;
            writer.write(&mut verdicts(&some, &wanted, &found)?).await?;
        }
    }
}

/// The next repeats, those of a document together.
fn next_spans(spans: &mut Cursor<[u64; 4]>, firsts: &mut Cursor<[u64; 3]>) -> Result<Vec<Span>, ExchangeError> {
    let mut some: Vec<Span> = Vec::new();
    // Documents are numbered with 32 bits, and texts have no more bytes.
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    while let Some([_, document, start, end]) = spans.peek()? {
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

/// A verdict on each document with repeats. `wanted` are the documents of first occurrences, ascending, and `origins` where
/// they are from.
fn verdicts(spans: &[Span], wanted: &[u32], origins: &[Option<Origin>]) -> Result<Vec<(u32, Verdict)>, EngineError> {
    let repeat = |span: &Span| {
        let origin = wanted.binary_search(&span.first).ok().and_then(|at| origins.get(at)?.as_ref());
        let origin = origin.ok_or_else(|| EngineError::Bug(format!("document {} is nowhere", span.first)))?;
        let first = FirstOccurrence { file: origin.shard.clone(), row: origin.row, byte: span.byte };
        Ok(Repeat { start: span.start, end: span.end, first })
    };

    let of_documents = spans.chunk_by(|left, right| left.document == right.document);
    let verdict = |spans: &[Span]| {
        let repeats = spans.iter().map(repeat).collect::<Result<Vec<_>, EngineError>>()?;
        Ok((spans.first().map_or(0, |span| span.document), Verdict::Repeated(repeats)))
    };
    of_documents.map(verdict).collect()
}
