use std::sync::Arc;

use serde_json::Value;
use textmill_score::{ClassifierConfig, ClassifierConfigError, ClassifierStage};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};
use crate::remarks::Remarks;

pub(super) const KIND: StageKind = StageKind {
    name: "classifier",
    schema: |generator| generator.subschema_for::<ClassifierConfig>(),
    build,
    reasons: ClassifierStage::all_reasons,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, ClassifierStage::new, ClassifierConfigError::field)?;
    let config = with_digests(config, "model_digests", stage.digests());
    let remarks = Remarks { warnings: stage.warnings(), ..Remarks::default() };
    Ok(BuiltStage::row_wise(Arc::new(stage), config).saying(remarks))
}
