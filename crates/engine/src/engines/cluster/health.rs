//! Whether the cluster can do anything.

use std::time::Duration;

use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use tokio::time::{Instant, sleep};

use crate::EngineError;

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(2);
/// For one answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks the scheduler how it is.
#[derive(Debug, Clone)]
pub(super) struct Health {
    client: reqwest::Client,
    /// `host:port`, for messages.
    address: String,
    /// How long it may be unable to do anything.
    patience: Duration,
}

impl Health {
    pub(super) fn new(address: &str, patience: Duration) -> Result<Self, EngineError> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build();
        let client = client.map_err(|error| EngineError::Bug(format!("no HTTP client: {error}")))?;
        Ok(Self { client, address: address.to_owned(), patience })
    }

    /// Whether there is an executor.
    pub(super) async fn is_ready(&self) -> bool {
        self.ask().await.is_none()
    }

    /// Waits until there is an executor.
    pub(super) async fn ready(&self) -> Result<(), EngineError> {
        let asked_from = Instant::now();
        loop {
            match self.ask().await {
                None => return Ok(()),
                Some(reason) if asked_from.elapsed() > self.patience => return Err(self.lost(&reason)),
                Some(_) => sleep(PAUSE / 4).await,
            }
        }
    }

    /// Ends when the cluster could do nothing for too long, with what was wrong.
    pub(super) async fn until_lost(&self) -> EngineError {
        // From the first bad answer: nobody asks while the driver is busy with rows that it has.
        let mut wrong_since = None;
        loop {
            match self.ask().await {
                None => wrong_since = None,
                Some(reason) => {
                    let since: &mut Instant = wrong_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.patience {
                        return self.lost(&reason);
                    }
                }
            }
            sleep(PAUSE).await;
        }
    }

    /// What is wrong, if anything.
    async fn ask(&self) -> Option<String> {
        match self.client.get(format!("http://{}/readyz", self.address)).send().await {
            Ok(answer) if answer.status().is_success() => None,
            Ok(_) => Some("no executor is alive".to_owned()),
            Err(error) if error.is_timeout() => Some("the scheduler does not answer".to_owned()),
            Err(_) => Some("no scheduler answers there".to_owned()),
        }
    }

    fn lost(&self, reason: &str) -> EngineError {
        EngineError::Cluster {
            address: self.address.clone(),
            reason: format!("{reason} ({} s)", self.patience.as_secs()),
        }
    }
}

/// `rows`, until the cluster that they come from is lost.
pub(super) fn guarded(rows: SendableRecordBatchStream, health: &Health) -> SendableRecordBatchStream {
    let (schema, health) = (rows.schema(), health.clone());
    let lost = Box::pin(async move { health.until_lost().await });
    let guarded = futures::stream::try_unfold((rows, lost), |(mut rows, mut lost)| async move {
        let next = tokio::select! {
            biased;
            next = rows.next() => next,
            reason = &mut lost => Some(Err(DataFusionError::External(Box::new(reason)))),
        };
        Ok(next.transpose()?.map(|batch| (batch, (rows, lost))))
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, guarded))
}
