use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use serde::{Deserialize, Serialize};
use textmill_document::{Imbalance, StageError};
use textmill_exchange::ExchangeError;
use textmill_ingest::IngestError;
use textmill_store::StoreError;

/// Whose fault an error is; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The command or the pipeline file asks for something that cannot be done.
    Usage,
    /// An input cannot be read, or changed under the run.
    Input,
    /// The output location fails.
    Storage,
    /// The result breaks a bound that the pipeline file sets; nothing was published.
    OverLimit,
    /// Not enough memory or another resource for the run as asked.
    Resources,
    /// Committed data is damaged or the counts do not balance.
    Integrity,
    /// The run was asked to stop; it can be resumed.
    Interrupted,
    /// A fault of textmill itself.
    Bug,
}

/// Why a run, or a command on its output, failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Planning found unusable inputs; each is listed.
    #[error("{} input problem(s):\n{}", .0.len(), join(.0))]
    Inputs(Vec<IngestError>),
    /// Reading a split failed.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The output location failed, or what lies there is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another run owns the output.
    #[error(transparent)]
    Owner(#[from] textmill_store::owner::AcquireError),
    /// A stage broke its contract or got columns it did not declare.
    #[error("stage `{stage}`: {error}")]
    Stage {
        /// Id of the stage.
        stage: String,
        /// What it did.
        error: StageError,
    },
    /// Counts do not balance: documents were lost or doubled. Nothing was published.
    #[error("{0}; nothing was published. This is a bug in textmill: please report it with the pipeline file")]
    Imbalance(#[from] Imbalance),
    /// The two sides of a hand-over disagree.
    #[error("{place}: {found}, but {expected} were handed over; nothing was published")]
    HandOver {
        /// Where the rows were handed over.
        place: String,
        /// What arrived.
        found: String,
        /// What was sent.
        expected: String,
    },
    /// The output holds the finished run of another configuration.
    #[error(
        "{output} holds the finished run `{name}` of another configuration or input ({documents} documents); \
         write to another output, or replace it with --overwrite"
    )]
    OutputTaken {
        /// The output location.
        output: String,
        /// Name of the run that is there.
        name: String,
        /// Documents it published.
        documents: u64,
    },
    /// The output holds the plan of another configuration, where all members of an array need one plan.
    #[error(
        "{output} holds the unfinished run `{name}` of another configuration: give all members of an array the same \
         pipeline file and the same version of textmill, or write to another output"
    )]
    OtherPlan {
        /// The output location.
        output: String,
        /// Name of the run that is there.
        name: String,
    },
    /// An input lies where the run writes.
    #[error(
        "{input} lies in the output {output}: a run must not read what it writes; move the input, write to another \
             output, or make `input.paths` narrower"
    )]
    InputInOutput {
        /// The file.
        input: String,
        /// The output location.
        output: String,
    },
    /// The run would write where it reads.
    #[error(
        "the output {output} is the input folder {folder} or lies in it: what is written there would be read as input; \
         write to a folder beside it"
    )]
    OutputInInput {
        /// The output location.
        output: String,
        /// The folder, as in `input.paths`.
        folder: String,
    },
    /// Files of the run that was published are not there any more.
    #[error(
        "{output} holds this run, finished, but {path} {problem}: restore it, or make all files again with --overwrite"
    )]
    PublishedGone {
        /// The output location.
        output: String,
        /// The first such file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no run at the location.
    #[error("{0} holds no textmill run (there is no _textmill/plan); check the path")]
    NoRun(String),
    /// The run has not been published yet.
    #[error("the run in {0} is not finished; resume it with the same `textmill run` command")]
    Unfinished(String),
    /// The memory budget is below what one task needs.
    #[error("the memory budget of {budget} is too small: one task needs about {needed}; raise --memory")]
    Memory {
        /// The budget.
        budget: textmill_document::ByteSize,
        /// What one task needs.
        needed: textmill_document::ByteSize,
    },
    /// What an earlier run left cannot be compared with.
    #[error("the index in {location} cannot be used: {problem}")]
    UnusableIndex {
        /// Where it should be.
        location: String,
        /// What is wrong.
        problem: String,
    },
    /// More than one stage makes an index.
    #[error("stages {} all have `index: true`, but a run publishes one index; leave it to one of them", .0.join(", "))]
    SeveralIndexes(Vec<String>),
    /// A deduplication removes more of a source than the pipeline file allows.
    #[error(
        "stage `{stage}` removes {removed} of {documents} documents of `{source_name}`, more than `max_removed_ratio` \
         {bound} allows; nothing was published. Look at what it joins with a higher `threshold`, or raise the bound"
    )]
    TooManyRemoved {
        /// Id of the stage.
        stage: String,
        /// The source.
        source_name: String,
        /// Documents removed of it.
        removed: u64,
        /// Documents of it.
        documents: u64,
        /// The bound.
        bound: f64,
    },
    /// A deduplication was given more documents than it can number.
    #[error("stage `{stage}` compares at most {} documents; cut the input into several runs", u32::MAX)]
    TooManyDocuments {
        /// Id of the stage.
        stage: String,
    },
    /// The memory budget is below what comparing the documents needs.
    #[error(
        "stage `{stage}` compares {documents} documents, which needs a budget of at least {needed}, and the budget is \
         {budget}; raise --memory, or cut the input into several runs with `against`. What is committed is kept"
    )]
    ComparisonMemory {
        /// Id of the stage.
        stage: String,
        /// Documents that it compares.
        documents: u32,
        /// The budget.
        budget: textmill_document::ByteSize,
        /// What is needed.
        needed: textmill_document::ByteSize,
    },
    /// A selection of the highest has too many groups.
    #[error("stage `{stage}`: `within` has more than {bound} values; choose a column with fewer")]
    TooManyGroups {
        /// Id of the stage.
        stage: String,
        /// Most values.
        bound: usize,
    },
    /// A bound on clusters needs more pairs at once than memory allows.
    #[error(
        "stage `{stage}` needs all pairs of similar documents in memory to bound clusters by `max_cluster`; raise \
         --memory, or leave `max_cluster` out"
    )]
    TooManyPairs {
        /// Id of the stage.
        stage: String,
    },
    /// Shards of this size cannot be published there.
    #[error(
        "output.shard_bytes is {bytes}, and {output} is an object store, where shards are copied when they are published: \
         at most 4 GiB"
    )]
    ShardBytes {
        /// The output.
        output: String,
        /// The size.
        bytes: u64,
    },
    /// The run was asked to stop.
    #[error("interrupted; everything committed so far is kept, and the same command resumes the run")]
    Interrupted,
    /// DataFusion failed on an exchange plan.
    #[error("exchange `{name}`: {error}")]
    Exchange {
        /// Name of the exchange.
        name: String,
        /// DataFusion's error.
        error: DataFusionError,
    },
    /// The address of a cluster is none.
    #[error("`{0}` is no address of a cluster; write df://HOST:PORT, as `textmill cluster scheduler` prints it")]
    ClusterAddress(String),
    /// The cluster cannot do what it is asked.
    #[error("the cluster at {address}: {reason}; what is committed is kept, and the same command resumes the run")]
    Cluster {
        /// Address of its scheduler.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A task or sort failed on an executor, and would fail on others.
    #[error("{message} (on executor {executor})")]
    Remote {
        /// The executor.
        executor: String,
        /// Whose fault it is.
        kind: ErrorKind,
        /// What went wrong there.
        message: String,
    },
    /// Every process that worked on a task died.
    #[error(
        "task {task} of phase {phase} ({split}) is given up: {attempts} executors died at work on it, of too little \
         memory or a crash; their logs say more. Run it alone with more memory, take the file out of the input, or set \
         `input.on_unreadable: quarantine`, which counts the whole split as unreadable"
    )]
    GivenUp {
        /// The phase.
        phase: String,
        /// The task.
        task: String,
        /// Where its documents are from.
        split: String,
        /// Executors that died.
        attempts: usize,
    },
    /// Driver and executor are not of one version.
    #[error("the driver is textmill {theirs}, this executor is {own}; start both from the same build")]
    OtherVersion {
        /// Version of the driver.
        theirs: String,
        /// Version of the executor.
        own: String,
    },
    /// The pipeline file cannot be used on an executor as it is by the driver.
    #[error(
        "{0}\nFiles that a pipeline names must be on every machine, equal and under the same path (a relative one counts \
         from the folder in which the executor was started)"
    )]
    OtherNode(String),
    /// A process of a cluster cannot do its service.
    #[error("{what}: {reason}")]
    Service {
        /// What it was about.
        what: String,
        /// Why it cannot.
        reason: String,
    },
    /// The sorted records of an exchange failed.
    #[error("exchange `{name}`: {error}")]
    Records {
        /// Id of the stage.
        name: String,
        /// What failed.
        error: ExchangeError,
    },
    /// Something that cannot happen did.
    #[error("{0}. This is a bug in textmill: please report it")]
    Bug(String),
}

fn join(errors: &[IngestError]) -> String {
    errors.iter().map(|error| format!("  {error}")).collect::<Vec<_>>().join("\n")
}

impl EngineError {
    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        use textmill_ingest::IngestErrorKind as Ingest;
        use textmill_store::StoreErrorKind as Store;
        let ingest_kind = |error: &IngestError| match error.kind() {
            Ingest::Config => ErrorKind::Usage,
            Ingest::Unreadable | Ingest::Changed => ErrorKind::Input,
            _ => ErrorKind::Storage,
        };
        match self {
            Self::Inputs(errors) => errors.first().map_or(ErrorKind::Input, ingest_kind),
            Self::Ingest(error) => ingest_kind(error),
            Self::Store(error) => match error.kind() {
                Store::Integrity => ErrorKind::Integrity,
                Store::Config => ErrorKind::Usage,
                _ => ErrorKind::Storage,
            },
            Self::Owner(error) if error.is_held() => ErrorKind::Usage,
            Self::Owner(_) => ErrorKind::Storage,
            Self::ClusterAddress(_) | Self::OtherVersion { .. } | Self::OtherNode(_) => ErrorKind::Usage,
            Self::Cluster { .. } | Self::Service { .. } => ErrorKind::Resources,
            Self::Remote { kind, .. } => *kind,
            Self::GivenUp { .. } => ErrorKind::Input,
            Self::OutputTaken { .. } | Self::OtherPlan { .. } => ErrorKind::Usage,
            Self::InputInOutput { .. } | Self::OutputInInput { .. } => ErrorKind::Usage,
            Self::NoRun(_) | Self::Unfinished(_) | Self::ShardBytes { .. } => ErrorKind::Usage,
            Self::TooManyRemoved { .. } => ErrorKind::OverLimit,
            Self::TooManyGroups { .. }
            | Self::TooManyDocuments { .. }
            | Self::UnusableIndex { .. }
            | Self::SeveralIndexes(_) => ErrorKind::Usage,
            Self::Memory { .. } | Self::ComparisonMemory { .. } | Self::TooManyPairs { .. } => ErrorKind::Resources,
            Self::Exchange { error, .. } => match error.find_root() {
                // Nothing but the folder for temporary files is read or written there.
                DataFusionError::ResourcesExhausted(_) | DataFusionError::IoError(_) => ErrorKind::Resources,
                DataFusionError::ArrowError(error, _) if matches!(**error, ArrowError::IoError(..)) => {
                    ErrorKind::Resources
                }
                _ => ErrorKind::Bug,
            },
            Self::Records { error, .. } => match error {
                ExchangeError::Io { .. } | ExchangeError::TooManyNumbers(_) => ErrorKind::Resources,
                ExchangeError::Damaged { .. } | ExchangeError::OtherText { .. } => ErrorKind::Integrity,
                ExchangeError::OtherRecords { .. } | ExchangeError::Documents(_) => ErrorKind::Bug,
            },
            Self::Imbalance(_) | Self::HandOver { .. } | Self::PublishedGone { .. } => ErrorKind::Integrity,
            Self::Interrupted => ErrorKind::Interrupted,
            Self::Stage { .. } | Self::Bug(_) => ErrorKind::Bug,
        }
    }
}
