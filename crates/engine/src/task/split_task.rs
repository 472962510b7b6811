//! The work of a task of the first phase: read a split and run the stages on it.
//!
//! ```text
//!  blocking thread        rayon pool, several batches at once      this task, in order
//!  SplitReader ──(2)──▶  passage::process ──────────────────────▶  writers, ledger
//! ```

use std::sync::Arc;

use futures::future::OptionFuture;
use textmill_document::Missing;
use textmill_ingest::{IngestError, ReadBatch, Split, open_split};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::batch::PhaseInput;
use super::context::{TaskContext, Written};
use super::input_digest;
use super::place::Place;
use super::task_output::{BatchSource, Given, Output, drive};
use crate::EngineError;
use crate::memory::batches_in;
use crate::plan::TaskSpec;

/// Batches read ahead of the stages; one of very many values counts as several.
const READ_AHEAD: usize = 2;

pub(crate) async fn run(
    spec: &TaskSpec,
    split: &Split,
    attempt: &str,
    context: &Arc<TaskContext>,
) -> Result<Written, EngineError> {
    let mut output = Output::new(spec, &split.shard.name, attempt, context);
    let mut batches = read(split.clone(), Arc::clone(context));
    let driven = drive(&mut batches, context, &mut output).await.and_then(|()| check_records(split, output.records()));
    match driven {
        Ok(()) => {
            let mut written = Box::pin(output.finish(&split.shard.location, split.bytes)).await?;
            written.input.blake3 = input_digest::of(&split.shard).await;
            Ok(written)
        }
        Err(error) => {
            output.abort().await;
            Err(error)
        }
    }
}

fn check_records(split: &Split, records: u64) -> Result<(), EngineError> {
    match split.rows {
        Some(rows) if rows != records => Err(EngineError::HandOver {
            place: format!("split of {} from row {}", split.shard.location, split.first_row),
            found: format!("{records} records"),
            expected: format!("{rows}"),
        }),
        _ => Ok(()),
    }
}

/// A batch that was read ahead, and its part of the room for such.
struct Ahead {
    batch: ReadBatch,
    _room: Option<OwnedSemaphorePermit>,
}

impl Ahead {
    /// Waits for room; for nothing where the receiver has given up.
    fn wait(batch: ReadBatch, room: &Arc<Semaphore>, runtime: &tokio::runtime::Handle) -> Self {
        let values = batch.documents.num_rows() * batch.documents.records().num_columns();
        let counted = u32::try_from(batches_in(values).min(READ_AHEAD)).unwrap_or(1);
        let room = runtime.block_on(Arc::clone(room).acquire_many_owned(counted));
        Self { batch, _room: room.ok() }
    }
}

/// Batches from the reading thread.
struct Batches {
    received: mpsc::Receiver<Result<Ahead, IngestError>>,
    /// Taken once it has ended.
    reading: Option<JoinHandle<()>>,
    /// The file that is read, for messages.
    location: String,
}

impl BatchSource for Batches {
    async fn next(&mut self) -> Result<Option<Given>, EngineError> {
        let Some(batch) = self.received.recv().await else {
            // A channel ends the same way where the thread is through and where it panicked.
            if let Some(Err(error)) = OptionFuture::from(self.reading.take()).await {
                return Err(EngineError::Bug(format!("reading a split died: {error}")));
            }
            return Ok(None);
        };
        let ReadBatch { documents, quarantined, skipped, lost, .. } = batch?.batch;
        let cut = lost.cut.map(|how| format!("{}: {how}", self.location));
        let missing = Missing { bytes: lost.bytes, cut_files: cut.into_iter().collect() };
        let input = PhaseInput { places: vec![(Place::INPUT, documents)], verdicts: Vec::new() };
        Ok(Some(Given {
            input,
            quarantined,
            skipped: skipped.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect(),
            missing,
        }))
    }
}

/// Reads the split on a blocking thread. The channel closes at the end, after an error, or when
/// the receiver is gone.
fn read(split: Split, context: Arc<TaskContext>) -> Batches {
    let (sender, batches) = mpsc::channel(READ_AHEAD);
    let runtime = tokio::runtime::Handle::current();
    let location = split.shard.location.clone();
    let room = Arc::new(Semaphore::new(READ_AHEAD));
    let reading = tokio::task::spawn_blocking(move || match open_split(&split, &context.read, &runtime) {
        Ok(reader) => {
            for batch in reader {
                let last = batch.is_err();
                let batch = batch.map(|batch| Ahead::wait(batch, &room, &runtime));
                if sender.blocking_send(batch).is_err() || last {
                    break;
                }
            }
        }
        // The receiver may have been dropped by an interrupt: then nobody needs the error.
        Err(error) => drop(sender.blocking_send(Err(error))),
    });
    Batches { received: batches, reading: Some(reading), location }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_panics_is_not_one_that_is_through() {
        for panics in [false, true] {
            let (sender, batches) = mpsc::channel(READ_AHEAD);
            let reading = tokio::task::spawn_blocking(move || {
                drop(sender);
                assert!(!panics, "a bug in a reader");
            });
            let mut source = Batches { received: batches, reading: Some(reading), location: String::new() };
            assert_eq!(source.next().await.is_err(), panics);
        }
    }
}
