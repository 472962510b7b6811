use std::num::NonZeroU32;
use std::path::Path;

use serde::Deserialize;
use textmill_document::testing::{assert_stage_compliance, text_batch};
use textmill_document::{ConfigFault, Mode};

use super::*;
use crate::bounds::{NO_SCORE, SCORE_TOO_HIGH};
use crate::{Activation, Aggregate, Truncation};

/// What onnxruntime answers; `scripts/make/onnx-fixture` made it.
#[derive(Deserialize)]
struct Expected {
    labels: Vec<String>,
    max_tokens: NonZeroU32,
    texts: Vec<Answers>,
}

#[derive(Deserialize)]
struct Answers {
    text: String,
    head: Vec<f64>,
    tail: Vec<f64>,
    head_and_tail: Vec<f64>,
    chunks_mean: Vec<f64>,
    chunks_max: Vec<f64>,
}

fn data(name: &str) -> String {
    format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn expected() -> Expected {
    let bytes = std::fs::read(data("tiny-scores.json")).expect("the answers");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn config() -> TransformerConfig {
    let labels = ["clean", "advertisement", "toxic"];
    let max_tokens = NonZeroU32::new(64).expect("not zero");
    let (model, tokenizer) = (data("tiny.onnx"), data("tiny-tokenizer.json"));
    TransformerConfig { max_tokens, ..TransformerConfig::new(model, tokenizer, &labels, "toxic") }
}

fn stage(config: &TransformerConfig) -> TransformerStage {
    TransformerStage::new(config).expect("a valid configuration")
}

fn scores(stage: &TransformerStage, texts: &[&str]) -> Vec<Option<f64>> {
    stage.scores(texts.iter().map(|text| Some(*text))).expect("scored")
}

/// The bits of the scores: equality to the last digit.
fn bits(scores: &[Option<f64>]) -> Vec<Option<u64>> {
    scores.iter().map(|score| score.map(f64::to_bits)).collect()
}

#[test]
fn keeps_the_duties_of_a_stage() {
    assert_stage_compliance(&stage(&config()));
    assert_stage_compliance(&stage(&TransformerConfig { mode: Mode::Annotate, ..config() }));
    assert_stage_compliance(&stage(&TransformerConfig { min: Some(0.3), max: Some(0.5), ..config() }));
    let truncation = Truncation::Chunks;
    assert_stage_compliance(&stage(&TransformerConfig { truncation, column: Some("t".to_owned()), ..config() }));
}

#[test]
fn answers_are_those_of_onnxruntime() {
    type Of = fn(&Answers) -> &[f64];
    let ways: [(Truncation, Aggregate, Of); 5] = [
        (Truncation::Head, Aggregate::Mean, |answers| &answers.head),
        (Truncation::Tail, Aggregate::Mean, |answers| &answers.tail),
        (Truncation::HeadAndTail, Aggregate::Mean, |answers| &answers.head_and_tail),
        (Truncation::Chunks, Aggregate::Mean, |answers| &answers.chunks_mean),
        (Truncation::Chunks, Aggregate::Max, |answers| &answers.chunks_max),
    ];
    let Expected { labels, max_tokens, texts } = expected();
    let given: Vec<&str> = texts.iter().map(|answers| answers.text.as_str()).collect();
    assert!(given.len() > 20);
    for (truncation, aggregate, of) in ways {
        for (place, label) in labels.iter().enumerate() {
            let label = Some(label.clone());
            let stage = stage(&TransformerConfig { label, max_tokens, truncation, aggregate, ..config() });
            for (answers, score) in texts.iter().zip(scores(&stage, &given)) {
                let difference = (score.expect("a score") - of(answers)[place]).abs();
                assert!(difference < 1e-4, "{truncation:?} {place} {difference} {:?}", answers.text);
            }
        }
    }
}

#[test]
fn a_score_depends_on_its_text_only() {
    let load = || stage(&TransformerConfig { truncation: Truncation::Chunks, ..config() });
    let (stage, again) = (load(), load());
    let expected = expected();
    // Every number of tokens, odd ones too, up to more than are run at once.
    let words: Vec<String> = (1..80).map(|count| "river ".repeat(count)).collect();
    let texts: Vec<&str> =
        expected.texts.iter().map(|answers| answers.text.as_str()).chain(words.iter().map(String::as_str)).collect();
    let together = bits(&scores(&stage, &texts));
    let alone: Vec<Option<f64>> = texts.iter().flat_map(|text| scores(&stage, &[text])).collect();
    assert_eq!(together, bits(&alone));
    let reversed: Vec<&str> = texts.iter().rev().copied().collect();
    let mut backwards = bits(&scores(&stage, &reversed));
    backwards.reverse();
    assert_eq!(together, backwards);
    let in_threads = std::thread::scope(|scope| {
        let parts: Vec<_> = texts.chunks(7).map(|part| scope.spawn(|| scores(&stage, part))).collect();
        parts.into_iter().flat_map(|part| part.join().expect("no panic")).collect::<Vec<_>>()
    });
    assert_eq!(together, bits(&in_threads));
    assert_eq!(together, bits(&scores(&again, &texts)));
}

#[test]
fn scores_become_a_column_and_a_decision() {
    let stage = stage(&TransformerConfig { max: Some(0.5), ..config() });
    assert_eq!(stage.digests().len(), 2);
    let texts = [Some("Thank you for the correction."), Some("水车慢慢地转。"), Some(" \n"), None];
    let applied = stage.apply(text_batch(&texts)).expect("applies");
    let dropped: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.reason)).collect();
    assert_eq!(dropped, [(0, SCORE_TOO_HIGH), (2, NO_SCORE), (3, NO_SCORE)]);
    assert!(applied.kept.schema().column_with_name("toxic_score").is_some());
}

#[test]
fn hostile_texts_have_scores_or_none() {
    let hostile = ["\0".repeat(1_000_000), "a".repeat(10_000_000), "\u{301}".repeat(500_000), "[CLS]".repeat(100_000)];
    for truncation in [Truncation::Head, Truncation::Tail, Truncation::HeadAndTail, Truncation::Chunks] {
        let stage = stage(&TransformerConfig { truncation, ..config() });
        let texts: Vec<&str> = hostile.iter().map(String::as_str).chain([""]).collect();
        let found = scores(&stage, &texts);
        assert!(found.iter().flatten().all(|score| (0.0..=1.0).contains(score)));
        assert_eq!((found[0], found[4]), (None, None), "{truncation:?}");
        assert!(found[1].is_some() && found[3].is_some());
    }
}

#[test]
fn what_cannot_work_is_refused_with_its_field() {
    let named = |labels: &[&str]| labels.iter().map(ToString::to_string).collect::<Vec<_>>();
    let number = |value| NonZeroU32::new(value).expect("not zero");
    let cases = [
        (TransformerConfig { model: "no/such.onnx".to_owned(), ..config() }, "model", "no/such.onnx: No such file"),
        (TransformerConfig { model: data("tiny-scores.json"), ..config() }, "model", "not an ONNX model"),
        (TransformerConfig { tokenizer: "no/such.json".to_owned(), ..config() }, "tokenizer", "no/such.json"),
        (TransformerConfig { tokenizer: data("tiny-scores.json"), ..config() }, "tokenizer", "a `tokenizer.json`"),
        (TransformerConfig { tokenizer: data("tiny.onnx"), ..config() }, "tokenizer", "tiny.onnx"),
        (TransformerConfig { labels: named(&["toxic", "clean"]), ..config() }, "labels", "answers 3 numbers"),
        (TransformerConfig { labels: named(&["a", "toxic", "a"]), ..config() }, "labels", "`a` stands twice"),
        (TransformerConfig { label: Some("ugly".to_owned()), ..config() }, "label", "clean, advertisement, toxic"),
        (TransformerConfig { label: None, ..config() }, "label", "which label"),
        (TransformerConfig { labels: Vec::new(), label: None, ..config() }, "column", "`column` must name"),
        (
            TransformerConfig { labels: Vec::new(), label: None, column: Some("c".to_owned()), ..config() },
            "labels",
            "0 labels, but the model answers 3",
        ),
        (TransformerConfig { column: Some("text".to_owned()), ..config() }, "column", "`text`"),
        (TransformerConfig { max_tokens: number(2), ..config() }, "max_tokens", "no room"),
        (TransformerConfig { max_tokens: number(65), ..config() }, "max_tokens", "65 tokens"),
        (TransformerConfig { min: Some(1.5), ..config() }, "min", "1.5"),
        (TransformerConfig { max: Some(f64::NAN), activation: Activation::None, ..config() }, "max", "NaN"),
        (TransformerConfig { min: Some(0.6), max: Some(0.5), ..config() }, "min", "no document"),
        (TransformerConfig { mode: Mode::Annotate, max: Some(0.5), ..config() }, "max", "annotate"),
    ];
    for (config, field, part) in cases {
        let error = TransformerStage::new(&config).expect_err("refused");
        let message = error.to_string();
        assert!(error.field() == Some(field) && message.contains(part), "{field}: {:?}: {message}", error.field());
    }
}

#[test]
fn a_model_that_is_cut_off_is_refused_wherever_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(data("tiny.onnx")).expect("the model");
    let path = folder.path().join("cut.onnx");
    for part in [0, 1, 2, 10, 100, whole.len() / 2, whole.len() - 1_000, whole.len() - 1] {
        std::fs::write(&path, &whole[..part]).expect("written");
        let error = TransformerStage::new(&TransformerConfig { model: path.display().to_string(), ..config() });
        let error = error.expect_err("refused");
        assert!(error.field() == Some("model") && error.to_string().contains("cut.onnx"), "{part}: {error}");
    }
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |change: &dyn Fn(&mut serde_json::Value)| {
        let text = std::fs::read(data("tiny-tokenizer.json")).expect("the tokenizer");
        let mut json = serde_json::from_slice(&text).expect("JSON");
        change(&mut json);
        let path = folder.path().join("tokenizer.json");
        std::fs::write(&path, json.to_string()).expect("written");
        stage_of(&path)
    };
    let error = write(&|json| json["model"]["vocab"]["beyond"] = 100_000.into()).expect_err("refused");
    assert!(error.field() == Some("tokenizer") && error.to_string().contains("token number 100000"), "{error}");
    let error = write(&|json| json["model"]["type"] = "Nonsense".into()).expect_err("refused");
    assert_eq!(error.field(), Some("tokenizer"), "{error}");
    // Its own truncation and padding are not followed.
    let padding = serde_json::json!({
        "strategy": {"Fixed": 64}, "direction": "Left", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]",
    });
    let truncation =
        serde_json::json!({"max_length": 4, "strategy": "LongestFirst", "stride": 0, "direction": "Right"});
    let padded = write(&|json| {
        json["padding"] = padding.clone();
        json["truncation"] = truncation.clone();
    });
    let text = "The mill grinds slowly.";
    assert_eq!(bits(&scores(&padded.expect("valid"), &[text])), bits(&scores(&stage(&config()), &[text])));
}

fn stage_of(tokenizer: &Path) -> Result<TransformerStage, ConfigFault> {
    TransformerStage::new(&TransformerConfig { tokenizer: tokenizer.display().to_string(), ..config() })
}
