//! The writer of JSON lines, held to what is asked of the one of Parquet.

use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use bytes::Bytes;
use serde_json::json;
use textmill_document::row_hash_sum;
use textmill_store::manifest::FileEntry;
use textmill_store::writer::{DatasetWriter, OutputFormat, RowReader, Rows, WriterOptions};
use textmill_store::{Store, StoreErrorKind};

use crate::util::{local, memory, paths, rows};

/// Small bounds, so that a few thousand rows make several frames and files.
fn small(input: &RecordBatch) -> WriterOptions {
    let options = WriterOptions::new(input.schema());
    WriterOptions { format: OutputFormat::Jsonl, shard_bytes: 20_000, frame_bytes: 100_000, ..options }
}

async fn write(
    store: &Store,
    prefix: &str,
    input: &RecordBatch,
    step: usize,
    options: WriterOptions,
) -> Vec<FileEntry> {
    let mut writer = DatasetWriter::new(store.clone(), prefix, options);
    for start in (0..input.num_rows()).step_by(step) {
        writer.write(input.slice(start, step.min(input.num_rows() - start))).await.expect("writes");
    }
    writer.finish().await.expect("finishes")
}

/// The lines of `files`.
async fn read(store: &Store, files: &[FileEntry]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let bytes = store.get(&file.path).await.expect("reads");
        let text = zstd::decode_all(&bytes[..]).expect("is zstd");
        let lines: Vec<_> = text.split_inclusive(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len() as u64, file.rows);
        found.extend(lines.into_iter().map(|line| String::from_utf8_lossy(line).into_owned()));
    }
    found
}

fn expected(input: &RecordBatch) -> Vec<String> {
    let text = |column: usize, row: usize| {
        let column = input.column(column).as_string_view();
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let scores = input.column(3).as_primitive::<Float64Type>();
    let object = |row| {
        json!({
            "id": text(0, row),
            "text": text(1, row),
            "language": text(2, row),
            "language_score": scores.is_valid(row).then(|| scores.value(row)),
        })
    };
    (0..input.num_rows()).map(|row| format!("{}\n", object(row))).collect()
}

fn digests(files: &[FileEntry]) -> Vec<(u64, u64, &str, &str)> {
    files.iter().map(|file| (file.bytes, file.rows, file.blake3.as_str(), file.row_hash.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_depend_on_the_rows_alone_and_hold_them() {
    let (_directory, store) = local();
    let input = rows(5000);
    let whole = write(&store, "whole", &input, 8192, small(&input)).await;
    assert!(whole.len() > 3, "{} files", whole.len());
    assert!(whole[0].path.ends_with("whole-000.jsonl.zst"), "{}", whole[0].path);
    assert!(whole.iter().rev().skip(1).all(|file| file.bytes >= 20_000), "a file ended too early");
    assert!(read(&store, &whole).await == expected(&input), "other lines than rows");
    let sum = |files: &[FileEntry]| {
        files.iter().fold(0_u128, |sum, file| sum.wrapping_add(file.row_hash_sum().expect("a number")))
    };
    assert_eq!(sum(&whole), row_hash_sum(&input));

    for step in [1, 7, 1000, 4999] {
        let files = write(&store, &format!("by-{step}"), &input, step, small(&input)).await;
        assert_eq!(digests(&files), digests(&whole), "batches of {step}");
    }
    for threads in [1, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let options = WriterOptions { pool: Some(Arc::new(pool)), in_flight: threads * 2, ..small(&input) };
        let files = write(&store, &format!("on-{threads}"), &input, 1000, options).await;
        assert_eq!(digests(&files), digests(&whole), "{threads} threads");
    }
    let files = write(&memory(), "whole", &input, 8192, small(&input)).await;
    assert_eq!(files, whole);
}

/// What tasks wrote, joined, has the bytes of what one task would have written.
#[tokio::test(flavor = "multi_thread")]
async fn joined_files_are_those_of_one_writer() {
    let store = memory();
    let input = rows(3000);
    let options = WriterOptions { shard_bytes: u64::MAX, ..small(&input) };
    let whole = write(&store, "whole", &input, 1000, options.clone()).await;
    let mut joined = DatasetWriter::new(store.clone(), "joined", options.clone());
    let mut found = (0, 0_u128);
    for (number, (start, rows)) in [(0, 1), (1, 0), (1, 999), (1000, 700), (1700, 1300)].into_iter().enumerate() {
        let part = input.slice(start, rows);
        let mut writer = DatasetWriter::new(store.clone(), &format!("part-{number}"), options.clone());
        writer.write(part).await.expect("writes");
        for file in writer.finish_or_empty().await.expect("finishes") {
            let mut reader = RowReader::open(&store, &file).await.expect("opens");
            while let Some(rows) = reader.next().await.expect("reads") {
                assert!(matches!(rows, Rows::Lines(_)));
                found = (found.0 + rows.count(), found.1.wrapping_add(rows.hash_sum()));
                joined.write_rows(rows).await.expect("writes");
            }
        }
    }
    let joined = joined.finish().await.expect("finishes");
    assert_eq!(digests(&joined), digests(&whole));
    assert_eq!(found, (3000, row_hash_sum(&input)));
}

#[tokio::test]
async fn no_rows_make_a_file_where_one_is_wanted() {
    let store = memory();
    let input = rows(1);
    assert_eq!(write(&store, "none", &input.slice(0, 0), 1, small(&input)).await, []);
    let writer = DatasetWriter::new(store.clone(), "empty", small(&input));
    let files = writer.finish_or_empty().await.expect("finishes");
    assert_eq!((files.len(), files[0].rows, files[0].bytes > 0), (1, 0, true));
    assert_eq!(read(&store, &files).await, Vec::<String>::new());
    let mut reader = RowReader::open(&store, &files[0]).await.expect("opens");
    assert!(reader.next().await.expect("reads").is_none());
}

#[tokio::test]
async fn an_aborted_writer_leaves_nothing_and_a_row_without_a_form_is_an_error() {
    let (_directory, local) = local();
    let input = rows(5000);
    for store in [local, memory()] {
        let mut writer = DatasetWriter::new(store.clone(), "aborted", small(&input));
        writer.write(input.clone()).await.expect("writes");
        writer.abort().await;
        assert_eq!(paths(&store).await, Vec::<String>::new());
    }
    let mut writer = DatasetWriter::new(memory(), "p", small(&input));
    let error = writer.write(input.project(&[0, 1]).expect("projects")).await.expect_err("columns are missing");
    assert!(error.to_string().starts_with("p: cannot be written as JSONL: the rows have columns"), "{error}");
    let mut parquet = DatasetWriter::new(memory(), "p", WriterOptions::new(input.schema()));
    let lines = Rows::Lines(textmill_store::writer::Lines::default());
    let error = parquet.write_rows(lines).await.expect_err("lines are no columns");
    assert!(error.to_string().contains("cannot be written as Parquet"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_is_not_copied_whatever_its_manifest_says() {
    let store = memory();
    let input = rows(300);
    let options = WriterOptions { shard_bytes: u64::MAX, ..small(&input) };
    let [entry]: [FileEntry; 1] = write(&store, "x", &input, 300, options).await.try_into().expect("one file");
    let good = store.get(&entry.path).await.expect("reads");
    let drain = |entry: FileEntry| {
        let store = store.clone();
        async move {
            let mut reader = RowReader::open(&store, &entry).await?;
            while reader.next().await?.is_some() {}
            Ok::<_, textmill_store::StoreError>(())
        }
    };
    drain(entry.clone()).await.expect("a whole file is read");
    for bit in (0..good.len() * 8).step_by(good.len() / 4) {
        let mut damaged = good.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let blake3 = blake3::hash(&damaged).to_hex().to_string();
        store.put(&entry.path, Bytes::from(damaged)).await.expect("writes");
        // By the digest; and, were that one of the damaged file, by the checksums of the frames.
        for entry in [entry.clone(), FileEntry { blake3, ..entry.clone() }] {
            let error = drain(entry).await.expect_err("damage is found");
            assert_eq!(error.kind(), StoreErrorKind::Integrity, "bit {bit}: {error}");
        }
    }
    store.put(&entry.path, good).await.expect("writes");
    for rows in [entry.rows - 1, entry.rows + 1] {
        let error = drain(FileEntry { rows, ..entry.clone() }).await.expect_err("another number of rows");
        assert_eq!(error.kind(), StoreErrorKind::Integrity, "{error}");
    }
}
