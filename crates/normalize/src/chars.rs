//! The rules, in one pass.
//!
//! They are defined as steps, each on the result of the one before:
//!
//! 1. CR LF becomes LF.
//! 2. LF, VT, FF, CR, U+0085, U+2028, U+2029 become LF.
//! 3. U+0020, U+00A0, U+2000-200A, U+202F, U+205F, U+3000 become a space.
//! 4. One space at the very start is deleted, unless it begins an indentation: two or more U+0020.
//! 5. U+200B-200D, U+2060, U+FEFF are deleted (Arabic: U+2060 and U+FEFF only).
//! 6. U+00AD, U+FFFC, U+2061-2063 are deleted (Arabic: not at all).
//! 7. Controls are deleted: U+0000-0008, U+000E-001F, U+007F-0084, U+0086-009F. TAB stays.
//! 8. Private-use characters are deleted: U+E000-F8FF, U+F0000-FFFFD, U+100000-10FFFD.
//!
//! One pass gives the same result because no step makes a character that an earlier one would have
//! changed, and because step 4 sees the text before anything but a CR was deleted: only the first
//! character of the text can be the space that it deletes. So a space that follows a zero-width
//! character at the start stays, and of two leading spaces that are not both U+0020 one stays. Normalising
//! twice therefore equals normalising once, except that a single space which still leads is deleted the
//! second time.
//!
//! The exception in step 4 is textmill's own: without it code that starts indented loses one blank of its
//! first line, and another one each time.

use std::borrow::Cow;

/// Bytes looked at together; small enough that one odd character costs little, large enough to vectorise.
const BLOCK: usize = 32;
/// Bytes after a block that tell whether a character that starts in it is to change.
const LOOK_AHEAD: usize = 2;

/// How to normalise one text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Keep the characters that shape Arabic script: zero-width space, joiner and non-joiner, the
    /// soft hyphen and U+FFFC, U+2061-2063. Default `false`.
    pub arabic: bool,
    /// The language, as far as it is known, for `simplified`. Default unknown.
    pub han: HanLanguage,
}

/// Whether the Chinese characters of a text are Chinese.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HanLanguage {
    /// The text itself decides: Kana and Hangul make it Japanese or Korean.
    #[default]
    Unknown,
    /// They are.
    Chinese,
    /// They are Japanese or Korean, which have characters of their own for the same words.
    Other,
}

/// Counts of the characters that normalising changes in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Characters deleted. Of CR LF, the CR counts.
    pub removed: u64,
    /// Characters replaced by a line feed or a space.
    pub replaced: u64,
}

impl Changes {
    fn count(&mut self, edit: Edit) {
        match edit {
            Edit::Delete => self.removed += 1,
            Edit::Replace(_) => self.replaced += 1,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Delete,
    Replace(char),
}

/// `text` in normal form; borrowed when that is `text` itself.
///
/// ```
/// use textmill_normalize::{Options, normalize};
///
/// let persian = "می\u{200c}خواهم";
/// assert_eq!(normalize(persian, Options { arabic: true, ..Options::default() }), persian);
/// assert_eq!(normalize(persian, Options::default()), "میخواهم");
/// ```
pub fn normalize(text: &str, options: Options) -> Cow<'_, str> {
    normalize_counted(text, options, true).0
}

/// The same with the number of changes; a space at the very start is left alone unless `strip_start`.
pub(crate) fn normalize_counted(text: &str, options: Options, strip_start: bool) -> (Cow<'_, str>, Changes) {
    let mut output = String::new();
    let mut copied = 0;
    let mut changes = Changes::default();
    each_edit(text, options, strip_start, |start, length, edit| {
        if output.capacity() == 0 {
            // No edit makes a text longer.
            output.reserve_exact(text.len());
        }
        output.push_str(between(text, copied, start));
        if let Edit::Replace(replacement) = edit {
            output.push(replacement);
        }
        changes.count(edit);
        copied = start + length;
    });
    // Every edit covers at least one byte, so this means that there was none.
    if copied == 0 {
        return (Cow::Borrowed(text), changes);
    }
    output.push_str(between(text, copied, text.len()));
    (Cow::Owned(output), changes)
}

/// Counts the characters that [`normalize`] would change.
///
/// ```
/// use textmill_normalize::{Changes, Options, measure};
///
/// assert_eq!(measure("a\r\nb\rc", Options::default()), Changes { removed: 1, replaced: 1 });
/// ```
pub fn measure(text: &str, options: Options) -> Changes {
    let mut changes = Changes::default();
    each_edit(text, options, true, |_, _, edit| changes.count(edit));
    changes
}

fn between(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).expect("edits cover whole characters, so the text between them is text")
}

/// Calls `on_edit(start, length, edit)` for every character to change, in order.
fn each_edit(text: &str, options: Options, strip_start: bool, mut on_edit: impl FnMut(usize, usize, Edit)) {
    let bytes = text.as_bytes();
    let mut position = if strip_start { leading_space(text) } else { 0 };
    if position > 0 {
        on_edit(0, position, Edit::Delete);
    }
    while let Some(rest) = bytes.get(position..).filter(|rest| !rest.is_empty()) {
        let block = rest.get(..BLOCK).unwrap_or(rest);
        if !rest.get(..BLOCK + LOOK_AHEAD).is_none_or(any_suspect) {
            position += block.len();
            continue;
        }
        let end = position + block.len();
        while position < end {
            match bytes.get(position..) {
                Some(rest @ [first, ..]) if is_suspect(*first) => match edit_of(rest, options.arabic) {
                    Some((length, edit)) => {
                        on_edit(position, length, edit);
                        position += length;
                    }
                    None => position += 1,
                },
                _ => position += 1,
            }
        }
    }
}

/// Bytes of the space that step 4 deletes, 0 where the text starts with none or with an indentation.
fn leading_space(text: &str) -> usize {
    if text.starts_with("  ") {
        return 0;
    }
    match text.chars().next() {
        Some(first @ (' ' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')) => {
            first.len_utf8()
        }
        _ => 0,
    }
}

/// Whether a character to change can start in `window`, of which the last two bytes are only looked ahead at. No short
/// circuit, so that it becomes a few vector instructions; three bytes, so that no common punctuation is suspect.
fn any_suspect(window: &[u8]) -> bool {
    let seconds = window.iter().skip(1);
    let thirds = window.iter().skip(2);
    window.iter().zip(seconds).zip(thirds).fold(false, |any, ((&a, &b), &c)| any | is_suspect_start(a, b, c))
}

/// Whether a character to change can start with these bytes.
#[inline]
#[allow(clippy::needless_bitwise_bool, reason = "no branches: see `any_suspect`")]
fn is_suspect_start(a: u8, b: u8, c: u8) -> bool {
    let control = (a < 0x20) & (a != b'\t') & (a != b'\n') | (a == 0x7f);
    let latin = (a == 0xc2) & ((b <= 0xa0) | (b == 0xad));
    let general = (a == 0xe2) & (((b == 0x80) & ((c <= 0x8f) | (c >= 0xa8))) | (b == 0x81));
    let wide_space = (a == 0xe3) & (b == 0x80) & (c == 0x80);
    let private = (a == 0xee) | ((a == 0xef) & ((b <= 0xa3) | (b == 0xbb) | (b == 0xbf))) | (a >= 0xf3);
    control | latin | general | wide_space | private
}

/// Whether a character to change can start with `byte`. Bytes inside a character never pass.
#[inline]
#[allow(clippy::needless_bitwise_bool, reason = "no branches: see `any_suspect`")]
fn is_suspect(byte: u8) -> bool {
    let control = (byte < 0x20) & (byte != b'\t') & (byte != b'\n') | (byte == 0x7f);
    let lead = (byte == 0xc2) | (byte == 0xe2) | (byte == 0xe3) | (byte == 0xee) | (byte == 0xef) | (byte >= 0xf3);
    control | lead
}

/// What to do with the character that `rest` starts with, and its length in bytes.
#[inline]
fn edit_of(rest: &[u8], arabic: bool) -> Option<(usize, Edit)> {
    const LINE_BREAK: Edit = Edit::Replace('\n');
    const SPACE: Edit = Edit::Replace(' ');
    let found = match rest {
        [b'\r', b'\n', ..] | [0x00..=0x08 | 0x0e..=0x1f | 0x7f, ..] => (1, Edit::Delete),
        [0x0b..=0x0d, ..] => (1, LINE_BREAK),
        [0xc2, 0x85, ..] => (2, LINE_BREAK),
        [0xc2, 0x80..=0x9f, ..] => (2, Edit::Delete),
        [0xc2, 0xa0, ..] => (2, SPACE),
        [0xc2, 0xad, ..] if !arabic => (2, Edit::Delete),
        [0xe2, 0x80, 0x80..=0x8a | 0xaf, ..] | [0xe2, 0x81, 0x9f, ..] | [0xe3, 0x80, 0x80, ..] => (3, SPACE),
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => (3, LINE_BREAK),
        // U+2060, U+FEFF, U+E000-EFFF, U+F000-F8FF.
        [0xe2, 0x81, 0xa0, ..] | [0xef, 0xbb, 0xbf, ..] | [0xee, ..] | [0xef, 0x80..=0xa3, ..] => (3, Edit::Delete),
        [0xe2, 0x80, 0x8b..=0x8d, ..] | [0xe2, 0x81, 0xa1..=0xa3, ..] | [0xef, 0xbf, 0xbc, ..] if !arabic => {
            (3, Edit::Delete)
        }
        [0xf3, 0xb0..=0xbf, ..] | [0xf4, 0x80..=0x8f, ..] if !ends_plane(rest) => (4, Edit::Delete),
        _ => return None,
    };
    Some(found)
}

/// The last two code points of planes 15 and 16 are no characters and not private use.
fn ends_plane(rest: &[u8]) -> bool {
    matches!(rest, [0xf3, 0xbf, 0xbf, 0xbe | 0xbf, ..] | [0xf4, 0x8f, 0xbf, 0xbe | 0xbf, ..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPACES: &[char] = &[
        ' ', '\u{a0}', '\u{2000}', '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}',
        '\u{2008}', '\u{2009}', '\u{200a}', '\u{202f}', '\u{205f}', '\u{3000}',
    ];

    /// The eight steps, one after the other.
    fn stepwise(text: &str, arabic: bool) -> String {
        let drop = |text: String, gone: &dyn Fn(u32) -> bool| -> String {
            text.chars().filter(|c| !gone(u32::from(*c))).collect()
        };
        let indented = text.starts_with("  ");
        let text = text.replace("\r\n", "\n");
        let text = text.replace(['\n', '\u{b}', '\u{c}', '\r', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
        let text = text.replace(SPACES, " ");
        let text = text.strip_prefix(' ').filter(|_| !indented).map_or_else(|| text.clone(), str::to_owned);
        let text = drop(text, &|c| c == 0x2060 || c == 0xfeff || (!arabic && (0x200b..=0x200d).contains(&c)));
        let text = drop(text, &|c| !arabic && (c == 0xad || c == 0xfffc || (0x2061..=0x2063).contains(&c)));
        let text = drop(text, &|c| {
            c <= 8 || (0xe..=0x1f).contains(&c) || (0x7f..=0x84).contains(&c) || (0x86..=0x9f).contains(&c)
        });
        drop(text, &|c| {
            (0xe000..=0xf8ff).contains(&c) || (0xf_0000..=0xf_fffd).contains(&c) || (0x10_0000..=0x10_fffd).contains(&c)
        })
    }

    /// The bounds of every class and their neighbours, among plain text.
    fn nasty() -> impl Strategy<Value = String> {
        let bounds: &[u32] = &[
            0x00, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0x84, 0x85, 0x86, 0x9f, 0xa0,
            0xa1, 0xac, 0xad, 0xae, 0x1fff, 0x2000, 0x200a, 0x200b, 0x200c, 0x200d, 0x200e, 0x2010, 0x2019, 0x2027,
            0x2028, 0x2029, 0x202a, 0x202e, 0x202f, 0x2030, 0x205e, 0x205f, 0x2060, 0x2061, 0x2063, 0x2064, 0x2fff,
            0x3000, 0x3001, 0x3002, 0x4e2d, 0xd7ff, 0xe000, 0xefff, 0xf000, 0xf8ff, 0xf900, 0xfefe, 0xfeff, 0xff0c,
            0xfffb, 0xfffc, 0xfffd, 0xe_0100, 0xe_ffff, 0xf_0000, 0xf_fffd, 0xf_fffe, 0xf_ffff, 0x10_0000, 0x10_fffd,
            0x10_fffe, 0x10_ffff, 0x1_f469,
        ];
        let odd: Vec<char> = bounds.iter().filter_map(|&code| char::from_u32(code)).collect();
        let odd = proptest::sample::select(odd).prop_map(String::from);
        let plain = prop_oneof![Just("\r\n"), Just("plain ascii words of some length. "), Just("中文，"), Just("é")];
        let piece =
            prop_oneof![4 => odd, 2 => plain.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn one_pass_equals_the_steps(text in nasty(), arabic: bool) {
            let expected = stepwise(&text, arabic);
            let found = normalize(&text, Options { arabic, ..Options::default() });
            prop_assert_eq!(&*found, &expected);
            prop_assert_eq!(matches!(found, Cow::Borrowed(_)), expected == text);
        }

        #[test]
        fn twice_is_once_but_for_one_leading_space(text in nasty(), arabic: bool) {
            let options = Options { arabic, ..Options::default() };
            let once = normalize(&text, options).into_owned();
            let twice = normalize(&once, options);
            let left = once.strip_prefix(' ').filter(|rest| !rest.starts_with(' '));
            prop_assert_eq!(&*twice, left.unwrap_or(&once));
        }

        #[test]
        fn measured_changes_are_the_changes_made(text in nasty(), arabic: bool) {
            let options = Options { arabic, ..Options::default() };
            let changes = measure(&text, options);
            let normal = normalize(&text, options);
            let lost = text.chars().count() - normal.chars().count();
            prop_assert_eq!(changes.removed, lost as u64);
            prop_assert_eq!(changes == Changes::default(), *normal == *text);
        }
    }

    #[test]
    fn every_character_alone_and_inside_text() {
        for c in ('\0'..=char::MAX).filter(|c| u32::from(*c) < 0x3100 || u32::from(*c) >= 0xd000) {
            for text in [c.to_string(), format!("a{c}b")] {
                for arabic in [false, true] {
                    assert_eq!(
                        normalize(&text, Options { arabic, ..Options::default() }),
                        stepwise(&text, arabic),
                        "{text:?} {arabic}"
                    );
                }
            }
        }
    }

    #[test]
    fn leading_spaces_follow_the_order_of_the_steps() {
        for (text, expected) in [
            (" a", "a"),
            ("\u{3000}a", "a"),
            ("  a", "  a"),
            ("    def f():\n        pass", "    def f():\n        pass"),
            ("\u{3000}\u{3000}a", " a"),
            (" \u{a0}a", " a"),
            ("\u{feff} a", " a"),
            ("\r\n a", "\n a"),
            (" ", ""),
            ("", ""),
            ("\r\r\n", "\n\n"),
        ] {
            assert_eq!(normalize(text, Options::default()), expected, "{text:?}");
        }
    }

    #[test]
    fn counts_say_what_was_deleted_and_what_replaced() {
        let changes = measure(" a\u{a0}b\r\nc\u{200b}\u{2028}\td\u{e000}", Options::default());
        assert_eq!(changes, Changes { removed: 4, replaced: 2 });
    }
}
