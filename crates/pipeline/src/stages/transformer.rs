use std::sync::Arc;

use serde_json::Value;
use textmill_score::{TransformerConfig, TransformerConfigError, TransformerStage};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};

pub(super) const KIND: StageKind = StageKind {
    name: "transformer",
    schema: |generator| generator.subschema_for::<TransformerConfig>(),
    build,
    reasons: TransformerStage::all_reasons,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let new = |config: TransformerConfig| TransformerStage::new(&config);
    let (stage, config) = typed(config, new, TransformerConfigError::field)?;
    let config = with_digests(config, "model_digests", stage.digests());
    Ok(BuiltStage::row_wise(Arc::new(stage), config))
}
