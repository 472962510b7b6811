use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray, StringViewBuilder, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use crate::columns::ColumnType;
use crate::config::PlannedColumn;
use crate::jsonl::generated_id;

/// A cast that fails is an error, never a null in place of a value.
const STRICT: CastOptions<'static> =
    CastOptions { safe: false, format_options: arrow::util::display::FormatOptions::new() };

/// How one document column is made of the file's columns.
#[derive(Debug)]
pub(super) struct Conversion {
    name: String,
    data_type: DataType,
    /// Index of the file's column; `None` where it has none.
    root: Option<usize>,
    /// The file's column under its name there.
    from: String,
    is_id: bool,
}

impl Conversion {
    /// The conversion of a column of type `found`; otherwise the types that would do.
    pub(super) fn new(column: &PlannedColumn, root: usize, found: &DataType) -> Result<Self, String> {
        if !is_readable(column, found) {
            return Err(format!("{} ({})", column.data_type.name(), accepted(column)));
        }
        Ok(Self { root: Some(root), from: column.from.clone().unwrap_or_default(), ..Self::absent(column) })
    }

    /// A column that the file does not have: generated ids, otherwise nulls.
    pub(super) fn absent(column: &PlannedColumn) -> Self {
        Self {
            name: column.name.clone(),
            data_type: column.data_type.data_type(),
            root: None,
            from: String::new(),
            is_id: column.name == textmill_document::columns::ID,
        }
    }

    pub(super) fn root(&self) -> Option<usize> {
        self.root
    }

    /// The column for `records`, whose first row is record `first_row` of `shard`.
    pub(super) fn apply(&self, records: &RecordBatch, shard: &str, first_row: u64) -> Result<ArrayRef, ArrowError> {
        let column = match self.root.and_then(|_| records.column_by_name(&self.from)) {
            Some(column) if column.data_type() == &self.data_type => Arc::clone(column),
            Some(column) => cast_with_options(column, &self.data_type, &STRICT)?,
            None => new_null_array(&self.data_type, records.num_rows()),
        };
        if self.is_id && column.null_count() > 0 {
            let ids = column
                .as_string_view_opt()
                .ok_or_else(|| ArrowError::SchemaError(format!("column `{}` is no string", self.name)))?;
            return Ok(Arc::new(with_generated(ids, shard, first_row)));
        }
        Ok(column)
    }
}

fn with_generated(ids: &StringViewArray, shard: &str, first_row: u64) -> StringViewArray {
    let mut filled = StringViewBuilder::with_capacity(ids.len());
    let mut scratch = String::new();
    for (row, id) in (first_row..).zip(ids) {
        filled.append_value(id.unwrap_or_else(|| generated_id(&mut scratch, shard, row)));
    }
    filled.finish()
}

fn is_readable(column: &PlannedColumn, found: &DataType) -> bool {
    use DataType::{
        Boolean, Float16, Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Utf8,
    };
    let narrow = matches!(found, Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32);
    match column.data_type {
        ColumnType::String if column.is_payload => found == &Utf8,
        ColumnType::String => narrow || matches!(found, Utf8 | Boolean | UInt64 | Float32 | Float64),
        ColumnType::Int64 => narrow,
        ColumnType::Float64 => narrow || matches!(found, Float16 | Float32 | Float64),
        ColumnType::Boolean => found == &Boolean,
        ColumnType::Binary => false,
    }
}

fn accepted(column: &PlannedColumn) -> &'static str {
    match column.data_type {
        ColumnType::String if column.is_payload => "a string column, plain or dictionary-encoded",
        ColumnType::String => "a string, integer, floating-point or boolean column",
        ColumnType::Int64 => "an integer column of up to 64 bits, signed",
        ColumnType::Float64 => "a floating-point or integer column",
        ColumnType::Boolean => "a boolean column",
        ColumnType::Binary => "no column of Parquet",
    }
}
