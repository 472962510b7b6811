use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Float32Array, Int8Array, Int32Array, Int64Array,
    LargeStringArray, RecordBatch, StringArray, StringViewArray, UInt32Array,
};
use arrow::datatypes::Int32Type;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use textmill_document::ByteSize;
use textmill_ingest::{ColumnSource, ColumnType, Columns, ReadOptions, look_up_passed};

use crate::helpers::{Folder, all_rows, parquet, parquet_with};

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .expect("columns of one length")
}

fn numbered(count: usize) -> RecordBatch {
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values((0..count).map(|n| format!("d{n}"))));
    let text: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..count).map(|n| format!("text {n} ").repeat(n % 50))));
    table(vec![("id", ids), ("text", text)])
}

fn typed(columns: &[(&str, &str, ColumnType)]) -> Columns {
    let entry =
        |(name, from, data_type): &(&str, &str, _)| ((*name).to_owned(), ColumnSource::typed(*from, *data_type));
    Columns::new(columns.iter().map(entry).collect())
}

#[test]
fn all_string_types_are_read_as_one() {
    let texts = ["short", "", "a text that is longer than a view holds inline", "short"];
    let dictionary: DictionaryArray<Int32Type> = texts.into_iter().collect();
    let arrays: [ArrayRef; 4] = [
        Arc::new(StringArray::from(texts.to_vec())),
        Arc::new(LargeStringArray::from(texts.to_vec())),
        Arc::new(StringViewArray::from(texts.to_vec())),
        Arc::new(dictionary),
    ];
    for array in arrays {
        let folder = Folder::new();
        folder.write("a.parquet", parquet(&table(vec![("text", array.clone())]), 100));
        let read = folder.read("a.parquet");
        assert_eq!(read.column(1), texts, "{}", array.data_type());
        assert_eq!(read.column(0), ["a.parquet:0", "a.parquet:1", "a.parquet:2", "a.parquet:3"]);
    }
}

#[test]
fn numbers_are_widened_and_other_types_refused() {
    let folder = Folder::new();
    let batch = table(vec![
        ("key", Arc::new(Int64Array::from(vec![Some(5), None])) as ArrayRef),
        ("text", Arc::new(StringArray::from(vec!["a", "b"]))),
        ("small", Arc::new(Int8Array::from(vec![-1, 2]))),
        ("wide", Arc::new(UInt32Array::from(vec![4_000_000_000, 1]))),
        ("ratio", Arc::new(Float32Array::from(vec![Some(0.5), None]))),
        ("flag", Arc::new(BooleanArray::from(vec![true, false]))),
        ("raw", Arc::new(FixedSizeBinaryArray::try_from_iter([[1_u8, 2], [3, 4]].iter()).expect("two bytes each"))),
    ]);
    folder.write("a.parquet", parquet(&batch, 100));
    let mut options = ReadOptions::new(folder.config("a.parquet"));
    options.input.columns = typed(&[
        ("id", "key", ColumnType::String),
        ("text", "text", ColumnType::String),
        ("n", "small", ColumnType::Int64),
        ("wide", "wide", ColumnType::Int64),
        ("score", "ratio", ColumnType::Float64),
        ("count", "small", ColumnType::Float64),
        ("flag", "flag", ColumnType::Boolean),
    ]);
    let read = folder.read_with(&options);
    assert_eq!(read.documents[0].1, ["5", "a", "-1", "4000000000", "0.5", "-1.0", "true"]);
    assert_eq!(read.documents[1].1, ["a.parquet:1", "b", "2", "1", "-", "2.0", "false"]);
    options.projection = Some(vec!["flag".to_owned()]);
    assert_eq!(folder.read_with(&options).documents[0].1, ["5", "a", "true"]);
    options.input.columns = typed(&[
        ("text", "small", ColumnType::String),
        ("n", "ratio", ColumnType::Int64),
        ("raw", "raw", ColumnType::String),
        ("title", "texts", ColumnType::String),
    ]);
    assert_eq!(
        folder.plan_errors(&options.input),
        ["a.parquet: column `text` is declared as string (a column of strings or of bytes, plain or \
             dictionary-encoded), but field `small` is Int8; column `n` is declared as int64 (an integer column), but \
             field `ratio` is Float32; column `raw` is declared as string (any column but one of fixed-size bytes, which \
             `type: any` passes on), but field `raw` is FixedSizeBinary(2); column `title` is mapped to field `texts`, \
             which is missing (did you mean `text`?); the file has: key, text, small, wide, ratio, flag, raw; where files \
             may lack a field, write `{from: NAME, optional: true}`"]
    );
}

#[test]
fn null_and_too_large_documents_go_to_quarantine() {
    let folder = Folder::new();
    let large = "x".repeat(2000);
    let texts = [None, Some("a"), Some(large.as_str()), Some("b"), None];
    let ids: ArrayRef = Arc::new(Int32Array::from(vec![0, 1, 2, 3, 4]));
    let batch = table(vec![("id", ids), ("text", Arc::new(StringArray::from(texts.to_vec())))]);
    folder.write("a.parquet", parquet(&batch, 100));
    let mut options = ReadOptions::new(folder.config("a.parquet"));
    options.input.limits.max_document_bytes = ByteSize(1000);
    for batch_bytes in [1, 8 << 20] {
        options.batch_bytes = batch_bytes;
        let read = folder.read_with(&options);
        assert_eq!(read.causes(), [(0, "missing_text"), (2, "too_large"), (4, "missing_text")]);
        assert_eq!(read.documents, [(1, vec!["1".into(), "a".into()]), (3, vec!["3".into(), "b".into()])]);
        let record = &read.quarantined[1];
        assert_eq!((record.bytes, record.head.len()), (2000, 1024));
        assert_eq!(record.blake3, blake3::hash(large.as_bytes()).to_hex().to_string());
    }
}

#[test]
fn splits_cover_all_rows_once_with_the_shards_numbers() {
    let folder = Folder::new();
    let batch = numbered(1000);
    folder.write("a.parquet", parquet(&batch, 90));
    let mut config = folder.config("a.parquet");
    let whole = folder.read("a.parquet");
    assert_eq!(whole.rows(), all_rows(1000));
    for (split_bytes, splits) in [(1, 12), (1 << 30, 1)] {
        config.split_bytes = ByteSize(split_bytes);
        let plan = folder.plan(&config).expect("a plan");
        assert_eq!(plan.splits.len(), splits);
        assert_eq!(plan.splits.iter().filter_map(|split| split.rows).sum::<u64>(), 1000);
        let options = ReadOptions::new(config.clone());
        for split in &plan.splits {
            let read = folder.try_read(std::slice::from_ref(split), &options).expect("readable");
            assert_eq!(read.documents.first().map(|(row, _)| *row), Some(split.first_row));
            assert_eq!(Some(read.rows().len() as u64), split.rows);
        }
        assert_eq!(folder.try_read(&plan.splits, &options).expect("readable").documents, whole.documents);
    }
}

#[test]
fn batches_are_bounded_and_their_size_changes_nothing_else() {
    let folder = Folder::new();
    folder.write("a.parquet", parquet(&numbered(1000), 300));
    let mut options = ReadOptions::new(folder.config("a.parquet"));
    let reference = folder.read_with(&options);
    for (rows, bytes) in [(1, 1 << 20), (7, 1 << 20), (1024, 300), (1024, 4000), (8192, 1 << 30)] {
        (options.batch_rows, options.batch_bytes) = (rows, bytes);
        let read = folder.read_with(&options);
        assert_eq!(read.documents, reference.documents);
        for (documents, payload) in read.batches {
            assert!(documents <= rows && (payload <= bytes as u64 || documents == 1), "{documents} {payload}");
        }
    }
}

#[test]
fn files_without_rows_are_empty() {
    let folder = Folder::new();
    folder.write("a.parquet", parquet(&numbered(0), 10));
    folder.write("b.parquet", "");
    let plan = folder.plan(&folder.config("*")).expect("a plan");
    assert_eq!((plan.shards.len(), plan.splits.len()), (2, 0));
    assert_eq!(plan.notes[0], "2 input files hold no records");
}

#[test]
fn row_groups_of_very_many_columns_are_read_some_columns_at_a_time() {
    // 140 columns of a MiB each: more pages than are held at once.
    let (rows, columns) = (1024, 140);
    let text = |row: usize, column: usize| format!("{row}.{column} ").repeat(1024 / 7);
    let made = (0..columns).map(|column| {
        let values: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|row| text(row, column))));
        (format!("c{column}"), values, true)
    });
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|row| format!("text {row}"))));
    let batch = RecordBatch::try_from_iter_with_nullable(std::iter::once(("text".to_owned(), ids, true)).chain(made));
    let properties = WriterProperties::builder().set_dictionary_enabled(false).set_compression(Compression::LZ4_RAW);
    let folder = Folder::new();
    folder.write("a.parquet", parquet_with(&batch.expect("columns of one length"), properties.build()));
    let mut options = ReadOptions::new(folder.config("a.parquet"));
    options.input.columns = Columns::default().with_rest();
    options.input.passed = look_up_passed(&options.input).map_err(|errors| format!("{errors:?}")).expect("types");
    let read = folder.read_with(&options);
    assert_eq!((read.documents.len(), read.quarantined.len()), (rows, 0));
    let most = read.batches.iter().map(|(documents, _)| *documents).max();
    assert!(most.is_some_and(|most| (100..400).contains(&most)), "as many rows as are 32 MiB: {:?}", read.batches);
    for (row, (number, values)) in read.documents.iter().enumerate().step_by(97) {
        assert_eq!((*number, values[1].as_str()), (row as u64, format!("text {row}").as_str()));
        assert!((0..columns).all(|column| values[2 + column] == text(row, column)), "row {row}");
    }
}
