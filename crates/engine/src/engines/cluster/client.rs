//! Gives plans to the scheduler and gets their rows.

use std::sync::Arc;
use std::time::Duration;

use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::TryStreamExt;
use tokio::sync::Semaphore;
use tonic::transport::Endpoint;

use super::MAX_MESSAGE_BYTES;
use super::codec::Codec;
use super::exec::WorkExec;
use super::health::Health;
use super::work::{Item, TaskEnd, TaskWork, Work};
use crate::EngineError;

/// How often a job is submitted before its failure is taken for final.
const MAX_SUBMISSIONS: u32 = 10;
/// How often a job may be lost with the whole cluster before that is counted as its failure: it may be what takes the
/// executors down.
const MAX_LOSSES: u32 = 10;
/// Before a job is submitted again; as many times as long as it has failed.
const PAUSE: Duration = Duration::from_millis(500);

/// For a connection to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Silence after which the other side is asked whether it is there, and for its answer.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// A connection to a cluster.
#[derive(Debug)]
pub(super) struct Client {
    /// `host:port` of the scheduler.
    address: String,
    session: String,
    config: SessionConfig,
    /// Jobs that may be with the scheduler at once.
    room: Semaphore,
    pub(super) health: Health,
}

impl Client {
    /// Connects to the scheduler at `df://host:port`, and waits until it has an executor.
    pub(super) async fn connect(url: &str, patience: Duration, jobs: usize) -> Result<Self, EngineError> {
        let address = address(url)?;
        let health = Health::new(&address, patience)?;
        health.ready().await?;
        let bytes = usize::try_from(MAX_MESSAGE_BYTES).unwrap_or(usize::MAX);
        let config = SessionConfig::new_with_ballista()
            .with_ballista_grpc_client_max_message_size(bytes)
            .with_ballista_job_name("textmill")
            .with_ballista_override_create_grpc_client_endpoint(Arc::new(|endpoint| Ok(watched(endpoint))))
            .with_target_partitions(1);
        let room = Semaphore::new(jobs.min(Semaphore::MAX_PERMITS));
        Ok(Self { address, session: uuid::Uuid::new_v4().to_string(), config, room, health })
    }

    /// Runs `plan` as a job, and returns its rows once it is done.
    pub(super) async fn submit(
        &self,
        plan: Arc<dyn ExecutionPlan>,
    ) -> Result<SendableRecordBatchStream, DataFusionError> {
        let (url, session, config) = (format!("http://{}", self.address), self.session.clone(), self.config.clone());
        // Until its rows are there: a merge takes those of all jobs together.
        let _place = self.room.acquire().await.map_err(|error| DataFusionError::Execution(error.to_string()))?;
        // A panic in the client must not be one of the run.
        let job = tokio::spawn(async move {
            let settings = config.ballista_config();
            execute_physical_plan::<PhysicalPlanNode>(url, &settings, plan, &Codec::default(), session, config).await
        });
        job.await.map_err(|error| DataFusionError::Execution(format!("the job's client died: {error}")))?
    }

    /// Runs a task as a job.
    pub(super) async fn task(&self, work: TaskWork) -> Result<TaskEnd, JobError> {
        let plan = WorkExec::plan(&Work::new(Item::Task(Box::new(work)))).map_err(JobError::Final)?;
        let rows: Vec<_> =
            self.submit(plan).await.map_err(JobError::Lost)?.try_collect().await.map_err(JobError::Lost)?;
        let text = rows.iter().find(|batch| batch.num_rows() > 0).map(|batch| {
            let column = arrow::array::AsArray::as_string_opt::<i32>(batch.column(0));
            column.map(|texts| texts.value(0).to_owned()).unwrap_or_default()
        });
        let parsed = serde_json::from_str(&text.unwrap_or_default());
        parsed
            .map_err(|error| JobError::Lost(DataFusionError::Execution(format!("a job returned no verdict: {error}"))))
    }
}

/// A connection on which a machine that is gone is noticed: Ballista's own to executors wait for an answer for ever, those
/// to the scheduler for some minutes.
fn watched(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_keepalive(Some(KEEP_ALIVE))
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .keep_alive_while_idle(true)
}

/// Why a job has no result.
#[derive(Debug)]
pub(super) enum JobError {
    /// It failed with its executor, or on the way: it can be submitted again.
    Lost(DataFusionError),
    /// It cannot be submitted.
    Final(EngineError),
}

/// How often a job failed so far, and how often it was lost with the whole cluster.
#[derive(Debug, Default)]
pub(super) struct Failures {
    failed: u32,
    lost: u32,
}

impl Failures {
    /// Waits before the job is submitted again, or says that it was submitted often enough.
    pub(super) async fn again(
        &mut self,
        client: &Client,
        what: &str,
        error: &DataFusionError,
    ) -> Result<(), EngineError> {
        let reason = first_line(&error.to_string());
        if self.lost < MAX_LOSSES && !client.health.is_ready().await {
            // Nothing about the job: how long that may last is the run's patience.
            self.lost += 1;
            tracing::warn!(job = what, error = reason, "a job was lost with its cluster; it waits for that");
            return client.health.ready().await;
        }
        tracing::warn!(job = what, error = reason, "a job failed; it is submitted again");
        let failed = |times| {
            let reason = format!("{what} failed {times} times, the last time with: {reason}");
            EngineError::Cluster { address: client.address.clone(), reason }
        };
        self.pause(failed).await
    }

    /// Waits before a job that failed on one machine is tried on another, or says why it failed where it did so often.
    pub(super) async fn elsewhere(&mut self, what: &str, error: EngineError) -> Result<(), EngineError> {
        tracing::warn!(job = what, %error, "a machine could not do it; another one may");
        self.pause(|_| error).await
    }

    async fn pause(&mut self, enough: impl FnOnce(u32) -> EngineError) -> Result<(), EngineError> {
        self.failed += 1;
        if self.failed >= MAX_SUBMISSIONS {
            return Err(enough(self.failed));
        }
        tokio::time::sleep(PAUSE * self.failed).await;
        Ok(())
    }
}

/// Ballista's errors hold whole plans.
fn first_line(text: &str) -> String {
    const MOST: usize = 400;
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(MOST).collect()
}

/// `host:port` of `df://host:port`.
fn address(url: &str) -> Result<String, EngineError> {
    let bad = || EngineError::ClusterAddress(url.to_owned());
    let address = url.strip_prefix("df://").ok_or_else(bad)?.trim_end_matches('/');
    let (host, port) = address.rsplit_once(':').ok_or_else(bad)?;
    let port: u16 = port.parse().map_err(|_| bad())?;
    let is_host =
        !host.is_empty() && host.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._[]:".contains(letter));
    if port == 0 || !is_host { Err(bad()) } else { Ok(address.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_anything_is_asked() {
        assert_eq!(address("df://node-1.cluster:50050").expect("fits"), "node-1.cluster:50050");
        assert_eq!(address("df://[::1]:50050/").expect("fits"), "[::1]:50050");
        for bad in
            ["node:50050", "df://node", "df://:1", "df://n:0", "df://n:99999", "df://user:pass@n:1", "http://n:1"]
        {
            let error = address(bad).expect_err(bad);
            assert!(error.to_string().contains("df://HOST:PORT"), "{error}");
        }
    }

    #[test]
    fn messages_stay_short() {
        assert_eq!(first_line(&format!("{}\nplan", "x".repeat(900))).len(), 400);
    }
}
