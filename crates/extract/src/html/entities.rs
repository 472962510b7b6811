//! Character references: `&amp;`, `&#8212;`, `&#x2014;`.

use std::borrow::Cow;

use memchr::memchr2;

use super::entity_table::ENTITIES;

/// Length of the longest name.
const MAX_NAME: usize = 31;
/// Length of the longest name that counts without `;`.
const MAX_LEGACY_NAME: usize = 6;

/// `text` with its character references replaced.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    if memchr2(b'&', 0, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut output = String::with_capacity(text.len());
    decode_into(text, &mut output);
    Cow::Owned(output)
}

/// The value of an attribute with its character references replaced. Here a name without `;` is none where it could
/// be the name of a parameter: `?id=1&copy=2`.
pub(crate) fn attribute_value(value: &str) -> Cow<'_, str> {
    if memchr2(b'&', 0, value.as_bytes()).is_none() {
        return Cow::Borrowed(value);
    }
    let mut output = String::with_capacity(value.len());
    replace(value, true, &mut output);
    Cow::Owned(output)
}

/// Appends `text` with its character references replaced.
pub(crate) fn decode_into(text: &str, output: &mut String) {
    replace(text, false, output);
}

fn replace(text: &str, in_attribute: bool, output: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr2(b'&', 0, rest.as_bytes()) {
        let (before, reference) = rest.split_at(at);
        output.push_str(before);
        let Some(body) = reference.strip_prefix('&') else {
            // The parser leaves U+0000 only where the standard replaces it.
            output.push(char::REPLACEMENT_CHARACTER);
            rest = reference.get(1..).unwrap_or("");
            continue;
        };
        let used = match body.strip_prefix('#') {
            Some(number) => numeric(number, output).map(|length| length + 1),
            None => named(body, in_attribute, output),
        };
        if used.is_none() {
            output.push('&');
        }
        rest = body.get(used.unwrap_or(0)..).unwrap_or("");
    }
    output.push_str(rest);
}

/// Reads `8212;` or `x2014;`; the length read.
fn numeric(body: &str, output: &mut String) -> Option<usize> {
    let (radix, prefix) = if body.starts_with(['x', 'X']) { (16, 1) } else { (10, 0) };
    let digits = body.bytes().skip(prefix).take_while(|byte| char::from(*byte).is_digit(radix)).count();
    if digits == 0 {
        return None;
    }
    let end = prefix + digits;
    let significant = body.get(prefix..end)?.trim_start_matches('0');
    // More digits than any character has are out of range whatever they are.
    let code = if significant.len() > 7 { u32::MAX } else { u32::from_str_radix(significant, radix).unwrap_or(0) };
    output.push(character(code));
    Some(end + usize::from(body.as_bytes().get(end) == Some(&b';')))
}

fn character(code: u32) -> char {
    // Windows-1252 where the standard replaces controls by it.
    const C1: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    match code {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9f => C1.chars().nth((code - 0x80) as usize).unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// Reads `amp;` or `amp`; the length read.
fn named(body: &str, in_attribute: bool, output: &mut String) -> Option<usize> {
    let length = body.bytes().take(MAX_NAME + 1).take_while(u8::is_ascii_alphanumeric).count();
    let name = body.get(..length)?;
    if body.as_bytes().get(length) == Some(&b';')
        && let Some((text, _)) = lookup(name)
    {
        output.push_str(text);
        return Some(length + 1);
    }
    // The longest prefix that is a reference without `;`.
    (2..=length.min(MAX_LEGACY_NAME)).rev().find_map(|length| {
        let (text, legacy) = lookup(name.get(..length)?)?;
        let next = body.as_bytes().get(length);
        let parameter = in_attribute && next.is_some_and(|next| *next == b'=' || next.is_ascii_alphanumeric());
        (legacy && !parameter).then(|| {
            output.push_str(text);
            length
        })
    })
}

fn lookup(name: &str) -> Option<(&'static str, bool)> {
    let at = ENTITIES.binary_search_by(|(known, _, _)| known.as_bytes().cmp(name.as_bytes())).ok()?;
    ENTITIES.get(at).map(|(_, text, legacy)| (*text, *legacy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters() {
        for (text, expected) in [
            ("a &amp; b", "a & b"),
            ("&lt;&gt;&quot;&nbsp;", "<>\"\u{a0}"),
            ("AT&T &copy 2020 &notit;", "AT&T © 2020 ¬it;"),
            ("&#8212;&#x2014;&#X2014", "———"),
            ("&#150; &#0; &#x110000; &#99999999999999;", "– \u{fffd} \u{fffd} \u{fffd}"),
            ("&;&#;&#x;&nosuch;&", "&;&#;&#x;&nosuch;&"),
            ("&CounterClockwiseContourIntegral;", "∳"),
            ("&#00000000000065;", "A"),
            ("中&ensp;文&eacute", "中\u{2002}文é"),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }

    #[test]
    fn parameters_of_addresses_are_no_references() {
        for (value, expected) in [
            ("?id=1&copy=2", "?id=1&copy=2"),
            ("?a&copyright=1&amp;lt=2", "?a&copyright=1&lt=2"),
            ("AT&amp;T &copy 2020 &lt", "AT&T © 2020 <"),
            ("a&#38;b&ltc;", "a&b&ltc;"),
        ] {
            assert_eq!(attribute_value(value), expected, "{value}");
        }
        assert_eq!(decoded("?id=1&copy=2 \0"), "?id=1©=2 \u{fffd}");
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(ENTITIES.is_sorted_by(|a, b| a.0.as_bytes() < b.0.as_bytes()));
        assert!(
            ENTITIES
                .iter()
                .all(|(name, _, legacy)| name.len() <= MAX_NAME && (!legacy || name.len() <= MAX_LEGACY_NAME))
        );
    }
}
