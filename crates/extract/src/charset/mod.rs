//! From the bytes of a page to its characters.

mod detect;
mod japanese;
mod label;
mod mixed;

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use label::Charset;

/// What decided the charset of a page, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CharsetSource {
    /// A byte order mark at the start.
    Bom,
    /// The `charset` parameter of the `Content-Type` header.
    Header,
    /// A `meta` element or the XML declaration at the start of the page.
    Meta,
    /// Nothing was declared, or something else: the bytes are UTF-8.
    Utf8,
    /// The bytes themselves, by the statistics of `chardetng`.
    Detected,
}

impl CharsetSource {
    /// Stable name, snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bom => "bom",
            Self::Header => "header",
            Self::Meta => "meta",
            Self::Utf8 => "utf8",
            Self::Detected => "detected",
        }
    }
}

/// The characters of a page and how they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The characters; borrowed where the bytes are UTF-8 already.
    pub text: Cow<'a, str>,
    /// Name of the charset as the WHATWG encoding standard spells it, else `UTF-32` or `IBM…`.
    pub charset: &'static str,
    /// What decided it.
    pub source: CharsetSource,
    /// U+FFFD characters put in place of bytes that the charset has no meaning for.
    pub replacements: u64,
}

/// Bytes in which a declaration is looked for, 64 KiB, as far as the head goes. The standard asks for 1,024; pages
/// in the wild put scripts before it.
const DECLARATION_BYTES: usize = 64 << 10;
/// Bytes of a page without a head in which a declaration is looked for all the same.
const HEADLESS_BYTES: usize = 4096;
/// Of the bytes beyond ASCII, the share that may be wrong in a declared charset before the page
/// itself is asked.
const MAX_WRONG_SHARE: f64 = 0.02;

/// Decodes a page: byte order mark, then `Content-Type`, then `meta` or XML declaration, then the
/// bytes themselves; what is left undecodable becomes U+FFFD and is counted. A declaration that the
/// bytes contradict is passed over.
///
/// `content_type` is the header's value. `top_level_domain` is the last label of the host name,
/// lower case (`jp`), a hint for the detector.
///
/// ```
/// use textmill_extract::{CharsetSource, decode};
///
/// let page = decode(b"\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7", Some("text/html; charset=gb2312"), None);
/// assert_eq!((page.text.as_ref(), page.charset, page.source), ("你好，世界", "GBK", CharsetSource::Header));
/// ```
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>, top_level_domain: Option<&str>) -> Decoded<'a> {
    if let Some(page) = by_mark(bytes) {
        return page;
    }
    let head = head(bytes);
    let header = content_type.and_then(Charset::of_parameter).map(|charset| (charset, CharsetSource::Header));
    let inside = Charset::of_head(head).map(|charset| (charset, CharsetSource::Meta));
    let declared = || header.into_iter().chain(inside);
    if let Some((width, little)) = detect::wide_units(bytes) {
        return wide(bytes, width, little, CharsetSource::Detected);
    }
    // UTF-8 is hardly ever valid by chance, and often declared wrongly. Escapes switch the charset
    // of ISO-2022-JP, whose bytes are all ASCII.
    if let Ok(text) = std::str::from_utf8(bytes)
        && !bytes.contains(&0x1b)
    {
        let source =
            declared().find(|(charset, _)| charset.is_utf8()).map_or(CharsetSource::Utf8, |(_, source)| source);
        return Decoded { text: Cow::Borrowed(text), charset: UTF_8.name(), source, replacements: 0 };
    }
    if let Some(page) = mixed::decode(bytes, declared(), top_level_domain) {
        return page;
    }
    let beyond_ascii = bytes.iter().filter(|byte| !byte.is_ascii()).count() as f64;
    for (charset, source) in declared() {
        let page = by_charset(bytes, charset, source);
        if page.replacements as f64 <= MAX_WRONG_SHARE * beyond_ascii {
            return page;
        }
    }
    by_charset(bytes, Charset::Web(detect::detect(bytes, top_level_domain)), CharsetSource::Detected)
}

/// The bytes before the body.
fn head(bytes: &[u8]) -> &[u8] {
    let most = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes);
    let body = memchr::memmem::find_iter(most, b"<")
        .find(|at| most.get(at + 1..at + 5).is_some_and(|name| name.eq_ignore_ascii_case(b"body")));
    let end = body.unwrap_or(most.len()).max(HEADLESS_BYTES);
    most.get(..end).unwrap_or(most)
}

/// Whether the bytes are in units of two or four bytes, by their mark or their zeros.
pub(crate) fn is_wide(bytes: &[u8]) -> bool {
    let marks: [&[u8]; 3] = [b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff"];
    marks.iter().any(|mark| bytes.starts_with(mark)) || detect::wide_units(bytes).is_some()
}

/// A page that starts with a byte order mark.
fn by_mark(bytes: &[u8]) -> Option<Decoded<'_>> {
    // UTF-32 is no charset of the web, but of files. Its mark starts with that of UTF-16.
    for (mark, little) in [(b"\xff\xfe\0\0", true), (b"\0\0\xfe\xff", false)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            return Some(wide(rest, 4, little, CharsetSource::Bom));
        }
    }
    let (encoding, length) = Encoding::for_bom(bytes)?;
    Some(by_charset(bytes.get(length..).unwrap_or(&[]), Charset::Web(encoding), CharsetSource::Bom))
}

/// A page of units of two or four bytes.
fn wide(bytes: &[u8], width: usize, little: bool, source: CharsetSource) -> Decoded<'_> {
    if width == 2 {
        return by_charset(bytes, Charset::Web(if little { UTF_16LE } else { UTF_16BE }), source);
    }
    let mut replacements = 0;
    let mut text = String::with_capacity(bytes.len() / 4);
    for chunk in bytes.chunks(4) {
        let unit = <[u8; 4]>::try_from(chunk).ok();
        let value = unit.map(|unit| if little { u32::from_le_bytes(unit) } else { u32::from_be_bytes(unit) });
        let char = value.and_then(char::from_u32);
        replacements += u64::from(char.is_none());
        text.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Decoded { text: Cow::Owned(text), charset: "UTF-32", source, replacements }
}

fn by_charset(bytes: &[u8], charset: Charset, source: CharsetSource) -> Decoded<'_> {
    let encoding = match charset {
        Charset::Web(encoding) => encoding,
        Charset::Dos(name, table) => {
            let text = Cow::Owned(oem_cp::decode_string_complete_table(bytes, table));
            return Decoded { text, charset: name, source, replacements: 0 };
        }
    };
    let (text, wrong) = encoding.decode_without_bom_handling(bytes);
    let own = if encoding == UTF_8 { marks(bytes) } else { 0 };
    let replacements = if wrong { marks(text.as_bytes()).saturating_sub(own).max(1) } else { 0 };
    Decoded { text: japanese::standard(text, bytes, encoding), charset: encoding.name(), source, replacements }
}

/// U+FFFD characters in UTF-8.
fn marks(bytes: &[u8]) -> u64 {
    memchr::memmem::find_iter(bytes, "\u{fffd}").count() as u64
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_KR, GB18030, GBK, SHIFT_JIS, WINDOWS_1251};

    use super::*;

    const HEADER: CharsetSource = CharsetSource::Header;

    fn page<'a>(bytes: &'a [u8], header: Option<&str>) -> (Cow<'a, str>, &'static str, CharsetSource, u64) {
        let page = decode(bytes, header, None);
        (page.text, page.charset, page.source, page.replacements)
    }

    #[test]
    fn marks_come_first_then_header_then_meta() {
        type Case = (&'static [u8], Option<&'static str>, &'static str, &'static str, CharsetSource);
        let cases: [Case; 9] = [
            (b"\xef\xbb\xbfa\xc3\xa9", Some("text/html;charset=gbk"), "aé", "UTF-8", CharsetSource::Bom),
            (b"\xff\xfea\0\xe9\0", None, "aé", "UTF-16LE", CharsetSource::Bom),
            (b"\xfe\xff\0a\0\xe9", None, "aé", "UTF-16BE", CharsetSource::Bom),
            (b"\xff\xfe\0\0a\0\0\0\xe9\0\0\0", None, "aé", "UTF-32", CharsetSource::Bom),
            (b"\0\0\xfe\xff\0\0\0a\0\0\0\xe9", None, "aé", "UTF-32", CharsetSource::Bom),
            (b"caf\xe9", Some("text/html; Charset=\"ISO-8859-1\""), "café", "windows-1252", HEADER),
            (
                b"<meta charset=koi8-r>\xc1",
                Some("text/html; charset=nonsense"),
                "<meta charset=koi8-r>а",
                "KOI8-R",
                CharsetSource::Meta,
            ),
            (
                b"<?xml version='1.0' encoding='big5'?>\xa4\xa4",
                None,
                "<?xml version='1.0' encoding='big5'?>中",
                "Big5",
                CharsetSource::Meta,
            ),
            (b"a\xc3\xa9", None, "aé", "UTF-8", CharsetSource::Utf8),
        ];
        for (bytes, header, text, charset, source) in cases {
            assert_eq!(page(bytes, header), (text.into(), charset, source, 0), "{header:?} {bytes:?}");
        }
    }

    #[test]
    fn declarations_that_the_bytes_contradict_are_passed_over() {
        let utf8 = "<meta charset=gbk>你好，这是一个测试页面";
        assert_eq!(page(utf8.as_bytes(), None), (utf8.into(), "UTF-8", CharsetSource::Utf8, 0));
        let (gbk, _, _) = GBK.encode("这是一个很长的句子，它声称自己是另一种编码，但是它的字节并不是这样的。");
        let found = page(&gbk, Some("text/html; charset=utf-8"));
        assert_eq!((found.1, found.2, found.3), ("GBK", CharsetSource::Detected, 0));
    }

    #[test]
    fn east_asian_and_cyrillic_pages_without_a_declaration_are_detected() {
        let chinese = "清晨的阳光照进窗户，老人坐在桌前，慢慢地喝着茶，想着年轻时候走过的那些地方。";
        let traditional = "清晨的陽光照進窗戶，老人坐在桌前，慢慢地喝著茶，想著年輕時候走過的那些地方。";
        let japanese = "朝の光が窓から差し込み、老人は机に向かってゆっくりとお茶を飲んでいた。";
        let korean = "아침 햇살이 창문으로 들어오고 노인은 책상에 앉아 천천히 차를 마셨다.";
        let russian = "Утром солнце светило в окно, старик сидел за столом и медленно пил чай.";
        for (text, encoding) in
            [(chinese, GBK), (traditional, BIG5), (japanese, SHIFT_JIS), (korean, EUC_KR), (russian, WINDOWS_1251)]
        {
            let (bytes, _, _) = encoding.encode(text);
            assert_eq!(page(&bytes, None), (text.into(), encoding.name(), CharsetSource::Detected, 0));
        }
    }

    #[test]
    fn four_byte_characters_of_gb18030_are_right() {
        let text = "𠮷野家";
        let (bytes, _, _) = GB18030.encode(text);
        assert_eq!(page(&bytes, Some("text/html; charset=gb18030")).0, text);
    }

    #[test]
    fn replacements_are_counted_and_the_page_s_own_are_not() {
        let mut bytes = "é".repeat(200).into_bytes();
        bytes.extend_from_slice(b"\xff\xff");
        assert_eq!(page(&bytes, Some("text/html; charset=utf-8")).3, 2);
        let mut own = "é\u{fffd}".repeat(200).into_bytes();
        own.push(0xff);
        assert_eq!(page(&own, Some("text/html; charset=utf-8")).3, 1);
    }

    #[test]
    fn hostile_hints_are_ignored() {
        for hint in ["", "co.jp", "JP", "日本", "x-1"] {
            decode(b"\xe9\xe8", None, Some(hint));
        }
        assert_eq!(decode(b"", None, None).text, "");
    }
}
