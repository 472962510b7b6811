//! Full-width letters, digits and marks as ASCII, so that one set of rules finds both.

/// Full-width characters are their ASCII twins moved by this.
const OFFSET: u32 = 0xfee0;
/// Bytes that a full-width character has more than its twin.
const LONGER: usize = 2;
/// Longest content of full-width brackets that is part of a number: `（0755）`.
const MAX_BRACKETED: usize = 4;

/// A text with the full-width characters of numbers and addresses in half width.
pub(super) struct Folded {
    pub(super) text: String,
    /// Where in `text` a character stands that was a full-width one.
    places: Vec<usize>,
}

impl Folded {
    /// `text` folded; `None` where nothing in it has to be.
    pub(super) fn of(text: &str) -> Option<Self> {
        // All of them start with this byte.
        memchr::memchr_iter(0xef, text.as_bytes()).find(|at| asks_for_folding(text, *at))?;
        let mut folded = Self { text: String::with_capacity(text.len()), places: Vec::new() };
        let mut copied = 0;
        for at in memchr::memchr_iter(0xef, text.as_bytes()) {
            let Some(twin) = text.get(at..).and_then(|rest| rest.chars().next()).and_then(twin) else { continue };
            folded.text.push_str(text.get(copied..at).unwrap_or_default());
            folded.places.push(folded.text.len());
            folded.text.push(twin);
            copied = at + twin.len_utf8() + LONGER;
        }
        folded.text.push_str(text.get(copied..).unwrap_or_default());
        Some(folded)
    }

    /// Where byte `at` of the folded text stands in the text itself.
    pub(super) fn original(&self, at: usize) -> usize {
        at + LONGER * self.places.partition_point(|place| *place < at)
    }
}

/// The ASCII twin of what numbers and addresses are written with. Commas, colons and the like are no part of them:
/// these stay what they are, so that they remain the ends of numbers.
fn twin(char: char) -> Option<char> {
    let twin = char::from_u32(u32::from(char).checked_sub(OFFSET)?)?;
    (twin.is_ascii_alphanumeric() || matches!(twin, '@' | '.' | '-' | '+' | '_' | '(' | ')')).then_some(twin)
}

/// Brackets stand everywhere in Chinese text: only around a short number are they a reason to copy the text.
fn asks_for_folding(text: &str, at: usize) -> bool {
    let Some(rest) = text.get(at..) else { return false };
    let mut chars = rest.chars();
    match chars.next().and_then(twin) {
        None | Some(')') => false,
        Some('(') => {
            let inside = chars.clone().take_while(char::is_ascii_alphanumeric).take(MAX_BRACKETED + 1).count();
            (1..=MAX_BRACKETED).contains(&inside) && chars.nth(inside) == Some('）')
        }
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_to_the_text() {
        let text = "手机１３8，（010）ａ＠b，完";
        let folded = Folded::of(text).expect("there is something to fold");
        assert_eq!(folded.text, "手机138，(010)a@b，完");
        for (at, char) in folded.text.char_indices() {
            let original = text.get(folded.original(at)..).and_then(|rest| rest.chars().next());
            assert!(original == Some(char) || original.and_then(twin) == Some(char), "{char}");
        }
        assert_eq!(folded.original(folded.text.len()), text.len());
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        for text in ["", "plain", "他说，好（真的）！", "（二〇一九）", "（12345）", "（", "（12"] {
            assert!(Folded::of(text).is_none(), "{text}");
        }
        for text in ["（2019）年", "Ａ", "１", "a＠b", "（0755）"] {
            assert!(Folded::of(text).is_some(), "{text}");
        }
    }
}
