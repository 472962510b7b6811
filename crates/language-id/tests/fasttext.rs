//! fastText models against the answers of fastText's C++, and against damage.
//!
//! Needs the development data (`$TEXTMILL_DATA` or `../shared/data` next to the repository); says so where it is absent.
#![expect(clippy::print_stderr, reason = "a skipped test must be seen")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use textmill_language_id::fasttext::{FastTextModel, LineFeed, Predictor};

fn data(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("TEXTMILL_DATA").map_or_else(beside, PathBuf::from).join("lid");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED {test}: no development data at {} (set TEXTMILL_DATA)", folder.display());
    None
}

fn json_lines(path: &Path) -> Vec<Value> {
    let file = std::fs::File::open(path).expect("the data is there");
    let lines = BufReader::new(zstd::Decoder::new(file).expect("zstd")).lines();
    lines.map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("JSON")).collect()
}

fn read(bytes: &[u8]) -> Result<FastTextModel, String> {
    FastTextModel::read(bytes, bytes.len() as u64).map_err(|error| error.to_string())
}

#[test]
fn answers_are_those_of_the_cpp_program() {
    let Some(folder) = data("answers_are_those_of_the_cpp_program") else { return };
    let model = FastTextModel::load(&folder.join("lid.176.ftz")).expect("a good model");
    let mut predictor = Predictor::new(Arc::new(model));
    let sentences = json_lines(&folder.join("sentences.jsonl.zst"));
    let expected = json_lines(&folder.join("fasttext-cpp.jsonl.zst"));
    assert_eq!(sentences.len(), expected.len());
    let mut equal = 0;
    for (sentence, expected) in sentences.iter().zip(&expected) {
        let found = predictor.predict(sentence["text"].as_str().expect("a text"), LineFeed::Space, 2, 0.0);
        let first = found.first().expect("an answer");
        if expected["top"][0][0] == first.label {
            equal += 1;
            let probability = expected["top"][0][1].as_f64().expect("a number");
            assert!((probability - f64::from(first.probability)).abs() <= 1e-5, "{sentence}: {first:?}, {probability}");
        }
    }
    assert!(equal * 1000 >= sentences.len() * 999, "{equal} of {} are equal", sentences.len());
}

#[test]
fn damaged_headers_and_cut_files_are_named_errors() {
    let Some(folder) = data("damaged_headers_and_cut_files_are_named_errors") else { return };
    let good = std::fs::read(folder.join("lid.176.ftz")).expect("the model");
    for length in (0..100).map(|step| good.len() * step / 100) {
        let error = read(good.get(..length).expect("shorter")).expect_err("cut");
        assert!(error.contains("too early") || error.contains("damaged"), "{length}: {error}");
    }
    // magic, version, dim, then wordNgrams, loss, model; size, nwords, nlabels, pruneidx_size.
    for offset in [0, 4, 8, 28, 32, 68, 72, 84, 88] {
        for value in [i32::MAX, i32::MIN, -2, 0x4000_0000, 0x00FF_FFFF] {
            let mut bytes = good.clone();
            bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
            let patched = read(&bytes);
            assert!(patched.is_err() || bytes == good, "{value} at {offset} was believed");
        }
    }
}

#[test]
fn flipped_bits_never_panic() {
    let Some(folder) = data("flipped_bits_never_panic") else { return };
    let good = std::fs::read(folder.join("lid.176.ftz")).expect("the model");
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for round in 0..200_usize {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Half of them in the header and the first words, half anywhere.
        let range = if round % 2 == 0 { 400 } else { good.len() };
        let offset = usize::try_from(state >> 33).expect("31 bits") % range;
        let mut bytes = good.clone();
        bytes[offset] ^= 1 << (state >> 20 & 7);
        if let Ok(model) = read(&bytes) {
            let found = Predictor::new(Arc::new(model)).predict("ein Satz, 一句话\n", LineFeed::End, 3, 0.0).len();
            assert!(found <= 3);
        }
    }
}

#[test]
fn what_is_remembered_changes_no_answer() {
    let Some(folder) = data("what_is_remembered_changes_no_answer") else { return };
    let model = Arc::new(FastTextModel::load(&folder.join("lid.176.ftz")).expect("a good model"));
    let mut warm = Predictor::new(Arc::clone(&model));
    for sentence in json_lines(&folder.join("sentences.jsonl.zst")).iter().step_by(20) {
        let text = sentence["text"].as_str().expect("a text");
        let mut cold = Predictor::new(Arc::clone(&model));
        assert_eq!(warm.predict(text, LineFeed::Space, 5, 0.0), cold.predict(text, LineFeed::Space, 5, 0.0));
    }
}
