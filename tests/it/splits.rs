//! One large file of JSON lines is work for several tasks, and nothing in the output tells how it was cut.

use std::io::Write;

use crate::util::{Dir, PIPELINE, files, jsonl};

/// [`PIPELINE`], with files cut at about so many bytes.
fn cut_at(bytes: u64) -> String {
    let split = format!("  split_bytes: {bytes}\nstages:\n");
    let pipeline = PIPELINE.replace("stages:\n", &split);
    assert_ne!(pipeline, PIPELINE);
    pipeline
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory")
}

/// `text` in members of a hundred lines each.
fn members(text: &str, compress: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    lines.chunks(100).flat_map(|some| compress(some.concat().as_bytes())).collect()
}

#[test]
fn one_file_in_any_number_of_tasks_gives_the_same_bytes() {
    // Some documents get ids of the file's name and their number, and some records cannot be read.
    let text = jsonl(3, 1500).replace("\"id\":\"doc-3-7", "\"other\":\"doc-3-7").replace("\"too short to keep\"", "5");
    let kinds: [(&str, Vec<u8>); 3] = [
        ("a.jsonl", text.clone().into_bytes()),
        ("a.jsonl.gz", members(&text, gzip)),
        ("a.jsonl.zst", members(&text, zstd)),
    ];
    for (name, bytes) in kinds {
        let dir = Dir::new();
        dir.write(&format!("in/{name}"), &bytes);
        dir.write("pipeline.yaml", format!("{}limits: {{max_quarantined_ratio: 1.0}}\n", cut_at(1 << 30)));
        dir.ok(&["run", "pipeline.yaml", "--output", "whole"]);
        let expected = dir.digest("whole");
        for (share, threads) in [(2, "1"), (5, "2"), (40, "2"), (1000, "1")] {
            let split_bytes = bytes.len() as u64 / share;
            dir.write("cut.yaml", format!("{}limits: {{max_quarantined_ratio: 1.0}}\n", cut_at(split_bytes)));
            let output = format!("cut-{share}");
            dir.ok(&["run", "cut.yaml", "--output", &output, "--threads", threads]);
            assert_eq!(dir.digest(&output), expected, "{name} in splits of {split_bytes} bytes");
            let tasks = files(&dir.join(&output).join("_textmill/tasks/p0")).len() as u64;
            assert!((2..=share + 1).contains(&tasks) && tasks >= share.min(15) / 2, "{name}: {tasks} tasks of {share}");
        }
    }
}

#[test]
fn explain_says_why_a_large_file_is_one_task() {
    let dir = Dir::new();
    let text = jsonl(4, 200);
    dir.write("in/a.jsonl.gz", gzip(text.as_bytes()));
    dir.write("pipeline.yaml", cut_at(1000));
    let ran = dir.ok(&["explain", "pipeline.yaml", "--resume"]);
    assert!(ran.stdout.contains("tasks: 1 over"), "{}", ran.stdout);
    assert!(ran.stdout.contains("one task reads all of it, since it is one gzip member"), "{}", ran.stdout);
    dir.write("in/a.jsonl.gz", members(&text, gzip));
    let ran = dir.ok(&["explain", "pipeline.yaml", "--resume"]);
    assert!(ran.stdout.contains("tasks: 2 over") && !ran.stdout.contains("one task"), "{}", ran.stdout);
    assert!(ran.stdout.contains("a.jsonl.gz bytes 0.."), "{}", ran.stdout);
}
