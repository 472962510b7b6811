//! The column mapping: which field of a file becomes which column of the document.

use std::borrow::Cow;
use std::fmt;

use arrow::datatypes::{DataType, Field};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use textmill_document::columns::{ID, TEXT};

use crate::Format;

/// Fields are called similar, and suggested, from this Jaro-Winkler similarity on (0 to 1): `titel`
/// and `title` have 0.95, `txt` and `text` 0.93, `body` and `text` 0.5.
const SIMILAR: f64 = 0.8;

/// Type of a document column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Text. Numbers and booleans in the input become text as they are written there, except in
    /// the column that holds the document (`text`, or `html`), which must be a string.
    #[default]
    String,
    /// Whole number, 64 bits, signed.
    Int64,
    /// Floating-point number, 64 bits; whole numbers are accepted.
    Float64,
    /// True or false.
    Boolean,
    /// Bytes: the field `body` of web archives. It cannot be declared.
    #[serde(skip)]
    Binary,
}

impl ColumnType {
    /// The Arrow type of such a column.
    pub fn data_type(self) -> DataType {
        match self {
            Self::String => DataType::Utf8View,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Binary => DataType::BinaryView,
        }
    }

    /// The name used in the pipeline file.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int64 => "int64",
            Self::Float64 => "float64",
            Self::Boolean => "boolean",
            Self::Binary => "binary",
        }
    }
}

/// Where a document column comes from: the name of a field, or `{from: name, type: float64}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSource {
    /// Name of the top-level field in the file.
    pub from: String,
    /// Type of the column; `string` by default.
    pub data_type: ColumnType,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TypedSource {
    /// Name of the top-level field in the file.
    from: String,
    /// Type of the column.
    #[serde(default, rename = "type")]
    data_type: ColumnType,
}

impl ColumnSource {
    /// The text field `from`.
    pub fn string(from: impl Into<String>) -> Self {
        Self { from: from.into(), data_type: ColumnType::String }
    }
}

impl Serialize for ColumnSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.data_type == ColumnType::String {
            return serializer.serialize_str(&self.from);
        }
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("from", &self.from)?;
        map.serialize_entry("type", &self.data_type)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for ColumnSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = ColumnSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field, or {from: name, type: string|int64|float64|boolean}")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ColumnSource, E> {
                Ok(ColumnSource::string(name))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnSource, A::Error> {
                let TypedSource { from, data_type } = TypedSource::deserialize(MapAccessDeserializer::new(map))?;
                Ok(ColumnSource { from, data_type })
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

/// Document columns in declared order, each with the field it comes from.
///
/// Empty means the default of the format: `{id: id, text: text}`, or `{id: id, text: content}` for
/// `WanJuan` 1.0 files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(Vec<(String, ColumnSource)>);

impl Columns {
    /// A mapping of `columns` in this order.
    pub fn new(columns: Vec<(String, ColumnSource)>) -> Self {
        Self(columns)
    }

    /// Whether nothing was declared, so that the default of the format holds.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The declared columns in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ColumnSource)> {
        self.0.iter().map(|(name, source)| (name.as_str(), source))
    }

    /// Whether column `name` is declared.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The mapping that holds for files of `format`: the declared one, or the format's default.
    pub(crate) fn for_format(&self, format: Format) -> Cow<'_, [(String, ColumnSource)]> {
        if !self.is_empty() {
            return Cow::Borrowed(&self.0);
        }
        let text = if format == Format::Wanjuan { "content" } else { TEXT };
        Cow::Owned(vec![(ID.to_owned(), ColumnSource::string(ID)), (TEXT.to_owned(), ColumnSource::string(text))])
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnsVisitor;
        impl<'de> Visitor<'de> for ColumnsVisitor {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from document column to field, such as {id: id, text: content}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut columns = Columns::default();
                while let Some(name) = map.next_key::<String>()? {
                    if columns.contains(&name) {
                        return Err(A::Error::custom(format!("column `{name}` is declared twice")));
                    }
                    columns.0.push((name, map.next_value()?));
                }
                Ok(columns)
            }
        }
        deserializer.deserialize_map(ColumnsVisitor)
    }
}

impl JsonSchema for Columns {
    fn schema_name() -> Cow<'static, str> {
        "Columns".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let source = generator.subschema_for::<ColumnSource>();
        json_schema!({
            "type": "object",
            "description": "Document column -> field of the file.",
            "additionalProperties": source,
            "examples": [{"id": "id", "text": "content", "score": {"from": "quality", "type": "float64"}}],
        })
    }
}

/// The Arrow field of column `name`.
pub(crate) fn field(name: &str, data_type: ColumnType) -> Field {
    Field::new(name, data_type.data_type(), true)
}

/// What is wrong with one mapped column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnProblem {
    /// The document column.
    pub column: String,
    /// The field of the file it is mapped to.
    pub from: String,
    /// What was found instead.
    pub fault: ColumnFault,
}

/// How a file and the column mapping disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnFault {
    /// The file has no such field.
    Missing {
        /// A field of the file with a similar name.
        suggestion: Option<String>,
    },
    /// The field has a type that is not read as the declared one.
    Mistyped {
        /// The declared type.
        expected: String,
        /// The type in the file.
        found: String,
    },
}

impl ColumnProblem {
    pub(crate) fn missing(column: &str, from: &str, available: &[String]) -> Self {
        let suggestion = closest(from, available).map(ToOwned::to_owned);
        Self { column: column.to_owned(), from: from.to_owned(), fault: ColumnFault::Missing { suggestion } }
    }

    pub(crate) fn mistyped(column: &str, from: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        let fault = ColumnFault::Mistyped { expected: expected.into(), found: found.into() };
        Self { column: column.to_owned(), from: from.to_owned(), fault }
    }
}

impl fmt::Display for ColumnProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, from, fault } = self;
        match fault {
            ColumnFault::Missing { suggestion } => {
                write!(f, "column `{column}` is mapped to field `{from}`, which is missing")?;
                match suggestion {
                    Some(name) => write!(f, " (did you mean `{name}`?)"),
                    None => Ok(()),
                }
            }
            ColumnFault::Mistyped { expected, found } => {
                write!(f, "column `{column}` is declared as {expected}, but field `{from}` is {found}")
            }
        }
    }
}

fn closest<'a>(name: &str, candidates: &'a [String]) -> Option<&'a str> {
    let scored = candidates.iter().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    let best = scored.filter(|(score, _)| *score >= SIMILAR).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, candidate)| candidate.as_str())
}
