//! `textmill cluster executor`: Ballista's executor, with a worker of ours in it.

use std::fs::{self, File};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use rustix::fs::{FlockOperation, flock};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::MAX_MESSAGE_BYTES;
use super::codec::Codec;
use super::worker::Worker;
use crate::{EngineError, MemoryBudget, TASK_MEMORY};

/// How long an executor waits for its scheduler to be there.
const SCHEDULER_PATIENCE: Duration = Duration::from_mins(1);
/// Prefix of the folders of executors in a work folder.
const FOLDER: &str = "textmill-executor-";
/// Share of the memory that sorts have, at least: the fourth part.
const SORT_SHARE: u64 = 4;

/// How an executor runs.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// Host of the scheduler.
    pub scheduler_host: String,
    /// Port of the scheduler.
    pub scheduler_port: u16,
    /// Address to listen on, from which the driver takes sorted keys.
    pub bind: IpAddr,
    /// What the driver calls this machine; the address where absent.
    pub advertise: Option<String>,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Tasks at once, at most.
    pub threads: usize,
    /// Memory of tasks and sorts together.
    pub memory: MemoryBudget,
    /// Folder for sorted keys and what does not fit into memory.
    pub work_dir: PathBuf,
}

/// Runs an executor until the process is asked to stop. Work that runs then is finished first.
pub async fn run_executor(options: &ExecutorOptions) -> Result<(), EngineError> {
    let slots = options.memory.tasks(options.threads)?;
    let port = free_port(options)?;
    let name = format!("{}:{port}", options.advertise.clone().unwrap_or_else(|| options.bind.to_string()));
    let folder = Folder::create(&options.work_dir, port)?;
    await_scheduler(options).await?;
    let tasks = TASK_MEMORY.bytes() * slots as u64;
    let sorts = options.memory.bytes().saturating_sub(tasks).max(options.memory.bytes() / SORT_SHARE);
    let config = ExecutorProcessConfig {
        bind_host: options.bind.to_string(),
        external_host: Some(options.advertise.clone().unwrap_or_else(|| options.bind.to_string())),
        port,
        // Nothing listens there where executors ask for work; the scheduler only shows it.
        grpc_port: port,
        scheduler_host: options.scheduler_host.clone(),
        scheduler_port: options.scheduler_port,
        vcores: slots,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(folder.path.to_string_lossy().into_owned()),
        grpc_max_decoding_message_size: MAX_MESSAGE_BYTES,
        grpc_max_encoding_message_size: MAX_MESSAGE_BYTES,
        memory_pool_size: Some(sorts),
        override_physical_codec: Some(Arc::new(Codec::with_worker(Arc::new(Worker::new(
            &name,
            options.memory,
            slots,
        ))))),
        ..ExecutorProcessConfig::default()
    };
    tracing::info!(executor = name, slots, "the executor is ready for work");
    let ended = start_executor_process(Arc::new(config)).await;
    ended.map_err(|error| EngineError::Service { what: format!("executor {name}"), reason: error.to_string() })
}

/// The port asked for, or one that is free now: Ballista must be told before it listens.
fn free_port(options: &ExecutorOptions) -> Result<u16, EngineError> {
    let address = SocketAddr::new(options.bind, options.port);
    let bound = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    bound.map(|bound| bound.port()).map_err(|error| EngineError::Service {
        what: format!("the executor cannot listen on {address}"),
        reason: error.to_string(),
    })
}

async fn await_scheduler(options: &ExecutorOptions) -> Result<(), EngineError> {
    let ExecutorOptions { scheduler_host: host, scheduler_port: port, .. } = options;
    let asked_from = Instant::now();
    loop {
        match TcpStream::connect((host.as_str(), *port)).await {
            Ok(_) => return Ok(()),
            Err(error) if asked_from.elapsed() > SCHEDULER_PATIENCE => {
                let what = format!("the scheduler at {host}:{port} does not answer");
                return Err(EngineError::Service { what, reason: error.to_string() });
            }
            Err(_) => sleep(Duration::from_millis(250)).await,
        }
    }
}

/// The folder of one executor, locked while its process lives, removed when it ends.
struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes a folder in `work_dir`, and removes those of executors that died.
    fn create(work_dir: &Path, port: u16) -> Result<Self, EngineError> {
        let path = work_dir.join(format!("{}{}-{port}", own_prefix(), std::process::id()));
        let failed = |error: std::io::Error| EngineError::Service {
            what: format!("the work folder {} cannot be used", path.display()),
            reason: error.to_string(),
        };
        fs::create_dir_all(&path).map_err(failed)?;
        let lock = File::create(path.join("lock")).map_err(failed)?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive).map_err(|error| failed(error.into()))?;
        clear_dead(work_dir).map_err(failed)?;
        Ok(Self { path, _lock: lock })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the executor's folder could not be removed");
        }
    }
}

/// How the folders of this machine begin: on a file system of several machines, locks may be those of one.
fn own_prefix() -> String {
    format!("{FOLDER}{}-", rustix::system::uname().nodename().to_string_lossy())
}

/// Removes the folders of this machine whose process is gone: a lock ends with its process, whatever ended that.
fn clear_dead(work_dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(work_dir)? {
        let entry = entry?;
        let is_executors = entry.file_name().to_string_lossy().starts_with(&own_prefix());
        // Without a lock it is about to be locked, or no folder of ours.
        let Ok(lock) = File::open(entry.path().join("lock")) else { continue };
        if is_executors && flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_dead_executors_go_and_those_of_living_ones_stay() {
        let work_dir = tempfile::tempdir().expect("a folder");
        let dead = work_dir.path().join(format!("{}1-1", own_prefix()));
        let other = work_dir.path().join("of-somebody-else");
        let elsewhere = work_dir.path().join(format!("{FOLDER}another-machine-1-1"));
        for folder in [&dead, &other, &elsewhere] {
            fs::create_dir_all(folder).expect("a folder");
            fs::write(folder.join("lock"), b"").expect("a file");
        }
        let first = Folder::create(work_dir.path(), 1).expect("works");
        let second = Folder::create(work_dir.path(), 2).expect("works");
        assert!(!dead.exists() && other.exists() && elsewhere.exists() && first.path.exists() && second.path.exists());
        let path = first.path.clone();
        drop(first);
        assert!(!path.exists());
    }
}
