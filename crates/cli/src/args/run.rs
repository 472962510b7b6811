//! The commands that run a pipeline, and the options that they share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use textmill_document::ByteSize;
use textmill_store::owner::DEFAULT_LEASE;

use super::TableFormat;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Pipeline file (YAML)
    pub file: PathBuf,
    #[command(flatten)]
    pub options: RunOptionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DedupeArgs {
    /// Files, folders or patterns: JSONL (also .gz, .zst) or Parquet
    #[arg(required = true)]
    pub paths: Vec<String>,
    /// Published settings to use, such as internlm2, fineweb or slimpajama; `textmill stages show minhash_dedupe` lists them
    #[arg(long, value_name = "NAME", default_value = textmill_pipeline::DEFAULT_DEDUPE_PRESET)]
    pub preset: String,
    /// Jaccard similarity, 0 to 1, above which documents are near-duplicates [default: that of the preset, else 0.7]
    #[arg(long, value_name = "SHARE")]
    pub threshold: Option<f64>,
    /// How pairs of documents that share a MinHash band are verified
    #[arg(long, value_enum, default_value_t)]
    pub verify: VerifyChoice,
    /// Find documents with the same text only
    #[arg(long, conflicts_with_all = ["preset", "threshold", "verify"])]
    pub exact: bool,
    /// Order that decides which document of a cluster stays (the first), such as `date desc`; may be repeated
    #[arg(long, value_name = "COLUMN [asc|desc]")]
    pub keep: Vec<String>,
    /// Output of an earlier run made with --index; documents like those that it kept are removed. May be repeated
    #[arg(long, value_name = "PATH")]
    pub against: Vec<String>,
    /// Also publish the keys of the documents that stay, for --against of later runs
    #[arg(long)]
    pub index: bool,
    /// A column to declare, with its type if it is not text (`score:float64`), or under a new name (`new_id=id`); may be
    /// repeated. Other columns of Parquet stay as they are; other fields of JSONL go to the column `metadata`
    #[arg(long = "column", value_name = "[NEW=]NAME[:TYPE]")]
    pub columns: Vec<String>,
    /// Field with the id; documents without one get an id made of file and row number
    #[arg(long, value_name = "FIELD")]
    pub id: Option<String>,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    #[command(flatten)]
    pub options: RunOptionArgs,
}

/// How candidate pairs are verified
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerifyChoice {
    /// Not at all
    None,
    /// By the share of equal hashes
    #[default]
    Signature,
    /// By the Jaccard similarity of their shingles
    Exact,
}

/// How to run a pipeline
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct RunOptionArgs {
    /// Output location; overrides `output.path` of the file
    #[arg(long, short, value_name = "PATH", env = "TEXTMILL_OUTPUT")]
    pub output: Option<String>,
    /// Worker threads [default: all cores]
    #[arg(long, value_name = "N", env = "TEXTMILL_THREADS", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Memory budget, such as 8GiB [default: 70 % of what the machine or its control group allows]
    #[arg(long, value_name = "SIZE", env = "TEXTMILL_MEMORY")]
    pub memory: Option<ByteSize>,
    /// Rows per batch; affects speed and memory, never the result
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub batch_rows: u32,
    /// Replace the finished run in the output location, whether the configuration or the input has changed
    #[arg(long)]
    pub overwrite: bool,
    /// List the inputs again instead of resuming the earlier plan
    #[arg(long)]
    pub replan: bool,
    /// Seconds without a sign of life after which a run on another machine counts as dead and its output is taken over
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_LEASE.as_secs(), env = "TEXTMILL_LEASE_SECS")]
    pub lease_secs: u64,
    /// Run on the cluster whose scheduler is at this address
    #[arg(long, value_name = "df://HOST:PORT", env = "TEXTMILL_CLUSTER")]
    pub cluster: Option<String>,
    /// Tasks and sorts submitted to the cluster at once; should be more than it has threads
    #[arg(long, value_name = "N", default_value_t = 256, requires = "cluster")]
    pub cluster_jobs: usize,
    /// Seconds to wait for a scheduler that does not answer, or for a live executor, before the run ends
    #[arg(long, value_name = "SECONDS", default_value_t = 30, env = "TEXTMILL_CLUSTER_PATIENCE_SECS")]
    pub cluster_patience_secs: u64,
    /// Number of this process, from 0, among several that share the tasks; the last one to finish publishes
    #[arg(
        long,
        value_name = "I",
        env = "TEXTMILL_TASK_INDEX",
        requires = "task_count",
        conflicts_with_all = ["overwrite", "replan", "cluster"]
    )]
    pub task_index: Option<u32>,
    /// Number of processes that share the tasks
    #[arg(
        long,
        value_name = "N",
        env = "TEXTMILL_TASK_COUNT",
        requires = "task_index",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub task_count: Option<u32>,
    /// With --task-index: stop once documents are compared, and leave the remaining tasks to the next start of all processes
    #[arg(long, requires = "task_index")]
    pub leave_after_exchange: bool,
    /// How to print the cleaning table
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
    /// Do not show progress
    #[arg(long)]
    pub no_progress: bool,
}
