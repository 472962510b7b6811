use std::sync::Arc;

use serde_json::Value;
use textmill_language_id::{
    LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE, LanguageIdConfig, LanguageIdConfigError, LanguageIdStage,
};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};
use crate::remarks::Remarks;

pub(super) const KIND: StageKind = StageKind {
    name: "language_id",
    schema: |generator| generator.subschema_for::<LanguageIdConfig>(),
    build,
    reasons: || vec![LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE],
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

/// The digests of its models go into the canonical configuration: a path may hold another model
/// tomorrow.
fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, LanguageIdStage::new, LanguageIdConfigError::field)?;
    let config = with_digests(config, "model_digests", &stage.model_digests());
    let remarks = Remarks { warnings: stage.warnings(), languages: stage.languages(), ..Remarks::default() };
    Ok(BuiltStage::row_wise(Arc::new(stage), config).saying(remarks))
}
