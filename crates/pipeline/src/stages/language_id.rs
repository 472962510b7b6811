use textmill_language_id::{
    LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE, LanguageIdConfig, LanguageIdConfigError, LanguageIdStage,
};

use super::{StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "language_id",
    schema: |generator| generator.subschema_for::<LanguageIdConfig>(),
    build: |config, _| build_typed(config, LanguageIdStage::new, LanguageIdConfigError::field),
    reasons: || vec![LANGUAGE_NOT_KEPT, LOW_LANGUAGE_SCORE],
    may_read: &[],
    keeps_columns: false,
    exchange: false,
};
