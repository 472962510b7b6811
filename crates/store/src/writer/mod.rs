//! Writes rows as files whose bytes depend on the rows and the options only.
//!
//! ```text
//!  batches ──▶ groups ──▶ encoded in parallel ──▶ appended in order ──▶ files
//!  any size    fixed by    (rayon)                                       cut by bytes
//!              the rows                                                  written
//! ```
//!
//! 1. A group of rows is what a format encodes at once: a row group of Parquet, a frame of JSON lines. Where it ends is
//!    decided by the rows, whatever batches they come in.
//! 2. A file ends at the first group end at or after [`WriterOptions::shard_bytes`] written. A row larger than that is
//!    written whole.
//! 3. No bytes come from the clock, the machine, the version of textmill or a hash map's order.
//!
//! A format is one file and one line in `format.rs`.

mod files;
mod format;
mod jsonl;
mod parquet;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use rayon::ThreadPool;
use textmill_document::row_hash_sum;

use self::files::Sink;
pub use self::format::{OutputFormat, RowReader};
pub use self::jsonl::{LineReader, Lines};
use crate::StoreError;
use crate::manifest::FileEntry;
use crate::store::Store;

/// Default of [`WriterOptions::shard_bytes`]: 512 MiB.
pub const DEFAULT_SHARD_BYTES: u64 = 512 << 20;
/// Default of [`WriterOptions::row_group_bytes`]: 32 MiB. Twice that reads no faster and takes twice
/// the memory in every running task.
pub const DEFAULT_ROW_GROUP_BYTES: u64 = 32 << 20;
/// Default of [`WriterOptions::chunk_rows`].
pub const DEFAULT_CHUNK_ROWS: usize = 1024;
/// Default of [`WriterOptions::frame_bytes`]: 8 MiB. A reader that looks for frames can give each to another thread;
/// larger ones compress hardly better.
pub const DEFAULT_FRAME_BYTES: u64 = 8 << 20;
/// Default of [`WriterOptions::zstd_level`], as zstd's own.
pub const DEFAULT_ZSTD_LEVEL: i32 = 3;
/// Default of [`WriterOptions::in_flight`].
pub const DEFAULT_IN_FLIGHT: usize = 2;

/// How a dataset is written. All but `in_flight` and `pool` decide its bytes.
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// Format of the files.
    pub format: OutputFormat,
    /// Size in bytes, as written, at which a file ends. At least one group of rows.
    pub shard_bytes: u64,
    /// Payload (uncompressed) in bytes at which a row group of Parquet ends. It bounds the writer's memory:
    /// about `in_flight + 1` row groups, uncompressed.
    pub row_group_bytes: u64,
    /// Rows at which a chunk of Parquet ends; at least 1.
    pub chunk_rows: usize,
    /// Text in bytes at which a frame of JSON lines ends, and with it what is compressed at once.
    pub frame_bytes: u64,
    /// Level of zstd, 1 to 22.
    pub zstd_level: i32,
    /// The columns. Every batch must have them, in this order.
    pub schema: SchemaRef,
    /// Columns of hashes: they neither repeat nor compress, and Parquet has them as they are. Default none.
    pub hashes: &'static [HashColumn],
    /// Groups of rows that may be encoding or waiting to be appended at once; at least 1. Raise it
    /// where one writer has several cores to itself.
    pub in_flight: usize,
    /// Threads that encode; `None` takes rayon's global pool.
    pub pool: Option<Arc<ThreadPool>>,
}

impl WriterOptions {
    /// The default options for rows of `schema`.
    pub fn new(schema: SchemaRef) -> Self {
        Self {
            format: OutputFormat::default(),
            shard_bytes: DEFAULT_SHARD_BYTES,
            row_group_bytes: DEFAULT_ROW_GROUP_BYTES,
            chunk_rows: DEFAULT_CHUNK_ROWS,
            frame_bytes: DEFAULT_FRAME_BYTES,
            zstd_level: DEFAULT_ZSTD_LEVEL,
            schema,
            hashes: &[],
            in_flight: DEFAULT_IN_FLIGHT,
            pool: None,
        }
    }
}

/// Which columns hold hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashColumn {
    /// The column of this name.
    Named(&'static str),
    /// All whose names begin so.
    Prefixed(&'static str),
}

impl HashColumn {
    fn is(self, column: &str) -> bool {
        match self {
            Self::Named(name) => column == name,
            Self::Prefixed(prefix) => column.starts_with(prefix),
        }
    }
}

/// Rows on their way into a file.
#[derive(Debug)]
pub enum Rows {
    /// As Arrow columns.
    Columns(RecordBatch),
    /// As they are written: lines of a committed file of the same format and columns.
    Lines(Lines),
}

impl Rows {
    /// Number of the rows.
    pub fn count(&self) -> u64 {
        match self {
            Self::Columns(batch) => batch.num_rows() as u64,
            Self::Lines(lines) => lines.rows,
        }
    }

    /// Sum of their hashes.
    pub fn hash_sum(&self) -> u128 {
        match self {
            Self::Columns(batch) => row_hash_sum(batch),
            Self::Lines(lines) => lines.hash,
        }
    }
}

/// Writes one dataset of one task as the files `<prefix>-000.parquet`, `<prefix>-001.parquet`, ... (with the ending of
/// the format).
///
/// The prefix must be unique to the attempt. After an error, [`abort`](Self::abort).
#[derive(Debug)]
pub struct DatasetWriter {
    prefix: String,
    format: OutputFormat,
    schema: SchemaRef,
    sink: Box<dyn Sink>,
}

impl DatasetWriter {
    /// A writer of files whose names start with `path_prefix`. Nothing is created before there is
    /// a group of rows to write.
    pub fn new(store: Store, path_prefix: &str, options: WriterOptions) -> Self {
        let sink = options.format.sink(store, path_prefix, &options);
        Self { prefix: path_prefix.to_owned(), format: options.format, schema: options.schema, sink }
    }

    /// Appends rows. Returns when they are taken over, which can be before they are encoded.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), StoreError> {
        self.write_rows(Rows::Columns(batch)).await
    }

    /// Appends rows, such as a committed file of the same format holds them.
    pub async fn write_rows(&mut self, rows: Rows) -> Result<(), StoreError> {
        if let Rows::Columns(batch) = &rows {
            self.check_schema(batch)?;
        }
        self.sink.push(rows).await
    }

    /// Writes what is left and returns the files, in row order; none if there were no rows.
    pub async fn finish(self) -> Result<Vec<FileEntry>, StoreError> {
        self.close(false).await
    }

    /// Like [`finish`](Self::finish); where there were no rows, one file has none, and the columns where its format says
    /// them.
    pub async fn finish_or_empty(self) -> Result<Vec<FileEntry>, StoreError> {
        self.close(true).await
    }

    async fn close(mut self, or_empty: bool) -> Result<Vec<FileEntry>, StoreError> {
        match self.sink.drain(or_empty).await {
            Ok(()) => Ok(self.sink.finished()),
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Gives everything up and deletes what was written.
    pub async fn abort(self) {
        self.sink.abort().await;
    }

    fn check_schema(&self, batch: &RecordBatch) -> Result<(), StoreError> {
        let columns = |schema: &SchemaRef| -> Vec<_> {
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
        };
        let (expected, found) = (columns(&self.schema), columns(&batch.schema()));
        if expected == found {
            return Ok(());
        }
        let reason = format!("the rows have columns {found:?}, expected {expected:?}");
        Err(StoreError::unwritable(&self.prefix, self.format.name(), &reason))
    }
}
