//! Text that was read as bytes, because some of it is no UTF-8, becomes text again, value by value.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeListArray, GenericListArray, GenericStringBuilder, MapArray, OffsetSizeTrait,
    StringViewBuilder, StructArray,
};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use super::bad::BadValue;

/// `array` as `target`, which differs from its type only in having text in place of bytes. What is no UTF-8 is null in
/// it, and is returned by row.
pub(super) fn restore(array: &ArrayRef, target: &DataType) -> Result<(ArrayRef, Vec<BadValue>), ArrowError> {
    match (array.data_type(), target) {
        (DataType::BinaryView, DataType::Utf8View) => {
            let values = array.as_binary_view();
            let mut bad = Vec::new();
            let mut text = StringViewBuilder::with_capacity(values.len());
            values.iter().enumerate().for_each(|(row, bytes)| text.append_option(checked(row, bytes, &mut bad)));
            Ok((Arc::new(text.finish()), bad))
        }
        (DataType::Binary, DataType::Utf8) => {
            let values = array.as_binary::<i32>();
            let mut bad = Vec::new();
            let mut text = GenericStringBuilder::<i32>::new();
            values.iter().enumerate().for_each(|(row, bytes)| text.append_option(checked(row, bytes, &mut bad)));
            Ok((Arc::new(text.finish()), bad))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => restore_struct(array.as_struct(), fields),
        (DataType::List(_), DataType::List(item)) => restore_list::<i32>(array.as_list(), item),
        (DataType::LargeList(_), DataType::LargeList(item)) => restore_list::<i64>(array.as_list(), item),
        (DataType::FixedSizeList(..), DataType::FixedSizeList(item, length)) => {
            let list = array.as_fixed_size_list();
            let (values, bad) = restore(list.values(), item.data_type())?;
            let width = usize::try_from(*length).unwrap_or_default();
            let bad = rows_of(bad, list.len(), |row| (row * width, (row + 1) * width));
            let list = FixedSizeListArray::try_new(Arc::clone(item), *length, values, list.nulls().cloned())?;
            Ok((Arc::new(list), bad))
        }
        (DataType::Map(..), DataType::Map(entries, sorted)) => {
            let map = array.as_map();
            let inner: ArrayRef = Arc::new(map.entries().clone());
            let (values, bad) = restore(&inner, entries.data_type())?;
            let bad = rows_of(bad, map.len(), |row| range(map.value_offsets(), row));
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            let map = MapArray::try_new(Arc::clone(entries), offsets, values.as_struct().clone(), nulls, *sorted)?;
            Ok((Arc::new(map), bad))
        }
        _ => Ok((Arc::clone(array), Vec::new())),
    }
}

/// The text; null for what is none. An empty text stands where a null may not be.
fn checked<'a>(row: usize, bytes: Option<&'a [u8]>, bad: &mut Vec<BadValue>) -> Option<&'a str> {
    match std::str::from_utf8(bytes?) {
        Ok(text) => Some(text),
        Err(_) => {
            bad.push(BadValue::no_utf8(row, bytes.unwrap_or_default()));
            // The row is taken out anyway, and keys of maps cannot be null.
            Some("")
        }
    }
}

fn restore_struct(
    array: &StructArray,
    fields: &arrow::datatypes::Fields,
) -> Result<(ArrayRef, Vec<BadValue>), ArrowError> {
    let (mut columns, mut kept, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    for (field, column) in array.fields().iter().zip(array.columns()) {
        // Only some fields of the struct may have been read.
        let target = fields.iter().find(|target| target.name() == field.name()).unwrap_or(field);
        let (restored, found) = restore(column, target.data_type())?;
        let data_type = restored.data_type().clone();
        kept.push(Arc::new(field.as_ref().clone().with_data_type(data_type)));
        columns.push(restored);
        bad.extend(found);
    }
    let restored = StructArray::try_new_with_length(kept.into(), columns, array.nulls().cloned(), array.len())?;
    Ok((Arc::new(restored), bad))
}

fn restore_list<O: OffsetSizeTrait>(
    list: &GenericListArray<O>,
    item: &arrow::datatypes::FieldRef,
) -> Result<(ArrayRef, Vec<BadValue>), ArrowError> {
    let (values, bad) = restore(list.values(), item.data_type())?;
    let item = Arc::new(item.as_ref().clone().with_data_type(values.data_type().clone()));
    let bad = rows_of(bad, list.len(), |row| range(list.value_offsets(), row));
    let list = GenericListArray::<O>::try_new(item, list.offsets().clone(), values, list.nulls().cloned())?;
    Ok((Arc::new(list), bad))
}

fn range<O: OffsetSizeTrait>(offsets: &[O], row: usize) -> (usize, usize) {
    let at = |index: usize| offsets.get(index).map_or(0, |offset| offset.as_usize());
    (at(row), at(row + 1))
}

/// What is bad among the entries of lists, by the row of its list. `range` says which entries a row has.
fn rows_of(bad: Vec<BadValue>, rows: usize, range: impl Fn(usize) -> (usize, usize)) -> Vec<BadValue> {
    let mut row = 0;
    let placed = bad.into_iter().filter_map(|value| {
        while row < rows && range(row).1 <= value.row {
            row += 1;
        }
        let (start, end) = range(row);
        (row < rows && (start..end).contains(&value.row)).then_some(BadValue { row, ..value })
    });
    placed.collect()
}

/// Bytes as text, value by value.
pub(super) fn text_of_bytes(array: &ArrayRef) -> (ArrayRef, Vec<BadValue>) {
    let mut bad = Vec::new();
    let mut text = StringViewBuilder::with_capacity(array.len());
    let mut add = |row: usize, bytes: Option<&[u8]>| text.append_option(checked(row, bytes, &mut bad));
    match array.data_type() {
        DataType::Binary => array.as_binary::<i32>().iter().enumerate().for_each(|(row, bytes)| add(row, bytes)),
        DataType::LargeBinary => array.as_binary::<i64>().iter().enumerate().for_each(|(row, bytes)| add(row, bytes)),
        DataType::BinaryView => {
            // The usual case: all of it is text, and no value needs to be copied.
            if let Ok(text) = array.as_binary_view().clone().to_string_view() {
                return (Arc::new(text), Vec::new());
            }
            array.as_binary_view().iter().enumerate().for_each(|(row, bytes)| add(row, bytes));
        }
        _ => (0..array.len()).for_each(|row| add(row, None)),
    }
    (Arc::new(text.finish()), bad)
}

#[cfg(test)]
mod tests {
    use arrow::array::{BinaryViewBuilder, ListBuilder, StringArray};
    use arrow::datatypes::Field;

    use super::*;

    #[test]
    fn a_bad_value_inside_a_list_is_its_rows() {
        let mut lists = ListBuilder::new(arrow::array::BinaryBuilder::new());
        let rows: [&[&[u8]]; 4] = [&[b"a"], &[], &[b"b", b"\xff", b"c"], &[b"\xfe", b"\xfd"]];
        for row in rows {
            row.iter().for_each(|value| lists.values().append_value(value));
            lists.append(true);
        }
        let array: ArrayRef = Arc::new(lists.finish());
        let target = DataType::List(Arc::new(Field::new("item", DataType::Utf8, true)));
        let (restored, bad) = restore(&array, &target).expect("restores");
        assert_eq!(bad.iter().map(|value| value.row).collect::<Vec<_>>(), [2, 3, 3]);
        assert_eq!(restored.data_type(), &target);
        let first: &StringArray = restored.as_list::<i32>().values().as_string();
        assert_eq!(first.value(0), "a");
    }

    #[test]
    fn bytes_are_text_value_by_value() {
        let mut bytes = BinaryViewBuilder::new();
        [Some(&b"caf\xc3\xa9"[..]), None, Some(&b"caf\xe9"[..])]
            .into_iter()
            .for_each(|value| bytes.append_option(value));
        let array: ArrayRef = Arc::new(bytes.finish());
        let (text, bad) = text_of_bytes(&array);
        assert_eq!(text.as_string_view().iter().take(2).collect::<Vec<_>>(), [Some("café"), None]);
        assert_eq!((bad.len(), bad[0].row, bad[0].bytes.as_slice()), (1, 2, &b"caf\xe9"[..]));
        assert_eq!(bad[0].detail, "invalid UTF-8 at byte 3 of the value");
    }
}
