//! JSON lines, and JSON that is laid out otherwise.

use super::{Batches, InputFormat, Packing};
use crate::folders::FolderValues;
use crate::jsonl::{JsonlReader, cut, inspect};
use crate::kind::Content;
use crate::plan::{Cut, Inspected};
use crate::source::Source;
use crate::{IngestError, InputConfig, ReadBatch, ReadOptions, Shard, Split};

pub(super) struct Jsonl;

impl InputFormat for Jsonl {
    fn endings(&self) -> &'static [&'static str] {
        &[".jsonl", ".ndjson", ".json"]
    }

    fn packing(&self) -> Packing {
        Packing::Compressed
    }

    fn fits(&self, content: Content) -> Result<(), Option<&'static str>> {
        if matches!(content, Content::Json | Content::PerhapsJson) { Ok(()) } else { Err(None) }
    }

    fn inspect(&self, shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
        inspect(shard, source, config)
    }

    fn may_be_cut(&self) -> bool {
        true
    }

    fn cut(&self, shard: &Shard, source: &Source, config: &InputConfig) -> Result<Cut, IngestError> {
        cut(shard, source, config)
    }

    fn open(&self, split: &Split, source: &Source, options: &ReadOptions) -> Result<Box<dyn Batches>, IngestError> {
        Ok(Box::new(Lines {
            reader: JsonlReader::open(split, source, options)?,
            folders: FolderValues::of(&split.shard, &options.columns(&split.shard)),
        }))
    }
}

/// Lines of a file, with the values of the folders that it lies in.
#[derive(Debug)]
struct Lines {
    reader: JsonlReader,
    folders: FolderValues,
}

impl Batches for Lines {
    fn next_batch(&mut self) -> Result<Option<ReadBatch>, IngestError> {
        let batch = self.reader.next_batch()?;
        batch.map(|batch| self.folders.fill(batch)).transpose()
    }
}
