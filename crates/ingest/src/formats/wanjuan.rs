//! `WanJuan` 1.0: JSON lines in tar archives, with texts under another name and exam items.

use super::jsonl::Jsonl;
use super::{Batches, InputFormat, Packing};
use crate::jsonl::EXAM_FIELDS;
use crate::kind::Content;
use crate::plan::Inspected;
use crate::source::Source;
use crate::{IngestError, InputConfig, ReadOptions, Shard, Split};

pub(super) struct Wanjuan;

impl InputFormat for Wanjuan {
    fn endings(&self) -> &'static [&'static str] {
        Jsonl.endings()
    }

    fn packing(&self) -> Packing {
        Packing::Tar
    }

    fn fits(&self, content: Content) -> Result<(), Option<&'static str>> {
        Jsonl.fits(content)
    }

    fn text_field(&self) -> &'static str {
        "content"
    }

    fn known_fields(&self) -> &'static [&'static str] {
        &EXAM_FIELDS
    }

    fn inspect(&self, shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
        Jsonl.inspect(shard, source, config)
    }

    fn open(&self, split: &Split, source: &Source, options: &ReadOptions) -> Result<Box<dyn Batches>, IngestError> {
        Jsonl.open(split, source, options)
    }
}
