//! The command line, defined once: help, completions and parsing come from here.

mod cluster;
mod gather;
mod run;
mod train;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use textmill_document::ByteSize;
use textmill_engine::DEFAULT_UPLOAD_AGE;
use textmill_store::owner::DEFAULT_LEASE;

pub(crate) use cluster::{ClusterCommand, ClusterProcessArgs, ExecutorArgs, LocalClusterArgs, SchedulerArgs};
pub(crate) use gather::{GatherArgs, GatherCommand};
pub(crate) use run::{DedupeArgs, RunArgs, RunOptionArgs, VerifyChoice};
pub(crate) use train::{ClassifierArgs, ImportanceArgs, LmArgs, TrainCommand};

/// Cleans text corpora for language-model training: raw shards in, clean Parquet out, with an
/// account of every document
#[derive(Debug, Parser)]
#[command(name = "textmill", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, env = "TEXTMILL_COLOR")]
    pub color: ColorChoice,
    /// Least severe messages to log: error, warn, info, debug or trace; or a filter such as `textmill_engine=debug`
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info", env = "TEXTMILL_LOG")]
    pub log: String,
    /// Form of log lines
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, env = "TEXTMILL_LOG_FORMAT")]
    pub log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    #[default]
    Text,
    Json,
    #[value(alias = "md")]
    Markdown,
    Html,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline file, or resume it where it was stopped
    Run(RunArgs),
    /// Remove near-duplicates from files, without a pipeline file
    Dedupe(DedupeArgs),
    /// Check a pipeline file without touching its input
    Validate(FileArgs),
    /// Show what a run would do: stages, columns, tasks, and what a resume would reuse
    Explain(ExplainArgs),
    /// Show the progress of the run in an output location
    Status(OutputArgs),
    /// Print the cleaning statistics of a run
    Report(ReportArgs),
    /// Show dropped documents with their reason, measured value and bound, and quarantined records with their cause
    Drops(DropsArgs),
    /// Check every committed file against its digest
    Verify(OutputArgs),
    /// Delete files that neither a resumed run nor a reader needs
    Gc(GcArgs),
    /// List the stages and rules, or show one
    #[command(subcommand)]
    Stages(StagesCommand),
    /// Download, list or verify language-identification models
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Train models on texts
    #[command(subcommand)]
    Train(TrainCommand),
    /// Start the processes of a cluster, on which pipelines then run
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Print the JSON Schema of pipeline files
    Schema,
    /// Collect documents from this machine as JSONL files, to try textmill on
    #[command(subcommand)]
    Gather(GatherCommand),
    /// Print shell completions
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// Pipeline file (YAML)
    pub file: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Pipeline file (YAML)
    pub file: PathBuf,
    /// Output location; overrides `output.path` of the file
    #[arg(long, short, value_name = "PATH", env = "TEXTMILL_OUTPUT")]
    pub output: Option<String>,
    /// Show stages, columns and phases only, without opening the input
    #[arg(long, conflicts_with = "resume")]
    pub no_inputs: bool,
    /// Also say, for each task, whether a resume would reuse its result
    #[arg(long)]
    pub resume: bool,
    #[command(flatten)]
    pub estimate: EstimateArgs,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// The estimated cost of a run over a corpus of a declared size
#[derive(Debug, Args)]
pub(crate) struct EstimateArgs {
    /// Print estimates instead: tasks, CPU time, bytes shuffled, scratch space and memory for a corpus of a declared size
    #[arg(long, conflicts_with_all = ["no_inputs", "resume"])]
    pub estimate: bool,
    /// Documents of the corpus, such as 68e9
    #[arg(long, value_name = "N", requires = "estimate", value_parser = documents)]
    pub documents: Option<u64>,
    /// Size of the corpus as it is stored, such as 200TiB
    #[arg(long, value_name = "SIZE", requires = "estimate")]
    pub bytes: Option<ByteSize>,
    /// Output of a finished run over a sample, whose measured rates are used instead of the built-in table
    #[arg(long, value_name = "PATH", requires = "estimate")]
    pub rates: Option<String>,
}

/// A number of documents, also as `68e9`.
fn documents(text: &str) -> Result<u64, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    match text.parse::<f64>() {
        // Up to 2^53 a float is exact.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Ok(number) if (1.0..9e15).contains(&number) => Ok(number.round() as u64),
        _ => Err("write a number of documents, such as 5000000 or 68e9".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Output location of a run
    pub output: String,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Output location of a run
    pub output: String,
    /// How to print the report; HTML is written to a file
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
    /// File to write the report to; `-` is standard output [default: standard output; for HTML a file OUTPUT-report.html
    /// beside the output, in the current folder where that is in an object store]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Show a published table beside it, by its name (wanjuan-cc, map-neo-zh, ...) or from a YAML file
    #[arg(long, value_name = "NAME")]
    pub compare: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DropsArgs {
    /// Output location of a run
    pub output: String,
    /// Only documents dropped for this reason, or records quarantined for this cause
    #[arg(long, value_name = "REASON")]
    pub reason: Option<String>,
    /// Only records in quarantine. As JSON they have other fields than dropped documents, so they are printed only with this
    /// option
    #[arg(long)]
    pub quarantine: bool,
    /// Greatest number of documents to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// How to print them; JSON is one object per line
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// Output location of a run
    pub output: String,
    /// Only show what would be deleted
    #[arg(long)]
    pub dry_run: bool,
    /// Seconds without a sign of life after which a run on another machine counts as dead and its output is taken over
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_LEASE.as_secs(), env = "TEXTMILL_LEASE_SECS")]
    pub lease_secs: u64,
    /// Age in seconds from which unfinished uploads to an object store are aborted
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_UPLOAD_AGE.as_secs())]
    pub upload_age_secs: u64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StagesCommand {
    /// List every stage and rule
    List {
        /// How to print the list
        #[arg(long, value_enum, default_value_t)]
        format: TableFormat,
    },
    /// Show what a stage or rule does, its parameters, reasons and source
    Show {
        /// Name of a stage or rule
        name: String,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: TableFormat,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Download a model to this machine and check it
    Fetch {
        /// Name of a model, such as lid.176
        name: String,
    },
    /// The models that can be fetched, and which are there
    List {
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: TableFormat,
    },
    /// Check the fetched models against their digests
    Verify,
}
