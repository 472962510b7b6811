//! Values of any Arrow type as the text of a document column.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, StringViewBuilder, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow::error::ArrowError;

use super::bad::BadValue;
use super::json::Json;
use super::restore::text_of_bytes;

/// `array` as text: numbers and booleans as they are written, times as ISO 8601 (those with a zone in UTC), UUIDs with
/// hyphens, lists, structs and maps as JSON, bytes where they are UTF-8.
pub(super) fn text_of(array: &ArrayRef, is_uuid: bool) -> Result<(ArrayRef, Vec<BadValue>), ArrowError> {
    let whole = |array: ArrayRef| Ok((array, Vec::new()));
    match array.data_type() {
        DataType::Utf8View => whole(Arc::clone(array)),
        DataType::Null => whole(new_null_array(&DataType::Utf8View, array.len())),
        DataType::Dictionary(_, values) => text_of(&cast(array, values)?, is_uuid),
        DataType::FixedSizeBinary(_) => whole(in_hex(array, is_uuid)),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Ok(text_of_bytes(array)),
        data_type if data_type.is_nested() => whole(json(array)?),
        DataType::Float16 => whole(cast(&cast(array, &DataType::Float32)?, &DataType::Utf8View)?),
        DataType::Timestamp(_, Some(_)) => scalars(&in_utc(array)),
        _ => scalars(array),
    }
}

/// What cannot be written (a time beyond the calendar) is null, and bad.
fn scalars(array: &ArrayRef) -> Result<(ArrayRef, Vec<BadValue>), ArrowError> {
    // Not every type becomes a view at once.
    let text = cast(&cast(array, &DataType::Utf8)?, &DataType::Utf8View)?;
    let bad = lost(array, &text)
        .map(|row| BadValue::wrong_type(row, format!("the value cannot be written as text ({})", array.data_type())));
    let bad = bad.collect();
    Ok((text, bad))
}

/// Rows where `made` is null and `array` is not.
pub(super) fn lost<'a>(array: &'a ArrayRef, made: &'a ArrayRef) -> impl Iterator<Item = usize> + 'a {
    let differ = made.null_count() > array.null_count();
    (0..array.len()).filter(move |row| differ && made.is_null(*row) && array.is_valid(*row))
}

/// Names of zones need tables that are not here; the instant does not.
fn in_utc(array: &ArrayRef) -> ArrayRef {
    fn relabelled<T: arrow::datatypes::ArrowTimestampType>(array: &ArrayRef) -> ArrayRef {
        let values: &PrimitiveArray<T> = array.as_primitive();
        Arc::new(values.clone().with_timezone("+00:00"))
    }
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => relabelled::<TimestampSecondType>(array),
        DataType::Timestamp(TimeUnit::Millisecond, _) => relabelled::<TimestampMillisecondType>(array),
        DataType::Timestamp(TimeUnit::Microsecond, _) => relabelled::<TimestampMicrosecondType>(array),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => relabelled::<TimestampNanosecondType>(array),
        _ => Arc::clone(array),
    }
}

/// Bytes in hex; of UUIDs with hyphens.
fn in_hex(array: &ArrayRef, is_uuid: bool) -> ArrayRef {
    let mut text = StringViewBuilder::with_capacity(array.len());
    for value in array.as_fixed_size_binary() {
        let shown = value.map(|bytes| {
            let mut shown = String::with_capacity(2 * bytes.len() + 4);
            for (index, byte) in bytes.iter().enumerate() {
                if is_uuid && [4, 6, 8, 10].contains(&index) {
                    shown.push('-');
                }
                // Writing to a string cannot fail.
                let _ = write!(shown, "{byte:02x}");
            }
            shown
        });
        text.append_option(shown);
    }
    Arc::new(text.finish())
}

fn json(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let values = Json::new(array)?;
    let mut text = StringViewBuilder::with_capacity(array.len());
    let mut scratch = String::new();
    for row in 0..array.len() {
        scratch.clear();
        if values.is_null(row) {
            text.append_null();
        } else {
            values.write(row, &mut scratch);
            text.append_value(&scratch);
        }
    }
    Ok(Arc::new(text.finish()))
}
