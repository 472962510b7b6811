//! CPU cost of a pass-through pipeline (Parquet to Parquet, no stages) against a plain arrow-rs
//! copy of the same file with the same codec and row-group size.
//!
//! `cargo bench --bench passthrough` prints both and their ratio; the bound is 1.5. The input is
//! the text of the development corpus where it is there (`$TEXTMILL_DATA` or `../shared/data`),
//! else made-up prose; `TEXTMILL_BENCH_MB` (default 256) sets its size.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// textmill's own (`DEFAULT_ROW_GROUP_BYTES` of `textmill-store`).
const ROW_GROUP_BYTES: usize = 32 << 20;
const PAIRS: usize = 5;
const BOUND: f64 = 1.5;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, command, input, output] = args.as_slice()
        && command == "plain-copy"
    {
        return plain_copy(Path::new(input), Path::new(output));
    }
    let dir = tempfile::tempdir().unwrap();
    let input = dir.path().join("input.parquet");
    let (source, bytes) = write_input(&input);
    let pipeline = dir.path().join("pass.yaml");
    let text = "version: 1\nname: pass\ninput: {paths: [input.parquet]}\nstages: []\noutput: {path: out, compression_level: 3}\n";
    fs::write(&pipeline, text).unwrap();
    println!(
        "input: {source}, {:.0} MB of text, {:.0} MB Parquet",
        bytes as f64 / 1e6,
        fs::metadata(&input).unwrap().len() as f64 / 1e6
    );

    let mut ratios = Vec::new();
    for pair in 0..=PAIRS {
        let plain =
            cpu_seconds(Command::new(&args[0]).args(["plain-copy"]).arg(&input).arg(dir.path().join("copy.parquet")));
        drop(fs::remove_dir_all(dir.path().join("out")));
        let mut run = Command::new(env!("CARGO_BIN_EXE_textmill"));
        let ours = cpu_seconds(run.args(["run", "pass.yaml", "--no-progress"]).current_dir(dir.path()));
        // The first pair warms the page cache.
        if pair > 0 {
            println!("pair {pair}: plain copy {plain:.2} s CPU, textmill {ours:.2} s CPU, ratio {:.2}", ours / plain);
            ratios.push(ours / plain);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("pass-through costs {median:.2} times the CPU of a plain copy (median of {PAIRS}; bound {BOUND})");
    assert!(median <= BOUND, "the pass-through costs more than {BOUND} times a plain copy");
}

/// CPU seconds, user and system, of a child that must succeed.
fn cpu_seconds(command: &mut Command) -> f64 {
    let before = children_ticks();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (children_ticks() - before) as f64 / 100.0
}

/// CPU time of all children waited for so far, in clock ticks of 10 ms.
fn children_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[13].parse::<u64>().unwrap() + fields[14].parse::<u64>().unwrap()
}

fn properties() -> WriterProperties {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(3).unwrap());
    let text = |name: &str| parquet::schema::types::ColumnPath::from(name);
    WriterProperties::builder()
        .set_compression(zstd)
        .set_max_row_group_row_count(None)
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_column_dictionary_enabled(text("id"), false)
        .set_column_dictionary_enabled(text("text"), false)
        .build()
}

fn plain_copy(input: &Path, output: &Path) {
    let file = File::open(input).unwrap();
    let schema = Arc::new(schema());
    let options = ArrowReaderOptions::new().with_schema(Arc::clone(&schema));
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(output).unwrap(), schema, Some(properties())).unwrap();
    for batch in reader.with_batch_size(1024).build().unwrap() {
        writer.write(&batch.unwrap()).unwrap();
    }
    writer.close().unwrap();
}

fn schema() -> Schema {
    Schema::new(vec![Field::new("id", DataType::Utf8View, true), Field::new("text", DataType::Utf8View, true)])
}

fn write_input(path: &Path) -> (String, u64) {
    let wanted =
        std::env::var("TEXTMILL_BENCH_MB").ok().and_then(|mb| mb.parse::<u64>().ok()).unwrap_or(256) * 1_000_000;
    let (source, texts) = texts();
    let schema = Arc::new(schema());
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), Arc::clone(&schema), Some(properties())).unwrap();
    let (mut bytes, mut number) = (0, 0_u64);
    while bytes < wanted {
        for chunk in texts.chunks(1024) {
            let ids = StringViewArray::from_iter_values(chunk.iter().map(|_| {
                number += 1;
                format!("document-{number}")
            }));
            bytes += chunk.iter().map(|text| text.len() as u64).sum::<u64>();
            let text = StringViewArray::from_iter_values(chunk);
            let columns: Vec<ArrayRef> = vec![Arc::new(ids), Arc::new(text)];
            writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()).unwrap();
            if bytes >= wanted {
                break;
            }
        }
    }
    writer.close().unwrap();
    (source, bytes)
}

fn texts() -> (String, Vec<String>) {
    let root = std::env::var_os("TEXTMILL_DATA").map_or_else(|| Path::new("../shared/data").to_owned(), PathBuf::from);
    let shard = root.join("corpus/en-00000.jsonl.zst");
    let Ok(file) = File::open(&shard) else {
        let line = "The river ran under the bridge and nobody had seen it so high since the winter of the flood. ";
        let texts = (0..2000).map(|n| format!("{n} {}", line.repeat(1 + n % 60))).collect();
        return ("made-up prose (no development data)".to_owned(), texts);
    };
    let lines = BufReader::new(zstd::Decoder::new(file).unwrap()).lines();
    let texts = lines.map(|line| {
        let document: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        document["text"].as_str().unwrap_or_default().to_owned()
    });
    ("corpus/en-00000".to_owned(), texts.collect())
}
