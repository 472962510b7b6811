use textmill_language_id::{LANGUAGES_REASONS, LanguagesConfig, LanguagesConfigError, LanguagesStage};

use super::{StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "languages",
    schema: |generator| generator.subschema_for::<LanguagesConfig>(),
    build: |config, _| build_typed(config, LanguagesStage::new, LanguagesConfigError::field),
    reasons: || LANGUAGES_REASONS.to_vec(),
    may_read: &[],
    keeps_columns: true,
    routes: true,
    exchange: false,
};
