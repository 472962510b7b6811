use std::sync::Arc;

use serde_json::Value;
use textmill_language_id::{LANGUAGES_REASONS, LanguagesConfig, LanguagesConfigError, LanguagesStage};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed};

pub(super) const KIND: StageKind = StageKind {
    name: "languages",
    schema: |generator| generator.subschema_for::<LanguagesConfig>(),
    build,
    reasons: || LANGUAGES_REASONS.to_vec(),
    may_read: &[],
    keeps_columns: true,
    routes: true,
    exchange: false,
};

fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, LanguagesStage::new, LanguagesConfigError::field)?;
    let stage = Arc::new(stage);
    let own = Arc::clone(&stage);
    let built = BuiltStage::row_wise(stage, config);
    Ok(BuiltStage { of_languages: Some(Box::new(move |answered| own.warnings(answered))), ..built })
}
