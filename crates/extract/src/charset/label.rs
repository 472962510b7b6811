//! Names of charsets, as pages write them.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_MAC_CYRILLIC, X_USER_DEFINED};
use oem_cp::code_table as tables;

/// A charset that a page can be in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Charset {
    /// One of the WHATWG encoding standard.
    Web(&'static Encoding),
    /// A code page of DOS: its name and the characters of bytes 128 to 255.
    Dos(&'static str, &'static [char; 128]),
}

/// Code pages that no browser knows and old files declare all the same.
const DOS: &[(&str, &str, &[char; 128])] = &[
    ("437", "IBM437", &tables::DECODING_TABLE_CP437),
    ("737", "IBM737", &tables::DECODING_TABLE_CP737),
    ("775", "IBM775", &tables::DECODING_TABLE_CP775),
    ("850", "IBM850", &tables::DECODING_TABLE_CP850),
    ("852", "IBM852", &tables::DECODING_TABLE_CP852),
    ("855", "IBM855", &tables::DECODING_TABLE_CP855),
    ("858", "IBM858", &tables::DECODING_TABLE_CP858),
    ("860", "IBM860", &tables::DECODING_TABLE_CP860),
    ("861", "IBM861", &tables::DECODING_TABLE_CP861),
    ("862", "IBM862", &tables::DECODING_TABLE_CP862),
    ("863", "IBM863", &tables::DECODING_TABLE_CP863),
    ("865", "IBM865", &tables::DECODING_TABLE_CP865),
];

impl Charset {
    /// The charset called `label`; `None` for names that none has.
    pub(super) fn of_label(label: &str) -> Option<Self> {
        if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
            return usable(encoding).map(Self::Web);
        }
        let label = label.trim().to_ascii_lowercase();
        if label == "maccyrillic" {
            return Some(Self::Web(X_MAC_CYRILLIC));
        }
        let number = label.trim_start_matches("ibm").trim_start_matches("cp").trim_start_matches(['-', '_']);
        DOS.iter().find(|(known, _, _)| *known == number).map(|(_, name, table)| Self::Dos(name, table))
    }

    /// The charset that a `Content-Type` names, or the attributes of a `meta`.
    pub(super) fn of_parameter(text: &str) -> Option<Self> {
        let after = find_ignore_case(text.as_bytes(), b"charset")?;
        let rest = text.get(after..)?.trim_ascii_start().strip_prefix('=')?.trim_ascii_start();
        let rest = rest.trim_start_matches(['"', '\'']);
        let end = rest.find(['"', '\'', ';', ' ', '\t', ',', '>']).unwrap_or(rest.len());
        Self::of_label(rest.get(..end)?)
    }

    /// The charset that the head of a page declares: in an XML declaration, or in a `meta`.
    pub(super) fn of_head(head: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(head);
        match in_xml(&text).or_else(|| in_meta(&text))? {
            // The declaration was read as ASCII, so that the page is in no charset of two-byte units.
            Self::Web(encoding) if encoding == UTF_16BE || encoding == UTF_16LE => Some(Self::Web(UTF_8)),
            known => Some(known),
        }
    }

    /// Whether it is UTF-8.
    pub(super) fn is_utf8(self) -> bool {
        matches!(self, Self::Web(encoding) if encoding == UTF_8)
    }
}

fn in_xml(text: &str) -> Option<Charset> {
    let declaration = text.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let end = value.find(['"', '\'']).unwrap_or(value.len());
    Charset::of_label(value.get(..end)?)
}

/// The first `meta` with a known charset, in comments as well: pages are not that careful.
fn in_meta(text: &str) -> Option<Charset> {
    let mut rest = text;
    while let Some(after) = find_ignore_case(rest.as_bytes(), b"<meta") {
        rest = rest.get(after..)?;
        let element = rest.split_once('>').map_or(rest, |(element, _)| element);
        if let Some(found) = Charset::of_parameter(element) {
            return Some(found);
        }
    }
    None
}

/// Where the first `needle` ends, in any case of ASCII letters.
fn find_ignore_case(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let at = bytes.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))?;
    Some(at + needle.len())
}

/// Encodings of the standard that a page can be in; its `replacement` has no characters.
fn usable(encoding: &'static Encoding) -> Option<&'static Encoding> {
    match encoding {
        known if known == REPLACEMENT => None,
        // What browsers make of `x-user-defined` in a meta element.
        known if known == X_USER_DEFINED => Some(WINDOWS_1252),
        known => Some(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(charset: Option<Charset>) -> Option<&'static str> {
        charset.map(|charset| match charset {
            Charset::Web(encoding) => encoding.name(),
            Charset::Dos(name, _) => name,
        })
    }

    #[test]
    fn labels_of_the_web_and_of_older_systems_are_known() {
        for (label, expected) in [
            ("UTF8", Some("UTF-8")),
            (" gb2312 ", Some("GBK")),
            ("MacCyrillic", Some("x-mac-cyrillic")),
            ("IBM855", Some("IBM855")),
            ("cp-850", Some("IBM850")),
            ("cp866", Some("IBM866")),
            ("iso-2022-kr", None),
            ("x-user-defined", Some("windows-1252")),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(name(Charset::of_label(label)), expected, "{label}");
        }
    }

    #[test]
    fn parameters_and_heads_are_read() {
        assert_eq!(name(Charset::of_parameter("text/html; Charset = 'big5' ")), Some("Big5"));
        assert_eq!(name(Charset::of_parameter("text/html; charset")), None);
        assert_eq!(name(Charset::of_parameter("text/html; charset=")), None);
        assert_eq!(name(Charset::of_head(b"<meta charset=utf-16>")), Some("UTF-8"));
        assert_eq!(name(Charset::of_head(b"\n<?xml version='1.0' encoding=\"koi8-r\"?>")), Some("KOI8-R"));
        let http = b"<META name=a><meta http-equiv=Content-Type content='text/html; charset=euc-kr'>";
        assert_eq!(name(Charset::of_head(http)), Some("EUC-KR"));
    }
}
