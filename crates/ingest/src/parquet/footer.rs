//! The footer of a Parquet file: read, doubted, and compared with the column mapping.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::{
    FileMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataBuilder, ParquetMetaDataReader,
};
use tokio::runtime::Handle;

use super::convert::Conversion;
use super::encrypted::{self, Encrypted};
use super::mapping::{Mapping, map};
use super::sizes::check_declared_sizes;
use super::{guarded, schema};
use crate::columns::ColumnProblem;
use crate::config::{PlannedColumn, planned_columns};
use crate::lacking::Lacking;
use crate::plan::Inspected;
use crate::source::{Chunks, Source};
use crate::{IngestError, InputConfig, Shard, Split};

/// A Parquet file that was opened and whose mapped columns fit.
#[derive(Debug)]
pub(super) struct Footer {
    pub chunks: Chunks,
    pub metadata: ArrowReaderMetadata,
    pub mask: ProjectionMask,
    /// How each document column is made, in their order.
    pub conversions: Vec<Conversion>,
    /// The columns by what Parquet itself says, with text and bytes as views.
    pub plain: SchemaRef,
    /// Rows of the whole file as declared.
    declared_rows: i64,
    lacking: Vec<ColumnProblem>,
    found: Vec<String>,
}

impl Footer {
    /// Opens `shard` for reading `columns`.
    pub(super) fn open(shard: &Shard, source: &Source, columns: &[PlannedColumn]) -> Result<Self, IngestError> {
        let (chunks, metadata, declared_rows) = parse(shard, source)?;
        let unreadable = |reason: String| unreadable(shard, &reason);
        let plain = schema::plain_schema(&metadata).map_err(unreadable)?;
        let passes = columns.iter().any(|column| column.passed.is_some());
        let original = if passes { schema::original_schema(&metadata, &plain) } else { plain.clone() };
        let Mapping { conversions, lacking, found } = map(shard, &original, columns)?;
        let carried = carried_roots(columns, &conversions);
        let as_carried = schema::read_schema(&plain, &original, |root| {
            carried.iter().any(|name| plain.fields().get(root).is_some_and(|field| field.name() == name))
        });
        let plain = Arc::new(schema::read_schema(&plain, &plain, |_| false));
        let supplied = |schema: &SchemaRef| {
            let options = ArrowReaderOptions::new().with_schema(Arc::clone(schema));
            guarded(|| ArrowReaderMetadata::try_new(Arc::clone(&metadata), options))
        };
        // What the embedded schema says may not fit what is there; Parquet's own types always do.
        let read = supplied(&Arc::new(as_carried)).or_else(|_| supplied(&plain)).map_err(unreadable)?;
        let mask = mask(&read, &conversions);
        Ok(Self { chunks, metadata: read, mask, conversions, plain, declared_rows, lacking, found })
    }

    /// The file for reading text as bytes, which finds the values that are none.
    pub(super) fn with_text_as_bytes(&self) -> Result<ArrowReaderMetadata, String> {
        let metadata = Arc::new(schema::as_bytes(self.metadata.metadata())?);
        let bytes = schema::plain_schema(&metadata)?;
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema::read_schema(&bytes, &bytes, |_| false)));
        guarded(|| ArrowReaderMetadata::try_new(metadata, options))
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

/// The columns of `shard` as it was written, and whether it has rows.
pub(crate) fn file_schema(shard: &Shard, runtime: &Handle) -> Result<(Schema, bool), IngestError> {
    let source = Source::open(shard, runtime)?;
    if shard.bytes == 0 {
        return Ok((Schema::empty(), false));
    }
    let (_, metadata, _) = parse(shard, &source)?;
    let plain = schema::plain_schema(&metadata).map_err(|reason| unreadable(shard, &reason))?;
    let has_rows = metadata.file_metadata().num_rows() > 0;
    Ok((schema::original_schema(&metadata, &plain), has_rows))
}

/// Looks into `shard` and cuts it into row-group ranges.
pub(crate) fn inspect(shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
    let columns = planned_columns(config, shard.format, None);
    let footer = match Footer::open(shard, source, &columns) {
        // Columns of a file without rows are wrong for nobody.
        Err(IngestError::Columns { .. }) if has_no_rows(shard, source)? => return Ok(Inspected::default()),
        opened => opened?,
    };
    refuse_encrypted(shard, &footer)?;
    let metadata = footer.metadata.metadata();
    let available: Vec<String> = footer.plain.fields().iter().map(|field| field.name().clone()).collect();
    let splits = splits(shard, metadata, config.split_bytes.bytes());
    let rows: u64 = splits.iter().filter_map(|split| split.rows).sum();
    let declared = footer.declared_rows;
    let note = (u64::try_from(declared) != Ok(rows)).then(|| {
        format!("{}: the footer declares {declared} rows, its row groups {rows}; these are read", shard.location)
    });
    let fields = available.iter().cloned().collect();
    let lacking = (!footer.lacking.is_empty() && rows > 0).then(|| Lacking {
        location: shard.location.clone(),
        problems: footer.lacking,
        available,
    });
    Ok(Inspected { splits, fields, note, lacking, found: footer.found })
}

fn has_no_rows(shard: &Shard, source: &Source) -> Result<bool, IngestError> {
    let (_, metadata, _) = parse(shard, source)?;
    Ok(metadata.file_metadata().num_rows() == 0)
}

fn unreadable(shard: &Shard, reason: &str) -> IngestError {
    IngestError::unreadable(&shard.location, format!("no Parquet file: {reason}"))
}

/// The file, what its footer says, and how many rows that declares for the whole file.
fn parse(shard: &Shard, source: &Source) -> Result<(Chunks, Arc<ParquetMetaData>, i64), IngestError> {
    let chunks = source.chunks()?;
    let metadata = guarded(|| {
        let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Skip);
        reader.parse_and_finish(&chunks)
    });
    let metadata = metadata.map_err(|reason| match encrypted::look(&chunks) {
        Encrypted::Footer => encrypted_file(shard, "its footer is encrypted"),
        Encrypted::Columns(columns) if !columns.is_empty() => encrypted_file(shard, "columns of it are encrypted"),
        Encrypted::Columns(_) => unreadable(shard, &reason),
    })?;
    let rows = guarded(|| check_declared_sizes(&metadata, shard.bytes)).map_err(|reason| unreadable(shard, &reason))?;
    let declared = metadata.file_metadata().num_rows();
    Ok((chunks, Arc::new(with_rows(metadata, rows)), declared))
}

/// `metadata` with the number of rows that its row groups have: the reader believes what the footer says of the whole.
fn with_rows(metadata: ParquetMetaData, rows: u64) -> ParquetMetaData {
    let file = metadata.file_metadata();
    let Ok(rows) = i64::try_from(rows) else { return metadata };
    if file.num_rows() == rows {
        return metadata;
    }
    let (created_by, noted) = (file.created_by().map(ToOwned::to_owned), file.key_value_metadata().cloned());
    let (schema, orders) = (file.schema_descr_ptr(), file.column_orders().cloned());
    let file = FileMetaData::new(file.version(), rows, created_by, noted, schema, orders);
    ParquetMetaDataBuilder::new(file).set_row_groups(metadata.row_groups().to_vec()).build()
}

fn encrypted_file(shard: &Shard, what: &str) -> IngestError {
    let reason = format!("{what} (Parquet modular encryption), and textmill has no keys; write it without encryption");
    IngestError::unreadable(&shard.location, reason)
}

/// No column that is read may be encrypted: its rows would be lost one by one.
fn refuse_encrypted(shard: &Shard, footer: &Footer) -> Result<(), IngestError> {
    let Encrypted::Columns(encrypted) = encrypted::look(&footer.chunks) else {
        return Ok(());
    };
    let descriptor = footer.metadata.parquet_schema();
    let read =
        encrypted.into_iter().filter(|leaf| *leaf < descriptor.num_columns() && footer.mask.leaf_included(*leaf));
    let names: Vec<String> = read.map(|leaf| format!("`{}`", descriptor.column(leaf).path().string())).collect();
    match names.as_slice() {
        [] => Ok(()),
        [name] => Err(encrypted_file(shard, &format!("column {name} is encrypted"))),
        names => Err(encrypted_file(shard, &format!("columns {} are encrypted", names.join(", ")))),
    }
}

/// Names of the file's columns that pass through untouched, wholly or in part.
fn carried_roots(columns: &[PlannedColumn], conversions: &[Conversion]) -> Vec<String> {
    let passing = columns.iter().zip(conversions).filter(|(column, _)| column.passed.is_some());
    passing.flat_map(|(_, conversion)| conversion.paths()).filter_map(|path| path.first().cloned()).collect()
}

/// The leaves that are read.
fn mask(metadata: &ArrowReaderMetadata, conversions: &[Conversion]) -> ProjectionMask {
    let mut paths: BTreeMap<&str, Vec<&[String]>> = BTreeMap::new();
    for path in conversions.iter().flat_map(Conversion::paths) {
        let root = path.first().map_or("", String::as_str);
        paths.entry(root).or_default().push(path);
    }
    let descriptor = metadata.parquet_schema();
    let leaves = descriptor.columns().iter().enumerate().filter(|(_, leaf)| {
        let leaf = leaf.path().parts();
        let paths = leaf.first().and_then(|root| paths.get(root.as_str()));
        paths.is_some_and(|paths| paths.iter().any(|path| leaf.starts_with(path)))
    });
    let leaves: Vec<usize> = leaves.map(|(index, _)| index).collect();
    ProjectionMask::leaves(descriptor, leaves)
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
                part: None,
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
