use std::borrow::Cow;

use markup5ever::data::NAMED_ENTITIES;

/// Longest body of a character reference that is looked at, in bytes; HTML's longest name has 31.
const MAX_BODY: usize = 32;

/// `text` with the character references that extraction left over (`&amp;nbsp;`, `&#8217;`) as characters.
///
/// Only references that end with `;` count. What decoding makes anew is decoded too (`&amp;lt;` becomes `<`), in one
/// pass: wherever a `;` is written, what stands before it decides. Names are those of HTML (section 13.5); numbers
/// in the range of C1 controls mean Windows-1252, as HTML has it (section 13.2.5.80).
///
/// ```
/// use textmill_normalize::steps::decode_entities;
///
/// assert_eq!(decode_entities("R&amp;D &#8212; 5&nbsp;&lt;&#x2F;b&gt;"), "R&D — 5\u{a0}</b>");
/// assert_eq!(decode_entities("a & b; &unknown; &amp"), "a & b; &unknown; &amp");
/// ```
pub fn decode_entities(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut output = String::new();
    let mut copied = 0;
    for end in memchr::memchr_iter(b';', text.as_bytes()).filter(|end| *end > first) {
        // Until something was decoded, the text itself is its own output.
        let body = if copied == 0 {
            text.get(..end).and_then(last_body)
        } else {
            output.push_str(text.get(copied..end).unwrap_or_default());
            copied = end;
            last_body(&output)
        };
        let Some(found) = body.and_then(|body| characters(body).map(|characters| (body.len(), characters))) else {
            continue;
        };
        if copied == 0 {
            output = String::with_capacity(text.len());
            output.push_str(text.get(..end).unwrap_or_default());
        }
        replace_tail(&mut output, found);
        copied = end + 1;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(output)
}

/// Puts `characters` in place of the reference at the end of `output`; where that ends with `;`, it may end another.
fn replace_tail(output: &mut String, (mut body, mut characters): (usize, [char; 2])) {
    loop {
        output.truncate(output.len() - body - 1);
        let ends = characters == [';', '\0'];
        if ends && let Some(next) = last_body(output).and_then(|body| Some((body.len(), self::characters(body)?))) {
            (body, characters) = next;
            continue;
        }
        output.extend(characters.into_iter().filter(|char| *char != '\0'));
        return;
    }
}

/// What stands between the last `&` and the end of `text`, if that can be the body of a reference.
fn last_body(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let window = bytes.get(bytes.len().saturating_sub(MAX_BODY + 1)..)?;
    let body = window.iter().rev().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
    let start = bytes.len().checked_sub(body + 1)?;
    (body > 0 && bytes.get(start) == Some(&b'&')).then(|| text.get(start + 1..)).flatten()
}

/// The one or two characters that the reference `&body;` stands for; NUL for none.
fn characters(body: &str) -> Option<[char; 2]> {
    let Some(number) = body.strip_prefix('#') else {
        let (first, second) = NAMED_ENTITIES.get(&format!("{body};")).copied()?;
        return Some([char::from_u32(first)?, char::from_u32(second)?]).filter(|[first, _]| *first != '\0');
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    let char = match code.ok()? {
        0 => return None,
        control @ 0x80..=0x9f => {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[u8::try_from(control).ok()?]).0.chars().next()?
        }
        code => char::from_u32(code)?,
    };
    Some([char, '\0'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn references_are_decoded_and_nothing_else() {
        for (text, decoded) in [
            ("&amp;amp;amp;lt;", "<"),
            ("&&#97;mp;&#35;", "&#"),
            ("&#x4e2d;&#20013;", "中中"),
            ("&#146;&#x80;", "’€"),
            ("&#0; &#xd800; &#1114112; &#; &#x; &;", "&#0; &#xd800; &#1114112; &#; &#x; &;"),
            ("中&nbsp;文；&hellip;", "中\u{a0}文；…"),
            ("&NotEqualTilde;", "≂\u{338}"),
            ("&am&semi; &semi;&semi;", "&am; ;;"),
            ("&amp&semi;", "&"),
            ("x=1;y=&z;", "x=1;y=&z;"),
        ] {
            assert_eq!(decode_entities(text), decoded, "{text}");
        }
        assert!(matches!(decode_entities("a; b & c;"), Cow::Borrowed(_)));
    }

    #[test]
    fn hostile_nesting_takes_linear_time() {
        let nested = format!("&{}lt;", "amp;".repeat(1_000_000));
        assert_eq!(decode_entities(&nested), "<");
        assert_eq!(decode_entities(&"&semi;".repeat(200_000)).len(), 200_000);
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "(&|;|#|amp|semi|num|lt|38|x26|97|a|mp|中| ){0,24}") {
            let once = decode_entities(&text).into_owned();
            prop_assert_eq!(decode_entities(&once), once.as_str());
        }
    }
}
