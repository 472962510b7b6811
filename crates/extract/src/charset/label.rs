//! Names of charsets, as pages write them.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_MAC_CYRILLIC, X_USER_DEFINED};
use oem_cp::code_table as tables;

use crate::html::{Tag, parse};

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
        if let Some(encoding) = alias(&label) {
            return usable(encoding).map(Self::Web);
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

    /// The charset that the head of a page declares: in an XML declaration, or in a `meta`. What stands in a
    /// comment or in a script counts only where nothing else declares one: pages are not that careful.
    pub(super) fn of_head(head: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(head);
        match in_xml(&text).or_else(|| in_meta(&without_hidden(&text))).or_else(|| in_meta(&text))? {
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

/// A head without its comments, scripts and styles, up to where the body starts.
fn without_hidden(text: &str) -> String {
    const HIDDEN: &[(&str, &str)] = &[("<!--", "-->"), ("<script", "</script"), ("<style", "</style")];
    let lower = text.to_ascii_lowercase();
    let mut shown = String::new();
    let mut at = 0;
    while let Some(open) = lower.get(at..).and_then(|rest| rest.find('<')).map(|offset| at + offset) {
        shown.push_str(text.get(at..open).unwrap_or(""));
        let rest = lower.get(open..).unwrap_or("");
        let Some((_, end)) = HIDDEN.iter().find(|(start, _)| rest.starts_with(start)) else {
            shown.push('<');
            at = open + 1;
            continue;
        };
        let Some(length) = rest.find(end) else { return shown };
        at = open + length + end.len();
    }
    shown.push_str(text.get(at..).unwrap_or(""));
    shown
}

/// Bytes of a `meta` that are looked at.
const MAX_META_BYTES: usize = 2_000;

/// The first `meta` with a known charset: in an attribute of that name, or in a `content` that is a media type. What a
/// description says about charsets declares none.
fn in_meta(text: &str) -> Option<Charset> {
    let mut rest = text;
    while let Some(after) = find_ignore_case(rest.as_bytes(), b"<meta") {
        let start = after - b"<meta".len();
        let element = rest.get(start..)?;
        let element = element.get(..element.floor_char_boundary(MAX_META_BYTES)).unwrap_or(element);
        rest = rest.get(after..)?;
        let element = element.get(..tag_length(element)).unwrap_or(element);
        if let Some(found) = of_meta(element) {
            return Some(found);
        }
    }
    None
}

/// Bytes of a tag up to the `>` that stands in none of its values; a quotation mark that is never closed is none.
fn tag_length(element: &str) -> usize {
    let mut quote = None;
    for (at, byte) in element.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return at + 1,
            (b'"' | b'\'', None) if element.get(..at).is_some_and(|before| before.trim_end().ends_with('=')) => {
                quote = Some(byte);
            }
            (_, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    element.find('>').map_or(element.len(), |end| end + 1)
}

/// The charset that one `meta` declares.
fn of_meta(element: &str) -> Option<Charset> {
    let closed = if element.ends_with('>') { element.to_owned() } else { format!("{element}>") };
    let tree = parse(&closed, 8, 64)?;
    let Some(id) = tree.first(Tag::Meta) else {
        // A value that is never closed: nothing tells what is in it.
        return Charset::of_parameter(element);
    };
    if let Some(found) = tree.attribute(id, "charset").and_then(Charset::of_label) {
        return Some(found);
    }

    let content = tree.attribute(id, "content")?;
    let head = content.split(';').next().unwrap_or("").trim();
    let is_type = head.contains('/') && !head.contains(char::is_whitespace);
    let declares =
        tree.attribute(id, "http-equiv").is_some_and(|name| name.trim().eq_ignore_ascii_case("content-type"));
    if declares || is_type { Charset::of_parameter(content) } else { None }
}

/// Where the first `needle` ends, in any case of ASCII letters.
fn find_ignore_case(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let at = bytes.windows(needle.len()).position(|window| window.eq_ignore_ascii_case(needle))?;
    Some(at + needle.len())
}

/// Names that the standard does not know, as pages write them: with other signs or none between their parts, or
/// as databases and programming languages call them. `label` is lower case.
fn alias(label: &str) -> Option<&'static Encoding> {
    const NAMES: &[&str] = &[
        "utf-8",
        "gbk",
        "gb18030",
        "gb2312",
        "big5",
        "big5-hkscs",
        "shift_jis",
        "euc-jp",
        "iso-2022-jp",
        "euc-kr",
        "ks_c_5601-1987",
        "windows-874",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "koi8-r",
        "koi8-u",
        "iso-8859-1",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-9",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "tis-620",
        "macintosh",
        "ascii",
    ];
    let squeeze = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let label = squeeze(label);
    let encoding = |name: &str| Encoding::for_label(name.as_bytes());
    let known = match label.as_str() {
        // What MySQL and Oracle call UTF-8, and what is meant by Unicode on a page of bytes.
        "utf8mb4" | "utf8mb3" | "al32utf8" | "unicode" | "utf" | "utf8unicodeci" | "utf8generalci" | "utf8bom"
        | "utf8sig" => "utf-8",
        "gb23121980" | "gb231280" | "euccn" | "cp936" | "ms936" | "windows936" => "gbk",
        "cp932" | "ms932" | "windows932" | "eucjis" | "sjis" | "xsjis" => "shift_jis",
        "cp949" | "uhc" | "windows949" | "ksc5601" => "euc-kr",
        "cp950" | "windows950" => "big5",
        "ansi" | "latin1" | "isolatin1" | "win1252" | "88591" => "windows-1252",
        "win1250" => "windows-1250",
        "win1251" | "win" => "windows-1251",
        "win1254" => "windows-1254",
        "win1256" => "windows-1256",
        other => NAMES.iter().copied().find(|name| squeeze(name) == other)?,
    };
    encoding(known)
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
            ("utf8mb4", Some("UTF-8")),
            ("UTF_8", Some("UTF-8")),
            ("windows_1251", Some("windows-1251")),
            ("EUCJP", Some("EUC-JP")),
            ("GB-2312", Some("GBK")),
            ("ISO 8859 15", Some("ISO-8859-15")),
            ("hz-gb-2312", None),
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
        let late = b"<!-- <meta charset=gbk> --><script>'<meta charset=koi8-r>'</script><meta charset=big5>";
        assert_eq!(name(Charset::of_head(late)), Some("Big5"));
        assert_eq!(name(Charset::of_head(b"<!-- <meta charset=gbk> --><title>x</title>")), Some("GBK"));
        assert_eq!(name(Charset::of_head(b"<!-- <meta charset=gbk>")), Some("GBK"));
        assert_eq!(name(Charset::of_head(b"<script>x<meta charset=euc-kr>")), Some("EUC-KR"));
        for other in [
            "<meta name=description content='charset=gbk was common'>",
            "<meta property=og:title content=\"What 'charset=gbk' means\">",
            "<meta name=description content='a > b; charset=gbk'>",
            "<!-- <meta charset=gbk> -->",
            "<script>document.write('<meta charset=gbk>')</script>",
        ] {
            let page = format!("{other}<meta charset=koi8-r>");
            assert_eq!(name(Charset::of_head(page.as_bytes())), Some("KOI8-R"), "{other}");
        }
        assert_eq!(name(Charset::of_head(b"<meta content='text/html;charset=gbk'>")), Some("GBK"));
        assert_eq!(name(Charset::of_head(b"<meta charset=\"gbk>")), Some("GBK"));
        let http = b"<META name=a><meta http-equiv=Content-Type content='text/html; charset=euc-kr'>";
        assert_eq!(name(Charset::of_head(http)), Some("EUC-KR"));
    }
}
