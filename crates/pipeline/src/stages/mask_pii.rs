use textmill_normalize::{MaskPiiConfig, MaskPiiConfigError, MaskPiiStage};

use super::{StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "mask_pii",
    schema: |generator| generator.subschema_for::<MaskPiiConfig>(),
    build: |config, _| build_typed(config, MaskPiiStage::new, MaskPiiConfigError::field),
    reasons: Vec::new,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};
