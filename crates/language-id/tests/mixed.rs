//! Short texts, texts in capitals, and texts that mix scripts: whatlang beside lid.176.
//!
//! Needs the development data (`$TEXTMILL_DATA` or `../shared/data` next to the repository); says so where it is absent.
#![expect(clippy::print_stderr, reason = "a skipped test must be seen, and figures can be read")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use textmill_language_id::{Model, Options, identify};

const DENSE: [&str; 4] = ["zh", "ja", "ko", "th"];

fn data(test: &str) -> Option<PathBuf> {
    let beside =
        || Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../../shared/data");
    let folder = std::env::var_os("TEXTMILL_DATA").map_or_else(beside, PathBuf::from).join("lid");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED {test}: no development data at {} (set TEXTMILL_DATA)", folder.display());
    None
}

/// Sentences by language.
fn sentences(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let file = std::fs::File::open(folder.join("sentences.jsonl.zst")).expect("the data is there");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in BufReader::new(zstd::Decoder::new(file).expect("zstd")).lines() {
        let row: serde_json::Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
        let text = |field: &str| row[field].as_str().expect("a text").to_owned();
        found.entry(text("lang")).or_default().push(text("text"));
    }
    found
}

/// The first half of `one` and of `other`, taken in turns in `parts` pieces each.
fn mixed(one: &str, other: &str, parts: usize) -> String {
    let pieces = |text: &str| -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(chars.len().div_ceil(parts).max(1)).map(|piece| piece.iter().collect()).collect()
    };
    let (one, other) = (pieces(one), pieces(other));
    let longest = one.len().max(other.len());
    let at = |pieces: &[String], index: usize| pieces.get(index).cloned().unwrap_or_default();
    (0..longest).map(|index| format!("{} {} ", at(&one, index), at(&other, index))).collect()
}

/// The share of `cases` whose language is found.
fn right(model: &Model, cases: &[(String, String)]) -> f64 {
    let options = Options::default();
    let found = cases.iter().filter(|(language, text)| identify(model, text, &options).language == *language).count();
    found as f64 / cases.len() as f64
}

#[test]
fn short_and_mixed_texts() {
    let Some(folder) = data("short_and_mixed_texts") else { return };
    let sentences = sentences(&folder);
    let whatlang = Model::whatlang();
    let path = folder.join("lid.176.ftz").display().to_string();
    let lid = Model::load(&path, &BTreeMap::new()).expect("a good model");
    let known = whatlang.languages();
    let both: Vec<&String> = sentences.keys().filter(|code| known.contains(code)).collect();
    let cases = |languages: &[&str], change: &dyn Fn(&str, usize) -> String| -> Vec<(String, String)> {
        let all = languages.iter().flat_map(|code| sentences[*code].iter().map(|text| ((*code).to_owned(), text)));
        all.enumerate().map(|(index, (code, text))| (code, change(text, index))).collect()
    };
    let head = |text: &str, chars: usize| text.chars().take(chars).collect::<String>();
    let english = |index: usize| sentences["en"][index % sentences["en"].len()].as_str();
    let chinese = |index: usize| sentences["zh"][index % sentences["zh"].len()].as_str();
    let all: Vec<&str> = both.iter().map(|code| code.as_str()).collect();
    let with_words = |text: &str, index: usize, words: usize| {
        let words: Vec<&str> = english(index).split(' ').take(words).collect();
        mixed(&head(text, 40), &words.join(" "), 3)
    };
    let tables = [
        ("sentences", cases(&all, &|text, _| text.to_owned())),
        ("their first 40 characters", cases(&all, &|text, _| head(text, 40))),
        ("their first 20 characters", cases(&all, &|text, _| head(text, 20))),
        ("in capitals", cases(&["en", "fr", "de", "es", "ru", "el"], &|text, _| text.to_uppercase())),
        ("zh, ja, ko, th", cases(&DENSE, &|text, _| head(text, 40))),
        ("with 5 English words", cases(&DENSE, &|text, index| with_words(text, index, 5))),
        ("with 10 English words", cases(&DENSE, &|text, index| with_words(text, index, 10))),
        ("English with 4 Chinese characters", cases(&["en"], &|text, index| mixed(text, &head(chinese(index), 4), 2))),
        ("English with 8 Chinese characters", cases(&["en"], &|text, index| mixed(text, &head(chinese(index), 8), 2))),
    ];
    // A little below what README.md has.
    let least = [0.94, 0.87, 0.75, 0.94, 0.99, 0.98, 0.95, 0.94, 0.86];
    for ((name, cases), least) in tables.iter().zip(least) {
        let shares = [right(&whatlang, cases), right(&lid, cases)];
        eprintln!("{name:<36} {:>6} {:>9.1} % {:>9.1} %", cases.len(), 100.0 * shares[0], 100.0 * shares[1]);
        assert!(shares[0] >= least, "{name}: {}", shares[0]);
    }
}
