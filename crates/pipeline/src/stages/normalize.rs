use textmill_document::columns;
use textmill_normalize::{NormalizeConfig, NormalizeConfigError, NormalizeStage};

use super::{StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "normalize",
    schema: |generator| generator.subschema_for::<NormalizeConfig>(),
    build: |config, _| build_typed(config, NormalizeStage::new, NormalizeConfigError::field),
    reasons: Vec::new,
    // Decides about Arabic joiners by it.
    may_read: &[columns::LANGUAGE],
    keeps_columns: false,
    routes: false,
    exchange: false,
};
