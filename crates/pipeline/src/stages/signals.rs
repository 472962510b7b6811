use textmill_score::signals::{SignalsConfig, SignalsConfigError, SignalsStage, gate_reasons};

use super::{StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "signals",
    schema: |generator| generator.subschema_for::<SignalsConfig>(),
    build: |config, _| build_typed(config, SignalsStage::new, SignalsConfigError::field),
    reasons: gate_reasons,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};
