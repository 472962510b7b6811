use std::sync::Arc;

use serde_json::Value;
use textmill_filter::safety::{SAFETY_REASONS, SafetyConfig, SafetyError, SafetyStage};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};
use crate::remarks::Remarks;

pub(super) const KIND: StageKind = StageKind {
    name: "safety",
    schema: |generator| generator.subschema_for::<SafetyConfig>(),
    build,
    reasons: || SAFETY_REASONS.to_vec(),
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

/// The digests of its lists go into the canonical configuration: a path may hold another list
/// tomorrow.
fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, SafetyStage::new, SafetyError::field)?;
    let config = with_digests(config, "list_digests", stage.digests());
    let remarks = Remarks { warnings: stage.warnings(), notes: stage.notes(), ..Remarks::default() };
    Ok(BuiltStage::row_wise(Arc::new(stage), config).saying(remarks))
}
