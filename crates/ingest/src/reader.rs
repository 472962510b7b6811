use tokio::runtime::Handle;

use crate::config::ReadOptions;
use crate::formats::Batches;
use crate::quarantine::ReadBatch;
use crate::source::Source;
use crate::stream::Losses;
use crate::{IngestError, Split};

/// The batches of one split, in row order. It ends after the first error.
#[derive(Debug)]
pub struct SplitReader {
    /// None once it has ended.
    batches: Option<Box<dyn Batches>>,
    losses: Losses,
}

/// Opens `split`, after comparing its shard with what was planned.
///
/// Call this, and read from the result, on a thread that may block: remote files are fetched with
/// `runtime.block_on`.
pub fn open_split(split: &Split, options: &ReadOptions, runtime: &Handle) -> Result<SplitReader, IngestError> {
    let source = Source::open(&split.shard, runtime)?;
    if let Some(published) = split.shard.blake3.as_deref().filter(|_| split.first_row == 0) {
        // Once a file: a run cannot end without its first split.
        source.check_digest(published)?;
    }
    let is_empty = split.shard.bytes == 0;
    let open = || split.shard.format.known().open(split, &source, options);
    let batches = (!is_empty).then(open).transpose()?;
    Ok(SplitReader { batches, losses: source.losses().clone() })
}

impl Iterator for SplitReader {
    type Item = Result<ReadBatch, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut next = self.batches.as_mut()?.next_batch().transpose();
        if let Some(Ok(batch)) = &mut next {
            batch.lost = self.losses.take();
        }
        if !matches!(next, Some(Ok(_))) {
            self.batches = None;
        }
        next
    }
}
