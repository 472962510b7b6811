use std::sync::Arc;

use serde_json::Value;
use textmill_filter::url::{URL_REASONS, UrlFilterConfig, UrlFilterError, UrlFilterStage};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed};

pub(super) const KIND: StageKind = StageKind {
    name: "url_filter",
    schema: |generator| generator.subschema_for::<UrlFilterConfig>(),
    build,
    reasons: || URL_REASONS.to_vec(),
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

/// The digests of its lists go into the canonical configuration: a path may hold another list
/// tomorrow.
fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, mut config) = typed(config, UrlFilterStage::new, UrlFilterError::field)?;
    let digests = stage.digests();
    if let Some(fields) = config.as_object_mut().filter(|_| !digests.is_empty()) {
        fields.insert("list_digests".to_owned(), Value::from(digests));
    }
    Ok(BuiltStage::row_wise(Arc::new(stage), config))
}
