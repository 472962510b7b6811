//! WET: the text that was extracted from a WARC.

use super::warc::Warc;
use super::{Batches, InputFormat, Packing};
use crate::columns::Columns;
use crate::config::PlannedColumn;
use crate::kind::{Content, WAT};
use crate::plan::Inspected;
use crate::source::Source;
use crate::warc::{Dialect, WarcReader, check, planned};
use crate::{IngestError, InputConfig, ReadOptions, Shard, Split};

pub(super) struct Wet;

impl InputFormat for Wet {
    fn endings(&self) -> &'static [&'static str] {
        &[".wet"]
    }

    fn packing(&self) -> Packing {
        Packing::Compressed
    }

    fn fits(&self, content: Content) -> Result<(), Option<&'static str>> {
        match content {
            Content::Wet => Ok(()),
            Content::Wat => Err(Some(WAT)),
            Content::Warc => Err(Some("it is a WARC; read it with `format: warc`")),
            _ => Err(None),
        }
    }

    fn is_archive(&self) -> bool {
        true
    }

    fn own_columns(&self, declared: &Columns) -> Option<Vec<PlannedColumn>> {
        Some(planned(declared, Dialect::Wet))
    }

    fn check_columns(&self, declared: &Columns) -> Vec<IngestError> {
        check(declared, Dialect::Wet)
    }

    fn inspect(&self, shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
        Warc.inspect(shard, source, config)
    }

    fn open(&self, split: &Split, source: &Source, options: &ReadOptions) -> Result<Box<dyn Batches>, IngestError> {
        Ok(Box::new(WarcReader::open(&split.shard, source, options, Dialect::Wet)?))
    }
}
