//! Memory does not grow with the input.

use std::fs;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;

use crate::util::{Dir, Random, files, jsonl, prose};

/// Processor seconds that the whole machine has worked since it was started.
fn busy_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default().split_whitespace();
    let ticks: Vec<u64> = line.skip(1).filter_map(|field| field.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal
    [0, 1, 2, 5, 6, 7].iter().filter_map(|at| ticks.get(*at)).sum::<u64>() as f64 / 100.0
}

/// Waits for the child and returns its peak resident memory in KiB (`VmHWM`), CPU seconds and
/// wall seconds.
pub fn watch(mut child: Child) -> (u64, f64, f64) {
    let started = Instant::now();
    let (mut peak, mut ticks) = (0, 0);
    loop {
        if let Ok(status) = fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let high_water = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = high_water.and_then(|line| line.split_whitespace().next()?.parse().ok());
            peak = peak.max(kib.unwrap_or(0));
        }
        if let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", child.id())) {
            let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
            let tick = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
            ticks = ticks.max(tick(11) + tick(12));
        }
        if let Some(status) = child.try_wait().expect("the child can be asked") {
            assert!(status.success(), "the run failed: {status}");
            return (peak, ticks as f64 / 100.0, started.elapsed().as_secs_f64());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Stages that allocate, and none that only takes time.
const PIPELINE: &str = "version: 1\nname: memory\ninput:\n  paths: [\"in/*\"]\nstages:\n\
                        \x20 - id: clean\n    run: normalize\n\
                        \x20 - id: rules\n    run: {filter: {use: [gopher_quality]}}\n\
                        output: {path: out, dropped: all, shard_bytes: SHARD}\n";

/// Shards that are really different; the others are links to them.
const DISTINCT: u64 = 10;

/// Peak memory in KiB of a run over `shards` shards of `documents` documents of about 1.3 kB, most of
/// which are kept.
fn peak_memory(shards: u64, documents: u64, shard_bytes: &str) -> u64 {
    let dir = Dir::new();
    for shard in 0..DISTINCT.min(shards) {
        let mut random = Random(shard);
        let lines = (0..documents).map(|number| {
            let document = serde_json::json!({"id": format!("{shard}-{number}"), "text": prose(&mut random, 220)});
            format!("{document}\n")
        });
        dir.write(&format!("in/part-{shard:04}.jsonl"), lines.collect::<String>());
    }
    for shard in DISTINCT..shards {
        let original = dir.join(&format!("in/part-{:04}.jsonl", shard % DISTINCT));
        fs::hard_link(original, dir.join(&format!("in/part-{shard:04}.jsonl"))).expect("links can be made");
    }
    dir.write("pipeline.yaml", PIPELINE.replace("SHARD", shard_bytes));
    watch(dir.spawn(&["run", "pipeline.yaml", "--threads", "2"])).0
}

/// The smaller run must be long enough that every thread has had its share of the work: before that,
/// memory grows because the allocator's pools fill, whatever the size of the input.
///
/// `per_task` KiB are allowed for each further task.
fn assert_flat(small_shards: u64, documents: u64, shard_bytes: &str, per_task: u64) {
    let small = peak_memory(small_shards, documents, shard_bytes);
    let large = peak_memory(10 * small_shards, documents, shard_bytes);
    eprintln!("peak memory: {small} KiB for {small_shards} shards, {large} KiB for ten times as many");
    let allowed = small as f64 * 1.2 + (9 * small_shards * per_task) as f64;
    assert!(large as f64 <= allowed, "{small} KiB grew to {large} KiB");
}

#[test]
fn ten_times_the_tasks_take_a_fifth_and_a_few_kib_a_task_more_memory() {
    // Shards so small that what a run remembers of each task shows beside the tasks' own memory: its
    // place in the plan and its manifest. They are published as they are.
    assert_flat(120, 800, "64KiB", 16);
}

#[test]
#[ignore = "long: reads five gigabytes; scripts/test --long"]
fn ten_times_the_input_takes_at_most_a_fifth_more_memory() {
    // Half a gigabyte makes a dozen output shards, so that as many are joined at once as with ten times
    // the input.
    assert_flat(60, 6_000, "16MiB", 0);
}

/// Writes one Parquet file of about a gigabyte of text by running textmill on enough shards.
fn one_large_file(dir: &Dir) {
    for shard in 0..16 {
        dir.write(&format!("src/part-{shard:03}.jsonl"), jsonl(shard, 65_000));
    }
    let pass = "version: 1\nname: make\ninput:\n  paths: [\"src/*\"]\nstages: []\noutput:\n  path: made\n  shard_bytes: 4GiB\n  compression_level: 1\n";
    dir.write("make.yaml", pass);
    dir.ok(&["run", "make.yaml"]);
    assert_eq!(files(&dir.join("made/data")).len(), 1);
    fs::remove_dir_all(dir.join("src")).expect("the sources can be removed");
}

#[test]
#[ignore = "long: makes and reads a gigabyte; scripts/test --long"]
fn a_single_large_parquet_file_uses_all_cores() {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(4);
    if cores < 2 {
        eprintln!("SKIPPED: one core only");
        return;
    }
    let dir = Dir::new();
    one_large_file(&dir);
    let pipeline =
        crate::util::PIPELINE.replace("in/*", "made/data/*").replace(", source: source", "").replace(", source", "");
    dir.write("pipeline.yaml", pipeline);
    let busy = busy_seconds();
    let (peak, cpu, wall) = watch(dir.spawn(&["run", "pipeline.yaml", "--threads", &cores.to_string()]));
    let others = (busy_seconds() - busy - cpu).max(0.0);
    // What other programs took of these cores could not be used.
    let machine = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as f64;
    let free = (wall * cores as f64).min(wall * machine - others);
    eprintln!("{cores} threads: {cpu:.1} CPU seconds in {wall:.1} s, others {others:.1}, peak {peak} KiB");
    assert!(cpu >= 0.8 * free, "{cpu:.1} of {free:.1} free CPU seconds in {wall:.1} s do not use {cores} cores");
}

/// Writes a table of `columns` short texts and `rows` rows, in one row group, as `in/wide.parquet`.
fn wide_table(dir: &Dir, columns: usize, rows: usize) {
    const BATCH: usize = 1000;
    let name = |column: usize| if column == 0 { "text".to_owned() } else { format!("c{column:04}") };
    let fields: Vec<_> = (0..columns).map(|column| Field::new(name(column), DataType::Utf8, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    fs::create_dir_all(dir.join("in")).expect("the folder can be made");
    let file = fs::File::create(dir.join("in/wide.parquet")).expect("the file can be made");
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), None).expect("a writer");
    for first in (0..rows).step_by(BATCH) {
        let column = |column: usize| -> ArrayRef {
            let value = |row: usize| format!("v{column}-{}", row * 7919 % 1_000_003);
            Arc::new(StringArray::from_iter_values((first..rows.min(first + BATCH)).map(value)))
        };
        let batch = RecordBatch::try_new(Arc::clone(&schema), (0..columns).map(column).collect());
        writer.write(&batch.expect("equal columns")).expect("written");
    }
    writer.close().expect("closed");
}

#[test]
#[ignore = "long: reads tables of thousands of columns; scripts/test --long"]
fn tables_of_thousands_of_columns_stay_near_the_budget() {
    for (columns, rows) in [(3000, 6000), (4500, 4000), (1200, 12_000)] {
        let dir = Dir::new();
        wide_table(&dir, columns, rows);
        let pipeline =
            "version: 1\nname: wide\ninput: {paths: [in], columns: \"*\"}\nstages: []\noutput: {path: out}\n";
        dir.write("pipeline.yaml", pipeline);
        let (peak, ..) = watch(dir.spawn(&["run", "pipeline.yaml", "--threads", "2", "--memory", "400MiB"]));
        assert!(peak <= 500 << 10, "{columns} columns: {peak} KiB");
    }
}
