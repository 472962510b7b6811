//! Runs of keys that executors sorted, merged here.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryPool};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::streaming_merge::StreamingMergeBuilder;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::StreamExt;
use textmill_store::Store;
use textmill_store::sealed::unseal;

use super::checksum::Checksum;
use super::client::{Client, Failures};
use super::exec::WorkExec;
use super::work::{Item, SumWork, Work};
use super::worker::RunRecord;
use crate::EngineError;

/// Rows of a merged batch.
const BATCH_ROWS: usize = 8192;

/// By every column, ascending: a total order, because the last one numbers the rows.
fn ordering(schema: &SchemaRef) -> Result<LexOrdering, EngineError> {
    let options = SortOptions { descending: false, nulls_first: false };
    let by = |(index, field): (usize, &Arc<arrow::datatypes::Field>)| {
        PhysicalSortExpr::new(Arc::new(Column::new(field.name(), index)), options)
    };
    LexOrdering::new(schema.fields().iter().enumerate().map(by))
        .ok_or_else(|| EngineError::Bug("keys without columns".to_owned()))
}

/// Has each of `works` read and sorted as a job, and merges the runs. `memory` bounds what the merge holds.
pub(super) fn merge(
    client: &Arc<Client>,
    store: &Store,
    works: Vec<SumWork>,
    memory: usize,
) -> Result<Option<SendableRecordBatchStream>, EngineError> {
    let failed = |error: DataFusionError| EngineError::Bug(format!("the merge of sorted runs: {error}"));
    let Some(first) = works.first() else { return Ok(None) };
    let schema = first.keys.schema()?;
    let ordering = ordering(&schema)?;
    let mut streams = Vec::with_capacity(works.len());
    for work in works {
        streams.push(SortedRun::new(client, store, work, &ordering)?.stream(Arc::clone(&schema)));
    }
    let pool: Arc<dyn MemoryPool> = Arc::new(FairSpillPool::new(memory));
    let merged = StreamingMergeBuilder::new()
        .with_streams(streams)
        .with_schema(schema)
        .with_expressions(&ordering)
        .with_metrics(BaselineMetrics::new(&ExecutionPlanMetricsSet::new(), 0))
        .with_batch_size(BATCH_ROWS)
        .with_reservation(MemoryConsumer::new("merge of sorted runs").register(&pool))
        .build();
    merged.map(Some).map_err(failed)
}

/// One run on its way in. It is the same rows in the same order whoever sorts them, so a run that is lost half-way is
/// asked for again, and what was there already is skipped.
struct SortedRun {
    client: Arc<Client>,
    store: Store,
    plan: Arc<dyn ExecutionPlan>,
    record: String,
    rows: Option<SendableRecordBatchStream>,
    seen: Checksum,
    given: usize,
    /// Rows that a new submission repeats.
    skip: usize,
    failures: Failures,
}

impl SortedRun {
    fn new(client: &Arc<Client>, store: &Store, work: SumWork, ordering: &LexOrdering) -> Result<Self, EngineError> {
        let record = work.sum.clone();
        let read = WorkExec::plan(&Work::new(Item::Keys(Box::new(work))))?;
        let plan = Arc::new(SortExec::new(ordering.clone(), read));
        Ok(Self {
            client: Arc::clone(client),
            store: store.clone(),
            plan,
            record,
            rows: None,
            seen: Checksum::default(),
            given: 0,
            skip: 0,
            failures: Failures::default(),
        })
    }

    fn stream(self, schema: SchemaRef) -> SendableRecordBatchStream {
        let batches = futures::stream::try_unfold(self, |mut run| async move {
            let next = run.next().await.map_err(|error| DataFusionError::External(Box::new(error)))?;
            Ok(next.map(|batch| (batch, run)))
        });
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        loop {
            let item = match &mut self.rows {
                Some(rows) => rows.next().await,
                None => match self.client.submit(Arc::clone(&self.plan)).await {
                    Ok(rows) => {
                        (self.rows, self.skip) = (Some(rows), self.given);
                        continue;
                    }
                    Err(error) => Some(Err(error)),
                },
            };
            match item {
                Some(Ok(batch)) => {
                    if let Some(batch) = self.unseen(&batch) {
                        return Ok(Some(batch));
                    }
                }
                Some(Err(error)) => self.lost(&error).await?,
                None => {
                    let record = read_record(&self.store, &self.record).await?;
                    return check_run(&self.record, &self.seen, record).map(|()| None);
                }
            }
        }
    }

    /// What of `batch` was not given out before.
    fn unseen(&mut self, batch: &RecordBatch) -> Option<RecordBatch> {
        let skipped = self.skip.min(batch.num_rows());
        self.skip -= skipped;
        let batch = batch.slice(skipped, batch.num_rows() - skipped);
        if batch.num_rows() == 0 {
            return None;
        }
        self.seen.add(&batch);
        self.given += batch.num_rows();
        Some(batch)
    }

    /// Makes ready for another submission, unless the keys cannot be read by anyone.
    async fn lost(&mut self, error: &DataFusionError) -> Result<(), EngineError> {
        self.rows = None;
        let record = read_record(&self.store, &self.record).await?;
        if let Some(RunRecord::Failed { executor, kind, message }) = record {
            return Err(EngineError::Remote { executor, kind, message });
        }
        self.failures.again(&self.client, "the sort of keys", error).await
    }
}

/// What the executor left in the store about a run.
async fn read_record(store: &Store, path: &str) -> Result<Option<RunRecord>, EngineError> {
    let bytes = store.get_opt(path).await?;
    Ok(bytes.map(|bytes| unseal(path, &bytes)).transpose()?)
}

/// The rows that arrived must be those that the executor read.
fn check_run(place: &str, seen: &Checksum, record: Option<RunRecord>) -> Result<(), EngineError> {
    let expected = match record {
        Some(RunRecord::Read(sum)) if sum == *seen => return Ok(()),
        Some(RunRecord::Read(sum)) => sum.describe(),
        Some(RunRecord::Failed { .. }) | None => "no rows".to_owned(),
    };
    Err(EngineError::HandOver { place: format!("sorted run {place}"), found: seen.describe(), expected })
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, UInt32Array, UInt64Array};

    use super::*;
    use crate::ErrorKind;

    fn sum(keys: &[u64]) -> Checksum {
        let documents: ArrayRef = Arc::new(UInt32Array::from_iter_values(0..u32::try_from(keys.len()).expect("few")));
        let keys: ArrayRef = Arc::new(UInt64Array::from(keys.to_vec()));
        let mut checksum = Checksum::default();
        checksum.add(&RecordBatch::try_from_iter([("key", keys), ("document", documents)]).expect("a batch"));
        checksum
    }

    #[test]
    fn a_partition_that_comes_twice_or_not_at_all_is_an_integrity_error() {
        let read = RunRecord::Read(sum(&[5, 6]));
        assert!(check_run("s", &sum(&[5, 6]), Some(read.clone())).is_ok());
        for (seen, record) in [
            (sum(&[5, 6, 5, 6]), Some(read.clone())),
            (sum(&[5]), Some(read.clone())),
            (sum(&[]), Some(read)),
            (sum(&[]), None),
        ] {
            let error = check_run("s", &seen, record).expect_err("must differ");
            assert_eq!(error.kind(), ErrorKind::Integrity, "{error}");
        }
    }
}
