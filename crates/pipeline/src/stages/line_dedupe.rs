use std::sync::Arc;

use serde_json::Value;
use textmill_minhash_dedupe::{LineDedupeConfig, LineDedupeStage, MinCountError, line_dedupe_reasons};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed};
use crate::exchange::Exchange;

pub(super) const KIND: StageKind = StageKind {
    name: "line_dedupe",
    schema: |generator| generator.subschema_for::<LineDedupeConfig>(),
    build,
    reasons: line_dedupe_reasons,
    may_read: &[],
    keeps_columns: true,
    routes: false,
    exchange: true,
};

fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, LineDedupeStage::new, MinCountError::field)?;
    Ok(BuiltStage::exchange(Exchange::Parts(Arc::new(stage)), config))
}
