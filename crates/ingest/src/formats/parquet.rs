//! Parquet: rows with columns of any type, cut at row groups.

use super::{Batches, InputFormat, Packing, SchemaOf};
use crate::kind::Content;
use crate::magic::Magic;
use crate::parquet::{ParquetReader, file_schema, inspect};
use crate::plan::Inspected;
use crate::source::Source;
use crate::{IngestError, InputConfig, ReadBatch, ReadOptions, Shard, Split};

pub(super) struct Parquet;

impl InputFormat for Parquet {
    fn endings(&self) -> &'static [&'static str] {
        &[".parquet", ".parq"]
    }

    fn packing(&self) -> Packing {
        Packing::Never
    }

    fn magic(&self) -> Option<Magic> {
        Some(Magic::Parquet)
    }

    fn fits(&self, content: Content) -> Result<(), Option<&'static str>> {
        if content == Content::Magic(Magic::Parquet) { Ok(()) } else { Err(None) }
    }

    fn schema_of(&self) -> Option<SchemaOf> {
        Some(file_schema)
    }

    fn may_be_cut(&self) -> bool {
        true
    }

    fn inspect(&self, shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
        inspect(shard, source, config)
    }

    fn open(&self, split: &Split, source: &Source, options: &ReadOptions) -> Result<Box<dyn Batches>, IngestError> {
        Ok(Box::new(ParquetReader::open(split, source, options)?))
    }
}

impl Batches for ParquetReader {
    fn next_batch(&mut self) -> Result<Option<ReadBatch>, IngestError> {
        self.next_batch()
    }
}
