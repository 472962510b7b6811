use std::fmt;

use schemars::JsonSchema;
use textmill_document::{ConfigFault, Example, Reason};

use crate::Measures;

/// Why a rule drops a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// One of [`Rule::reasons`].
    pub reason: Reason,
    /// The measured value.
    pub value: f64,
    /// The bound that it broke.
    pub bound: f64,
}

impl Finding {
    /// A finding where `value` is below `min`; `None` switches the check off.
    pub fn below(reason: Reason, value: f64, min: Option<f64>) -> Option<Self> {
        min.filter(|bound| value < *bound).map(|bound| Self { reason, value, bound })
    }

    /// A finding where `value` is above `max`; `None` switches the check off.
    pub fn above(reason: Reason, value: f64, max: Option<f64>) -> Option<Self> {
        max.filter(|bound| value > *bound).map(|bound| Self { reason, value, bound })
    }
}

/// One rule family as configured.
pub trait Rule: fmt::Debug + Send + Sync {
    /// Name in the registry and in `use`.
    fn name(&self) -> &'static str;

    /// Every reason for which the rule can drop a document, in the order of its checks.
    fn reasons(&self) -> &'static [Reason];

    /// Names of the columns that it writes in annotate mode. Where RedPajama-V2 publishes the same
    /// signal, the name is its.
    fn signals(&self) -> &'static [&'static str];

    /// The document's signals, in the order of [`Rule::signals`].
    fn measure(&self, document: &Measures<'_>) -> Vec<f64>;

    /// The first check that the document fails, in the order of [`Rule::reasons`].
    fn decide(&self, document: &Measures<'_>) -> Option<Finding>;

    /// Whether the rule may give a document another text. Default false.
    fn rewrites(&self) -> bool {
        false
    }

    /// Digests of the files that the rule decides by. Default none.
    fn digests(&self) -> Vec<String> {
        Vec::new()
    }

    /// What becomes of the document: a rule that rewrites measures once for the decision and the new text.
    fn apply(&self, document: &Measures<'_>) -> Verdict {
        self.decide(document).map_or(Verdict::Keep, Verdict::Drop)
    }
}

/// What becomes of a document under one rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It stays as it is.
    Keep,
    /// It goes.
    Drop(Finding),
    /// It stays with this text, which later rules see.
    Rewrite(String),
}

/// The parameters of a rule family, and with them all that the registry knows of it.
pub(crate) trait RuleConfig: Default + JsonSchema {
    /// Every reason for which the rule can drop a document, in the order of its checks.
    const REASONS: &'static [Reason];

    /// Documents with what becomes of them: shown to people, and run as tests. Their configuration is the parameters.
    const EXAMPLES: &'static [Example];

    /// The rule with these parameters, or what is wrong with one of them.
    fn build(&self) -> Result<Box<dyn Rule>, ConfigFault>;
}

/// Refuses a bound outside `min..=max` (and one that is no number).
pub(crate) fn in_range(name: &str, bound: Option<f64>, min: f64, max: f64) -> Result<(), ConfigFault> {
    match bound {
        Some(bound) if !(min..=max).contains(&bound) => {
            let allowed = if max.is_finite() { format!("from {min} to {max}") } else { format!("{min} or more") };
            Err(ConfigFault::new(name, format!("`{name}` is {bound}; it must be {allowed}, or null for no check")))
        }
        _ => Ok(()),
    }
}

/// Refuses a lower bound above the upper one, which would drop every document.
pub(crate) fn ordered(name: &str, min: Option<f64>, upper_name: &str, max: Option<f64>) -> Result<(), ConfigFault> {
    match (min, max) {
        (Some(min), Some(max)) if min > max => {
            let message = format!("`{name}` is {min}, above `{upper_name}`, which is {max}; no document passes");
            Err(ConfigFault::new(name, message))
        }
        _ => Ok(()),
    }
}
