//! Outputs as others meet them: as the input of the next run, after the input has changed, in other programs' hands.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::s3_server::{KEY, SECRET, command, runtime, serve};
use crate::util::{Dir, Ran, files, jsonl};

/// Keeps documents of more than five characters.
const FIRST: &str = "version: 1\nname: first\ninput: {paths: [\"in/*.jsonl\"], columns: {id: id, text: text}}\n\
                     stages: [{id: long, run: {keep_where: \"char_length(text) > 5\"}}]\n\
                     output: {path: out, dropped: all}\nlimits: {max_quarantined_ratio: 1.0}\n";
/// Reads what the first one wrote.
const SECOND: &str = "version: 1\nname: second\ninput: {paths: [\"out\"], columns: {id: id, text: text}}\n\
                      stages: [{id: clean, run: normalize}]\noutput: {path: second}\n";

/// A folder with both pipelines and two input files, in which some documents are dropped and one is quarantined.
fn two_pipelines() -> Dir {
    let dir = Dir::new();
    dir.write("in/a.jsonl", "{\"id\": \"a\", \"text\": \"words that stay\"}\n{\"id\": \"b\", \"text\": \"x\"}\n");
    dir.write("in/b.jsonl", "{\"id\": \"c\", \"text\": \"more words\"}\n{\"id\": \"d\", \"text\": null}\n");
    dir.write("first.yaml", FIRST);
    dir.write("second.yaml", SECOND);
    dir
}

fn read(folder: &Path) -> Vec<RecordBatch> {
    let read = |(_, path): (String, std::path::PathBuf)| {
        let file = fs::File::open(path).expect("the file can be opened");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("readable");
        reader.map(|batch| batch.expect("a batch")).collect::<Vec<_>>()
    };
    files(folder).into_iter().filter(|(name, _)| name.ends_with(".parquet")).flat_map(read).collect()
}

fn column(batches: &[RecordBatch], name: &str) -> Vec<Option<String>> {
    let text = |batch: &RecordBatch| {
        let column = batch.column_by_name(name).unwrap_or_else(|| panic!("no column {name}"));
        let column = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).expect("a text");
        column.as_string::<i32>().iter().map(|text| text.map(ToOwned::to_owned)).collect::<Vec<_>>()
    };
    batches.iter().flat_map(text).collect()
}

fn ids(dir: &Dir, folder: &str) -> Vec<String> {
    column(&read(&dir.join(folder)), "id").into_iter().flatten().collect()
}

/// Gives a file a modification time that no file of a test has.
fn touch(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + seconds);
    fs::File::options().write(true).open(path).and_then(|file| file.set_modified(time)).expect("a time can be set");
}

#[test]
fn the_output_of_a_run_is_the_input_of_the_next() {
    let dir = two_pipelines();
    dir.ok(&["run", "first.yaml"]);
    assert_eq!(ids(&dir, "out/_dropped"), ["b"]);
    for paths in ["out", "out/", "./out", "out/data", "out/data/*.parquet", "out/*/*.parquet", "o*/**/*", "out/**"] {
        dir.write("second.yaml", SECOND.replace("[\"out\"]", &format!("[\"{paths}\"]")));
        dir.ok(&["run", "second.yaml", "--output", "second"]);
        assert_eq!(ids(&dir, "second/data"), ["a", "c"], "{paths}");
        fs::remove_dir_all(dir.join("second")).expect("is removed");
    }
    // What was dropped is read by whoever names it.
    dir.write("second.yaml", SECOND.replace("[\"out\"]", "[\"out/_dropped\"]"));
    dir.ok(&["run", "second.yaml"]);
    assert_eq!(ids(&dir, "second/data"), ["b"]);
}

#[test]
fn a_folder_of_several_outputs_is_their_data_and_what_lies_beside_them() {
    let dir = two_pipelines();
    dir.ok(&["run", "first.yaml", "--output", "all/one"]);
    dir.ok(&["run", "first.yaml", "--output", "all/deep/er/two"]);
    dir.write("all/own.jsonl", "{\"id\": \"own\", \"text\": \"a document\"}\n");
    // Files that the manifest does not name are nobody's data.
    fs::copy(dir.first_file("all/one/_dropped"), dir.join("all/one/data/stray.parquet")).expect("copied");
    for paths in ["all", "all/**/*.{parquet,jsonl}"] {
        dir.write("second.yaml", SECOND.replace("[\"out\"]", &format!("[\"{paths}\"]")));
        dir.ok(&["run", "second.yaml"]);
        assert_eq!(ids(&dir, "second/data"), ["a", "c", "a", "c", "own"], "{paths}");
        fs::remove_dir_all(dir.join("second")).expect("is removed");
    }
    dir.ok(&["dedupe", "all", "--output", "deduped", "--id", "id"]);
    assert_eq!(ids(&dir, "deduped/data").len(), 3);
}

#[test]
fn a_run_that_kept_nothing_leaves_its_columns_to_the_next() {
    let dir = two_pipelines();
    dir.write("first.yaml", FIRST.replace("> 5", "> 500"));
    dir.ok(&["run", "first.yaml"]);
    assert_eq!(dir.columns("out/data"), ["id", "text"]);
    assert_eq!((ids(&dir, "out/data").len(), ids(&dir, "out/_dropped").len()), (0, 3));
    let ran = dir.ok(&["run", "second.yaml"]);
    assert!(ran.stdout.contains("0 documents in = 0 kept"), "{}", ran.stdout);
    assert_eq!(dir.columns("second/data"), ["id", "text"]);
    // A third one after an empty one, which compares documents.
    let third = "version: 1\nname: third\ninput: {paths: [second], columns: {id: id, text: text}}\n\
                 stages: [{id: near, run: {minhash_dedupe: {index: true}}}]\noutput: {path: third}\n";
    dir.write("third.yaml", third);
    dir.ok(&["run", "third.yaml"]);
    dir.ok(&["verify", "third"]);
    // What a file without rows lacks is missing to nobody.
    dir.write("third.yaml", third.replace("text: text", "text: body"));
    let ran = dir.ok(&["run", "third.yaml", "--output", "fourth"]);
    assert!(ran.stderr.contains("1 input file holds no records"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("left out"), "{}", ran.stderr);
}

#[test]
fn an_output_that_is_not_whole_is_no_input() {
    let dir = two_pipelines();
    dir.ok(&["run", "first.yaml"]);
    let part = dir.first_file("out/data");
    let whole = fs::read(&part).expect("the data");
    let refused = |code: i32, what: &str| {
        let ran = dir.run(&["run", "second.yaml", "--replan"]);
        assert!(ran.code == code && ran.stderr.contains(what), "{what}: {} {}", ran.code, ran.stderr);
        assert!(!dir.join("second/_textmill/run.json").exists(), "{what}");
    };
    let mut flipped = whole.clone();
    flipped[10] ^= 1;
    fs::write(&part, &flipped).expect("written");
    refused(4, "damaged since it was published");
    fs::write(&part, &whole[..whole.len() - 1]).expect("written");
    refused(4, "were published");
    fs::remove_file(&part).expect("removed");
    refused(4, "is missing");
    fs::write(&part, &whole).expect("written");
    let manifest = dir.join("out/_textmill/run.json");
    let sealed = fs::read(&manifest).expect("the manifest");
    fs::remove_file(&manifest).expect("removed");
    refused(4, "is not finished");
    dir.write("second.yaml", SECOND.replace("[\"out\"]", "[\"out/data\"]"));
    refused(4, "is not finished");
    let mut broken = sealed.clone();
    broken[200] ^= 1;
    fs::write(&manifest, broken).expect("written");
    assert_ne!(dir.run(&["run", "second.yaml"]).code, 0);
    fs::write(&manifest, sealed).expect("written");
    dir.ok(&["run", "second.yaml", "--replan"]);
    assert_eq!(ids(&dir, "second/data"), ["a", "c"]);
}

#[test]
fn outputs_on_s3_are_read_through_their_manifest() {
    let dir = two_pipelines();
    fs::create_dir_all(dir.join("s3/bucket")).expect("a bucket");
    let runtime = runtime();
    let address = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    let s3 = |args: &[&str]| Ran::from(command(&dir, args, address).output().expect("textmill starts"));
    let ok = |args: &[&str]| {
        let ran = s3(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        ran
    };
    dir.write("empty.yaml", FIRST.replace("> 5", "> 500"));
    ok(&["run", "first.yaml", "--output", "s3://bucket/a/out"]);
    ok(&["run", "empty.yaml", "--output", "s3://bucket/a/empty"]);
    let runs = [
        ("a/out", ["a", "c"].as_slice()),
        ("a/out/", &["a", "c"]),
        ("a/out/data", &["a", "c"]),
        ("a/out/*/*.parquet", &["a", "c"]),
        ("a/**/*.parquet", &["a", "c"]),
        ("a", &["a", "c"]),
        ("a/out/_dropped", &["b"]),
        ("a/empty", &[]),
    ];
    for (number, (path, kept)) in runs.into_iter().enumerate() {
        dir.write("second.yaml", SECOND.replace("[\"out\"]", &format!("[\"s3://bucket/{path}\"]")));
        let output = format!("local-{number}");
        ok(&["run", "second.yaml", "--output", &output]);
        assert_eq!(ids(&dir, &format!("{output}/data")), kept, "{path}");
        assert_eq!(dir.columns(&format!("{output}/data")), ["id", "text"], "{path}");
    }
    dir.write("second.yaml", SECOND.replace("[\"out\"]", "[\"s3://bucket/a/out\"]"));
    ok(&["run", "second.yaml", "--output", "s3://bucket/b"]);
    ok(&["verify", "s3://bucket/b"]);
    fs::remove_file(dir.join("s3/bucket/a/out/_textmill/run.json")).expect("removed");
    for path in ["s3://bucket/a/out", "s3://bucket/a/out/data", "s3://bucket/a"] {
        dir.write("second.yaml", SECOND.replace("[\"out\"]", &format!("[\"{path}\"]")));
        let ran = s3(&["run", "second.yaml", "--output", "never"]);
        assert!(ran.code == 4 && ran.stderr.contains("is not finished"), "{path}: {}", ran.stderr);
    }
}

#[test]
fn readers_of_the_whole_output_skip_what_is_no_data() {
    let dir = two_pipelines();
    dir.ok(&["run", "first.yaml"]);
    let skipped = |name: &str| name.starts_with(['_', '.']) || name == "data";
    for entry in fs::read_dir(dir.join("out")).expect("the output").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(skipped(&name), "{name} may be taken for data");
    }
    let card = fs::read_to_string(dir.join("out/.huggingface.yaml")).expect("the card");
    assert!(card.contains("path: data/*.parquet"), "{card}");
    // One that somebody wrote stays.
    dir.write("out/.huggingface.yaml", "mine");
    dir.write("in/c.jsonl", "{\"id\": \"e\", \"text\": \"something new\"}\n");
    dir.ok(&["run", "first.yaml", "--overwrite"]);
    assert_eq!(fs::read_to_string(dir.join("out/.huggingface.yaml")).expect("the card"), "mine");
}

#[test]
fn overwrite_runs_again_on_what_is_there_now() {
    let dir = two_pipelines();
    dir.ok(&["run", "first.yaml"]);
    let digest = dir.digest("out");
    let same = dir.ok(&["run", "first.yaml", "--overwrite"]);
    assert!(same.stderr.contains("already complete") && !same.stderr.contains("warning"), "{}", same.stderr);
    dir.write(
        "in/a.jsonl",
        "{\"id\": \"a\", \"text\": \"words that stay\"}\n{\"id\": \"new\", \"text\": \"a new one\"}\n",
    );
    dir.write("in/c.jsonl", "{\"id\": \"e\", \"text\": \"a third file\"}\n");
    fs::remove_file(dir.join("in/b.jsonl")).expect("removed");
    let ran = dir.ok(&["run", "first.yaml"]);
    assert!(ran.stderr.contains("already complete"), "{}", ran.stderr);
    for part in ["1 file changed", "1 new", "1 gone", "--overwrite"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert_eq!(dir.digest("out"), digest);
    dir.ok(&["run", "first.yaml", "--overwrite"]);
    assert_eq!(ids(&dir, "out/data"), ["a", "new", "e"]);
    dir.ok(&["run", "first.yaml", "--output", "fresh"]);
    assert_eq!(dir.digest("out"), dir.digest("fresh"));
    // The whole input is gone: what is finished stays finished.
    fs::remove_dir_all(dir.join("in")).expect("removed");
    let ran = dir.ok(&["run", "first.yaml"]);
    assert!(ran.stderr.contains("already complete") && ran.stderr.contains("2 files gone"), "{}", ran.stderr);
}

#[test]
fn files_with_new_times_and_the_same_bytes_are_the_same_input() {
    let dir = Dir::new();
    for number in 0..4 {
        dir.write(&format!("in/{number}.jsonl"), jsonl(number, 30));
    }
    dir.write("first.yaml", FIRST);
    dir.ok(&["run", "first.yaml", "--output", "undisturbed"]);
    // Half of it, then new times, then the rest.
    dir.ok(&["run", "first.yaml", "--task-index", "0", "--task-count", "2"]);
    let committed = files(&dir.join("out/_textmill/tasks/p0"));
    assert_eq!(committed.len(), 2);
    let before: Vec<_> = committed.iter().map(|(_, path)| fs::read(path).expect("a manifest")).collect();
    for number in 0..4 {
        touch(&dir.join(&format!("in/{number}.jsonl")), number);
    }
    let plan = dir.json(&["explain", "first.yaml", "--resume", "--format", "json"]);
    let reused = plan["tasks"]["tasks"].as_array().expect("tasks").iter().filter(|task| task["reused"] == true).count();
    assert_eq!(reused, 2, "{plan:#}");
    let ran = dir.ok(&["run", "first.yaml"]);
    assert!(ran.stderr.contains("another modification time"), "{}", ran.stderr);
    assert_eq!(dir.digest("out"), dir.digest("undisturbed"));
    for ((_, path), before) in committed.iter().zip(before) {
        assert_eq!(fs::read(path).expect("a manifest"), before, "a task ran again");
    }
    // Finished, and touched once more.
    for number in 0..4 {
        touch(&dir.join(&format!("in/{number}.jsonl")), 100 + number);
    }
    let explained = dir.ok(&["explain", "first.yaml", "--resume"]).stdout;
    assert!(explained.contains("nothing would run"), "{explained}");
    let ran = dir.ok(&["run", "first.yaml"]);
    assert!(ran.stderr.contains("its input has not changed"), "{}", ran.stderr);
    // One of them has other bytes.
    dir.write("in/2.jsonl", jsonl(9, 30));
    let explained = dir.ok(&["explain", "first.yaml", "--resume"]).stdout;
    assert!(!explained.contains("nothing would run"), "{explained}");
}

#[test]
fn files_of_the_same_size_and_other_bytes_are_read_again() {
    let dir = Dir::new();
    for name in ["a", "b"] {
        dir.write(&format!("in/{name}.jsonl"), format!("{{\"id\": \"{name}\", \"text\": \"some words\"}}\n"));
    }
    dir.write("first.yaml", FIRST);
    dir.ok(&["run", "first.yaml", "--task-index", "0", "--task-count", "2"]);
    dir.write("in/a.jsonl", "{\"id\": \"a\", \"text\": \"same words\"}\n");
    touch(&dir.join("in/a.jsonl"), 5);
    for command in [&["run", "first.yaml"][..], &["run", "first.yaml", "--output", "fresh"]] {
        dir.ok(command);
    }
    assert_eq!(column(&read(&dir.join("out/data")), "text")[0].as_deref(), Some("same words"));
    assert_eq!(dir.digest("out"), dir.digest("fresh"));
    // After the run too.
    dir.write("in/b.jsonl", "{\"id\": \"b\", \"text\": \"same words\"}\n");
    touch(&dir.join("in/b.jsonl"), 6);
    let ran = dir.ok(&["run", "first.yaml"]);
    assert!(ran.stderr.contains("1 file changed"), "{}", ran.stderr);
    // Another size between the halves is named, with a way out.
    dir.ok(&["run", "first.yaml", "--output", "late", "--task-index", "0", "--task-count", "2"]);
    dir.write("in/b.jsonl", "{\"id\": \"b\", \"text\": \"other words\"}\n");
    let ran = dir.run(&["run", "first.yaml", "--output", "late"]);
    assert!(ran.code == 4 && ran.stderr.contains("b.jsonl") && ran.stderr.contains("--replan"), "{}", ran.stderr);
    dir.ok(&["run", "first.yaml", "--output", "late", "--replan"]);
    assert_eq!(ids(&dir, "late/data"), ["a", "b"]);
}

#[test]
fn quarantined_records_have_their_id_and_the_next_step_shows_them() {
    let dir = Dir::new();
    dir.write(
        "in/a.jsonl",
        "{\"id\": \"doc-7\", \"text\": null}\n{\"text\": 5, \"id\": \"doc-8\"}\n{\"id\": 9, \"text\": [1]}\n\
         {\"text\": {}}\nnot json\n{\"id\": \"fine\", \"text\": \"words that stay\"}\n",
    );
    dir.write("first.yaml", FIRST);
    let ran = dir.ok(&["run", "first.yaml"]);
    assert!(ran.stderr.contains("textmill drops "), "{}", ran.stderr);
    let quarantined = column(&read(&dir.join("out/_quarantine")), "id");
    let quarantined: Vec<_> = quarantined.iter().map(Option::as_deref).collect();
    assert_eq!(quarantined, [Some("doc-7"), Some("doc-8"), Some("9"), None, None]);
    let shown = dir.ok(&["drops", "out"]).stdout;
    for part in ["doc-7", "doc-8", "missing_text (1 of 1 quarantined)", "a.jsonl, record 0"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let one = dir.ok(&["drops", "out", "--reason", "missing_text"]).stdout;
    assert!(one.contains("doc-7") && !one.contains("doc-8"), "{one}");
    let lines = dir.ok(&["drops", "out", "--quarantine", "--format", "json"]).stdout;
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&first["id"], &first["cause"], lines.lines().count()), (&"doc-7".into(), &"missing_text".into(), 5));
    assert_eq!(dir.run(&["drops", "out", "--reason", "missing_txt"]).code, 2);
    // Nothing to show, nothing suggested.
    dir.write("in/a.jsonl", "{\"id\": \"fine\", \"text\": \"words that stay\"}\n");
    let ran = dir.ok(&["run", "first.yaml", "--output", "clean"]);
    assert!(!ran.stderr.contains("textmill drops"), "{}", ran.stderr);
}

#[test]
fn equal_ids_are_counted_and_duplicates_told_apart_by_file_and_row() {
    let dir = Dir::new();
    let line = |id: u32, text: &str| format!("{{\"id\": {id}, \"text\": \"{text}\"}}\n");
    dir.write("in/a.jsonl", line(0, "alpha text") + "\n" + &line(1, "beta text") + &line(2, "gamma text"));
    dir.write("in/b.jsonl", line(0, "beta text") + &line(1, "delta text") + &line(2, "alpha text"));
    let pipeline = FIRST.replace("{keep_where: \"char_length(text) > 5\"}", "exact_dedupe");
    dir.write("first.yaml", &pipeline);
    let ran = dir.ok(&["run", "first.yaml"]);
    assert!(ran.stdout.contains("3 documents have an id that an earlier document of the input has"), "{}", ran.stdout);
    let rows = read(&dir.join("out/_duplicates"));
    let numbers = |name: &str| -> Vec<u64> {
        let numbers = rows.iter().flat_map(|batch| {
            let column = batch.column_by_name(name).expect("the column").as_primitive::<UInt64Type>().clone();
            (0..column.len()).map(move |row| column.value(row)).collect::<Vec<_>>()
        });
        numbers.collect()
    };
    let texts = |name: &str| column(&rows, name).into_iter().flatten().collect::<Vec<_>>();
    // Of equal texts the one with the lowest id stays.
    assert_eq!((texts("shard"), numbers("row")), (vec!["a.jsonl".to_owned(), "b.jsonl".to_owned()], vec![1, 2]));
    let keepers = vec!["b.jsonl".to_owned(), "a.jsonl".to_owned()];
    assert_eq!((texts("keeper_shard"), numbers("keeper_row")), (keepers, vec![0, 0]));
    let report = dir.ok(&["report", "out"]).stdout;
    assert!(report.contains("3 documents have an id"), "{report}");
    // What an earlier run kept has a place there, not here.
    dir.write("first.yaml", pipeline.replace("exact_dedupe", "{exact_dedupe: {index: true}}"));
    dir.ok(&["run", "first.yaml", "--output", "one"]);
    dir.write("first.yaml", pipeline.replace("exact_dedupe", "{exact_dedupe: {against: [one]}}"));
    dir.ok(&["run", "first.yaml", "--output", "two"]);
    let rows = read(&dir.join("two/_duplicates"));
    assert_eq!(column(&rows, "shard").len(), 6);
    assert!(column(&rows, "keeper_shard").iter().all(Option::is_none));
    // Ids that differ are not mentioned.
    dir.write("in/b.jsonl", line(3, "beta text"));
    let ran = dir.ok(&["run", "first.yaml", "--output", "three"]);
    assert!(!ran.stdout.contains("an id that an earlier"), "{}", ran.stdout);
}

#[test]
fn status_counts_the_tasks_of_all_phases() {
    let dir = Dir::new();
    for number in 0..3 {
        dir.write(&format!("in/{number}.jsonl"), jsonl(number, 20));
    }
    let pipeline = FIRST.replace("{keep_where: \"char_length(text) > 5\"}", "minhash_dedupe");
    dir.write("first.yaml", &pipeline);
    dir.ok(&["run", "first.yaml", "--task-index", "1", "--task-count", "3"]);
    let status = dir.ok(&["status", "out"]).stdout;
    assert!(status.contains("1 of 6 committed (p0 1 of 3, p1 0 of 3)"), "{status}");
    dir.ok(&["run", "first.yaml"]);
    let status = dir.ok(&["status", "out"]).stdout;
    assert!(status.contains("6 of 6 committed (p0 3 of 3, p1 3 of 3)"), "{status}");
    let json = dir.json(&["status", "out", "--format", "json"]);
    assert_eq!((&json["tasks_done"], &json["tasks"]), (&6.into(), &6.into()));
    dir.write("first.yaml", FIRST);
    dir.ok(&["run", "first.yaml", "--output", "one-phase"]);
    let status = dir.ok(&["status", "one-phase"]).stdout;
    assert!(status.contains("3 of 3 committed\n"), "{status}");
}

#[test]
fn status_counts_right_whatever_lies_in_the_output() {
    let dir = Dir::new();
    for number in 0..4 {
        dir.write(&format!("in/{number}.jsonl"), jsonl(number, 20));
    }
    let status = |what: &str, expected: &str| {
        let status = dir.ok(&["status", "out"]).stdout;
        assert!(status.contains(expected), "{what}: {status}");
        let json = dir.json(&["status", "out", "--format", "json"]);
        assert!(json["tasks_done"].as_u64() <= json["tasks"].as_u64(), "{what}: {json}");
    };
    let run = "{keep_where: \"char_length(text) > 5\"}";
    let two_stages = "exact_dedupe}, {id: near, run: minhash_dedupe";
    dir.write("three.yaml", FIRST.replace(run, two_stages));
    dir.write("two.yaml", FIRST.replace(run, "minhash_dedupe"));
    dir.write("one.yaml", FIRST);
    dir.ok(&["run", "three.yaml", "--task-index", "0", "--task-count", "2"]);
    status("a share", "2 of 12 committed (p0 2 of 4, p1 0 of 4, p2 0 of 4)");
    dir.ok(&["run", "three.yaml"]);
    dir.ok(&["gc", "out"]);
    status("tidied up", "12 of 12 committed (p0 4 of 4, p1 4 of 4, p2 4 of 4)");
    // Fewer phases, then more again, over what was there.
    for (file, expected) in [("one.yaml", "4 of 4 committed\n"), ("two.yaml", "8 of 8"), ("three.yaml", "12 of 12")] {
        dir.ok(&["run", file, "--overwrite"]);
        status(file, expected);
    }
    // Two files more, and one of them is read: the newest plan counts.
    dir.write("in/4.jsonl", jsonl(4, 20));
    dir.write("in/5.jsonl", jsonl(5, 20));
    dir.killed_run(&["run", "two.yaml", "--overwrite"], "out");
    status("killed", " of ");
    dir.ok(&["run", "two.yaml", "--overwrite"]);
    status("resumed", "12 of 12 committed (p0 6 of 6, p1 6 of 6)");
}

#[test]
fn an_output_among_its_input_is_refused_and_leaves_nothing() {
    let pipeline = |paths: &str| {
        format!(
            "version: 1\nname: first\ninput: {{paths: [\"{paths}\"], columns: {{id: id, text: text}}}}\nstages: []\n\
             output: {{path: out}}\n"
        )
    };
    let dir = Dir::new();
    dir.write("in/a.jsonl", jsonl(1, 5));
    dir.write("in/deep/b.jsonl", jsonl(2, 5));
    std::os::unix::fs::symlink(dir.join("in"), dir.join("way")).expect("a link");
    for (paths, output) in [
        ("in", "in"),
        ("in/", "./in"),
        ("in/*.jsonl", "in"),
        ("in/**/*.jsonl", "in/"),
        ("in", "in/clean"),
        ("in", "in/deep/clean"),
        ("in", "in/_clean"),
        ("in", "way/clean"),
        ("way", "in"),
    ] {
        dir.write("first.yaml", pipeline(paths));
        let ran = dir.run(&["run", "first.yaml", "--output", output]);
        assert!(ran.code == 2 && ran.stderr.contains("folder beside it"), "{paths} {output}: {}", ran.stderr);
        assert!(!dir.join("in/_textmill").exists() && !dir.join("in/clean").exists(), "{paths} {output}");
    }
    let ran = dir.run(&["dedupe", "in", "--text", "text", "--output", "in"]);
    assert!(ran.code == 2 && ran.stderr.contains("folder beside it"), "{}", ran.stderr);
    // What is not read: beside it, or not matched by a pattern, also when it is resumed.
    for (paths, output) in
        [("in/*.jsonl", "in/clean"), ("in/deep", "in/_clean"), ("in/deep/*", "in/other"), ("in", "in-clean")]
    {
        dir.write("first.yaml", pipeline(paths));
        for _ in 0..2 {
            dir.ok(&["run", "first.yaml", "--output", output]);
        }
        fs::remove_dir_all(dir.join(output)).expect("removed");
    }
}

#[test]
fn a_run_that_is_refused_leaves_no_trace() {
    let dir = Dir::new();
    dir.write("in/a.jsonl", "{\"id\": 1, \"body\": \"text\"}\n");
    dir.write("in/b.parquet", "no Parquet at all");
    fs::create_dir(dir.join("out")).expect("made");
    for paths in ["[nowhere]", "[in/a.jsonl]", "[in/b.parquet]", "[\"in/*.csv\"]"] {
        let file = format!(
            "version: 1\nname: first\ninput: {{paths: {paths}, columns: {{id: id, text: text}}}}\nstages: []\n\
             output: {{path: out}}\n"
        );
        dir.write("first.yaml", file);
        let ran = dir.run(&["run", "first.yaml"]);
        assert!([2, 4].contains(&ran.code), "{paths}: {} {}", ran.code, ran.stderr);
        assert!(!ran.stderr.contains("WARN"), "{paths}: {}", ran.stderr);
        assert_eq!(fs::read_dir(dir.join("out")).expect("the folder").count(), 0, "{paths}");
    }
}

#[test]
fn files_that_are_gone_from_a_finished_output_are_said_and_made_again() {
    type Harm = fn(&Path);
    let dir = two_pipelines();
    dir.ok(&["run", "first.yaml"]);
    let digest = dir.digest("out");
    let part = dir.first_file("out/data");
    let harms: [(&str, Harm); 3] = [
        ("is missing", |part| fs::remove_file(part).expect("removed")),
        ("is missing", |part| fs::remove_dir_all(part.parent().expect("data")).expect("removed")),
        ("were published", |part| fs::write(part, "cut").expect("written")),
    ];
    for (what, harm) in harms {
        harm(&part);
        let ran = dir.run(&["run", "first.yaml"]);
        assert!(ran.code == 7 && ran.stderr.contains(what) && ran.stderr.contains("--overwrite"), "{}", ran.stderr);
        dir.ok(&["run", "first.yaml", "--overwrite"]);
        dir.ok(&["verify", "out"]);
        assert_eq!(dir.digest("out"), digest);
    }
    // What explains the result may be deleted to save space.
    fs::remove_dir_all(dir.join("out/_dropped")).expect("removed");
    dir.ok(&["run", "first.yaml"]);
}

#[test]
fn paths_are_taken_as_they_are_written() {
    let dir = two_pipelines();
    let none_made = |what: &str| {
        let names: BTreeSet<_> =
            fs::read_dir(dir.path()).expect("the folder").flatten().map(|e| e.file_name()).collect();
        assert!(!names.iter().any(|name| name.to_string_lossy().contains(['~', '$'])), "{what}: {names:?}");
    };
    for (place, right, wrong) in [
        ("input", "in/*.jsonl", "~/nowhere/*.jsonl"),
        ("variable", "in/*.jsonl", "${DATA}/*.jsonl"),
        ("name", "in/*.jsonl", "$HOME/x.jsonl"),
        ("output", "path: out", "path: \"~/out\""),
        ("output", "path: out", "path: \"runs/${DATA}\""),
    ] {
        dir.write("wrong.yaml", FIRST.replace(right, wrong));
        let ran = dir.run(&["validate", "wrong.yaml"]);
        assert!(ran.code == 2 && ran.stderr.contains("is not replaced"), "{place}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint") && ran.stderr.contains("1 error in"), "{place}: {}", ran.stderr);
        assert_eq!(dir.run(&["run", "wrong.yaml"]).code, 2, "{place}");
        none_made(place);
    }
    for stage in
        ["{filter: {use: [banned_words], banned_words: {files: [\"~/words\"]}}}", "{classifier: {model: \"$M/x\"}}"]
    {
        dir.write("wrong.yaml", FIRST.replace("{keep_where: \"char_length(text) > 5\"}", stage));
        let ran = dir.run(&["validate", "wrong.yaml"]);
        assert!(ran.code == 2 && ran.stderr.contains("is not replaced"), "{stage}: {}", ran.stderr);
    }
    for output in ["--output=~/x", "--output=$OUT/x", "--output=a/${OUT}"] {
        let ran = dir.run(&["run", "first.yaml", output]);
        assert!(ran.code == 2 && ran.stderr.contains("is not replaced"), "{output}: {}", ran.stderr);
        none_made(output);
    }
    for (what, output) in [
        ("train classifier --positive in --negative in", "~/m.ftz"),
        ("train lm in", "$OUT/m.lm"),
        ("train importance --target in --raw in", "m/${OUT}/m.json"),
        ("gather cargo-docs", "~/docs"),
    ] {
        let args: Vec<&str> = what.split(' ').chain(["--output", output]).collect();
        let ran = dir.run(&args);
        assert!(ran.code == 2 && ran.stderr.contains("is not replaced"), "{what}: {}", ran.stderr);
        none_made(what);
    }
    // A file that is called so is read by a path that says so.
    dir.write("$odd/a.jsonl", "{\"id\": \"a\", \"text\": \"words that stay\"}\n");
    dir.write("odd.yaml", FIRST.replace("in/*.jsonl", "[$]odd/*.jsonl"));
    dir.ok(&["run", "odd.yaml", "--output", "odd"]);
}

#[test]
fn a_relative_path_that_leads_nowhere_is_shown_with_the_place_that_was_tried() {
    let dir = two_pipelines();
    let here = dir.path().canonicalize().expect("a folder");
    dir.write("wrong.yaml", FIRST.replace("in/*.jsonl", "data/*.jsonl"));
    let ran = dir.run(&["run", "wrong.yaml"]);
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains(&here.join("data/*.jsonl").display().to_string()), "{}", ran.stderr);
    let stage = "{filter: {use: [banned_words], banned_words: {files: [words.txt]}}}";
    dir.write("wrong.yaml", FIRST.replace("{keep_where: \"char_length(text) > 5\"}", stage));
    let ran = dir.run(&["run", "wrong.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains(&here.join("words.txt").display().to_string()), "{}", ran.stderr);
    let ran = dir.run(&["run", "no.yaml"]);
    assert!(ran.code == 2 && ran.stderr.contains(&here.join("no.yaml").display().to_string()), "{}", ran.stderr);
}

#[test]
fn the_dropped_sample_is_cut_into_files_of_the_size_asked_for() {
    let dir = Dir::new();
    let mut lines = String::new();
    let mut random = crate::util::Random(7);
    for number in 0..400_u32 {
        // Text that does not compress.
        let text: String =
            (0..35_000).map(|_| char::from_u32(0x4e00 + random.below(20_000) as u32).expect("a sign")).collect();
        lines.push_str(&format!("{}\n", serde_json::json!({"id": number, "text": text})));
    }
    dir.write("in/a.jsonl", lines);
    let pipeline =
        FIRST.replace("> 5", "> 500000").replace("dropped: all", "dropped: sample, dropped_sample: 400, SIZE");
    dir.write("small.yaml", pipeline.replace("SIZE", "shard_bytes: 64KiB"));
    dir.ok(&["run", "small.yaml", "--output", "small"]);
    dir.write("large.yaml", pipeline.replace(", SIZE", ""));
    dir.ok(&["run", "large.yaml", "--output", "large"]);
    assert_eq!(ids(&dir, "small/_dropped").len(), 400);
    assert_eq!(ids(&dir, "small/_dropped"), ids(&dir, "large/_dropped"));
    assert_eq!((files(&dir.join("small/_dropped")).len(), files(&dir.join("large/_dropped")).len()), (2, 1));
    dir.ok(&["verify", "small"]);
}
