use std::collections::BTreeMap;

use textmill_engine::status;
use textmill_report::{DatasetSize, RunSummary, cleaning_table, compare, to_html, to_json, to_markdown, to_text};
use textmill_store::manifest::{RunManifest, TaskMetrics};

use super::{block_on, open};
use crate::args::{ReportArgs, ReportFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

pub(super) fn run(args: &ReportArgs) -> Result<Exit, CommandError> {
    let store = open(&args.output)?;
    let status = block_on(1, async { Ok(status(&store).await?) })?;
    let summary = match &status.published {
        Some(run) if status.is_complete() => summary(run, store.location(), None),
        _ => RunSummary {
            name: status.plan.name.clone(),
            ledger: status.ledger.clone(),
            complete: false,
            tasks_done: status.tasks_done,
            tasks_total: status.plan.tasks.len() as u64,
            output: store.location().to_owned(),
            ..RunSummary::default()
        },
    };
    let table = cleaning_table(&summary);
    let comparison = match &args.compare {
        Some(_) if matches!(args.format, ReportFormat::Html) => {
            let hint = "leave --compare out, or take --format text, markdown or json";
            return Err(CommandError::usage("the HTML report has no place for a comparison", hint));
        }
        Some(name) => Some(compare(&table, name)?),
        None => None,
    };
    let text = match args.format {
        ReportFormat::Text => to_text(&table, output::width(), output::color_stdout()),
        ReportFormat::Json => to_json(&table)?,
        ReportFormat::Markdown => to_markdown(&table),
        ReportFormat::Html => to_html(&table)?,
    };
    let Some(comparison) = comparison else {
        output::data(&text)?;
        return Ok(Exit::Done);
    };
    match args.format {
        ReportFormat::Json => output::json(&serde_json::json!({"report": table, "comparison": comparison}))?,
        ReportFormat::Markdown => output::data(&format!("{text}\n{}", comparison.to_markdown()))?,
        ReportFormat::Text | ReportFormat::Html => {
            output::data(&text)?;
            output::data(&comparison.to_text(output::width(), output::color_stdout()))?;
        }
    }
    Ok(Exit::Done)
}

/// A published run as the report crate wants it.
pub(super) fn summary(run: &RunManifest, location: &str, wall_seconds: Option<f64>) -> RunSummary {
    let datasets = run.datasets.iter().map(|(dataset, files)| {
        let rows = files.iter().map(|file| file.rows).sum();
        let bytes = files.iter().map(|file| file.bytes).sum();
        (dataset.dir_name().to_owned(), DatasetSize { files: files.len() as u64, rows, bytes })
    });
    RunSummary {
        name: run.name.clone(),
        ledger: run.ledger.clone(),
        complete: true,
        tasks_done: run.tasks,
        tasks_total: run.tasks,
        wall_seconds,
        stage_cpu_seconds: cpu_seconds(&run.metrics),
        digest: Some(run.digest.clone()),
        output: location.to_owned(),
        datasets: datasets.collect(),
        clusters: run.clusters.clone(),
        quarantined_shards: run.unreadable.clone(),
        warnings: Vec::new(),
    }
}

fn cpu_seconds(metrics: &TaskMetrics) -> BTreeMap<String, f64> {
    metrics.cpu_micros.iter().map(|(stage, micros)| (stage.clone(), *micros as f64 / 1e6)).collect()
}
