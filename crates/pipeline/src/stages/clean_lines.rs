use textmill_normalize::{CLEAN_LINES_REASONS, CleanLinesConfig, CleanLinesConfigError, CleanLinesStage};

use super::{StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "clean_lines",
    schema: |generator| generator.subschema_for::<CleanLinesConfig>(),
    build: |config, _| build_typed(config, CleanLinesStage::new, CleanLinesConfigError::field),
    reasons: || CLEAN_LINES_REASONS.to_vec(),
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: false,
};
