use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use textmill_document::columns;
use textmill_engine::{EngineError, read_dropped, status};
use textmill_report::{DropSample, DropsOptions, drops_json, drops_text};
use textmill_store::Store;
use textmill_store::manifest::{Dataset, RunManifest};

use super::{block_on, open};
use crate::args::{DropsArgs, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

pub(super) fn drops(args: &DropsArgs) -> Result<Exit, CommandError> {
    let store = open(&args.output)?;
    let (run, batches) = block_on(1, async {
        let status = status(&store).await?;
        let run = status.published.ok_or_else(|| EngineError::Unfinished(store.location().to_owned()))?;
        let batches = read_dropped(&store, &run, args.reason.as_deref(), args.limit).await?;
        Ok((run, batches))
    })?;
    check_reason(args, &run)?;
    let samples: Vec<DropSample> = batches.iter().flat_map(samples).collect();
    match args.format {
        TableFormat::Text => {
            let options =
                DropsOptions { ledger: Some(&run.ledger), color: output::color_stdout(), ..DropsOptions::default() };
            output::data(&drops_text(&samples, &options))?;
        }
        TableFormat::Json => output::data(&drops_json(&samples)?)?,
    }
    if samples.is_empty() {
        output::line("no dropped documents are kept here (`output.dropped` says how many are)");
    }
    Ok(Exit::Done)
}

/// A reason that no document was dropped for is more likely a slip of the keyboard.
fn check_reason(args: &DropsArgs, run: &RunManifest) -> Result<(), CommandError> {
    let mut known: Vec<&str> =
        run.ledger.stages.iter().flat_map(|stage| stage.dropped.keys().map(String::as_str)).collect();
    known.sort_unstable();
    known.dedup();
    match &args.reason {
        Some(reason) if !known.contains(&reason.as_str()) => Err(CommandError::usage(
            format!("no document was dropped for `{reason}`"),
            format!("reasons of this run: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") }),
        )),
        _ => Ok(()),
    }
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
    ] {
        let files = run.datasets.get(&dataset).map_or(0, Vec::len);
        if files > 0 {
            output::line(&format!(
                "{what}: {location}/{}/ ({files} Parquet {})",
                dataset.dir_name(),
                if files == 1 { "file" } else { "files" }
            ));
        }
    }
    output::line(&format!("digest: {}", run.digest));
    output::line(&format!("next: textmill report {location} --format html, textmill drops {location}"));
}
