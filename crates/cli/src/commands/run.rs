use std::sync::Arc;
use std::time::{Duration, Instant};

use textmill_engine::{
    ArrayOutcome, Cancel, ClusterEngine, ClusterOptions, Engine, InputChange, LocalEngine, MemoryBudget, Progress,
    RunOptions, RunOutcome, input_change,
};
use textmill_pipeline::{Pipeline, unexpanded, unexpanded_hint};
use textmill_report::{cleaning_table, to_json, to_text};
use textmill_store::Store;

use super::report::summary;
use super::{array, block_on, data, limits};
use crate::args::{RunArgs, RunOptionArgs, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output, progress, signals};

/// I/O threads: they wait for files and sockets, the worker threads do the computing.
pub(super) const IO_THREADS: usize = 2;

pub(super) fn run(args: &RunArgs) -> Result<Exit, CommandError> {
    pipeline(textmill_pipeline::load(&args.file)?, &args.options)
}

/// Runs `pipeline`, or resumes it.
pub(super) fn pipeline(pipeline: Pipeline, args: &RunOptionArgs) -> Result<Exit, CommandError> {
    for warning in &pipeline.warnings {
        output::warning(warning);
    }
    let location = output_location(&pipeline, args.output.as_deref())?;
    let store = Store::open(&location)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.map_or(cores, usize::from);
    start_workers(threads)?;
    allow_open_files();
    // Sorts run there too.
    block_on(IO_THREADS.max(threads), start(args, pipeline, store, threads))
}

/// Raises the number of files and connections that may be open to what the system allows: a merge on a cluster has one
/// connection for each sorted run, and the usual bound of 1,024 is one of old programs.
fn allow_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the bound on open files stays");
    }
}

/// Starts the threads that do the computing.
pub(super) fn start_workers(threads: usize) -> Result<(), CommandError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("worker-{index}"));
    // Whoever waits for the job learns that it is gone; without this the process would abort.
    let pool = pool.panic_handler(|panic| tracing::error!("a worker panicked: {}", crate::panic_message(&*panic)));
    pool.build_global().map_err(|error| CommandError::Threads(error.to_string()))
}

async fn start(args: &RunOptionArgs, pipeline: Pipeline, store: Store, threads: usize) -> Result<Exit, CommandError> {
    let member = array::member(args)?;
    let options = RunOptions {
        memory: MemoryBudget::new(args.memory),
        batch_rows: usize::try_from(args.batch_rows).unwrap_or(1024),
        overwrite: args.overwrite,
        replan: args.replan,
        lease: Duration::from_secs(args.lease_secs),
        progress: Arc::new(Progress::default()),
        cancel: Cancel::default(),
    };
    let engine = engine(args, &pipeline, &store, LocalEngine::new(threads, options.memory)?);
    signals::watch(options.cancel.clone());
    let shown = progress::Shown::start(Arc::clone(&options.progress), !args.no_progress);
    let started = Instant::now();
    let outcome = match member {
        Some(member) => textmill_engine::run_array(&pipeline, &store, &options, engine.as_ref(), member).await,
        None => textmill_engine::run(&pipeline, &store, &options, engine.as_ref())
            .await
            .map(|run| ArrayOutcome::Published(Box::new(run))),
    };
    drop(shown);
    match array::published(outcome?, args.format)? {
        Some(outcome) => {
            let elapsed = started.elapsed();
            let change = if outcome.already_complete {
                Some(input_change(&pipeline, &store, &outcome.plan).await?)
            } else {
                None
            };
            finish(args, &pipeline, &store, &outcome, change.as_ref(), elapsed)
        }
        None => Ok(Exit::Done),
    }
}

/// Where tasks and sorts run: on the cluster of `--cluster`, or in this process.
fn engine(args: &RunOptionArgs, pipeline: &Pipeline, store: &Store, local: LocalEngine) -> Box<dyn Engine> {
    let Some(url) = args.cluster.clone() else { return Box::new(local) };
    let patience = Duration::from_secs(args.cluster_patience_secs);
    let options = ClusterOptions { url, jobs: args.cluster_jobs, patience };
    Box::new(ClusterEngine::new(options, pipeline, store, local))
}

fn finish(
    args: &RunOptionArgs,
    pipeline: &Pipeline,
    store: &Store,
    outcome: &RunOutcome,
    change: Option<&InputChange>,
    elapsed: Duration,
) -> Result<Exit, CommandError> {
    for note in outcome.plan.notes.iter().filter(|_| !outcome.already_complete) {
        output::warning(note);
    }
    // A resumed run did only a part of the work in this time.
    let seconds = (!outcome.already_complete && !outcome.resumed).then_some(elapsed.as_secs_f64());
    let run = &outcome.manifest;
    let table = cleaning_table(&summary(run, store.location(), seconds));
    match args.format {
        TableFormat::Text => output::data(&to_text(&table, output::width(), output::color_stdout()))?,
        TableFormat::Json => output::data(&to_json(&table)?)?,
    }
    match change {
        None => {}
        Some(change) if change.is_none() => {
            output::line("this run was already complete, and its input has not changed; nothing was done");
        }
        Some(change) => {
            output::line("this run was already complete; nothing was done");
            output::warning(&format!(
                "the input has changed since this run read it: {change}; --overwrite runs again on the present input"
            ));
        }
    }
    data::say_where(run, store);
    Ok(if limits::hold(run, outcome.plan.input_bytes(), &pipeline.limits) { Exit::Done } else { Exit::OverLimit })
}

/// `--output`, or `output.path` of the pipeline file.
pub(super) fn output_location(pipeline: &Pipeline, asked: Option<&str>) -> Result<String, CommandError> {
    let location = asked.map(str::to_owned).or_else(|| pipeline.output.path.clone());
    let location = location
        .ok_or_else(|| CommandError::usage("no output location", "set `output.path` in the file, or give --output"))?;
    // The pipeline file was looked through already.
    refuse_unexpanded(&location)?;
    Ok(location)
}

/// Refuses an output with a part that a shell would have replaced: it leaves `--output=~/x` and quoted ones alone.
pub(super) fn refuse_unexpanded(location: &str) -> Result<(), CommandError> {
    match unexpanded(location) {
        Some(found) => Err(CommandError::usage(
            format!("`{found}` in the output location `{location}` is not replaced"),
            unexpanded_hint(location, &found),
        )),
        None => Ok(()),
    }
}
