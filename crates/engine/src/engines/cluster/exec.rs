//! The operator that does work on an executor: rows that describe work go in, what the work gives comes out.

use std::fmt;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt};

use super::work::Work;
use super::worker::Worker;
use crate::EngineError;

/// Does the work that the rows of its input describe.
#[derive(Debug)]
pub(super) struct WorkExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    /// Absent where plans are only made and passed on.
    worker: Option<Arc<Worker>>,
}

impl WorkExec {
    /// `input` has one column of text, and what its rows describe has columns `schema`.
    pub(super) fn new(input: Arc<dyn ExecutionPlan>, schema: SchemaRef, worker: Option<Arc<Worker>>) -> Self {
        let partitions = Partitioning::UnknownPartitioning(input.output_partitioning().partition_count());
        let equivalences = EquivalenceProperties::new(schema);
        let properties = PlanProperties::new(equivalences, partitions, EmissionType::Incremental, Boundedness::Bounded);
        Self { input, properties: Arc::new(properties), worker }
    }

    /// The plan of one piece of work: this operator above a table of one row.
    pub(super) fn plan(work: &Work) -> Result<Arc<dyn ExecutionPlan>, EngineError> {
        let failed = |error: DataFusionError| EngineError::Bug(format!("the plan of a job: {error}"));
        let schema = Arc::new(Schema::new(vec![Field::new("work", DataType::Utf8, false)]));
        let row = Arc::new(StringArray::from(vec![work.to_json()?]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![row]).map_err(|error| failed(error.into()))?;
        let input = MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None).map_err(failed)?;
        Ok(Arc::new(Self::new(input, work.schema()?, None)))
    }
}

impl DisplayAs for WorkExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = self.schema().fields().iter().map(|field| field.name().clone()).collect();
        write!(f, "WorkExec: columns=[{}]", columns.join(", "))
    }
}

impl ExecutionPlan for WorkExec {
    fn name(&self) -> &'static str {
        "WorkExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.pop()) {
            (Some(input), None) => Ok(Arc::new(Self::new(input, self.schema(), self.worker.clone()))),
            _ => Err(DataFusionError::Internal("WorkExec has one input".to_owned())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let Some(worker) = self.worker.clone() else {
            return Err(DataFusionError::Execution("work is done by `textmill cluster executor` only".to_owned()));
        };
        let rows = self.input.execute(partition, context)?.map_ok(|batch| descriptions(&batch)).try_flatten();
        let done = rows.and_then(move |text| {
            let worker = Arc::clone(&worker);
            async move { worker.start(&text).await }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), done.try_flatten())))
    }
}

/// The rows of the only column.
fn descriptions(batch: &RecordBatch) -> impl futures::Stream<Item = Result<String>> + use<> {
    let texts: Vec<String> = match batch.columns().first().and_then(|column| column.as_string_opt::<i32>()) {
        Some(texts) => texts.iter().flatten().map(ToOwned::to_owned).collect(),
        None => Vec::new(),
    };
    futures::stream::iter(texts).map(Ok)
}
