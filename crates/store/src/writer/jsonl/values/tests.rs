use std::collections::HashMap;

use arrow::array::{BinaryArray, Int32Builder};
use arrow::array::{
    Date32Array, Date64Array, Decimal128Array, Decimal256Array, DictionaryArray, DurationMillisecondArray,
    FixedSizeBinaryArray, FixedSizeListArray, Float16Array, Int8Array, Int32Array, IntervalDayTimeArray,
    LargeBinaryArray, LargeListArray, LargeStringArray, ListArray, MapBuilder, NullArray, StringArray, StringBuilder,
    StructArray, Time32SecondArray, Time64MicrosecondArray, TimestampMicrosecondArray, TimestampSecondArray,
    UInt8Array,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{Fields, Int32Type, IntervalDayTime, Schema, i256};
use textmill_document::carried::carried_field;

use super::*;

fn lines(field: Field, array: ArrayRef) -> Vec<String> {
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array]).expect("a batch");
    let rendered = Rendered::new(&batch).expect("has a JSON form");
    let line = |row| {
        let mut out = Vec::new();
        rendered.write_line(row, &mut out);
        String::from_utf8(out).expect("JSON is text")
    };
    (0..batch.num_rows()).map(line).collect()
}

/// The JSON forms of the values of `array`.
fn forms(array: impl Array + 'static) -> Vec<String> {
    let field = Field::new("v", array.data_type().clone(), true);
    let value = |line: String| {
        let inner = line.strip_prefix("{\"v\":").and_then(|line| line.strip_suffix("}\n")).expect("one column");
        serde_json::from_str::<serde_json::Value>(inner).expect("is JSON");
        inner.to_owned()
    };
    lines(field, Arc::new(array)).into_iter().map(value).collect()
}

#[test]
fn text_is_escaped_and_nothing_else_is() {
    let cells = vec![Some("a\"b\\c\nd\u{1}"), Some("é 漢 \u{2028} 😀"), Some(""), None];
    let expected = [r#""a\"b\\c\nd\u0001""#, "\"é 漢 \u{2028} 😀\"", r#""""#, "null"];
    assert_eq!(forms(StringViewArray::from(cells.clone())), expected);
    assert_eq!(forms(StringArray::from(cells.clone())), expected);
    assert_eq!(forms(LargeStringArray::from(cells)), expected);
    let dictionary: DictionaryArray<Int32Type> = vec![Some("x"), None, Some("x")].into_iter().collect();
    assert_eq!(forms(dictionary), [r#""x""#, "null", r#""x""#]);
}

#[test]
fn numbers_keep_every_digit() {
    assert_eq!(forms(Int8Array::from(vec![Some(-128), None])), ["-128", "null"]);
    assert_eq!(forms(Int64Array::from(vec![i64::MIN, i64::MAX])), ["-9223372036854775808", "9223372036854775807"]);
    assert_eq!(forms(UInt8Array::from(vec![255])), ["255"]);
    assert_eq!(forms(UInt64Array::from(vec![u64::MAX])), ["18446744073709551615"]);
    assert_eq!(forms(BooleanArray::from(vec![Some(true), Some(false), None])), ["true", "false", "null"]);
    assert_eq!(forms(NullArray::new(2)), ["null", "null"]);
    let floats = vec![0.1, -0.0, 1e300, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    assert_eq!(forms(Float64Array::from(floats)), ["0.1", "-0.0", "1e+300", "5e-324", "null", "null", "null"]);
    assert_eq!(forms(Float32Array::from(vec![0.1, 16_777_216.0, f32::NAN])), ["0.1", "16777216.0", "null"]);
    let half = Float16Array::from(vec![Some(cast_half(0.5)), None]);
    assert_eq!(forms(half), ["0.5", "null"]);
}

fn cast_half(value: f32) -> <arrow::datatypes::Float16Type as arrow::datatypes::ArrowPrimitiveType>::Native {
    let single: ArrayRef = Arc::new(Float32Array::from(vec![value]));
    let half = cast(&single, &DataType::Float16).expect("floats can be halved");
    half.as_primitive::<arrow::datatypes::Float16Type>().value(0)
}

#[test]
fn decimals_are_strings_with_all_digits_of_their_scale() {
    let decimal = Decimal128Array::from(vec![Some(-1), Some(123_456), Some(0), None]);
    let decimal = decimal.with_precision_and_scale(20, 4).expect("fits");
    assert_eq!(forms(decimal), [r#""-0.0001""#, r#""12.3456""#, r#""0.0000""#, "null"]);
    let wide = Decimal256Array::from(vec![i256::from_i128(i128::MAX)]).with_precision_and_scale(60, 2).expect("fits");
    assert_eq!(forms(wide), [r#""1701411834604692317316873037158841057.27""#]);
}

#[test]
fn bytes_are_base64_and_uuids_have_hyphens() {
    let cells: Vec<Option<&[u8]>> = vec![Some(b"\xff\x00\x01"), Some(b""), Some(b"text"), None];
    let expected = [r#""/wAB""#, r#""""#, r#""dGV4dA==""#, "null"];
    assert_eq!(forms(BinaryArray::from(cells.clone())), expected);
    assert_eq!(forms(LargeBinaryArray::from(cells.clone())), expected);
    assert_eq!(forms(BinaryViewArray::from(cells)), expected);
    let sixteen: Vec<u8> = (0..16).collect();
    let fixed = || {
        let cells = vec![Some(sixteen.as_slice()), None].into_iter();
        FixedSizeBinaryArray::try_from_sparse_iter_with_size(cells, 16).expect("16 bytes")
    };
    assert_eq!(forms(fixed()), [r#""AAECAwQFBgcICQoLDA0ODw==""#, "null"]);
    // As it comes out of a file: a carried column that notes what it was.
    let original = Field::new("v", DataType::FixedSizeBinary(16), true)
        .with_metadata(HashMap::from([(EXTENSION.to_owned(), UUID.to_owned())]));
    for field in [carried_field(&original), original] {
        let found = lines(field, Arc::new(fixed()));
        assert_eq!(found, ["{\"v\":\"00010203-0405-0607-0809-0a0b0c0d0e0f\"}\n", "{\"v\":null}\n"]);
    }
}

#[test]
fn dates_and_times_are_iso_8601_and_those_with_a_zone_utc() {
    assert_eq!(
        forms(Date32Array::from(vec![Some(19_724), Some(-1), None])),
        [r#""2024-01-02""#, r#""1969-12-31""#, "null"]
    );
    assert_eq!(forms(Time32SecondArray::from(vec![3_661])), [r#""01:01:01""#]);
    assert_eq!(forms(Time64MicrosecondArray::from(vec![3_661_000_005])), [r#""01:01:01.000005""#]);
    let moment = 1_704_164_645_000_006;
    assert_eq!(forms(TimestampMicrosecondArray::from(vec![moment])), [r#""2024-01-02T03:04:05.000006""#]);
    for zone in ["UTC", "+09:00", "Europe/Berlin"] {
        let zoned = TimestampMicrosecondArray::from(vec![Some(moment), None]).with_timezone(zone);
        assert_eq!(forms(zoned), [r#""2024-01-02T03:04:05.000006Z""#, "null"], "{zone}");
    }
    // Beyond the calendar.
    assert_eq!(forms(TimestampSecondArray::from(vec![i64::MAX])), ["9223372036854775807"]);
    assert_eq!(forms(Date64Array::from(vec![i64::MIN])), ["-9223372036854775808"]);
    assert_eq!(forms(DurationMillisecondArray::from(vec![Some(1_500), None])), ["1500", "null"]);
    let interval = IntervalDayTimeArray::from(vec![IntervalDayTime::new(1, 2)]);
    assert_eq!(forms(interval), [r#""1 days 0.002 secs""#]);
}

#[test]
fn lists_structs_and_maps_nest() {
    let rows = || vec![Some(vec![Some(1), None]), None, Some(vec![])];
    assert_eq!(forms(ListArray::from_iter_primitive::<Int32Type, _, _>(rows())), ["[1,null]", "null", "[]"]);
    assert_eq!(forms(LargeListArray::from_iter_primitive::<Int32Type, _, _>(rows())), ["[1,null]", "null", "[]"]);
    let pairs = vec![Some(vec![Some(1), Some(2)]), None, Some(vec![Some(3), None])];
    let fixed = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(pairs, 2);
    assert_eq!(forms(fixed.clone()), ["[1,2]", "null", "[3,null]"]);
    assert_eq!(forms(fixed.slice(2, 1)), ["[3,null]"]);

    let fields =
        Fields::from(vec![Field::new("n", DataType::Int32, true), Field::new("a \"b\"", DataType::Utf8, true)]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Int32Array::from(vec![Some(1), None])), Arc::new(StringArray::from(vec![None, Some("x")]))];
    let structs = StructArray::new(fields, columns, Some(vec![true, false].into()));
    assert_eq!(forms(structs.clone()), [r#"{"n":1,"a \"b\"":null}"#, "null"]);
    let item = Arc::new(Field::new("item", structs.data_type().clone(), true));
    let of_structs = ListArray::new(item, OffsetBuffer::from_lengths([2, 0]), Arc::new(structs), None);
    assert_eq!(forms(of_structs.clone()), [r#"[{"n":1,"a \"b\"":null},null]"#, "[]"]);
    assert_eq!(forms(of_structs.slice(1, 1)), ["[]"]);
}

#[test]
fn maps_are_objects_whose_keys_are_text() {
    let mut words = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    words.keys().append_value("a\"");
    words.values().append_value(1);
    words.keys().append_value("b");
    words.values().append_null();
    words.append(true).expect("as many keys as values");
    words.append(false).expect("as many keys as values");
    assert_eq!(forms(words.finish()), [r#"{"a\"":1,"b":null}"#, "null"]);

    let mut numbers = MapBuilder::new(None, Int32Builder::new(), StringBuilder::new());
    numbers.keys().append_value(-7);
    numbers.values().append_value("x");
    numbers.append(true).expect("as many keys as values");
    assert_eq!(forms(numbers.finish()), [r#"{"-7":"x"}"#]);
}

#[test]
fn slices_are_written_as_what_they_show() {
    let batch = StringViewArray::from(vec![Some("a"), None, Some("a text that is longer than a view holds")]);
    assert_eq!(forms(batch.slice(1, 2)), ["null", "\"a text that is longer than a view holds\""]);
}
