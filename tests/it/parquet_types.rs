//! Columns of many Arrow types pass through stages, branches and two deduplications untouched.

use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    FixedSizeListBuilder, Int32Builder, Int64Array, ListBuilder, MapBuilder, NullArray, RecordBatch, StringArray,
    StringBuilder, StructArray, UInt32Array,
};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, Field, Fields, Int8Type, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

use crate::util::{Dir, files};

const ROWS: i64 = 900;

const PIPELINE: &str = "version: 1\nname: types\ninput:\n  paths: [\"in/*.parquet\"]\n  columns: {id: id, text: text, \"*\": \
    \"*\"}\n  split_bytes: 60KiB\nstages:\n  - id: even\n    run: {keep_where: \"n % 3 <> 0\"}\n  - id: odd\n    inputs: [input]\n    \
    run: {keep_where: \"n % 3 = 0 AND n > 30\"}\n  - id: near\n    inputs: [even, odd]\n    run: {minhash_dedupe: {}}\n  - id: exact\n    \
    run: {exact_dedupe: {}}\noutput:\n  path: out\n  dropped: all\n";

/// Whether row `n` has a value.
fn is_set(n: i64) -> bool {
    n % 7 != 3
}

fn numbers(rows: &[i64]) -> ArrayRef {
    Arc::new(rows.iter().map(|n| is_set(*n).then_some(*n)).collect::<Int64Array>())
}

fn words(rows: &[i64]) -> StringArray {
    let names = ["red", "green", "blue", "a colour that is longer than a view holds"];
    rows.iter().map(|n| is_set(*n).then(|| names[usize::try_from(n % 4).expect("small")])).collect()
}

/// Values of flat types, made of row numbers.
fn flat(rows: &[i64]) -> Vec<(&'static str, ArrayRef)> {
    let small: ArrayRef = Arc::new(rows.iter().map(|n| is_set(*n).then_some(*n % 100)).collect::<Int64Array>());
    let made = |data_type: DataType| cast(&numbers(rows), &data_type).expect("a cast of numbers");
    let little = |data_type: DataType| cast(&small, &data_type).expect("a cast of small numbers");
    let text = |data_type: DataType| cast(&words(rows), &data_type).expect("a cast of text");
    let zone = |name: &str| DataType::Timestamp(TimeUnit::Microsecond, Some(name.into()));
    let decimals = rows.iter().map(|n| is_set(*n).then_some(i128::from(*n) * 7919)).collect::<Decimal128Array>();
    vec![
        ("bool", Arc::new(rows.iter().map(|n| is_set(*n).then_some(*n % 2 == 0)).collect::<BooleanArray>())),
        ("int8", little(DataType::Int8)),
        ("int16", made(DataType::Int16)),
        ("int32", made(DataType::Int32)),
        ("uint8", little(DataType::UInt8)),
        ("uint16", made(DataType::UInt16)),
        ("uint32", made(DataType::UInt32)),
        ("uint64", made(DataType::UInt64)),
        ("float16", little(DataType::Float16)),
        ("float32", made(DataType::Float32)),
        ("float64", made(DataType::Float64)),
        ("string", text(DataType::Utf8)),
        ("large_string", text(DataType::LargeUtf8)),
        ("string_view", text(DataType::Utf8View)),
        ("binary", text(DataType::Binary)),
        ("large_binary", text(DataType::LargeBinary)),
        ("date32", made(DataType::Date32)),
        ("time32", cast(&made(DataType::Int32), &DataType::Time32(TimeUnit::Millisecond)).expect("times")),
        ("time64", made(DataType::Time64(TimeUnit::Nanosecond))),
        ("seconds", made(DataType::Timestamp(TimeUnit::Second, None))),
        ("timestamp", made(DataType::Timestamp(TimeUnit::Nanosecond, None))),
        ("utc", made(zone("UTC"))),
        ("zoned", cast(&made(DataType::Timestamp(TimeUnit::Microsecond, None)), &zone("+02:00")).expect("zoned")),
        ("duration", made(DataType::Duration(TimeUnit::Millisecond))),
        ("decimal128", Arc::new(decimals.with_precision_and_scale(20, 4).expect("fits"))),
        ("decimal256", made(DataType::Decimal256(50, 2))),
        ("null", Arc::new(NullArray::new(rows.len()))),
        ("bytes", Arc::new(rows.iter().map(|n| is_set(*n).then(|| n.to_be_bytes())).collect::<BinaryArray>())),
    ]
}

fn nested(rows: &[i64]) -> Vec<(&'static str, ArrayRef)> {
    let dictionary: DictionaryArray<Int8Type> = words(rows).iter().collect();
    let fixed = rows.iter().map(|n| is_set(*n).then(|| n.to_be_bytes()));
    let fixed = FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed, 8).expect("eight bytes each");
    let mut lists = ListBuilder::new(StringBuilder::new());
    let mut nested = ListBuilder::new(ListBuilder::new(Int32Builder::new()));
    let mut triples = FixedSizeListBuilder::new(Int32Builder::new(), 3);
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for n in rows {
        let number = i32::try_from(*n).expect("small");
        for part in 0..number % 3 {
            lists.values().append_value(format!("tag {n} {part}"));
            nested.values().values().append_value(part);
            nested.values().append(true);
            maps.keys().append_value(format!("key {part}"));
            maps.values().append_value(number);
        }
        (0..3).for_each(|part| triples.values().append_value(number + part));
        lists.append(is_set(*n) || number % 3 == 0);
        nested.append(true);
        triples.append(is_set(*n));
        maps.append(true).expect("a row");
    }
    let lists: ArrayRef = Arc::new(lists.finish());
    let inner = cast(&words(rows), &DataType::LargeUtf8).expect("large text");
    let coded: ArrayRef = Arc::new(dictionary.clone());
    let field = |name: &str, array: &ArrayRef| Field::new(name, array.data_type().clone(), true);
    let fields = Fields::from(vec![field("tags", &lists), field("label", &inner), field("coded", &coded)]);
    let points = StructArray::try_new(fields, vec![Arc::clone(&lists), inner, coded], None).expect("a struct");
    let point: ArrayRef = Arc::new(points);
    vec![
        ("fixed_binary", Arc::new(fixed)),
        ("dictionary", Arc::new(dictionary)),
        ("list", Arc::clone(&lists)),
        (
            "large_list",
            cast(&lists, &DataType::LargeList(Arc::new(Field::new("item", DataType::Utf8, true)))).expect("a list"),
        ),
        ("list_of_lists", Arc::new(nested.finish())),
        ("fixed_list", Arc::new(triples.finish())),
        ("map", Arc::new(maps.finish())),
        ("struct", point),
    ]
}

fn table(rows: &[i64]) -> RecordBatch {
    let text = rows.iter().map(|n| {
        // Every fiftieth document has one and the same text.
        let n = if n % 50 == 0 { 0 } else { *n };
        // Words of letters, other ones in each document: numbers alone would not tell them apart.
        let letter = |digit: char| char::from(b'a' + digit.to_digit(10).expect("a digit") as u8);
        let word =
            |k: i64| ((n * 7919 + k * k * 104_729) % 999_983).to_string().chars().map(letter).collect::<String>();
        (0..40).map(word).collect::<Vec<_>>().join(" ")
    });
    let ids = StringArray::from_iter_values(rows.iter().map(|n| format!("d{n}")));
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(ids)),
        ("text", Arc::new(StringArray::from_iter_values(text))),
        ("n", Arc::new(Int64Array::from(rows.to_vec()))),
    ];
    columns.extend(flat(rows));
    columns.extend(nested(rows));
    let fields = columns.iter().map(|(name, array)| {
        let field = Field::new(*name, array.data_type().clone(), true);
        // What a writer notes of a column stays with it.
        if *name == "zoned" { field.with_metadata([("unit".to_owned(), "moment".to_owned())].into()) } else { field }
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect()).expect("one length")
}

fn write(dir: &Dir, name: &str, batch: &RecordBatch) {
    let path = dir.write(name, "");
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let file = File::create(path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(batch).expect("writes");
    writer.close().expect("closes");
}

/// All rows of the Parquet files of `folder`, with the types that the files name.
fn read(dir: &Dir, folder: &str) -> RecordBatch {
    let mut batches = Vec::new();
    for (_, path) in files(&dir.join(folder)) {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a file")).expect("Parquet");
        batches.extend(builder.with_batch_size(10_000).build().expect("a reader").map(|batch| batch.expect("rows")));
    }
    concat_batches(&batches[0].schema(), &batches).expect("one schema")
}

#[test]
fn columns_of_every_type_are_the_same_after_branches_and_deduplications() {
    let dir = Dir::new();
    let all: Vec<i64> = (0..ROWS).collect();
    write(&dir, "in/a.parquet", &table(&all[..500]));
    write(&dir, "in/b.parquet", &table(&all[500..]));
    dir.write("pipeline.yaml", PIPELINE);
    dir.ok(&["run", "pipeline.yaml", "--no-progress"]);
    let (before, after) = (read(&dir, "in"), read(&dir, "out/data"));
    let ids = |batch: &RecordBatch| -> Vec<String> {
        batch.column(0).as_string::<i32>().iter().flatten().map(ToOwned::to_owned).collect()
    };
    let places: HashMap<String, u32> = ids(&before).into_iter().zip(0..).collect();
    let rows = UInt32Array::from_iter_values(ids(&after).iter().map(|id| places[id]));
    assert!(after.num_rows() > 500 && after.num_rows() < before.num_rows() - 10, "{}", after.num_rows());
    assert!(before.num_columns() > 35);
    for (field, column) in before.schema().fields().iter().zip(before.columns()) {
        let name = field.name();
        let found = after.schema().field_with_name(name).expect("it is there").clone();
        assert_eq!(&found, field.as_ref(), "{name}");
        let expected = take(column, &rows, None).expect("rows");
        let (expected, found) = match column.data_type() {
            DataType::Dictionary(_, values) => {
                let plain = |array: &ArrayRef| cast(array, values).expect("values");
                (plain(&expected), plain(after.column_by_name(name).expect("it is there")))
            }
            _ => (expected, Arc::clone(after.column_by_name(name).expect("it is there"))),
        };
        if name != "struct" {
            assert_eq!(&found, &expected, "{name}");
        }
    }
    // Dictionaries inside the struct may differ in their keys.
    let printed = |array: &ArrayRef| -> Vec<String> {
        let text = |row| arrow::util::display::array_value_to_string(array, row).expect("printable");
        (0..array.len()).map(text).collect()
    };
    let points = take(before.column_by_name("struct").expect("it is there"), &rows, None).expect("rows");
    assert_eq!(printed(after.column_by_name("struct").expect("it is there")), printed(&points));
}

#[test]
fn dropped_documents_keep_their_columns_and_types_that_no_reader_needs_told_are_not_told() {
    let dir = Dir::new();
    let rows: Vec<i64> = (0..20).collect();
    write(&dir, "in/a.parquet", &table(&rows));
    let pipeline = "version: 1\nname: few\ninput: {paths: [\"in/*\"], columns: {id: id, text: text, list: {from: list, type: \
                    any}, when: {from: zoned, type: any}}}\nstages:\n  - {id: none, run: {keep_where: \"text = ''\"}}\noutput: \
                    {path: out, dropped: all}\n";
    dir.write("few.yaml", pipeline);
    dir.ok(&["run", "few.yaml", "--no-progress"]);
    let dropped = read(&dir, "out/_dropped");
    assert_eq!(dropped.num_rows(), 20);
    assert_eq!(dropped.column_by_name("list"), table(&rows).column_by_name("list"));
    assert_eq!(dropped.column_by_name("when"), table(&rows).column_by_name("zoned"));
    // An explanation names what passes, by its type.
    let explained = dir.ok(&["explain", "few.yaml"]).stdout;
    assert!(explained.contains("when"), "{explained}");
    let names = "version: 1\nname: plain\ninput: {paths: [\"in/*\"], columns: {id: id, text: text, n: n}}\noutput: {path: plain}\n";
    dir.write("plain.yaml", names);
    dir.ok(&["run", "plain.yaml", "--no-progress"]);
    let (_, path) = files(&dir.join("plain/data")).remove(0);
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a file")).expect("Parquet");
    assert_eq!(builder.metadata().file_metadata().key_value_metadata(), None);
}
