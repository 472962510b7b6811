use std::sync::Arc;

use serde_json::Value;
use textmill_minhash_dedupe::{MinBytesError, SubstringDedupeConfig, SubstringDedupeStage, substring_dedupe_reasons};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed};
use crate::exchange::Exchange;

pub(super) const KIND: StageKind = StageKind {
    name: "substring_dedupe",
    schema: |generator| generator.subschema_for::<SubstringDedupeConfig>(),
    build,
    reasons: substring_dedupe_reasons,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: true,
};

fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, SubstringDedupeStage::new, MinBytesError::field)?;
    Ok(BuiltStage::exchange(Exchange::Repeats(Arc::new(stage)), config))
}
