use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use textmill_document::columns;
use textmill_engine::{EngineError, read_dropped, read_quarantine, status};
use textmill_report::{DropSample, DropsOptions, QuarantineSample, drops_text, json_lines, quarantine_text};
use textmill_store::Store;
use textmill_store::manifest::{Dataset, RunManifest};
use textmill_store::writer::OutputFormat;

use super::{block_on, open};
use crate::args::{DropsArgs, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

pub(super) fn drops(args: &DropsArgs) -> Result<Exit, CommandError> {
    let store = open(&args.output)?;
    let reason = args.reason.as_deref();
    let (run, dropped, quarantined) = block_on(1, async {
        let status = status(&store).await?;
        let run = status.published.ok_or_else(|| EngineError::Unfinished(store.location().to_owned()))?;
        let limit = if args.quarantine { 0 } else { args.limit };
        let dropped = read_dropped(&store, &run, reason, limit).await?;
        let quarantined = read_quarantine(&store, &run, reason, args.limit).await?;
        Ok((run, dropped, quarantined))
    })?;
    check_reason(args, &run)?;
    let dropped: Vec<DropSample> = dropped.iter().flat_map(samples).collect();
    let quarantined: Vec<QuarantineSample> = quarantined.iter().flat_map(quarantine_samples).collect();
    match args.format {
        TableFormat::Json if args.quarantine => output::data(&json_lines(&quarantined)?)?,
        TableFormat::Json => output::data(&json_lines(&dropped)?)?,
        TableFormat::Text => {
            let color = output::color_stdout();
            let options = DropsOptions { ledger: Some(&run.ledger), color, ..DropsOptions::default() };
            let mut blocks = Vec::new();
            if !dropped.is_empty() || quarantined.is_empty() {
                blocks.push(drops_text(&dropped, &options));
            }
            if !quarantined.is_empty() {
                blocks.push(quarantine_text(&quarantined, Some(&run.ledger), color));
            }
            output::data(&blocks.join("\n"))?;
        }
    }
    if dropped.is_empty() && quarantined.is_empty() {
        output::line("this output keeps no dropped documents (`output.dropped` decides how many are kept)");
    }
    if args.format == TableFormat::Json && !args.quarantine && !quarantined.is_empty() {
        output::line("there are records in quarantine as well: --quarantine prints them");
    }
    Ok(Exit::Done)
}

/// A reason that no document was dropped for is more likely a slip of the keyboard.
fn check_reason(args: &DropsArgs, run: &RunManifest) -> Result<(), CommandError> {
    let codes = run.ledger.stages.iter().flat_map(|stage| {
        let dropped = stage.dropped.keys().filter(|_| !args.quarantine);
        dropped.chain(stage.quarantined.keys()).map(String::as_str)
    });
    let mut known: Vec<&str> = codes.collect();
    known.sort_unstable();
    known.dedup();
    match &args.reason {
        Some(reason) if !known.contains(&reason.as_str()) => Err(CommandError::usage(
            format!("no document was dropped or quarantined for `{reason}`"),
            format!("reasons of this run: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }),
        )),
        _ => Ok(()),
    }
}

fn quarantine_samples(batch: &RecordBatch) -> Vec<QuarantineSample> {
    let text = |name: &str, row: usize| -> String {
        let column = batch.column_by_name(name).and_then(|column| column.as_string_view_opt());
        column.filter(|column| column.is_valid(row)).map(|column| column.value(row).to_owned()).unwrap_or_default()
    };
    let head = |row: usize| -> String {
        let column = batch.column_by_name("head").and_then(|column| column.as_binary_view_opt());
        let bytes = column.filter(|column| column.is_valid(row)).map(|column| column.value(row));
        String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
    };
    let number = |row: usize| -> Option<i64> {
        let column = batch.column_by_name("row")?.as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    };
    let sample = |row| QuarantineSample {
        id: text(columns::ID, row),
        shard: text("shard", row),
        row: number(row),
        stage: text("stage", row),
        cause: text("cause", row),
        detail: text(columns::DETAIL, row),
        head: head(row),
    };
    (0..batch.num_rows()).map(sample).collect()
}

fn samples(batch: &RecordBatch) -> Vec<DropSample> {
    let text = |name: &str, row: usize| -> Option<String> {
        let column = batch.column_by_name(name)?.as_string_view_opt()?;
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let number = |name: &str, row: usize| -> Option<f64> {
        let column = batch.column_by_name(name)?.as_primitive_opt::<Float64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    };
    let sample = |row| DropSample {
        id: text(columns::ID, row).unwrap_or_default(),
        dropped_by: text(columns::DROPPED_BY, row).unwrap_or_default(),
        reason: text(columns::REASON, row).unwrap_or_default(),
        value: number(columns::VALUE, row),
        bound: number(columns::BOUND, row),
        detail: text(columns::DETAIL, row),
        text: text(columns::TEXT, row).or_else(|| text(columns::HTML, row)).unwrap_or_default(),
    };
    (0..batch.num_rows()).map(sample).collect()
}

/// Says on standard error where everything lies.
pub(super) fn say_where(run: &RunManifest, store: &Store) {
    let location = store.location().trim_end_matches('/');
    for (dataset, what) in [
        (Dataset::Data, "clean documents"),
        (Dataset::Dropped, "dropped documents"),
        (Dataset::Quarantine, "quarantined records"),
        (Dataset::Duplicates, "documents removed as duplicates"),
    ] {
        let files = run.datasets.get(&dataset).map(Vec::as_slice).unwrap_or_default();
        if let Some(first) = files.first() {
            output::line(&format!(
                "{what}: {location}/{}/ ({} {} {})",
                dataset.dir_name(),
                files.len(),
                OutputFormat::of(&first.path).name(),
                if files.len() == 1 { "file" } else { "files" }
            ));
        }
    }
    output::line(&format!("digest: {}", run.digest));
    let some = |dataset| run.datasets.contains_key(&dataset);
    let drops = if some(Dataset::Dropped) || some(Dataset::Quarantine) {
        format!(", textmill drops {location}")
    } else {
        String::new()
    };
    output::line(&format!("next: textmill report {location} --format html{drops}"));
}
