//! Sizes that a footer declares, doubted before anything is decoded.

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

/// Bytes of a Parquet file that hold no column data: magic in front; length and magic behind.
const FRAME_BYTES: u64 = 12;
/// Most rows of one row group that are believed. Writers make some millions at most, and each lost
/// row of a damaged group is counted one by one.
const MOST_GROUP_ROWS: u64 = 1 << 31;

/// Every declared size must be possible in a file of `file_bytes`. The number of rows of the whole file is not looked
/// at: the row groups are what is read, and some writers leave it at 0. Returns their rows.
pub(super) fn check_declared_sizes(metadata: &ParquetMetaData, file_bytes: u64) -> Result<u64, String> {
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
    Ok(total)
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
