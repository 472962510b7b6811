//! Rows of whole numbers in the order of all their columns, by radix.
//!
//! Keys of documents are such rows: hashes, and the number of the document. As records of a fixed width they are sorted many
//! times quicker than as rows of columns, and what they are sorted into is the same: no two different rows are equal in that
//! order.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::datatypes::{DataType, Schema, SchemaRef, UInt32Type, UInt64Type};
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::ExecutionPlanProperties;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::SessionContext;
use futures::{StreamExt, TryStreamExt};
use textmill_exchange::{Cursor, ExchangeError, Limits, Partitioning, Sorter};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::EngineError;

/// Partitions, as bits: the first column is a hash wherever there are many rows.
const PARTITION_BITS: u32 = 8;
/// Rows of a batch of the result.
const BATCH_ROWS: usize = 1 << 16;
/// Batches that wait to be taken, for each reader.
const WAITING: usize = 2;

/// Whether rows of `schema` in the order of the SQL list `order` can be sorted here.
pub(crate) fn applies(schema: &Schema, order: &str) -> bool {
    let fields = schema.fields();
    let numbers = fields.iter().all(|field| matches!(field.data_type(), DataType::UInt32 | DataType::UInt64));
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    numbers && matches!(fields.len(), 2..=4) && names.join(", ") == order
}

/// The rows of `keys`, for which [`applies`] holds, in order. Nothing is read before the first rows are asked for.
pub(crate) async fn sorted(
    name: &str,
    keys: StreamingTable,
    limits: Limits,
) -> Result<SendableRecordBatchStream, DataFusionError> {
    let session = SessionContext::new();
    let plan = keys.scan(&session.state(), None, &[], None).await?;
    let (schema, name) = (plan.schema(), name.to_owned());
    Ok(match schema.fields().len() {
        2 => later::<2>(name, session, plan, limits),
        3 => later::<3>(name, session, plan, limits),
        _ => later::<4>(name, session, plan, limits),
    })
}

fn later<const N: usize>(
    name: String,
    session: SessionContext,
    plan: Arc<dyn ExecutionPlan>,
    limits: Limits,
) -> SendableRecordBatchStream {
    let schema = plan.schema();
    let batches = {
        let schema = Arc::clone(&schema);
        async move {
            let cursor = sort::<N>(&name, &session, &plan, &limits).await?;
            let next = move |mut cursor: Cursor<[u64; N]>| {
                let (name, schema) = (name.clone(), Arc::clone(&schema));
                async move {
                    let records = cursor.take(BATCH_ROWS).map_err(|error| failed(&name, error))?;
                    if records.is_empty() { Ok(None) } else { Ok(Some((batch(&schema, &records)?, cursor))) }
                }
            };
            Ok::<_, DataFusionError>(futures::stream::try_unfold(cursor, next))
        }
    };
    Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::once(batches).try_flatten()))
}

/// Reads all partitions at once and sorts what comes.
async fn sort<const N: usize>(
    name: &str,
    session: &SessionContext,
    plan: &Arc<dyn ExecutionPlan>,
    limits: &Limits,
) -> Result<Cursor<[u64; N]>, DataFusionError> {
    let partitions = plan.output_partitioning().partition_count();
    let (sender, mut receiver) = mpsc::channel(WAITING * partitions.max(1));
    let mut readers = JoinSet::new();
    for partition in 0..partitions {
        let (mut rows, sender) = (plan.execute(partition, session.task_ctx())?, sender.clone());
        readers.spawn(async move {
            while let Some(batch) = rows.next().await {
                // Nobody takes them any more: the sort was given up.
                if sender.send(batch.and_then(|batch| records::<N>(&batch))).await.is_err() {
                    break;
                }
            }
        });
    }
    drop(sender);

    let mut sorter = Sorter::new(Partitioning::of_hashes(PARTITION_BITS), limits);
    while let Some(records) = receiver.recv().await {
        records?.into_iter().try_for_each(|record| sorter.push(record)).map_err(|error| failed(name, error))?;
    }
    while let Some(ended) = readers.join_next().await {
        // One that panicked has not read all.
        ended.map_err(|error| broken(&format!("a reader of keys died: {error}")))?;
    }
    Ok(sorter.finish().map_err(|error| failed(name, error))?.into_cursor())
}

fn failed(name: &str, error: ExchangeError) -> DataFusionError {
    DataFusionError::External(Box::new(EngineError::Records { name: name.to_owned(), error }))
}

fn broken(message: &str) -> DataFusionError {
    DataFusionError::External(Box::new(EngineError::Bug(message.to_owned())))
}

/// The rows of a batch as records.
fn records<const N: usize>(batch: &RecordBatch) -> Result<Vec<[u64; N]>, DataFusionError> {
    let mut records = vec![[0; N]; batch.num_rows()];
    for (place, column) in batch.columns().iter().enumerate().take(N) {
        if column.null_count() > 0 {
            return Err(broken("keys that are sorted have no value"));
        }
        if let Some(values) = column.as_primitive_opt::<UInt64Type>() {
            records.iter_mut().zip(values.values()).for_each(|(record, value)| record[place] = *value);
        } else if let Some(values) = column.as_primitive_opt::<UInt32Type>() {
            records.iter_mut().zip(values.values()).for_each(|(record, value)| record[place] = u64::from(*value));
        } else {
            return Err(broken("keys that are sorted are no whole numbers"));
        }
    }
    Ok(records)
}

/// Records as rows of `schema`.
fn batch<const N: usize>(schema: &SchemaRef, records: &[[u64; N]]) -> Result<RecordBatch, DataFusionError> {
    let column = |(place, field): (usize, &Arc<arrow::datatypes::Field>)| -> ArrayRef {
        let values = records.iter().map(move |record| record[place]);
        match field.data_type() {
            // What was read from such a column.
            DataType::UInt32 => Arc::new(UInt32Array::from_iter_values(values.map(low))),
            _ => Arc::new(UInt64Array::from_iter_values(values)),
        }
    };
    Ok(RecordBatch::try_new(Arc::clone(schema), schema.fields().iter().enumerate().map(column).collect())?)
}

fn low(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;
    use datafusion::execution::TaskContext as PlanContext;
    use datafusion::physical_plan::streaming::PartitionStream;

    use super::*;

    #[derive(Debug)]
    struct Part(SchemaRef, Vec<RecordBatch>);

    impl PartitionStream for Part {
        fn schema(&self) -> &SchemaRef {
            &self.0
        }

        fn execute(&self, _: Arc<PlanContext>) -> SendableRecordBatchStream {
            let batches = futures::stream::iter(self.1.clone()).map(Ok);
            Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.0), batches))
        }
    }

    fn schema() -> SchemaRef {
        let field = |name, data_type| Field::new(name, data_type, true);
        Arc::new(Schema::new(vec![field("key", DataType::UInt64), field("document", DataType::UInt32)]))
    }

    fn rows(numbers: std::ops::Range<u64>) -> RecordBatch {
        let keys = numbers.clone().map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 3 << 60);
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(keys)),
            Arc::new(UInt32Array::from_iter_values(numbers.map(|number| low(u64::from(u32::MAX) - number)))),
        ];
        RecordBatch::try_new(schema(), arrays).expect("rows")
    }

    async fn collect(parts: Vec<Vec<RecordBatch>>, memory: usize) -> Result<Vec<(u64, u32)>, DataFusionError> {
        let part = |batches| -> Arc<dyn PartitionStream> { Arc::new(Part(schema(), batches)) };
        let table = StreamingTable::try_new(schema(), parts.into_iter().map(part).collect())?;
        let limits = Limits { memory, threads: 2, ..Limits::default() };
        let batches: Vec<RecordBatch> = sorted("near", table, limits).await?.try_collect().await?;
        let mut found = Vec::new();
        for batch in batches {
            let keys = batch.column(0).as_primitive::<UInt64Type>().values().to_vec();
            found.extend(keys.into_iter().zip(batch.column(1).as_primitive::<UInt32Type>().values().iter().copied()));
        }
        Ok(found)
    }

    #[tokio::test]
    async fn rows_of_all_partitions_come_in_order_whatever_the_memory() {
        let parts = || vec![vec![rows(0..70_000)], vec![rows(70_000..70_001), rows(70_001..150_000)], Vec::new()];
        let mut expected: Vec<(u64, u32)> = Vec::new();
        for batch in parts().into_iter().flatten() {
            let keys = batch.column(0).as_primitive::<UInt64Type>().values().to_vec();
            expected.extend(keys.into_iter().zip(batch.column(1).as_primitive::<UInt32Type>().values().to_vec()));
        }
        expected.sort_unstable();
        for memory in [100_000, 1 << 28] {
            assert!(collect(parts(), memory).await.expect("sorts") == expected, "{memory}");
        }
        assert!(collect(Vec::new(), 0).await.expect("sorts nothing").is_empty());
    }

    #[tokio::test]
    async fn a_missing_value_is_an_error_not_a_number() {
        let arrays: Vec<ArrayRef> =
            vec![Arc::new(UInt64Array::from(vec![Some(1), None])), Arc::new(UInt32Array::from(vec![1, 2]))];
        let batch = RecordBatch::try_new(schema(), arrays).expect("rows");
        assert!(collect(vec![vec![batch]], 1 << 20).await.is_err());
    }

    #[test]
    fn only_the_order_of_all_columns_of_whole_numbers_is_taken() {
        assert!(applies(&schema(), "key, document"));
        for order in ["key", "document, key", "key, document DESC", ""] {
            assert!(!applies(&schema(), order), "{order}");
        }
        let text =
            Schema::new(vec![Field::new("key", DataType::Utf8View, true), Field::new("n", DataType::UInt64, true)]);
        assert!(!applies(&text, "key, n"));
    }
}
