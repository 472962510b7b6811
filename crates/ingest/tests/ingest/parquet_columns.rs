//! Columns of every type, columns that some files lack, and values that lie in names of folders.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, Date32Array, Decimal128Array, FixedSizeBinaryArray, Float32Array, Int32Array,
    Int64Array, ListArray, MapBuilder, NullArray, RecordBatch, StringArray, StringBuilder, StructArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Int32Type, Schema, TimeUnit};
use textmill_ingest::{ColumnSource, ColumnType, Columns, OtherFields, ReadOptions, document_schema, look_up_passed};

use crate::helpers::{Folder, parquet};

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .expect("columns of one length")
}

fn strings(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn mapping(entries: Vec<(&str, ColumnSource)>) -> Columns {
    Columns::new(entries.into_iter().map(|(name, source)| (name.to_owned(), source)).collect())
}

fn named(entries: &[(&str, &str)]) -> Columns {
    mapping(entries.iter().map(|(name, from)| (*name, ColumnSource::string(*from))).collect())
}

fn options(folder: &Folder, pattern: &str, columns: Columns) -> ReadOptions {
    let mut options = ReadOptions::new(folder.config(pattern));
    options.input.columns = columns;
    options
}

/// The options with the types of the columns that pass, as a pipeline has them.
fn bound(mut options: ReadOptions) -> ReadOptions {
    options.input.passed = look_up_passed(&options.input).map_err(|errors| format!("{errors:?}")).expect("types");
    options
}

#[test]
fn typed_ids_become_their_text_and_null_ids_are_made() {
    let timestamp = TimestampMicrosecondArray::from(vec![Some(1_700_000_000_123_456), None]);
    let cases: Vec<(ArrayRef, &str)> = vec![
        (
            Arc::new(Decimal128Array::from(vec![Some(-12345), None]).with_precision_and_scale(20, 2).expect("fits")),
            "-123.45",
        ),
        (Arc::new(Decimal128Array::from(vec![Some(77), None]).with_precision_and_scale(20, 0).expect("fits")), "77"),
        (Arc::new(timestamp.clone()), "2023-11-14T22:13:20.123456"),
        (Arc::new(timestamp.with_timezone("America/New_York")), "2023-11-14T22:13:20.123456Z"),
        (Arc::new(Date32Array::from(vec![Some(19_000), None])), "2022-01-08"),
        (Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])), "18446744073709551615"),
        (cast(&Float32Array::from(vec![Some(1.5), None]), &DataType::Float16).expect("fits"), "1.5"),
        (Arc::new(BinaryArray::from_opt_vec(vec![Some(b"doc-1"), None])), "doc-1"),
        (
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some([0_u8, 255]), None].into_iter(), 2)
                    .expect("two"),
            ),
            "00ff",
        ),
    ];
    for (ids, text) in cases {
        let folder = Folder::new();
        folder.write("a.parquet", parquet(&table(vec![("id", Arc::clone(&ids)), ("text", strings(&["a", "b"]))]), 10));
        assert_eq!(folder.read("a.parquet").column(0), [text, "a.parquet:1"], "{}", ids.data_type());
    }
}

#[test]
fn uuids_are_told_by_parquet_and_become_their_text() {
    let folder = Folder::new();
    folder.write("a.parquet", include_bytes!("../data/uuid.parquet"));
    let read = folder.read("a.parquet");
    assert_eq!(read.column(0), ["00000000-0000-0000-0000-00000000002a", "a.parquet:1"]);
}

#[test]
fn values_that_do_not_fit_a_number_cost_their_rows_only() {
    let folder = Folder::new();
    let numbers: ArrayRef = Arc::new(UInt64Array::from(vec![Some(7), Some(u64::MAX), None, Some(u64::MAX - 1)]));
    folder.write("a.parquet", parquet(&table(vec![("text", strings(&["a", "b", "c", "d"])), ("n", numbers)]), 10));
    let columns =
        |data_type| mapping(vec![("text", ColumnSource::string("text")), ("n", ColumnSource::typed("n", data_type))]);
    let read = folder.read_with(&options(&folder, "a.parquet", columns(ColumnType::Int64)));
    assert_eq!(read.column(2), ["7", "-"]);
    assert_eq!(read.causes(), [(1, "wrong_type"), (3, "wrong_type")]);
    assert_eq!(read.quarantined[0].detail, "column `n`: 18446744073709551615 is no Int64");
    let read = folder.read_with(&options(&folder, "a.parquet", columns(ColumnType::Float64)));
    assert_eq!(read.column(2), ["7.0", "1.8446744073709552e19", "-", "1.8446744073709552e19"]);
}

#[test]
fn two_columns_of_one_name_are_refused_where_they_are_read() {
    let folder = Folder::new();
    let field = |name: &str| Field::new(name, DataType::Utf8, true);
    let schema = Schema::new(vec![field("id"), field("text"), field("x"), field("text"), field("x")]);
    let columns = ["i", "one", "u", "two", "v"].map(|value| strings(&[value]));
    let batch = RecordBatch::try_new(Arc::new(schema), columns.to_vec()).expect("five columns");
    folder.write("a.parquet", parquet(&batch, 10));
    let fault = |column: &str, from: &str| {
        format!(
            "a.parquet: column `{column}` is mapped to field `{from}`, which is there 2 times; write the file again with \
             one name for each column; the file has: id, text, x, text, x"
        )
    };
    assert_eq!(folder.plan_errors(&folder.config("a.parquet")), [fault("text", "text")]);
    let config = |text: &str, other_fields| {
        let mut config = folder.config("a.parquet");
        (config.columns, config.other_fields) = (named(&[("text", text)]), other_fields);
        config
    };
    assert_eq!(folder.plan_errors(&config("id", OtherFields::Metadata)), [fault("metadata", "text")]);
    // Whoever reads neither is not bothered.
    folder.plan(&config("id", OtherFields::Drop)).expect("a plan");
    let schema = Schema::new(vec![field("text"), field("x"), field("x")]);
    let batch = RecordBatch::try_new(Arc::new(schema), ["one", "u", "v"].map(|value| strings(&[value])).to_vec());
    folder.write("b.parquet", parquet(&batch.expect("three columns"), 10));
    let all = options(&folder, "b.parquet", Columns::default().with_rest());
    let errors = look_up_passed(&all.input).expect_err("which one passes?");
    assert!(errors[0].to_string().contains("which is there 2 times"), "{errors:?}");
}

#[test]
fn bytes_that_are_text_are_read_as_such_value_by_value() {
    let folder = Folder::new();
    let bytes: Vec<Option<&[u8]>> = vec![Some(b"caf\xc3\xa9"), Some(b"caf\xe9"), None, Some(b"")];
    let text: ArrayRef = Arc::new(BinaryArray::from(bytes.clone()));
    let batch = table(vec![("id", strings(&["a", "b", "c", "d"])), ("text", Arc::clone(&text)), ("raw", text)]);
    folder.write("a.parquet", parquet(&batch, 10));
    let read = folder.read("a.parquet");
    assert_eq!((read.column(0), read.column(1)), (vec!["a", "d"], vec!["café", ""]));
    assert_eq!(read.causes(), [(1, "invalid_utf8"), (2, "missing_text")]);
    assert_eq!(read.quarantined[0].head, b"caf\xe9");
    // Bytes that pass are no text, and need not be any.
    let columns = mapping(vec![("text", ColumnSource::string("id")), ("raw", ColumnSource::as_is("raw"))]);
    let read = folder.read_with(&bound(options(&folder, "a.parquet", columns)));
    assert_eq!(read.column(2), ["636166c3a9", "636166e9", "-", ""]);
}

/// `content: {text, size}`, null in the second row and without a text in the third.
fn nested() -> ArrayRef {
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("inner"), Some("hidden"), None]));
    let size: ArrayRef = Arc::new(Int32Array::from(vec![Some(5), Some(6), Some(7)]));
    let fields =
        Fields::from(vec![Field::new("text", DataType::Utf8, true), Field::new("size", DataType::Int32, true)]);
    let nulls = NullBuffer::from(vec![true, false, true]);
    Arc::new(StructArray::try_new(fields, vec![text, size], Some(nulls)).expect("a struct"))
}

#[test]
fn fields_of_structs_are_read_by_their_path() {
    let folder = Folder::new();
    let batch = table(vec![("id", strings(&["a", "b", "c"])), ("content", nested())]);
    folder.write("a.parquet", parquet(&batch, 10));
    let columns = mapping(vec![
        ("text", ColumnSource::string("content.text")),
        ("size", ColumnSource::typed("content.size", ColumnType::Int64)),
    ]);
    let read = folder.read_with(&options(&folder, "a.parquet", columns.clone()));
    assert_eq!((read.documents[0].1[1].as_str(), read.documents[0].1[2].as_str()), ("inner", "5"));
    assert_eq!(read.causes(), [(1, "missing_text"), (2, "missing_text")], "a null struct has no text in it");
    // A column of that very name comes first.
    let batch = table(vec![("content.text", strings(&["x", "y", "z"])), ("content", nested())]);
    folder.write("a.parquet", parquet(&batch, 10));
    assert_eq!(folder.read_with(&options(&folder, "a.parquet", columns)).column(1), ["x", "y", "z"]);
    let errors = folder.plan_errors(&options(&folder, "a.parquet", named(&[("text", "content.body")])).input);
    assert!(errors[0].contains("field `content.body`, which is missing"), "{errors:?}");
    assert!(errors[0].contains("the file has: content.text, content.text, content.size, content"), "{errors:?}");
}

#[test]
fn columns_without_any_value_fit_every_type() {
    let folder = Folder::new();
    let nothing = || -> ArrayRef { Arc::new(NullArray::new(2)) };
    let columns = vec![("id", nothing()), ("text", strings(&["a", "b"])), ("n", nothing()), ("when", nothing())];
    folder.write("a.parquet", parquet(&table(columns), 10));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", strings(&["c"])),
        ("text", strings(&["d"])),
        ("n", Arc::new(Int32Array::from(vec![3]))),
        ("when", Arc::new(Date32Array::from(vec![0]))),
    ];
    folder.write("b.parquet", parquet(&table(columns), 10));
    let columns = mapping(vec![
        ("id", ColumnSource::string("id")),
        ("text", ColumnSource::string("text")),
        ("n", ColumnSource::typed("n", ColumnType::Int64)),
        ("when", ColumnSource::as_is("when")),
    ]);
    let options = bound(options(&folder, "*.parquet", columns));
    assert_eq!(document_schema(&options.input).field(3).data_type(), &DataType::Date32);
    let read = folder.read_with(&options);
    assert_eq!(read.documents[0].1, ["a.parquet:0", "a", "-", "-"]);
    assert_eq!(read.documents[2].1, ["c", "d", "3", "1970-01-01"]);
}

#[test]
fn a_column_that_only_some_files_have_is_null_in_the_others_and_said_so() {
    let folder = Folder::new();
    folder.write("a.parquet", parquet(&table(vec![("text", strings(&["a"]))]), 10));
    folder.write("b.parquet", parquet(&table(vec![("text", strings(&["b"])), ("url", strings(&["u"]))]), 10));
    folder.write("c.parquet", parquet(&table(vec![("text", strings(&[]))]), 10));
    let columns = |source| mapping(vec![("text", ColumnSource::string("text")), ("url", source)]);
    let plain = options(&folder, "*.parquet", columns(ColumnSource::string("url")));
    assert_eq!(folder.read_with(&plain).column(2), ["-", "u"]);
    let notes = folder.plan(&plain.input).expect("a plan").notes;
    let note = format!(
        "column `url` is missing in 1 of 3 files (the first is {}) and is null there; `optional: true` says that this \
         is right",
        folder.path("a.parquet")
    );
    assert_eq!(notes[0], note, "a file without rows lacks nothing");
    let said = options(&folder, "*.parquet", columns(ColumnSource::string("url").or_null()));
    assert_eq!(folder.read_with(&said).column(2), ["-", "u"]);
    assert_eq!(folder.plan(&said.input).expect("a plan").notes, ["1 input file holds no records"]);
    // Where no file has it, the name is wrong, unless that was said to be right.
    let wrong = options(&folder, "*.parquet", columns(ColumnSource::string("uri")));
    assert_eq!(folder.plan_errors(&wrong.input).len(), 2);
    let nowhere = options(&folder, "*.parquet", columns(ColumnSource::string("uri").or_null()));
    assert_eq!(folder.read_with(&nowhere).column(2), ["-", "-"]);
    // The text is never optional, and a field with a similar name may be the one that is meant.
    folder.write("d.parquet", parquet(&table(vec![("text", strings(&["a"])), ("urls", strings(&["a"]))]), 10));
    let errors = folder.plan_errors(&plain.input);
    assert!(errors.len() == 1 && errors[0].contains("did you mean `urls`?"), "{errors:?}");
    let text = options(&folder, "*.parquet", named(&[("text", "url")]));
    assert!(folder.plan_errors(&text.input).iter().all(|error| error.contains("column `text`")));
}

#[test]
fn columns_of_files_without_rows_are_wrong_for_nobody() {
    let folder = Folder::new();
    folder.write("a.parquet", parquet(&table(vec![("text", strings(&["a"])), ("n", strings(&["x"]))]), 10));
    folder.write(
        "b.parquet",
        parquet(&table(vec![("text", Arc::new(Int32Array::from(Vec::<i32>::new())) as ArrayRef)]), 10),
    );
    let empty: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
    folder.write("c.parquet", parquet(&table(vec![("n", Arc::clone(&empty)), ("late", empty)]), 10));
    assert_eq!(folder.read("*.parquet").column(1), ["a"]);
    let all = bound(options(&folder, "*.parquet", Columns::default().with_rest()));
    let schema = document_schema(&all.input);
    assert_eq!((schema.field(2).data_type(), schema.field(3).name().as_str()), (&DataType::Utf8View, "late"));
    assert_eq!(folder.read_with(&all).documents[0].1, ["a.parquet:0", "a", "x", "-"]);
}

#[test]
fn names_of_folders_are_columns() {
    let folder = Folder::new();
    let plain = parquet(&table(vec![("text", strings(&["a"]))]), 10);
    folder.write("in/lang=en/year=2024/a.parquet", &plain);
    folder.write("in/lang=__HIVE_DEFAULT_PARTITION__/year=2025/a.parquet", &plain);
    folder.write("in/lang=zh%2FHant/year=2026/a.parquet", &plain);
    let own = table(vec![("text", strings(&["a"])), ("lang", strings(&["own"]))]);
    folder.write("in/lang=de/year=2027/a.parquet", parquet(&own, 10));
    folder.write("in/lang=fr/year=2028/a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"b\", \"lang\": \"it\"}\n");
    let columns = mapping(vec![
        ("text", ColumnSource::string("text")),
        ("lang", ColumnSource::string("lang")),
        ("year", ColumnSource::typed("year", ColumnType::Int64)),
    ]);
    let mut read = folder.read_with(&options(&folder, "in", columns.clone()));
    read.documents.sort_by(|a, b| a.1[3].cmp(&b.1[3]));
    assert_eq!(read.column(3), ["2024", "2025", "2026", "2027", "2028", "2028"]);
    assert_eq!(read.column(2), ["en", "-", "zh/Hant", "own", "fr", "it"]);
    folder.write("in/lang=en/year=soon/a.parquet", &plain);
    let errors = folder.plan_errors(&options(&folder, "in", columns).input);
    assert!(
        errors[0].contains("column `year` is declared as Int64, but field `year` is `soon` in the name"),
        "{errors:?}"
    );
    // Folders above the path are not part of the data, unless they are asked for.
    let all = bound(options(&folder, "in/lang=en/year=2024", Columns::default().with_rest()));
    assert_eq!(document_schema(&all.input).fields().len(), 2);
    let all = bound(options(&folder, "in/lang=en/*/a.parquet", Columns::default().with_rest()));
    assert_eq!(document_schema(&all.input).field(2).name(), "year");
    assert_eq!(folder.read_with(&all).column(2), ["2024", "soon"]);
}

#[test]
fn other_fields_of_parquet_are_one_json_object() {
    let mut map = MapBuilder::new(None, StringBuilder::new(), arrow::array::Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(1);
    [true, false, true].into_iter().for_each(|valid| map.append(valid).expect("a row"));
    let lists = [Some(vec![Some(1), None]), None, Some(vec![])];
    let batch = table(vec![
        ("id", strings(&["a", "b", "c"])),
        ("text", strings(&["x", "y", "z"])),
        ("content", nested()),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(lists))),
        ("map", Arc::new(map.finish())),
        ("ratio", Arc::new(Float32Array::from(vec![Some(0.5), Some(f32::NAN), None]))),
        ("money", Arc::new(Decimal128Array::from(vec![12345, -5, 0]).with_precision_and_scale(10, 2).expect("fits"))),
        ("when", Arc::new(TimestampMicrosecondArray::from(vec![0, 1, 2]).with_timezone("UTC"))),
        ("say \"hi\"", strings(&["\u{1}\"", "é", ""])),
    ]);
    let folder = Folder::new();
    folder.write("a.parquet", parquet(&batch, 10));
    let mut options = ReadOptions::new(folder.config("a.parquet"));
    options.input.other_fields = OtherFields::Metadata;
    let read = folder.read_with(&options);
    let objects: Vec<serde_json::Value> =
        read.column(2).iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    assert_eq!(
        objects,
        [
            serde_json::json!({"content": {"text": "inner", "size": 5}, "list": [1, null], "map": {"k": 1}, "ratio": 0.5,
                "money": 123.45, "when": "1970-01-01T00:00:00Z", "say \"hi\"": "\u{1}\""}),
            serde_json::json!({"content": null, "list": null, "map": null, "ratio": null, "money": -0.05,
                "when": "1970-01-01T00:00:00.000001Z", "say \"hi\"": "é"}),
            serde_json::json!({"content": {"text": null, "size": 7}, "list": [], "map": {}, "ratio": null, "money": 0.0,
                "when": "1970-01-01T00:00:00.000002Z", "say \"hi\"": ""}),
        ]
    );
    let notes = folder.plan(&options.input).expect("a plan").notes;
    assert_eq!(notes, Vec::<String>::new(), "nothing is left out, and nothing is recommended that is set");
}

#[test]
fn all_columns_pass_with_their_types_and_meet_those_of_other_files() {
    let folder = Folder::new();
    let zone = DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Berlin".into()));
    let moments = TimestampMicrosecondArray::from(vec![1, 2, 3]).with_timezone("Europe/Berlin");
    let first = table(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef),
        ("text", strings(&["a", "b", "c"])),
        ("content", nested()),
        ("when", Arc::new(moments)),
        ("n", Arc::new(Int32Array::from(vec![1, 2, 3]))),
    ]);
    folder.write("a.parquet", parquet(&first, 2));
    let second = table(vec![
        ("n", Arc::new(Int64Array::from(vec![i64::MAX])) as ArrayRef),
        ("text", strings(&["d"])),
        ("late", strings(&["l"])),
    ]);
    folder.write("b.parquet", parquet(&second, 2));
    let options = bound(options(&folder, "*.parquet", Columns::default().with_rest()));
    let schema = document_schema(&options.input);
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id", "text", "content", "when", "n", "late"]);
    assert_eq!((schema.field(3).data_type(), schema.field(4).data_type()), (&zone, &DataType::Int64));
    assert!(schema.field(2).data_type().is_nested());
    let read = folder.read_with(&options);
    assert_eq!((read.documents.len(), read.quarantined.len()), (4, 0));
    assert_eq!(
        (read.column(0), read.column(4)),
        (vec!["1", "2", "3", "b.parquet:0"], vec!["1", "2", "3", "9223372036854775807"])
    );
    assert_eq!((read.column(2)[1], read.column(5)), ("-", vec!["-", "-", "-", "l"]));
    assert!(folder.plan(&options.input).expect("a plan").notes.is_empty());
    folder.write("c.parquet", parquet(&table(vec![("text", strings(&["d"])), ("n", strings(&["x"]))]), 2));
    let errors = look_up_passed(&options.input).expect_err("no type is both");
    let error = errors[0].to_string();
    assert!(error.contains("column `n` is declared as Int64 by") && error.contains("is Utf8"), "{error}");
}
