//! Lines that are no JSON by a hair, as Python's `json.dumps` writes them: `NaN` and `Infinity` for numbers, and escapes
//! of half a character (`\ud800` without its second half).
//!
//! One rule for each, wherever it stands: a number that is none is null; half a character cannot be kept in any text, so
//! a record goes to quarantine if a column would hold it, and costs nothing where it is not read.

/// Words in place of numbers.
const WORDS: [&str; 6] = ["NaN", "-NaN", "Infinity", "-Infinity", "Inf", "-Inf"];

/// A line that can be parsed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mended {
    pub line: String,
    /// Stands for half a character, and for nothing else in this line; `None` where there is none.
    pub marker: Option<Marker>,
}

/// A character that no text should have (U+FDD0 to U+FDEF), and that the line did not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker(char);

impl Marker {
    /// One that `line` does not hold, as it is or escaped.
    fn beside(line: &str) -> Option<Self> {
        let lower = line.to_ascii_lowercase();
        let markers = ('\u{fdd0}'..='\u{fdef}').map(Marker);
        markers.into_iter().find(|marker| !line.contains(marker.0) && !lower.contains(&marker.escape()))
    }

    fn escape(self) -> String {
        format!("\\u{:04x}", u32::from(self.0))
    }

    /// Whether it stands in `text`, which may be JSON.
    pub(super) fn is_in(self, text: &str) -> bool {
        text.contains(self.0) || text.contains(&self.escape())
    }
}

/// Whether `line` has an escape that may be half a character.
pub(super) fn may_have_halves(line: &str) -> bool {
    let bytes = line.as_bytes();
    memchr::memmem::find(bytes, b"\\ud").is_some() || memchr::memmem::find(bytes, b"\\uD").is_some()
}

/// `line` with null for words that are no numbers and a marker for each half of a character; `None` if it has neither.
pub(super) fn mend(line: &str) -> Option<Mended> {
    let marker = if may_have_halves(line) { Marker::beside(line) } else { None };
    let escape = marker.map(Marker::escape);
    let mut out = String::with_capacity(line.len() + 16);
    let (mut rest, mut in_string, mut halves, mut words) = (line, false, false, false);
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '"' => {
                in_string = !in_string;
                1
            }
            '\\' if in_string => match (half(rest), &escape) {
                (Escape::Half, Some(escape)) => {
                    halves = true;
                    out.push_str(escape);
                    rest = rest.get(6..).unwrap_or_default();
                    continue;
                }
                (Escape::Pair, _) => 12,
                // The escaped character may be a quotation mark.
                _ => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            },
            'N' | 'I' | '-' if !in_string => match word(rest) {
                Some(length) => {
                    words = true;
                    out.push_str("null");
                    rest = rest.get(length..).unwrap_or_default();
                    continue;
                }
                None => 1,
            },
            other => plain(rest, in_string).unwrap_or(other.len_utf8()),
        };
        let (head, tail) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        out.push_str(head);
        rest = tail;
    }
    (halves || words).then_some(Mended { line: out, marker: marker.filter(|_| halves) })
}

/// Length of what needs no look.
fn plain(rest: &str, in_string: bool) -> Option<usize> {
    let stop = |char: char| if in_string { matches!(char, '"' | '\\') } else { matches!(char, '"' | 'N' | 'I' | '-') };
    Some(rest.find(stop).unwrap_or(rest.len())).filter(|length| *length > 0)
}

enum Escape {
    /// Half a character.
    Half,
    /// Two halves, 12 bytes.
    Pair,
    Other,
}

fn half(rest: &str) -> Escape {
    let code = |at: usize| {
        let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    match (code(0), code(6)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => Escape::Pair,
        (Some(0xd800..=0xdfff), _) => Escape::Half,
        _ => Escape::Other,
    }
}

/// Length of a word in place of a number.
fn word(rest: &str) -> Option<usize> {
    let length = WORDS.iter().filter(|word| rest.starts_with(**word)).map(|word| word.len()).max()?;
    let behind = rest.get(length..)?.chars().next();
    behind.is_none_or(|char| matches!(char, ',' | '}' | ']') || char.is_ascii_whitespace()).then_some(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> Option<String> {
        mend(text).map(|mended| mended.line)
    }

    #[test]
    fn words_for_numbers_are_null_and_words_in_strings_stay() {
        assert_eq!(
            line(r#"{"a":NaN,"b":[-Infinity, Infinity ],"c":-NaN}"#).as_deref(),
            Some(r#"{"a":null,"b":[null, null ],"c":null}"#)
        );
        assert_eq!(line(r#"{"NaN":"NaN, -Infinity","a":-1,"b":"\\","c":"\"NaN"}"#), None);
        assert_eq!(line(r#"{"a":NaNs,"b":nan,"c":Infinit}"#), None);
        assert_eq!(line(r#"{"a":"é","b":"\é","c":Inf}"#).as_deref(), Some(r#"{"a":"é","b":"\é","c":null}"#));
    }

    #[test]
    fn halves_of_characters_are_marked_and_whole_ones_stay() {
        let mended = mend(r#"{"a":"\ud83d\ude00 \ud83d \uDE00\ud83d\ud83d\ude00"}"#).expect("halves");
        assert_eq!(mended.line, r#"{"a":"\ud83d\ude00 \ufdd0 \ufdd0\ufdd0\ud83d\ude00"}"#);
        assert!(mended.marker.expect("a marker").is_in("x\u{fdd0}"));
        // The second character is escaped, and no half.
        assert_eq!(line(r#"{"a":"\\ud800"}"#), None);
        let taken = mend("{\"a\":\"\u{fdd0} \\uFDD1 \\ud800\"}").expect("halves");
        assert_eq!(taken.line, "{\"a\":\"\u{fdd0} \\uFDD1 \\ufdd2\"}");
    }

    proptest! {
        #[test]
        fn what_is_json_needs_no_mending(text in "[ -~é😀\\\\\"]{0,40}", number in any::<i64>()) {
            let json = serde_json::json!({"a": text, "NaN": [number, null], "b": {text.clone(): true}}).to_string();
            prop_assert_eq!(mend(&json), None);
        }

        #[test]
        fn any_line_is_mended_or_left(text in "[\\\\ud8\"NaInfty:,{}e -]{0,60}") {
            if let Some(mended) = mend(&text) {
                prop_assert_eq!(mend(&mended.line), None);
            }
        }
    }
}
