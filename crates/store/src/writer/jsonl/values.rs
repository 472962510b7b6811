//! Values of any Arrow type as JSON.
//!
//! | type | form |
//! | --- | --- |
//! | text | string |
//! | whole numbers, truth values | number, `true` or `false` |
//! | floats | the shortest number that reads back as the same float; `null` for NaN and infinities |
//! | decimals | string with all digits of the scale, since most readers would round a number |
//! | bytes | string in base64 (standard alphabet, padding); UUIDs with hyphens |
//! | dates, times, timestamps | string in ISO 8601, those with a time zone in UTC with `Z`; beyond the calendar the number that Arrow holds |
//! | durations | whole number in the unit of the column |
//! | lists | array |
//! | structs | object with all fields |
//! | maps | object; keys that are no text are their JSON form as text |
//! | null | `null` |

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, Float32Array, Float64Array, Int64Array, OffsetSizeTrait,
    PrimitiveArray, RecordBatch, StringViewArray, UInt64Array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowTimestampType, DataType, Field, Float32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use textmill_document::carried::original_field;

use super::base64;

/// Key and value of the metadata by which Arrow marks UUIDs.
const EXTENSION: &str = "ARROW:extension:name";
const UUID: &str = "arrow.uuid";

/// The rows of a batch, ready to be written as lines.
pub(super) struct Rendered {
    columns: Vec<(Vec<u8>, Values)>,
}

impl Rendered {
    pub(super) fn new(batch: &RecordBatch) -> Result<Self, String> {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, array)| {
            let values = if is_uuid(field) { Ok(Values::uuids(array)) } else { Values::new(array) };
            let values = values.map_err(|error| format!("column `{}` cannot be written: {error}", field.name()))?;
            Ok((key(field.name()), values))
        });
        Ok(Self { columns: columns.collect::<Result<_, String>>()? })
    }

    /// Appends the object of `row` and a line end.
    pub(super) fn write_line(&self, row: usize, out: &mut Vec<u8>) {
        write_object(&self.columns, row, out);
        out.push(b'\n');
    }
}

fn is_uuid(field: &Field) -> bool {
    let original = original_field(field);
    let metadata = original.as_ref().map_or(field.metadata(), Field::metadata);
    field.data_type() == &DataType::FixedSizeBinary(16) && metadata.get(EXTENSION).is_some_and(|name| name == UUID)
}

/// A column, ready to be written value by value.
struct Values {
    array: ArrayRef,
    form: Form,
}

enum Form {
    Null,
    Boolean(BooleanArray),
    Signed(Int64Array),
    Unsigned(UInt64Array),
    Single(Float32Array),
    Double(Float64Array),
    Text(StringViewArray),
    Bytes(BinaryViewArray),
    Uuid(BinaryViewArray),
    /// Dates and times, and the numbers of those that have no text.
    Time(StringViewArray, Int64Array),
    /// Where the entries of each row begin, and the entries.
    List(Vec<usize>, Box<Values>),
    Struct(Vec<(Vec<u8>, Values)>),
    /// Where the entries of each row begin, keys and values.
    Map(Vec<usize>, Box<Values>, Box<Values>),
}

impl Values {
    /// Prepares the values of `array`.
    fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        let form = match array.data_type() {
            DataType::Null => Form::Null,
            DataType::Dictionary(_, values) => return Self::new(&cast(array, values)?),
            DataType::RunEndEncoded(_, values) => return Self::new(&cast(array, values.data_type())?),
            DataType::Boolean => Form::Boolean(array.as_boolean().clone()),
            data_type if data_type.is_signed_integer() => Form::Signed(signed(array)?),
            data_type if data_type.is_unsigned_integer() => {
                Form::Unsigned(cast(array, &DataType::UInt64)?.as_primitive::<UInt64Type>().clone())
            }
            DataType::Duration(_) => Form::Signed(signed(array)?),
            DataType::Float16 | DataType::Float32 => {
                Form::Single(cast(array, &DataType::Float32)?.as_primitive::<Float32Type>().clone())
            }
            DataType::Float64 => Form::Double(array.as_primitive::<Float64Type>().clone()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Form::Text(text(array)?),
            DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) | DataType::BinaryView => {
                Form::Bytes(bytes(array)?)
            }
            DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => {
                Form::Time(moments(array)?, signed(array)?)
            }
            DataType::Timestamp(..) => Form::Time(moments(&in_utc(array))?, signed(array)?),
            DataType::List(_) => list(array.as_list::<i32>().value_offsets(), array.as_list::<i32>().values())?,
            DataType::LargeList(_) => list(array.as_list::<i64>().value_offsets(), array.as_list::<i64>().values())?,
            DataType::FixedSizeList(_, length) => {
                let width = usize::try_from(*length).unwrap_or_default();
                let list = array.as_fixed_size_list();
                let starts = (0..=list.len()).map(|row| row * width).collect();
                Form::List(starts, Box::new(Self::new(list.values())?))
            }
            DataType::Struct(fields) => {
                let columns = fields.iter().zip(array.as_struct().columns());
                let fields = columns.map(|(field, column)| Ok((key(field.name()), Self::new(column)?)));
                Form::Struct(fields.collect::<Result<_, ArrowError>>()?)
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let (keys, values) = (Self::new(map.keys())?, Self::new(map.values())?);
                Form::Map(starts(map.value_offsets()), Box::new(keys), Box::new(values))
            }
            // Decimals and intervals; of what has no text, this is the error.
            _ => Form::Text(text(array)?),
        };
        Ok(Self { array: Arc::clone(array), form })
    }

    fn uuids(array: &ArrayRef) -> Self {
        let values = array.as_fixed_size_binary().iter();
        Self { array: Arc::clone(array), form: Form::Uuid(values.collect()) }
    }

    /// Appends the value of `row` to `out`.
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.array.is_null(row) {
            out.extend_from_slice(b"null");
            return;
        }
        match &self.form {
            Form::Null => out.extend_from_slice(b"null"),
            Form::Boolean(values) => write_json(&values.value(row), out),
            Form::Signed(values) => write_json(&values.value(row), out),
            Form::Unsigned(values) => write_json(&values.value(row), out),
            // JSON has no NaN and no infinity; both are `null`.
            Form::Single(values) => write_json(&values.value(row), out),
            Form::Double(values) => write_json(&values.value(row), out),
            Form::Text(values) => write_json(values.value(row), out),
            Form::Bytes(values) => write_quoted(out, |out| base64::append(values.value(row), out)),
            Form::Uuid(values) => write_quoted(out, |out| write_uuid(values.value(row), out)),
            Form::Time(text, numbers) if text.is_null(row) => write_json(&numbers.value(row), out),
            Form::Time(text, _) => write_json(text.value(row), out),
            Form::List(starts, entries) => {
                write_all(out, *b"[]", range(starts, row), |entry, out| entries.write(entry, out));
            }
            Form::Struct(fields) => write_object(fields, row, out),
            Form::Map(starts, keys, values) => write_all(out, *b"{}", range(starts, row), |entry, out| {
                keys.write_key(entry, out);
                values.write(entry, out);
            }),
        }
    }

    /// Appends the value of `row` as the key of an object.
    fn write_key(&self, row: usize, out: &mut Vec<u8>) {
        let start = out.len();
        self.write(row, out);
        if out.get(start) != Some(&b'"') {
            let value = out.split_off(start);
            write_json(&*String::from_utf8_lossy(&value), out);
        }
        out.push(b':');
    }
}

fn signed(array: &ArrayRef) -> Result<Int64Array, ArrowError> {
    Ok(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

/// The values as text; null where a value has none.
fn text(array: &ArrayRef) -> Result<StringViewArray, ArrowError> {
    // Not every type becomes a view at once.
    let is_text = matches!(array.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let text = if is_text { Arc::clone(array) } else { cast(array, &DataType::Utf8)? };
    Ok(cast(&text, &DataType::Utf8View)?.as_string_view().clone())
}

/// Dates and times in ISO 8601; null where one is beyond the calendar, for which a cast would fail as a whole.
fn moments(array: &ArrayRef) -> Result<StringViewArray, ArrowError> {
    let options = FormatOptions::new().with_display_error(false);
    let formatter = ArrayFormatter::try_new(array, &options)?;
    let text = |row| formatter.value(row).try_to_string().ok().filter(|_| array.is_valid(row));
    Ok((0..array.len()).map(text).collect())
}

fn bytes(array: &ArrayRef) -> Result<BinaryViewArray, ArrowError> {
    match array.data_type() {
        DataType::FixedSizeBinary(_) => Ok(array.as_fixed_size_binary().iter().collect()),
        _ => Ok(cast(array, &DataType::BinaryView)?.as_binary_view().clone()),
    }
}

/// Names of zones need tables that are not here; the instant does not.
fn in_utc(array: &ArrayRef) -> ArrayRef {
    fn relabelled<T: ArrowTimestampType>(array: &ArrayRef) -> ArrayRef {
        let values: &PrimitiveArray<T> = array.as_primitive();
        Arc::new(values.clone().with_timezone("+00:00"))
    }
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, Some(_)) => relabelled::<TimestampSecondType>(array),
        DataType::Timestamp(TimeUnit::Millisecond, Some(_)) => relabelled::<TimestampMillisecondType>(array),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => relabelled::<TimestampMicrosecondType>(array),
        DataType::Timestamp(TimeUnit::Nanosecond, Some(_)) => relabelled::<TimestampNanosecondType>(array),
        _ => Arc::clone(array),
    }
}

fn list<O: OffsetSizeTrait>(offsets: &[O], values: &ArrayRef) -> Result<Form, ArrowError> {
    Ok(Form::List(starts(offsets), Box::new(Values::new(values)?)))
}

fn starts<O: OffsetSizeTrait>(offsets: &[O]) -> Vec<usize> {
    offsets.iter().map(|offset| offset.as_usize()).collect()
}

fn range(starts: &[usize], row: usize) -> Range<usize> {
    let at = |index: usize| starts.get(index).copied().unwrap_or_default();
    at(row)..at(row + 1)
}

/// `name` as the key of an object, with the colon behind it.
fn key(name: &str) -> Vec<u8> {
    let mut key = Vec::new();
    write_json(name, &mut key);
    key.push(b':');
    key
}

fn write_object(fields: &[(Vec<u8>, Values)], row: usize, out: &mut Vec<u8>) {
    write_all(out, *b"{}", 0..fields.len(), |field, out| {
        if let Some((key, values)) = fields.get(field) {
            out.extend_from_slice(key);
            values.write(row, out);
        }
    });
}

fn write_all(out: &mut Vec<u8>, around: [u8; 2], entries: Range<usize>, write: impl Fn(usize, &mut Vec<u8>)) {
    out.push(around[0]);
    let first = entries.start;
    for entry in entries {
        if entry > first {
            out.push(b',');
        }
        write(entry, out);
    }
    out.push(around[1]);
}

fn write_json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Text, numbers and truth values always have a JSON form, and a vector takes every byte.
    let _ = serde_json::to_writer(out, value);
}

fn write_quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

fn write_uuid(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (index, byte) in bytes.iter().enumerate() {
        if [4, 6, 8, 10].contains(&index) {
            out.push(b'-');
        }
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

#[cfg(test)]
mod tests;
