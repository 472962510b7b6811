//! Encodes row groups, each on its own.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type, TypePtr};
use textmill_document::{columns, row_hash_sum};

use super::originals;
use crate::writer::WriterOptions;
use crate::writer::format::Encoded;

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
        Ok(Self { schema, root, properties: Arc::new(properties) })
    }

    /// A new file that collects in memory what is to be written.
    pub(super) fn file(&self) -> Result<SerializedFileWriter<Vec<u8>>> {
        SerializedFileWriter::new(Vec::new(), Arc::clone(&self.root), Arc::clone(&self.properties))
    }

    /// Encodes a row group.
    pub(super) fn encode(&self, chunks: Vec<RecordBatch>) -> Result<Encoded<Vec<ArrowColumnChunk>>> {
        let rows = chunks.iter().map(|chunk| chunk.num_rows() as u64).sum();
        let hash = chunks.iter().fold(0_u128, |sum, chunk| sum.wrapping_add(row_hash_sum(chunk)));
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        // Each column's values go as soon as they are encoded.
        let mut values: Vec<_> = chunks.into_iter().map(|chunk| chunk.columns().to_vec().into_iter()).collect();
        // Column by column: a writer has buffers and a compressor, which thousands of columns at once would make larger
        // than the row group, before anything is written.
        for (place, field) in self.schema.fields().iter().enumerate() {
            let mut writers = self.writers_of(place)?;
            for column in values.iter_mut().filter_map(Iterator::next) {
                for (leaf, values) in compute_leaves(field, &column)?.into_iter().enumerate() {
                    let writer = writers.get_mut(leaf);
                    writer.ok_or_else(|| ParquetError::General("a leaf too many".to_owned()))?.write(&values)?;
                }
            }
            for writer in writers {
                columns.push(writer.close()?);
            }
        }
        Ok(Encoded { group: columns, rows, hash })
    }

    /// Writers of the leaves of one field: those of a file that has no other.
    fn writers_of(&self, place: usize) -> Result<Vec<ArrowColumnWriter>> {
        let column = self.root.get_fields().get(place).cloned();
        let column = column.ok_or_else(|| ParquetError::General("a field too many".to_owned()))?;
        let root = Type::group_type_builder(self.root.name()).with_fields(vec![column]).build()?;
        let unused = SerializedFileWriter::new(Vec::new(), Arc::new(root), Arc::clone(&self.properties))?;
        let schema = Arc::new(Schema::new(vec![Arc::clone(&self.schema.fields()[place])]));
        // The number matters to encrypted files only, which these are not.
        ArrowRowGroupWriterFactory::new(&unused, schema).create_column_writers(0)
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
