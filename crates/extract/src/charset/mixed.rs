//! Pages in two charsets: one of UTF-8 with a paragraph that was pasted in another charset, or the other way round.
//!
//! The text between two tags is in one charset. Where some of these runs can only be UTF-8 and others cannot be it,
//! each is read by itself.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

use super::label::Charset;
use super::{CharsetSource, Decoded, detect, japanese};

/// Characters of three or four bytes in a run of valid UTF-8 from which it is no chance: two characters of a
/// Chinese charset are at times valid, as two characters of two bytes.
const MIN_LONG: usize = 3;
/// Characters of two bytes from which a run of nothing else is no chance.
const MIN_SHORT: usize = 8;
/// Of the bytes beyond ASCII of a run that is no UTF-8, the share that belongs to valid characters of it, of three or
/// four bytes or of any length, from which it is UTF-8 with damage.
const DAMAGED_LONG: f64 = 0.7;
const DAMAGED_SHORT: f64 = 0.9;
/// Bytes beyond ASCII below which a run that is no UTF-8 may be damage as well as another charset.
const MIN_OTHER: usize = 4;

/// What a run of bytes is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// ASCII only, or too short to tell.
    Any,
    Utf8,
    Other,
}

/// The page, if it is in two charsets. `declared` are the charsets that are named for it.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    declared: impl Iterator<Item = (Charset, CharsetSource)>,
    top_level_domain: Option<&str>,
) -> Option<Decoded<'a>> {
    if bytes.contains(&0x1b) || bytes.contains(&0) {
        return None;
    }
    let has = |wanted: Kind| runs(bytes).any(|run| kind(run) == wanted);
    if !has(Kind::Utf8) || !has(Kind::Other) {
        return None;
    }
    let legacy = |charset: Charset| match charset {
        Charset::Web(encoding) if ![UTF_8, UTF_16BE, UTF_16LE, ISO_2022_JP].contains(&encoding) => Some(encoding),
        _ => None,
    };
    let named = declared.collect::<Vec<_>>();
    let found = named.iter().find_map(|(charset, source)| legacy(*charset).map(|encoding| (encoding, *source)));
    let (encoding, mut source) = found.unwrap_or_else(|| (of_others(bytes, top_level_domain), CharsetSource::Detected));
    let mostly_utf8 = is_mostly_utf8(bytes, encoding);
    if mostly_utf8 {
        source = named.iter().find(|(charset, _)| charset.is_utf8()).map_or(CharsetSource::Utf8, |(_, source)| *source);
    }
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 4);
    let mut replacements = 0;
    for run in runs(bytes) {
        let by = if kind(run) == Kind::Utf8 || (kind(run) == Kind::Any && mostly_utf8) { UTF_8 } else { encoding };
        let (part, wrong) = by.decode_without_bom_handling(run);
        if wrong {
            replacements += part.matches(char::REPLACEMENT_CHARACTER).count() as u64;
        }
        text.push_str(&part);
    }
    let charset = if mostly_utf8 { UTF_8 } else { encoding };
    let text = japanese::standard(Cow::Owned(text), bytes, charset);
    Some(Decoded { text, charset: charset.name(), source, replacements })
}

/// Whether the runs in UTF-8 have more characters than those in `encoding`: bytes would count a Chinese character of
/// UTF-8 half as much again.
fn is_mostly_utf8(bytes: &[u8], encoding: &'static Encoding) -> bool {
    let (mut utf8, mut other) = (0, 0);
    for run in runs(bytes) {
        let chars = |by: &'static Encoding| by.decode_without_bom_handling(run).0.chars().count();
        match kind(run) {
            Kind::Utf8 => utf8 += chars(UTF_8),
            Kind::Other => other += chars(encoding),
            Kind::Any => {}
        }
    }
    utf8 > other
}

/// The charset of the runs that are no UTF-8, by their bytes.
fn of_others(bytes: &[u8], top_level_domain: Option<&str>) -> &'static Encoding {
    let others: Vec<u8> = runs(bytes).filter(|run| kind(run) == Kind::Other).flatten().copied().collect();
    detect::detect(&others, top_level_domain)
}

/// The bytes cut before `<`, behind `>` and behind line feeds, which are no part of a longer character in any charset
/// of the web without escapes.
fn runs(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let later = rest.get(1..).unwrap_or(&[]);
        let open = memchr::memchr(b'<', later).map(|at| at + 1);
        let close = memchr::memchr2(b'>', b'\n', rest).map(|at| at + 1);
        let end = open.into_iter().chain(close).min().unwrap_or(rest.len());
        let (run, after) = rest.split_at(end.min(rest.len()));
        rest = after;
        Some(run)
    })
}

fn kind(run: &[u8]) -> Kind {
    if run.is_ascii() {
        return Kind::Any;
    }
    match std::str::from_utf8(run) {
        Ok(text) => {
            let long = text.chars().filter(|char| char.len_utf8() > 2).count();
            let short = text.chars().filter(|char| char.len_utf8() == 2).count();
            if long >= MIN_LONG || (long > 0 && short >= MIN_LONG) || short >= MIN_SHORT {
                Kind::Utf8
            } else {
                Kind::Any
            }
        }
        Err(_) => {
            let beyond = run.iter().filter(|byte| !byte.is_ascii()).count();
            let text = String::from_utf8_lossy(run);
            let valid = |least: usize| -> usize {
                let chars = text.chars().filter(|char| !char.is_ascii() && *char != char::REPLACEMENT_CHARACTER);
                chars.map(char::len_utf8).filter(|length| *length >= least).sum()
            };
            let share = |bytes: usize| bytes as f64 / beyond.max(1) as f64;
            if beyond < MIN_OTHER {
                Kind::Any
            } else if share(valid(3)) >= DAMAGED_LONG || share(valid(2)) >= DAMAGED_SHORT {
                Kind::Utf8
            } else {
                Kind::Other
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{GBK, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

    use super::super::{CharsetSource, decode};

    const CHINESE: &str = "去年春天，大学的工程师用一台小摄像机测量了暗渠。";
    const MORE: &str = "塔恩比的海堤用了三个夏天才修好，每个夏天都在石头上留下了自己的痕迹。";

    fn join(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn each_run_is_read_in_its_own_charset() {
        let legacy = |text: &str| GBK.encode(text).0.into_owned();
        let page = join(&[
            b"<meta charset=gbk><p>",
            CHINESE.as_bytes(),
            b"</p><p>",
            &legacy(MORE),
            b"</p><b>",
            &legacy("目录"),
            b"</b>",
        ]);
        for header in [Some("text/html; charset=gbk"), None] {
            let found = decode(&page, header, None);
            for part in [CHINESE, MORE, "目录"] {
                assert!(found.text.contains(part), "{part}: {}", found.text);
            }
            assert_eq!((found.charset, found.replacements), ("GBK", 0));
        }
        let page = join(&[b"<p>", MORE.as_bytes(), b"</p><p>", MORE.as_bytes(), b"</p><p>", &legacy(CHINESE), b"</p>"]);
        let found = decode(&page, Some("text/html; charset=utf-8"), None);
        assert!(found.text.contains(CHINESE) && found.text.contains(MORE), "{}", found.text);
        assert_eq!((found.charset, found.source), ("UTF-8", CharsetSource::Header));
    }

    #[test]
    fn other_scripts_mix_too() {
        let russian = "Утром солнце светило в окно, старик сидел за столом.";
        let (bytes, _, _) = WINDOWS_1251.encode(russian);
        let page = join(&[b"<meta charset=windows-1251><p>", &bytes, b"</p>\n<p>", russian.as_bytes(), b"</p>"]);
        assert_eq!(decode(&page, None, None).text.matches(russian).count(), 2);
    }

    #[test]
    fn pages_in_one_charset_are_left_alone() {
        for (encoding, text) in [
            (GBK, "目录<br>联通<br>清晨的阳光照进窗户，老人坐在桌前，慢慢地喝着茶。"),
            (SHIFT_JIS, "朝の光が窓から差し込み、<br>老人は机に向かってゆっくりとお茶を飲んでいた。"),
            (WINDOWS_1252, "Müller, café, naïve – “quoted”<br>Ça va"),
        ] {
            let (bytes, _, _) = encoding.encode(text);
            let header = format!("text/html; charset={}", encoding.name());
            let found = decode(&bytes, Some(&header), None);
            assert_eq!((found.text.replace('\u{301c}', "～"), found.charset), (text.to_owned(), encoding.name()));
        }
        // Damage in UTF-8 is no second charset.
        let mut damaged = MORE.repeat(20).into_bytes();
        damaged.extend_from_slice(b"<p>\xe5\xa1</p>");
        damaged.extend_from_slice(MORE.as_bytes());
        let found = decode(&damaged, Some("text/html; charset=utf-8"), None);
        assert!(found.text.contains(MORE) && found.charset == "UTF-8", "{}", found.charset);
    }
}
