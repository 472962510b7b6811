//! Reads some columns of the keys of all documents, for a sort.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext as PlanContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::TryStreamExt;

use super::bits::Bits;
use super::described::{self, KeyRun, KeyWork, NumberedFile, ScanKind};
use super::key_files::{KeyFile, KeyFiles, rows};
use crate::EngineError;
use crate::exchange::sorter::KeySource;

/// Name of the column with the number of the document.
pub(crate) const DOCUMENT: &str = "document";

/// Name of the column that a stacked scan makes.
pub(crate) const KEY: &str = "key";

/// Which documents of a scan are taken, by their number.
#[derive(Clone)]
pub(crate) enum Wanted {
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
pub(crate) type Number = Arc<dyn Fn(u32) -> u32 + Send + Sync>;

/// A scan over some columns of all key files, with the number of each document.
#[derive(Clone)]
pub(crate) struct Scan {
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
    pub(crate) fn new(files: &Arc<KeyFiles>, columns: Vec<Field>, skip_null: bool, wanted: Wanted) -> Self {
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
    pub(crate) fn stacked(files: &Arc<KeyFiles>, columns: Vec<String>, wanted: Wanted) -> Self {
        let mut scan = Self::new(files, vec![Field::new(KEY, DataType::UInt64, true)], true, wanted);
        (scan.columns, scan.stacked) = (columns, true);
        scan
    }

    /// Adds the column `name` with a number for each document.
    pub(crate) fn numbered(mut self, name: &str, number: Number) -> Self {
        let mut fields: Vec<_> = self.schema.fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new(name, DataType::UInt32, false)));
        self.schema = Arc::new(Schema::new(fields));
        self.numbered = Some((name.to_owned(), number));
        self
    }

    /// Leaves out the files of earlier runs, whose keys may have other columns.
    pub(crate) fn own(mut self) -> Self {
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
    pub(crate) fn described(work: &KeyWork, left_out: Option<Vec<u8>>) -> Result<Self, EngineError> {
        let files = KeyFiles::with_numbers(work)?;
        let first = files.files.first().map_or(0, |file| file.documents.start);
        let files = Arc::new(files);
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
pub(crate) fn external(error: EngineError) -> DataFusionError {
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
pub(crate) fn column<T: arrow::datatypes::ArrowPrimitiveType>(
    batch: &RecordBatch,
    index: usize,
) -> Result<&arrow::array::PrimitiveArray<T>, EngineError> {
    let column = batch.columns().get(index).and_then(|column| column.as_primitive_opt::<T>());
    column.ok_or_else(|| EngineError::Bug(format!("column {index} of a plan's result has another type")))
}
