use std::path::Path;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    each_spacy_token(text, |token| tokens.push(token));
    tokens
}

/// Every chunk the long way.
fn long_way(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (chunk, after) = split_chunk(rest);
        let mut tokens = Vec::new();
        tokenize(chunk, true, &mut tokens);
        if tokens.len() > 1 {
            joined(chunk, &mut tokens);
        }
        all.extend(tokens);
        rest = after.trim_start_matches(is_space);
    }
    all
}

fn assert_as_the_long_way(text: &str) {
    let mut words = Vec::new();
    each_spacy_word(text, |word| words.push(word));
    assert_eq!(words, long_way(text).into_iter().map(Word::of).collect::<Vec<_>>(), "{text:?}");
}

#[test]
fn runs_of_letters_and_digits_are_taken_apart_as_the_long_way_does() {
    let marks = ["", "(", "\"", ",", ".", ")", ":", "?", "!", ";", "'", "((", "..", "\u{a0}", "é", "$"];
    let words = ["I", "don", "dont", "cannot", "Mr", "U", "8", "1", "2019", "10km", "x2", "US", "a", "e", "gonna", "c"];
    for word in words.into_iter().chain(tables::EXCEPTIONS.iter().map(|(chunk, _)| *chunk)) {
        for before in marks {
            for after in marks {
                assert_as_the_long_way(&format!("{before}{word}{after}"));
                assert_as_the_long_way(&format!("so {before}{word}{after}\n{word}"));
            }
        }
    }
}

#[derive(Deserialize)]
struct Case {
    text: String,
    tokens: Vec<String>,
}

#[test]
fn chunks_are_taken_apart_as_by_spacy() {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo");
    let fixture = std::fs::read_to_string(Path::new(&folder).join("tests/fixtures/spacy-en.jsonl")).expect("committed");
    let cases: Vec<Case> = fixture.lines().map(|line| serde_json::from_str(line).expect("a case a line")).collect();
    assert!(cases.len() > 100, "the table is there");
    for case in cases {
        assert_eq!(tokens(&case.text), case.tokens, "{}", case.text);
    }
}

#[test]
fn hostile_chunks_take_linear_time() {
    let long = "a".repeat(10_000_000);
    assert_eq!(tokens(&long), [long.as_str()]);
    for piece in ["(", ".", "\"", "a.", ".a", "(.", "…", "@.", "1-", "don't", ":)"] {
        let text = piece.repeat(200_000);
        assert_eq!(tokens(&text).concat(), text);
    }
}

#[test]
fn no_unit_is_longer_than_what_is_looked_at() {
    assert!(tables::UNITS.iter().chain(tables::CURRENCIES).all(|unit| unit.len() <= 12));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn tokens_are_the_text_without_white_space(text in "([a-cA-C.,:;()'’\"@/+ \\n0-9-]|don't|…|é|中|。|😀|km|\\$){0,40}") {
        let expected: String = text.chars().filter(|char| !is_space(*char)).collect();
        prop_assert_eq!(tokens(&text).concat(), expected);
        assert_as_the_long_way(&text);
    }
}
