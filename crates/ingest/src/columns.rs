//! The column mapping: which field of a file becomes which column of the document.

use std::borrow::Cow;
use std::fmt;

use arrow::datatypes::{DataType, Field};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use textmill_document::columns::{ID, TEXT};

use crate::Format;
use crate::column_source::ColumnSource;

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

/// In place of a mapping, or as a column in it: all columns that are not named.
const ALL: &str = "*";

/// Document columns in declared order, each with the field it comes from.
///
/// Empty means the default of the format: `{id: id, text: text}`, or `{id: id, text: content}` for
/// `WanJuan` 1.0 files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    named: Vec<(String, ColumnSource)>,
    rest: bool,
}

impl Columns {
    /// A mapping of `columns` in this order.
    pub fn new(columns: Vec<(String, ColumnSource)>) -> Self {
        Self { named: columns, rest: false }
    }

    /// The same mapping with all columns beside, which pass through untouched: `"*": "*"`.
    #[must_use]
    pub fn with_rest(self) -> Self {
        Self { rest: true, ..self }
    }

    /// Whether no column was named, so that the default of the format holds.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// Whether columns that are not named pass too.
    pub fn has_rest(&self) -> bool {
        self.rest
    }

    /// The declared columns in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ColumnSource)> {
        self.named.iter().map(|(name, source)| (name.as_str(), source))
    }

    /// Whether column `name` is declared.
    pub fn contains(&self, name: &str) -> bool {
        self.named.iter().any(|(known, _)| known == name)
    }

    /// The mapping that holds for files of `format`: the declared one, or the format's default.
    pub(crate) fn for_format(&self, format: Format) -> Cow<'_, [(String, ColumnSource)]> {
        if !self.is_empty() {
            return Cow::Borrowed(&self.named);
        }
        let text = format.known().text_field();
        Cow::Owned(vec![(ID.to_owned(), ColumnSource::string(ID)), (TEXT.to_owned(), ColumnSource::string(text))])
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, source) in self.iter() {
            map.serialize_entry(name, source)?;
        }
        if self.rest {
            map.serialize_entry(ALL, ALL)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnsVisitor;
        impl<'de> Visitor<'de> for ColumnsVisitor {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from document column to field, such as {id: id, text: content}, or \"*\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Columns, E> {
                if text == ALL {
                    return Ok(Columns::default().with_rest());
                }
                Err(E::custom(format!("`{text}` is no mapping; \"*\" alone stands for all columns")))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut columns = Columns::default();
                while let Some(name) = map.next_key::<String>()? {
                    let source: ColumnSource = map.next_value()?;
                    if name == ALL && source != ColumnSource::string(ALL) {
                        return Err(A::Error::custom("all other columns are `\"*\": \"*\"`, without a type"));
                    }
                    if columns.contains(&name) || (name == ALL && columns.rest) {
                        return Err(A::Error::custom(format!("column `{name}` is declared twice")));
                    }
                    if name == ALL {
                        columns.rest = true;
                    } else {
                        columns.named.push((name, source));
                    }
                }
                Ok(columns)
            }
        }
        deserializer.deserialize_any(ColumnsVisitor)
    }
}

impl JsonSchema for Columns {
    fn schema_name() -> Cow<'static, str> {
        "Columns".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let source = generator.subschema_for::<ColumnSource>();
        json_schema!({
            "description": "Document column -> field of the file.",
            "anyOf": [
                {"type": "string", "enum": [ALL], "description": "All columns; `id` and `text` are called so."},
                {"type": "object", "additionalProperties": source},
            ],
            "examples": [{"id": "id", "text": "content", "score": {"from": "quality", "type": "float64"}, "*": "*"}],
        })
    }
}

/// The Arrow field of column `name`.
pub(crate) fn field(name: &str, data_type: ColumnType) -> Field {
    Field::new(name, data_type.data_type(), true)
}

/// A fault in one mapped column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnProblem {
    /// The document column.
    pub column: String,
    /// The field of the file it is mapped to.
    pub from: String,
    /// The type found instead.
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
        /// Records that were looked at, where the file does not list its fields.
        records: Option<usize>,
    },
    /// The field has a type that is not read as the declared one.
    Mistyped {
        /// The declared type.
        expected: String,
        /// The type in the file.
        found: String,
    },
    /// The file has several fields of that name.
    Repeated {
        /// How many.
        times: usize,
    },
}

impl ColumnProblem {
    pub(crate) fn missing(column: &str, from: &str, available: &[String]) -> Self {
        let suggestion = closest(from, available).map(ToOwned::to_owned);
        let fault = ColumnFault::Missing { suggestion, records: None };
        Self { column: column.to_owned(), from: from.to_owned(), fault }
    }

    /// The same, when only the first `records` records were looked at.
    pub(crate) fn within(mut self, looked_at: usize) -> Self {
        if let ColumnFault::Missing { records, .. } = &mut self.fault {
            *records = Some(looked_at);
        }
        self
    }

    pub(crate) fn repeated(column: &str, from: &str, times: usize) -> Self {
        Self { column: column.to_owned(), from: from.to_owned(), fault: ColumnFault::Repeated { times } }
    }

    /// Whether the file has no such field.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.fault, ColumnFault::Missing { .. })
    }

    /// Whether the file has no such field, nor one of a similar name that may be meant.
    pub(crate) fn is_plainly_missing(&self) -> bool {
        matches!(self.fault, ColumnFault::Missing { suggestion: None, .. })
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
            ColumnFault::Missing { suggestion, records } => {
                write!(f, "column `{column}` is mapped to field `{from}`, which is missing")?;
                match records {
                    Some(1) => f.write_str(" in its first record")?,
                    Some(records) => write!(f, " in its first {records} records")?,
                    None => {}
                }
                match suggestion {
                    Some(name) => write!(f, " (did you mean `{name}`?)"),
                    None => Ok(()),
                }
            }
            ColumnFault::Mistyped { expected, found } => {
                write!(f, "column `{column}` is declared as {expected}, but field `{from}` is {found}")
            }
            ColumnFault::Repeated { times } => write!(
                f,
                "column `{column}` is mapped to field `{from}`, which is there {times} times; write the file again with \
                 one name for each column"
            ),
        }
    }
}

fn closest<'a>(name: &str, candidates: &'a [String]) -> Option<&'a str> {
    let scored = candidates.iter().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    let best = scored.filter(|(score, _)| *score >= SIMILAR).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, candidate)| candidate.as_str())
}
