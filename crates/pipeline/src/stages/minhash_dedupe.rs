use textmill_minhash_dedupe::MinhashDedupeConfig;

use super::{StageKind, build_dedupe};

pub(super) const KIND: StageKind = StageKind {
    name: "minhash_dedupe",
    schema: |generator| generator.subschema_for::<MinhashDedupeConfig>(),
    build: |config, context| build_dedupe::<MinhashDedupeConfig>(KIND.name, config, context),
    reasons: Vec::new,
    may_read: &[],
    keeps_columns: false,
    routes: false,
    exchange: true,
};
