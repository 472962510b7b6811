//! Files of models: round trips, files of others, damage.

use textmill_ngram_lm::{LmError, NgramModel, TrainOptions, Trainer};

fn arpa() -> Vec<u8> {
    let mut trainer = Trainer::new(TrainOptions { order: 3, discount_fallback: true, ..TrainOptions::default() })
        .expect("good options");
    for number in 0..200 {
        trainer.push(&format!("the {} saw a {}", number % 7, number % 11)).expect("room");
    }
    let mut arpa = Vec::new();
    trainer.finish(&mut arpa).expect("trained");
    arpa
}

const SMALL: &str = "\\data\\\nngram 1=4\nngram 2=2\n\n\\1-grams:\n-2\t<unk>\n-99\t<s>\t-0.5\n-0.5\ta\t-0.25\n-1\t</s>\n\n\
                     \\2-grams:\n-0.25\t<s> a\n-0.125\ta </s>\n\n\\end\\\n";

#[test]
fn scores_are_sums_of_probabilities_and_backoffs() {
    let model = NgramModel::read_arpa(SMALL.as_bytes()).expect("readable");
    let score = |text: &str| model.score(text).log10;
    assert!((score("a") - (-0.25 - 0.125)).abs() < 1e-6);
    // `a a` is not there: backoff of `a`, then `a` alone.
    assert!((score("a a") - (-0.25 - 0.25 - 0.5 - 0.125)).abs() < 1e-6);
    let unknown = model.score("b");
    assert!((unknown.log10 - (-0.5 - 2.0 - 1.0)).abs() < 1e-6 && unknown.unknown == 1 && unknown.words == 2);
    assert!((model.perplexity("a") - 10_f64.powf(0.375 / 2.0)).abs() < 1e-6);
    assert!((model.score_lines("a\n\na a\n").log10 - score("a") - score("a a")).abs() < 1e-9);
    assert!((model.score_with("a", false, false).log10 + 0.5).abs() < 1e-6);
}

#[test]
fn shorter_forms_that_a_file_leaves_out_are_computed() {
    let text = "\\data\\\nngram 1=4\nngram 2=1\nngram 3=1\n\n\\1-grams:\n-2\t<unk>\n-1\ta\t-0.5\n-1.5\tb\t-0.25\n-1\tc\t-0.125\n\n\
                \\2-grams:\n-0.5\ta b\t-0.75\n\n\\3-grams:\n-0.1\ta b c\n\n\\end\\\n";
    let model = NgramModel::read_arpa(text.as_bytes()).expect("readable");
    assert_eq!(model.counts(), [4, 2, 1]);
    let abc = model.score_with("a b c", false, false).log10;
    assert!((abc - (-1.0 - 0.5 - 0.1)).abs() < 1e-6, "{abc}");
    let bc = model.score_with("b c", false, false).log10;
    assert!((bc - (-1.5 - 0.25 - 1.0)).abs() < 1e-6, "{bc}");
}

#[test]
fn compact_files_hold_the_same_model() {
    let model = NgramModel::read_arpa(arpa().as_slice()).expect("readable");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.lm");
    std::fs::write(&path, model.to_compact()).expect("written");
    let again = NgramModel::load(&path).expect("readable");
    assert_eq!(again.counts(), model.counts());
    for text in ["the 3 saw a 4", "a saw the", "nothing known"] {
        assert_eq!(again.score(text), model.score(text));
    }
    assert!(again.to_compact() == model.to_compact());
    std::fs::write(&path, arpa()).expect("written");
    assert_eq!(NgramModel::load(&path).expect("readable").counts(), model.counts());
}

#[test]
fn damaged_arpa_files_are_named_by_line() {
    let cases = [
        ("ngram 1=4", "ngram 1=5", "line 11"),
        ("ngram 1=4", "ngram 2=4", "`ngram 1=`"),
        ("ngram 1=4", "ngram 1=-4", "no number of n-grams"),
        ("-0.5\ta\t-0.25", "0.5\ta\t-0.25", "no logarithm"),
        ("-0.5\ta\t-0.25", "-0.5\ta\tnan", "no logarithm"),
        ("-0.5\ta\t-0.25", "-0.5\t<s>\t-0.25", "before"),
        ("-0.25\t<s> a", "-0.25\t<s> x", "no 2-gram"),
        ("-0.25\t<s> a", "-0.25\t<s> a a a", "no 2-gram"),
        ("-0.125\ta </s>", "-0.125\t<s> a", "before"),
        ("\\end\\", "", "the file ends where `\\end\\`"),
        ("\\2-grams:", "\\3-grams:", "`\\2-grams:` was expected"),
        ("\\data\\", "data", "`\\data\\` was expected"),
    ];
    for (from, to, part) in cases {
        let text = SMALL.replacen(from, to, 1);
        let error = NgramModel::read_arpa(text.as_bytes()).expect_err(part).to_string();
        assert!(error.starts_with("line ") && error.contains(part), "{error}");
    }
    for huge in ["ngram 1=18446744073709551615", "ngram 1=99999999999"] {
        assert!(NgramModel::read_arpa(SMALL.replacen("ngram 1=4", huge, 1).as_bytes()).is_err());
    }
}

#[test]
fn no_damage_to_a_file_is_missed_or_fatal() {
    let bytes = NgramModel::read_arpa(arpa().as_slice()).expect("readable").to_compact();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.lm");
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("written");
        NgramModel::load(&path)
    };
    for place in (0..bytes.len()).step_by(97) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        assert!(load(&flipped).is_err(), "{place}");
        assert!(load(&bytes[..place]).is_err(), "{place}");
    }
    let arpa = arpa();
    for place in (0..arpa.len()).step_by(13) {
        // Text that still is a model is no damage that can be seen.
        drop(NgramModel::read_arpa(&arpa[..place]));
        let mut flipped = arpa.clone();
        flipped[place] ^= 1 << (place % 8);
        drop(NgramModel::read_arpa(flipped.as_slice()));
    }
    assert!(matches!(NgramModel::load(&folder.path().join("none")), Err(LmError::Open { .. })));
}
