//! The same run on a cluster of real processes: the same bytes, whoever is killed.

mod chaos;
mod processes;
mod stores;

use std::process::Stdio;

use self::processes::Cluster;
use crate::util::{Dir, PIPELINE, corpus, files, jsonl};

/// [`PIPELINE`] with all kinds of exchanges after it.
pub fn pipeline() -> String {
    let stages = "
  - id: near
    inputs: [rules, other]
    run: {minhash_dedupe: {preset: internlm2, keep: [text_length desc]}}
  - id: lines
    run: {line_dedupe: {min_count: 3}}
output:
  path: out
";
    PIPELINE.replace("\noutput:\n  path: out\n  inputs: [rules, other]\n", stages)
}

/// A corpus in which documents come again.
pub fn doubled(shards: u64, documents: u64) -> Dir {
    let dir = corpus(shards, documents);
    for shard in 0..shards {
        let again = jsonl(shard, documents / 4).replace("doc-", "copy-");
        dir.write(&format!("in/again-{shard:03}.jsonl"), again);
    }
    dir.write("pipeline.yaml", pipeline());
    dir
}

#[test]
fn a_cluster_gives_the_bytes_of_a_local_run() {
    let dir = doubled(6, 200);
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    let cluster = Cluster::start(&dir, 3, &[]);
    let ran = dir.run(&["run", "pipeline.yaml", "--output", "out", "--cluster", &cluster.url]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stderr, cluster.log());
    assert_eq!(dir.digest("out"), dir.digest("local"), "{}", cluster.log());
    let report = |output: &str| {
        let mut report = dir.json(&["report", output, "--format", "json"]);
        for volatile in ["output", "seconds", "metrics"] {
            report.as_object_mut().unwrap().remove(volatile);
        }
        report["stages"].as_array().map(|stages| {
            stages
                .iter()
                .map(|stage| (stage["id"].clone(), stage["input"].clone(), stage["output"].clone()))
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(report("out"), report("local"));
    assert!(files(&dir.join("out/_textmill/attempts")).is_empty(), "marks of attempts are left");
    let again = dir.ok(&["run", "pipeline.yaml", "--output", "out", "--cluster", &cluster.url]);
    assert!(again.stderr.contains("already complete"), "{}", again.stderr);
}

#[test]
fn without_a_cluster_the_run_says_so_and_another_resumes_it() {
    let dir = corpus(2, 50);
    let args = ["run", "pipeline.yaml", "--cluster", "df://127.0.0.1:9", "--cluster-patience-secs", "2"];
    let ran = dir.run(&args);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("127.0.0.1:9") && ran.stderr.contains("resumes"), "{}", ran.stderr);
    let ran = dir.run(&["run", "pipeline.yaml", "--cluster", "http://127.0.0.1:9"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("df://HOST:PORT"), "{}", ran.stderr);
    dir.ok(&["run", "pipeline.yaml"]);
}

#[test]
fn a_cluster_is_not_opened_to_others_by_mistake() {
    let dir = Dir::new();
    for command in ["scheduler", "executor"] {
        let ran = dir.run(&["cluster", command, "--bind", "0.0.0.0"]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("--allow-remote"), "{}", ran.stderr);
    }
}

#[test]
fn cluster_local_starts_everything_and_ends_it() {
    let dir = corpus(3, 60);
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    let mut command = dir.command(&["cluster", "local", "-n", "2", "--port", "0", "--work-dir", "work"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("textmill starts");
    let url = processes::first_line(child.stdout.take().expect("a pipe"));
    let ran = dir.run(&["run", "pipeline.yaml", "--cluster", &url]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(dir.digest("out"), dir.digest("local"));
    processes::terminate(&child);
    assert_eq!(child.wait().expect("ends").code(), Some(143));
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "the scheduler still listens");
}

#[test]
fn another_models_folder_on_an_executor_is_named() {
    let dir = corpus(1, 20);
    dir.write("words.txt", "alpha\n");
    let filter = "run: {filter: {use: [gopher_quality, banned_words], banned_words: {files: [words.txt]}}}";
    dir.write("pipeline.yaml", PIPELINE.replace("run: {filter: {use: [gopher_quality]}}", filter));
    let ran = dir.run(&["validate", "pipeline.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let elsewhere = Dir::new();
    let cluster = Cluster::start(&elsewhere, 1, &[]);
    let ran = dir.run(&["run", "pipeline.yaml", "--cluster", &cluster.url]);
    assert_eq!(ran.code, 2, "{}\n{}", ran.stderr, cluster.log());
    assert!(ran.stderr.contains("words.txt") && ran.stderr.contains("on executor 127.0.0.1:"), "{}", ran.stderr);
}
