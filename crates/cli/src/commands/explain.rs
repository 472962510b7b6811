use serde_json::json;
use textmill_document::ByteSize;
use textmill_engine::{
    EngineError, Reuse, RunPlan, TaskSpec, Work, input_change, plan_again, plan_run, reusable, status,
};
use textmill_pipeline::{Pipeline, explain};
use textmill_store::Store;

use super::block_on;
use super::run::output_location;
use crate::args::{ExplainArgs, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

struct Planned {
    plan: RunPlan,
    /// For each task whether its result is committed; absent unless asked for.
    reused: Option<Vec<bool>>,
    /// Whether the plan's run is published already.
    complete: bool,
}

pub(super) fn run(args: &ExplainArgs) -> Result<Exit, CommandError> {
    if args.estimate.estimate {
        return super::estimate::run(args);
    }
    let mut pipeline = textmill_pipeline::load(&args.file)?;
    if args.output.is_some() {
        pipeline.output.path.clone_from(&args.output);
    }
    let explanation = explain(&pipeline);
    let planned = if args.no_inputs {
        None
    } else {
        let store =
            if args.resume { Some(Store::open(&output_location(&pipeline, args.output.as_deref())?)?) } else { None };
        Some(block_on(2, async {
            let plan = match &store {
                Some(store) => plan_again(&pipeline, store).await?,
                None => plan_run(&pipeline).await?,
            };
            let reused = match &store {
                Some(store) => Some(reusable(store, &plan.tasks).await?.iter().map(is_reused).collect()),
                None => None,
            };
            let complete = match &store {
                Some(store) => is_complete(&pipeline, store, &plan).await?,
                None => false,
            };
            Ok(Planned { plan, reused, complete })
        })?)
    };
    match args.format {
        TableFormat::Json => {
            let tasks = planned.as_ref().map(tasks_json);
            output::json(&json!({"pipeline": explanation, "tasks": tasks}))?;
        }
        TableFormat::Text => {
            let tasks = planned.as_ref().map(tasks_text).unwrap_or_default();
            output::data(&format!("{explanation}{tasks}"))?;
        }
    }
    Ok(Exit::Done)
}

/// Whether the run is published and its input is what it was, whatever time stamps the files have.
async fn is_complete(pipeline: &Pipeline, store: &Store, plan: &RunPlan) -> Result<bool, CommandError> {
    let status = match status(store).await {
        Ok(status) => status,
        Err(EngineError::NoRun(_)) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    if status.published.as_ref().is_some_and(|run| run.run_key == plan.run_key) {
        return Ok(true);
    }
    let is_this = status.is_complete() && status.plan.config_key == plan.config_key;
    Ok(is_this && input_change(pipeline, store, &status.plan).await?.is_none())
}

fn is_reused(found: &Reuse) -> bool {
    matches!(found, Reuse::Committed(_))
}

fn tasks_json(planned: &Planned) -> serde_json::Value {
    let task = |(index, task): (usize, &TaskSpec)| {
        json!({
            "task": task.label(),
            "key": task.key,
            "input": input_name(task),
            "bytes": input_bytes(task),
            "reused": planned.reused.as_ref().and_then(|reused| reused.get(index)),
        })
    };
    json!({
        "complete": planned.complete,
        "notes": planned.plan.notes,
        "unreadable": planned.plan.unreadable,
        "tasks": planned.plan.tasks.iter().enumerate().map(task).collect::<Vec<_>>(),
    })
}

fn tasks_text(planned: &Planned) -> String {
    let tasks = &planned.plan.tasks;
    let bytes: u64 = tasks.iter().map(input_bytes).sum();
    let mut text = format!("\ntasks: {} over {} of input\n", tasks.len(), ByteSize(bytes));
    for note in planned.plan.notes.iter().chain(&planned.plan.unreadable) {
        text.push_str(&format!("  note: {}\n", output::printable(note)));
    }
    if planned.complete {
        text.push_str("resume: the run is published; nothing would run\n");
        return text;
    }
    let Some(reused) = &planned.reused else { return text };
    let count = reused.iter().filter(|reused| **reused).count();
    text.push_str(&format!("resume: {count} of {} tasks are committed and would be reused\n", tasks.len()));
    for (task, _) in tasks.iter().zip(reused).filter(|(_, reused)| !**reused) {
        let name = output::printable(&input_name(task));
        text.push_str(&format!(
            "  {} runs: no committed result for this input and configuration ({name})\n",
            task.label()
        ));
    }
    text
}

fn input_name(task: &TaskSpec) -> String {
    match &task.work {
        Work::Split(split) => match (split.row_groups, split.part) {
            (Some((first, end)), _) => format!("{} row groups {first}..{end}", split.shard.name),
            (None, Some(part)) => format!("{} bytes {}..{}", split.shard.name, part.start, part.end),
            (None, None) => split.shard.name.clone(),
        },
        Work::Continue(handed) => handed.shard.clone(),
        Work::Compact { dataset, sources, .. } => format!("{} files of {}", sources.len(), dataset.name()),
    }
}

fn input_bytes(task: &TaskSpec) -> u64 {
    match &task.work {
        Work::Split(split) => split.bytes,
        Work::Continue(handed) => handed.documents.values().flatten().map(|file| file.bytes).sum(),
        Work::Compact { sources, .. } => sources.iter().map(|file| file.bytes).sum(),
    }
}
