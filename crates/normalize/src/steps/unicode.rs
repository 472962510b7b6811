use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The normal form of Unicode (UAX #15) that a text is brought to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnicodeForm {
    /// As it is.
    #[default]
    AsIs,
    /// NFC: letters with their marks as one character where there is one. Changes nothing that is seen.
    Nfc,
    /// NFKC: also ligatures, full-width and circled characters, superscripts as plain ones. It changes
    /// meaning (`x²` becomes `x2`) and full-width Chinese punctuation.
    Nfkc,
}

/// `text` in the normal form `form`.
///
/// ```
/// use textmill_normalize::steps::{UnicodeForm, compose};
///
/// assert_eq!(compose("e\u{301} ﬁ", UnicodeForm::Nfc), "é ﬁ");
/// assert_eq!(compose("e\u{301} ﬁ", UnicodeForm::Nfkc), "é fi");
/// ```
pub fn compose(text: &str, form: UnicodeForm) -> Cow<'_, str> {
    // ASCII is in every normal form, and most of English is ASCII.
    if form == UnicodeForm::AsIs || text.is_ascii() {
        return Cow::Borrowed(text);
    }
    match form {
        UnicodeForm::Nfkc => ComposingNormalizerBorrowed::new_nfkc().normalize(text),
        _ => ComposingNormalizerBorrowed::new_nfc().normalize(text),
    }
}
