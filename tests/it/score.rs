//! Models from training to the published corpus.

use std::fs;

use serde_json::{Value, json};

use crate::util::{Dir, Random, files};

/// Reviews: every third is bad, which one word out of six tells.
fn review(number: u64, random: &mut Random) -> (bool, String) {
    const GOOD: [&str; 3] = ["lovely", "excellent", "helpful"];
    const BAD: [&str; 3] = ["awful", "useless", "broken"];
    let bad = number.is_multiple_of(3);
    let word = if bad { BAD } else { GOOD }[random.below(3) as usize];
    (bad, format!("The {} page {number} is {word}, I think.\nSeen on day {}.", random.below(50), random.below(30)))
}

fn lines(documents: impl Iterator<Item = Value>) -> String {
    documents.map(|document| format!("{document}\n")).collect()
}

/// A folder with labelled reviews and others to be judged.
fn reviews() -> Dir {
    let (dir, mut random) = (Dir::new(), Random(7));
    let mut labelled = |range: std::ops::Range<u64>| {
        let review = |number| {
            let (bad, text) = review(number, &mut random);
            json!({"id": format!("r{number}"), "text": text, "stars": if bad { 1 } else { 5 }})
        };
        lines(range.map(review))
    };
    dir.write("labelled.jsonl", labelled(0..1500));
    dir.write("in/part-0.jsonl", labelled(2000..2300));
    dir.write("in/part-1.jsonl", labelled(2300..2600));
    dir
}

fn train(dir: &Dir, more: &[&str]) -> Value {
    let args = ["train", "classifier", "--labelled", "labelled.jsonl", "--label-column", "stars", "--class", "bad=1"];
    let size = ["--class", "good=5", "--label", "bad", "--dim", "8", "--learning-rate", "0.5", "--format", "json"];
    dir.json(&[args.as_slice(), size.as_slice(), more].concat())
}

fn pipeline(classifier: &str) -> String {
    format!(
        "version: 1\nname: score\ninput:\n  paths: [\"in/*\"]\nstages:\n  - id: bad\n    run: {{classifier: \
         {{{classifier}}}}}\noutput:\n  path: out\n  columns: [id, text as content, bad_score]\n"
    )
}

#[test]
fn a_trained_model_decides_and_its_scores_are_published() {
    let dir = reviews();
    let report = train(&dir, &["--output", "models/bad.bin"]);
    assert_eq!(report["accuracy"], 1.0, "{report}");
    assert_eq!(report["shares"].as_array().map(Vec::len), Some(9));

    dir.write("pipeline.yaml", pipeline("model: models/bad.bin, label: bad, tokens: words, max: 0.5"));
    let run = dir.json(&["run", "pipeline.yaml", "--format", "json"]);
    assert_eq!(run["totals"]["output"]["documents"], 400, "{run}");
    assert_eq!(dir.columns("out/data"), ["id", "content", "bad_score"]);
    let drops = dir.ok(&["drops", "out", "--reason", "score_too_high", "--limit", "1000"]).stdout;
    assert!(drops.contains("awful") && !drops.contains("lovely"), "{drops}");
}

#[test]
fn a_share_is_kept_by_the_calibration_and_another_model_is_another_run() {
    let dir = reviews();
    train(&dir, &["--output", "bad.bin", "--calibrate-on", "in/*"]);
    dir.write("pipeline.yaml", pipeline("model: bad.bin, label: bad, tokens: words, keep: {lowest: 0.5}"));
    let kept = dir.json(&["run", "pipeline.yaml", "--format", "json"])["totals"]["output"]["documents"].as_u64();
    assert!(kept.is_some_and(|kept| (295..=305).contains(&kept)), "{kept:?}");

    train(&dir, &["--output", "bad.bin", "--calibrate-on", "in/*", "--seed", "1"]);
    let refused = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(refused.code, 2, "the finished run had another model\n{}", refused.stderr);
    dir.ok(&["run", "pipeline.yaml", "--overwrite"]);
}

#[test]
fn training_is_reproducible_and_compressed_models_are_small() {
    let dir = reviews();
    for name in ["a.bin", "b.bin", "c.ftz"] {
        train(&dir, &["--output", name]);
    }
    let read = |name: &str| fs::read(dir.join(name)).expect("a model");
    assert!(read("a.bin") == read("b.bin") && read("a.json") == read("b.json"));
    assert!(read("c.ftz").len() < read("a.bin").len());
}

#[test]
fn what_cannot_be_used_is_named_before_any_data_is_read() {
    let dir = reviews();
    train(&dir, &["--output", "bad.bin"]);
    let model = fs::read(dir.join("bad.bin")).expect("a model");
    dir.write("cut.bin", &model[..model.len() / 2]);
    let cases = [
        ("model: none.bin, label: bad", "none.bin"),
        ("model: cut.bin, label: bad", "cut.bin"),
        ("model: bad.bin, label: ugly", "it has: good, bad"),
        ("model: bad.bin, label: bad, min: 0.9, max: 0.1", "no document would be kept"),
        ("model: bad.bin, label: bad, keep: {highest: 0.5}", "was made for the tokens"),
        ("model: bad.bin, label: bad, keep: {highest: 2}", "from 0 to 1"),
    ];
    for (classifier, part) in cases {
        dir.write("pipeline.yaml", pipeline(classifier));
        let refused = dir.run(&["run", "pipeline.yaml"]);
        assert_eq!(refused.code, 2, "{classifier}\n{}", refused.stderr);
        assert!(refused.stderr.contains(part) && refused.stderr.contains("pipeline.yaml:"), "{}", refused.stderr);
        assert!(files(&dir.join("out")).is_empty());
    }
    // Of each kind of model the command that makes it.
    for (stage, command) in [
        ("classifier: {model: no/m.bin, label: bad, max: 0.5}", "textmill train classifier"),
        ("classifier: {model: no/m.ftz, label: good, min: 0.5}", "textmill train classifier"),
        ("perplexity: {model: no/m.lm, max: 500}", "textmill train lm"),
        ("perplexity: {model: no/m.arpa, max: 500}", "textmill train lm"),
        ("importance: {model: no/m.json, min: 0.0}", "textmill train importance"),
    ] {
        let file = format!(
            "version: 1\nname: missing\ninput: {{paths: [labelled.jsonl], columns: {{text: text}}}}\n\
             stages: [{{id: score, run: {{{stage}}}}}]\noutput: {{path: out}}\n"
        );
        dir.write("missing.yaml", file);
        for command_line in [["validate", "missing.yaml"], ["run", "missing.yaml"]] {
            let refused = dir.run(&command_line);
            assert!(refused.code == 2 && refused.stderr.contains(command), "{stage}: {}", refused.stderr);
            assert!(refused.stderr.contains("no/m."), "{stage}: {}", refused.stderr);
        }
    }
    let wrong = [
        (vec!["--labelled", "none.jsonl"], 4, "none.jsonl"),
        (vec!["--labelled", "labelled.jsonl"], 2, "which is missing"),
    ];
    for (paths, code, part) in wrong {
        let args = ["train", "classifier", "--label-column", "label", "--label", "bad", "--output", "x.bin"];
        let refused = dir.run(&[args.as_slice(), paths.as_slice()].concat());
        assert!(refused.code == code && refused.stderr.contains(part), "{}: {}", refused.code, refused.stderr);
    }
    let refused = dir.run(&["train", "classifier", "--positive", "a", "--negative", "b", "--output", "x.model"]);
    assert!(refused.code == 2 && refused.stderr.contains(".ftz"), "{}", refused.stderr);
}

#[test]
fn a_language_model_is_trained_and_tells_noise() {
    let dir = reviews();
    let lm = |name: &str| {
        let args =
            ["train", "lm", "labelled.jsonl", "--order", "3", "--discount-fallback", "--format", "json", "--output"];
        dir.json(&[args.as_slice(), &[name]].concat())
    };
    let report = lm("reviews.arpa");
    assert_eq!((&report["texts"], &report["sentences"]), (&json!(1500), &json!(3000)), "{report}");
    lm("reviews.lm");
    dir.write(
        "in/noise.jsonl",
        lines((0..40).map(|number| json!({"text": format!("day Seen {number} awful the is The . on")}))),
    );
    let pipeline = |model: &str, output: &str| {
        let config = format!("model: {model}, tokens: words, max: 20, cutoffs: {{any: {{head: 4, middle: 5}}}}");
        let text = pipeline("").replace("classifier: {}", &format!("perplexity: {{{config}}}"));
        let text =
            text.replace("columns: [id, text as content, bad_score]", "columns: [id, perplexity, perplexity_bucket]");
        dir.write("pipeline.yaml", text);
        dir.json(&["run", "pipeline.yaml", "--format", "json", "--output", output])
    };
    let run = pipeline("reviews.arpa", "out");
    assert_eq!(run["totals"]["output"]["documents"], 600, "the noise is gone: {run}");
    assert_eq!(dir.columns("out/data"), ["id", "perplexity", "perplexity_bucket"]);
    // Both forms hold the same model.
    pipeline("reviews.lm", "again");
    assert_eq!(dir.digest("out"), dir.digest("again"));

    for (bad, part) in [(&b"\\data\\\nngram 1=zero\n"[..], "line 2"), (b"textmill n-gram model 1\nxx", "no intact")] {
        dir.write("bad.arpa", bad);
        dir.write("pipeline.yaml", pipeline_of_lm("bad.arpa"));
        let refused = dir.run(&["run", "pipeline.yaml"]);
        assert!(refused.code == 2 && refused.stderr.contains(part), "{}", refused.stderr);
    }
    let refused = dir.run(&["train", "lm", "labelled.jsonl", "--output", "x.arpa", "--order", "9"]);
    assert!(refused.code == 2 && refused.stderr.contains("order"), "{}", refused.stderr);
    assert!(!dir.join("x.arpa").exists());
}

fn pipeline_of_lm(model: &str) -> String {
    pipeline("")
        .replace("classifier: {}", &format!("perplexity: {{model: {model}}}"))
        .replace("bad_score", "perplexity")
}

/// Documents with a score, in `shards` shards; some scores are equal, some are absent.
fn scored(shards: usize) -> Dir {
    let dir = Dir::new();
    let documents: Vec<Value> = (0..90_u64)
        .map(|number| {
            let score = (number % 10 != 7).then_some((number * 37 % 30) as f64 / 30.0);
            let lang = if number % 2 == 0 { "en" } else { "zh" };
            json!({"id": format!("d{number}"), "text": format!("text {number}"), "score": score, "lang": lang})
        })
        .collect();
    for (shard, part) in documents.chunks(90 / shards).enumerate() {
        dir.write(&format!("in/{shard}.jsonl"), lines(part.iter().cloned()));
    }
    dir
}

fn kept_highest(dir: &Dir, config: &str) -> Vec<(String, Option<f64>, String)> {
    let columns = "{id: id, text: text, score: {from: score, type: float64}, lang: lang}";
    let stage = format!("  - id: best\n    run: {{keep_highest: {config}}}\n");
    let head = format!("version: 1\nname: best\ninput:\n  paths: [\"in/*\"]\n  columns: {columns}\nstages:\n{stage}");
    dir.write("best.yaml", format!("{head}output: {{path: out, dropped: all}}\n"));
    dir.ok(&["run", "best.yaml", "--overwrite"]);
    let mut kept = Vec::new();
    for (_, path) in files(&dir.join("out/data")) {
        let file = fs::File::open(path).unwrap();
        let reader =
            parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        for batch in reader.map(Result::unwrap) {
            let text = |name: &str| {
                let column =
                    arrow::compute::cast(batch.column_by_name(name).unwrap(), &arrow::datatypes::DataType::Utf8);
                arrow::array::AsArray::as_string::<i32>(&column.unwrap())
                    .iter()
                    .map(|text| text.unwrap().to_owned())
                    .collect::<Vec<_>>()
            };
            let scores = batch.column_by_name("score").unwrap();
            let scores = arrow::array::AsArray::as_primitive::<arrow::datatypes::Float64Type>(scores.as_ref()).iter();
            kept.extend(
                text("id").into_iter().zip(scores).zip(text("lang")).map(|((id, score), lang)| (id, score, lang)),
            );
        }
    }
    kept.sort_by(|left, right| left.0.cmp(&right.0));
    kept
}

#[test]
fn the_highest_of_all_documents_are_kept_exactly() {
    let dir = scored(1);
    let tenth = kept_highest(&dir, "{column: score, share: 0.1}");
    let mut all: Vec<f64> =
        (0..90_u64).filter(|number| number % 10 != 7).map(|number| (number * 37 % 30) as f64 / 30.0).collect();
    all.sort_by(|left, right| right.total_cmp(left));
    let mut scores: Vec<f64> = tenth.iter().map(|(_, score, _)| score.expect("a score")).collect();
    scores.sort_by(|left, right| right.total_cmp(left));
    assert_eq!(scores, all[..9]);
    // Neither the cut into shards nor the number of threads decides between equal scores.
    let cut = scored(9);
    assert_eq!(kept_highest(&cut, "{column: score, share: 0.1}"), tenth);
    let dropped = cut.ok(&["drops", "out", "--format", "json", "--limit", "100"]).stdout;
    let dropped: Vec<Value> = dropped.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(dropped.len(), 81);
    for document in &dropped {
        match document["reason"].as_str() {
            Some("no_score") => assert!(document["value"].is_null()),
            Some("not_among_highest") => {
                assert_eq!(document["bound"].as_f64(), scores.last().copied());
                assert!(document["value"].as_f64() <= document["bound"].as_f64());
            }
            other => panic!("{other:?}"),
        }
    }
    let within = kept_highest(&cut, "{column: score, documents: 2, within: lang, lowest: true}");
    let of = |lang: &str| within.iter().filter(|(_, _, of)| of == lang).count();
    assert_eq!((within.len(), of("en"), of("zh")), (4, 2, 2));
}

/// A tokenizer of the words of the reviews, lower case, with one for all others.
fn tokenizer() -> Value {
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "the": 1, "page": 2, "is": 3, ",": 4,
            "i": 5, "think": 6, ".": 7, "seen": 8, "on": 9, "day": 10}},
    })
}

fn pipeline_of(stage: &str, columns: &str) -> String {
    pipeline("").replace("classifier: {}", stage).replace("[id, text as content, bad_score]", columns)
}

#[test]
fn pieces_of_a_tokenizer_go_through_training_scoring_and_counting() {
    let dir = reviews();
    dir.write("tokenizer.json", tokenizer().to_string());
    let args = ["train", "lm", "labelled.jsonl", "--order", "2", "--discount-fallback", "--format", "json"];
    let report = dir.json(&[args.as_slice(), &["--tokenizer", "tokenizer.json", "--output", "pieces.lm"]].concat());
    // `The N page M is W, I think.` and `Seen on day D.`: 9 and 5 pieces, and the end of each line.
    assert_eq!(report["ngrams"][0], 14, "11 pieces and three of its own: {report}");
    let stage = "perplexity: {model: pieces.lm, tokenizer: tokenizer.json, max: 5}";
    dir.write("pipeline.yaml", pipeline_of(stage, "[id, perplexity]"));
    let run = dir.json(&["run", "pipeline.yaml", "--format", "json"]);
    assert_eq!(run["totals"]["output"]["documents"], 600, "{run}");
    let counts = "signals: {use: [token_num, eflaw], tokenizer: {file: tokenizer.json}}";
    dir.write("pipeline.yaml", pipeline_of(counts, "[id, token_num, eflaw]"));
    dir.ok(&["run", "pipeline.yaml", "--output", "counted"]);

    let both = dir.run(&["train", "lm", "x", "--output", "x.lm", "--tokenizer", "tokenizer.json", "--tokens", "words"]);
    assert!(both.code == 2 && both.stderr.contains("cannot be used with"), "{}", both.stderr);
    let none = dir.run(&["train", "lm", "labelled.jsonl", "--output", "x.lm", "--tokenizer", "labelled.jsonl"]);
    assert!(none.code == 2 && none.stderr.contains("is no tokenizer"), "{}", none.stderr);
    for (stage, part) in [
        ("perplexity: {model: pieces.lm, tokenizer: pieces.lm}", "is no tokenizer"),
        ("perplexity: {model: pieces.lm, tokenizer: tokenizer.json, tokens: words}", "cannot be set as well"),
        ("signals: {tokenizer: {file: none.json}}", "none.json"),
    ] {
        dir.write("pipeline.yaml", pipeline_of(stage, "[id]"));
        let refused = dir.run(&["run", "pipeline.yaml", "--output", "refused"]);
        assert!(refused.code == 2 && refused.stderr.contains(part), "{stage}\n{}", refused.stderr);
        assert!(files(&dir.join("refused")).is_empty());
    }
}

#[test]
fn importance_weights_find_what_is_like_the_target() {
    let dir = reviews();
    let article =
        |number: u64| json!({"text": format!("The committee of river {number} met, and it published its report.")});
    dir.write("target.jsonl", lines((0..200).map(article)));
    let args = ["train", "importance", "--target", "target.jsonl", "--raw", "labelled.jsonl", "--format", "json"];
    let report = dir.json(&[args.as_slice(), &["--output", "models/articles.json"]].concat());
    assert_eq!((&report["target_texts"], &report["raw_texts"]), (&json!(200), &json!(1500)), "{report}");
    assert!(report["divergence"].as_f64().is_some_and(|nats| nats > 1.0), "{report}");
    dir.ok(&["train", "importance", "--target", "target.jsonl", "--raw", "labelled.jsonl", "--output", "again.json"]);
    let read = |name: &str| fs::read(dir.join(name)).expect("a model");
    assert!(read("models/articles.json") == read("again.json"), "the same texts give the same bytes");

    dir.write("in/articles.jsonl", lines((300..350).map(article)));
    dir.write("pipeline.yaml", pipeline_of("importance: {model: again.json, min: 0}", "[id, importance]"));
    let run = dir.json(&["run", "pipeline.yaml", "--format", "json"]);
    assert_eq!(run["totals"]["output"]["documents"], 50, "{run}");

    dir.write("pipeline.yaml", pipeline_of("importance: {model: labelled.jsonl}", "[id]"));
    let refused = dir.run(&["run", "pipeline.yaml", "--output", "refused"]);
    assert!(refused.code == 2 && refused.stderr.contains("is not an importance model"), "{}", refused.stderr);
    let usage = dir.run(&[args.as_slice(), &["--output", "x.json", "--ngrams", "9"]].concat());
    assert!(usage.code == 2 && usage.stderr.contains("from 1 to 5"), "{}", usage.stderr);
}

#[test]
fn safety_and_scores_decide_together() {
    let dir = reviews();
    train(&dir, &["--output", "bad.bin"]);
    dir.write("words.txt", "lovely\tL2\nexcellent\tL3\nawful\tL1\n");
    let safety = "safety: {mode: annotate, words: {files: [words.txt]}, domestic_level: null}";
    let more = [
        "\n  - id: score\n    run: {classifier: {mode: annotate, model: bad.bin, label: bad, tokens: words}}",
        "\n  - id: safe\n    run: {keep_where: \"unsafe_reason IS NULL AND bad_score <= 0.5\"}\noutput:",
    ]
    .concat();
    let text = pipeline_of(safety, "[id, text, source_type, unsafe_level, bad_score]").replace("\noutput:", &more);
    dir.write("pipeline.yaml", text);
    let run = dir.json(&["run", "pipeline.yaml", "--format", "json"]);
    let kept = run["totals"]["output"]["documents"].as_u64().expect("a count");
    // A third is bad, and of the others a third is lovely.
    assert!((200..340).contains(&kept), "{run}");
    assert_eq!(dir.columns("out/data"), ["id", "text", "source_type", "unsafe_level", "bad_score"]);

    dir.write("pipeline.yaml", pipeline_of("safety: {words: {files: [words.txt]}}", "[id]"));
    dir.ok(&["run", "pipeline.yaml", "--output", "decided"]);
    let drops = dir.ok(&["drops", "decided", "--reason", "unsafe_word", "--limit", "1000"]).stdout;
    assert!(drops.contains("lovely") && drops.contains("awful") && !drops.contains("useless"), "{drops}");
    dir.write("words.txt", "lovely\tgrave\n");
    let refused = dir.run(&["run", "pipeline.yaml", "--output", "refused"]);
    assert!(refused.code == 2 && refused.stderr.contains("line 1 has the level"), "{}", refused.stderr);
}
