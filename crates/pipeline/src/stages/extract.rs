use serde_json::Value;
use textmill_document::columns;
use textmill_extract::{ExtractConfig, ExtractConfigError, ExtractStage, NO_TEXT, NOT_A_PAGE, Payload};

use super::{BuildContext, BuildError, BuiltStage, StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "extract",
    schema: |generator| generator.subschema_for::<ExtractConfig>(),
    build,
    reasons: || vec![NOT_A_PAGE, NO_TEXT],
    // Say what a page is, which charset it may be in and on which day it can have been published.
    may_read: &[columns::CONTENT_TYPE, columns::URL, columns::DATE],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

fn build(config: &Value, context: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let has = |name: &str| context.columns.as_ref().is_some_and(|columns| columns.column_with_name(name).is_some());
    let payload = if has(columns::BODY) { Payload::Body } else { Payload::Html };
    build_typed(config, |config| ExtractStage::new(config, payload), ExtractConfigError::field)
}
