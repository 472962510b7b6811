use std::sync::Arc;

use serde_json::Value;
use textmill_language_id::{
    LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE, LanguageIdConfig, LanguageIdConfigError, LanguageIdStage,
};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed};

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
    let (stage, mut config) = typed(config, LanguageIdStage::new, LanguageIdConfigError::field)?;
    let digests = stage.model_digests();
    if let Some(fields) = config.as_object_mut().filter(|_| !digests.is_empty()) {
        fields.insert("model_digests".to_owned(), Value::from(digests));
    }
    Ok(BuiltStage::row_wise(Arc::new(stage), config))
}
