use std::borrow::Cow;

/// Characters that order text of two directions: marks, embeddings, overrides and isolates (UAX #9, section 2).
pub(crate) fn is_bidi_control(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` without bidirectional controls. They show nothing themselves, and text that only looks like what it says
/// is made with them.
///
/// ```
/// use textmill_normalize::steps::strip_bidi_controls;
///
/// assert_eq!(strip_bidi_controls("user\u{202e}nimda\u{202c}"), "usernimda");
/// ```
pub fn strip_bidi_controls(text: &str) -> Cow<'_, str> {
    // UTF-8 of all but one starts with this byte.
    let may_have = memchr::memchr2(0xe2, 0xd8, text.as_bytes()).is_some();
    if !may_have || !text.contains(is_bidi_control) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|char| !is_bidi_control(*char)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_goes_and_its_neighbours_stay() {
        let controls =
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        assert_eq!(strip_bidi_controls(&format!("a{controls}b")), "ab");
        for kept in ["\u{61b}", "\u{200d}", "\u{2010}", "\u{2029}", "\u{202f}", "\u{2065}", "\u{206a}", "“”", "ؐ"]
        {
            assert!(matches!(strip_bidi_controls(kept), Cow::Borrowed(_)));
        }
    }
}
