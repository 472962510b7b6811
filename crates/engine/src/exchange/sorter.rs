use async_trait::async_trait;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;

use super::keys::KeyRun;
use crate::EngineError;

/// Keys of documents that an exchange sorts.
pub trait KeySource: Send {
    /// They as a table of this process, of about `partitions` partitions.
    fn table(self: Box<Self>, partitions: usize) -> Result<StreamingTable, DataFusionError>;

    /// They as work for other processes, cut into runs; each run is sorted by all columns. `None` where they depend on
    /// what only this process knows.
    fn runs(&self) -> Option<Vec<KeyRun>>;
}

/// Sorts the keys of exchanges. It is the part of an [`Engine`](crate::Engine) that an exchange needs.
#[async_trait]
pub trait Sorter: Send + Sync {
    /// The rows of `keys` in the order of the SQL list `order`, for exchange `name`. At most `memory` bytes are held,
    /// the rest is on disk.
    async fn sorted(
        &self,
        name: &str,
        memory: usize,
        keys: Box<dyn KeySource>,
        order: &str,
    ) -> Result<SendableRecordBatchStream, EngineError>;
}
