//! WARC, and ARC, which came before: pages as a crawler fetched them.

use super::{Batches, InputFormat, Packing};
use crate::columns::Columns;
use crate::config::PlannedColumn;
use crate::kind::{Content, WAT};
use crate::plan::{Inspected, Split};
use crate::source::Source;
use crate::warc::{Dialect, WarcReader, check, inspect, planned};
use crate::{IngestError, InputConfig, ReadBatch, ReadOptions, Shard};

pub(super) struct Warc;

impl InputFormat for Warc {
    fn endings(&self) -> &'static [&'static str] {
        &[".warc", ".arc"]
    }

    fn packing(&self) -> Packing {
        Packing::Compressed
    }

    fn fits(&self, content: Content) -> Result<(), Option<&'static str>> {
        match content {
            Content::Warc => Ok(()),
            Content::Wat => Err(Some(WAT)),
            Content::Wet => Err(Some("it is a WET; read it with `format: wet`")),
            _ => Err(None),
        }
    }

    fn is_archive(&self) -> bool {
        true
    }

    fn own_columns(&self, declared: &Columns) -> Option<Vec<PlannedColumn>> {
        Some(planned(declared, Dialect::Warc))
    }

    fn check_columns(&self, declared: &Columns) -> Vec<IngestError> {
        check(declared, Dialect::Warc)
    }

    fn inspect(&self, shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
        inspect(shard, source, config)?;
        Ok(Inspected { splits: vec![Split::whole(shard)], ..Inspected::default() })
    }

    fn open(&self, split: &Split, source: &Source, options: &ReadOptions) -> Result<Box<dyn Batches>, IngestError> {
        Ok(Box::new(WarcReader::open(&split.shard, source, options, Dialect::Warc)?))
    }
}

impl Batches for WarcReader {
    fn next_batch(&mut self) -> Result<Option<ReadBatch>, IngestError> {
        self.next_batch()
    }
}
