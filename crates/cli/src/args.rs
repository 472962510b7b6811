//! The command line, defined once: help, completions and parsing come from here.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use textmill_document::ByteSize;
use textmill_engine::DEFAULT_UPLOAD_AGE;

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
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, env = "TEXTMILL_COLOR")]
    pub color: ColorChoice,
    /// What to log: error, warn, info, debug, trace, or a filter such as `textmill_engine=debug`
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info", env = "TEXTMILL_LOG")]
    pub log: String,
    /// How log lines look
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
    /// Show how far the run in an output location is
    Status(OutputArgs),
    /// Print the cleaning statistics of a run
    Report(ReportArgs),
    /// Show dropped documents with their reason, measured value and bound, and quarantined records with their cause
    Drops(DropsArgs),
    /// Check every committed file against its digest
    Verify(OutputArgs),
    /// Delete files that no resume and no reader needs
    Gc(GcArgs),
    /// List the stages and rules, or show one
    #[command(subcommand)]
    Stages(StagesCommand),
    /// Fetch models of languages, list or verify them
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Train models out of texts
    #[command(subcommand)]
    Train(TrainCommand),
    /// Run pipelines on many machines: the processes of a cluster
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Print the JSON Schema of pipeline files
    Schema,
    /// Collect documents from this machine into JSONL shards to try textmill on
    #[command(subcommand)]
    Gather(GatherCommand),
    /// Print shell completions
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
}

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
    /// Published detection to use, such as internlm2, fineweb, slimpajama; `textmill stages show minhash_dedupe`
    #[arg(long, value_name = "NAME", default_value = textmill_pipeline::DEFAULT_DEDUPE_PRESET)]
    pub preset: String,
    /// Jaccard similarity, 0 to 1, above which documents are alike [default: that of the preset, else 0.7]
    #[arg(long, value_name = "SHARE")]
    pub threshold: Option<f64>,
    /// How pairs that share a band are checked
    #[arg(long, value_enum, default_value_t)]
    pub verify: VerifyChoice,
    /// Find documents with the same text only
    #[arg(long, conflicts_with_all = ["preset", "threshold", "verify"])]
    pub exact: bool,
    /// Which document of a cluster stays: the first by this column, such as `date desc`; may be given again
    #[arg(long, value_name = "COLUMN [asc|desc]")]
    pub keep: Vec<String>,
    /// Output of an earlier run made with --index: what it kept is not kept again; may be given again
    #[arg(long, value_name = "PATH")]
    pub against: Vec<String>,
    /// Publish the keys of what stays, for --against of later runs
    #[arg(long)]
    pub index: bool,
    /// A column with its type where it is not a text, `score:float64`, or under a new name, `old_id=id`; may be given
    /// again. All other columns of Parquet stay as they are, other fields of JSONL in the column `metadata`
    #[arg(long = "column", value_name = "[NEW=]NAME[:TYPE]")]
    pub columns: Vec<String>,
    /// Field with the id; documents without one are named by file and row
    #[arg(long, value_name = "FIELD")]
    pub id: Option<String>,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    #[command(flatten)]
    pub options: RunOptionArgs,
}

/// How pairs are checked
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
    /// Rows of a batch; changes speed and memory, never the result
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub batch_rows: u32,
    /// Replace the finished run in the output location: of another configuration, or run again on the input as it is now
    #[arg(long)]
    pub overwrite: bool,
    /// List the inputs again instead of resuming the plan made before
    #[arg(long)]
    pub replan: bool,
    /// Seconds of silence after which the output of a run on another machine is taken over
    #[arg(long, value_name = "SECONDS", default_value_t = 60, env = "TEXTMILL_LEASE_SECS")]
    pub lease_secs: u64,
    /// Run on the cluster whose scheduler is at this address
    #[arg(long, value_name = "df://HOST:PORT", env = "TEXTMILL_CLUSTER")]
    pub cluster: Option<String>,
    /// Tasks and sorts that are with the cluster at once: more than it has threads
    #[arg(long, value_name = "N", default_value_t = 256, requires = "cluster")]
    pub cluster_jobs: usize,
    /// Seconds that the run goes on without a scheduler that answers or an executor that lives
    #[arg(long, value_name = "SECONDS", default_value_t = 30, env = "TEXTMILL_CLUSTER_PATIENCE_SECS")]
    pub cluster_patience_secs: u64,
    /// Number of this process, from 0, among several that share the tasks; the one that finishes last publishes
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
    /// With --task-index: after documents were compared, leave the tasks that follow to the next start of all processes
    #[arg(long, requires = "task_index")]
    pub leave_after_exchange: bool,
    /// How to print the cleaning table
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
    /// Do not show progress
    #[arg(long)]
    pub no_progress: bool,
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
    /// Do not look at the input: show stages, columns and phases only
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

/// What a run over a corpus of a declared size would cost
#[derive(Debug, Args)]
pub(crate) struct EstimateArgs {
    /// Print tasks, CPU time, bytes shuffled, scratch and memory for a corpus of a declared size instead
    #[arg(long, conflicts_with_all = ["no_inputs", "resume"])]
    pub estimate: bool,
    /// Documents of the corpus, such as 68e9
    #[arg(long, value_name = "N", requires = "estimate", value_parser = documents)]
    pub documents: Option<u64>,
    /// Size of the corpus as it is stored, such as 200TiB
    #[arg(long, value_name = "SIZE", requires = "estimate")]
    pub bytes: Option<ByteSize>,
    /// Output of a finished run over a sample: take what its stages did and cost, not the built-in table
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
    /// Put a published table beside it: wanjuan-cc, map-neo-zh, ..., or a YAML file of one
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
    /// Only records in quarantine; as JSON they have fields of their own, so that they come only when asked for
    #[arg(long)]
    pub quarantine: bool,
    /// Most documents to show
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// How to print them: JSON is one object a line
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
    /// Seconds of silence after which the output of a run on another machine is taken over
    #[arg(long, value_name = "SECONDS", default_value_t = 60, env = "TEXTMILL_LEASE_SECS")]
    pub lease_secs: u64,
    /// Age from which unfinished uploads to an object store are given up
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_UPLOAD_AGE.as_secs())]
    pub upload_age_secs: u64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Hand out work: one for a cluster
    Scheduler(SchedulerArgs),
    /// Do work: one for a machine
    Executor(ExecutorArgs),
    /// A scheduler and executors on this machine, to try a cluster out
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
    /// The scheduler
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050", env = "TEXTMILL_SCHEDULER")]
    pub scheduler: String,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub bind: std::net::IpAddr,
    /// What the driver calls this machine [default: the address; the name of the host where that is 0.0.0.0]
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Tasks at once [default: all cores]
    #[arg(long, value_name = "N", env = "TEXTMILL_THREADS", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Memory budget, such as 8GiB [default: 70 % of what the machine or its control group allows]
    #[arg(long, value_name = "SIZE", env = "TEXTMILL_MEMORY")]
    pub memory: Option<ByteSize>,
    /// Folder for sorted keys and what does not fit into memory [default: the folder for temporary files]
    #[arg(long, value_name = "DIR", env = "TEXTMILL_WORK_DIR")]
    pub work_dir: Option<PathBuf>,
    #[command(flatten)]
    pub process: ClusterProcessArgs,
}

/// Options of every process of a cluster
#[derive(Debug, Args)]
pub(crate) struct ClusterProcessArgs {
    /// Allow an address that other machines reach. Nobody is asked who he is there: the network must be closed
    #[arg(long)]
    pub allow_remote: bool,
    /// End with the process that started this one
    #[arg(long, hide = true)]
    pub exit_with_parent: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LocalClusterArgs {
    /// Executors
    #[arg(long, short = 'n', value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub executors: u16,
    /// Port of the scheduler; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub port: u16,
    /// Tasks at once of each executor [default: its share of the cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Memory budget of each executor [default: its share of 70 % of what the machine or its control group allows]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<ByteSize>,
    /// Folder for sorted keys and what does not fit into memory [default: the folder for temporary files]
    #[arg(long, value_name = "DIR", env = "TEXTMILL_WORK_DIR")]
    pub work_dir: Option<PathBuf>,
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

#[derive(Debug, Subcommand)]
pub(crate) enum TrainCommand {
    /// A fastText classifier, for the stage `classifier`
    Classifier(ClassifierArgs),
    /// An n-gram language model, for the stage `perplexity`
    Lm(LmArgs),
    /// What makes target texts likelier than raw ones, for the stage `importance`
    Importance(ImportanceArgs),
}

/// Counts of hashed words and pairs of words, after DSIR
#[derive(Debug, Args)]
pub(crate) struct ImportanceArgs {
    /// What the corpus should be like: files, folders or patterns of JSONL (also .gz, .zst) or Parquet; may be given again
    #[arg(long, value_name = "PATH", required = true)]
    pub target: Vec<String>,
    /// A sample of what it is chosen from
    #[arg(long, value_name = "PATH", required = true)]
    pub raw: Vec<String>,
    /// The model to write: .json
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// The form of the texts; the model says it to the stage
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// Words of the longest n-grams, 1 to 5
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub ngrams: u32,
    /// Buckets that n-grams are hashed to
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub buckets: u32,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// Interpolated modified Kneser-Ney. Each line of a text is a sentence
#[derive(Debug, Args)]
pub(crate) struct LmArgs {
    /// Texts: files, folders or patterns of JSONL (also .gz, .zst) or Parquet
    #[arg(required = true)]
    pub paths: Vec<String>,
    /// The model to write: .arpa, or .lm for the compact form
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// The form of the texts; the stage must be given the same
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// A `tokenizer.json` whose pieces are the words of the model, in place of --tokens; the stage must be given the same
    #[arg(long, value_name = "FILE", conflicts_with = "tokens")]
    pub tokenizer: Option<PathBuf>,
    /// Words of the longest n-grams, 1 to 6
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub order: usize,
    /// For each order, the largest count that is left out, such as 0,0,1; the last stands for the orders after it too
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub prune: Vec<u64>,
    /// Fixed discounts where the counts give none: for little text
    #[arg(long)]
    pub discount_fallback: bool,
    /// Memory for sorting; the words come on top, and what does not fit goes to TMPDIR
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub memory: ByteSize,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// Options with a fastText argument's name mean what it means there
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("examples").required(true).args(["positive", "labelled"])))]
pub(crate) struct ClassifierArgs {
    /// Texts with the label: files, folders or patterns of JSONL (also .gz, .zst) or Parquet; may be given again
    #[arg(long, value_name = "PATH", requires = "negative", conflicts_with = "labelled")]
    pub positive: Vec<String>,
    /// Texts without it
    #[arg(long, value_name = "PATH", requires = "positive")]
    pub negative: Vec<String>,
    /// Texts with a field that holds their label
    #[arg(long, value_name = "PATH", requires = "label_column")]
    pub labelled: Vec<String>,
    /// The field that holds the label
    #[arg(long, value_name = "FIELD", requires = "labelled")]
    pub label_column: Option<String>,
    /// What labels of the field mean, such as toxic=1; the first that matches is taken, and texts of no class are left
    /// out. May be given again [default: labels are classes]
    #[arg(long = "class", value_name = "LABEL=PATTERN", requires = "labelled")]
    pub classes: Vec<String>,
    /// The label whose probability is the score [default: positive]
    #[arg(long)]
    pub label: Option<String>,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// The model to write: .bin, or .ftz for a compressed one; a calibration .json is written beside it
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Texts whose scores the calibration is made of, where the examples are no fair sample
    #[arg(long, value_name = "PATH")]
    pub calibrate_on: Vec<String>,
    /// The form of the texts; the stage must be given the same
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// Share of the examples to measure with
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub held_out: f64,
    /// Choose learning rate, epochs and word n-grams by trying 16 combinations on the held-out examples
    #[arg(long, conflicts_with_all = ["learning_rate", "epochs", "word_ngrams"])]
    pub autotune: bool,
    /// Numbers in a vector
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub dim: u32,
    /// How often each example is seen
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub epochs: u32,
    /// Size of the first steps
    #[arg(long, value_name = "RATE", default_value_t = 0.1)]
    pub learning_rate: f64,
    /// Longest n-grams of words
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub word_ngrams: u32,
    /// Shortest n-grams of characters
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub min_n: u32,
    /// Longest n-grams of characters; 0 for none
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_n: u32,
    /// Rows for n-grams
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    pub buckets: u32,
    /// Words that are there less often are left out
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub min_count: u32,
    /// Rows that a compressed model keeps [default: all]
    #[arg(long, value_name = "N")]
    pub cutoff: Option<u32>,
    /// Where random numbers start
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
    /// Threads; only with one is the model always the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: u16,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// The form of texts for a model of words
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokensChoice {
    /// As they are; words are what stands between blanks
    Blanks,
    /// Lower case, punctuation apart, characters of scripts without blanks alone
    #[default]
    Words,
    /// As `words`, Chinese cut by jieba
    Jieba,
}

impl TokensChoice {
    pub(crate) fn tokens(self) -> textmill_score::Tokens {
        match self {
            Self::Blanks => textmill_score::Tokens::Blanks,
            Self::Words => textmill_score::Tokens::Words,
            Self::Jieba => textmill_score::Tokens::Jieba,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum GatherCommand {
    /// The documentation of the crates that cargo has downloaded: read-mes, change logs, licences,
    /// doc comments
    CargoDocs {
        /// Folder for the JSONL shards
        #[arg(long, short, value_name = "DIR")]
        output: PathBuf,
        /// Folder with the sources of the downloaded crates [default: the one cargo uses]
        #[arg(long, value_name = "DIR")]
        registry: Option<PathBuf>,
        /// Size of a shard
        #[arg(long, value_name = "SIZE", default_value = "16MiB")]
        shard_bytes: ByteSize,
        /// Stop after this much text
        #[arg(long, value_name = "SIZE")]
        limit_bytes: Option<ByteSize>,
        /// Replace the shards in a folder that is not empty
        #[arg(long)]
        overwrite: bool,
    },
}
