//! Small models of every loss, quantized or not, with and without word n-grams, against the answers of
//! the C++ program that trained them (`scripts/make/fasttext-models`).

#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use textmill_fasttext::{FastTextModel, LineFeed, Predictor};

/// Half a unit of the last printed digit, and the difference that is allowed.
const TOLERANCE: f32 = 1e-5 + 5e-7;

fn folder() -> PathBuf {
    // Not the folder that the test was compiled in: checkouts may share a target folder.
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| Path::new(".").into(), PathBuf::from).join("tests/models")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Labels and probabilities of one line of `predict-prob`.
fn answers<'a>(line: &'a str) -> Vec<(&'a str, f32)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let pair = |pair: &[&'a str]| (pair[0].trim_start_matches("__label__"), pair[1].parse().expect("a probability"));
    words.chunks_exact(2).map(pair).collect()
}

#[test]
fn every_kind_of_model_answers_as_the_cpp_program_does() {
    let sentences = text("sentences.txt");
    let mut models = 0;
    for loss in ["hs", "softmax", "ns", "ova"] {
        for ngrams in [1, 2] {
            for kind in ["bin", "ftz"] {
                let name = format!("{loss}-{ngrams}.{kind}");
                let model =
                    FastTextModel::load(&folder().join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
                let mut predictor = Predictor::new(Arc::new(model));
                let expected = text(&format!("{name}.answers"));
                assert_eq!(expected.lines().count(), sentences.lines().count(), "{name}");
                for (sentence, line) in sentences.lines().zip(expected.lines()) {
                    let found = predictor.predict(sentence, LineFeed::Space, 4, 0.0);
                    let expected = answers(line);
                    assert_eq!(found.len(), expected.len(), "{name}, {sentence:?}: {found:?}");
                    for (found, (label, probability)) in found.iter().zip(&expected) {
                        let close = (found.probability - probability).abs() <= TOLERANCE;
                        assert!(close, "{name}, {sentence:?}: {found:?}, not {label} {probability}");
                        // Labels of the same probability may change places.
                        let tied =
                            expected.iter().filter(|(_, other)| (other - probability).abs() <= 2.0 * TOLERANCE).count()
                                > 1;
                        assert!(
                            tied || found.label == *label,
                            "{name}, {sentence:?}: {found:?}, not {label} {probability}"
                        );
                    }
                }
                models += 1;
            }
        }
    }
    assert_eq!(models, 16);
}
