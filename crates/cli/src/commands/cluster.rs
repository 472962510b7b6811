//! The processes of a cluster.

mod local;

use std::net::{IpAddr, SocketAddr};

use rustix::process::{Signal, set_parent_process_death_signal};
use textmill_engine::{ExecutorOptions, MemoryBudget, SchedulerOptions, run_executor, run_scheduler};

use super::block_on;
use super::run::{IO_THREADS, start_workers};
use crate::args::{ClusterCommand, ClusterProcessArgs, ExecutorArgs, SchedulerArgs};
use crate::exit::CommandError;
use crate::{Exit, output, signals};

pub(super) fn run(command: &ClusterCommand) -> Result<Exit, CommandError> {
    match command {
        ClusterCommand::Scheduler(args) => scheduler(args),
        ClusterCommand::Executor(args) => executor(args),
        ClusterCommand::Local(args) => local::run(args),
    }
}

fn scheduler(args: &SchedulerArgs) -> Result<Exit, CommandError> {
    prepare(&args.process, args.bind)?;
    let options = SchedulerOptions { listen: SocketAddr::new(args.bind, args.port) };
    let started = |address: SocketAddr| {
        // Whoever reads it connects to it; a closed pipe is no reason not to serve.
        drop(output::data(&format!("df://{address}\n")));
        output::line(&format!("the scheduler listens on {address}"));
    };
    block_on(IO_THREADS, async {
        run_scheduler(&options, started, signals::stop()).await?;
        Ok(signals::exit())
    })
}

fn executor(args: &ExecutorArgs) -> Result<Exit, CommandError> {
    prepare(&args.process, args.bind)?;
    let address = || args.scheduler.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let bad = || CommandError::usage(format!("`{}` is no scheduler", args.scheduler), "write HOST:PORT");
    let (host, port) = address().ok_or_else(bad)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.map_or(cores, usize::from);
    let host_name = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    let options = ExecutorOptions {
        scheduler_host: host.trim_start_matches("df://").to_owned(),
        scheduler_port: port,
        bind: args.bind,
        advertise: args.advertise.clone().or_else(|| args.bind.is_unspecified().then(host_name)),
        port: args.port,
        threads,
        memory: MemoryBudget::new(args.memory),
        work_dir: args.work_dir.clone().unwrap_or_else(std::env::temp_dir),
    };
    start_workers(threads)?;
    block_on(IO_THREADS, async {
        run_executor(&options).await?;
        Ok(Exit::Done)
    })
}

/// Refuses to be reached from elsewhere by mistake, and arranges for the end.
fn prepare(args: &ClusterProcessArgs, bind: IpAddr) -> Result<(), CommandError> {
    if !bind.is_loopback() && !args.allow_remote {
        let message =
            format!("{bind} can be reached from other machines, and connections to a cluster are not authenticated");
        return Err(CommandError::usage(message, "add --allow-remote if the network is closed to others"));
    }
    if args.exit_with_parent {
        let asked = set_parent_process_death_signal(Some(Signal::TERM));
        asked.map_err(|error| CommandError::Threads(error.to_string()))?;
    }
    Ok(())
}
