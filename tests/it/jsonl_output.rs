//! Outputs of JSON lines: what is asked of Parquet is asked of them.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use textmill_store::manifest::{Dataset, RunManifest};
use textmill_store::sealed::unseal;

use crate::util::{Dir, PIPELINE, Random, corpus, files};

/// [`PIPELINE`] with its data in JSON lines.
fn as_lines(pipeline: &str) -> String {
    pipeline.replace("output:\n", "output:\n  format: jsonl.zst\n")
}

/// A pipeline of two phases, cut into small files.
const DEDUPED: &str = "\
version: 1
name: deduped
input: {paths: [\"in/*\"], columns: {id: id, text: text, source: source}}
stages:
  - id: clean
    run: normalize
  - id: near
    run: minhash_dedupe
output:
  path: out
  shard_bytes: 100KiB
";

fn manifest(dir: &Dir, output: &str) -> RunManifest {
    let bytes = fs::read(dir.join(output).join("_textmill/run.json")).expect("the run is published");
    unseal("run.json", &bytes).expect("the manifest is whole")
}

/// The objects of all data files, in order; each file is read from its begin to its end.
fn objects(dir: &Dir, output: &str) -> Vec<Map<String, Value>> {
    let mut found = Vec::new();
    for file in &manifest(dir, output).datasets[&Dataset::Data] {
        assert!(file.path.starts_with("data/part-") && file.path.ends_with(".jsonl.zst"), "{}", file.path);
        let bytes = fs::read(dir.join(output).join(&file.path)).expect("the file is there");
        let text = zstd::decode_all(&bytes[..]).expect("the file is zstd");
        let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len() as u64, file.rows, "{}", file.path);
        found.extend(lines.into_iter().map(|line| serde_json::from_slice(line).expect("a line is an object")));
    }
    found
}

/// The rows of an output of Parquet as objects.
fn rows(dir: &Dir, output: &str) -> Vec<Map<String, Value>> {
    let mut found = Vec::new();
    for file in &manifest(dir, output).datasets[&Dataset::Data] {
        let path = fs::File::open(dir.join(output).join(&file.path)).expect("the file is there");
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(path);
        for batch in reader.expect("is Parquet").build().expect("is Parquet") {
            let batch = batch.expect("reads");
            let mut writer = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::LineDelimited>(Vec::new());
            writer.write(&batch).expect("has a JSON form");
            let text = writer.into_inner();
            let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            found.extend(lines.map(|line| serde_json::from_slice::<Map<_, _>>(line).expect("an object")));
        }
    }
    found
}

fn names(dir: &Dir, folder: &Path) -> Vec<String> {
    files(&dir.join(folder.to_str().unwrap())).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn the_rows_and_the_account_are_those_of_parquet_whatever_the_threads_and_batches() {
    let dir = corpus(7, 300);
    for (pipeline, columns) in [(PIPELINE, 5), (DEDUPED, 3)] {
        dir.write("parquet.yaml", pipeline);
        dir.write("lines.yaml", as_lines(pipeline));
        for output in ["parquet", "lines"] {
            if dir.join(output).exists() {
                fs::remove_dir_all(dir.join(output)).expect("the output can be removed");
            }
            dir.ok(&["run", &format!("{output}.yaml"), "--output", output]);
        }
        let (parquet, lines) = (manifest(&dir, "parquet"), manifest(&dir, "lines"));
        assert_eq!(parquet.ledger, lines.ledger);
        assert!(parquet.ledger.output.documents > 100);

        let (expected, found) = (rows(&dir, "parquet"), objects(&dir, "lines"));
        assert_eq!(expected, found);
        assert!(found.iter().all(|object| object.len() == columns));
        // Everything beside the data is the same file.
        for dataset in [Dataset::Dropped, Dataset::Quarantine, Dataset::Duplicates] {
            assert_eq!(parquet.datasets.get(&dataset), lines.datasets.get(&dataset));
        }
        for (threads, batch_rows) in [("1", "1"), ("2", "1000"), ("2", "8192")] {
            let output = format!("out-{columns}-{threads}-{batch_rows}");
            dir.ok(&["run", "lines.yaml", "--output", &output, "--threads", threads, "--batch-rows", batch_rows]);
            assert_eq!(dir.digest(&output), lines.digest, "{output}");
        }
    }
}

#[test]
fn kill_9_and_resume_change_no_byte() {
    let dir = corpus(16, 300);
    dir.write("pipeline.yaml", as_lines(PIPELINE));
    let started = Instant::now();
    dir.ok(&["run", "pipeline.yaml", "--output", "whole", "--threads", "2"]);
    let undisturbed = started.elapsed();
    let expected = dir.digest("whole");

    let (mut random, mut killed, mut round) = (Random(7), 0, 0);
    while killed < 8 {
        round += 1;
        assert!(round < 400, "the run ends before it can be killed");
        if dir.join("out/_textmill/run.json").exists() {
            assert_eq!(dir.digest("out"), expected);
            fs::remove_dir_all(dir.join("out")).expect("the output can be removed");
        }
        let delay = random.below(1 + undisturbed.as_micros() as u64 * 9 / 10);
        let mut child = dir.spawn(&["run", "pipeline.yaml", "--threads", "2"]);
        sleep(Duration::from_micros(delay));
        killed += u64::from(child.try_wait().expect("the child can be asked").is_none());
        child.kill().ok();
        child.wait().expect("the child ends");
    }
    dir.ok(&["run", "pipeline.yaml", "--threads", "2"]);
    assert_eq!(dir.digest("out"), expected, "resumed and undisturbed runs differ");
    for dataset in ["data", "_dropped"] {
        let of = |output: &str| names(&dir, &Path::new(output).join(dataset));
        assert_eq!(of("out"), of("whole"), "{dataset} has stray or missing files");
    }
}

#[test]
fn flipped_bits_are_found_by_verify_and_by_the_next_reader() {
    let dir = corpus(3, 200);
    dir.write("pipeline.yaml", as_lines(PIPELINE));
    dir.write(
        "next.yaml",
        "version: 1\nname: next\ninput: {paths: [out], columns: {id: id, text: content}}\noutput: {path: next}\n",
    );
    dir.ok(&["run", "pipeline.yaml"]);
    let [file] = &manifest(&dir, "out").datasets[&Dataset::Data][..] else { panic!("one file was expected") };
    let path = dir.join("out").join(&file.path);
    let good = fs::read(&path).expect("the file is there");
    let mut random = Random(3);
    for _ in 0..20 {
        let bit = random.below(good.len() as u64 * 8);
        let mut damaged = good.clone();
        damaged[(bit / 8) as usize] ^= 1 << (bit % 8);
        fs::remove_file(&path).expect("the file can be replaced");
        fs::write(&path, damaged).expect("the file can be damaged");
        let ran = dir.run(&["verify", "out"]);
        assert!(ran.code == 7 && ran.stderr.contains(&file.path), "bit {bit}: {}{}", ran.stdout, ran.stderr);
        let ran = dir.run(&["run", "next.yaml"]);
        // By the checksum of a frame where planning looks at it (4, an input that cannot be read), else by the digest.
        assert!([4, 7].contains(&ran.code), "bit {bit}: {}", ran.stderr);
        assert!(ran.stderr.contains(&file.path), "bit {bit}: {}", ran.stderr);
        assert!(!dir.join("next/_textmill/run.json").exists());
        fs::remove_dir_all(dir.join("next")).ok();
    }
    fs::write(&path, good).expect("the file can be restored");
    dir.ok(&["verify", "out"]);
    dir.ok(&["run", "next.yaml"]);
}

#[test]
fn an_output_of_lines_is_an_input_and_an_empty_one_too() {
    let dir = corpus(3, 200);
    dir.write("pipeline.yaml", as_lines(PIPELINE));
    dir.write(
        "next.yaml",
        "version: 1\nname: next\ninput: {paths: [out], columns: {id: id, text: content, source: source, language: \
         language, language_score: {from: language_score, type: float64}}}\noutput: {path: next, format: jsonl.zst, \
         columns: [id, text as content, source, language, language_score]}\n",
    );
    dir.ok(&["run", "pipeline.yaml"]);
    // Files that somebody puts beside the data are not read.
    dir.write("out/data/part-99999.jsonl", "{\"id\": \"foreign\", \"content\": \"not from here\"}\n");
    dir.ok(&["run", "next.yaml"]);
    fs::remove_file(dir.join("out/data/part-99999.jsonl")).expect("the file can be removed");
    assert_eq!(objects(&dir, "next"), objects(&dir, "out"));

    let nothing = as_lines(PIPELINE).replace("language = 'en'", "language = 'none'").replace(">= 0.2", "> 2");
    dir.write("nothing.yaml", nothing);
    dir.ok(&["run", "nothing.yaml", "--output", "out", "--overwrite"]);
    assert_eq!(objects(&dir, "out").len(), 0);
    assert_eq!(manifest(&dir, "out").datasets[&Dataset::Data].len(), 1);
    dir.ok(&["verify", "out"]);
    dir.ok(&["run", "next.yaml", "--overwrite"]);
    assert_eq!(objects(&dir, "next").len(), 0);
}

#[test]
fn another_format_is_another_result_and_replaces_files_and_card() {
    let dir = corpus(3, 100);
    dir.write("lines.yaml", as_lines(PIPELINE));
    let card = || fs::read_to_string(dir.join("out/.huggingface.yaml")).expect("the card");
    for (pipeline, ending) in [("pipeline.yaml", "parquet"), ("lines.yaml", "jsonl.zst"), ("pipeline.yaml", "parquet")]
    {
        let refused = dir.join("out").exists().then(|| dir.run(&["run", pipeline]).code);
        assert_eq!(refused.unwrap_or(2), 2, "another format is another configuration");
        dir.ok(&["run", pipeline, "--overwrite"]);
        assert!(card().contains(&format!("path: data/*.{ending}\n")), "{}", card());
        let data = names(&dir, Path::new("out/data"));
        assert!(!data.is_empty() && data.iter().all(|name| name.ends_with(&format!(".{ending}"))), "{data:?}");
        dir.ok(&["verify", "out"]);
        dir.ok(&["gc", "out"]);
    }
    dir.write("out/.huggingface.yaml", "mine");
    dir.ok(&["run", "lines.yaml", "--overwrite"]);
    assert_eq!(card(), "mine");
}

/// Columns that pass through untouched, written as `docs/outputs.md` says.
#[test]
fn columns_of_other_types_have_their_stated_form() {
    let dir = Dir::new();
    dir.write("in/a.jsonl", "{\"id\": \"a\", \"text\": \"é\\n\\u0001\", \"n\": 9007199254740993, \"f\": 0.1, \"b\": true}\n{\"text\": \"x\"}\n");
    dir.write(
        "pipeline.yaml",
        "version: 1\nname: forms\ninput: {paths: [\"in/*\"], columns: {id: id, text: text, n: {from: n, type: int64}, f: \
         {from: f, type: float64}, b: {from: b, type: boolean}}}\noutput: {path: out, format: jsonl.zst}\n",
    );
    dir.ok(&["run", "pipeline.yaml"]);
    let expected = [
        json!({"id": "a", "text": "é\n\u{1}", "n": 9_007_199_254_740_993_i64, "f": 0.1, "b": true}),
        json!({"id": "a.jsonl:1", "text": "x", "n": null, "f": null, "b": null}),
    ];
    assert_eq!(Value::from(objects(&dir, "out").into_iter().map(Value::Object).collect::<Vec<_>>()), json!(expected));
    // The order of the columns is that of the file.
    let keys: Vec<_> = objects(&dir, "out")[0].keys().cloned().collect();
    assert_eq!(keys, ["id", "text", "n", "f", "b"]);
}
