//! What readers of a file are told of columns that passed through untouched: their Arrow types, and
//! that 16 bytes are a UUID.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::basic::{LogicalType, Repetition, Type as PhysicalType};
use parquet::errors::Result;
use parquet::schema::types::{Type, TypePtr};
use textmill_document::carried::original_field;

/// Key and value of the metadata by which Arrow marks UUIDs.
const EXTENSION: &str = "ARROW:extension:name";
const UUID: &str = "arrow.uuid";
const UUID_BYTES: i32 = 16;

/// The Arrow schema to store in the file; `None` where the columns are what Parquet says they are.
pub(super) fn told(schema: &Schema) -> Option<Schema> {
    let originals: Vec<Option<Field>> = schema.fields().iter().map(|field| original_field(field)).collect();
    if originals.iter().all(Option::is_none) {
        return None;
    }
    let plain = schema.fields().iter().map(|field| match field.data_type() {
        // Views are how documents are held here, and nothing that a reader should copy.
        DataType::Utf8View => Field::new(field.name(), DataType::Utf8, true),
        DataType::BinaryView => Field::new(field.name(), DataType::Binary, true),
        _ => field.as_ref().clone(),
    });
    let fields = originals.into_iter().zip(plain).map(|(original, plain)| original.unwrap_or(plain));
    Some(Schema::new(fields.collect::<Vec<_>>()))
}

/// `root`, which was made of `schema`, with its UUIDs marked.
pub(super) fn parquet_schema(schema: &Schema, root: TypePtr) -> Result<TypePtr> {
    let is_uuid = |field: &Field| {
        let extension = original_field(field).and_then(|original| original.metadata().get(EXTENSION).cloned());
        field.data_type() == &DataType::FixedSizeBinary(UUID_BYTES) && extension.as_deref() == Some(UUID)
    };
    if !schema.fields().iter().any(|field| is_uuid(field)) {
        return Ok(root);
    }
    let columns = schema.fields().iter().zip(root.get_fields()).map(|(field, column)| {
        if !is_uuid(field) {
            return Ok(Arc::clone(column));
        }
        let builder = Type::primitive_type_builder(field.name(), PhysicalType::FIXED_LEN_BYTE_ARRAY)
            .with_repetition(Repetition::OPTIONAL)
            .with_length(UUID_BYTES)
            .with_logical_type(Some(LogicalType::Uuid));
        Ok(Arc::new(builder.build()?))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(Type::group_type_builder(root.name()).with_fields(columns).build()?))
}
