use tokio::runtime::Handle;

use crate::config::ReadOptions;
use crate::folders::FolderValues;
use crate::jsonl::JsonlReader;
use crate::parquet::ParquetReader;
use crate::quarantine::ReadBatch;
use crate::source::Source;
use crate::stream::Losses;
use crate::warc::WarcReader;
use crate::{Format, IngestError, Split};

/// The batches of one split, in row order. It ends after the first error.
#[derive(Debug)]
pub struct SplitReader {
    state: State,
    losses: Losses,
}

#[derive(Debug)]
enum State {
    Jsonl(Box<JsonlReader>, FolderValues),
    Parquet(Box<ParquetReader>),
    Warc(Box<WarcReader>),
    Ended,
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
    let state = match split.shard.format {
        _ if split.shard.bytes == 0 => State::Ended,
        Format::Parquet => State::Parquet(Box::new(ParquetReader::open(split, &source, options)?)),
        Format::Jsonl | Format::Wanjuan => State::Jsonl(
            Box::new(JsonlReader::open(&split.shard, &source, options)?),
            FolderValues::of(&split.shard, &options.columns(&split.shard)),
        ),
        Format::Warc | Format::Wet => State::Warc(Box::new(WarcReader::open(&split.shard, &source, options)?)),
    };
    Ok(SplitReader { state, losses: source.losses().clone() })
}

impl Iterator for SplitReader {
    type Item = Result<ReadBatch, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut next = match &mut self.state {
            State::Jsonl(reader, folders) => reader.next_batch().transpose().map(|batch| folders.fill(batch?)),
            State::Parquet(reader) => reader.next_batch().transpose(),
            State::Warc(reader) => reader.next_batch().transpose(),
            State::Ended => None,
        };
        if let Some(Ok(batch)) = &mut next {
            batch.lost = self.losses.take();
        }
        if !matches!(next, Some(Ok(_))) {
            self.state = State::Ended;
        }
        next
    }
}
