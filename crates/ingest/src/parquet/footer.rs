//! The footer of a Parquet file: read, doubted, and compared with the column mapping.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::convert::Conversion;
use super::guarded;
use crate::columns::ColumnProblem;
use crate::config::{PlannedColumn, planned_columns};
use crate::plan::Inspected;
use crate::source::{Chunks, Source};
use crate::{IngestError, InputConfig, Shard, Split};

/// Bytes of a Parquet file that hold no column data: magic in front; length and magic behind.
const FRAME_BYTES: u64 = 12;
/// Most rows of one row group that are believed. Writers make some millions at most, and each lost
/// row of a damaged group is counted one by one.
const MOST_GROUP_ROWS: u64 = 1 << 31;

/// A Parquet file that was opened and whose mapped columns fit.
#[derive(Debug)]
pub(super) struct Footer {
    pub chunks: Chunks,
    pub metadata: ArrowReaderMetadata,
    pub mask: ProjectionMask,
    /// How each document column is made, in their order.
    pub conversions: Vec<Conversion>,
}

impl Footer {
    /// Opens `shard` for reading `columns`.
    pub(super) fn open(shard: &Shard, source: &Source, columns: &[PlannedColumn]) -> Result<Self, IngestError> {
        let chunks = source.chunks()?;
        let unreadable =
            |reason: String| IngestError::unreadable(&shard.location, format!("no Parquet file: {reason}"));
        let metadata = guarded(|| {
            let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Skip);
            reader.parse_and_finish(&chunks)
        });
        let metadata = Arc::new(metadata.map_err(unreadable)?);
        guarded(|| check_declared_sizes(&metadata, shard.bytes)).map_err(unreadable)?;
        // The Arrow schema that some writers embed is only a hint, and one more thing to doubt.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let plain = guarded(|| ArrowReaderMetadata::try_new(Arc::clone(&metadata), options)).map_err(unreadable)?;
        let conversions = conversions(shard, plain.schema(), columns)?;
        let options = ArrowReaderOptions::new().with_schema(Arc::new(with_views(plain.schema(), &conversions)));
        let metadata = guarded(|| ArrowReaderMetadata::try_new(metadata, options)).map_err(unreadable)?;
        let roots = conversions.iter().filter_map(Conversion::root);
        let mask = ProjectionMask::roots(metadata.parquet_schema(), roots);
        Ok(Self { chunks, metadata, mask, conversions })
    }

    /// Rows of row group `index` as declared.
    pub(super) fn group_rows(&self, index: usize) -> u64 {
        let group = self.metadata.metadata().row_groups().get(index);
        group.map_or(0, |group| u64::try_from(group.num_rows()).unwrap_or(0))
    }

    /// Decoded bytes a row of row group `index`, of the columns that are read, as declared.
    pub(super) fn bytes_a_row(&self, index: usize) -> u64 {
        let Some(group) = self.metadata.metadata().row_groups().get(index) else {
            return 0;
        };
        let read = group.columns().iter().enumerate().filter(|(leaf, _)| self.mask.leaf_included(*leaf));
        let bytes: i64 = read.map(|(_, column)| column.uncompressed_size()).fold(0, i64::saturating_add);
        u64::try_from(bytes).unwrap_or(0) / self.group_rows(index).max(1)
    }
}

/// Looks into `shard` and cuts it into row-group ranges.
pub(crate) fn inspect(shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
    let columns = planned_columns(config, shard.format, None);
    let footer = Footer::open(shard, source, &columns)?;
    let fields = footer.metadata.schema().fields().iter().map(|field| field.name().clone()).collect();
    let splits = splits(shard, footer.metadata.metadata(), config.split_bytes.bytes());
    Ok(Inspected { splits, fields, note: None })
}

/// Neighbouring row groups together as long as they stay within `split_bytes`; one that is larger
/// is a split of its own. Groups without rows belong to no split.
fn splits(shard: &Shard, metadata: &ParquetMetaData, split_bytes: u64) -> Vec<Split> {
    let mut splits: Vec<Split> = Vec::new();
    let mut first_row = 0;
    for (index, group) in (0_u32..).zip(metadata.row_groups()) {
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        let bytes = u64::try_from(group.compressed_size()).unwrap_or(0);
        if rows == 0 {
            continue;
        }
        match splits.last_mut() {
            Some(last) if last.bytes.saturating_add(bytes) <= split_bytes => {
                last.bytes += bytes;
                last.rows = last.rows.map(|known| known + rows);
                last.row_groups = last.row_groups.map(|(start, _)| (start, index + 1));
            }
            _ => splits.push(Split {
                shard: shard.clone(),
                row_groups: Some((index, index + 1)),
                first_row,
                rows: Some(rows),
                bytes,
            }),
        }
        first_row += rows;
    }
    splits
}

/// Every declared size must be possible in a file of `file_bytes`, before anything is decoded.
fn check_declared_sizes(metadata: &ParquetMetaData, file_bytes: u64) -> Result<(), String> {
    let data_end = file_bytes.saturating_sub(FRAME_BYTES - 4);
    let mut total: u64 = 0;
    for (index, group) in metadata.row_groups().iter().enumerate() {
        let rows = u64::try_from(group.num_rows()).map_err(|_| format!("row group {index} has negative rows"))?;
        if rows > MOST_GROUP_ROWS {
            return Err(format!("row group {index} declares {rows} rows, more than is plausible"));
        }
        total = total.checked_add(rows).ok_or("the row groups declare too many rows")?;
        for column in group.columns() {
            check_chunk(column, rows, data_end)
                .map_err(|what| format!("row group {index}, column `{}`: {what}", column.column_path().string()))?;
        }
    }
    let declared = metadata.file_metadata().num_rows();
    if u64::try_from(declared) != Ok(total) {
        return Err(format!("the footer declares {declared} rows, its row groups {total}"));
    }
    Ok(())
}

fn check_chunk(column: &ColumnChunkMetaData, rows: u64, data_end: u64) -> Result<(), String> {
    if column.file_path().is_some() {
        return Err("its data lies in another file, which is not supported".to_owned());
    }
    let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
    let (start, length) = (u64::try_from(start), u64::try_from(column.compressed_size()));
    let (Ok(start), Ok(length)) = (start, length) else {
        return Err("its offset or size is negative".to_owned());
    };
    if start.checked_add(length).is_none_or(|end| end > data_end) {
        return Err(format!("{length} bytes at byte {start} lie outside the file"));
    }
    if column.uncompressed_size() < 0 {
        return Err("its decoded size is negative".to_owned());
    }
    let is_flat = column.column_descr().max_rep_level() == 0;
    if is_flat && u64::try_from(column.num_values()) != Ok(rows) {
        return Err(format!("{} values declared for {rows} rows", column.num_values()));
    }
    Ok(())
}

fn conversions(shard: &Shard, schema: &Schema, columns: &[PlannedColumn]) -> Result<Vec<Conversion>, IngestError> {
    let available: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let (mut conversions, mut problems) = (Vec::new(), Vec::new());
    for column in columns {
        let from = column.from.as_deref();
        let found = from.and_then(|from| schema.column_with_name(from));
        match (found, from) {
            (Some((root, field)), Some(from)) => match Conversion::new(column, root, field.data_type()) {
                Ok(conversion) => conversions.push(conversion),
                Err(expected) => {
                    let found = field.data_type().to_string();
                    problems.push(ColumnProblem::mistyped(&column.name, from, expected, found));
                }
            },
            (None, Some(from)) if !column.may_be_absent() => {
                problems.push(ColumnProblem::missing(&column.name, from, &available));
            }
            _ => conversions.push(Conversion::absent(column)),
        }
    }
    if problems.is_empty() {
        return Ok(conversions);
    }
    Err(IngestError::Columns { location: shard.location.clone(), problems, available })
}

/// `schema` with the string columns that are read as views, which share the pages' memory.
fn with_views(schema: &Schema, conversions: &[Conversion]) -> Schema {
    let read: Vec<usize> = conversions.iter().filter_map(Conversion::root).collect();
    let fields = schema.fields().iter().enumerate().map(|(index, field)| {
        if read.contains(&index) && field.data_type() == &DataType::Utf8 {
            Field::clone(field).with_data_type(DataType::Utf8View)
        } else {
            Field::clone(field)
        }
    });
    Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone())
}
