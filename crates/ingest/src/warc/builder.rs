use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryViewBuilder, Int64Builder, RecordBatch, StringViewBuilder, UInt64Array};
use arrow::datatypes::SchemaRef;
use textmill_document::{DocumentBatch, DocumentError};

use super::fields::{Field, Value};
use super::record::Page;
use crate::columns::ColumnType;
use crate::config::PlannedColumn;
use crate::jsonl::generated_id;

#[derive(Debug)]
enum ColumnBuilder {
    Text(StringViewBuilder),
    Int(Int64Builder),
    Bytes(BinaryViewBuilder),
}

/// Collects documents for one batch.
#[derive(Debug)]
pub(super) struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<(Field, ColumnBuilder)>,
    /// What generated ids begin with.
    shard: String,
    scratch: String,
    rows: Vec<u64>,
    payload_bytes: usize,
}

impl BatchBuilder {
    pub(super) fn new(schema: SchemaRef, columns: &[PlannedColumn], shard: &str) -> Self {
        let builder = |column: &PlannedColumn| match column.data_type {
            ColumnType::Int64 => ColumnBuilder::Int(Int64Builder::new()),
            ColumnType::Binary => ColumnBuilder::Bytes(BinaryViewBuilder::new()),
            _ => ColumnBuilder::Text(StringViewBuilder::new()),
        };
        Self {
            schema,
            columns: columns.iter().map(|column| (Field::of(column), builder(column))).collect(),
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

    /// Adds `page`, record `row` of the shard.
    pub(super) fn append(&mut self, page: &Page<'_>, row: u64) {
        for (field, builder) in &mut self.columns {
            match (builder, field.value(page)) {
                (ColumnBuilder::Text(ids), Value::Null) if *field == Field::Id => {
                    ids.append_value(generated_id(&mut self.scratch, &self.shard, row));
                }
                (ColumnBuilder::Text(builder), Value::Text(text)) => builder.append_value(text),
                // The reader has checked that a text is UTF-8.
                (ColumnBuilder::Text(builder), Value::Bytes(bytes)) => {
                    builder.append_value(String::from_utf8_lossy(bytes));
                }
                (ColumnBuilder::Int(builder), Value::Int(value)) => builder.append_value(value),
                (ColumnBuilder::Bytes(builder), Value::Bytes(bytes)) => builder.append_value(bytes),
                (ColumnBuilder::Text(builder), _) => builder.append_null(),
                (ColumnBuilder::Int(builder), _) => builder.append_null(),
                (ColumnBuilder::Bytes(builder), _) => builder.append_null(),
            }
        }
        self.payload_bytes += page.body.len();
        self.rows.push(row);
    }

    pub(super) fn finish(&mut self) -> Result<DocumentBatch, DocumentError> {
        let columns = self.columns.iter_mut().map(|(_, builder)| -> ArrayRef {
            match builder {
                ColumnBuilder::Text(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Int(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Bytes(builder) => Arc::new(builder.finish()),
            }
        });
        let records = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect())?;
        self.payload_bytes = 0;
        DocumentBatch::with_rows(records, UInt64Array::from(std::mem::take(&mut self.rows)))
    }
}
