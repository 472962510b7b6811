use std::sync::Arc;

use serde_json::Value;
use textmill_score::{KeepHighestConfig, KeepHighestConfigError, KeepHighestStage, NO_SCORE, NOT_AMONG_HIGHEST};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed};
use crate::exchange::Exchange;

pub(super) const KIND: StageKind = StageKind {
    name: "keep_highest",
    schema: |generator| generator.subschema_for::<KeepHighestConfig>(),
    build,
    reasons: || vec![NOT_AMONG_HIGHEST, NO_SCORE],
    may_read: &[],
    keeps_columns: true,
    routes: false,
    exchange: true,
};

fn build(config: &Value, context: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let new = |config| KeepHighestStage::new(config, context.columns.as_deref());
    let (stage, config) = typed::<KeepHighestConfig, _, _>(config, new, KeepHighestConfigError::field)?;
    Ok(BuiltStage::exchange(Exchange::Highest(Arc::new(stage)), config))
}
