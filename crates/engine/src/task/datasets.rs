//! The rows of the two side datasets: documents that were dropped and records in quarantine.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryViewBuilder, Float64Array, Float64Builder, Int64Builder, RecordBatch, StringViewArray,
    StringViewBuilder, UInt32Array, UInt64Array, new_null_array,
};
use arrow::compute::{interleave_record_batch, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use textmill_document::{DocumentBatch, Dropped, columns};
use textmill_ingest::QuarantinedRecord;

use super::batch::{Duplicate, FailedRow, Left};
use super::graph::INPUT;
use crate::EngineError;

/// Bytes of a quarantined record that are kept for people to look at.
const HEAD_BYTES: usize = 1024;

/// Schema of the dropped dataset: the input's columns, then where, why, value, bound and detail.
pub(crate) fn dropped_schema(input: &Schema) -> SchemaRef {
    let mut fields: Vec<Field> = input.fields().iter().map(|field| (**field).clone()).collect();
    if !fields.iter().any(|field| field.name() == columns::TEXT) {
        fields.push(columns::text_field(columns::TEXT));
    }
    fields.retain(|field| !DROP_COLUMNS.contains(&field.name().as_str()));
    fields.extend(DROP_COLUMNS.iter().map(|name| {
        let data_type = columns::standard_type(name).unwrap_or(DataType::Utf8View);
        Field::new(*name, data_type, true)
    }));
    Arc::new(Schema::new(fields))
}

const DROP_COLUMNS: [&str; 5] = [columns::DROPPED_BY, columns::REASON, columns::VALUE, columns::BOUND, columns::DETAIL];

/// Schema of the quarantine dataset.
pub(crate) fn quarantine_schema() -> SchemaRef {
    let text = columns::text_field;
    Arc::new(Schema::new(vec![
        text("shard"),
        Field::new("row", DataType::Int64, true),
        Field::new("offset", DataType::Int64, true),
        text(columns::ID),
        text("stage"),
        text("cause"),
        text(columns::DETAIL),
        Field::new("bytes", DataType::Int64, true),
        text("blake3"),
        Field::new("head", DataType::BinaryView, true),
    ]))
}

/// Schema of the duplicates dataset.
pub(crate) fn duplicates_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        columns::text_field(columns::ID),
        columns::text_field(columns::URL),
        columns::text_field("removed_by"),
        columns::text_field("keeper_id"),
        Field::new("similarity", DataType::Float64, true),
        Field::new("cluster_size", DataType::UInt64, false),
        columns::text_field("shard"),
        Field::new("row", DataType::UInt64, false),
        columns::text_field("keeper_shard"),
        Field::new("keeper_row", DataType::UInt64, true),
    ]))
}

/// The duplicates that one exchange removed of the file `shard` as rows of the duplicates dataset.
pub(crate) fn duplicate_rows(stage_id: &str, shard: &str, left: &Left<Duplicate>) -> Result<RecordBatch, EngineError> {
    let indices = UInt32Array::from_iter_values(left.rows.iter().map(|(row, _)| index(*row)));
    let cells = |name: &str| -> Result<ArrayRef, EngineError> {
        match left.batch.strings(name) {
            Ok(column) => take(column, &indices, None).map_err(bug),
            Err(_) => Ok(new_null_array(&DataType::Utf8View, left.rows.len())),
        }
    };
    let members = || left.rows.iter().map(|(_, member)| member);
    let origins = || members().map(|member| member.keeper_origin.as_ref());
    let arrays: Vec<ArrayRef> = vec![
        cells(columns::ID)?,
        cells(columns::URL)?,
        Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(stage_id, left.rows.len()))),
        Arc::new(StringViewArray::from_iter_values(members().map(|member| member.keeper.as_str()))),
        Arc::new(members().map(|member| member.similarity).collect::<Float64Array>()),
        Arc::new(members().map(|member| member.size).collect::<UInt64Array>()),
        Arc::new(StringViewArray::from_iter_values(std::iter::repeat_n(shard, left.rows.len()))),
        take(left.batch.rows(), &indices, None).map_err(bug)?,
        Arc::new(origins().map(|origin| Some(origin?.shard.as_str())).collect::<StringViewArray>()),
        Arc::new(origins().map(|origin| Some(origin?.row)).collect::<UInt64Array>()),
    ];
    RecordBatch::try_new(duplicates_schema(), arrays).map_err(bug)
}

/// The dropped rows of one node as rows of the dropped dataset, with their row numbers.
pub(crate) fn dropped_rows(
    schema: &SchemaRef,
    stage_id: &str,
    left: &Left<Dropped>,
) -> Result<DocumentBatch, EngineError> {
    let indices = UInt32Array::from_iter_values(left.rows.iter().map(|drop| index(drop.row)));
    let source = left.batch.records();
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    let carried = schema.fields().len() - DROP_COLUMNS.len();
    for field in &schema.fields()[..carried] {
        let column = source.column_by_name(field.name()).filter(|column| column.data_type() == field.data_type());
        arrays.push(match column {
            Some(column) => take(column, &indices, None).map_err(bug)?,
            None => new_null_array(field.data_type(), left.rows.len()),
        });
    }
    arrays.extend(why(stage_id, &left.rows));
    let records = RecordBatch::try_new(Arc::clone(schema), arrays).map_err(bug)?;
    let rows = take(left.batch.rows(), &indices, None).map_err(bug)?;
    let rows = arrow::array::AsArray::as_primitive::<arrow::datatypes::UInt64Type>(&rows).clone();
    DocumentBatch::with_rows(records, rows).map_err(|error| EngineError::Bug(error.to_string()))
}

fn why(stage_id: &str, rows: &[Dropped]) -> [ArrayRef; 5] {
    let mut stage = StringViewBuilder::new().with_deduplicate_strings();
    let mut reason = StringViewBuilder::new().with_deduplicate_strings();
    let (mut value, mut bound) = (Float64Builder::new(), Float64Builder::new());
    let mut detail = StringViewBuilder::new();
    for drop in rows {
        stage.append_value(stage_id);
        reason.append_value(drop.reason.code);
        value.append_option(drop.value);
        bound.append_option(drop.bound);
        detail.append_option(drop.detail.as_deref());
    }
    [
        Arc::new(stage.finish()),
        Arc::new(reason.finish()),
        Arc::new(value.finish()),
        Arc::new(bound.finish()),
        Arc::new(detail.finish()),
    ]
}

/// Puts the dropped rows of several nodes into one batch in row order, nodes in pipeline order
/// within a row, so that the result does not depend on where batches end.
pub(crate) fn in_row_order(parts: &[DocumentBatch]) -> Result<Option<RecordBatch>, EngineError> {
    if parts.is_empty() {
        return Ok(None);
    }
    let mut order: Vec<(u64, usize, usize)> = Vec::new();
    for (part, batch) in parts.iter().enumerate() {
        order.extend(batch.rows().values().iter().enumerate().map(|(row, &number)| (number, part, row)));
    }
    order.sort_unstable();
    let records: Vec<_> = parts.iter().map(DocumentBatch::records).collect();
    let indices: Vec<_> = order.into_iter().map(|(_, part, row)| (part, row)).collect();
    interleave_record_batch(&records, &indices).map(Some).map_err(bug)
}

/// One record of the quarantine dataset.
#[derive(Debug, Clone)]
pub(crate) struct Quarantined {
    row: u64,
    offset: Option<u64>,
    id: Option<String>,
    stage: String,
    cause: &'static str,
    detail: String,
    bytes: u64,
    blake3: String,
    head: Vec<u8>,
}

impl Quarantined {
    /// A record that could not be read.
    pub(crate) fn from_record(record: QuarantinedRecord) -> Self {
        Self {
            row: record.row,
            offset: record.offset,
            id: record.id,
            stage: INPUT.to_owned(),
            cause: record.cause.code(),
            detail: record.detail,
            bytes: record.bytes,
            blake3: record.blake3,
            head: record.head,
        }
    }

    /// A document that a stage failed on.
    pub(crate) fn from_failure(stage: &str, batch: &DocumentBatch, (row, cause, detail): &FailedRow) -> Self {
        let cell = |name: &str| -> Option<String> {
            let column = batch.strings(name).ok()?;
            arrow::array::Array::is_valid(column, *row).then(|| column.value(*row).to_owned())
        };
        let body = || -> Option<Vec<u8>> {
            let column = batch.binaries(columns::BODY).ok()?;
            arrow::array::Array::is_valid(column, *row).then(|| column.value(*row).to_vec())
        };
        let text = cell(columns::TEXT).or_else(|| cell(columns::HTML)).map(String::into_bytes);
        let text = text.or_else(body).unwrap_or_default();
        Self {
            row: batch.rows().value(*row),
            offset: None,
            id: cell(columns::ID),
            stage: stage.to_owned(),
            cause: cause.code(),
            detail: detail.clone(),
            bytes: text.len() as u64,
            blake3: blake3::hash(&text).to_hex().to_string(),
            head: text[..text.len().min(HEAD_BYTES)].to_vec(),
        }
    }

    pub(crate) fn row(&self) -> u64 {
        self.row
    }
}

/// Records as a batch of the quarantine dataset.
pub(crate) fn quarantine_rows(shard: &str, records: &[Quarantined]) -> Result<RecordBatch, EngineError> {
    let mut text: [StringViewBuilder; 6] = std::array::from_fn(|_| StringViewBuilder::new());
    let mut number: [Int64Builder; 3] = std::array::from_fn(|_| Int64Builder::new());
    let mut head = BinaryViewBuilder::new();
    for record in records {
        let cells = [
            Some(shard),
            record.id.as_deref(),
            Some(record.stage.as_str()),
            Some(record.cause),
            Some(record.detail.as_str()),
            Some(record.blake3.as_str()),
        ];
        for (builder, cell) in text.iter_mut().zip(cells) {
            builder.append_option(cell);
        }
        for (builder, cell) in number.iter_mut().zip([Some(record.row), record.offset, Some(record.bytes)]) {
            builder.append_option(cell.and_then(|cell| i64::try_from(cell).ok()));
        }
        head.append_value(&record.head);
    }
    let [shard, id, stage, cause, detail, digest] = text.map(|mut builder| Arc::new(builder.finish()) as ArrayRef);
    let [row, offset, bytes] = number.map(|mut builder| Arc::new(builder.finish()) as ArrayRef);
    let arrays = vec![shard, row, offset, id, stage, cause, detail, bytes, digest, Arc::new(head.finish()) as ArrayRef];
    RecordBatch::try_new(quarantine_schema(), arrays).map_err(bug)
}

fn index(row: usize) -> u32 {
    // Batches have at most some thousands of rows.
    u32::try_from(row).unwrap_or(u32::MAX)
}

#[allow(clippy::needless_pass_by_value, reason = "used as a function in `map_err`")]
fn bug(error: arrow::error::ArrowError) -> EngineError {
    EngineError::Bug(format!("side dataset: {error}"))
}
