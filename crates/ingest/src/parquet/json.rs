//! Values of any Arrow type as JSON.

use std::fmt::Write as _;

use arrow::array::{Array, ArrayRef, AsArray, OffsetSizeTrait};
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;

use super::text::text_of;

/// A column, ready to be written value by value.
pub(super) struct Json {
    array: ArrayRef,
    form: Form,
}

enum Form {
    Null,
    /// The text of the values; `true` where it is put in quotes.
    Scalar(ArrayRef, bool),
    /// Bytes that are no text are written in hex.
    Bytes(ArrayRef),
    Float(ArrayRef),
    /// Where the entries of each row begin, and the entries.
    List(Vec<usize>, Box<Json>),
    /// Names of the fields as JSON, and their values.
    Struct(Vec<(String, Json)>),
    /// Where the entries of each row begin, keys and values.
    Map(Vec<usize>, ArrayRef, Box<Json>),
}

impl Json {
    /// Prepares the values of `array`.
    pub(super) fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        let form = match array.data_type() {
            DataType::Null => Form::Null,
            DataType::Dictionary(_, values) => return Self::new(&arrow::compute::cast(array, values)?),
            DataType::RunEndEncoded(_, values) => return Self::new(&arrow::compute::cast(array, values.data_type())?),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                Form::Float(arrow::compute::cast(array, &DataType::Float64)?)
            }
            DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) | DataType::BinaryView => {
                Form::Bytes(arrow::compute::cast(array, &DataType::BinaryView)?)
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Form::List(starts(list.value_offsets()), Box::new(Self::new(list.values())?))
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                Form::List(starts(list.value_offsets()), Box::new(Self::new(list.values())?))
            }
            DataType::FixedSizeList(_, length) => {
                let width = usize::try_from(*length).unwrap_or_default();
                let list = array.as_fixed_size_list();
                let starts = (0..=list.len()).map(|row| row * width).collect();
                Form::List(starts, Box::new(Self::new(list.values())?))
            }
            DataType::Struct(fields) => {
                let columns = fields.iter().zip(array.as_struct().columns());
                let fields = columns.map(|(field, column)| Ok((quoted(field.name()), Self::new(column)?)));
                Form::Struct(fields.collect::<Result<_, ArrowError>>()?)
            }
            DataType::Map(..) => {
                let map = array.as_map();
                let keys = text_of(map.keys(), false)?.0;
                Form::Map(starts(map.value_offsets()), keys, Box::new(Self::new(map.values())?))
            }
            other => {
                let as_it_is = other.is_integer() || matches!(other, DataType::Boolean) || is_decimal(other);
                Form::Scalar(text_of(array, false)?.0, !as_it_is)
            }
        };
        Ok(Self { array: array.clone(), form })
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        matches!(self.form, Form::Null) || self.array.is_null(row)
    }

    /// Appends the value of `row` to `out`.
    pub(super) fn write(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            out.push_str("null");
            return;
        }
        match &self.form {
            Form::Null => out.push_str("null"),
            Form::Scalar(text, is_quoted) => {
                let text = text.as_string_view().value(row);
                if *is_quoted { out.push_str(&quoted(text)) } else { out.push_str(text) }
            }
            Form::Bytes(bytes) => out.push_str(&quoted_bytes(bytes.as_binary_view().value(row))),
            Form::Float(values) => {
                let value = values.as_primitive::<Float64Type>().value(row);
                // JSON has no NaN and no infinity.
                let number = serde_json::Number::from_f64(value).map(|number| number.to_string());
                out.push_str(number.as_deref().unwrap_or("null"));
            }
            Form::List(starts, entries) => {
                write_all(out, ['[', ']'], range(starts, row), |entry, out| entries.write(entry, out));
            }
            Form::Struct(fields) => write_all(out, ['{', '}'], 0..fields.len(), |field, out| {
                if let Some((name, values)) = fields.get(field) {
                    out.push_str(name);
                    out.push(':');
                    values.write(row, out);
                }
            }),
            Form::Map(starts, keys, values) => {
                write_all(out, ['{', '}'], range(starts, row), |entry, out| {
                    out.push_str(&quoted(keys.as_string_view().value(entry)));
                    out.push(':');
                    values.write(entry, out);
                });
            }
        }
    }
}

fn is_decimal(data_type: &DataType) -> bool {
    use DataType::{Decimal32, Decimal64, Decimal128, Decimal256};
    matches!(data_type, Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..))
}

fn starts<O: OffsetSizeTrait>(offsets: &[O]) -> Vec<usize> {
    offsets.iter().map(|offset| offset.as_usize()).collect()
}

fn range(starts: &[usize], row: usize) -> std::ops::Range<usize> {
    let at = |index: usize| starts.get(index).copied().unwrap_or_default();
    at(row)..at(row + 1)
}

fn write_all(out: &mut String, around: [char; 2], entries: std::ops::Range<usize>, write: impl Fn(usize, &mut String)) {
    out.push(around[0]);
    let first = entries.start;
    for entry in entries {
        if entry > first {
            out.push(',');
        }
        write(entry, out);
    }
    out.push(around[1]);
}

/// `text` as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    // A text is always a valid JSON string.
    serde_json::to_string(text).unwrap_or_default()
}

fn quoted_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => quoted(text),
        Err(_) => {
            let mut hex = String::with_capacity(2 * bytes.len());
            for byte in bytes {
                // Writing to a string cannot fail.
                let _ = write!(hex, "{byte:02x}");
            }
            format!("\"{hex}\"")
        }
    }
}
