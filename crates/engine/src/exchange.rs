//! Exchanges: steps that need other documents than the one at hand. Keys go in, a set of row
//! numbers per task comes back; the text never travels.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringViewArray, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, UInt32Type};
use textmill_document::{columns, row_hash_sum};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::verify::read_parquet;

use crate::EngineError;
use crate::engine::{Engine, ExchangeInput};

/// Chooses the global sample of dropped documents out of the tasks' samples: per stage and reason
/// the `per_reason` documents with the smallest hash. Returns, for each source file, its rows.
pub(crate) async fn choose_sample(
    engine: &dyn Engine,
    store: &Store,
    sources: &[FileEntry],
    per_reason: usize,
) -> Result<Vec<Vec<u32>>, EngineError> {
    let mut keys = Vec::new();
    for (file, source) in sources.iter().enumerate() {
        keys.extend(file_keys(store, u32::try_from(file).unwrap_or(u32::MAX), source).await?);
    }
    let sql = format!(
        "SELECT file, file_row FROM (SELECT file, file_row, row_number() OVER \
         (PARTITION BY dropped_by, reason ORDER BY hash_high, hash_low, file, file_row) AS place FROM keys) \
         WHERE place <= {per_reason} ORDER BY file, file_row"
    );
    let chosen = engine.exchange("dropped_sample", vec![ExchangeInput { table: "keys", batches: keys }], &sql).await?;
    let mut rows = vec![Vec::new(); sources.len()];
    for batch in &chosen {
        let (files, numbers) =
            (batch.column(0).as_primitive::<UInt32Type>(), batch.column(1).as_primitive::<UInt32Type>());
        for (file, number) in files.values().iter().zip(numbers.values()) {
            rows[*file as usize].push(*number);
        }
    }
    Ok(rows)
}

async fn file_keys(store: &Store, file: u32, source: &FileEntry) -> Result<Vec<RecordBatch>, EngineError> {
    let mut reader = read_parquet(store, source).await?;
    let mut first_row = 0_u32;
    let mut keys = Vec::new();
    while let Some(batch) = reader.next().await? {
        keys.push(
            batch_keys(&batch, file, first_row).map_err(|error| EngineError::Bug(format!("sample keys: {error}")))?,
        );
        first_row += u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
    }
    Ok(keys)
}

fn batch_keys(batch: &RecordBatch, file: u32, first_row: u32) -> Result<RecordBatch, arrow::error::ArrowError> {
    let rows = u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
    let hashes: Vec<u128> = (0..batch.num_rows()).map(|row| row_hash_sum(&batch.slice(row, 1))).collect();
    #[allow(clippy::cast_possible_truncation, reason = "the two halves of the hash")]
    let halves: [Vec<u64>; 2] = [64, 0].map(|shift| hashes.iter().map(|hash| (hash >> shift) as u64).collect());
    let text = |name: &str| -> ArrayRef {
        let column = batch.column_by_name(name).and_then(|column| column.as_string_view_opt());
        Arc::new(column.cloned().unwrap_or_else(|| StringViewArray::new_null(batch.num_rows())))
    };
    let schema = Schema::new(vec![
        Field::new("file", DataType::UInt32, false),
        Field::new("file_row", DataType::UInt32, false),
        columns::text_field(columns::DROPPED_BY),
        columns::text_field(columns::REASON),
        Field::new("hash_high", DataType::UInt64, false),
        Field::new("hash_low", DataType::UInt64, false),
    ]);
    let [high, low] = halves.map(|half| Arc::new(UInt64Array::from(half)) as ArrayRef);
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_value(file, batch.num_rows())),
        Arc::new(UInt32Array::from_iter_values(first_row..first_row.saturating_add(rows))),
        text(columns::DROPPED_BY),
        text(columns::REASON),
        high,
        low,
    ];
    RecordBatch::try_new(Arc::new(schema), arrays)
}
