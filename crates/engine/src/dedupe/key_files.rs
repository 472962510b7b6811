//! The keys that the tasks committed, read column by column.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext as PlanContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::TryStreamExt;
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::verify::{ParquetReader, check_file, open_parquet};

use super::bits::Bits;
use super::described::{self, KeyRun, KeyWork, NumberedFile, ScanKind};
use crate::EngineError;
use crate::engine::KeySource;

/// Name of the column with the number of the document.
pub(super) const DOCUMENT: &str = "document";

/// Name of the column that a stacked scan makes.
pub(super) const KEY: &str = "key";

/// All key files of an exchange. Documents are numbered from 0: those of earlier runs first, then the tasks in order.
#[derive(Debug)]
pub(super) struct KeyFiles {
    files: Vec<KeyFile>,
    /// Documents of earlier runs.
    earlier: u32,
    tasks: Vec<Range<u32>>,
}

#[derive(Debug)]
struct KeyFile {
    store: Store,
    entry: FileEntry,
    /// Numbers of its documents.
    documents: Range<u32>,
    /// Whether its digest was compared.
    checked: AtomicBool,
}

impl KeyFiles {
    /// The key files of `earlier` runs and of each task in `store`, in order. None if there are more documents than can
    /// be numbered.
    pub(super) fn new(earlier: &[(Store, Vec<FileEntry>)], store: &Store, tasks: &[Vec<FileEntry>]) -> Option<Self> {
        let mut all = Self { files: Vec::new(), earlier: 0, tasks: Vec::new() };
        for (store, files) in earlier {
            all.push(store, files)?;
        }
        all.earlier = all.end();
        for files in tasks {
            let first = all.end();
            all.push(store, files)?;
            all.tasks.push(first..all.end());
        }
        Some(all)
    }

    fn push(&mut self, store: &Store, files: &[FileEntry]) -> Option<()> {
        for entry in files {
            let first = self.end();
            let documents = first..first.checked_add(u32::try_from(entry.rows).ok()?)?;
            let (store, entry, checked) = (store.clone(), entry.clone(), AtomicBool::new(false));
            self.files.push(KeyFile { store, entry, documents, checked });
        }
        Some(())
    }

    fn end(&self) -> u32 {
        self.files.last().map_or(0, |file| file.documents.end)
    }

    /// Number of documents of earlier runs: the first ones, which stay in any case.
    pub(super) fn earlier(&self) -> u32 {
        self.earlier
    }

    /// Number of documents.
    pub(super) fn documents(&self) -> u32 {
        self.end()
    }

    /// Numbers of the documents of each task.
    pub(super) fn tasks(&self) -> &[Range<u32>] {
        &self.tasks
    }

    /// The files `range`, each with the number `first` gives to it.
    pub(super) fn numbered(&self, range: Range<usize>, first: impl Fn(usize) -> u64) -> Vec<NumberedFile> {
        let numbered = |index: usize| {
            let file = self.files.get(index)?;
            Some(NumberedFile { store: file.store.url(), entry: file.entry.clone(), first: first(index) })
        };
        range.filter_map(numbered).collect()
    }

    /// The files of `work`, numbered for themselves.
    pub(super) fn described(work: &KeyWork) -> Result<Self, EngineError> {
        let mut all = Self { files: Vec::new(), earlier: 0, tasks: Vec::new() };
        for file in &work.files {
            let store = Store::open(&file.store)?;
            all.push(&store, std::slice::from_ref(&file.entry))
                .ok_or_else(|| EngineError::Bug(format!("{} has too many documents", file.entry.path)))?;
        }
        Ok(all)
    }

    /// Number of files.
    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    /// The files that hold `documents`, which are those of a task.
    pub(super) fn files_of(&self, documents: &Range<u32>) -> Range<usize> {
        let start = self.files.partition_point(|file| file.documents.start < documents.start);
        start..self.files.partition_point(|file| file.documents.end <= documents.end).max(start)
    }

    /// The first document of a file.
    pub(super) fn first_document(&self, file: usize) -> u32 {
        self.files[file].documents.start
    }

    /// Opens some columns of a file.
    pub(super) async fn open(&self, file: usize, columns: &[&str]) -> Result<ParquetReader, EngineError> {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        self.files[file].open(&columns).await
    }

    /// The first document of each file of the tasks that has any.
    pub(super) fn starts(&self) -> Vec<u32> {
        let own = self.files.iter().filter(|file| file.documents.start >= self.earlier);
        let some = own.filter(|file| !file.documents.is_empty());
        some.map(|file| file.documents.start).collect()
    }

    /// Reads `column` of the files that hold any of `wanted` (ascending numbers), and gives each batch with the number
    /// of its first document to `take`, until that returns false.
    pub(super) async fn read(
        &self,
        wanted: &[u32],
        column: &str,
        mut take: impl FnMut(u32, &ArrayRef) -> bool,
    ) -> Result<(), EngineError> {
        let columns = [column.to_owned()];
        for file in &self.files {
            let from = wanted.partition_point(|document| *document < file.documents.start);
            if wanted.get(from).is_none_or(|document| *document >= file.documents.end) {
                continue;
            }
            let mut reader = file.open(&columns).await?;
            let mut first = file.documents.start;
            while let Some(batch) = reader.next().await? {
                if !take(first, batch.column(0)) {
                    return Ok(());
                }
                first += rows(&batch);
            }
        }
        Ok(())
    }
}

impl KeyFile {
    fn open_described(file: &NumberedFile) -> Result<Self, EngineError> {
        let bounds = || Some((u32::try_from(file.first).ok()?, u32::try_from(file.first + file.entry.rows).ok()?));
        let broken = || EngineError::Bug(format!("{} has numbers beyond those of documents", file.entry.path));
        let (first, end) = bounds().ok_or_else(broken)?;
        let (store, entry, checked) = (Store::open(&file.store)?, file.entry.clone(), AtomicBool::new(false));
        Ok(Self { store, entry, documents: first..end, checked })
    }

    /// A damaged file is named before anything of it is used; it is compared once.
    async fn open(&self, columns: &[String]) -> Result<ParquetReader, EngineError> {
        if !self.checked.load(Ordering::Acquire) {
            check_file(&self.store, &self.entry).await?;
            self.checked.store(true, Ordering::Release);
        }
        Ok(open_parquet(&self.store, &self.entry, Some(columns)).await?)
    }
}

fn rows(batch: &RecordBatch) -> u32 {
    u32::try_from(batch.num_rows()).unwrap_or(u32::MAX)
}

/// Which documents of a scan are taken, by their number.
#[derive(Clone)]
pub(super) enum Wanted {
    All,
    AllBut(Arc<Bits>),
    If(Arc<dyn Fn(u32) -> bool + Send + Sync>),
}

impl Wanted {
    fn takes(&self, document: u32) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(left_out) => !left_out.get(document),
            Self::If(wanted) => wanted(document),
        }
    }
}

/// A number for each document.
pub(super) type Number = Arc<dyn Fn(u32) -> u32 + Send + Sync>;

/// A scan over some columns of all key files, with the number of each document.
#[derive(Clone)]
pub(super) struct Scan {
    files: Arc<KeyFiles>,
    range: Range<usize>,
    columns: Vec<String>,
    /// Rows in which the first column is null are left out.
    skip_null: bool,
    wanted: Wanted,
    /// A number that is written for each document, such as that of its cluster.
    numbered: Option<(String, Number)>,
    /// Whether the columns, all of one type, are given one below the other as a single column.
    stacked: bool,
    schema: SchemaRef,
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan").field("columns", &self.columns).field("range", &self.range).finish_non_exhaustive()
    }
}

impl Scan {
    /// The documents that are `wanted`; where `skip_null`, only those with a value in the first column.
    pub(super) fn new(files: &Arc<KeyFiles>, columns: Vec<Field>, skip_null: bool, wanted: Wanted) -> Self {
        let names = columns.iter().map(|field| field.name().clone()).collect();
        let mut fields = columns;
        fields.push(Field::new(DOCUMENT, DataType::UInt32, false));
        Self {
            files: Arc::clone(files),
            range: 0..files.files.len(),
            columns: names,
            skip_null,
            wanted,
            numbered: None,
            stacked: false,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// A row for each document and each of `columns` (numbers) in which it has a value: the value and the document.
    pub(super) fn stacked(files: &Arc<KeyFiles>, columns: Vec<String>, wanted: Wanted) -> Self {
        let mut scan = Self::new(files, vec![Field::new(KEY, DataType::UInt64, true)], true, wanted);
        (scan.columns, scan.stacked) = (columns, true);
        scan
    }

    /// Adds the column `name` with a number for each document.
    pub(super) fn numbered(mut self, name: &str, number: Number) -> Self {
        let mut fields: Vec<_> = self.schema.fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new(name, DataType::UInt32, false)));
        self.schema = Arc::new(Schema::new(fields));
        self.numbered = Some((name.to_owned(), number));
        self
    }

    /// Leaves out the files of earlier runs, whose keys may have other columns.
    pub(super) fn own(mut self) -> Self {
        let earlier = self.files.files.iter().take_while(|file| file.documents.start < self.files.earlier);
        self.range.start = earlier.count();
        self
    }

    /// The files cut into `parts` parts of about equally many documents.
    fn cut(&self, parts: u32) -> Vec<Range<usize>> {
        let share = self.files.documents().div_ceil(parts.max(1)).max(1);
        let mut cuts = vec![self.range.start];
        for (index, file) in self.files.files.iter().enumerate().skip(self.range.start) {
            if (file.documents.start / share) as usize >= cuts.len() {
                cuts.push(index);
            }
        }
        cuts.push(self.files.files.len());
        cuts.windows(2).map(|ends| ends[0]..ends[1]).collect()
    }

    /// The part of the scan that reads `range`, as work for another process.
    fn run(&self, range: Range<usize>) -> Option<KeyRun> {
        let files = self.files.files.get(range)?;
        let (first, end) = (files.first()?.documents.start, files.last()?.documents.end);
        let left_out = match &self.wanted {
            Wanted::All => None,
            Wanted::AllBut(bits) => Some(bits.slice(first..end)),
            Wanted::If(_) => return None,
        };
        let numbered = |file: &KeyFile| NumberedFile {
            store: file.store.url(),
            entry: file.entry.clone(),
            first: u64::from(file.documents.start),
        };
        let kind = if self.stacked { ScanKind::Stacked } else { ScanKind::Columns };
        let files = files.iter().map(numbered).collect();
        Some(KeyRun { work: KeyWork { kind, columns: self.columns.clone(), files }, left_out })
    }

    /// The scan that `work` describes, in the process that is to do it. `left_out` has a bit for each of its documents.
    pub(super) fn described(work: &KeyWork, left_out: Option<Vec<u8>>) -> Result<Self, EngineError> {
        let mut files = Vec::with_capacity(work.files.len());
        for file in &work.files {
            files.push(KeyFile::open_described(file)?);
        }
        let first = files.first().map_or(0, |file| file.documents.start);
        let files = Arc::new(KeyFiles { files, earlier: 0, tasks: Vec::new() });
        let wanted = match left_out {
            None => Wanted::All,
            Some(bytes) => Wanted::If(Arc::new(move |document| {
                let at = (document - first) as usize;
                bytes.get(at / 8).is_none_or(|byte| byte >> (at % 8) & 1 == 0)
            })),
        };
        let columns = work.columns.clone();
        Ok(match work.kind {
            ScanKind::Stacked => Self::stacked(&files, columns, wanted),
            ScanKind::Columns | ScanKind::Parts => {
                let field = |name: &String| Field::new(name, DataType::UInt64, true);
                Self::new(&files, columns.iter().map(field).collect(), true, wanted)
            }
        })
    }

    fn select(&self, first: u32, batch: &RecordBatch) -> Result<RecordBatch, DataFusionError> {
        if !self.stacked {
            return self.select_columns(&self.columns, first, batch);
        }
        let stack = self.columns.chunks(1).map(|column| self.select_columns(column, first, batch));
        Ok(concat_batches(&self.schema, &stack.collect::<Result<Vec<_>, _>>()?)?)
    }

    fn select_columns(
        &self,
        columns: &[String],
        first: u32,
        batch: &RecordBatch,
    ) -> Result<RecordBatch, DataFusionError> {
        let end = first + rows(batch);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for name in columns {
            let column = batch.column_by_name(name);
            arrays.push(Arc::clone(column.ok_or_else(|| broken(&format!("there is no column `{name}`")))?));
        }
        let has_value = |row: usize| !self.skip_null || arrays.first().is_none_or(|column| column.is_valid(row));
        let mask: BooleanArray = (first..end)
            .enumerate()
            .map(|(row, document)| Some(has_value(row) && self.wanted.takes(document)))
            .collect();
        arrays.push(Arc::new(UInt32Array::from_iter_values(first..end)));
        if let Some((_, number)) = &self.numbered {
            arrays.push(Arc::new(UInt32Array::from_iter_values((first..end).map(|document| number(document)))));
        }
        Ok(filter_record_batch(&RecordBatch::try_new(Arc::clone(&self.schema), arrays)?, &mask)?)
    }
}

impl KeySource for Scan {
    fn table(self: Box<Self>, partitions: usize) -> Result<StreamingTable, DataFusionError> {
        let part = |range: Range<usize>| -> Arc<dyn PartitionStream> { Arc::new(Self { range, ..(*self).clone() }) };
        let parts = self.cut(u32::try_from(partitions).unwrap_or(u32::MAX)).into_iter().map(part).collect();
        StreamingTable::try_new(Arc::clone(&self.schema), parts)
    }

    fn runs(&self) -> Option<Vec<KeyRun>> {
        if self.numbered.is_some() || !self.skip_null {
            return None;
        }
        let rows = u64::from(self.files.documents()) * if self.stacked { self.columns.len() as u64 } else { 1 };
        let ranges = self.cut(described::runs(rows)).into_iter().filter(|range| !range.is_empty());
        ranges.map(|range| self.run(range)).collect()
    }
}

impl PartitionStream for Scan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<PlanContext>) -> SendableRecordBatchStream {
        let scan = self.clone();
        let files = futures::stream::iter(self.range.clone().map(Ok::<_, DataFusionError>));
        let batches = files.and_then(move |index| open(scan.clone(), index)).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

type Batches = std::pin::Pin<Box<dyn futures::Stream<Item = Result<RecordBatch, DataFusionError>> + Send>>;

async fn open(scan: Scan, index: usize) -> Result<Batches, DataFusionError> {
    let file = &scan.files.files[index];
    let reader = file.open(&scan.columns).await.map_err(external)?;
    let first = file.documents.start;
    Ok(Box::pin(futures::stream::try_unfold((scan, reader, first), |(scan, mut reader, first)| async move {
        let Some(batch) = reader.next().await.map_err(|error| external(error.into()))? else { return Ok(None) };
        let selected = scan.select(first, &batch)?;
        let next = first + rows(&batch);
        Ok(Some((selected, (scan, reader, next))))
    })))
}

/// The engine's own errors go through a plan unchanged: see [`internal`].
pub(super) fn external(error: EngineError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

fn broken(message: &str) -> DataFusionError {
    external(EngineError::Bug(message.to_owned()))
}

/// An error of plan `name`: the engine's own where it was one.
pub(crate) fn internal(name: &str, error: DataFusionError) -> EngineError {
    match error {
        DataFusionError::External(inner) => match inner.downcast::<EngineError>() {
            Ok(own) => *own,
            Err(other) => EngineError::Exchange { name: name.to_owned(), error: DataFusionError::External(other) },
        },
        DataFusionError::Context(_, inner) => internal(name, *inner),
        DataFusionError::Shared(shared) => match Arc::try_unwrap(shared) {
            Ok(inner) => internal(name, inner),
            Err(shared) => EngineError::Exchange { name: name.to_owned(), error: DataFusionError::Shared(shared) },
        },
        error => EngineError::Exchange { name: name.to_owned(), error },
    }
}

/// The column `index` of a plan's result, which must be of type `T`.
pub(super) fn column<T: arrow::datatypes::ArrowPrimitiveType>(
    batch: &RecordBatch,
    index: usize,
) -> Result<&arrow::array::PrimitiveArray<T>, EngineError> {
    let column = batch.columns().get(index).and_then(|column| column.as_primitive_opt::<T>());
    column.ok_or_else(|| EngineError::Bug(format!("column {index} of a plan's result has another type")))
}
