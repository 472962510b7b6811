//! Training, compression and tuning on small made-up texts.

#![allow(missing_docs)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use textmill_fasttext::{
    Corpus, Example, FastTextError, FastTextModel, Grid, LineFeed, Loss, Predictor, QuantizeOptions, TrainOptions,
    autotune, evaluate, probabilities, train, train_on,
};

const LABELS: [&str; 3] = ["sea", "wood", "__label__odd 中"];
const LOSSES: [Loss; 4] = [Loss::Softmax, Loss::HierarchicalSoftmax, Loss::Negative, Loss::OneVsAll];

/// Texts of words of their own label among words of all labels; the labels are easy to tell.
fn texts(count: usize, seed: u64) -> Vec<(&'static str, String)> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let text = |index: usize| {
        let label = index % LABELS.len();
        let words = (0..6 + draw(6)).map(|at| match at % 2 {
            0 => format!("{}{}", ["tide", "oak", "奇"][label], draw(40)),
            _ => format!("word{}", draw(60)),
        });
        (["sea", "wood", "odd"][label], words.collect::<Vec<_>>().join(" "))
    };
    (0..count).map(text).collect()
}

fn examples<'a>(texts: &'a [(&'static str, String)]) -> impl Iterator<Item = Example<'a>> {
    texts.iter().map(|(label, text)| Example { labels: vec![label], text })
}

fn options() -> TrainOptions {
    TrainOptions { dim: 20, epochs: 10, learning_rate: 0.5, buckets: 2000, word_ngrams: 2, ..TrainOptions::default() }
}

fn bytes(model: &FastTextModel) -> Vec<u8> {
    let mut bytes = Vec::new();
    model.write(&mut bytes).expect("memory");
    bytes
}

fn read(bytes: &[u8]) -> Result<FastTextModel, FastTextError> {
    FastTextModel::read(bytes, bytes.len() as u64)
}

fn accuracy(model: FastTextModel) -> f64 {
    let unseen = texts(300, 99);
    let found = evaluate(&Arc::new(model), examples(&unseen), 1, 0.0).expect("labelled");
    assert_eq!(found.examples, 300);
    found.all.precision()
}

#[test]
fn every_loss_learns_what_can_be_told_apart() {
    let seen = texts(900, 1);
    let corpus = Corpus::new(examples(&seen)).expect("good labels");
    for loss in LOSSES {
        for (min_n, max_n, threads) in [(0, 0, 1), (2, 3, 1), (0, 0, 2)] {
            let options = TrainOptions { loss, min_n, max_n, threads, ..options() };
            let model = train_on(&corpus, &options).expect("good examples");
            let reread = read(&bytes(&model)).expect("our own file");
            let (found, again) = (accuracy(model), accuracy(reread));
            assert!(found >= 0.97, "{loss:?}, {min_n}..{max_n}, {threads} threads: {found}");
            assert!((found - again).abs() < 1e-12);
        }
    }
}

#[test]
fn one_thread_gives_the_same_bytes_for_the_same_seed() {
    let seen = texts(200, 2);
    let make = |seed| bytes(&train(examples(&seen), &TrainOptions { seed, ..options() }).expect("good"));
    assert!(make(3) == make(3), "two trainings differ");
    assert!(make(3) != make(4), "the seed changes nothing");
}

#[test]
fn a_file_gives_back_the_model_and_takes_its_place_at_once() {
    let seen = texts(200, 3);
    let model = train(examples(&seen), &options()).expect("good");
    let path = std::env::temp_dir().join(format!("textmill-trained-{}.bin", std::process::id()));
    std::fs::write(&path, "an older file").expect("written");
    model.save(&path).expect("saved");
    let loaded = FastTextModel::load(&path).expect("loaded");
    assert!(std::fs::read(&path).expect("the file") == bytes(&loaded));
    std::fs::remove_file(&path).expect("removed");
    assert_eq!((loaded.labels(), loaded.dim(), loaded.words()), (model.labels(), 20, model.words()));
    let (mut first, mut second) = (Predictor::new(Arc::new(model)), Predictor::new(Arc::new(loaded)));
    for (_, text) in texts(50, 4) {
        let predict = |predictor: &mut Predictor| {
            predictor
                .predict(&text, LineFeed::Space, 3, 0.0)
                .iter()
                .map(|found| (found.label.to_owned(), found.probability))
                .collect::<Vec<_>>()
        };
        assert_eq!(predict(&mut first), predict(&mut second));
    }
    let nowhere = Path::new("no/such/folder/model.bin");
    assert!(matches!(first.model().save(nowhere), Err(FastTextError::Save { .. })));
}

/// Takes some bytes, then is full.
struct Full(usize);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn cut_files_and_full_disks_are_named_errors() {
    let seen = texts(100, 5);
    let model = train(examples(&seen), &options()).expect("good");
    let good = bytes(&model);
    for length in (0..60).map(|step| good.len() * step / 60) {
        assert!(matches!(read(&good[..length]), Err(FastTextError::Truncated { .. })), "{length}");
        assert!(matches!(model.write(Full(length)), Err(FastTextError::Write(_))), "{length}");
    }
    let longer = [good.as_slice(), b"x"].concat();
    assert!(matches!(read(&longer), Err(FastTextError::Trailing(1))));
}

fn fails(examples: &[(&[&str], &str)], options: &TrainOptions) -> FastTextError {
    let examples = examples.iter().map(|(labels, text)| Example { labels: labels.to_vec(), text });
    train(examples, options).expect_err("nothing to learn")
}

#[test]
fn examples_that_teach_nothing_are_named_errors() {
    let options = options();
    assert!(matches!(fails(&[], &options), FastTextError::NoLabels));
    assert!(matches!(fails(&[(&[], "a text"), (&[], "another")], &options), FastTextError::NoLabels));
    let one = fails(&[(&["a"], "a text"), (&["a"], "another"), (&[], "more")], &options);
    assert!(matches!(&one, FastTextError::OneLabel(label) if label == "a"), "{one}");
    assert!(matches!(fails(&[(&["a"], ""), (&["b"], " \n\t")], &options), FastTextError::NoWords));
    let rare = TrainOptions { min_count: 2, ..options.clone() };
    assert!(matches!(fails(&[(&["a"], "one"), (&["b"], "two")], &rare), FastTextError::NoWords));
    let rare = TrainOptions { min_count_label: 2, ..options.clone() };
    assert!(matches!(fails(&[(&["a"], "one"), (&["b"], "two")], &rare), FastTextError::NoLabels));
    for label in ["", "two\nlines"] {
        let error = fails(&[(&["a"], "one"), (&[label], "two")], &options);
        assert!(matches!(&error, FastTextError::BadLabel { example: 1, .. }), "{error}");
    }
    let huge = TrainOptions { dim: 65_535, buckets: i32::MAX.unsigned_abs(), ..options.clone() };
    assert!(matches!(fails(&[(&["a"], "one"), (&["b"], "two")], &huge), FastTextError::TooLarge));
    let none = TrainOptions { epochs: 0, ..options };
    assert!(matches!(fails(&[], &none), FastTextError::Option { option: "epochs", .. }));
}

#[test]
fn odd_examples_do_no_harm() {
    // Empty texts, no label, several labels, a mark inside, a label inside, and labels too rare to be kept.
    let odd: [(&[&str], &str); 6] = [
        (&["sea"], ""),
        (&[], "oak1 oak2"),
        (&["sea", "wood"], "tide1 oak1"),
        (&["rare"], "tide2 </s> oak3"),
        (&["wood"], "__label__sea oak4\noak5\0oak6"),
        (&["sea", "sea"], "tide3"),
    ];
    let seen = texts(300, 6);
    let all = || examples(&seen).chain(odd.iter().map(|(labels, text)| Example { labels: labels.to_vec(), text }));
    for loss in LOSSES {
        let options = TrainOptions { loss, min_count_label: 2, ..options() };
        let model = train(all(), &options).expect("good examples");
        assert!(!model.labels().iter().any(|label| label == "rare"), "{:?}", model.labels());
        assert!(accuracy(model) >= 0.95, "{loss:?}");
    }
}

#[test]
fn steps_that_are_too_large_are_an_error_or_a_model() {
    let seen = texts(300, 7);
    for loss in LOSSES {
        let options = TrainOptions { loss, learning_rate: 100.0, epochs: 50, ..options() };
        match train(examples(&seen), &options) {
            Ok(model) => assert!(read(&bytes(&model)).is_ok()),
            Err(error) => assert!(matches!(error, FastTextError::Diverged), "{error}"),
        }
    }
}

#[test]
fn compressed_models_are_small_and_nearly_as_good() {
    let seen = texts(900, 8);
    let model = train(examples(&seen), &TrainOptions { min_n: 2, max_n: 3, ..options() }).expect("good");
    let size = bytes(&model).len();
    for (cutoff, norms, most) in [(None, false, 0.3), (None, true, 0.35), (Some(400), true, 0.25)] {
        let options = QuantizeOptions { cutoff, norms, ..QuantizeOptions::default() };
        let small = model.quantize(&options).expect("enough rows");
        let file = bytes(&small);
        assert!((file.len() as f64) < most * size as f64, "{options:?}: {} of {size}", file.len());
        assert!(file == bytes(&model.quantize(&options).expect("again")), "{options:?}: not the same twice");
        let reread = read(&file).expect("our own file");
        assert!(reread.is_quantized() && file == bytes(&reread), "{options:?}");
        assert!(matches!(small.quantize(&options), Err(FastTextError::Quantized)));
        let found = accuracy(reread);
        assert!(found >= 0.95, "{options:?}: {found}");
    }
    let error = |options| model.quantize(&options).expect_err("refused");
    let good = QuantizeOptions::default();
    assert!(matches!(error(QuantizeOptions { cutoff: Some(20), ..good.clone() }), FastTextError::FewRows { rows: 20 }));
    assert!(matches!(error(QuantizeOptions { output: true, ..good.clone() }), FastTextError::FewRows { rows: 3 }));
    assert!(matches!(error(QuantizeOptions { part: 21, ..good }), FastTextError::Option { option: "part", .. }));
}

#[test]
fn models_of_the_cpp_program_are_written_as_they_were() {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    for loss in ["hs", "softmax", "ns", "ova"] {
        for ngrams in [1, 2] {
            let file =
                |kind| std::fs::read(folder.join(format!("tests/models/{loss}-{ngrams}.{kind}"))).expect("a model");
            assert!(file("bin") == bytes(&read(&file("bin")).expect("good")), "{loss}-{ngrams}");
            // The C++ program writes the kept n-grams in no order.
            let (old, model) = (file("ftz"), read(&file("ftz")).expect("good"));
            let written = bytes(&model);
            assert_eq!(written.len(), old.len(), "{loss}-{ngrams}");
            assert!(written == bytes(&read(&written).expect("our own file")), "{loss}-{ngrams}");
        }
    }
}

#[test]
fn tuning_finds_the_best_of_the_grid() {
    let (seen, unseen) = (texts(300, 9), texts(150, 10));
    let validation: Vec<Example> = examples(&unseen).collect();
    let base = TrainOptions { dim: 10, buckets: 1000, ..TrainOptions::default() };
    let grid = Grid { learning_rates: vec![0.0001, 0.5], epochs: vec![1, 10], word_ngrams: vec![1, 2] };
    let tuned = autotune(examples(&seen), &validation, &base, &grid).expect("good");
    assert_eq!(tuned.trials.len(), 8);
    let f1 = |trial: &textmill_fasttext::Trial| trial.evaluation.as_ref().map_or(0.0, |found| found.all.f1());
    assert!(tuned.trials.iter().all(|trial| f1(trial) <= tuned.f1) && tuned.f1 >= 0.97);
    assert!((tuned.best.learning_rate - 0.5).abs() < 1e-12);
    assert_eq!(tuned, autotune(examples(&seen), &validation, &base, &grid).expect("again"));
    let empty = Grid { epochs: Vec::new(), ..grid.clone() };
    let error = autotune(examples(&seen), &validation, &base, &empty).expect_err("nothing to try");
    assert!(matches!(error, FastTextError::Option { option: "grid", .. }));
    let error = autotune(examples(&seen), &[], &base, &grid).expect_err("nothing to compare with");
    assert!(matches!(error, FastTextError::NothingToEvaluate));
}

#[test]
fn evaluation_counts_every_label() {
    let seen = texts(300, 11);
    let model = Arc::new(train(examples(&seen), &options()).expect("good"));
    let unseen = texts(90, 12);
    let found = evaluate(&model, examples(&unseen), 3, 0.0).expect("labelled");
    // All labels are answered for each text.
    assert_eq!((found.all.given, found.all.predicted, found.all.correct), (90, 270, 90));
    let labels: Vec<_> = found.labels.iter().map(|(label, counts)| (label.as_str(), counts.given)).collect();
    assert_eq!(labels, [("odd", 30), ("sea", 30), ("wood", 30)]);
    let unknown = [Example { labels: vec!["new"], text: "tide1" }];
    let found = evaluate(&model, unknown, 1, 0.0).expect("labelled");
    assert_eq!((found.all.recall(), found.labels["new"].given), (0.0, 1));
    let scores = probabilities(&model, "sea", unseen.iter().map(|(_, text)| text.as_str())).expect("a label");
    let sure = unseen.iter().zip(&scores).filter(|((label, _), score)| (*label == "sea") == (**score > 0.5)).count();
    assert!(scores.len() == 90 && sure >= 87, "{sure}");
    assert_eq!(probabilities(&model, "no such label", [""]), None);
}
