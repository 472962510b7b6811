use std::sync::Arc;

use serde_json::Value;
use textmill_score::signals::{SignalsConfig, SignalsConfigError, SignalsStage, gate_reasons};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};

pub(super) const KIND: StageKind = StageKind {
    name: "signals",
    schema: |generator| generator.subschema_for::<SignalsConfig>(),
    build,
    reasons: gate_reasons,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

/// The digests of its files go into the canonical configuration: a path may hold another tomorrow.
fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, SignalsStage::new, SignalsConfigError::field)?;
    let config = with_digests(config, "file_digests", &stage.digests());
    Ok(BuiltStage::row_wise(Arc::new(stage), config))
}
