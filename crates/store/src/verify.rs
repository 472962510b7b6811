//! Reading what was committed, with the proof that it is what was committed.
//!
//! Parquet does not protect its pages: a flipped bit often decodes to other text without an
//! error. So every file is compared with the size and digest in its manifest before it is read.

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use futures::StreamExt;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::ParquetRecordBatchStream;
use parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use textmill_document::carried::carried_field;

use crate::StoreError;
use crate::manifest::FileEntry;
use crate::object_writer::FileDigest;
use crate::range_reader::RangeReader;
use crate::store::Store;

/// Rows of a batch that [`ParquetReader`] returns.
const BATCH_ROWS: usize = 1024;
/// Rows of a batch where only some columns are read.
const COLUMN_BATCH_ROWS: usize = 8192;

/// The state of a committed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It is the file that was committed.
    Intact,
    /// It is not there.
    Missing,
    /// It has another size.
    WrongSize {
        /// Bytes that were committed.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// It has the right size and other bytes.
    WrongDigest {
        /// BLAKE3 that was committed.
        expected: String,
        /// BLAKE3 of what is there.
        found: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intact => f.write_str("intact"),
            Self::Missing => f.write_str("is missing"),
            Self::WrongSize { expected, found } => write!(f, "has {found} bytes, {expected} were committed"),
            Self::WrongDigest { expected, found } => write!(f, "has BLAKE3 {found}, {expected} was committed"),
        }
    }
}

/// Compares a file with its entry in a manifest. `Err` means that it could not be read.
pub async fn verify_file(store: &Store, entry: &FileEntry) -> Result<Finding, StoreError> {
    let Some(info) = store.head(&entry.path).await? else {
        return Ok(Finding::Missing);
    };
    if info.size != entry.bytes {
        return Ok(Finding::WrongSize { expected: entry.bytes, found: info.size });
    }
    Ok(match store.hash(&entry.path).await? {
        None => Finding::Missing,
        Some(FileDigest { bytes, .. }) if bytes != entry.bytes => {
            Finding::WrongSize { expected: entry.bytes, found: bytes }
        }
        Some(FileDigest { blake3, .. }) if blake3 != entry.blake3 => {
            Finding::WrongDigest { expected: entry.blake3.clone(), found: blake3 }
        }
        Some(_) => Finding::Intact,
    })
}

/// Opens a committed Parquet file for reading, after its size and digest were checked. Text comes
/// as `Utf8View`, bytes as `BinaryView`.
pub async fn read_parquet(store: &Store, entry: &FileEntry) -> Result<ParquetReader, StoreError> {
    check_file(store, entry).await?;
    open_parquet(store, entry, None).await
}

/// Compares a file with its entry in a manifest; anything but an intact file is an error that names it.
pub async fn check_file(store: &Store, entry: &FileEntry) -> Result<(), StoreError> {
    match verify_file(store, entry).await? {
        Finding::Intact => Ok(()),
        finding => Err(StoreError::integrity(&entry.path, finding.to_string())),
    }
}

/// Opens a committed Parquet file that [`check_file`] has found intact before; only some of its columns where they are
/// named (in the order of the file). Text comes as `Utf8View`, bytes as `BinaryView`.
pub async fn open_parquet(
    store: &Store,
    entry: &FileEntry,
    columns: Option<&[String]>,
) -> Result<ParquetReader, StoreError> {
    let failed = |error: &dyn fmt::Display| StoreError::integrity(&entry.path, format!("cannot be read: {error}"));
    let mut reader = RangeReader::new(store, entry);
    let options = ArrowReaderOptions::new();
    let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await.map_err(|error| failed(&error))?;
    let options = ArrowReaderOptions::new().with_schema(Arc::new(with_views(metadata.schema())));
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options);
    let metadata = metadata.map_err(|error| failed(&error))?;
    let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata).with_batch_size(BATCH_ROWS);
    if let Some(columns) = columns {
        // A few columns are narrow: larger batches cost little memory and less work each.
        builder = builder.with_batch_size(COLUMN_BATCH_ROWS);
        let names = columns.iter().map(String::as_str);
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        builder = builder.with_projection(mask);
    }
    let stream = builder.build().map_err(|error| failed(&error))?;
    Ok(ParquetReader { path: entry.path.clone(), stream: Box::new(stream) })
}

/// The file's schema with the types that documents have in memory: text and bytes as views, and what passes through
/// untouched as it is carried, with a note of what it was.
fn with_views(schema: &Schema) -> Schema {
    let carried = |field: &Arc<Field>| carried_field(field).with_nullable(field.is_nullable());
    Schema::new_with_metadata(schema.fields().iter().map(carried).collect::<Vec<_>>(), schema.metadata().clone())
}

/// The rows of a checked Parquet file, batch by batch.
#[derive(Debug)]
pub struct ParquetReader {
    path: String,
    stream: Box<ParquetRecordBatchStream<RangeReader>>,
}

impl ParquetReader {
    /// The next batch, in row order; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        let batch = self.stream.next().await.transpose();
        batch.map_err(|error| StoreError::integrity(&self.path, format!("cannot be read: {error}")))
    }

    /// All batches that are left. For small datasets: they are all in memory at once.
    pub async fn collect(mut self) -> Result<Vec<RecordBatch>, StoreError> {
        let mut batches = Vec::new();
        while let Some(batch) = self.next().await? {
            batches.push(batch);
        }
        Ok(batches)
    }
}
