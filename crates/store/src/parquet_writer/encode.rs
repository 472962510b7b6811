//! Encodes row groups, each on its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, TypePtr};
use textmill_document::{columns, row_hash_sum};

use super::{WriterOptions, originals};

/// Without the version of textmill, so that its releases write equal bytes; raised when the
/// writer's settings change. In the form that readers look for.
const CREATED_BY: &str = "textmill version 1";

/// Longest minimum or maximum of a text column that is stored, in bytes.
const STATISTICS_BYTES: usize = 64;

/// Columns whose values hardly ever repeat: a dictionary would be built and thrown away.
const UNIQUE: &[&str] =
    &[columns::ID, columns::TEXT, columns::HTML, columns::METADATA, columns::URL, columns::TITLE, "content"];

/// Knows how row groups of a dataset are encoded; shared by all threads.
#[derive(Debug)]
pub(super) struct Encoder {
    schema: SchemaRef,
    root: TypePtr,
    properties: WriterPropertiesPtr,
    factory: ArrowRowGroupWriterFactory,
}

/// An encoded row group that is not in a file yet.
#[derive(Debug)]
pub(super) struct RowGroup {
    pub columns: Vec<ArrowColumnChunk>,
    pub rows: u64,
    /// Sum of the rows' hashes.
    pub hash: u128,
}

impl Encoder {
    pub(super) fn new(options: &WriterOptions) -> Result<Self> {
        let schema = Arc::clone(&options.schema);
        let root = originals::parquet_schema(&schema, ArrowSchemaConverter::new().convert(&schema)?.root_schema_ptr())?;
        let mut properties = properties(&schema, options)?;
        // Only where it says more than Parquet itself does.
        if let Some(told) = originals::told(&schema) {
            add_encoded_arrow_schema_to_metadata(&told, &mut properties);
        }
        let properties = Arc::new(properties);
        let unused = SerializedFileWriter::new(Vec::new(), Arc::clone(&root), Arc::clone(&properties))?;
        let factory = ArrowRowGroupWriterFactory::new(&unused, Arc::clone(&schema));
        Ok(Self { schema, root, properties, factory })
    }

    /// A new file that collects in memory what is to be written.
    pub(super) fn file(&self) -> Result<SerializedFileWriter<Vec<u8>>> {
        SerializedFileWriter::new(Vec::new(), Arc::clone(&self.root), Arc::clone(&self.properties))
    }

    /// Encodes a row group; a panic in the encoder is an error like any other.
    pub(super) fn encode(&self, chunks: Vec<RecordBatch>) -> std::result::Result<RowGroup, String> {
        match catch_unwind(AssertUnwindSafe(|| self.try_encode(chunks))) {
            Ok(encoded) => encoded.map_err(|error| error.to_string()),
            Err(_) => Err("the Parquet encoder panicked; please report it".to_owned()),
        }
    }

    fn try_encode(&self, chunks: Vec<RecordBatch>) -> Result<RowGroup> {
        let rows = chunks.iter().map(|chunk| chunk.num_rows() as u64).sum();
        let hash = chunks.iter().fold(0_u128, |sum, chunk| sum.wrapping_add(row_hash_sum(chunk)));
        // The number matters to encrypted files only, which these are not.
        let mut writers = self.factory.create_column_writers(0)?.into_iter();
        let mut columns = Vec::with_capacity(writers.len());
        // Each column's values go as soon as they are encoded.
        let mut values: Vec<_> = chunks.into_iter().map(|chunk| chunk.columns().to_vec().into_iter()).collect();
        // Column by column: an open writer has buffers and a compressor, which thousands of columns at once would make
        // larger than the row group.
        for field in self.schema.fields() {
            let mut open: Vec<ArrowColumnWriter> = Vec::new();
            for column in values.iter_mut().filter_map(Iterator::next) {
                for (leaf, values) in compute_leaves(field, &column)?.into_iter().enumerate() {
                    if leaf == open.len() {
                        open.push(writers.next().ok_or_else(|| ParquetError::General("a leaf too many".to_owned()))?);
                    }
                    open[leaf].write(&values)?;
                }
            }
            for writer in open {
                columns.push(writer.close()?);
            }
        }
        // Without any chunk, nothing was opened.
        for writer in writers {
            columns.push(writer.close()?);
        }
        Ok(RowGroup { columns, rows, hash })
    }
}

fn properties(schema: &SchemaRef, options: &WriterOptions) -> Result<WriterProperties> {
    let mut builder = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        // A page of the second version is compressed from where it was encoded; one of the first is
        // copied before, which shows in the CPU time of every run.
        .set_writer_version(WriterVersion::PARQUET_2_0)
        // That version's own choice of encodings, delta lengths and prefixes, is not what every reader has.
        .set_encoding(Encoding::PLAIN)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(options.zstd_level)?))
        .set_statistics_truncate_length(Some(STATISTICS_BYTES))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES));
    for field in schema.fields() {
        let path = ColumnPath::from(field.name().as_str());
        if UNIQUE.contains(&field.name().as_str()) {
            builder = builder.set_column_dictionary_enabled(path.clone(), false);
        }
        if options.hashes.iter().any(|hash| hash.is(field.name())) {
            builder = builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_compression(path.clone(), Compression::UNCOMPRESSED);
        }
        // Page-level minima of long text help no reader and cost time and space.
        let is_text = matches!(
            field.data_type(),
            DataType::Utf8View
                | DataType::Utf8
                | DataType::LargeUtf8
                | DataType::BinaryView
                | DataType::Binary
                | DataType::LargeBinary
        );
        if is_text {
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::Chunk);
        }
    }
    Ok(builder.build())
}
