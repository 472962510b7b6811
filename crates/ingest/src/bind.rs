//! Columns that pass through untouched have the types of the files: these are looked up before the
//! pipeline is checked, since its stages and its output depend on them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use futures::StreamExt;
use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use textmill_document::carried::{carried_field, decode, encode};
use textmill_document::columns::{ID, METADATA, TEXT};
use tokio::runtime::Handle;

use crate::columns::ColumnProblem;
use crate::formats::SchemaOf;
use crate::listing::{Listing, list};
use crate::plan::input_files;
use crate::{IngestError, InputConfig, Shard, folders, parquet};

/// Files that are looked into at once.
const INSPECTED_AT_ONCE: usize = 16;

/// The types, from the files, of columns that pass through untouched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Passed {
    /// As the files have them, under their names in the document.
    originals: Vec<Field>,
    /// As they are carried.
    carried: Vec<FieldRef>,
    /// Whether there are files of JSON lines among the input, whose other fields become `metadata`.
    pub(crate) has_json: bool,
}

impl Passed {
    fn new(originals: Vec<Field>, has_json: bool) -> Self {
        let carried = originals.iter().map(|field| Arc::new(carried_field(field))).collect();
        Self { originals, carried, has_json }
    }

    /// Whether nothing was looked up.
    pub fn is_empty(&self) -> bool {
        self.originals.is_empty() && !self.has_json
    }

    /// The carried columns, in the order of the files.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &FieldRef> {
        self.carried.iter()
    }

    /// What carries the column `name`.
    pub(crate) fn field(&self, name: &str) -> Option<&FieldRef> {
        self.carried.iter().find(|field| field.name() == name)
    }
}

/// Key that stands for JSON lines among the names of columns, none of which is empty.
const JSON: &str = "";

impl Serialize for Passed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in &self.originals {
            map.serialize_entry(field.name(), &encode(field))?;
        }
        if self.has_json {
            map.serialize_entry(JSON, JSON)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Passed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = serde_json::Map::<String, serde_json::Value>::deserialize(deserializer)?;
        let has_json = entries.contains_key(JSON);
        let fields = entries.iter().filter(|(name, _)| *name != JSON).map(|(name, note)| {
            let field = note.as_str().and_then(decode);
            field.ok_or_else(|| D::Error::custom(format!("the type of column `{name}` cannot be read")))
        });
        Ok(Self::new(fields.collect::<Result<_, _>>()?, has_json))
    }
}

impl InputConfig {
    /// Whether there may be columns whose types must be looked up in the files: see [`look_up_passed`].
    pub fn passes_columns(&self) -> bool {
        let named = self.columns.iter().any(|(_, source)| source.as_is);
        self.archive().is_none() && (named || self.columns.has_rest())
    }
}

/// Looks into all files for the types of the columns of `config` that pass through untouched.
///
/// A file that cannot be opened says nothing here; planning reports it. Call this on a thread that may block.
pub fn look_up_passed(config: &InputConfig) -> Result<Passed, Vec<IngestError>> {
    if !config.passes_columns() {
        return Ok(Passed::default());
    }
    // A thread of its own: the caller's may belong to a runtime, which must not be blocked on.
    let looked = std::thread::scope(|scope| scope.spawn(|| on_runtime(config)).join());
    looked.unwrap_or_else(|_| Err(vec![IngestError::config("looking into the files failed; please report this")]))
}

fn on_runtime(config: &InputConfig) -> Result<Passed, Vec<IngestError>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| vec![IngestError::config(format!("no threads for input: {error}"))])?;
    runtime.block_on(look_into_all(config))
}

async fn look_into_all(config: &InputConfig) -> Result<Passed, Vec<IngestError>> {
    let Listing { files, errors, .. } = list(config).await?;
    if !errors.is_empty() {
        return Err(errors);
    }
    let shards = input_files(files, config).await;
    let has_json = shards.iter().any(|shard| !shard.format.has_schema());
    let with_schema = shards.into_iter().filter_map(|shard| Some((shard.format.known().schema_of()?, shard)));
    let columns = with_schema.map(|(schema_of, shard)| {
        let (config, runtime) = (config.clone(), Handle::current());
        async move {
            let name = shard.location.clone();
            let found = tokio::task::spawn_blocking(move || look_into(&shard, schema_of, &config, &runtime)).await;
            (name, found.unwrap_or_else(|error| Err(IngestError::config(error.to_string()))))
        }
    });
    let mut looked = futures::stream::iter(columns).buffered(INSPECTED_AT_ONCE);
    let (mut merged, mut without_rows, mut errors) = (Merged::default(), Vec::new(), Vec::new());
    while let Some((location, found)) = looked.next().await {
        match found {
            Ok((fields, true)) => errors.extend(merged.add(&location, fields)),
            Ok((fields, false)) => without_rows.push((location, fields)),
            Err(IngestError::Unreadable { .. }) => {}
            Err(error) => errors.push(error),
        }
    }
    // What a file without rows has matters only where no other file says more of it.
    for (location, mut fields) in without_rows {
        fields.retain(|field| merged.fields.iter().all(|(known, _)| known.name() != field.name()));
        errors.extend(merged.add(&location, fields));
    }
    let fields: Vec<Field> = merged.fields.into_iter().map(|(field, _)| field).collect();
    if has_json && !fields.is_empty() {
        errors.push(IngestError::config(
            "Parquet and JSON lines in one run have no common types for `\"*\"` or `type: any`; read each in a run of \
             its own, or name the columns with a type",
        ));
    }
    if has_json && config.columns.has_rest() && config.columns.contains(METADATA) {
        errors.push(IngestError::config(
            "column `metadata` is declared and `\"*\"` makes one of JSON lines; drop one of them",
        ));
    }
    let has_json = has_json && config.columns.has_rest();
    if errors.is_empty() { Ok(Passed::new(fields, has_json)) } else { Err(errors) }
}

/// The columns of `shard` that pass, under their names in the document, and whether it has rows.
fn look_into(
    shard: &Shard,
    schema_of: SchemaOf,
    config: &InputConfig,
    runtime: &Handle,
) -> Result<(Vec<Field>, bool), IngestError> {
    let (schema, has_rows) = schema_of(shard, runtime)?;
    let mapping = config.columns.for_format(shard.format);
    let mut found = Vec::new();
    for (name, source) in mapping.iter().filter(|(_, source)| source.as_is) {
        if let Some(field) = parquet::field_at(schema.fields(), &source.from) {
            found.push(field.clone().with_name(name));
        }
    }
    if !config.columns.has_rest() {
        return Ok((found, has_rows));
    }
    let is_taken = |name: &str| mapping.iter().any(|(_, source)| source.from == name) || name == ID;
    let documents = |name: &str| name == TEXT || mapping.iter().any(|(known, _)| known == name);
    for field in schema.fields().iter().filter(|field| !is_taken(field.name())) {
        if documents(field.name()) {
            let name = field.name();
            return Err(IngestError::config(format!(
                "column `{name}` is made of another field, and {} has a field `{name}` too, which \"*\" would pass; \
                 give it another name, such as `{name}_before: {name}` (of `textmill dedupe`: --column \
                 {name}_before={name})",
                shard.location
            )));
        }
        if schema.fields().iter().filter(|other| other.name() == field.name()).count() > 1 {
            let times = schema.fields().iter().filter(|other| other.name() == field.name()).count();
            return Err(IngestError::Columns {
                location: shard.location.clone(),
                problems: vec![ColumnProblem::repeated(field.name(), field.name(), times)],
                available: schema.fields().iter().map(|field| field.name().clone()).collect(),
            });
        }
        found.push(field.as_ref().clone());
    }
    for (name, _) in folders::below_the_path(shard) {
        if schema.column_with_name(&name).is_none() && !is_taken(&name) && !documents(&name) {
            found.push(Field::new(name, DataType::Utf8, true));
        }
    }
    Ok((found, has_rows))
}

/// The columns of the files seen so far, each with the file that its type is from.
#[derive(Default)]
struct Merged {
    fields: Vec<(Field, String)>,
}

impl Merged {
    fn add(&mut self, location: &str, fields: Vec<Field>) -> Option<IngestError> {
        let mut problems = Vec::new();
        for field in fields {
            let Some((known, first)) = self.fields.iter_mut().find(|(known, _)| known.name() == field.name()) else {
                self.fields.push((field, location.to_owned()));
                continue;
            };
            match common_type(known.data_type(), field.data_type()) {
                Some(common) => {
                    if known.data_type().is_null() && !field.data_type().is_null() {
                        location.clone_into(first);
                    }
                    // An extension such as UUID is said by files where the column is more than null.
                    let noted = if known.metadata().is_empty() { &field } else { &*known };
                    *known = noted.clone().with_data_type(common);
                }
                None => problems.push(ColumnProblem::mistyped(
                    field.name(),
                    field.name(),
                    format!("{} by {first}", known.data_type()),
                    format!("{}; declare the column with a type that both can become", field.data_type()),
                )),
            }
        }
        let location = location.to_owned();
        (!problems.is_empty()).then(|| IngestError::Columns { location, problems, available: Vec::new() })
    }
}

/// The type that columns of both types can be carried as without loss; `None` where there is none.
fn common_type(one: &DataType, other: &DataType) -> Option<DataType> {
    use DataType::{
        Binary, BinaryView, Dictionary, FixedSizeList, Float32, Float64, LargeBinary, LargeList, LargeUtf8, List, Map,
        Null, Struct, Timestamp, Utf8, Utf8View,
    };
    if one == other {
        return Some(one.clone());
    }
    let inner = |a: &FieldRef, b: &FieldRef| -> Option<FieldRef> {
        let common = common_type(a.data_type(), b.data_type())?;
        Some(Arc::new(Field::new(a.name(), common, a.is_nullable() || b.is_nullable())))
    };
    Some(match (one, other) {
        (Null, known) | (known, Null) => known.clone(),
        (Utf8 | Utf8View, LargeUtf8) | (LargeUtf8, Utf8 | Utf8View) => LargeUtf8,
        (Utf8, Utf8View) | (Utf8View, Utf8) => Utf8,
        (Binary | BinaryView, LargeBinary) | (LargeBinary, Binary | BinaryView) => LargeBinary,
        (Binary, BinaryView) | (BinaryView, Binary) => Binary,
        (Dictionary(_, one), Dictionary(_, other)) => common_type(one, other)?,
        (Dictionary(_, values), other) | (other, Dictionary(_, values)) => common_type(values, other)?,
        (Float32, Float64) | (Float64, Float32) => Float64,
        (Timestamp(one, zone), Timestamp(other, other_zone)) if zone == other_zone => {
            Timestamp(if one > other { *one } else { *other }, zone.clone())
        }
        (List(a), List(b)) => List(inner(a, b)?),
        (List(a) | LargeList(a), LargeList(b) | List(b)) => LargeList(inner(a, b)?),
        (FixedSizeList(a, length), FixedSizeList(b, other)) if length == other => FixedSizeList(inner(a, b)?, *length),
        (Map(a, sorted), Map(b, _)) => Map(inner(a, b)?, *sorted),
        (Struct(a), Struct(b)) if a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name() == b.name()) => {
            Struct(a.iter().zip(b).map(|(a, b)| inner(a, b)).collect::<Option<Fields>>()?)
        }
        _ if one.is_integer() && other.is_integer() => common_integer(one, other)?,
        _ => return None,
    })
}

fn common_integer(one: &DataType, other: &DataType) -> Option<DataType> {
    let width = |data_type: &DataType| data_type.primitive_width().unwrap_or(8);
    let signed = |data_type: &DataType| data_type.is_signed_integer();
    let (wide, narrow) = if width(one) >= width(other) { (one, other) } else { (other, one) };
    if signed(wide) == signed(narrow) || (signed(wide) && width(wide) > width(narrow)) {
        return Some(wide.clone());
    }
    // One bit more than the unsigned one has; nothing is wider than 64 bits.
    let unsigned = if signed(wide) { narrow } else { wide };
    match width(unsigned) {
        1 => Some(DataType::Int16),
        2 => Some(DataType::Int32),
        4 => Some(DataType::Int64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    fn list(item: DataType) -> DataType {
        DataType::List(Arc::new(Field::new("item", item, true)))
    }

    #[test]
    fn types_of_several_files_meet_in_one_without_loss_or_not_at_all() {
        use DataType::{Date32, Float64, Int8, Int16, Int32, Int64, LargeUtf8, Null, UInt8, UInt32, UInt64, Utf8};
        let micro = DataType::Timestamp(TimeUnit::Microsecond, None);
        let milli = DataType::Timestamp(TimeUnit::Millisecond, None);
        let cases = [
            (Null, Date32, Some(Date32)),
            (list(Null), list(Utf8), Some(list(Utf8))),
            (Int8, Int32, Some(Int32)),
            (UInt8, Int8, Some(Int16)),
            (UInt32, Int32, Some(Int64)),
            (UInt64, Int64, None),
            (Utf8, LargeUtf8, Some(LargeUtf8)),
            (DataType::Dictionary(Box::new(Int8), Box::new(Utf8)), Utf8, Some(Utf8)),
            (milli, micro.clone(), Some(micro)),
            (Int64, Float64, None),
            (Utf8, Int64, None),
        ];
        for (one, other, expected) in cases {
            assert_eq!(common_type(&one, &other), expected, "{one} {other}");
            assert_eq!(common_type(&other, &one), expected, "{other} {one}");
        }
    }

    #[test]
    fn what_was_looked_up_survives_the_way_to_another_process() {
        let passed = Passed::new(vec![Field::new("a", list(DataType::LargeUtf8), true)], true);
        let text = serde_json::to_string(&passed).expect("serialises");
        assert_eq!(serde_json::from_str::<Passed>(&text).expect("parses"), passed);
        assert!(serde_json::from_str::<Passed>(r#"{"a": "00"}"#).is_err());
    }
}
