use super::*;
use crate::WordSplitter;

/// A line of 200 characters and one of 199.
const LONG_LINES: &str = concat!(
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字",
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字",
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字",
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字\n",
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字",
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字",
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字",
    "字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字字",
);

/// A text, and what each statistic that it is about must be.
const CASES: &[(&str, &str, f64)] = &[
    ("chars", "a中 ", 3.0),
    ("non_space_chars", "a 中\n", 2.0),
    ("bytes", "a中", 4.0),
    ("words", "one two  three", 3.0),
    ("lines", "a\n \nb\n", 2.0),
    ("sentences", "One. Two! 三。\nfour \"five\"", 5.0),
    ("mean_word_chars", "ab abcd", 3.0),
    ("longest_word_chars", "ab abcd", 4.0),
    ("mean_line_chars", "ab\n\nabcd", 3.0),
    ("longest_line_chars", "ab\nabcd", 4.0),
    ("long_lines", LONG_LINES, 1.0),
    ("content_word_chars", "ab 12 c4 中文", 4.0),
    ("alphanumeric_ratio", "ab1 ", 0.75),
    ("digit_ratio", "12ab, .", 0.5),
    ("uppercase_ratio", "ABcd", 0.5),
    ("whitespace_ratio", "a b\n", 0.5),
    ("newline_ratio", "a\nb\n", 0.5),
    ("longest_space_run", "a  \t b c", 4.0),
    ("punctuation_ratio", "a,b。", 0.5),
    ("symbol_ratio", "a©b©", 0.5),
    ("curly_bracket_ratio", "{a}b", 0.5),
    ("parenthesis_ratio", "(a）b", 0.5),
    ("replacement_ratio", "a �", 0.5),
    ("chinese_ratio", "中a文b", 0.5),
    ("emoji_ratio", "😀a", 0.5),
    ("url_ratio", "www.a.b 中中中 a", 0.538_461_538_461_538_4),
    ("lenticular_ratio", "【ab】c", 0.4),
    ("unique_char_ratio", "aabb", 0.5),
    ("unique_word_ratio", "a b a b", 0.5),
    ("char_entropy", "abab", 1.0),
    ("word_entropy", "a b", std::f64::consts::LN_2),
    ("repeated_13gram_ratio", "ABCDEFGHIJKLMabcdefghijklm", 2.0 / 14.0),
    ("read_more_line_ratio", "Read More\nother\n点击展开\nx", 0.5),
];

fn measured(name: &str, text: &str) -> f64 {
    let statistic = STATISTICS.iter().find(|statistic| statistic.name == name).expect("a statistic");
    (statistic.measure)(&Measures::new(text, WordSplitter::Whitespace))
}

fn rule(name: &str, bounds: &str) -> Box<dyn Rule> {
    let config: Statistics = serde_json::from_str(&format!("{{\"{name}\": {bounds}}}")).expect("a configuration");
    config.build().expect("bounds in order")
}

#[test]
fn every_statistic_measures_what_it_says() {
    let names: Vec<_> = STATISTICS.iter().map(|statistic| statistic.name).collect();
    assert_eq!(CASES.iter().map(|(name, ..)| *name).collect::<Vec<_>>(), names, "a case for each");
    for (name, text, expected) in CASES {
        let found = measured(name, text);
        assert!((found - expected).abs() < 1e-9, "{name} of {text:?} is {found}, not {expected}");
    }
}

#[test]
fn bounds_are_kept_when_reached_and_broken_beyond() {
    for (name, text, value) in CASES {
        let value = if (measured(name, text) - value).abs() < 1e-9 { measured(name, text) } else { *value };
        let document = Measures::new(text, WordSplitter::Whitespace);
        let reason = |bounds: String| rule(name, &bounds).decide(&document).map(|found| found.reason.code);
        assert_eq!(reason(format!("{{\"min\": {value}, \"max\": {value}}}")), None, "{name}");
        assert_eq!(reason(format!("{{\"min\": {}}}", value + 1e-6)), Some(format!("{name}_too_low").leak() as &str));
        assert_eq!(reason(format!("{{\"max\": {}}}", value - 1e-6)), Some(format!("{name}_too_high").leak() as &str));
    }
}

#[test]
fn awkward_texts_have_finite_statistics() {
    for text in ["", " ", "a", "中", "\n", &"a".repeat(10_000_000), &"字".repeat(100_000), "【", "】【", "http://"]
    {
        let document = Measures::new(text, WordSplitter::Whitespace);
        for statistic in STATISTICS {
            let value = (statistic.measure)(&document);
            assert!(
                value.is_finite() && value >= 0.0,
                "{} of a text of {} bytes is {value}",
                statistic.name,
                text.len()
            );
        }
    }
}

#[test]
fn bounds_in_the_wrong_order_are_refused() {
    let config = Statistics { chars: Some(Bounds { min: Some(2.0), max: Some(1.0) }), ..Statistics::default() };
    assert_eq!(config.build().expect_err("no document passes").field(), Some("chars"));
}
