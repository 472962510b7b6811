//! Joins the small files of neighbouring tasks into one, optionally only some of their rows.

use std::collections::BTreeMap;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use textmill_document::{Count, Ledger, StageLedger};
use textmill_store::manifest::{Dataset, FileEntry, InputFacts, TaskMetrics};
use textmill_store::writer::{DatasetWriter, RowReader, Rows};

use super::context::{TaskContext, Written};
use super::task_output::check_hand_over;
use crate::EngineError;
use crate::plan::TaskSpec;

pub(crate) async fn run(
    spec: &TaskSpec,
    dataset: Dataset,
    sources: &[FileEntry],
    rows: Option<&[Vec<u32>]>,
    attempt: &str,
    context: &TaskContext,
) -> Result<Written, EngineError> {
    let mut copy = Copy { writer: context.writer(spec, attempt, dataset), hash: 0, rows: 0, read: 0, context };
    for (position, source) in sources.iter().enumerate() {
        let selected = rows.map(|rows| rows.get(position).map_or(&[][..], Vec::as_slice));
        if let Err(error) = copy.source(source, selected).await {
            copy.writer.abort().await;
            return Err(error);
        }
    }
    // Without sources there is nothing to join: the file says which columns the data would have.
    let files = if sources.is_empty() { copy.writer.finish_or_empty().await? } else { copy.writer.finish().await? };
    check_hand_over(&spec.phase, &files, copy.rows, copy.hash)?;
    if rows.is_none() {
        let sent: u64 = sources.iter().map(|file| file.rows).sum();
        let sent_hash = sources.iter().try_fold(0_u128, |sum, file| Ok(sum.wrapping_add(file.row_hash_sum()?)));
        check_hand_over(&spec.phase, &files, sent, sent_hash.map_err(EngineError::Store)?)?;
    }
    let outputs = if files.is_empty() { BTreeMap::new() } else { BTreeMap::from([(dataset, files)]) };
    let mut stage = StageLedger::new(&spec.phase, "compact");
    stage.input = Count::new(copy.rows, 0);
    stage.kept = stage.input;
    let ledger = Ledger { output: stage.kept, stages: vec![stage], ..Ledger::default() };
    let metrics = TaskMetrics { read_bytes: copy.read, ..TaskMetrics::default() };
    let (handed_over, keys, input) = (BTreeMap::new(), BTreeMap::new(), InputFacts::default());
    Ok(Written { outputs, handed_over, keys, ledger, metrics, input })
}

struct Copy<'a> {
    context: &'a TaskContext,
    writer: DatasetWriter,
    hash: u128,
    rows: u64,
    read: u64,
}

impl Copy<'_> {
    async fn source(&mut self, source: &FileEntry, selected: Option<&[u32]>) -> Result<(), EngineError> {
        if selected.is_some_and(<[u32]>::is_empty) {
            return Ok(());
        }
        let mut reader = RowReader::open(&self.context.store, source).await?;
        self.read += source.bytes;
        let mut first_row = 0;
        while let Some(rows) = reader.next().await? {
            if self.context.cancel.is_cancelled() {
                return Err(EngineError::Interrupted);
            }
            let rows = match (selected, rows) {
                (None, rows) => rows,
                (Some(selected), Rows::Columns(batch)) => {
                    let chosen = select(&batch, first_row, selected)?;
                    first_row += batch.num_rows();
                    Rows::Columns(chosen)
                }
                // Rows are chosen of dropped documents only, which are Parquet.
                (Some(_), Rows::Lines(_)) => return Err(EngineError::Bug("rows are chosen of lines".to_owned())),
            };
            self.hash = self.hash.wrapping_add(rows.hash_sum());
            self.rows += rows.count();
            self.writer.write_rows(rows).await?;
        }
        Ok(())
    }
}

/// The selected rows that fall into a batch which starts at `first_row` of its file.
fn select(batch: &RecordBatch, first_row: usize, selected: &[u32]) -> Result<RecordBatch, EngineError> {
    let range = first_row..first_row + batch.num_rows();
    let inside = selected.iter().filter(|row| range.contains(&(**row as usize)));
    let offset = u32::try_from(first_row).unwrap_or(u32::MAX);
    let indices = UInt32Array::from_iter_values(inside.map(|row| row - offset));
    take_record_batch(batch, &indices).map_err(|error| EngineError::Bug(format!("row selection: {error}")))
}
