use textmill_minhash_dedupe::ExactDedupeConfig;

use super::{StageKind, build_dedupe};

pub(super) const KIND: StageKind = StageKind {
    name: "exact_dedupe",
    schema: |generator| generator.subschema_for::<ExactDedupeConfig>(),
    build: |config, context| build_dedupe::<ExactDedupeConfig>(KIND.name, config, context),
    reasons: Vec::new,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: true,
};
