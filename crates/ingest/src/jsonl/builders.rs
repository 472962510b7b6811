use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, RecordBatch, StringViewBuilder, UInt64Array,
};
use arrow::datatypes::SchemaRef;
use textmill_document::{DocumentBatch, DocumentError};

use super::cell::{Cell, Value};
use crate::columns::ColumnType;
use crate::config::PlannedColumn;

#[derive(Debug)]
enum ColumnBuilder {
    Text(StringViewBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Boolean(BooleanBuilder),
}

impl ColumnBuilder {
    fn new(data_type: ColumnType) -> Self {
        match data_type {
            // Bytes are no type of JSON, and cannot be declared.
            ColumnType::String | ColumnType::Binary => Self::Text(StringViewBuilder::new()),
            ColumnType::Int64 => Self::Int(Int64Builder::new()),
            ColumnType::Float64 => Self::Float(Float64Builder::new()),
            ColumnType::Boolean => Self::Boolean(BooleanBuilder::new()),
        }
    }

    fn append(&mut self, cell: &Cell) {
        match (self, cell.value) {
            (Self::Text(builder), Value::Text) => builder.append_value(&cell.buffer),
            (Self::Int(builder), Value::Int(value)) => builder.append_value(value),
            (Self::Float(builder), Value::Float(value)) => builder.append_value(value),
            (Self::Boolean(builder), Value::Boolean(value)) => builder.append_value(value),
            (Self::Text(builder), _) => builder.append_null(),
            (Self::Int(builder), _) => builder.append_null(),
            (Self::Float(builder), _) => builder.append_null(),
            (Self::Boolean(builder), _) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Int(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Collects documents for one batch.
#[derive(Debug)]
pub(super) struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    /// Index of the id column.
    id: Option<usize>,
    /// What generated ids begin with.
    shard: String,
    scratch: String,
    rows: Vec<u64>,
    payload_bytes: usize,
}

impl BatchBuilder {
    pub(super) fn new(schema: SchemaRef, columns: &[PlannedColumn], shard: &str) -> Self {
        Self {
            schema,
            columns: columns.iter().map(|column| ColumnBuilder::new(column.data_type)).collect(),
            id: columns.iter().position(|column| column.name == textmill_document::columns::ID),
            shard: shard.to_owned(),
            scratch: String::new(),
            rows: Vec::new(),
            payload_bytes: 0,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn payload_bytes(&self) -> usize {
        self.payload_bytes
    }

    /// Adds the document in `cells`, record `row` of the shard.
    pub(super) fn append(&mut self, cells: &[Cell], payload_bytes: usize, row: u64) {
        for (index, (builder, cell)) in self.columns.iter_mut().zip(cells).enumerate() {
            match builder {
                ColumnBuilder::Text(ids) if Some(index) == self.id && cell.value == Value::Null => {
                    ids.append_value(generated_id(&mut self.scratch, &self.shard, row));
                }
                _ => builder.append(cell),
            }
        }
        self.payload_bytes += payload_bytes;
        self.rows.push(row);
    }

    pub(super) fn finish(&mut self) -> Result<DocumentBatch, DocumentError> {
        let columns = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        let records = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        self.payload_bytes = 0;
        DocumentBatch::with_rows(records, UInt64Array::from(std::mem::take(&mut self.rows)))
    }
}

/// The id of a document that has none: the shard's name and the record's number in it.
pub(crate) fn generated_id<'a>(scratch: &'a mut String, shard: &str, row: u64) -> &'a str {
    use std::fmt::Write as _;
    scratch.clear();
    // Writing to a string cannot fail.
    let _ = write!(scratch, "{shard}:{row}");
    scratch
}
