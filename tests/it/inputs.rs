//! Bad input is normal: it is counted, named and kept apart, and the rest is processed.

use std::fs;
use std::io::Write;

use crate::util::{Dir, corpus, jsonl};

const PASS: &str = "version: 1\nname: pass\ninput:\n  paths: [\"in/*\"]\nstages: []\noutput:\n  path: out\n";

#[test]
fn bad_lines_are_quarantined_with_cause_and_exit_code_3() {
    let dir = Dir::new();
    let lines = "{\"id\": \"a\", \"text\": \"kept\"}\nnot json\n{\"id\": \"b\"}\n{\"id\": \"c\", \"text\": 7}\n\n{\"id\": \"d\", \"text\": \"kept\"}\n";
    dir.write("in/part.jsonl", lines);
    dir.write("in/empty.jsonl", "");
    dir.write("pipeline.yaml", PASS);
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("max_quarantined_ratio"), "{}", ran.stderr);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["balanced"], true);
    assert_eq!(report["balance"]["input"]["documents"], 5);
    assert_eq!(report["balance"]["output"]["documents"], 2);
    assert_eq!(report["balance"]["quarantined"]["documents"], 3);
}

#[test]
fn every_gzip_member_and_zstd_frame_is_read() {
    let dir = Dir::new();
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    dir.write("in/a.jsonl.gz", [gzip(&jsonl(1, 20)), gzip(&jsonl(2, 30))].concat());
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
    dir.write("in/b.jsonl.zst", [zstd(&jsonl(3, 10)), zstd(&jsonl(4, 5))].concat());
    dir.write("pipeline.yaml", PASS);
    dir.ok(&["run", "pipeline.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["output"]["documents"], 65);
}

#[test]
fn problems_of_every_file_are_reported_before_the_run() {
    let dir = Dir::new();
    dir.write("in/a.jsonl", "{\"id\": \"a\", \"body\": \"x\"}\n");
    dir.write("in/b.parquet", "this is no Parquet file at all");
    dir.write("pipeline.yaml", PASS);
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert!(ran.code == 4 || ran.code == 2, "{} {}", ran.code, ran.stderr);
    assert!(ran.stderr.contains("a.jsonl") && ran.stderr.contains("body"), "{}", ran.stderr);
    assert!(ran.stderr.contains("b.parquet"), "{}", ran.stderr);
    assert!(!dir.join("out/data").exists());
}

#[test]
fn nothing_matched_is_an_error_that_names_the_pattern() {
    let dir = Dir::new();
    dir.write("pipeline.yaml", PASS);
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("in/*"), "{}", ran.stderr);
}

#[test]
fn an_input_that_changes_under_the_run_is_refused() {
    let dir = Dir::new();
    dir.write("in/a.jsonl", jsonl(1, 50));
    dir.write("pipeline.yaml", PASS);
    // The plan is made, the publish is blocked, then the input changes.
    dir.write("out/data", "in the way");
    assert_ne!(dir.run(&["run", "pipeline.yaml"]).code, 0);
    fs::remove_file(dir.join("out/data")).unwrap();
    fs::remove_dir_all(dir.join("out/_textmill/tasks")).unwrap();
    dir.write("in/a.jsonl", jsonl(2, 60));
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("a.jsonl") && ran.stderr.contains("--replan"), "{}", ran.stderr);
    dir.ok(&["run", "pipeline.yaml", "--replan"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["input"]["documents"], 60);
}

#[test]
fn odd_file_names_are_read() {
    let dir = Dir::new();
    for (number, name) in ["a b.jsonl", "c#1.jsonl", "d%20e.jsonl", "文件.jsonl", "f+g.jsonl"].iter().enumerate() {
        dir.write(&format!("in/{name}"), jsonl(number as u64, 3));
    }
    dir.write("pipeline.yaml", PASS);
    dir.ok(&["run", "pipeline.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["output"]["documents"], 15);
}

/// Cuts, flips and garbage in a Parquet shard: counted or refused, never a death.
#[test]
fn damaged_parquet_input_never_kills_the_process() {
    let dir = Dir::new();
    dir.write("src/a.jsonl", jsonl(9, 200));
    dir.write("make.yaml", PASS.replace("in/*", "src/*").replace("path: out", "path: made"));
    dir.ok(&["run", "make.yaml"]);
    let good = fs::read(dir.first_file("made/data")).unwrap();
    let mut random = crate::util::Random(3);
    let pipeline = PASS.replace("paths: [\"in/*\"]", "paths: [\"in/*\"]\n  on_unreadable: quarantine");
    dir.write("pipeline.yaml", pipeline);
    dir.write("in/good.parquet", &good);
    for round in 0..40 {
        let mut bytes = good.clone();
        if round % 4 == 0 {
            bytes.truncate(random.below(good.len() as u64) as usize);
        } else {
            let tail = if round % 2 == 0 { 600 } else { good.len() as u64 };
            for _ in 0..=random.below(3) {
                let at = good.len() as u64 - 1 - random.below(tail.min(good.len() as u64));
                bytes[at as usize] = random.next() as u8;
            }
        }
        dir.write("in/bad.parquet", &bytes);
        let ran = dir.run(&["run", "pipeline.yaml", "--output", &format!("out{round}")]);
        assert!([0, 3, 4].contains(&ran.code), "round {round}: {} {}", ran.code, ran.stderr);
        // What the decoder does on damage is caught, and said as damage.
        assert!(!["panicked", "stack backtrace"].iter().any(|text| ran.stderr.contains(text)), "{}", ran.stderr);
        if ran.code != 4 {
            let report = dir.json(&["report", &format!("out{round}"), "--format", "json"]);
            assert_eq!(report["balance"]["balanced"], true, "round {round}");
            assert!(
                report["balance"]["output"]["documents"].as_u64().unwrap() >= 200,
                "round {round}: the good file was not kept"
            );
        }
    }
}

#[test]
fn a_run_that_would_read_its_own_output_is_refused() {
    let dir = corpus(1, 50);
    dir.ok(&["run", "pipeline.yaml"]);
    dir.write(
        "again.yaml",
        "version: 1\nname: again\ninput: {paths: [\"out/data/*\"], columns: {text: content}}\nstages: []\noutput: {path: out}\n",
    );
    let ran = dir.run(&["run", "again.yaml", "--overwrite"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("out/data/part-00000-") && ran.stderr.contains("must not read"), "{}", ran.stderr);
    // By another way into the same folder.
    std::os::unix::fs::symlink(dir.path(), dir.join("way")).expect("a link");
    let paths = format!("{}/way/out/data/*", dir.path().display());
    let around = fs::read_to_string(dir.join("again.yaml")).expect("a file").replace("out/data/*", &paths);
    dir.write("around.yaml", around);
    let ran = dir.run(&["run", "around.yaml", "--overwrite"]);
    assert!(ran.code == 2 && ran.stderr.contains("must not read"), "{}", ran.stderr);
    dir.ok(&["verify", "out"]);
    dir.write("file", "");
    let ran = dir.run(&["run", "pipeline.yaml", "--output", "file"]);
    assert!(ran.code == 2 && ran.stderr.contains("is a file"), "{}", ran.stderr);
}
