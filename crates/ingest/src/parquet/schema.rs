//! The columns of a Parquet file as Arrow sees them: as the file says, and as they are read.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::{ConvertedType, LogicalType, Type as PhysicalType};
use parquet::file::metadata::{FileMetaData, ParquetMetaData, ParquetMetaDataBuilder};
use parquet::schema::types::{BasicTypeInfo, SchemaDescriptor, Type, TypePtr};
use textmill_document::carried::carried_type;

use super::guarded;

/// How Arrow marks a column whose 16 bytes are a UUID.
const EXTENSION: &str = "ARROW:extension:name";
const EXTENSION_METADATA: &str = "ARROW:extension:metadata";
const UUID: &str = "arrow.uuid";

/// The schema by what Parquet itself says. The Arrow schema that some writers embed is only a hint, and one more thing
/// to doubt.
pub(super) fn plain_schema(metadata: &Arc<ParquetMetaData>) -> Result<Schema, String> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let read = guarded(|| ArrowReaderMetadata::try_new(Arc::clone(metadata), options))?;
    Ok(with_uuids(read.schema(), metadata))
}

/// The schema as it was written, with the types that Parquet does not know, as far as the file tells them rightly.
pub(super) fn original_schema(metadata: &Arc<ParquetMetaData>, plain: &Schema) -> Schema {
    let hinted = guarded(|| ArrowReaderMetadata::try_new(Arc::clone(metadata), ArrowReaderOptions::new()));
    let Ok(hinted) = hinted else { return plain.clone() };
    let names = |schema: &Schema| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    if names(hinted.schema()) == names(plain) { with_uuids(hinted.schema(), metadata) } else { plain.clone() }
}

/// Whether `field` is a column of UUIDs.
pub(super) fn is_uuid(field: &Field) -> bool {
    field.metadata().get(EXTENSION).is_some_and(|name| name == UUID)
        && field.data_type() == &DataType::FixedSizeBinary(16)
}

/// `schema` with the columns marked that Parquet calls UUIDs.
fn with_uuids(schema: &Schema, metadata: &ParquetMetaData) -> Schema {
    let columns = metadata.file_metadata().schema_descr().root_schema().get_fields();
    let fields = schema.fields().iter().enumerate().map(|(index, field)| {
        let info = columns.get(index).map(|column| column.get_basic_info());
        let says_so = info.is_some_and(|info| info.logical_type_ref() == Some(&LogicalType::Uuid));
        if !says_so || field.metadata().contains_key(EXTENSION) {
            return field.as_ref().clone();
        }
        let marks =
            [(EXTENSION, UUID), (EXTENSION_METADATA, "")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut noted: HashMap<_, _> = field.metadata().clone();
        noted.extend(marks);
        field.as_ref().clone().with_metadata(noted)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// The field at `path`: the top-level one of that very name, else `outer.inner` of structs.
pub(crate) fn field_at<'f>(fields: &'f Fields, path: &str) -> Option<&'f Field> {
    steps_to(fields, path)?.last().copied()
}

/// The fields on the way to `path`, the last one included.
pub(super) fn steps_to<'f>(fields: &'f Fields, path: &str) -> Option<Vec<&'f Field>> {
    if let Some(field) = fields.iter().find(|field| field.name() == path) {
        return Some(vec![field]);
    }
    fields.iter().find_map(|field| {
        let inner = path.strip_prefix(field.name().as_str())?.strip_prefix('.')?;
        let DataType::Struct(below) = field.data_type() else { return None };
        let mut steps = vec![field.as_ref()];
        steps.extend(steps_to(below, inner)?);
        Some(steps)
    })
}

/// How the columns are read: `as_carried` says which pass through untouched. Text and bytes are views, which share the
/// pages' memory.
pub(super) fn read_schema(plain: &Schema, original: &Schema, as_carried: impl Fn(usize) -> bool) -> Schema {
    let fields = plain.fields().iter().zip(original.fields()).enumerate().map(|(index, (plain, original))| {
        let data_type = match plain.data_type() {
            _ if as_carried(index) => carried_type(original.data_type()),
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            other => other.clone(),
        };
        Field::new(plain.name(), data_type, plain.is_nullable())
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// The same file with columns of text called columns of bytes: what is no UTF-8 can then be read, and be told.
pub(super) fn as_bytes(metadata: &ParquetMetaData) -> Result<ParquetMetaData, String> {
    let file = metadata.file_metadata();
    let root = guarded(|| bytes_type(&file.schema_descr().root_schema_ptr()))?;
    let schema = guarded(|| Ok::<_, String>(SchemaDescriptor::new(root)))?;
    let created_by = file.created_by().map(ToOwned::to_owned);
    let file = FileMetaData::new(file.version(), file.num_rows(), created_by, None, Arc::new(schema), None);
    Ok(ParquetMetaDataBuilder::new(file).set_row_groups(metadata.row_groups().to_vec()).build())
}

fn bytes_type(of: &TypePtr) -> Result<TypePtr, parquet::errors::ParquetError> {
    Ok(match of.as_ref() {
        Type::GroupType { basic_info, fields } => Arc::new(Type::GroupType {
            basic_info: basic_info.clone(),
            fields: fields.iter().map(bytes_type).collect::<Result<_, _>>()?,
        }),
        Type::PrimitiveType { basic_info, physical_type: PhysicalType::BYTE_ARRAY, .. } if is_text(basic_info) => {
            let builder = Type::primitive_type_builder(basic_info.name(), PhysicalType::BYTE_ARRAY);
            Arc::new(builder.with_repetition(basic_info.repetition()).build()?)
        }
        Type::PrimitiveType { .. } => Arc::clone(of),
    })
}

fn is_text(info: &BasicTypeInfo) -> bool {
    matches!(info.logical_type_ref(), Some(LogicalType::String | LogicalType::Json | LogicalType::Enum))
        || matches!(info.converted_type(), ConvertedType::UTF8 | ConvertedType::JSON | ConvertedType::ENUM)
}
