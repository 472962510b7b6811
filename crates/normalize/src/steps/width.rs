use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::replaced;

/// A class of full-width characters (U+FF01 to U+FF5E) that have a half-width twin in ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WidthClass {
    /// `Ａ` to `Ｚ` and `ａ` to `ｚ`.
    Letters,
    /// `０` to `９`.
    Digits,
    /// The rest, such as `，`, `（` and `％`. Chinese and Japanese are properly written with these.
    Punctuation,
}

/// Full-width characters are their ASCII twins moved by this.
const OFFSET: u32 = 0xfee0;

impl WidthClass {
    fn of(twin: char) -> Self {
        if twin.is_ascii_alphabetic() {
            Self::Letters
        } else if twin.is_ascii_digit() {
            Self::Digits
        } else {
            Self::Punctuation
        }
    }
}

/// `text` with the full-width characters of `classes` in half width.
///
/// ```
/// use textmill_normalize::steps::{WidthClass, half_width};
///
/// assert_eq!(half_width("ＡＢＣ１２３，", &[WidthClass::Letters, WidthClass::Digits]), "ABC123，");
/// ```
pub fn half_width<'a>(text: &'a str, classes: &[WidthClass]) -> Cow<'a, str> {
    // All of them start with this byte.
    if classes.is_empty() || memchr::memchr(0xef, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    replaced(text, |char| {
        if !('\u{ff01}'..='\u{ff5e}').contains(&char) {
            return None;
        }
        char::from_u32(u32::from(char) - OFFSET).filter(|twin| classes.contains(&WidthClass::of(*twin)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_characters_and_no_others() {
        let all: String = (0xff00..=0xff5f).filter_map(char::from_u32).collect();
        let ascii: String = (0x21_u8..=0x7e).map(char::from).collect();
        let everything = [WidthClass::Letters, WidthClass::Digits, WidthClass::Punctuation];
        assert_eq!(half_width(&all, &everything), format!("\u{ff00}{ascii}\u{ff5f}"));
        assert_eq!(half_width("Ｚ９！", &[WidthClass::Letters]), "Z９！");
        assert_eq!(half_width("Ｚ９！", &[WidthClass::Digits]), "Ｚ9！");
        assert_eq!(half_width("Ｚ９！", &[WidthClass::Punctuation]), "Ｚ９!");
        assert!(matches!(half_width("中文，", &[WidthClass::Letters]), Cow::Borrowed(_)));
    }
}
