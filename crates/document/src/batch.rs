use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, Float64Array, GenericByteViewArray, RecordBatch,
    StringViewArray, UInt64Array,
};
use arrow::compute::{concat_batches, filter_record_batch, interleave_record_batch};
use arrow::datatypes::{ByteViewType, DataType, Field, Float64Type, Schema, SchemaRef};
use xxhash_rust::xxh3::Xxh3Default;

use crate::{DocumentError, columns};

/// Documents as Arrow columns, each with its row number in the split it was read from.
///
/// The row numbers put branches back in order where they meet again and name a document that has
/// no usable id. They are no column: no stage can see or change them.
#[derive(Debug, Clone)]
pub struct DocumentBatch {
    records: RecordBatch,
    rows: UInt64Array,
}

impl DocumentBatch {
    /// Documents `records`, the first of which is row `first_row` of its split.
    pub fn new(records: RecordBatch, first_row: u64) -> Self {
        let end = first_row + records.num_rows() as u64;
        Self { records, rows: UInt64Array::from_iter_values(first_row..end) }
    }

    /// Documents with a given row number each.
    pub fn with_rows(records: RecordBatch, rows: UInt64Array) -> Result<Self, DocumentError> {
        if rows.len() != records.num_rows() || rows.null_count() > 0 {
            let message = format!("{} row numbers for {} documents", rows.len(), records.num_rows());
            return Err(arrow::error::ArrowError::InvalidArgumentError(message).into());
        }
        Ok(Self { records, rows })
    }

    /// The columns.
    pub fn records(&self) -> &RecordBatch {
        &self.records
    }

    /// Row numbers in the split, ascending.
    pub fn rows(&self) -> &UInt64Array {
        &self.rows
    }

    /// Number of documents.
    pub fn num_rows(&self) -> usize {
        self.records.num_rows()
    }

    /// Schema of the columns.
    pub fn schema(&self) -> SchemaRef {
        self.records.schema()
    }

    /// The column `name`.
    pub fn column(&self, name: &str) -> Result<&ArrayRef, DocumentError> {
        self.records.column_by_name(name).ok_or_else(|| DocumentError::MissingColumn {
            name: name.to_owned(),
            available: self.records.schema().fields().iter().map(|field| field.name().clone()).collect(),
        })
    }

    /// The text column `name`.
    pub fn strings(&self, name: &str) -> Result<&StringViewArray, DocumentError> {
        let column = self.column(name)?;
        column.as_string_view_opt().ok_or_else(|| wrong_type(name, column, DataType::Utf8View))
    }

    /// The text column `name`, if there is such a column.
    pub fn optional_strings(&self, name: &str) -> Result<Option<&StringViewArray>, DocumentError> {
        let known = self.records.schema_ref().column_with_name(name).is_some();
        known.then(|| self.strings(name)).transpose()
    }

    /// The byte column `name`.
    pub fn binaries(&self, name: &str) -> Result<&BinaryViewArray, DocumentError> {
        let column = self.column(name)?;
        column.as_binary_view_opt().ok_or_else(|| wrong_type(name, column, DataType::BinaryView))
    }

    /// The number column `name`.
    pub fn floats(&self, name: &str) -> Result<&Float64Array, DocumentError> {
        let column = self.column(name)?;
        column.as_primitive_opt::<Float64Type>().ok_or_else(|| wrong_type(name, column, DataType::Float64))
    }

    /// The documents' text.
    pub fn text(&self) -> Result<&StringViewArray, DocumentError> {
        self.strings(columns::TEXT)
    }

    /// Payload bytes of each document: of its text; of its HTML where there is no text column; of its
    /// body where there is neither.
    pub fn payload_bytes(&self) -> Vec<u64> {
        if let Ok(text) = self.strings(columns::TEXT).or_else(|_| self.strings(columns::HTML)) {
            return lengths(text);
        }
        self.binaries(columns::BODY).map_or_else(|_| vec![0; self.num_rows()], lengths)
    }

    /// These documents with column `field` added, or replaced where the name exists.
    pub fn with_column(&self, field: Field, array: ArrayRef) -> Result<Self, DocumentError> {
        self.with_columns(vec![(field, array)])
    }

    /// These documents with several columns added or replaced.
    pub fn with_columns(&self, added: Vec<(Field, ArrayRef)>) -> Result<Self, DocumentError> {
        let schema = self.records.schema();
        let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
        let mut arrays = self.records.columns().to_vec();
        for (field, array) in added {
            match fields.iter().position(|known| known.name() == field.name()) {
                Some(index) => {
                    fields[index] = Arc::new(field);
                    arrays[index] = array;
                }
                None => {
                    fields.push(Arc::new(field));
                    arrays.push(array);
                }
            }
        }
        let records = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
        Ok(Self { records, rows: self.rows.clone() })
    }

    /// The documents whose flag is set.
    pub fn filter(&self, keep: &[bool]) -> Result<Self, DocumentError> {
        let mask = BooleanArray::from(keep.to_vec());
        let records = filter_record_batch(&self.records, &mask)?;
        let rows = arrow::compute::filter(&self.rows, &mask)?;
        Self::with_rows(records, rows.as_primitive().clone())
    }

    /// The documents from `offset`, `length` of them, without copying.
    #[must_use]
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        Self { records: self.records.slice(offset, length), rows: self.rows.slice(offset, length) }
    }

    /// The documents of several branches put back in row order; a document that went down two
    /// branches keeps the order of the branches. All must have the same schema.
    pub fn merge(branches: &[Self]) -> Result<Self, DocumentError> {
        let mut order: Vec<(u64, usize, usize)> = Vec::new();
        for (branch, batch) in branches.iter().enumerate() {
            order.extend(batch.rows.values().iter().enumerate().map(|(row, &number)| (number, branch, row)));
        }
        order.sort_unstable();
        let aligned =
            branches.iter().map(|batch| batch.with_columns_like(&branches[0])).collect::<Result<Vec<_>, _>>()?;
        let records: Vec<_> = aligned.iter().collect();
        let indices: Vec<_> = order.iter().map(|&(_, branch, row)| (branch, row)).collect();
        let merged = interleave_record_batch(&records, &indices)?;
        Self::with_rows(merged, UInt64Array::from_iter_values(order.iter().map(|&(number, _, _)| number)))
    }

    fn with_columns_like(&self, other: &Self) -> Result<RecordBatch, DocumentError> {
        let schema = other.schema();
        if self.schema() == schema {
            return Ok(self.records.clone());
        }
        let columns = schema.fields().iter().map(|field| self.column(field.name()).cloned());
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(RecordBatch::try_new(schema, columns)?)
    }

    /// Several batches one after the other.
    pub fn concat(batches: &[Self]) -> Result<Self, DocumentError> {
        let [first, ..] = batches else {
            let message = "no batches to join".to_owned();
            return Err(arrow::error::ArrowError::InvalidArgumentError(message).into());
        };
        let schema = first.schema();
        let records = concat_batches(&schema, batches.iter().map(|batch| &batch.records))?;
        let rows = batches.iter().flat_map(|batch| batch.rows.values().iter().copied());
        Self::with_rows(records, UInt64Array::from_iter_values(rows))
    }
}

/// The value of a column that may not be there, in a row that may have none.
pub fn value_at(column: Option<&StringViewArray>, row: usize) -> Option<&str> {
    column.filter(|column| column.is_valid(row)).map(|column| column.value(row))
}

/// Lengths of the values; of a null, 0.
fn lengths<T: ByteViewType>(array: &GenericByteViewArray<T>) -> Vec<u64> {
    // The low half of a view is the length, also of a null row, whose view may be anything.
    #[allow(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
    let length = |view: &u128| u64::from(*view as u32);
    if array.null_count() == 0 {
        return array.views().iter().map(length).collect();
    }
    let rows = array.views().iter().enumerate();
    rows.map(|(row, view)| if array.is_valid(row) { length(view) } else { 0 }).collect()
}

fn wrong_type(name: &str, column: &ArrayRef, expected: DataType) -> DocumentError {
    DocumentError::WrongType { name: name.to_owned(), found: column.data_type().clone(), expected }
}

/// Wrapping sum over all documents of a 128-bit hash of id and text: the checksum that both sides
/// of a hand-over carry. It does not depend on order, and it changes when a document is lost,
/// doubled or altered. Batches without id or text count as if these were null.
pub fn row_hash_sum(records: &RecordBatch) -> u128 {
    let hashed =
        [columns::ID, columns::TEXT].map(|name| records.column_by_name(name).and_then(|c| c.as_string_view_opt()));
    let mut sum = 0_u128;
    for row in 0..records.num_rows() {
        let mut hasher = Xxh3Default::new();
        for column in hashed.into_iter().flatten() {
            if column.is_valid(row) {
                let value = column.value(row).as_bytes();
                hasher.update(&(value.len() as u64).to_le_bytes());
                hasher.update(value);
            } else {
                hasher.update(&u64::MAX.to_le_bytes());
            }
        }
        sum = sum.wrapping_add(hasher.digest128());
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(texts: &[&str], first_row: u64) -> DocumentBatch {
        let text: ArrayRef = Arc::new(StringViewArray::from(texts.to_vec()));
        let schema = Schema::new(vec![columns::text_field(columns::TEXT)]);
        DocumentBatch::new(RecordBatch::try_new(Arc::new(schema), vec![text]).expect("one column"), first_row)
    }

    #[test]
    fn branches_merge_in_row_order_with_branch_order_as_tie_break() {
        let all = batch(&["a", "b", "c", "d"], 7);
        let even = all.filter(&[true, false, true, false]).expect("filters");
        let first = all.filter(&[true, true, false, false]).expect("filters");
        let merged = DocumentBatch::merge(&[even, first]).expect("merges");
        assert_eq!(merged.rows().values(), &[7, 7, 8, 9]);
        let texts: Vec<_> = merged.text().expect("text").iter().flatten().collect();
        assert_eq!(texts, ["a", "a", "b", "c"]);
    }

    #[test]
    fn payload_is_text_bytes_even_with_nulls() {
        assert_eq!(batch(&["", "héllo", "a text of more than twelve bytes"], 0).payload_bytes(), [0, 6, 32]);
        let text: ArrayRef = Arc::new(StringViewArray::from(vec![Some("ab"), None]));
        let replaced = batch(&["x", "y"], 0).with_column(columns::text_field(columns::TEXT), text).expect("replaces");
        assert_eq!(replaced.payload_bytes(), [2, 0]);
    }

    #[test]
    fn bytes_are_the_payload_where_there_is_no_text() {
        let body: ArrayRef = Arc::new(BinaryViewArray::from(vec![Some(&b"\xff\xfe body of some length"[..]), None]));
        let schema = Schema::new(vec![Field::new(columns::BODY, DataType::BinaryView, true)]);
        let records = RecordBatch::try_new(Arc::new(schema), vec![body]).expect("one column");
        let pages = DocumentBatch::new(records, 0);
        assert_eq!(pages.payload_bytes(), [22, 0]);
        assert!(pages.binaries(columns::BODY).is_ok() && pages.strings(columns::BODY).is_err());
        assert_eq!(batch(&["a"], 0).payload_bytes(), [1]);
    }

    #[test]
    fn the_hash_sum_sees_losses_doubles_and_changes_but_not_order() {
        let sum = |texts: &[&str]| row_hash_sum(batch(texts, 0).records());
        assert_eq!(sum(&["a", "b"]), sum(&["b", "a"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a", "b", "b"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a", "c"]));
    }

    #[test]
    fn a_missing_column_is_named_with_the_ones_there() {
        let error = batch(&["x"], 0).strings("html").expect_err("no such column");
        assert_eq!(error.to_string(), "column `html` is missing; the batch has: text");
    }
}
