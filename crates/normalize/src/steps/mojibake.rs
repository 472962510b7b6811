//! Text that was written as UTF-8 and read in a one-byte code page.

mod bytes;
mod codepages;
mod sequences;
mod tables;
mod unlikely;

use std::borrow::Cow;

use codepages::{CodePage, possible};
use unlikely::{ENCODED, continues, is_unlikely};

/// Times that a text may have been misread on top of a misread text; ftfy knows no bound, and real text needs two.
const MAX_LAYERS: usize = 8;

/// Repairs text that was misread, once or several times, wholly or in parts: `schÃ¶n` becomes `schön`.
///
/// Gives what `ftfy.fix_encoding` 6.3.1 gives: a text changes only if it has a sequence of characters that only
/// mojibake has, and only into what its bytes are in UTF-8.
///
/// ```
/// use textmill_normalize::steps::fix_mojibake;
///
/// assert_eq!(fix_mojibake("l’humanitÃ© â€” cafÃ©"), "l’humanité — café");
/// assert_eq!(fix_mojibake("Ãœbung in BÃ¼chern: schÃ¶n"), "Übung in Büchern: schön");
/// ```
pub fn fix_mojibake(text: &str) -> Cow<'_, str> {
    fixed(text, MAX_LAYERS).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// `text` after all layers; `None` where it stays as it is.
fn fixed(text: &str, layers: usize) -> Option<String> {
    let mut current: Option<String> = None;
    for _ in 0..layers {
        let layer = current.as_deref().unwrap_or(text);
        match one_layer(layer, layers - 1) {
            Some(next) if next != layer => current = Some(next),
            _ => break,
        }
    }
    current
}

/// `text` with the outermost layer taken off.
fn one_layer(text: &str, layers: usize) -> Option<String> {
    if text.is_ascii() || !is_unlikely(text) {
        return None;
    }
    let mut is_latin1 = false;
    for code_page in possible(text) {
        is_latin1 |= code_page == CodePage::Latin1;
        if let Some(read) = reread(text, code_page) {
            return Some(read);
        }
    }
    if let Some(read) = fix_parts(text, layers).filter(|read| read != text) {
        return Some(read);
    }
    // What is Latin-1 to the letter was Windows-1252, if it can have been.
    if is_latin1 && let Some(read) = windows_1252(text) {
        return Some(read);
    }
    text.contains(is_c1).then(|| text.chars().map(c1_as_windows_1252).collect())
}

/// The bytes of `text` in `code_page`, read as UTF-8.
fn reread(text: &str, code_page: CodePage) -> Option<String> {
    let mut encoded = code_page.bytes_of(text)?;
    // Mac Roman has its no-break space elsewhere.
    if code_page != CodePage::MacRoman
        && let Some(restored) = bytes::restore_a0(&encoded)
    {
        encoded = restored;
    }
    if code_page.is_lossy() {
        encoded = bytes::replace_lossy(encoded);
    }
    bytes::text_of(encoded)
}

/// `text` with its misread parts repaired on their own; `None` where it has none.
fn fix_parts(text: &str, layers: usize) -> Option<String> {
    let mut output = String::new();
    let (mut copied, mut from) = (0, 0);
    let mut any = false;
    while let Some(part) = ENCODED.find_at(text, from) {
        let before = text.get(..part.start()).unwrap_or_default().chars().next_back();
        if before.is_some_and(continues) {
            // In the middle of a garble.
            from = part.start() + part.as_str().chars().next().map_or(1, char::len_utf8);
            continue;
        }
        any = true;
        from = part.end();
        let is_shorter = part.len() < text.len();
        if layers > 0
            && is_shorter
            && is_unlikely(part.as_str())
            && let Some(repaired) = fixed(part.as_str(), layers)
        {
            output.push_str(text.get(copied..part.start()).unwrap_or_default());
            output.push_str(&repaired);
            copied = part.end();
        }
    }
    output.push_str(text.get(copied..).unwrap_or_default());
    any.then_some(output)
}

/// `text`, which is Latin-1, with its control characters as Windows-1252 has them; `None` where that has none of its
/// own, or changes nothing.
fn windows_1252(text: &str) -> Option<String> {
    let open = |char: char| matches!(char, '\u{81}' | '\u{8d}' | '\u{8f}' | '\u{90}' | '\u{9d}');
    (text.contains(is_c1) && !text.contains(open)).then(|| text.chars().map(c1_as_windows_1252).collect())
}

fn is_c1(char: char) -> bool {
    matches!(char, '\u{80}'..='\u{9f}')
}

/// Control characters of the upper half as the characters that Windows has there, as browsers do.
fn c1_as_windows_1252(char: char) -> char {
    match u8::try_from(u32::from(char)) {
        Ok(byte) if is_c1(char) => CodePage::Windows1252.char_of(byte),
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_texts_and_parts_are_repaired() {
        for (broken, fixed) in [
            ("ÄŒeÅ¡tina", "Čeština"),
            ("voilÃ le travail", "voilà le travail"),
            ("ä¸\u{ad}æ\u{96}\u{87}", "中文"),
            ("中文里的 cafÃ© 与 â€œ引文â€\u{9d}", "中文里的 café 与 “引文”"),
            ("ÃƒÂ©tÃƒÂ©", "été"),
            ("РџСЂРёРІРµС‚", "Привет"),
            ("\u{93}quoted\u{94}", "“quoted”"),
        ] {
            assert_eq!(fix_mojibake(broken), fixed);
        }
    }

    #[test]
    fn text_in_its_own_right_is_not_copied() {
        for text in
            ["", "plain", "Übung, déjà vu, naïve", "“curly” — dash…", "中文，标点。", "Ångström", "10 °C ± 2 µm"]
        {
            assert!(matches!(fix_mojibake(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn hostile_text_takes_linear_time() {
        let deep = "Ã\u{83}Â\u{82}".repeat(200_000);
        let many = "é Ã© 中 ".repeat(100_000);
        let garble = "â\u{80}".repeat(500_000);
        for text in [deep, many, garble] {
            let _ = fix_mojibake(&text);
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "([ -~]|[À-ÿ]|[\u{80}-\u{bf}]|[‘-•€™ŒœŠš]|[А-я]|中|\u{fffd}){0,24}") {
            let once = fix_mojibake(&text).into_owned();
            prop_assert_eq!(fix_mojibake(&once), once.as_str());
        }

        #[test]
        fn what_was_misread_as_latin1_comes_back(text in "[à-üぁ-ん中文字]{2,20}") {
            let misread: String = text.bytes().map(char::from).collect();
            let fixed = fix_mojibake(&misread);
            prop_assert!(fixed == text || fixed == misread || fixed.chars().count() < misread.chars().count());
        }
    }
}
