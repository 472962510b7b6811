//! Deduplication end to end: against plain loops over all pairs, on inputs that tempt it to join too much, after kills
//! and damage.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, UInt64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use crate::memory::watch;
use crate::util::{Dir, Random, files, is_planned};

/// Near-duplicates that are found for certain: a pair at 0.7 shares none of 128 bands of two rows once in 10^37.
const SURE: &str = "minhash_dedupe: {hashes: 256, bands: {bands: 128, rows: 2}, verify: exact, threshold: 0.7, \
                    max_bucket: 1000000, ngram: 5, unit: word, KEEP normalization: {lowercase: false, numbers: keep, \
                    punctuation: keep, blanks: keep, accents: keep}}";

/// A pipeline with one stage on documents of id and text.
fn plain(stage: &str) -> String {
    pipeline(stage).replace(", score: {from: score, type: float64}, date: date", "")
}

fn pipeline(stage: &str) -> String {
    format!(
        "version: 1\nname: dedupe\ninput:\n  paths: [\"in/*\"]\n  columns: {{id: id, text: text, score: {{from: score, \
         type: float64}}, date: date}}\nstages:\n  - id: near\n    run: {{{stage}}}\noutput:\n  path: out\n"
    )
}

/// Writes `documents` as `shards` shards.
fn shards(dir: &Dir, documents: &[Value], shards: usize) {
    let per_shard = documents.len().div_ceil(shards);
    for (number, documents) in documents.chunks(per_shard).enumerate() {
        let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
        dir.write(&format!("in/part-{number:03}.jsonl"), lines);
    }
}

/// All rows of a dataset of a published run.
pub fn rows(dir: &Dir, dataset: &str) -> Vec<RecordBatch> {
    let read = |(_, path): (String, std::path::PathBuf)| {
        let file = File::open(path).expect("the file can be opened");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("readable");
        reader.map(|batch| batch.expect("a batch")).collect::<Vec<_>>()
    };
    files(&dir.join(dataset)).into_iter().flat_map(read).collect()
}

pub fn texts(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = batch.column_by_name(name).expect("the column");
    let column = arrow::compute::cast(column, &arrow::datatypes::DataType::Utf8).expect("a text");
    column.as_string::<i32>().iter().map(|text| text.map(ToOwned::to_owned)).collect()
}

fn kept(dir: &Dir, output: &str) -> BTreeSet<String> {
    rows(dir, &format!("{output}/data")).iter().flat_map(|batch| texts(batch, "id")).flatten().collect()
}

/// Id, id of the document that stayed, size of the cluster and similarity of each removed document.
fn duplicates(dir: &Dir, output: &str) -> BTreeMap<String, (String, u64, Option<f64>)> {
    let mut found = BTreeMap::new();
    for batch in rows(dir, &format!("{output}/_duplicates")) {
        let (ids, keepers) = (texts(&batch, "id"), texts(&batch, "keeper_id"));
        let sizes = batch.column_by_name("cluster_size").expect("sizes").as_primitive::<UInt64Type>();
        let similarity = batch.column_by_name("similarity").expect("similarities").as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let similarity = similarity.is_valid(row).then(|| similarity.value(row));
            let id = ids[row].clone().expect("an id");
            found.insert(id, (keepers[row].clone().expect("a keeper"), sizes.value(row), similarity));
        }
    }
    found
}

/// A word of five letters: the published normal forms do not tell numbers apart.
fn word(random: &mut Random) -> String {
    (0..5).map(|_| char::from(b'a' + random.below(26) as u8)).collect()
}

fn words(random: &mut Random, count: u64) -> Vec<String> {
    (0..count).map(|_| word(random)).collect()
}

/// Documents of which about half are copies, near-copies and distant relatives of others.
fn relatives(documents: usize, seed: u64) -> Vec<Value> {
    let mut random = Random(seed);
    let mut texts: Vec<Vec<String>> = Vec::new();
    while texts.len() < documents {
        let relative = !texts.is_empty() && random.below(2) == 0;
        if relative {
            let mut text = texts[random.below(texts.len() as u64) as usize].clone();
            for _ in 0..random.below(9) {
                let at = random.below(text.len() as u64) as usize;
                text[at] = word(&mut random);
            }
            texts.push(text);
        } else {
            let count = 20 + random.below(80);
            texts.push(words(&mut random, count));
        }
    }
    let document = |(number, text): (usize, Vec<String>)| {
        let score = (random.below(4) > 0).then(|| random.below(10) as f64 / 10.0);
        let date = format!("2024-01-{:02}", 1 + random.below(20));
        json!({"id": format!("d{number:05}"), "text": text.join(" "), "score": score, "date": date})
    };
    texts.into_iter().enumerate().map(document).collect()
}

fn shingles(text: &str) -> HashSet<String> {
    let words: Vec<_> = text.split(' ').collect();
    words.windows(5).map(|window| window.join(" ")).collect()
}

fn jaccard(left: &HashSet<String>, right: &HashSet<String>) -> f64 {
    let common = left.intersection(right).count() as f64;
    common / (left.len() as f64 + right.len() as f64 - common)
}

/// The clusters of two and more by plain loops over all pairs, each as positions in `documents`.
fn clusters(documents: &[Value]) -> Vec<Vec<usize>> {
    let sets: Vec<_> = documents.iter().map(|document| shingles(document["text"].as_str().expect("a text"))).collect();
    let mut cluster: Vec<usize> = (0..documents.len()).collect();
    for left in 0..documents.len() {
        for right in left + 1..documents.len() {
            if jaccard(&sets[left], &sets[right]) >= 0.7 && cluster[left] != cluster[right] {
                let (from, to) = (cluster[right], cluster[left]);
                cluster.iter_mut().filter(|of| **of == from).for_each(|of| *of = to);
            }
        }
    }
    let mut members = BTreeMap::<usize, Vec<usize>>::new();
    cluster.into_iter().enumerate().for_each(|(document, of)| members.entry(of).or_default().push(document));
    members.into_values().filter(|members| members.len() > 1).collect()
}

/// A document has a value or comes last.
fn value_or_last(left: Option<f64>, right: Option<f64>, descending: bool) -> std::cmp::Ordering {
    match (left, right) {
        (Some(left), Some(right)) if descending => right.total_cmp(&left),
        (Some(left), Some(right)) => left.total_cmp(&right),
        (left, right) => right.is_some().cmp(&left.is_some()),
    }
}

type Order = fn(&Value, &Value) -> std::cmp::Ordering;

#[test]
fn equal_to_plain_loops_over_all_pairs_for_every_order() {
    let documents = relatives(3000, 3);
    let clusters = clusters(&documents);
    assert!(clusters.len() > 100 && clusters.iter().any(|members| members.len() > 4), "{}", clusters.len());
    let id: Order = |left, right| left["id"].as_str().cmp(&right["id"].as_str());
    let orders: [(&str, Order); 4] = [
        ("", |_, _| std::cmp::Ordering::Equal),
        ("keep: [score desc],", |left, right| value_or_last(left["score"].as_f64(), right["score"].as_f64(), true)),
        ("keep: [score],", |left, right| value_or_last(left["score"].as_f64(), right["score"].as_f64(), false)),
        ("keep: [date desc, text_length desc],", |left, right| {
            let length = |document: &Value| document["text"].as_str().map(str::len);
            right["date"].as_str().cmp(&left["date"].as_str()).then(length(right).cmp(&length(left)))
        }),
    ];
    for (keep, order) in orders {
        let dir = Dir::new();
        shards(&dir, &documents, 7);
        dir.write("pipeline.yaml", pipeline(&SURE.replace("KEEP", keep)));
        dir.ok(&["run", "pipeline.yaml"]);
        let found = duplicates(&dir, "out");
        let mut expected = BTreeMap::new();
        for members in &clusters {
            let mut sorted: Vec<&Value> = members.iter().map(|member| &documents[*member]).collect();
            sorted.sort_by(|left, right| order(left, right).then(id(left, right)));
            let name = |document: &Value| document["id"].as_str().expect("an id").to_owned();
            let set = |document: &Value| shingles(document["text"].as_str().expect("a text"));
            for removed in &sorted[1..] {
                let similarity = jaccard(&set(removed), &set(sorted[0]));
                expected.insert(name(removed), (name(sorted[0]), members.len() as u64, Some(similarity)));
            }
        }
        assert_eq!(found.len(), expected.len(), "{keep}");
        for (id, expected) in &expected {
            let found = found.get(id).unwrap_or_else(|| panic!("{id} stays with {keep}"));
            assert_eq!((&found.0, found.1), (&expected.0, expected.1), "{id} with {keep}");
            assert!((found.2.unwrap() - expected.2.unwrap()).abs() < 1e-12, "{id}: {:?} {:?}", found.2, expected.2);
        }
        let stays = documents.iter().filter_map(|document| document["id"].as_str().map(ToOwned::to_owned));
        assert_eq!(kept(&dir, "out"), stays.filter(|id| !expected.contains_key(id)).collect(), "{keep}");
    }
}

#[test]
fn threads_and_memory_change_no_byte_and_the_order_of_shards_no_document() {
    let documents = relatives(2000, 9);
    let dir = Dir::new();
    shards(&dir, &documents, 5);
    dir.write("pipeline.yaml", pipeline("minhash_dedupe: {cluster_columns: true}"));
    dir.ok(&["run", "pipeline.yaml", "--output", "reference"]);
    for (threads, memory) in [("1", "320MiB"), ("2", "2GiB"), ("4", "1GiB")] {
        dir.ok(&["run", "pipeline.yaml", "--output", threads, "--threads", threads, "--memory", memory]);
        assert_eq!(dir.digest(threads), dir.digest("reference"), "{threads} threads");
    }
    let turned = Dir::new();
    let reversed: Vec<Value> = documents.iter().rev().cloned().collect();
    shards(&turned, &reversed, 3);
    turned.write("pipeline.yaml", pipeline("minhash_dedupe: {cluster_columns: true}"));
    turned.ok(&["run", "pipeline.yaml", "--output", "reference"]);
    assert_eq!(kept(&turned, "reference"), kept(&dir, "reference"));
    assert_eq!(duplicates(&turned, "reference"), duplicates(&dir, "reference"));
    let sizes: Vec<_> = rows(&dir, "reference/data").iter().flat_map(|batch| texts(batch, "cluster_id")).collect();
    let keepers: BTreeSet<_> = duplicates(&dir, "reference").into_values().map(|(keeper, ..)| keeper).collect();
    assert_eq!(
        sizes.into_iter().flatten().collect::<BTreeSet<_>>(),
        keepers,
        "each document that stayed for others says so"
    );
}

fn document(id: &str, text: &str) -> Value {
    json!({"id": id, "text": text})
}

fn run(documents: &[Value], stage: &str) -> Dir {
    let dir = Dir::new();
    shards(&dir, documents, 3);
    dir.write("pipeline.yaml", plain(stage));
    dir.ok(&["run", "pipeline.yaml"]);
    dir
}

#[test]
fn different_pages_in_one_template_stay_apart() {
    let mut random = Random(1);
    let (head, foot) = (words(&mut random, 40).join(" "), words(&mut random, 40).join(" "));
    let page = |number: u64| {
        let body = words(&mut Random(number + 100), 150).join(" ");
        document(&format!("p{number}"), &format!("{head} {body} {foot}"))
    };
    let pages: Vec<_> = (0..1000).map(page).collect();
    for verify in ["signature", "exact"] {
        // One row a band puts nearly every pair into a bucket.
        let stage = format!(
            "minhash_dedupe: {{hashes: 128, bands: {{bands: 128, rows: 1}}, verify: {verify}, threshold: 0.7}}"
        );
        assert_eq!(kept(&run(&pages, &stage), "out").len(), 1000, "{verify}");
    }
}

#[test]
fn unrelated_books_stay_apart() {
    let books: Vec<_> =
        (0..40).map(|number| document(&format!("b{number}"), &words(&mut Random(number), 20_000).join(" "))).collect();
    assert_eq!(kept(&run(&books, "minhash_dedupe: {}"), "out").len(), 40);
}

#[test]
fn a_chain_is_joined_link_by_link_and_a_bound_cuts_it() {
    // Each is 0.75 like its neighbour; a and d have nothing in common that would join them.
    let all = words(&mut Random(4), 200);
    let text = |shift: usize| all[shift..shift + 100].join(" ");
    let chain: Vec<_> = (0..4).map(|link| document(&format!("{link}"), &text(link * 14))).collect();
    let found = duplicates(&run(&chain, &SURE.replace("KEEP", "")), "out");
    assert_eq!(found.keys().collect::<Vec<_>>(), ["1", "2", "3"]);
    assert!(found.values().all(|(keeper, size, _)| keeper == "0" && *size == 4), "{found:?}");
    assert!(found["3"].2.unwrap() < 0.5, "what was joined through others says how little it is alike: {found:?}");
    let bounded = duplicates(&run(&chain, &SURE.replace("KEEP", "max_cluster: 2,")), "out");
    let pairs: Vec<_> = bounded.iter().map(|(id, (keeper, size, _))| (id.as_str(), keeper.as_str(), *size)).collect();
    assert_eq!(pairs, [("1", "0", 2), ("3", "2", 2)]);
}

#[test]
fn many_equal_documents_and_a_giant_cost_no_more_than_different_ones() {
    const DOCUMENTS: u64 = 100_000;
    let text = words(&mut Random(5), 60).join(" ");
    let mut equal: Vec<_> = (0..DOCUMENTS).map(|number| document(&format!("d{number:06}"), &text)).collect();
    let near = |number: u64| format!("{text} {}", word(&mut Random(number)));
    let alike: Vec<_> = (0..DOCUMENTS).map(|number| document(&format!("d{number:06}"), &near(number))).collect();
    let other = |number: u64| words(&mut Random(number + 7), 60).join(" ");
    let different: Vec<_> = (0..DOCUMENTS).map(|number| document(&format!("d{number:06}"), &other(number))).collect();
    equal.push(document("giant", &words(&mut Random(6), 300_000).join(" ")));
    let found = |documents: &[Value]| {
        let dir = run(documents, "minhash_dedupe: {}");
        let bytes = std::fs::read(dir.join("out/_textmill/run.json")).expect("the manifest");
        let manifest: Value = serde_json::from_slice(&bytes).expect("JSON");
        let clusters = manifest["body"]["clusters"].as_object().expect("what was found by stage");
        let compared = clusters.values().filter_map(|found| found["compared"].as_u64()).sum::<u64>();
        (kept(&dir, "out").len(), duplicates(&dir, "out").len(), compared)
    };
    let (stayed, removed, compared) = found(&different);
    assert_eq!((stayed, removed), (100_000, 0));
    assert!(compared < DOCUMENTS / 10, "{compared} pairs of different documents");
    assert_eq!(found(&equal), (2, 99_999, 0), "equal texts need no comparison");
    // All in one bucket of each of the 14 bands: one comparison joins a document, and the other bands find it joined.
    let (stayed, removed, compared) = found(&alike);
    assert_eq!((stayed, removed), (1, 99_999));
    assert!(compared < 14 * DOCUMENTS, "{compared} pairs of like documents");
}

#[test]
fn exact_duplicates_by_text_and_url() {
    let dir = Dir::new();
    let rows = [
        ("a", "same text", "http://x.org/1"),
        ("b", "same text", "http://x.org/2"),
        ("c", "another", "HTTP://X.org:80/1#top"),
        ("d", "", "http://x.org/3"),
        ("e", "", "http://x.org/4"),
    ];
    let lines = rows.map(|(id, text, url)| format!("{}\n", json!({"id": id, "text": text, "url": url})));
    dir.write("in/a.jsonl", lines.concat());
    let yaml = |by: &str| {
        format!(
            "version: 1\nname: exact\ninput:\n  paths: [\"in/*\"]\n  columns: {{id: id, text: text, url: url}}\nstages:\n  \
             - id: exact\n    run: {{exact_dedupe: {{by: [{by}]}}}}\noutput:\n  path: out-{}\n",
            by.replace(", ", "-")
        )
    };
    for (by, expected) in
        [("text", vec!["a", "c", "d", "e"]), ("url", vec!["a", "b", "d", "e"]), ("text, url", vec!["a", "d", "e"])]
    {
        dir.write("pipeline.yaml", yaml(by));
        dir.ok(&["run", "pipeline.yaml"]);
        let found = kept(&dir, &format!("out-{}", by.replace(", ", "-")));
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{by}");
    }
}

#[test]
fn what_an_earlier_run_kept_is_not_kept_again() {
    let dir = Dir::new();
    let documents = relatives(3000, 21);
    let write = |part: &str, documents: &[Value]| {
        let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
        dir.write(&format!("{part}/a.jsonl"), lines);
    };
    write("old", &documents[..2000]);
    write("new", &documents[2000..]);
    let common = ["--id", "id", "--verify", "exact", "--threshold", "0.7", "--column", "score:float64"];
    let dedupe = |paths: &[&str], more: &[&str]| dir.ok(&[&["dedupe"], paths, &common, more].concat());
    dedupe(&["old"], &["--output", "first", "--index", "--keep", "score desc"]);
    dedupe(&["new"], &["--output", "second", "--index", "--against", "first"]);
    let (first, second) = (kept(&dir, "first"), kept(&dir, "second"));
    let removed = duplicates(&dir, "second");
    let by_first: Vec<_> = removed.values().filter(|(keeper, ..)| first.contains(keeper)).collect();
    assert!(by_first.len() > 100 && by_first.len() < removed.len(), "{} of {}", by_first.len(), removed.len());
    assert!(removed.values().all(|(keeper, ..)| first.contains(keeper) || second.contains(keeper)));
    // Nothing that the two kept is alike: together they lose nothing more.
    dedupe(&["first/data", "second/data"], &["--output", "both"]);
    assert_eq!(kept(&dir, "both").len(), first.len() + second.len());
    // The two indexes together know all of it.
    dedupe(&["old", "new"], &["--output", "again", "--against", "first", "--against", "second"]);
    assert_eq!(kept(&dir, "again").len(), 0, "every document has an equal one in one of the indexes");

    let other = dir.run(&["dedupe", "new", "--id", "id", "--output", "other", "--against", "first"]);
    assert!(other.code == 2 && other.stderr.contains("made otherwise"), "{}", other.stderr);
    let none = dir.run(&[&["dedupe", "new"][..], &common, &["--output", "none", "--against", "both"]].concat());
    assert!(none.code == 2 && none.stderr.contains("index: true"), "{}", none.stderr);
}

/// Two exchanges in two branches, one after the other in one of them, and documents that pass by both.
const BRANCHES: &str = "version: 1\nname: branches\ninput:\n  paths: [\"in/*\"]\n  columns: {id: id, text: text, score: \
    {from: score, type: float64}, date: date}\nstages:\n  - id: low\n    run: {keep_where: \"score < 0.5\"}\n  - id: \
    high\n    inputs: [input]\n    run: {keep_where: \"score >= 0.5\"}\n  - id: none\n    inputs: [input]\n    run: \
    {keep_where: \"score IS NULL\"}\n  - id: near_low\n    inputs: [low]\n    run: {minhash_dedupe: {}}\n  - id: exact_high\n    \
    inputs: [high]\n    run: {exact_dedupe: {}}\n  - id: long\n    inputs: [exact_high]\n    run: {keep_where: \
    \"character_length(text) > 300\"}\n  - id: near_all\n    inputs: [near_low, long]\n    run: {minhash_dedupe: {}}\noutput:\n  \
    path: out\n  inputs: [near_all, none]\n  dropped: all\n";

#[test]
fn exchanges_in_branches_balance_and_keep_the_order_of_the_input() {
    let documents = relatives(3000, 17);
    let dir = Dir::new();
    shards(&dir, &documents, 4);
    dir.write("pipeline.yaml", BRANCHES);
    dir.ok(&["run", "pipeline.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["balanced"], true, "{}", report["balance"]);
    let removed = duplicates(&dir, "out");
    let ids: Vec<_> = rows(&dir, "out/data").iter().flat_map(|batch| texts(batch, "id")).flatten().collect();
    assert!(ids.is_sorted(), "documents of several branches come in the order of the input");
    let unscored = documents.iter().filter(|document| document["score"].is_null()).count();
    assert!(ids.len() > unscored && !removed.is_empty(), "{} {unscored} {}", ids.len(), removed.len());
    let dropped: usize = rows(&dir, "out/_dropped").iter().map(RecordBatch::num_rows).sum();
    assert_eq!(ids.len() + removed.len() + dropped, 3000);
    for threads in ["1", "4"] {
        dir.ok(&["run", "pipeline.yaml", "--output", threads, "--threads", threads, "--batch-rows", "7"]);
        assert_eq!(dir.digest(threads), dir.digest("out"));
    }
}

#[test]
fn too_much_removed_of_a_source_stops_before_anything_is_published() {
    let dir = Dir::new();
    let text = words(&mut Random(2), 30).join(" ");
    let line = |source: &str, number: u64, text: &str| {
        format!("{}\n", json!({"id": format!("{source}{number}"), "text": text, "source": source}))
    };
    let copies: String = (0..150).map(|number| line("copied", number, &text)).collect();
    let good: String =
        (0..900).map(|number| line("good", number, &words(&mut Random(number + 1000), 30).join(" "))).collect();
    dir.write("in/a.jsonl", copies + &good);
    let yaml = |bound: &str| {
        format!(
            "version: 1\nname: bound\ninput:\n  paths: [\"in/*\"]\n  columns: {{id: id, text: text, source: source}}\nstages:\n  \
             - id: near\n    run: {{minhash_dedupe: {{max_removed_ratio: {bound}, source_column: source}}}}\noutput:\n  path: out\n"
        )
    };
    dir.write("pipeline.yaml", yaml("0.5"));
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("149 of 150 documents of `copied`"), "{}", ran.stderr);
    assert!(!dir.join("out/data").exists() && !dir.join("out/_textmill/run.json").exists());
    dir.write("pipeline.yaml", yaml("1.0"));
    dir.ok(&["run", "pipeline.yaml"]);
    assert_eq!(duplicates(&dir, "out").len(), 149);
}

/// A run of `dir` that ends in the exchange: its bound is broken, so that the keys are there and nothing is published.
fn until_the_exchange(documents: &[Value]) -> Dir {
    let dir = Dir::new();
    shards(&dir, documents, 4);
    dir.write("pipeline.yaml", pipeline("minhash_dedupe: {max_removed_ratio: 0.0}"));
    assert_eq!(dir.run(&["run", "pipeline.yaml"]).code, 3);
    dir
}

#[test]
fn a_damaged_signature_file_is_named_before_it_is_used() {
    let dir = until_the_exchange(&relatives(800, 4));
    let staged = files(&dir.join("out/_textmill/staging"));
    let (name, path) = staged.iter().find(|(name, _)| name.contains("-keys-")).expect("a key file");
    let mut bytes = std::fs::read(path).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("writable");
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    assert!(ran.stderr.contains(name) && ran.stderr.contains("BLAKE3"), "{}", ran.stderr);
    let verified = dir.run(&["verify", "out"]);
    assert!(verified.code == 7 && verified.stderr.contains(name), "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn kill_9_in_any_part_of_the_exchange_changes_no_byte() {
    const KILLS: u64 = 20;
    let documents = relatives(8_000, 8);
    let dir = Dir::new();
    shards(&dir, &documents, 6);
    dir.write("pipeline.yaml", pipeline("minhash_dedupe: {preset: dclm, cluster_columns: true}"));
    let started = Instant::now();
    dir.ok(&["run", "pipeline.yaml", "--output", "whole"]);
    let undisturbed = started.elapsed().as_micros() as u64;
    let expected = dir.digest("whole");
    let mut random = Random(11);
    let (mut killed, mut parts) = (0, BTreeSet::new());
    for round in 0.. {
        if killed == KILLS {
            break;
        }
        assert!(round < 20 * KILLS, "the run ends before it can be killed");
        if dir.join("out/_textmill/run.json").exists() {
            assert_eq!(dir.digest("out"), expected);
            std::fs::remove_dir_all(dir.join("out")).expect("the output can be removed");
        }
        let mut child = dir.spawn(&["run", "pipeline.yaml"]);
        std::thread::sleep(Duration::from_micros(1 + random.below(undisturbed)));
        let finished = child.try_wait().expect("the child can be asked").is_some();
        child.kill().ok();
        child.wait().expect("the child ends");
        killed += u64::from(!finished);
        let there = |folder: &str| !files(&dir.join("out/_textmill").join(folder)).is_empty();
        parts.insert((there("tasks/p0"), there("staging/exchanges"), there("exchanges"), there("tasks/p1")));
        if is_planned(&dir, "out") {
            dir.ok(&["verify", "out"]);
        }
    }
    dir.ok(&["run", "pipeline.yaml"]);
    assert_eq!(dir.digest("out"), expected, "resumed and undisturbed runs differ; killed in {parts:?}");
    assert!(parts.len() > 1, "every kill came in the same part: {parts:?}");
}

#[test]
fn garbage_collection_keeps_what_a_resume_needs_and_clears_it_afterwards() {
    let dir = until_the_exchange(&relatives(500, 6));
    let keys = || files(&dir.join("out/_textmill/staging")).len();
    let before = keys();
    dir.ok(&["gc", "out"]);
    assert_eq!(keys(), before);
    dir.write("pipeline.yaml", pipeline("minhash_dedupe: {}"));
    dir.ok(&["run", "pipeline.yaml"]);
    assert_eq!(keys(), 0, "a published run needs nothing staged");
    dir.ok(&["gc", "out"]);
    assert_eq!(files(&dir.join("out/_textmill/exchanges")).len() + files(&dir.join("out/_textmill/tasks")).len(), 0);
}

/// Writes `documents` short documents, of which some are copies and near-copies of earlier ones, as shards of a million.
fn write_many(dir: &Dir, documents: u64) {
    const SHARD: u64 = 1_000_000;
    for shard in 0..documents.div_ceil(SHARD) {
        let path = dir.write(&format!("in/part-{shard:03}.jsonl"), "");
        let mut file = BufWriter::new(File::create(path).expect("a file"));
        for number in shard * SHARD..documents.min((shard + 1) * SHARD) {
            let mut random = Random(number);
            // One in four takes after a document anywhere before it.
            let parent = if random.below(4) == 0 { random.below(number + 1) } else { number };
            let mut text = words(&mut Random(!parent), 12);
            if random.below(2) == 0 {
                text[random.below(12) as usize] = word(&mut random);
            }
            writeln!(file, "{{\"id\":\"{number:08}\",\"text\":\"{}\"}}", text.join(" ")).expect("room on the disk");
        }
    }
}

#[test]
#[ignore = "takes some minutes and 10 GB of disk; TEXTMILL_DEDUPE_DOCUMENTS says how many documents"]
fn twenty_million_signatures_fit_a_small_budget() {
    let documents = std::env::var("TEXTMILL_DEDUPE_DOCUMENTS").ok().and_then(|text| text.parse().ok());
    let documents: u64 = documents.unwrap_or(20_000_000);
    let dir = Dir::new();
    write_many(&dir, documents);
    let stage = "minhash_dedupe: {ngram: 1, unit: word, hashes: 20, bands: {bands: 5, rows: 4}, threshold: 0.6}";
    dir.write("pipeline.yaml", plain(stage));
    let mut digests = Vec::new();
    for memory in ["512MiB", "8GiB"] {
        let (peak, cpu, wall) = watch(dir.spawn(&["run", "pipeline.yaml", "--output", memory, "--memory", memory]));
        eprintln!("{documents} documents in {memory}: {} MiB at most, {cpu:.0} CPU s, {wall:.0} s", peak / 1024);
        if memory == "512MiB" {
            assert!(peak <= (512 * 5 / 4 + 128) * 1024, "{peak} KiB");
        }
        digests.push(dir.digest(memory));
        let report = dir.json(&["report", memory, "--format", "json"]);
        let removed = report["balance"]["duplicates"]["documents"].as_u64().expect("a count");
        assert!(removed > documents / 8, "{removed} of {documents} removed");
        std::fs::remove_dir_all(dir.join(memory)).expect("the output can be removed");
    }
    assert_eq!(digests[0], digests[1], "the budget changes the result");
}

/// Documents of lines of which many stand in several documents.
fn lined(documents: u64) -> Vec<Value> {
    let mut random = Random(31);
    let pool: Vec<String> = (0..300).map(|_| words(&mut random, 4).join(" ")).collect();
    let line = |random: &mut Random| match random.below(3) {
        0 => String::new(),
        1 => words(random, 4).join(" "),
        _ => {
            let bound = random.below(300) + 1;
            pool[random.below(bound) as usize].clone()
        }
    };
    let text = |random: &mut Random| (0..=random.below(9)).map(|_| line(random)).collect::<Vec<_>>().join("\n");
    (0..documents).map(|number| document(&format!("l{number:04}"), &text(&mut random))).collect()
}

/// What stays of the texts by plain counting; nothing where no text is left.
fn without_repeated(documents: &[Value], min_count: usize, keep_first: bool) -> BTreeMap<String, String> {
    let text = |document: &Value| document["text"].as_str().expect("a text").to_owned();
    let mut counts = BTreeMap::<String, usize>::new();
    for document in documents {
        text(document).split('\n').for_each(|line| *counts.entry(line.to_owned()).or_default() += 1);
    }
    let (mut seen, mut left) = (HashSet::new(), BTreeMap::new());
    for document in documents {
        let text = text(document);
        let stays = text.split('\n').filter(|line| {
            line.is_empty() || counts[*line] < min_count || (seen.insert((*line).to_owned()) && keep_first)
        });
        let stays = stays.collect::<Vec<_>>().join("\n");
        // A document that had no text at all is not the stage's to drop.
        if !stays.trim().is_empty() || stays == text {
            left.insert(document["id"].as_str().expect("an id").to_owned(), stays);
        }
    }
    left
}

#[test]
fn repeated_lines_are_cut_as_by_plain_counting() {
    let documents = lined(700);
    for (min_count, keep_first) in [(2, true), (2, false), (5, true), (5, false)] {
        let dir = Dir::new();
        shards(&dir, &documents, 4);
        let stage = format!("line_dedupe: {{min_count: {min_count}, keep_first: {keep_first}}}");
        dir.write("pipeline.yaml", plain(&stage));
        dir.ok(&["run", "pipeline.yaml"]);
        let mut found = BTreeMap::new();
        for batch in rows(&dir, "out/data") {
            let (ids, texts) = (texts(&batch, "id"), texts(&batch, "text"));
            found.extend(ids.into_iter().flatten().zip(texts.into_iter().flatten()));
        }
        assert_eq!(found, without_repeated(&documents, min_count, keep_first), "{min_count} {keep_first}");
        let report = dir.json(&["report", "out", "--format", "json"]);
        assert_eq!(report["balance"]["balanced"], true, "{}", report["balance"]);
        dir.ok(&[
            "run",
            "pipeline.yaml",
            "--output",
            "again",
            "--threads",
            "1",
            "--memory",
            "320MiB",
            "--batch-rows",
            "9",
        ]);
        assert_eq!(dir.digest("again"), dir.digest("out"));
    }
}

#[test]
fn spans_of_sentences_are_cut_once_in_the_corpus() {
    let documents = [
        document("a", "Own start here. One two three. Four five six. Seven eight nine. Own end here."),
        document("b", "Other start. One two three. Four five six. Seven eight nine. Other end."),
        document("c", "One two three. Four five six. But seven not."),
    ];
    let dir = run(&documents, "line_dedupe: {unit: sentences}");
    let found: Vec<_> = rows(&dir, "out/data").iter().flat_map(|batch| texts(batch, "text")).flatten().collect();
    let text = |number: usize| documents[number]["text"].as_str().expect("a text");
    assert_eq!(found, [text(0), "Other start. Other end.", text(2)]);
}

/// An archive of pages: some bare, some with the same text.
fn archive(pages: u64) -> String {
    let page = |number: u64| {
        let text = if number.is_multiple_of(3) {
            "the same on many pages".to_owned()
        } else {
            format!("page {number}, its own")
        };
        let body =
            format!("<html><body><article><p>{text}, and enough words to be a page.</p></article></body></html>");
        let body = if number.is_multiple_of(5) { "<html></html>".to_owned() } else { body };
        let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{body}");
        format!(
            "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number:08}-0000-4000-8000-000000000000>\r\n\
             WARC-Date: 2024-01-01T00:00:00Z\r\nWARC-Target-URI: https://example.org/{number}\r\nContent-Type: \
             application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{http}\r\n\r\n",
            http.len()
        )
    };
    (0..pages).map(page).collect()
}

#[test]
fn pages_of_archives_keep_their_bytes_through_an_exchange() {
    let dir = Dir::new();
    for shard in 0..3 {
        dir.write(&format!("in/{shard}.warc"), archive(40));
    }
    let pipeline = "version: 1\nname: pages\ninput:\n  paths: [\"in/*.warc\"]\nstages:\n  - id: page\n    run: {extract: \
                    {min_chars: 20}}\n  - id: same\n    run: exact_dedupe\noutput:\n  path: out\n  columns: [id, text, \
                    body]\n  dropped: all\n";
    dir.write("pipeline.yaml", pipeline);
    for dropped in ["all", "sample"] {
        dir.write("pipeline.yaml", pipeline.replace("dropped: all", &format!("dropped: {dropped}")));
        dir.ok(&["run", "pipeline.yaml", "--overwrite"]);
        let kept = rows(&dir, "out/data");
        assert_eq!(kept.iter().map(RecordBatch::num_rows).sum::<usize>(), 22, "of 40 pages 8 are bare, 11 the same");
        let bytes = rows(&dir, "out/_dropped");
        assert_eq!(bytes.iter().map(RecordBatch::num_rows).sum::<usize>(), 24);
        for batch in kept {
            let body = batch.column_by_name("body").expect("the bytes").as_binary::<i32>().clone();
            assert!(body.iter().flatten().all(|body| body.starts_with(b"<html>")));
        }
        dir.digest("out");
    }
}

#[test]
fn numbers_operators_and_marks_on_letters_keep_documents_apart() {
    let documents = [
        document("n1", "In 2015 the town had 30 thousand people, 12 schools and 88 shops along its 4 old streets."),
        document("n2", "In 2016 the town had 37 thousand people, 17 schools and 101 shops along its 5 old streets."),
        document("z1", "截至2015年末，全县总人口30万人，城镇人口12万人，粮食产量88万吨。"),
        document("z2", "截至2016年末，全县总人口37万人，城镇人口17万人，粮食产量101万吨。"),
        document("c1", "if (a && b) { x += 1; } else { x -= 1; } // add or take"),
        document("c2", "if (a || b) { x -= 1; } else { x += 1; } // add or take"),
        document("v1", "Ma má mà mả mã mạ đi chợ bán bàn bạn bản cho cô cổ cố cồ"),
        document("v2", "Mạ ma má mà mả mã đi chờ bàn bạn bản bán cho cố cồ cô cổ"),
    ];
    let all: BTreeSet<_> =
        documents.iter().filter_map(|document| document["id"].as_str().map(ToOwned::to_owned)).collect();
    for stage in [
        "minhash_dedupe: {}",
        "minhash_dedupe: {threshold: 0.9, verify: exact}",
        "minhash_dedupe: {preset: fineweb_2, normalization: {numbers: keep, punctuation: keep, accents: keep}}",
    ] {
        assert_eq!(kept(&run(&documents, stage), "out"), all, "{stage}");
    }
    // What the published form folds is equal, to the exact check too.
    let published = run(&documents, "minhash_dedupe: {preset: internlm2, threshold: 0.9, verify: exact}");
    let found: Vec<_> =
        duplicates(&published, "out").into_iter().map(|(id, (_, _, similarity))| (id, similarity)).collect();
    assert_eq!(found, ["c2", "n2", "v2", "z2"].map(|id| (id.to_owned(), Some(1.0))));
    // One key of another form.
    let numbers = run(&documents, "minhash_dedupe: {preset: internlm2, normalization: {numbers: keep}}");
    assert_eq!(duplicates(&numbers, "out").into_keys().collect::<Vec<_>>(), ["c2", "v2"]);
}

#[test]
fn lines_cut_out_of_code_are_warned_about() {
    let code = |name: &str| format!("import os\n\ndef {name}(x):\n    if x:\n        return 1\n    return 0");
    let documents = [document("a", &code("one")), document("b", &code("two"))];
    let dir = run(&documents, "line_dedupe: {}");
    let report = dir.json(&["report", "out", "--format", "json"]);
    let warnings = report["warnings"].to_string();
    // CCNet's form counts digits as 0, so that `return 1` and `return 0` are one line.
    assert!(warnings.contains("2 documents that look like program code"), "{warnings}");
    let prose = [document("a", "Home\nOne text of its own."), document("b", "Home\nAnother text of its own.")];
    let dir = run(&prose, "line_dedupe: {}");
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert!(!report["warnings"].to_string().contains("program code"), "{}", report["warnings"]);
}
