//! Text that stands elsewhere too is cut, whatever the threads, the memory and the kills.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::thread::sleep;
use std::time::Duration;

use arrow::array::{AsArray, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::util::{Dir, Random, files, prose};

const SHARDS: usize = 4;

fn pipeline(config: &str) -> String {
    format!(
        "version: 1\nname: repeats\ninput:\n  paths: [\"in/*\"]\n  columns: {{id: id, text: text}}\nstages:\n  - id: \
         repeats\n    run: {{substring_dedupe: {{{config}}}}}\noutput:\n  path: out\n  dropped: all\n"
    )
}

/// Documents of their own prose, with parts of each other, copies, runs and Chinese between.
fn documents() -> Vec<String> {
    let mut random = Random(16);
    let shared: Vec<String> = (0..12).map(|_| prose(&mut random, 30)).collect();
    let mut all = vec!["天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏".to_owned(), String::new(), "-".repeat(900)];
    for number in 0..240_u64 {
        let words = 5 + random.below(40);
        let mut text = prose(&mut random, words);
        for _ in 0..random.below(3) {
            let part = &shared[random.below(12) as usize];
            let end = part.floor_char_boundary(part.len() - random.below(60) as usize);
            text.push_str(part.get(..end).expect("a character begins there"));
            text.push_str(&prose(&mut random, 4));
        }
        match number % 40 {
            7 => text.push_str(&all[0].clone()),
            11 => text = "-- ".repeat(70),
            23 => text.clone_from(&all[all.len() - 5]),
            _ => {}
        }
        all.push(text);
    }
    all
}

fn write(dir: &Dir, texts: &[String]) {
    for (shard, texts) in texts.chunks(texts.len().div_ceil(SHARDS)).enumerate() {
        let line =
            |(row, text): (usize, &String)| format!("{}\n", json!({"id": format!("{shard}-{row}"), "text": text}));
        dir.write(&format!("in/part-{shard}.jsonl"), texts.iter().enumerate().map(line).collect::<String>());
    }
}

fn rows(dir: &Dir, dataset: &str) -> Vec<RecordBatch> {
    let read = |(_, path)| {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open::<std::path::PathBuf>(path).expect("opens"));
        reader.expect("Parquet").build().expect("reads").map(|batch| batch.expect("a batch")).collect::<Vec<_>>()
    };
    files(&dir.join(dataset)).into_iter().flat_map(read).collect()
}

fn column(dir: &Dir, dataset: &str, name: &str) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for batch in rows(dir, dataset) {
        let column = batch.column_by_name(name).expect("the column");
        let column = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).expect("a text");
        found.extend(column.as_string::<i32>().iter().map(|text| text.map(ToOwned::to_owned)));
    }
    found
}

/// What stays of each text by definition: of all windows of `length` bytes but the first equal one, what they cover is cut,
/// behind the first where they overlap it, and never inside a character.
fn by_definition(texts: &[String], length: usize) -> Vec<String> {
    let mut firsts: HashMap<&[u8], (usize, usize)> = HashMap::new();
    let mut left = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let mut gone = vec![false; text.len()];
        for (start, window) in text.as_bytes().windows(length).enumerate() {
            let first = *firsts.entry(window).or_insert((number, start));
            if first != (number, start) {
                let from = if first.0 == number { start.max(first.1 + length) } else { start };
                gone[from..start + length].fill(true);
            }
        }
        let stays = text
            .char_indices()
            .filter(|(at, character)| !gone[*at..at + character.len_utf8()].iter().all(|gone| *gone));
        left.push(stays.map(|(_, character)| character).collect());
    }
    left
}

#[test]
fn repeats_are_cut_as_by_a_search_of_all_windows() {
    let texts = documents();
    for length in [20, 41, 150] {
        let dir = Dir::new();
        write(&dir, &texts);
        dir.write("pipeline.yaml", pipeline(&format!("min_bytes: {length}")));
        dir.ok(&["run", "pipeline.yaml"]);
        let expected = by_definition(&texts, length);
        // What had no text to begin with is not the stage's to drop.
        let (mut stays, mut goes) = (Vec::new(), 0);
        for (text, left) in texts.iter().zip(&expected) {
            if left.trim().is_empty() && !text.is_empty() { goes += 1 } else { stays.push(Some(left.clone())) }
        }
        let found = column(&dir, "out/data", "text").into_iter().map(|text| Some(text.unwrap_or_default()));
        assert!(found.eq(stays), "{length}");
        let details = column(&dir, "out/_dropped", "detail");
        assert!(
            goes > 0 && details.len() == goes && details.iter().flatten().all(|told| told.starts_with("first in "))
        );

        let report = dir.json(&["report", "out", "--format", "json"]);
        assert_eq!(report["balance"]["balanced"], true, "{}", report["balance"]);
        let repeats = &report["clusters"]["repeats"]["repeats"];
        let cut: usize = texts.iter().zip(&expected).map(|(text, left)| text.len() - left.len()).sum();
        // Halves of characters are found and not cut.
        assert!(repeats["bytes"].as_u64().is_some_and(|bytes| bytes as usize >= cut), "{cut}: {repeats}");
        for (threads, memory, rows) in [("1", "320MiB", "7"), ("4", "2GiB", "100")] {
            let args =
                ["--output", "again", "--overwrite", "--threads", threads, "--memory", memory, "--batch-rows", rows];
            dir.ok(&[&["run", "pipeline.yaml"][..], &args].concat());
            assert_eq!(dir.digest("again"), dir.digest("out"), "{length} {threads}");
        }
    }
}

#[test]
fn the_column_names_the_first_occurrence_of_every_cut() {
    let texts = documents();
    let dir = Dir::new();
    write(&dir, &texts);
    dir.write("pipeline.yaml", pipeline("min_bytes: 41, repeats_column: true, border: word, min_gap: 5"));
    dir.ok(&["run", "pipeline.yaml"]);
    let share = texts.len().div_ceil(SHARDS);
    let number = |file: &str, row: usize| {
        let shard = file.rsplit_once("part-").and_then(|(_, name)| name.strip_suffix(".jsonl")).expect("a shard");
        shard.parse::<usize>().expect("a number") * share + row
    };
    let original: BTreeMap<String, usize> =
        (0..texts.len()).map(|number| (format!("{}-{}", number / share, number % share), number)).collect();
    let mut checked = 0;
    let ids = column(&dir, "out/data", "id");
    for (id, told) in ids.into_iter().zip(column(&dir, "out/data", "repeats")) {
        let Some(told) = told else { continue };
        let own = original[&id.expect("an id")];
        for repeat in serde_json::from_str::<Vec<Value>>(&told).expect("JSON") {
            let place = |value: &Value| value.as_u64().expect("a number") as usize;
            let first = number(repeat["first"]["file"].as_str().expect("a file"), place(&repeat["first"]["row"]));
            let byte = place(&repeat["first"]["byte"]);
            assert!((first, byte) < (own, place(&repeat["start"])), "{repeat}");
            // The repeat begins up to a word before the cut; where the texts overlap, the cut begins behind the first.
            let cut = &texts[own].as_bytes()[place(&repeat["start"])..place(&repeat["end"])];
            let window = &texts[first].as_bytes()[byte..byte + 41];
            let begins = texts[own].as_bytes().windows(41).take(place(&repeat["start"]) + 1).any(|own| own == window);
            assert!(begins && !cut.is_empty(), "{repeat}");
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
    let kept = column(&dir, "out/data", "text");
    assert!(kept.iter().flatten().all(|text| !text.contains('\u{fffd}')));
}

#[test]
fn a_run_that_is_killed_in_the_exchange_resumes_to_the_same_bytes() {
    let dir = Dir::new();
    let texts: Vec<String> = (0..12).flat_map(|_| documents()).collect();
    write(&dir, &texts);
    dir.write("pipeline.yaml", pipeline("min_bytes: 30"));
    let started = std::time::Instant::now();
    dir.ok(&["run", "pipeline.yaml", "--output", "whole", "--threads", "2"]);
    let undisturbed = started.elapsed();
    let expected = dir.digest("whole");
    let mut random = Random(5);
    for _ in 0..12 {
        let mut child = dir.spawn(&["run", "pipeline.yaml", "--threads", "2"]);
        sleep(Duration::from_micros(random.below(undisturbed.as_micros() as u64)));
        child.kill().ok();
        child.wait().expect("the child ends");
        if dir.join("out/_textmill/run.json").exists() {
            assert_eq!(dir.digest("out"), expected);
            std::fs::remove_dir_all(dir.join("out")).expect("the output can be removed");
        }
    }
    dir.ok(&["run", "pipeline.yaml", "--threads", "2"]);
    assert_eq!(dir.digest("out"), expected);
}

#[test]
fn a_length_that_is_none_is_refused_with_what_can_be_asked() {
    let dir = Dir::new();
    write(&dir, &documents());
    for length in ["19", "65537", "-1"] {
        dir.write("pipeline.yaml", pipeline(&format!("min_bytes: {length}")));
        let ran = dir.run(&["run", "pipeline.yaml"]);
        assert!(ran.code == 2 && ran.stderr.contains("min_bytes"), "{}: {}", ran.code, ran.stderr);
    }
}
