//! The commands that run the processes of a cluster.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use textmill_document::ByteSize;

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Start the scheduler, which hands out work; a cluster has one
    Scheduler(SchedulerArgs),
    /// Start an executor, which does the work; usually one per machine
    Executor(ExecutorArgs),
    /// Start a scheduler and executors on this machine, to try a cluster out
    Local(LocalClusterArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SchedulerArgs {
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub port: u16,
    #[command(flatten)]
    pub process: ClusterProcessArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExecutorArgs {
    /// Address of the scheduler
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050", env = "TEXTMILL_SCHEDULER")]
    pub scheduler: String,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// Name or address by which the driver reaches this machine [default: the address of --bind, or the host name if that is
    /// 0.0.0.0]
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Tasks run at once [default: all cores]
    #[arg(long, value_name = "N", env = "TEXTMILL_THREADS", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Memory budget, such as 8GiB [default: 70 % of what the machine or its control group allows]
    #[arg(long, value_name = "SIZE", env = "TEXTMILL_MEMORY")]
    pub memory: Option<ByteSize>,
    /// Folder for sorted keys and for data that does not fit into memory [default: the folder for temporary files]
    #[arg(long, value_name = "DIR", env = "TEXTMILL_WORK_DIR")]
    pub work_dir: Option<PathBuf>,
    #[command(flatten)]
    pub process: ClusterProcessArgs,
}

/// Options of every process of a cluster
#[derive(Debug, Args)]
pub(crate) struct ClusterProcessArgs {
    /// Allow an address that other machines can reach. Connections are not authenticated: use a closed network
    #[arg(long)]
    pub allow_remote: bool,
    /// End when the process that started this one ends
    #[arg(long, hide = true)]
    pub exit_with_parent: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LocalClusterArgs {
    /// Number of executors
    #[arg(long, short = 'n', value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub executors: u16,
    /// Port of the scheduler; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub port: u16,
    /// Tasks that each executor runs at once [default: its share of the cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Memory budget of each executor [default: its share of 70 % of what the machine or its control group allows]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<ByteSize>,
    /// Folder for sorted keys and for data that does not fit into memory [default: the folder for temporary files]
    #[arg(long, value_name = "DIR", env = "TEXTMILL_WORK_DIR")]
    pub work_dir: Option<PathBuf>,
}
