//! Parquet: row groups.
//!
//! 1. A chunk ends after [`WriterOptions::chunk_rows`] rows or at 4 MiB of payload, whichever is
//!    first: where the Parquet encoder is called decides where its pages end.
//! 2. A row group ends at the first chunk end at or after [`WriterOptions::row_group_bytes`] of
//!    payload or 1,048,576 rows. A row larger than all of these is written whole.

mod chunks;
mod encode;
mod originals;

use std::sync::Arc;

use arrow::array::RecordBatch;
use parquet::arrow::arrow_writer::ArrowColumnChunk;
use parquet::errors::Result as ParquetResult;
use parquet::file::writer::SerializedFileWriter;

use self::chunks::{Chunk, Chunker, compact};
use self::encode::Encoder;
use super::format::{Format, Job, RowReader};
use super::{Rows, WriterOptions};
use crate::StoreError;
use crate::manifest::FileEntry;
use crate::store::Store;
use crate::verify::open_parquet;

const ROW_GROUP_ROWS: usize = 1 << 20;

/// Gathers rows to row groups.
#[derive(Debug)]
pub(super) struct Parquet {
    options: WriterOptions,
    chunker: Chunker,
    chunks: Vec<RecordBatch>,
    payload: u64,
    rows: usize,
    encoder: Option<Arc<Encoder>>,
}

impl Parquet {
    /// Adds a chunk to the row group; the row group, where it is full then.
    fn add(&mut self, chunk: Chunk) -> Result<Option<Job<Vec<ArrowColumnChunk>>>, String> {
        self.payload += chunk.payload;
        self.rows += chunk.rows.num_rows();
        self.chunks.push(chunk.rows);
        let full = self.payload >= self.options.row_group_bytes || self.rows >= ROW_GROUP_ROWS;
        if full { self.group().map(Some) } else { Ok(None) }
    }

    /// The gathered row group, to be encoded.
    fn group(&mut self) -> Result<Job<Vec<ArrowColumnChunk>>, String> {
        let encoder = self.encoder()?;
        let chunks = std::mem::take(&mut self.chunks);
        (self.payload, self.rows) = (0, 0);
        Ok(Box::new(move || encoder.encode(chunks).map_err(|error| error.to_string())))
    }

    fn encoder(&mut self) -> Result<Arc<Encoder>, String> {
        if let Some(encoder) = &self.encoder {
            return Ok(Arc::clone(encoder));
        }
        let encoder = Encoder::new(&self.options).map_err(|error| error.to_string())?;
        Ok(Arc::clone(self.encoder.insert(Arc::new(encoder))))
    }
}

impl Format for Parquet {
    const NAME: &'static str = "Parquet";
    type Group = Vec<ArrowColumnChunk>;
    type File = SerializedFileWriter<Vec<u8>>;

    fn new(options: &WriterOptions) -> Self {
        Self {
            options: options.clone(),
            chunker: Chunker::new(options.chunk_rows),
            chunks: Vec::new(),
            payload: 0,
            rows: 0,
            encoder: None,
        }
    }

    async fn push(&mut self, rows: Rows) -> Result<Vec<Job<Self::Group>>, String> {
        let Rows::Columns(batch) = rows else { return Err("lines cannot be written as Parquet".to_owned()) };
        let chunks = self.chunker.push(&compact(&batch)).map_err(|error| error.to_string())?;
        let groups = chunks.into_iter().map(|chunk| self.add(chunk).transpose());
        groups.flatten().collect()
    }

    fn rest(&mut self) -> Result<Option<Job<Self::Group>>, String> {
        if let Some(chunk) = self.chunker.finish().map_err(|error| error.to_string())?
            && let Some(full) = self.add(chunk)?
        {
            return Ok(Some(full));
        }
        if self.chunks.is_empty() { Ok(None) } else { self.group().map(Some) }
    }

    fn create(&mut self) -> Result<Self::File, String> {
        self.encoder()?.file().map_err(|error| error.to_string())
    }

    fn append(file: &mut Self::File, group: Self::Group) -> Result<(), String> {
        append(file, group).map_err(|error| error.to_string())
    }

    fn written(file: &Self::File) -> u64 {
        file.bytes_written() as u64
    }

    fn finish(file: &mut Self::File) -> Result<(), String> {
        file.finish().map(|_| ()).map_err(|error| error.to_string())
    }

    fn take(file: &mut Self::File) -> Result<Vec<u8>, String> {
        file.flush().map_err(|error| error.to_string())?;
        Ok(std::mem::take(file.inner_mut()))
    }

    async fn read(store: &Store, entry: &FileEntry) -> Result<RowReader, StoreError> {
        Ok(RowReader::Columns(open_parquet(store, entry, None).await?))
    }
}

fn append(file: &mut SerializedFileWriter<Vec<u8>>, columns: Vec<ArrowColumnChunk>) -> ParquetResult<()> {
    let mut target = file.next_row_group()?;
    for column in columns {
        column.append_to_row_group(&mut target)?;
    }
    target.close()?;
    Ok(())
}
