//! Row groups of very many columns. The decoder holds a page, and a dictionary, of every column at once: of
//! thousands of columns these are the whole row group, decompressed. So some columns are read at a time, and what is kept
//! of them is only the rows that are wanted.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use parquet::arrow::ProjectionMask;
use parquet::file::metadata::RowGroupMetaData;
use parquet::schema::types::SchemaDescriptor;

/// Most bytes of a column chunk that are held at once: writers end pages and dictionaries at about 1 MiB each.
const PAGES_BYTES: u64 = 2 << 20;
/// Bytes of pages of all columns up to which they are read together.
const TOGETHER_BYTES: u64 = 128 << 20;
/// Bytes of pages that are read together where all are too many.
const STRIPE_BYTES: u64 = 16 << 20;
/// Decoded bytes of the rows that are read at once then. Each time, the pages are decoded anew.
const ROWS_BYTES: u64 = 32 << 20;

/// The columns of a row group that are read together, one mask after the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stripes {
    pub masks: Vec<ProjectionMask>,
    /// Rows to read at once.
    pub rows: u64,
}

/// How the columns of `mask` are read of `group`; `None` where all of them can be read together.
pub(super) fn stripes(
    group: &RowGroupMetaData,
    descriptor: &SchemaDescriptor,
    mask: &ProjectionMask,
) -> Option<Stripes> {
    let decoded = |leaf: usize| {
        let bytes =
            group.columns().get(leaf).map_or(0, parquet::file::metadata::ColumnChunkMetaData::uncompressed_size);
        u64::try_from(bytes).unwrap_or(0)
    };
    let held = |leaf: usize| decoded(leaf).min(PAGES_BYTES);
    let leaves: Vec<usize> = (0..descriptor.num_columns()).filter(|leaf| mask.leaf_included(*leaf)).collect();
    if leaves.iter().map(|leaf| held(*leaf)).sum::<u64>() <= TOGETHER_BYTES {
        return None;
    }
    let (mut parts, mut bytes): (Vec<Vec<usize>>, u64) = (Vec::new(), 0);
    let mut last_root = None;
    for leaf in &leaves {
        let root = descriptor.get_column_root_idx(*leaf);
        // The fields of a struct belong together.
        if let Some(part) = parts.last_mut()
            && (bytes + held(*leaf) <= STRIPE_BYTES || last_root == Some(root))
        {
            part.push(*leaf);
        } else {
            parts.push(vec![*leaf]);
            bytes = 0;
        }
        bytes += held(*leaf);
        last_root = Some(root);
    }
    let rows = u64::try_from(group.num_rows()).unwrap_or(0).max(1);
    let bytes_a_row = leaves.iter().map(|leaf| decoded(*leaf)).sum::<u64>() / rows;
    let masks = parts.into_iter().map(|leaves| ProjectionMask::leaves(descriptor, leaves)).collect();
    Some(Stripes { masks, rows: (ROWS_BYTES / bytes_a_row.max(1)).max(1) })
}

/// The columns of stripes side by side. All must have the same rows.
pub(super) fn joined(stripes: Vec<RecordBatch>) -> Result<RecordBatch, String> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for stripe in stripes {
        fields.extend(stripe.schema().fields().iter().cloned());
        columns.extend(stripe.columns().iter().cloned());
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| error.to_string())
}

/// The rows without the pages that their views point into.
pub(super) fn own(records: &RecordBatch) -> Result<RecordBatch, String> {
    let columns = records.columns().iter().map(own_column).collect();
    RecordBatch::try_new(records.schema(), columns).map_err(|error| error.to_string())
}

fn own_column(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Utf8View => Arc::new(column.as_string_view().gc()),
        DataType::BinaryView => Arc::new(column.as_binary_view().gc()),
        _ => Arc::clone(column),
    }
}
