use crate::rule::BadParameter;

/// What is wrong with a [`FilterConfig`](crate::FilterConfig).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterConfigError {
    /// `use` names no rule.
    #[error("`use` is empty; name at least one rule: {}", crate::registry::names().join(", "))]
    NoRules,
    /// `use` names a rule twice.
    #[error("`use` names `{rule}` twice; remove one")]
    RepeatedRule {
        /// Dotted path of the second entry.
        path: String,
        /// Name of the rule.
        rule: &'static str,
    },
    /// Parameters are given for a rule that `use` does not name.
    #[error("`{rule}` has parameters but is not in `use`; add it there or remove them")]
    NotInUse {
        /// Name of the rule.
        rule: &'static str,
    },
    /// A parameter of a rule is outside its range.
    #[error("`{path}` {problem}")]
    Parameter {
        /// Dotted path of the parameter.
        path: String,
        /// Its value and the values allowed.
        problem: String,
    },
}

impl FilterConfigError {
    pub(crate) fn parameter(rule: &str, bad: BadParameter) -> Self {
        Self::Parameter { path: format!("{rule}.{}", bad.name), problem: bad.problem }
    }

    /// Dotted path of the field at fault.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NoRules => Some("use"),
            Self::RepeatedRule { path, .. } | Self::Parameter { path, .. } => Some(path),
            Self::NotInUse { rule } => Some(rule),
        }
    }
}
