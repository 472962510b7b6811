//! The deterministic Parquet writer.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use textmill_document::row_hash_sum;
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::verify::read_parquet;
use textmill_store::writer::{DatasetWriter, HashColumn, WriterOptions};

use crate::util::{local, memory, paths, rows};

/// Small bounds, so that a few thousand rows make several row groups and files.
fn small(input: &RecordBatch) -> WriterOptions {
    let options = WriterOptions::new(input.schema());
    WriterOptions { shard_bytes: 8_000, row_group_bytes: 500_000, chunk_rows: 100, ..options }
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
        let batch = input.slice(start, step.min(input.num_rows() - start));
        writer.write(batch).await.expect("writes");
    }
    writer.finish().await.expect("finishes")
}

async fn read(store: &Store, files: &[FileEntry], like: &RecordBatch) -> RecordBatch {
    let mut batches = Vec::new();
    for file in files {
        let read = read_parquet(store, file).await.expect("opens").collect().await.expect("reads");
        assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>() as u64, file.rows);
        let hash = read.iter().fold(0_u128, |sum, batch| sum.wrapping_add(row_hash_sum(batch)));
        assert_eq!(hash, file.row_hash_sum().expect("a number"));
        batches.extend(read);
    }
    concat_batches(&like.schema(), &batches).expect("has the schema that was written")
}

fn digests(files: &[FileEntry]) -> Vec<(u64, u64, &str)> {
    files.iter().map(|file| (file.bytes, file.rows, file.blake3.as_str())).collect()
}

#[tokio::test]
async fn columns_of_hashes_are_written_as_they_are_and_read_back() {
    use arrow::array::{ArrayRef, UInt64Array};
    let (_directory, store) = local();
    let numbers = || -> ArrayRef { Arc::new((0..4096_u64).map(|number| number / 512).collect::<UInt64Array>()) };
    let columns = [("band_000", numbers()), ("band", numbers()), ("hash", numbers())];
    let input = RecordBatch::try_from_iter(columns).expect("columns");
    let hashes = &[HashColumn::Prefixed("band_"), HashColumn::Named("hash")];
    let files =
        write(&store, "hashes", &input, 999, WriterOptions { hashes, ..WriterOptions::new(input.schema()) }).await;
    assert_eq!(read(&store, &files, &input).await, input);

    let bytes = store.get_opt(&files[0].path).await.expect("reads").expect("is there");
    let reader = parquet::file::reader::SerializedFileReader::new(bytes).expect("Parquet");
    let group = parquet::file::reader::FileReader::metadata(&reader).row_group(0).clone();
    let facts = |column: usize| {
        let column = group.column(column);
        let packed = column.compression() != parquet::basic::Compression::UNCOMPRESSED;
        (packed, column.dictionary_page_offset().is_some(), column.compressed_size() >= 8 * 4096)
    };
    assert_eq!([facts(0), facts(1), facts(2)], [(false, false, true), (true, true, false), (false, false, true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_do_not_depend_on_batches_or_threads() {
    let (_directory, store) = local();
    let input = rows(5000);
    let expected = write(&store, "whole", &input, 8192, small(&input)).await;
    assert!(expected.len() > 3, "{} files", expected.len());
    for step in [1, 7, 1000, 4999] {
        let files = write(&store, &format!("by-{step}"), &input, step, small(&input)).await;
        assert_eq!(digests(&files), digests(&expected), "batches of {step}");
    }
    for threads in [1, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let options = WriterOptions { pool: Some(Arc::new(pool)), in_flight: threads * 2, ..small(&input) };
        let files = write(&store, &format!("on-{threads}"), &input, 1000, options).await;
        assert_eq!(digests(&files), digests(&expected), "{threads} threads");
    }
    let remote = memory();
    let files = write(&remote, "whole", &input, 8192, small(&input)).await;
    assert_eq!(files, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_do_not_depend_on_how_rows_lie_in_memory() {
    let (_directory, store) = local();
    let input = rows(3000);
    let expected = write(&store, "plain", &input, 3000, small(&input)).await;
    // The same rows as the kept ones of a larger batch: other buffers, other views.
    let keep = |row: usize| row % 3 == 1;
    let spread: Vec<u32> = (0..9000).map(|row: u32| if keep(row as usize) { row / 3 } else { 0 }).collect();
    let indices = arrow::array::UInt32Array::from(spread);
    let large = arrow::compute::take_record_batch(&input, &indices).expect("takes");
    let mask: arrow::array::BooleanArray = (0..9000).map(|row| Some(keep(row))).collect();
    let filtered = arrow::compute::filter_record_batch(&large, &mask).expect("filters");
    assert_eq!(filtered, input);
    let files = write(&store, "filtered", &filtered, 777, small(&input)).await;
    assert_eq!(digests(&files), digests(&expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_is_what_was_written() {
    let input = rows(4000);
    let (_directory, local) = local();
    for store in [local, memory()] {
        let files = write(&store, "s/p0-data", &input, 900, small(&input)).await;
        let names: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
        assert_eq!(names[..2], ["s/p0-data-000.parquet", "s/p0-data-001.parquet"]);
        assert_eq!(paths(&store).await, names, "nothing else lies there");
        assert_eq!(read(&store, &files, &input).await, input);
        assert!(files.iter().rev().skip(1).all(|file| file.bytes >= 8_000), "a file ended too early");
    }
}

#[tokio::test]
async fn no_rows_make_no_file_and_one_row_makes_one() {
    let store = memory();
    let input = rows(1);
    let none = write(&store, "none", &input.slice(0, 0), 1, WriterOptions::new(input.schema())).await;
    assert_eq!((none.len(), paths(&store).await.len()), (0, 0));
    let mut writer = DatasetWriter::new(store.clone(), "empty", WriterOptions::new(input.schema()));
    writer.write(input.slice(0, 0)).await.expect("an empty batch is fine");
    assert_eq!(writer.finish().await.expect("finishes"), []);
    let writer = DatasetWriter::new(store.clone(), "columns", WriterOptions::new(input.schema()));
    let columns = writer.finish_or_empty().await.expect("finishes");
    assert_eq!((columns.len(), columns[0].rows, columns[0].row_hash_sum().expect("a sum")), (1, 0, 0));
    assert_eq!(read(&store, &columns, &input).await, input.slice(0, 0));
    let one = write(&store, "one", &input, 1, WriterOptions::new(input.schema())).await;
    assert_eq!(one.len(), 1);
    assert_eq!(read(&store, &one, &input).await, input);
}

#[tokio::test]
async fn a_row_larger_than_a_row_group_is_written_whole() {
    let store = memory();
    let input = rows(200);
    let options = WriterOptions { row_group_bytes: 1000, shard_bytes: 1, ..small(&input) };
    let options = WriterOptions { chunk_rows: 1, ..options };
    let files = write(&store, "big", &input, 50, options).await;
    assert!(files.iter().any(|file| file.rows == 1));
    assert_eq!(read(&store, &files, &input).await, input);
}

#[tokio::test]
async fn an_aborted_writer_leaves_nothing() {
    let (_directory, local) = local();
    let input = rows(5000);
    for store in [local, memory()] {
        let mut writer = DatasetWriter::new(store.clone(), "aborted", small(&input));
        writer.write(input.clone()).await.expect("writes");
        writer.abort().await;
        assert_eq!(paths(&store).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn rows_of_another_schema_are_refused() {
    let store = memory();
    let input = rows(3);
    let mut writer = DatasetWriter::new(store.clone(), "p", WriterOptions::new(input.schema()));
    let error = writer.write(input.project(&[0, 1]).expect("projects")).await.expect_err("columns are missing");
    assert!(error.to_string().starts_with("p: cannot be written as Parquet: the rows have columns"), "{error}");
}

#[tokio::test]
async fn the_files_name_no_version_and_embed_no_arrow_schema() {
    let store = memory();
    let input = rows(10);
    let files = write(&store, "x", &input, 10, WriterOptions::new(input.schema())).await;
    let bytes = store.get(&files[0].path).await.expect("reads");
    let metadata =
        parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&bytes).expect("has a footer");
    assert_eq!(metadata.file_metadata().created_by(), Some("textmill version 1"));
    assert_eq!(metadata.file_metadata().key_value_metadata(), None);
}
