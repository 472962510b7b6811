//! The whole development corpus through every stage, recounted by another Parquet reader.

use std::path::Path;
use std::process::Command;

use crate::util::{Dir, shared_data};

const CORPUS_PIPELINE: &str = "\
version: 1
name: corpus
input:
  paths: [\"CORPUS/{en,zh,multi}-0*.jsonl.zst\"]
  columns: {id: id, text: text, url: url, source: source, lang: lang}
  split_bytes: 2MiB
stages:
  - id: clean
    run: {normalize: {}}
  - id: language
    run: {language_id: {}}
  - id: english
    run: {keep_where: \"language = 'en'\"}
  - id: chinese
    inputs: [language]
    run: {keep_where: \"language = 'zh'\"}
  - id: rules
    inputs: [english]
    run: {filter: {use: [gopher_quality]}}
  - id: long_enough
    inputs: [chinese]
    run: {keep_where: \"character_length(text) >= 50\"}
output:
  path: out
  shard_bytes: 8MiB
  dropped: all
";

/// Runs `scripts/check/recount`, which reads the Parquet files with pyarrow and compares them with the
/// ledger. It exits with 3 where pyarrow cannot be had.
fn recount(output: &Path, input: &str) {
    let script = crate::util::repository().join("scripts/check/recount");
    let ran = Command::new(script).arg(output).arg(input).output().expect("the script starts");
    let text = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    match ran.status.code() {
        Some(0) => eprintln!("{text}"),
        Some(3) => eprintln!("SKIPPED recount by pyarrow: {text}"),
        _ => panic!("the recount differs from the ledger:\n{text}"),
    }
}

#[test]
fn the_development_corpus_balances_and_another_reader_counts_the_same() {
    let Some(data) = shared_data("the_development_corpus_balances") else { return };
    let corpus = data.join("corpus").canonicalize().expect("the folder is there");
    let dir = Dir::new();
    dir.write("pipeline.yaml", CORPUS_PIPELINE.replace("CORPUS", corpus.to_str().expect("a plain path")));
    dir.ok(&["run", "pipeline.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["balanced"], true, "{}", report["balance"]);
    assert!(report["balance"]["input"]["documents"].as_u64().expect("a count") >= 38_000, "{}", report["balance"]);
    let globs = format!("{}/{{en,zh,multi}}-0*.jsonl.zst", corpus.display());
    recount(&dir.join("out"), &globs);
}

#[test]
fn html_shards_of_the_corpus_balance_too() {
    let Some(data) = shared_data("html_shards_balance") else { return };
    let corpus = data.join("corpus").canonicalize().expect("the folder is there");
    let dir = Dir::new();
    let pipeline = format!(
        "version: 1\nname: html\ninput:\n  paths: [\"{}/*-html.jsonl.zst\"]\n  columns: {{id: id, html: html, url: url}}\n\
         stages:\n  - id: long\n    run: {{keep_where: \"octet_length(html) > 5000\"}}\noutput:\n  path: out\n  dropped: all\n",
        corpus.display()
    );
    dir.write("pipeline.yaml", pipeline);
    dir.ok(&["run", "pipeline.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["balanced"], true, "{}", report["balance"]);
    recount(&dir.join("out"), &format!("{}/*-html.jsonl.zst", corpus.display()));
}
