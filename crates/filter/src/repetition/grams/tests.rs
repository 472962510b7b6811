use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

fn grams(words: &[&str]) -> NGrams {
    NGrams::of(&words.iter().map(|word| Word::of(word)).collect::<Vec<_>>())
}

/// By its definition.
fn plain_top_chars(words: &[&str], n: usize) -> Option<u64> {
    let runs: Vec<&[&str]> = words.windows(n).collect();
    let mut counts: HashMap<&[&str], u64> = HashMap::new();
    runs.iter().for_each(|run| *counts.entry(run).or_default() += 1);
    let most = counts.values().copied().max()?;
    let first = runs.into_iter().find(|run| counts.get(run) == Some(&most))?;
    Some(first.join(" ").chars().count() as u64 * most)
}

/// By its definition.
fn plain_duplicate_chars(words: &[&str], n: usize) -> u64 {
    let (mut seen, mut start, mut repeated) = (HashSet::new(), 0, 0);
    while start + n <= words.len() {
        let run = words[start..start + n].concat();
        if seen.contains(&run) {
            repeated += run.chars().count() as u64;
            start += n;
        } else {
            seen.insert(run);
            start += 1;
        }
    }
    repeated
}

/// Whether all lengths of runs come out as they are defined, in the order in which rules ask.
fn agrees(words: &[&str]) -> Result<(), TestCaseError> {
    let mut found = grams(words);
    for n in 1..=5 {
        prop_assert_eq!(found.top_chars(n), plain_top_chars(words, n), "top {}", n);
    }
    for n in 1..=12 {
        prop_assert_eq!(found.duplicate_chars(n), plain_duplicate_chars(words, n), "duplicate {}", n);
    }
    // Shorter ones after longer ones.
    prop_assert_eq!(found.top_chars(2), plain_top_chars(words, 2));
    // With a bound, and with one that is just not reached.
    for n in 2..=4 {
        let Some(top) = plain_top_chars(words, n) else { continue };
        prop_assert_eq!(grams(words).top_chars_above(n, |chars| chars >= top), Some(top));
        let above = grams(words).top_chars_above(n, |chars| chars > top);
        prop_assert!(above.is_none() || above == Some(top));
    }
    Ok(())
}

#[test]
fn top_and_duplicates_of_a_small_text() {
    let words = ["a", "bc", "a", "bc", "d"];
    assert_eq!(grams(&words).top_chars(2), Some(8));
    assert_eq!(grams(&words).top_chars(5), Some(11));
    assert_eq!(grams(&words).top_chars(6), None);
    assert_eq!(grams(&words).duplicate_chars(2), 3);
    assert_eq!(grams(&["ab", "c", "a", "bc"]).duplicate_chars(2), 3);
    assert_eq!((grams(&[]).top_chars(2), grams(&[]).duplicate_chars(5)), (None, 0));
    assert_eq!((grams(&["a"]).top_chars(1), grams(&["a"]).top_chars(0)), (Some(1), None));
}

#[test]
fn runs_are_equal_wherever_their_words_end() {
    // The same 6 words as they are written, no 5 of which are: the first and the last word differ.
    let words = "abcd e f g h ijklmnopq X abc de f g hi jklmnopq".split(' ').collect::<Vec<_>>();
    assert_eq!(plain_duplicate_chars(&words, 6), 17);
    assert_eq!(plain_duplicate_chars(&words, 5), 0);
    agrees(&words).expect("as defined");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Few different words: everything is there many times, at word borders of all kinds.
    #[test]
    fn few_words(picked in prop::collection::vec(0..6_usize, 0..80)) {
        let all = ["a", "b", "ab", "中文", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaab"];
        agrees(&picked.iter().map(|index| all[*index]).collect::<Vec<_>>())?;
    }

    /// Words with zeros, of the lengths at which they are compared in another way.
    #[test]
    fn borders_of_lengths(picked in prop::collection::vec((14..19_usize, 0..2_usize), 0..60)) {
        let words: Vec<String> = picked.iter().map(|(length, fill)| ["\0", "a"][*fill].repeat(*length)).collect();
        agrees(&words.iter().map(String::as_str).collect::<Vec<_>>())?;
    }

    /// A passage that comes again, cut into other words.
    #[test]
    fn passages_come_again(
        passage in "[a-c]{10,60}",
        first in prop::collection::vec(1..6_usize, 60),
        second in prop::collection::vec(1..6_usize, 60),
        between in prop::collection::vec("[x-z]{1,20}", 0..10),
    ) {
        let cut = |lengths: &[usize]| {
            let mut rest = passage.as_str();
            let mut words = Vec::new();
            for length in lengths {
                let (word, after) = rest.split_at((*length).min(rest.len()));
                words.extend((!word.is_empty()).then_some(word));
                rest = after;
            }
            words
        };
        let words = [cut(&first), between.iter().map(String::as_str).collect(), cut(&second), cut(&first)].concat();
        agrees(&words)?;
    }
}
