use arrow::array::RecordBatch;
use futures::StreamExt;

use super::keys::internal;
use super::resources::Resources;
use super::sorter::KeySource;
use crate::{Cancel, EngineError};

/// The rows of a scan in order, sorted on disk where memory ends.
pub(crate) struct Sorted<'a> {
    stream: datafusion::execution::SendableRecordBatchStream,
    name: &'a str,
    cancel: &'a Cancel,
}

impl<'a> Sorted<'a> {
    /// `keys` in the order of the SQL list `order`.
    pub(crate) async fn new(
        resources: &Resources<'a>,
        keys: impl KeySource + 'static,
        order: &str,
    ) -> Result<Self, EngineError> {
        let name = resources.stage;
        let stream = resources.sorter.sorted(name, resources.budget.sort_bytes, Box::new(keys), order).await?;
        Ok(Self { stream, name, cancel: resources.cancel })
    }

    /// The next rows.
    pub(crate) async fn next(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        let next = tokio::select! {
            biased;
            // The first rows come when all are sorted, which can take hours.
            () = self.cancel.until_cancelled() => return Err(EngineError::Interrupted),
            next = self.stream.next() => next,
        };
        next.transpose().map_err(|error| internal(self.name, error))
    }
}
