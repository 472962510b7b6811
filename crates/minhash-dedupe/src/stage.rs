//! From documents to the keys by which they are compared.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryBuilder, Float64Array, RecordBatch, StringViewArray, UInt64Array, UInt64Builder,
    new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use textmill_document::{Applied, ColumnRead, ConfigFault, DocumentBatch, Reason, Stage, StageError, columns};

use crate::{DedupeSettings, KeepBy, MinHasher, MinhashSettings, NormalBuffer, Normalizer, Verify};
use crate::{text_key, url_key};

/// Column added to documents with duplicates: the id of the document that stayed.
pub const CLUSTER_ID: &str = "cluster_id";
/// Column added to documents with duplicates: documents in the cluster, with the one that stayed.
pub const CLUSTER_SIZE: &str = "cluster_size";
/// The entry of `keep` that means the number of characters of the text.
pub const TEXT_LENGTH: &str = "text_length";

/// Names of the columns of [`DedupeStage::keys`].
pub mod key_columns {
    /// The document's id.
    pub const ID: &str = "id";
    /// Upper half of the key of the text; null for an empty normal form.
    pub const TEXT_HIGH: &str = "text_high";
    /// Lower half of the key of the text.
    pub const TEXT_LOW: &str = "text_low";
    /// Upper half of the key of the URL; null where it has none.
    pub const URL_HIGH: &str = "url_high";
    /// Lower half of the key of the URL.
    pub const URL_LOW: &str = "url_low";
    /// The signature, four bytes a hash, little-endian; null for a document without shingles.
    pub const SIGNATURE: &str = "signature";
    /// The sorted set of shingles, eight bytes each, little-endian; only with exact verification.
    pub const SHINGLES: &str = "shingles";
    /// The source of the document.
    pub const SOURCE: &str = "source";

    /// Key of a band, from 0; null for a document without shingles.
    pub fn band(number: u32) -> String {
        format!("band_{number:03}")
    }

    /// Value of an entry of `keep`, from 0.
    pub fn keep(number: usize) -> String {
        format!("keep_{number}")
    }
}

/// The stages `minhash_dedupe` and `exact_dedupe`. What is a duplicate can be told only with all documents at hand: the
/// stage itself makes the [`keys`](Self::keys) that are compared. Applied to documents alone, it keeps each.
#[derive(Debug)]
pub struct DedupeStage {
    name: &'static str,
    settings: DedupeSettings,
    normalizer: Normalizer,
    hasher: Option<MinHasher>,
    /// For each entry of `keep` whether it is the length of the text.
    by_length: Vec<bool>,
}

impl DedupeStage {
    /// The stage registered as `name`, for documents with columns `schema` where they are known.
    pub fn new(name: &'static str, settings: DedupeSettings, schema: Option<&Schema>) -> Result<Self, ConfigFault> {
        let find = |by: &KeepBy| schema.and_then(|schema| schema.field_with_name(&by.column).ok());
        for by in &settings.keep {
            if let Some(field) = find(by)
                && key_type(field.data_type()).is_none()
            {
                let message = format!(
                    "`keep` cannot order by `{}`: its type is {}; take a number, a text, a date or a truth value",
                    by.column,
                    field.data_type()
                );
                return Err(ConfigFault::new("keep", message));
            }
        }
        let by_length = settings.keep.iter().map(|by| by.column == TEXT_LENGTH && find(by).is_none()).collect();
        let normalizer = Normalizer::new(settings.normalization);
        let hasher = settings.minhash.map(|minhash| MinHasher::new(minhash.hashes, minhash.seed));
        Ok(Self { name, settings, normalizer, hasher, by_length })
    }

    /// The configuration.
    pub fn settings(&self) -> &DedupeSettings {
        &self.settings
    }

    /// A row of keys for each document, with the columns of [`key_columns`] that the configuration needs.
    pub fn keys(&self, batch: &DocumentBatch) -> Result<RecordBatch, StageError> {
        let text = batch.text()?;
        let mut keys = KeyColumns::new(self, text.len());
        let mut buffer = NormalBuffer::default();
        let mut minima = self.hasher.as_ref().map(MinHasher::minima);
        let mut signature = Vec::new();
        for row in 0..text.len() {
            let normal = if text.is_valid(row) { self.normalizer.normalize(text.value(row), &mut buffer) } else { "" };
            keys.text(text_key(normal).filter(|_| self.settings.by_text));
            if let (Some(minima), Some(minhash)) = (minima.as_mut(), &self.settings.minhash) {
                signature.clear();
                let has_shingles = minima.read(minhash.shingler, normal, &mut signature);
                keys.signature(minhash, has_shingles.then_some(signature.as_slice()), normal);
            }
        }
        let mut fields = keys.finish();
        if self.settings.by_url {
            fields.extend(url_keys(batch.strings(columns::URL)?));
        }
        fields.push((columns::text_field(key_columns::ID), id(batch)));
        if let Some(source) = &self.settings.source_column {
            let source = cast(batch.column(source)?, &DataType::Utf8View).map_err(compute)?;
            fields.push((columns::text_field(key_columns::SOURCE), source));
        }
        for (number, by) in self.settings.keep.iter().enumerate() {
            let values = if self.by_length[number] { lengths(text) } else { ordered(batch.column(&by.column)?)? };
            fields.push((Field::new(key_columns::keep(number), values.data_type().clone(), true), values));
        }
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = fields.into_iter().unzip();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(compute)
    }

    /// Columns of [`keys`](Self::keys) of documents with columns `schema`.
    pub fn key_schema(&self, schema: &Schema) -> Schema {
        let mut fields: Vec<Field> = KeyColumns::new(self, 0).finish().into_iter().map(|(field, _)| field).collect();
        if self.settings.by_url {
            fields.extend(
                [key_columns::URL_HIGH, key_columns::URL_LOW].map(|name| Field::new(name, DataType::UInt64, true)),
            );
        }
        fields.push(columns::text_field(key_columns::ID));
        fields.extend(self.settings.source_column.iter().map(|_| columns::text_field(key_columns::SOURCE)));
        let keep = self.keep_types(schema).into_iter().enumerate();
        fields.extend(keep.map(|(number, data_type)| Field::new(key_columns::keep(number), data_type, true)));
        Schema::new(fields)
    }

    /// Types of the values by which the documents of a cluster are put in order, of documents with columns `schema`.
    pub fn keep_types(&self, schema: &Schema) -> Vec<DataType> {
        let of_column = |column: &str| key_type(schema.field_with_name(column).ok()?.data_type());
        let of = |(by, by_length): (&KeepBy, &bool)| if *by_length { None } else { of_column(&by.column) };
        self.settings.keep.iter().zip(&self.by_length).map(|entry| of(entry).unwrap_or(DataType::UInt64)).collect()
    }

    fn url_column(&self) -> Option<&'static str> {
        self.settings.by_url.then_some(columns::URL)
    }
}

/// Builders of the columns that are made text by text.
struct KeyColumns {
    high: UInt64Builder,
    low: UInt64Builder,
    bands: Vec<UInt64Builder>,
    signatures: Option<BinaryBuilder>,
    shingles: Option<BinaryBuilder>,
    bytes: Vec<u8>,
}

impl KeyColumns {
    fn new(stage: &DedupeStage, rows: usize) -> Self {
        let minhash = stage.settings.minhash;
        let bands = minhash.map_or(0, |minhash| minhash.bands.bands());
        let exact = minhash.is_some_and(|minhash| minhash.verify == Verify::Exact);
        Self {
            high: UInt64Builder::with_capacity(rows),
            low: UInt64Builder::with_capacity(rows),
            bands: (0..bands).map(|_| UInt64Builder::with_capacity(rows)).collect(),
            signatures: minhash.map(|_| BinaryBuilder::new()),
            shingles: exact.then(BinaryBuilder::new),
            bytes: Vec::new(),
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the two halves of the key")]
    fn text(&mut self, key: Option<u128>) {
        self.high.append_option(key.map(|key| (key >> 64) as u64));
        self.low.append_option(key.map(|key| key as u64));
    }

    fn signature(&mut self, minhash: &MinhashSettings, signature: Option<&[u32]>, normal: &str) {
        let Some(signature) = signature else {
            self.bands.iter_mut().for_each(UInt64Builder::append_null);
            self.signatures.iter_mut().chain(&mut self.shingles).for_each(BinaryBuilder::append_null);
            return;
        };
        let bands = &mut self.bands;
        minhash.bands.keys(signature, |band, key| bands[band as usize].append_value(key));
        self.bytes.clear();
        signature.iter().for_each(|hash| self.bytes.extend_from_slice(&hash.to_le_bytes()));
        self.signatures.iter_mut().for_each(|column| column.append_value(&self.bytes));
        if let Some(shingles) = &mut self.shingles {
            self.bytes.clear();
            minhash.shingler.set(normal).iter().for_each(|hash| self.bytes.extend_from_slice(&hash.to_le_bytes()));
            shingles.append_value(&self.bytes);
        }
    }

    fn finish(mut self) -> Vec<(Field, ArrayRef)> {
        let number = |name: &str, mut builder: UInt64Builder| -> (Field, ArrayRef) {
            (Field::new(name, DataType::UInt64, true), Arc::new(builder.finish()))
        };
        let mut fields = vec![number(key_columns::TEXT_HIGH, self.high), number(key_columns::TEXT_LOW, self.low)];
        fields.extend((0..).zip(self.bands).map(|(band, builder)| number(&key_columns::band(band), builder)));
        for (name, builder) in
            [(key_columns::SIGNATURE, &mut self.signatures), (key_columns::SHINGLES, &mut self.shingles)]
        {
            let column = builder.as_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef);
            fields.extend(column.map(|column| (Field::new(name, DataType::Binary, true), column)));
        }
        fields
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the two halves of the key")]
fn url_keys(urls: &StringViewArray) -> [(Field, ArrayRef); 2] {
    let keys: Vec<Option<u128>> = urls.iter().map(|url| url.and_then(url_key)).collect();
    let half = |name: &str, shift: u32| -> (Field, ArrayRef) {
        let half = keys.iter().map(|key| key.map(|key| (key >> shift) as u64));
        (Field::new(name, DataType::UInt64, true), Arc::new(half.collect::<UInt64Array>()))
    };
    [half(key_columns::URL_HIGH, 64), half(key_columns::URL_LOW, 0)]
}

fn id(batch: &DocumentBatch) -> ArrayRef {
    match batch.column(columns::ID) {
        Ok(ids) if ids.data_type() == &DataType::Utf8View => Arc::clone(ids),
        _ => new_null_array(&DataType::Utf8View, batch.num_rows()),
    }
}

fn lengths(text: &StringViewArray) -> ArrayRef {
    let chars = |text: Option<&str>| text.map(|text| text.chars().count() as u64);
    Arc::new(text.iter().map(chars).collect::<UInt64Array>())
}

/// The type in which a column is put in order; none if it cannot be.
fn key_type(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Date32
        | DataType::Date64
        | DataType::Timestamp(..) => Some(DataType::Int64),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => Some(DataType::UInt64),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Some(DataType::Float64),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8View),
        _ => None,
    }
}

/// A column in the form in which it is put in order: not-a-number is no value, and there is one zero.
fn ordered(column: &ArrayRef) -> Result<ArrayRef, StageError> {
    let data_type = key_type(column.data_type())
        .ok_or_else(|| StageError::Compute(format!("{} cannot be put in order", column.data_type())))?;
    // Dates of 32 bits have no direct way to 64-bit numbers.
    let column = match column.data_type() {
        DataType::Date32 => &cast(column, &DataType::Int32).map_err(compute)?,
        _ => column,
    };
    let values = cast(column, &data_type).map_err(compute)?;
    match arrow::array::AsArray::as_primitive_opt::<Float64Type>(values.as_ref()) {
        Some(numbers) => {
            let one_zero = |number: Option<f64>| number.filter(|number| !number.is_nan()).map(|number| number + 0.0);
            Ok(Arc::new(numbers.iter().map(one_zero).collect::<Float64Array>()))
        }
        None => Ok(values),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "used as a function in `map_err`")]
fn compute(error: arrow::error::ArrowError) -> StageError {
    StageError::Compute(error.to_string())
}

impl Stage for DedupeStage {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        let mut reads = vec![ColumnRead::standard(columns::TEXT)];
        reads.extend(self.url_column().map(ColumnRead::standard));
        let ordered = self.settings.keep.iter().zip(&self.by_length).filter(|(_, by_length)| !**by_length);
        let names = ordered.map(|(by, _)| &by.column).chain(&self.settings.source_column);
        for name in names {
            if !reads.iter().any(|read| read.name == *name) {
                reads.push(ColumnRead { name: name.clone(), data_type: None });
            }
        }
        reads
    }

    fn adds(&self) -> Vec<Field> {
        if !self.settings.cluster_columns {
            return Vec::new();
        }
        vec![columns::text_field(CLUSTER_ID), Field::new(CLUSTER_SIZE, DataType::Int64, true)]
    }

    fn reasons(&self) -> Vec<Reason> {
        Vec::new()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let rows = batch.num_rows();
        let alone = self.adds().into_iter().map(|field| {
            let nulls = new_null_array(field.data_type(), rows);
            (field, nulls)
        });
        Ok(Applied::all(batch.with_columns(alone.collect())?))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::UInt64Type;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;
    use crate::{ExactBy, ExactDedupeConfig, MinhashDedupeConfig};

    fn stage(config: MinhashDedupeConfig, schema: Option<&Schema>) -> DedupeStage {
        DedupeStage::new("minhash_dedupe", config.try_into().expect("valid"), schema).expect("valid")
    }

    #[test]
    fn keys_of_empty_texts_are_null_and_of_equal_texts_equal() {
        let text = "one two three four five six seven eight";
        let batch = text_batch(&[Some(text), Some("ONE two, three four five six seven eight"), Some(" "), None]);
        let keys = stage(MinhashDedupeConfig::default(), None).keys(&batch).expect("computes");
        for name in [key_columns::TEXT_HIGH, key_columns::TEXT_LOW, "band_000", "band_013"] {
            let column = keys.column_by_name(name).expect(name).as_primitive::<UInt64Type>();
            assert_eq!(column.value(0), column.value(1), "{name}");
            assert!(column.is_null(2) && column.is_null(3), "{name}");
        }
        let signatures = keys.column_by_name(key_columns::SIGNATURE).expect("there").as_binary::<i32>();
        assert_eq!((signatures.value(0).len(), signatures.is_null(2)), (512, true));
        assert!(keys.column_by_name(key_columns::SHINGLES).is_none());
    }

    #[test]
    fn exact_verification_keeps_the_shingles() {
        let batch = text_batch(&[Some("one two three four five six")]);
        let config = MinhashDedupeConfig { verify: Verify::Exact, ..MinhashDedupeConfig::default() };
        let keys = stage(config, None).keys(&batch).expect("computes");
        let shingles = keys.column_by_name(key_columns::SHINGLES).expect("there").as_binary::<i32>();
        assert_eq!(shingles.value(0).len(), 16, "two shingles of five words");
    }

    #[test]
    fn keep_takes_numbers_texts_and_the_length() {
        let scores: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, -0.0]));
        let counts: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let fields = vec![
            (Field::new("score", DataType::Float64, true), scores),
            (Field::new("n", DataType::Int64, true), counts),
        ];
        let batch = text_batch(&[Some("长长"), Some("x")]).with_columns(fields).expect("of one length");
        let config = MinhashDedupeConfig {
            keep: ["score desc", "n", "text_length desc"].map(ToOwned::to_owned).to_vec(),
            ..MinhashDedupeConfig::default()
        };
        let stage = stage(config, Some(&batch.schema()));
        let keys = stage.keys(&batch).expect("computes");
        let score = keys.column_by_name("keep_0").expect("there").as_primitive::<Float64Type>();
        assert!(score.is_null(0) && score.value(1).is_sign_positive());
        assert_eq!(keys.column_by_name("keep_2").expect("there").as_primitive::<UInt64Type>().values(), &[2, 1]);
        assert_eq!(stage.reads().len(), 3, "text, score, n");
    }

    #[test]
    fn a_column_without_an_order_is_refused() {
        let list = DataType::List(Arc::new(Field::new("item", DataType::Int64, true)));
        let schema = Schema::new(vec![Field::new("tags", list, true)]);
        let config = MinhashDedupeConfig { keep: vec!["tags".to_owned()], ..MinhashDedupeConfig::default() };
        let error = DedupeStage::new("minhash_dedupe", config.try_into().expect("valid"), Some(&schema));
        assert_eq!(error.expect_err("refused").field(), Some("keep"));
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let config = MinhashDedupeConfig { cluster_columns: true, ..MinhashDedupeConfig::default() };
        assert_stage_compliance(&stage(config, None));
        let exact = ExactDedupeConfig { by: vec![ExactBy::Text], ..ExactDedupeConfig::default() };
        let exact = DedupeStage::new("exact_dedupe", exact.try_into().expect("valid"), None).expect("valid");
        assert_stage_compliance(&exact);
        let keys = exact.keys(&text_batch(&[Some("a")])).expect("computes");
        assert_eq!(keys.num_columns(), 3, "text_high, text_low, id");
        assert_eq!(*keys.schema(), exact.key_schema(&text_batch(&[Some("a")]).schema()));
    }
}
