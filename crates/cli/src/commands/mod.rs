mod array;
mod cluster;
mod data;
mod dedupe;
mod estimate;
mod explain;
mod gather;
mod inspect;
mod limits;
mod models;
mod report;
mod run;
mod stages;
mod train;
mod validate;

use std::future::Future;

use clap::CommandFactory;
use textmill_engine::EngineError;
use textmill_ingest::IngestError;
use textmill_store::Store;

use crate::args::{Cli, Command};
use crate::exit::CommandError;
use crate::{Exit, output};

/// Runs the command.
pub(crate) fn dispatch(cli: Cli) -> Result<Exit, CommandError> {
    match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Dedupe(args) => dedupe::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Status(args) => inspect::status(&args),
        Command::Report(args) => report::run(&args),
        Command::Drops(args) => data::drops(&args),
        Command::Verify(args) => inspect::verify(&args),
        Command::Gc(args) => inspect::gc(&args),
        Command::Stages(command) => stages::run(&command),
        Command::Models(command) => models::run(&command),
        Command::Train(command) => train::run(&command),
        Command::Cluster(command) => cluster::run(&command),
        Command::Schema => output::json(&textmill_pipeline::schema()).map(|()| Exit::Done),
        Command::Gather(command) => gather::run(&command),
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "textmill", &mut script);
    output::data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Runs asynchronous work on a runtime of `threads` I/O threads.
fn block_on<T>(threads: usize, work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::Threads(error.to_string()))?;
    let result = runtime.block_on(work);
    // A read that hangs in the kernel must not keep the process alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

/// `error` with the options that name fields, as in "--text names", where it is about fields that documents do not have:
/// a command without a pipeline file has no other way to name them.
fn fields_by_options(error: CommandError, options: &str) -> CommandError {
    let is_about_fields = |error: &IngestError| matches!(error, IngestError::Columns { .. });
    match error {
        CommandError::Engine(EngineError::Inputs(errors)) if errors.iter().any(is_about_fields) => CommandError::usage(
            EngineError::Inputs(errors).to_string(),
            format!("{options} the fields of the documents"),
        ),
        other => other,
    }
}

/// Opens a location that a command reads from.
fn open(location: &str) -> Result<Store, CommandError> {
    Ok(Store::open(location)?)
}
