//! Damaged and cut files against the limits of the pipeline file.

use std::io::Write;

use crate::util::{Dir, jsonl};

const PASS: &str = "version: 1\nname: pass\ninput:\n  paths: [\"in/*\"]\nstages: []\noutput:\n  path: out\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_cut_file_is_named_and_counts_as_a_file() {
    let dir = Dir::new();
    let whole = gzip(jsonl(1, 4000).as_bytes());
    dir.write("in/cut.jsonl.gz", &whole[..whole.len() / 3 * 2]);
    dir.write("in/more.jsonl", jsonl(2, 4000));
    dir.write("pipeline.yaml", PASS);
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let named: Vec<_> = ran.stderr.lines().filter(|line| line.contains("cut.jsonl.gz")).collect();
    assert!(named.len() == 1 && named[0].contains("unknown number of its documents"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("max_truncated_files") && !ran.stderr.contains("max_quarantined_ratio"),
        "{}",
        ran.stderr
    );
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["balanced"], true);
    assert!(report["balance"]["output"]["documents"].as_u64().unwrap() > 5000);
    // It is said again where nothing is to be done, and allowed where the file says so.
    assert_eq!(dir.run(&["run", "pipeline.yaml"]).code, 3);
    dir.write("pipeline.yaml", format!("{PASS}limits: {{max_truncated_files: 1}}\n"));
    let ran = dir.ok(&["run", "pipeline.yaml", "--output", "allowed"]);
    assert!(ran.stderr.contains("cut.jsonl.gz"), "{}", ran.stderr);
}

#[test]
fn a_damaged_stretch_counts_by_its_bytes() {
    let dir = Dir::new();
    let members: Vec<_> = (1..=4).map(|seed| gzip(jsonl(seed, 500).as_bytes())).collect();
    let mut bytes = members.concat();
    bytes[members[0].len() + members[1].len() / 2] ^= 0xff;
    dir.write("in/a.jsonl.gz", &bytes);
    dir.write("pipeline.yaml", PASS);
    let ran = dir.run(&["run", "pipeline.yaml"]);
    // One record of 1,501, and a quarter of the bytes.
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("input bytes (2") && ran.stderr.contains("damaged parts"), "{}", ran.stderr);
    dir.write("pipeline.yaml", format!("{PASS}limits: {{max_quarantined_ratio: 0.5}}\n"));
    dir.ok(&["run", "pipeline.yaml", "--output", "allowed"]);
}

/// Files that zlib writes on macOS have system 19 in their headers.
#[test]
fn members_of_two_writers_are_all_read() {
    let dir = Dir::new();
    let mut second = gzip(jsonl(2, 500).as_bytes());
    second[9] = 19;
    dir.write("in/a.jsonl.gz", [gzip(jsonl(1, 500).as_bytes()), second.clone()].concat());
    dir.write("in/b.jsonl.gz", second);
    dir.write("pipeline.yaml", PASS);
    dir.ok(&["run", "pipeline.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["output"]["documents"], 1500);
    assert_eq!(report["balance"]["quarantined"]["documents"], 0);
}

#[test]
fn a_folder_of_spark_says_what_it_leaves_out() {
    let dir = Dir::new();
    dir.write("in/part-00000-c000", jsonl(1, 10));
    dir.write("in/_SUCCESS", "");
    dir.write("in/.part-00000-c000.crc", "crc");
    dir.write("in/readme.txt", "words");
    dir.write("in/old/part-00000-c000", jsonl(2, 10));
    let pipeline = PASS.replace("paths: [\"in/*\"]", "paths: [in]\n  exclude: [old/]");
    dir.write("pipeline.yaml", pipeline);
    let ran = dir.ok(&["run", "pipeline.yaml"]);
    for said in ["_SUCCESS", ".part-00000-c000.crc", "readme.txt", "left out", "by `input.exclude`"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(dir.json(&["report", "out", "--format", "json"])["balance"]["output"]["documents"], 10);
}
