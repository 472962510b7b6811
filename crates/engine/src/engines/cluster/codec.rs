//! How plans with [`WorkExec`] travel: as JSON where it is ours, as Ballista's own codec has it where it is not.

use std::sync::Arc;

use arrow::datatypes::Schema;
use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use super::exec::WorkExec;
use super::worker::Worker;

/// What an encoded [`WorkExec`] begins with. A message of Ballista begins with the tag of a field, which is never zero.
const MARK: &[u8] = b"\0textmill work\0";

/// The codec of the driver, the scheduler and the executors; only these have a worker.
#[derive(Debug, Default)]
pub(super) struct Codec {
    ballista: BallistaPhysicalExtensionCodec,
    worker: Option<Arc<Worker>>,
}

impl Codec {
    /// The codec of an executor.
    pub(super) fn with_worker(worker: Arc<Worker>) -> Self {
        Self { ballista: BallistaPhysicalExtensionCodec::default(), worker: Some(worker) }
    }
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(schema) = buf.strip_prefix(MARK) else {
            return self.ballista.try_decode(buf, inputs, ctx, proto_converter);
        };
        let columns: Vec<(String, String, bool)> = serde_json::from_slice(schema).map_err(broken)?;
        let field = |(name, data_type, nullable): (String, String, bool)| -> Result<_> {
            Ok(arrow::datatypes::Field::new(name, data_type.parse()?, nullable))
        };
        let schema = Schema::new(columns.into_iter().map(field).collect::<Result<Vec<_>>>()?);
        let [input] = inputs else { return Err(broken(format!("{} inputs", inputs.len()))) };
        Ok(Arc::new(WorkExec::new(Arc::clone(input), Arc::new(schema), self.worker.clone())))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if !node.is::<WorkExec>() {
            return self.ballista.try_encode(node, buf, proto_converter);
        }
        let schema = node.schema();
        let column = |field: &Arc<arrow::datatypes::Field>| {
            (field.name().clone(), field.data_type().to_string(), field.is_nullable())
        };
        let columns: Vec<_> = schema.fields().iter().map(column).collect();
        buf.extend_from_slice(MARK);
        serde_json::to_writer(buf, &columns).map_err(broken)
    }
}

fn broken(reason: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Internal(format!("a plan of textmill cannot be passed on: {reason}"))
}

#[cfg(test)]
mod tests {
    use datafusion_proto::physical_plan::AsExecutionPlan;
    use datafusion_proto::protobuf::PhysicalPlanNode;

    use super::super::work::{Item, SumWork, Work};
    use super::*;
    use crate::exchange::{KeyWork, ScanKind};

    #[test]
    fn a_plan_comes_back_as_it_went() {
        for kind in [ScanKind::Columns, ScanKind::Stacked, ScanKind::Parts] {
            let keys = KeyWork { kind, columns: vec!["a".to_owned(), "b".to_owned()], files: Vec::new() };
            let work = SumWork { keys, store: "s3://bucket/out".into(), left_out: None, sum: "sum".into() };
            let plan = WorkExec::plan(&Work::new(Item::Keys(Box::new(work)))).expect("a plan");
            let node = PhysicalPlanNode::try_from_physical_plan(Arc::clone(&plan), &Codec::default()).expect("encodes");
            let context = TaskContext::default();
            let back = node.try_into_physical_plan(&context, &Codec::default()).expect("decodes");
            let shown = |plan: &Arc<dyn ExecutionPlan>| {
                datafusion::physical_plan::displayable(plan.as_ref()).indent(true).to_string()
            };
            assert_eq!(shown(&back), shown(&plan));
            assert_eq!(back.schema(), plan.schema());
        }
    }
}
