//! Columns that pass through a pipeline untouched: the type that carries them in memory, and the one
//! that they have again in the output.
//!
//! Text and bytes are carried as views, dictionaries as their values: batches are joined, cut and
//! filtered, and a dictionary with small keys would overflow when those of many files meet. What a
//! column was is kept in the field's metadata, and the writer tells it to readers of the output.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema};
use arrow::ipc::convert::try_schema_from_flatbuffer_bytes;
use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteOptions};

/// Key of the field metadata that holds what a carried column was: an Arrow schema of one field, in hex.
pub const ORIGINAL: &str = "textmill:original";
/// What the Parquet reader notes of a column; a number in one file says nothing of another.
const FIELD_ID: &str = "PARQUET:field_id";

/// The type that carries a column of type `original`.
pub fn carried_type(original: &DataType) -> DataType {
    match original {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => DataType::BinaryView,
        DataType::Dictionary(_, values) => carried_type(values),
        DataType::RunEndEncoded(_, values) => carried_type(values.data_type()),
        other => inner_type(other),
    }
}

/// The same inside a list, struct or map, where text stays as it is.
fn inner_type(original: &DataType) -> DataType {
    match original {
        DataType::Dictionary(_, values) => inner_type(values),
        DataType::RunEndEncoded(_, values) => inner_type(values.data_type()),
        // Parquet has dates of days only.
        DataType::Date64 => DataType::Date32,
        DataType::List(item) | DataType::ListView(item) => DataType::List(inner_field(item)),
        DataType::LargeList(item) | DataType::LargeListView(item) => DataType::LargeList(inner_field(item)),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(inner_field(item), *length),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inner_field).collect::<Fields>()),
        DataType::Map(entries, sorted) => DataType::Map(inner_field(entries), *sorted),
        other => other.clone(),
    }
}

fn inner_field(field: &FieldRef) -> FieldRef {
    Arc::new(Field::new(field.name(), inner_type(field.data_type()), field.is_nullable()))
}

/// The field that carries `original`, which is noted in it unless the carrying type tells it anyway.
pub fn carried_field(original: &Field) -> Field {
    let original = without_ids(original).with_nullable(true);
    let carried = Field::new(original.name(), carried_type(original.data_type()), true);
    if is_told(original.data_type()) && original.metadata().is_empty() {
        return carried;
    }
    let note = encode(&original);
    carried.with_metadata(HashMap::from([(ORIGINAL.to_owned(), note)]))
}

/// What the carried `field` was, under its present name; `None` for a field that is what it is.
pub fn original_field(field: &Field) -> Option<Field> {
    let original = decode(field.metadata().get(ORIGINAL)?)?;
    Some(original.with_name(field.name()))
}

/// Types that any reader finds again in Parquet without being told.
fn is_told(data_type: &DataType) -> bool {
    data_type.is_integer()
        || matches!(
            data_type,
            DataType::Boolean
                | DataType::Float16
                | DataType::Float32
                | DataType::Float64
                | DataType::Utf8
                | DataType::Binary
                | DataType::Date32
        )
}

fn without_ids(field: &Field) -> Field {
    let mut metadata = field.metadata().clone();
    metadata.remove(FIELD_ID);
    let data_type = match field.data_type() {
        DataType::List(item) => DataType::List(Arc::new(without_ids(item))),
        DataType::LargeList(item) => DataType::LargeList(Arc::new(without_ids(item))),
        DataType::FixedSizeList(item, length) => DataType::FixedSizeList(Arc::new(without_ids(item)), *length),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| without_ids(field)).collect()),
        DataType::Map(entries, sorted) => DataType::Map(Arc::new(without_ids(entries)), *sorted),
        other => other.clone(),
    };
    field.clone().with_data_type(data_type).with_metadata(metadata)
}

/// `field` as text: the same for equal fields.
pub fn encode(field: &Field) -> String {
    let (generator, mut tracker) = (IpcDataGenerator::default(), DictionaryTracker::new(true));
    let schema = Schema::new(vec![field.clone()]);
    let options = IpcWriteOptions::default();
    let encoded = generator.schema_to_bytes_with_dictionary_tracker(&schema, &mut tracker, &options);
    let mut text = String::with_capacity(2 * encoded.ipc_message.len());
    for byte in &encoded.ipc_message {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The field that [`encode`] made `text` of.
pub fn decode(text: &str) -> Option<Field> {
    let digits = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    let schema = try_schema_from_flatbuffer_bytes(&bytes?).ok()?;
    schema.fields().first().map(|field| field.as_ref().clone())
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    fn types() -> Vec<DataType> {
        let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
        let item = |data_type| Arc::new(Field::new("item", data_type, true));
        vec![
            dictionary.clone(),
            DataType::LargeUtf8,
            DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Paris".into())),
            DataType::Decimal256(50, 3),
            DataType::List(item(dictionary)),
            DataType::FixedSizeList(item(DataType::Float32), 3),
            DataType::Struct(vec![Field::new("a", DataType::LargeUtf8, false)].into()),
            DataType::Null,
        ]
    }

    #[test]
    fn what_a_column_was_can_be_told_from_what_carries_it() {
        for data_type in types() {
            let note = HashMap::from([("unit".to_owned(), "m".to_owned())]);
            let original = Field::new("x", data_type, true).with_metadata(note);
            let carried = carried_field(&original);
            assert_eq!(original_field(&carried.clone().with_name("y")), Some(original.clone().with_name("y")));
            assert_eq!(carried_type(carried.data_type()), *carried.data_type(), "carried once is carried for ever");
            assert_eq!(carried_field(&original), carried);
        }
    }

    #[test]
    fn plain_columns_carry_no_note_and_field_numbers_are_forgotten() {
        let number = HashMap::from([(FIELD_ID.to_owned(), "7".to_owned())]);
        let field = Field::new("x", DataType::Int32, false).with_metadata(number);
        assert_eq!(carried_field(&field), Field::new("x", DataType::Int32, true));
        assert_eq!(original_field(&Field::new("x", DataType::Int32, true)), None);
        assert_eq!(carried_type(&DataType::Date64), DataType::Date32);
    }

    #[test]
    fn broken_notes_are_none() {
        for broken in ["", "0", "zz", "00ff00ff", "é"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
