use std::sync::Arc;

use serde_json::Value;
use textmill_document::Reason;
use textmill_filter::{FilterConfig, FilterConfigError, FilterStage, RULES, RuleUse};

use super::{BuildContext, BuildError, BuiltStage, StageKind, typed, with_digests};

pub(super) const KIND: StageKind = StageKind {
    name: "filter",
    schema: |generator| generator.subschema_for::<FilterConfig>(),
    build,
    reasons: || reasons(RULES.iter().map(|entry| entry.rule).collect()),
    // Splits words by it.
    may_read: &[textmill_document::columns::LANGUAGE],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

/// The digests of its lists go into the canonical configuration: a path may hold another list
/// tomorrow.
fn build(config: &Value, _: &BuildContext) -> Result<BuiltStage, Vec<BuildError>> {
    let (stage, config) = typed(config, FilterStage::new, FilterConfigError::field)?;
    let config = with_digests(config, "list_digests", &stage.digests());
    Ok(BuiltStage::row_wise(Arc::new(stage), config))
}

/// The reasons of `rules` with their published parameters.
pub(super) fn reasons(rules: Vec<RuleUse>) -> Vec<Reason> {
    let rules = FilterConfig::published(rules).rules().unwrap_or_default();
    rules.iter().flat_map(|rule| rule.reasons()).copied().collect()
}
