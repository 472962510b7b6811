use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use textmill_engine::status;
use textmill_pipeline::stage_kind;
use textmill_report::{
    DatasetSize, RunSummary, cleaning_table, compare, count, to_html, to_json, to_markdown, to_text,
};
use textmill_store::manifest::{EqualIds, RunManifest, TaskMetrics};

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
            tasks_done: status.tasks_done(),
            tasks_total: status.tasks(),
            output: store.location().to_owned(),
            ..RunSummary::default()
        },
    };
    let table = cleaning_table(&summary);
    let comparison = match &args.compare {
        Some(_) if matches!(args.format, ReportFormat::Html) => {
            let hint = "leave --compare out, or take --format text, markdown or json";
            return Err(CommandError::usage("the HTML report cannot show a comparison", hint));
        }
        Some(name) => Some(compare(&table, name, |kind| stage_kind(kind).is_some_and(|kind| kind.is_step))?),
        None => None,
    };
    let to_file = args.to.as_ref().is_some_and(|path| path.as_os_str() != "-");
    let (width, color) = (output::width(), output::color_stdout() && !to_file);
    let text = match args.format {
        ReportFormat::Text => to_text(&table, width, color),
        ReportFormat::Json => to_json(&table)?,
        ReportFormat::Markdown => to_markdown(&table),
        ReportFormat::Html => to_html(&table)?,
    };
    let text = match (comparison, args.format) {
        (None, _) => text,
        (Some(comparison), ReportFormat::Json) => {
            let both = serde_json::json!({"report": table, "comparison": comparison});
            serde_json::to_string_pretty(&both).map_err(|error| CommandError::Stdout(error.into()))?
        }
        (Some(comparison), ReportFormat::Markdown) => format!("{text}\n{}", comparison.to_markdown()),
        (Some(comparison), ReportFormat::Text | ReportFormat::Html) => {
            format!("{text}{}", comparison.to_text(width, color))
        }
    };
    let file = match (&args.to, args.format) {
        (Some(path), _) if path.as_os_str() == "-" => None,
        (Some(path), _) => Some(path.clone()),
        // A terminal has no use for a page.
        (None, ReportFormat::Html) => Some(page_beside(store.location())),
        (None, _) => None,
    };
    let Some(path) = file else {
        output::data(&text)?;
        return Ok(Exit::Done);
    };
    let mut text = text;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    std::fs::write(&path, text).map_err(|source| CommandError::Write { path: path.clone(), source })?;
    output::line(&format!("report: {}", path.display()));
    Ok(Exit::Done)
}

/// Where the page of the run in `location` goes: beside it, or into the current folder where it is in an object store.
fn page_beside(location: &str) -> PathBuf {
    let location = location.trim_end_matches('/');
    let name = location.rsplit('/').find(|part| !part.is_empty()).unwrap_or("textmill");
    let page = format!("{name}-report.html");
    match location.strip_prefix("file://").unwrap_or(location) {
        path if !path.contains("://") => Path::new(path).with_file_name(page),
        _ => PathBuf::from(page),
    }
}

/// A published run as the report crate wants it.
pub(super) fn summary(run: &RunManifest, location: &str, wall_seconds: Option<f64>) -> RunSummary {
    let datasets = run.datasets.iter().map(|(dataset, files)| {
        let rows = files.iter().map(|file| file.rows).sum();
        let bytes = files.iter().map(|file| file.bytes).sum();
        (dataset.name().to_owned(), DatasetSize { files: files.len() as u64, rows, bytes })
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
        warnings: run.equal_ids.iter().map(equal_ids).collect(),
    }
}

/// What is to be said of ids that several documents have.
fn equal_ids(equal: &EqualIds) -> String {
    let about = if equal.exact { "" } else { "about " };
    let noun = if equal.documents == 1 { "document has" } else { "documents have" };
    format!(
        "{about}{} {noun} an id that an earlier document of the input has; `shard` and `row` in _duplicates/ tell them \
         apart",
        count(equal.documents)
    )
}

fn cpu_seconds(metrics: &TaskMetrics) -> BTreeMap<String, f64> {
    metrics.cpu_micros.iter().map(|(stage, micros)| (stage.clone(), *micros as f64 / 1e6)).collect()
}
