//! Writes rows as Parquet files whose bytes depend on the rows and the options only.
//!
//! ```text
//!  batches ──▶ chunks ──▶ row groups ──▶ encoded in parallel ──▶ appended in order ──▶ files
//!  any size    fixed by    fixed by       (rayon)                                       cut by bytes
//!              the rows    the chunks                                                   written
//! ```
//!
//! 1. A chunk ends after [`WriterOptions::chunk_rows`] rows or at 4 MiB of payload, whichever is
//!    first: where the Parquet encoder is called decides where its pages end.
//! 2. A row group ends at the first chunk end at or after [`WriterOptions::row_group_bytes`] of
//!    payload or 1,048,576 rows; a file at the first row group end at or after
//!    [`WriterOptions::shard_bytes`] written. A row larger than all of these is written whole.
//! 3. No bytes come from the clock, the machine, the version of textmill or a hash map's order.

mod chunks;
mod encode;
mod originals;
mod output;

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use rayon::ThreadPool;
use tokio::sync::oneshot;

use self::chunks::{Chunk, Chunker, compact};
use self::encode::{Encoder, RowGroup};
use self::output::OpenFile;
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
/// Default of [`WriterOptions::zstd_level`], as zstd's own.
pub const DEFAULT_ZSTD_LEVEL: i32 = 3;
/// Default of [`WriterOptions::in_flight`].
pub const DEFAULT_IN_FLIGHT: usize = 2;

const ROW_GROUP_ROWS: usize = 1 << 20;

/// How a dataset is written. All but `in_flight` and `pool` decide its bytes.
#[derive(Debug, Clone)]
pub struct WriterOptions {
    /// Size in bytes, as written, at which a file ends. At least one row group.
    pub shard_bytes: u64,
    /// Payload (uncompressed) in bytes at which a row group ends. It bounds the writer's memory:
    /// about `in_flight + 1` row groups, uncompressed.
    pub row_group_bytes: u64,
    /// Rows at which a chunk ends; at least 1.
    pub chunk_rows: usize,
    /// Level of zstd, 1 to 22.
    pub zstd_level: i32,
    /// The columns. Every batch must have them, in this order.
    pub schema: SchemaRef,
    /// Columns of hashes: they neither repeat nor compress, and are written as they are. Default none.
    pub hashes: &'static [HashColumn],
    /// Row groups that may be encoding or waiting to be appended at once; at least 1. Raise it
    /// where one writer has several cores to itself.
    pub in_flight: usize,
    /// Threads that encode; `None` takes rayon's global pool.
    pub pool: Option<Arc<ThreadPool>>,
}

impl WriterOptions {
    /// The default options for rows of `schema`.
    pub fn new(schema: SchemaRef) -> Self {
        Self {
            shard_bytes: DEFAULT_SHARD_BYTES,
            row_group_bytes: DEFAULT_ROW_GROUP_BYTES,
            chunk_rows: DEFAULT_CHUNK_ROWS,
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

type Encoding = oneshot::Receiver<Result<RowGroup, String>>;

/// Writes one dataset of one task as the files `<prefix>-000.parquet`, `<prefix>-001.parquet`, ...
///
/// The prefix must be unique to the attempt. After an error, [`abort`](Self::abort).
#[derive(Debug)]
pub struct DatasetWriter {
    store: Store,
    prefix: String,
    options: WriterOptions,
    chunker: Chunker,
    chunks: Vec<RecordBatch>,
    payload: u64,
    rows: usize,
    encoder: Option<Arc<Encoder>>,
    in_flight: VecDeque<Encoding>,
    open: Option<OpenFile>,
    finished: Vec<FileEntry>,
}

impl DatasetWriter {
    /// A writer of files whose names start with `path_prefix`. Nothing is created before there is
    /// a row group to write.
    pub fn new(store: Store, path_prefix: &str, options: WriterOptions) -> Self {
        let chunker = Chunker::new(options.chunk_rows);
        Self {
            store,
            prefix: path_prefix.to_owned(),
            options,
            chunker,
            chunks: Vec::new(),
            payload: 0,
            rows: 0,
            encoder: None,
            in_flight: VecDeque::new(),
            open: None,
            finished: Vec::new(),
        }
    }

    /// Appends rows. Returns when they are taken over, which can be before they are encoded.
    pub async fn write(&mut self, batch: RecordBatch) -> Result<(), StoreError> {
        self.check_schema(&batch)?;
        let chunks = self.chunker.push(&compact(&batch)).map_err(|error| self.unwritable(&error))?;
        for chunk in chunks {
            self.add(chunk).await?;
        }
        Ok(())
    }

    /// Writes what is left and returns the files, in row order; none if there were no rows.
    pub async fn finish(mut self) -> Result<Vec<FileEntry>, StoreError> {
        match self.drain().await {
            Ok(()) => Ok(self.finished),
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    /// Like [`finish`](Self::finish); where there were no rows, one file has the columns and nothing else.
    pub async fn finish_or_empty(mut self) -> Result<Vec<FileEntry>, StoreError> {
        let written = match self.drain().await {
            Ok(()) if self.finished.is_empty() => self.write_empty().await,
            other => other,
        };
        match written {
            Ok(()) => Ok(self.finished),
            Err(error) => {
                self.abort().await;
                Err(error)
            }
        }
    }

    async fn write_empty(&mut self) -> Result<(), StoreError> {
        let encoder = self.encoder()?;
        let path = format!("{}-000.parquet", self.prefix);
        self.open = Some(OpenFile::create(&self.store, path, &encoder).await?);
        self.close_file().await
    }

    /// Gives everything up and deletes what was written.
    pub async fn abort(self) {
        drop(self.in_flight);
        if let Some(open) = self.open {
            open.abort().await;
        }
        for file in self.finished {
            if let Err(error) = self.store.delete(&file.path).await {
                tracing::warn!(path = file.path, error = %error, "a given-up file could not be deleted");
            }
        }
    }

    async fn drain(&mut self) -> Result<(), StoreError> {
        if let Some(chunk) = self.chunker.finish().map_err(|error| self.unwritable(&error))? {
            self.add(chunk).await?;
        }
        if !self.chunks.is_empty() {
            self.encode().await?;
        }
        while self.append_next().await? {}
        self.close_file().await
    }

    async fn add(&mut self, chunk: Chunk) -> Result<(), StoreError> {
        self.payload += chunk.payload;
        self.rows += chunk.rows.num_rows();
        self.chunks.push(chunk.rows);
        if self.payload >= self.options.row_group_bytes || self.rows >= ROW_GROUP_ROWS {
            self.encode().await?;
        }
        Ok(())
    }

    /// Hands the gathered row group to the encoders, after making room for it.
    async fn encode(&mut self) -> Result<(), StoreError> {
        while self.in_flight.len() >= self.options.in_flight.max(1) {
            self.append_next().await?;
        }
        let encoder = self.encoder()?;
        let chunks = std::mem::take(&mut self.chunks);
        (self.payload, self.rows) = (0, 0);
        let (sender, receiver) = oneshot::channel();
        let job = move || {
            // Nobody listens after an abort.
            let _ = sender.send(encoder.encode(chunks));
        };
        match &self.options.pool {
            Some(pool) => pool.spawn(job),
            None => rayon::spawn(job),
        }
        self.in_flight.push_back(receiver);
        Ok(())
    }

    /// Appends the oldest row group in flight to its file; `false` if there is none.
    async fn append_next(&mut self) -> Result<bool, StoreError> {
        let Some(oldest) = self.in_flight.pop_front() else { return Ok(false) };
        let encoded = oldest.await.unwrap_or_else(|_| Err("its encoder was shut down".to_owned()));
        let group = encoded.map_err(|reason| self.unwritable(&reason))?;
        let mut open = if let Some(open) = self.open.take() {
            open
        } else {
            let path = format!("{}-{:03}.parquet", self.prefix, self.finished.len());
            let encoder = self.encoder()?;
            OpenFile::create(&self.store, path, &encoder).await?
        };
        let appended = open.append(group).await;
        let full = open.bytes_written() >= self.options.shard_bytes;
        self.open = Some(open);
        appended?;
        if full {
            self.close_file().await?;
        }
        Ok(true)
    }

    async fn close_file(&mut self) -> Result<(), StoreError> {
        if let Some(open) = self.open.take() {
            self.finished.push(open.finish().await?);
        }
        Ok(())
    }

    fn encoder(&mut self) -> Result<Arc<Encoder>, StoreError> {
        if let Some(encoder) = &self.encoder {
            return Ok(Arc::clone(encoder));
        }
        let encoder = Encoder::new(&self.options).map_err(|error| self.unwritable(&error))?;
        Ok(Arc::clone(self.encoder.insert(Arc::new(encoder))))
    }

    fn check_schema(&self, batch: &RecordBatch) -> Result<(), StoreError> {
        let columns = |schema: &SchemaRef| -> Vec<_> {
            schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
        };
        let (expected, found) = (columns(&self.options.schema), columns(&batch.schema()));
        if expected == found {
            return Ok(());
        }
        Err(self.unwritable(&format!("the rows have columns {found:?}, expected {expected:?}")))
    }

    fn unwritable(&self, error: &impl ToString) -> StoreError {
        StoreError::unwritable(&self.prefix, error)
    }
}
