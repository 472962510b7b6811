//! Where one document column comes from, as a pipeline file says it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::columns::ColumnType;

/// Where a document column comes from: the name of a field, or `{from: name, type: float64}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnSource {
    /// Name of the top-level field in the file; of Parquet also `outer.inner`, the path of a field in a struct, where
    /// no column has that very name.
    pub from: String,
    /// Type of the column; `string` by default.
    pub data_type: ColumnType,
    /// `type: any`: a column of Parquet keeps the type that it has in the files, whatever that is. `data_type` is then
    /// that of other formats.
    pub as_is: bool,
    /// Whether files may lack the field; the column is null there.
    pub optional: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TypedSource {
    /// Name of the top-level field in the file; of Parquet also `outer.inner`, the path of a field in a struct.
    from: String,
    /// Type of the column.
    #[serde(default, rename = "type")]
    data_type: DeclaredType,
    /// Whether files may lack the field: the column is null there. Default false.
    #[serde(default)]
    optional: bool,
}

/// Type of a document column, or the one that it has in the files.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum DeclaredType {
    /// Text. Numbers and booleans in the input become text as they are written there, except in
    /// the column that holds the document (`text`, or `html`), which must be a string. Of Parquet, decimals, dates,
    /// times and UUIDs become text too, and lists, structs and maps become JSON.
    #[default]
    String,
    /// Whole number, 64 bits, signed.
    Int64,
    /// Floating-point number, 64 bits; whole numbers are accepted.
    Float64,
    /// True or false.
    Boolean,
    /// The type that the column has in Parquet files, whatever it is: the column passes through untouched. Text in
    /// other formats.
    Any,
}

impl ColumnSource {
    /// The text field `from`.
    pub fn string(from: impl Into<String>) -> Self {
        Self { from: from.into(), ..Self::default() }
    }

    /// The field `from` as `data_type`.
    pub fn typed(from: impl Into<String>, data_type: ColumnType) -> Self {
        Self { from: from.into(), data_type, ..Self::default() }
    }

    /// The field `from` with the type that it has in the files.
    pub fn as_is(from: impl Into<String>) -> Self {
        Self { from: from.into(), as_is: true, ..Self::default() }
    }

    /// The same, and files may lack the field.
    #[must_use]
    pub fn or_null(self) -> Self {
        Self { optional: true, ..self }
    }

    fn declared(&self) -> DeclaredType {
        match self.data_type {
            _ if self.as_is => DeclaredType::Any,
            ColumnType::Int64 => DeclaredType::Int64,
            ColumnType::Float64 => DeclaredType::Float64,
            ColumnType::Boolean => DeclaredType::Boolean,
            ColumnType::String | ColumnType::Binary => DeclaredType::String,
        }
    }
}

impl From<TypedSource> for ColumnSource {
    fn from(TypedSource { from, data_type, optional }: TypedSource) -> Self {
        let (as_is, data_type) = match data_type {
            DeclaredType::String => (false, ColumnType::String),
            DeclaredType::Int64 => (false, ColumnType::Int64),
            DeclaredType::Float64 => (false, ColumnType::Float64),
            DeclaredType::Boolean => (false, ColumnType::Boolean),
            DeclaredType::Any => (true, ColumnType::String),
        };
        Self { from, data_type, as_is, optional }
    }
}

impl Serialize for ColumnSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_text = !self.as_is && self.data_type == ColumnType::String;
        if is_text && !self.optional {
            return serializer.serialize_str(&self.from);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("from", &self.from)?;
        if !is_text {
            map.serialize_entry("type", &self.declared())?;
        }
        if self.optional {
            map.serialize_entry("optional", &true)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ColumnSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = ColumnSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field, or {from: name, type: string|int64|float64|boolean|any}")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ColumnSource, E> {
                Ok(ColumnSource::string(name))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnSource, A::Error> {
                Ok(TypedSource::deserialize(MapAccessDeserializer::new(map))?.into())
            }
        }
        deserializer.deserialize_any(SourceVisitor)
    }
}

impl JsonSchema for ColumnSource {
    fn schema_name() -> Cow<'static, str> {
        "ColumnSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let typed = generator.subschema_for::<TypedSource>();
        json_schema!({
            "description": "Where a document column comes from: the name of a field, or a field with a type.",
            "anyOf": [{"type": "string", "description": "Name of a field; the column is a string."}, typed],
        })
    }
}
