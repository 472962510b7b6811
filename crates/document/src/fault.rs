use std::fmt::{self, Display};
use std::ops::RangeInclusive;

/// Something wrong with the configuration of a stage: where, what, and what to do about it.
///
/// ```
/// use textmill_document::ConfigFault;
///
/// let fault = ConfigFault::outside("min_score", 1.5, 0.0..=1.0).expect("1.5 is above 1");
/// assert_eq!(fault.field(), Some("min_score"));
/// assert_eq!(fault.to_string(), "`min_score` is 1.5; it must be from 0 to 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// Dotted path of the field at fault, below the configuration; `None` for the configuration as a whole.
    pub field: Option<String>,
    /// Line and column (from 1, in characters) inside the text of the field.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where the message does not say so.
    pub hint: Option<String>,
}

impl ConfigFault {
    /// A fault of the field with the dotted path `field`, such as `keep.1`.
    pub fn new(field: impl Into<String>, message: impl Display) -> Self {
        Self { field: Some(field.into()), ..Self::whole(message) }
    }

    /// A fault of the configuration as a whole.
    pub fn whole(message: impl Display) -> Self {
        Self { field: None, at: None, message: message.to_string(), hint: None }
    }

    /// The fault of a number outside `range`; not-a-number is outside of any.
    #[allow(clippy::needless_pass_by_value, reason = "a range is written where it is used")]
    pub fn outside(field: &str, value: f64, range: RangeInclusive<f64>) -> Option<Self> {
        let (min, max) = (range.start(), range.end());
        let message = || format!("`{field}` is {value}; it must be from {min} to {max}");
        (!range.contains(&value)).then(|| Self::new(field, message()))
    }

    /// Refuses a number outside `range`.
    ///
    /// # Errors
    /// [`outside`](Self::outside).
    pub fn check(field: &str, value: f64, range: RangeInclusive<f64>) -> Result<(), Self> {
        Self::outside(field, value, range).map_or(Ok(()), Err)
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same as a fault of the section `section`: its field is below that, also where the message begins with it.
    #[must_use]
    pub fn within(self, section: &str) -> Self {
        let Some(field) = self.field else { return Self { field: Some(section.to_owned()), ..self } };
        let message = match self.message.strip_prefix(&format!("`{field}`")) {
            Some(rest) => format!("`{section}.{field}`{rest}"),
            None => self.message,
        };
        Self { field: Some(format!("{section}.{field}")), message, ..self }
    }

    /// Dotted path of the field at fault.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }
}

impl Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigFault {}

/// One fault where all are asked for.
impl From<ConfigFault> for Vec<ConfigFault> {
    fn from(fault: ConfigFault) -> Self {
        vec![fault]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_ends_and_no_nan() {
        let fault = |value| ConfigFault::outside("share", value, 0.0..=1.0).map(|fault| fault.message);
        assert_eq!([0.0, 0.5, 1.0].map(fault), [None, None, None]);
        assert_eq!(fault(-0.1).as_deref(), Some("`share` is -0.1; it must be from 0 to 1"));
        assert_eq!(fault(f64::NAN).as_deref(), Some("`share` is NaN; it must be from 0 to 1"));
    }

    #[test]
    fn a_fault_of_a_section_names_the_whole_path() {
        let fault = ConfigFault::new("min_words", "`min_words` is -1; it must be 0 or more").within("gopher_quality");
        assert_eq!(fault.field(), Some("gopher_quality.min_words"));
        assert_eq!(fault.message, "`gopher_quality.min_words` is -1; it must be 0 or more");
        assert_eq!(ConfigFault::whole("nothing is set").within("words").field(), Some("words"));
        assert_eq!(ConfigFault::new("a", "words").within("b").message, "words");
    }
}
