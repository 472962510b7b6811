//! Numbers and strangers' strings in a form for people.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A count with thousands separated: `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A ratio as a percentage of about three digits: `47.4 %`, `3.22 %`. Only exact bounds are shown as
/// `0 %` and `100 %`; what would be rounded to them is shown as `<0.01 %` or `>99.9 %`.
pub fn percent(ratio: f64) -> String {
    let value = ratio * 100.0;
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value == 0.0 {
        return "0 %".to_owned();
    }
    if (value - 100.0).abs() < f64::EPSILON {
        return "100 %".to_owned();
    }
    if value > 0.0 && value < 0.005 {
        return "<0.01 %".to_owned();
    }
    if (99.95..100.0).contains(&value) {
        return ">99.9 %".to_owned();
    }
    // The bound is where two decimals would be rounded up to a fourth digit.
    if value.abs() < 9.995 { format!("{value:.2} %") } else { format!("{value:.1} %") }
}

/// [`percent`], or `-` where there was nothing to divide by.
pub(crate) fn percent_or_dash(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "-".to_owned(), percent)
}

/// Seconds as `0.42 s`, `34.5 s`, `2 min 05 s` or `3 h 02 min`.
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "-".to_owned();
    }
    if seconds < 9.995 {
        return format!("{seconds:.2} s");
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    // In range: finite, positive, and a float cast saturates.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = seconds.round() as u64;
    if whole < 3600 {
        return format!("{} min {:02} s", whole / 60, whole % 60);
    }
    format!("{} h {:02} min", whole / 3600, whole % 3600 / 60)
}

/// A measured value or bound: at most four decimals, no trailing zeros.
pub(crate) fn measure(value: f64) -> String {
    if !value.is_finite() || (value != 0.0 && value.abs() < 0.0001) || value.abs() >= 1e15 {
        return format!("{value:e}");
    }
    let text = format!("{value:.4}");
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    trimmed.to_owned()
}

/// The text with control characters and invisible characters that change the order of writing
/// spelled out (`\n`, `\u{1b}`), so that it is safe on a terminal and stays on one line.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text cut to `width` terminal columns, with `…` where something was cut.
pub(crate) fn fit(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut short = String::new();
    for character in text.chars() {
        used += character.width().unwrap_or(0);
        if used >= width {
            break;
        }
        short.push(character);
    }
    short.push('…');
    Cow::Owned(short)
}

/// One line of at most `chars` characters: white space runs become one space, the rest is escaped.
pub(crate) fn excerpt(text: &str, chars: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    'words: for word in text.split_whitespace() {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for character in word.chars() {
            if length >= chars {
                line.push('…');
                break 'words;
            }
            line.push(character);
            length += 1;
        }
    }
    escape(&line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn percentages_keep_three_digits_and_never_lie_at_the_ends() {
        let cases = [
            (0.474, "47.4 %"),
            (0.0322, "3.22 %"),
            (0.09994, "9.99 %"),
            (0.09996, "10.0 %"),
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.999_999, ">99.9 %"),
            (0.9994, "99.9 %"),
            (0.000_01, "<0.01 %"),
            (1.25, "125.0 %"),
            (-0.0021, "-0.21 %"),
            (f64::NAN, "-"),
            (f64::INFINITY, "-"),
        ];
        for (ratio, text) in cases {
            assert_eq!(percent(ratio), text, "{ratio}");
        }
    }

    #[test]
    fn durations_grow_with_their_unit() {
        let cases = [(0.0, "0.00 s"), (34.54, "34.5 s"), (59.99, "1 min 00 s"), (125.2, "2 min 05 s")];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
        assert_eq!(duration(10_925.0), "3 h 02 min");
        assert_eq!(duration(-1.0), "-");
        assert_eq!(duration(f64::NAN), "-");
    }

    #[test]
    fn measures_are_short() {
        let cases = [(12.0, "12"), (0.1 + 0.2, "0.3"), (0.0, "0"), (1e-9, "1e-9"), (-2.5, "-2.5"), (1e20, "1e20")];
        for (value, text) in cases {
            assert_eq!(measure(value), text);
        }
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(escape("plain, 中文, 👩‍👩‍👧"), "plain, 中文, 👩‍👩‍👧");
        assert_eq!(escape("a\u{1b}[2Jb\nc\u{9b}d\u{202e}e"), "a\\u{1b}[2Jb\\nc\\u{9b}d\\u{202e}e");
    }

    #[test]
    fn long_text_is_cut_by_columns_and_excerpts_by_characters() {
        assert_eq!(fit("abcdef", 6), "abcdef");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("中文中文", 4), "中…");
        assert_eq!(excerpt("  one\n\ttwo  three ", 100), "one two three");
        assert_eq!(excerpt("one two three", 7), "one two …");
        assert_eq!(excerpt("\u{1b}]0;x", 100), "\\u{1b}]0;x");
        assert_eq!(excerpt("\u{1b}]0;x", 2), "\\u{1b}]…");
        assert_eq!(excerpt("", 10), "");
    }
}
