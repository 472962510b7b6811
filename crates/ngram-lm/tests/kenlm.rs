//! `KenLM`'s binary files: the same scores, and no damage that is fatal.

use std::path::{Path, PathBuf};

use textmill_ngram_lm::{LmError, NgramModel};

const KINDS: [&str; 5] = ["probing", "trie", "array-trie", "quant-trie", "quant-array-trie"];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn bytes(kind: &str) -> Vec<u8> {
    std::fs::read(data(&format!("small.{kind}.klm"))).expect("a file of the tests")
}

/// Loads bytes as a file.
fn load(bytes: &[u8]) -> Result<NgramModel, LmError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.klm");
    std::fs::write(&path, bytes).expect("written");
    NgramModel::load(&path)
}

#[test]
fn scores_are_those_of_kenlm() {
    let sentences = std::fs::read_to_string(data("small.txt")).expect("a file of the tests");
    let wanted = std::fs::read_to_string(data("small.scores")).expect("a file of the tests");
    let wanted: Vec<f64> = wanted.lines().map(|line| line.parse().expect("a number")).collect();
    let arpa = NgramModel::load(&data("small.arpa")).expect("readable");
    for kind in KINDS {
        let model = NgramModel::load(&data(&format!("small.{kind}.klm"))).expect(kind);
        assert_eq!((model.order(), model.words()), (arpa.order(), arpa.words()), "{kind}");
        assert_eq!(model.counts(), arpa.counts(), "{kind}");
        assert!(model.knows("中文") && !model.knows("unheard"));
        assert_eq!(sentences.split_terminator('\n').count(), wanted.len());
        for (sentence, wanted) in sentences.split_terminator('\n').zip(&wanted) {
            let (found, other) = (model.score(sentence), arpa.score(sentence));
            // Six decimals were written.
            assert!((found.log10 - wanted).abs() < 2e-6, "{kind}: {sentence}: {found:?} {wanted}");
            assert!((found.log10 - other.log10).abs() < 1e-6, "{kind}: {sentence}: {found:?} {other:?}");
            assert_eq!((found.words, found.unknown), (other.words, other.unknown), "{kind}: {sentence}");
        }
    }
}

#[test]
fn they_become_compact_files() {
    for kind in KINDS {
        let model = load(&bytes(kind)).expect(kind);
        let again = load(&model.to_compact()).expect(kind);
        for sentence in ["the cat saw a dog", "中文 unheard", ""] {
            assert_eq!(again.score(sentence), model.score(sentence), "{kind}");
        }
    }
}

#[test]
fn what_is_not_read_is_named() {
    let probing = bytes("probing");
    let change = |at: usize, to: u8| {
        let mut changed = probing.clone();
        changed[at] = to;
        changed
    };
    let order_at = 88;
    let with_words: Vec<u8> = probing.strip_suffix(b"\0").map(|cut| [cut, b"\0one more\0"].concat()).expect("words");
    let cases = [
        (change(order_at + 8, 1), "rest_probing"),
        (change(order_at + 8, 9), "kind 9"),
        (change(order_at + 16, 3), "version 3"),
        (change(order_at + 12, 0), "build_binary -v"),
        (change(order_at, 1), "its order is 1"),
        (change(order_at, 200), "its order is 200"),
        (change(order_at + 7, 0), "slots for each n-gram"),
        (change(49, b'4'), "version `4`"),
        (change(52, 1), "32 bits"),
        (change(60, 1), "test values"),
        (b"mmap lm http://kheafield.com/code incomplete\n".to_vec(), "did not finish"),
        (b"mmap lm http://kheafield.com/code".to_vec(), "begins differently"),
        (probing[..100].to_vec(), "ends in its header"),
        (probing[..probing.len() - 1].to_vec(), "it was cut"),
        (probing[..2000].to_vec(), "it was cut"),
        (with_words, "it has 36 words, and says that it has 35"),
    ];
    for (bytes, part) in cases {
        let error = load(&bytes).expect_err(part).to_string();
        assert!(error.contains(part) && error.contains("build_binary"), "{part}: {error}");
    }
}

#[test]
fn declared_sizes_are_checked_before_anything_is_allocated() {
    let counts_at = 108;
    for kind in KINDS {
        let good = bytes(kind);
        for count in 0..5 {
            for huge in [u64::MAX, 1 << 56, 1 << 40, 1 << 33] {
                let mut changed = good.clone();
                changed[counts_at + count * 8..][..8].copy_from_slice(&huge.to_le_bytes());
                assert!(load(&changed).is_err(), "{kind}: {huge} n-grams of order {}", count + 1);
            }
        }
    }
}

#[test]
fn no_damage_is_fatal() {
    for kind in KINDS {
        let good = bytes(kind);
        for place in (0..good.len()).step_by(23) {
            // What cannot be seen gives other scores, and nothing worse.
            let mut flipped = good.clone();
            flipped[place] ^= 1 << (place % 8);
            if let Ok(model) = load(&flipped) {
                assert!(!model.score("the cat saw a dog").log10.is_nan());
            }
            if place % 5 == 0 {
                assert!(load(&good[..place]).is_err(), "{kind} of {place} bytes");
            }
        }
    }
}
