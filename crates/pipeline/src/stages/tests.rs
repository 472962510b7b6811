//! What every stage of the registry must keep, whoever wrote it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use textmill_document::testing::{assert_enough, assert_example, example_batch, example_config};

use super::*;

/// Puts the files that are no text, and that examples name, into `folder`.
fn write_models(folder: &Path) {
    let examples = [("toxic", "you idiot, you fool"), ("good", "thank you for the correction of the report")];
    let examples: Vec<_> = examples.iter().cycle().take(200).copied().collect();
    let examples = examples.iter().map(|(label, text)| textmill_fasttext::Example { labels: vec![*label], text });
    let options = textmill_fasttext::TrainOptions { dim: 4, ..textmill_fasttext::TrainOptions::default() };
    textmill_fasttext::train(examples, &options).expect("trained").save(&folder.join("toxic.bin")).expect("saved");

    let options = textmill_score::ImportanceOptions::default();
    let mut trainer = textmill_score::ImportanceTrainer::new(options).expect("good options");
    trainer.push(textmill_score::Side::Target, "The committee published its report in March.");
    trainer.push(textmill_score::Side::Raw, "Buy now! Free shipping!");
    let trained = trainer.finish().expect("trained").to_json().expect("JSON");
    std::fs::write(folder.join("articles.json"), trained).expect("written");

    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("../score/tests/data");
    for (from, to) in [("tiny.onnx", "quality.onnx"), ("tiny-tokenizer.json", "tokenizer.json")] {
        std::fs::copy(tiny.join(from), folder.join(to)).expect("copied");
    }
}

/// Stages that this build has.
fn available() -> impl Iterator<Item = &'static StageKind> {
    STAGES.iter().filter(|kind| kind.name != "transformer" || cfg!(feature = "onnx"))
}

#[test]
fn names_and_reasons_are_unique() {
    for kind in STAGES {
        assert!((kind.schema)(&mut SchemaGenerator::default()).as_object().is_some(), "{}", kind.name);
        assert_eq!(STAGES.iter().filter(|other| other.name == kind.name).count(), 1, "{}", kind.name);
        for reason in kind.reasons {
            let same = kind.reasons.iter().filter(|other| other.code == reason.code).count();
            assert_eq!(same, 1, "{} has the reason `{}` twice", kind.name, reason.code);
        }
    }
}

#[test]
fn every_example_is_right() {
    let folder = tempfile::tempdir().expect("a folder");
    write_models(folder.path());
    let mut wrong = Vec::new();
    for kind in available() {
        let has_duplicates =
            kind.examples.iter().any(|example| example.outcome == textmill_document::Outcome::Duplicate);
        assert!(has_duplicates || !kind.exchange || !kind.reasons.is_empty(), "{} shows no duplicate", kind.name);
        assert_enough(kind.name, kind.reasons, kind.examples);
        for example in kind.examples {
            let config = example_config(example, folder.path());
            let built = (kind.build)(&config, Some(&example_batch(example).schema()));
            let built = built.unwrap_or_else(|faults| panic!("{}: {example:?}: {faults:?}", kind.name));
            assert_eq!(built.stage.name(), kind.name);
            let undeclared = built.stage.reasons().into_iter().find(|reason| !kind.reasons.contains(reason));
            assert_eq!(undeclared, None, "{}", kind.name);
            // What needs all documents at hand is run by the tests of whole runs.
            if !kind.exchange {
                let right = catch_unwind(AssertUnwindSafe(|| assert_example(built.stage.as_ref(), example)));
                wrong.extend(right.is_err().then_some((kind.name, example.config)));
            }
        }
    }
    assert!(wrong.is_empty(), "the output above says what is wrong with the examples {wrong:?}");
}

#[test]
fn a_canonical_configuration_builds_the_same_stage() {
    let folder = tempfile::tempdir().expect("a folder");
    write_models(folder.path());
    for kind in available() {
        for example in kind.examples {
            let (config, columns) = (example_config(example, folder.path()), example_batch(example).schema());
            let mut canonical = (kind.build)(&config, Some(&columns)).expect("valid").config;
            let digests = canonical.as_object().into_iter().flatten().find(|(key, _)| key.ends_with("_digests"));
            let digests = digests.map(|(key, _)| key.clone());
            let names_files = config.to_string().contains(&*folder.path().to_string_lossy());
            assert_eq!(digests.is_some(), names_files, "{}: {canonical}", kind.name);
            if let (Some(key), Some(fields)) = (digests, canonical.as_object_mut()) {
                fields.remove(&key);
            }
            let again = (kind.build)(&canonical, Some(&columns)).expect("a canonical form is valid").config;
            let again: Vec<_> =
                again.as_object().into_iter().flatten().filter(|(key, _)| !key.ends_with("_digests")).collect();
            let before: Vec<_> = canonical.as_object().into_iter().flatten().collect();
            assert_eq!(again, before, "{}", kind.name);
        }
    }
}

#[test]
fn what_reports_set_beside_published_tables_is_said_by_the_stages() {
    let steps: Vec<_> = STAGES.iter().filter(|kind| kind.is_step).map(|kind| kind.name).collect();
    assert!(["filter", "minhash_dedupe", "classifier"].iter().all(|name| steps.contains(name)), "{steps:?}");
    for name in ["normalize", "extract", "languages", "with_columns"] {
        assert!(!steps.contains(&name), "{name}");
    }
}
