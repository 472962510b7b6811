use std::sync::Arc;

use serde_json::Value;
use textmill_score::{ImportanceConfig, ImportanceConfigError, ImportanceStage};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};

pub(super) const KIND: StageKind = StageKind {
    name: "importance",
    schema: |generator| generator.subschema_for::<ImportanceConfig>(),
    build,
    reasons: ImportanceStage::all_reasons,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, ImportanceStage::new, ImportanceConfigError::field)?;
    let config = with_digests(config, "model_digests", stage.digests());
    Ok(BuiltStage::row_wise(Arc::new(stage), config))
}
