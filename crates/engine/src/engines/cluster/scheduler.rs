//! `textmill cluster scheduler`: Ballista's scheduler, which knows our operator.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::error::BallistaError;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;

use super::MAX_MESSAGE_BYTES;
use super::codec::Codec;
use crate::EngineError;

/// Silence after which an executor is taken for dead. Executors speak at least every five seconds.
const EXECUTOR_TIMEOUT_SECS: u64 = 15;
/// Between two looks for dead executors: with the time-out, a dead one is noticed within 17 s.
const LOOK_SECS: u64 = 2;
/// How long jobs wait for an executor when there is none left.
const NO_EXECUTORS_SECS: u64 = 20;
/// How long executors keep the rows of a finished job: the driver may be slow to take them.
const KEEP_ROWS_SECS: u64 = 3600;
/// How long the scheduler remembers a finished job.
const KEEP_STATE_SECS: u64 = 60;

/// How a scheduler runs.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
}

/// Runs a scheduler until `stop` ends. Calls `started` with its address once it listens. It keeps nothing on disk: when it
/// is started again, executors find it by themselves, and the driver submits again what has no manifest.
pub async fn run_scheduler(
    options: &SchedulerOptions,
    started: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), EngineError> {
    let service = |doing: &str, error: &dyn std::fmt::Display| EngineError::Service {
        what: format!("the scheduler cannot {doing} {}", options.listen),
        reason: error.to_string(),
    };
    let listener = TcpListener::bind(options.listen).await.map_err(|error| service("listen on", &error))?;
    let address = listener.local_addr().map_err(|error| service("listen on", &error))?;
    let config = config(address);
    let failed = |error: BallistaError| service("serve", &error);
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
    let scheduler =
        create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config)).await.map_err(failed)?;
    let serving = start_grpc_service_with_listener(listener, scheduler);
    started(address);
    tokio::select! {
        ended = serving => ended.map_err(failed),
        () = stop => Ok(()),
    }
}

fn config(address: SocketAddr) -> SchedulerConfig {
    SchedulerConfig {
        bind_host: address.ip().to_string(),
        bind_port: address.port(),
        external_host: address.ip().to_string(),
        // Executors ask for work: none is lost with a message, and no slot with a job that ends early.
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: EXECUTOR_TIMEOUT_SECS,
        expire_dead_executor_interval_seconds: LOOK_SECS,
        no_executors_grace_period_seconds: NO_EXECUTORS_SECS,
        finished_job_data_clean_up_interval_seconds: KEEP_ROWS_SECS,
        finished_job_state_clean_up_interval_seconds: KEEP_STATE_SECS,
        grpc_server_max_decoding_message_size: MAX_MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MAX_MESSAGE_BYTES,
        grpc_client_max_message_size: MAX_MESSAGE_BYTES,
        override_physical_codec: Some(Arc::new(Codec::default())),
        ..SchedulerConfig::default()
    }
}
