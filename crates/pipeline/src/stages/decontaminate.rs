use std::sync::Arc;

use serde_json::Value;
use textmill_score::{DecontaminateConfig, DecontaminateConfigError, DecontaminateStage};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};
use crate::remarks::Remarks;

pub(super) const KIND: StageKind = StageKind {
    name: "decontaminate",
    schema: |generator| generator.subschema_for::<DecontaminateConfig>(),
    build,
    reasons: DecontaminateStage::all_reasons,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, DecontaminateStage::new, DecontaminateConfigError::field)?;
    let config = with_digests(config, "item_digests", stage.digests());
    let remarks = Remarks { warnings: stage.warnings().to_vec(), notes: stage.notes().to_vec(), ..Remarks::default() };
    Ok(BuiltStage::row_wise(Arc::new(stage), config).saying(remarks))
}
