use std::sync::Arc;

use serde_json::Value;
use textmill_score::{PerplexityConfig, PerplexityConfigError, PerplexityStage};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};

pub(super) const KIND: StageKind = StageKind {
    name: "perplexity",
    schema: |generator| generator.subschema_for::<PerplexityConfig>(),
    build,
    reasons: PerplexityStage::all_reasons,
    may_read: &["language"],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, PerplexityStage::new, PerplexityConfigError::field)?;
    let config = with_digests(config, "model_digests", stage.digests());
    Ok(BuiltStage::row_wise(Arc::new(stage), config))
}
