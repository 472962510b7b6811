use textmill_document::Reason;
use textmill_filter::{FilterConfig, FilterConfigError, FilterStage, RULES, RuleUse};

use super::{StageKind, build_typed};

pub(super) const KIND: StageKind = StageKind {
    name: "filter",
    schema: |generator| generator.subschema_for::<FilterConfig>(),
    build: |config, _| build_typed(config, FilterStage::new, FilterConfigError::field),
    reasons: || reasons(RULES.iter().map(|entry| entry.rule).collect()),
    // Splits words by it.
    may_read: &[textmill_document::columns::LANGUAGE],
    keeps_columns: false,
    routes: false,
    exchange: false,
};

/// The reasons of `rules` with their published parameters.
pub(super) fn reasons(rules: Vec<RuleUse>) -> Vec<Reason> {
    let rules = FilterConfig::published(rules).rules().unwrap_or_default();
    rules.iter().flat_map(|rule| rule.reasons()).copied().collect()
}
