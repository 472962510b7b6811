use textmill_score::{SampleConfig, SampleConfigError, SampleStage};

use super::{StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "sample",
    schema: |generator| generator.subschema_for::<SampleConfig>(),
    build: |config, _| build_typed::<SampleConfig, _, _>(config, SampleStage::new, SampleConfigError::field),
    reasons: SampleStage::all_reasons,
    may_read: &[],
    keeps_columns: true,
    routes: false,
    exchange: false,
};
