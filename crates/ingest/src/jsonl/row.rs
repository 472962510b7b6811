//! One JSON line to the cells of one document, in one pass over the line.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;
use textmill_document::Cause;
use textmill_document::columns::{ID, METADATA};

use super::mend::{self, Marker, Mended};
use super::{exam, path};
use crate::Format;
use crate::columns::ColumnType;
use crate::config::PlannedColumn;
use crate::quarantine::printable;

/// Characters of a field's name or value that a message shows.
const SHOWN: usize = 40;
/// Bytes of a line that is no document up to which its id is looked for.
const MOST_SEARCHED: usize = 1 << 20;

/// The value of one column in the line that was parsed last. A string is in the cell's buffer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// The field is absent or null.
    Null,
    /// The text in [`Cell::buffer`].
    Text,
    Int(i64),
    Float(f64),
    Boolean(bool),
}

#[derive(Debug)]
pub(super) struct Cell {
    pub data_type: ColumnType,
    /// Whether only JSON strings will do.
    is_payload: bool,
    pub value: Value,
    pub buffer: String,
    /// Length of the key that the value came from: a longer part of the path comes first.
    rank: usize,
}

/// A top-level field that is read, with the cells it fills.
#[derive(Debug)]
struct Field {
    name: String,
    cells: Vec<usize>,
    /// Paths of fields in it, each with its cell.
    paths: Vec<(String, usize)>,
    seen: bool,
}

/// Why a line is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    pub cause: Cause,
    pub detail: String,
}

/// Parses lines into [`Cell`]s that are used again for every line.
#[derive(Debug)]
pub(crate) struct RowParser {
    fields: Vec<Field>,
    cells: Vec<Cell>,
    /// Number of cells that are columns; exam fields follow.
    columns: usize,
    payload: usize,
    payload_field: String,
    /// Field with the id.
    id_field: Option<String>,
    /// The cell that collects the fields no column is declared for.
    metadata: Option<usize>,
    /// The cause of a data error where it is not a wrong type.
    fault: Option<Cause>,
    /// What stands for half a character in the line.
    marker: Option<Marker>,
}

impl RowParser {
    pub(crate) fn new(columns: &[PlannedColumn], format: Format) -> Self {
        let mut parser = Self {
            fields: Vec::new(),
            cells: Vec::new(),
            columns: columns.len(),
            payload: columns.iter().position(|column| column.is_payload).unwrap_or_default(),
            payload_field: String::new(),
            id_field: columns.iter().find(|column| column.name == ID).and_then(|column| column.from.clone()),
            metadata: columns.iter().position(|column| column.name == METADATA && column.from.is_none()),
            fault: None,
            marker: None,
        };
        for column in columns {
            parser.add(column.from.as_deref(), column.data_type, column.is_payload);
            if column.is_payload {
                parser.payload_field = column.from.clone().unwrap_or_default();
            }
        }
        if format == Format::Wanjuan {
            for name in exam::FIELDS {
                parser.add(Some(name), ColumnType::String, false);
            }
        }
        parser
    }

    fn add(&mut self, from: Option<&str>, data_type: ColumnType, is_payload: bool) {
        let cell = self.cells.len();
        self.cells.push(Cell { data_type, is_payload, value: Value::Null, buffer: String::new(), rank: 0 });
        let Some(from) = from else {
            return;
        };
        self.field(from).cells.push(cell);
        for (first, rest) in path::steps(from) {
            self.field(first).paths.push((rest.to_owned(), cell));
        }
    }

    fn field(&mut self, name: &str) -> &mut Field {
        let index = self.fields.iter().position(|field| field.name == name).unwrap_or(self.fields.len());
        if index == self.fields.len() {
            let (cells, paths) = (Vec::new(), Vec::new());
            self.fields.push(Field { name: name.to_owned(), cells, paths, seen: false });
        }
        &mut self.fields[index]
    }

    /// The cells of the columns, filled by the last [`Self::parse`].
    pub(super) fn cells(&self) -> &[Cell] {
        self.cells.get(..self.columns).unwrap_or_default()
    }

    /// The id of a line that is no document, where it is an object with one; that of a cut line is not looked for.
    pub(super) fn id_of(&self, line: &[u8]) -> Option<String> {
        if line.len() > MOST_SEARCHED {
            return None;
        }
        let mut object: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(line).ok()?;
        let raw = object.remove(self.id_field.as_deref()?)?;
        match serde_json::from_str(raw.get()).ok()? {
            serde_json::Value::String(id) => Some(id),
            serde_json::Value::Number(_) => Some(raw.get().to_owned()),
            _ => None,
        }
    }

    /// The document itself.
    pub(super) fn payload(&self) -> &str {
        self.cells.get(self.payload).map_or("", |cell| cell.buffer.as_str())
    }

    pub(super) fn parse(&mut self, line: &[u8]) -> Result<(), Rejection> {
        let text = simdutf8::compat::from_utf8(line).map_err(|error| Rejection {
            cause: Cause::InvalidUtf8,
            detail: format!("invalid UTF-8 at byte {} of the line", error.valid_up_to()),
        })?;
        if !text.trim_ascii_start().starts_with('{') {
            let start = printable(text, SHOWN);
            return Err(Rejection { cause: Cause::Malformed, detail: format!("not a JSON object: {start}") });
        }
        self.read_line(text)?;
        let has_payload = self.cells.get(self.payload).is_some_and(|cell| cell.value == Value::Text);
        if has_payload || self.render_exam() {
            return Ok(());
        }
        let detail = format!("field `{}` is absent or null", self.payload_field);
        Err(Rejection { cause: Cause::MissingText, detail })
    }

    /// Reads a line, mended where it needs to be.
    fn read_line(&mut self, text: &str) -> Result<(), Rejection> {
        self.marker = None;
        // Other fields are kept as they are written, and not parsed.
        let is_sure = self.metadata.is_none() || !mend::may_have_halves(text);
        let read = if is_sure { self.read_object(text) } else { Ok(()) };
        if is_sure && read.is_ok() {
            return Ok(());
        }
        let Some(Mended { line, marker }) = mend::mend(text) else {
            return if is_sure { read } else { self.read_object(text) };
        };
        self.marker = marker;
        self.read_object(&line)?;
        let half = self.cells.iter().any(|cell| marker.is_some_and(|marker| marker.is_in(&cell.buffer)));
        if half {
            let detail = "half a character (`\\ud800` to `\\udfff` alone) in a field that is read".to_owned();
            return Err(Rejection { cause: Cause::Malformed, detail });
        }
        Ok(())
    }

    fn read_object(&mut self, text: &str) -> Result<(), Rejection> {
        self.reset();
        let mut json = serde_json::Deserializer::from_str(text);
        let parsed = json.deserialize_map(RowVisitor(self)).and_then(|()| json.end());
        parsed.map_err(|error| self.rejection(&error))
    }

    fn reset(&mut self) {
        self.fault = None;
        for cell in &mut self.cells {
            cell.value = Value::Null;
            cell.buffer.clear();
            cell.rank = 0;
        }
        for field in &mut self.fields {
            field.seen = false;
        }
        if let Some(cell) = self.metadata.and_then(|index| self.cells.get_mut(index)) {
            cell.buffer.push('{');
        }
    }

    fn rejection(&mut self, error: &serde_json::Error) -> Rejection {
        let cause = match error.classify() {
            Category::Data => self.fault.take().unwrap_or(Cause::WrongType),
            Category::Io | Category::Syntax | Category::Eof => Cause::Malformed,
        };
        let message = error.to_string();
        // The parser sees one line only, so its "line 1" says nothing.
        let message = message.split(" at line 1 column ").next().unwrap_or_default();
        Rejection { cause, detail: format!("{} at column {}", printable(message, 400), error.column()) }
    }

    /// Makes the text of an exam item of its fields, which follow the columns.
    fn render_exam(&mut self) -> bool {
        let (columns, fields) = self.cells.split_at_mut(self.columns);
        let Ok(fields) = <&[Cell; 9]>::try_from(&*fields) else {
            return false;
        };
        let values: [&str; 9] = std::array::from_fn(|index| fields[index].buffer.as_str());
        let Some(payload) = columns.get_mut(self.payload) else {
            return false;
        };
        let rendered = exam::render(values, &mut payload.buffer);
        payload.value = if rendered { Value::Text } else { Value::Null };
        rendered
    }

    /// Reads the value of field `index`, whose key was just read.
    fn read<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<(), A::Error> {
        let Some(field) = self.fields.get_mut(index) else {
            return map.next_value::<IgnoredAny>().map(drop);
        };
        if std::mem::replace(&mut field.seen, true) {
            self.fault = Some(Cause::Malformed);
            return Err(A::Error::custom(format!("duplicate key `{}`", printable(&field.name, SHOWN))));
        }
        if let [only] = field.cells[..]
            && field.paths.is_empty()
            && let Some(cell) = self.cells.get_mut(only)
            && cell.is_payload
        {
            cell.buffer.clear();
            cell.rank = usize::MAX;
            cell.value = map.next_value_seed(TextSeed(&mut cell.buffer))?;
            return Ok(());
        }
        let raw = map.next_value::<&RawValue>()?.get();
        let wrong = |what: String| A::Error::custom(format!("field `{}`: {what}", field.name));
        for index in &field.cells {
            if let Some(cell) = self.cells.get_mut(*index) {
                cell.rank = usize::MAX;
                cell.read(raw).map_err(wrong)?;
            }
        }
        for (path, index) in &field.paths {
            let Some(cell) = self.cells.get_mut(*index).filter(|cell| cell.rank < field.name.len()) else {
                continue;
            };
            let found = path::find(raw, path).map_err(|error| {
                self.fault = Some(Cause::Malformed);
                wrong(error.to_string())
            })?;
            if let Some(raw) = found {
                cell.rank = field.name.len();
                cell.read(raw).map_err(|what| A::Error::custom(format!("field `{}.{path}`: {what}", field.name)))?;
            }
        }
        if field.cells.is_empty() {
            let name = field.name.clone();
            return self.keep(&name, raw).map_err(A::Error::custom);
        }
        Ok(())
    }

    /// Keeps a field that no column takes, where that is asked for.
    fn keep(&mut self, key: &str, raw: &str) -> Result<(), serde_json::Error> {
        let Some(cell) = self.metadata.and_then(|index| self.cells.get_mut(index)) else {
            return Ok(());
        };
        let key = serde_json::to_string(key)?;
        if cell.buffer.len() > 1 {
            cell.buffer.push(',');
        }
        cell.buffer.extend([key.as_str(), ":", raw]);
        Ok(())
    }
}

impl Cell {
    /// Reads a JSON value of any kind but objects and lists.
    fn read(&mut self, raw: &str) -> Result<(), String> {
        self.buffer.clear();
        let wrong = || format!("expected {}, found {}", self.data_type.name(), printable(raw, SHOWN));
        self.value = match (raw.as_bytes().first(), self.data_type) {
            (Some(b'n'), _) => Value::Null,
            (Some(b'"'), ColumnType::String) => {
                let mut json = serde_json::Deserializer::from_str(raw);
                TextSeed(&mut self.buffer).deserialize(&mut json).map_err(|error| error.to_string())?
            }
            (Some(b'{' | b'['), _) => return Err(wrong()),
            (Some(_), ColumnType::String) if !self.is_payload => {
                self.buffer.push_str(raw);
                Value::Text
            }
            (Some(b't'), ColumnType::Boolean) => Value::Boolean(true),
            (Some(b'f'), ColumnType::Boolean) => Value::Boolean(false),
            (Some(_), ColumnType::Int64) => Value::Int(raw.parse().map_err(|_| wrong())?),
            (Some(b'-' | b'0'..=b'9'), ColumnType::Float64) => {
                let number: f64 = raw.parse().map_err(|_| wrong())?;
                if !number.is_finite() {
                    return Err(wrong());
                }
                Value::Float(number)
            }
            _ => return Err(wrong()),
        };
        Ok(())
    }
}

/// A key: of a field that is read, or of another one (empty unless it is kept).
enum Key {
    Field(usize),
    Other(String),
}

struct KeySeed<'a>(&'a RowParser);

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key, E> {
        let field = self.0.fields.iter().position(|field| field.name == key);
        let kept = || if self.0.metadata.is_some() { key.to_owned() } else { String::new() };
        Ok(field.map_or_else(|| Key::Other(kept()), Key::Field))
    }
}

struct RowVisitor<'a>(&'a mut RowParser);

impl<'de> Visitor<'de> for RowVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let parser = self.0;
        while let Some(key) = map.next_key_seed(KeySeed(parser))? {
            match key {
                Key::Field(index) => parser.read(index, &mut map)?,
                Key::Other(_) if parser.metadata.is_none() => drop(map.next_value::<IgnoredAny>()?),
                Key::Other(name) => {
                    let raw = map.next_value::<&RawValue>()?.get();
                    parser.keep(&name, raw).map_err(A::Error::custom)?;
                }
            }
        }
        if let Some(cell) = parser.metadata.and_then(|index| parser.cells.get_mut(index)) {
            cell.buffer.push('}');
            cell.value = Value::Text;
        }
        Ok(())
    }
}

/// Reads a string, or null, into a buffer.
struct TextSeed<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for TextSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for TextSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.0.push_str(text);
        Ok(Value::Text)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// The fields of a line, for looking at a file before it is read.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Sample(pub BTreeMap<String, serde_json::Value>);

impl Sample {
    /// The fields of `line`, where it is an object.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let parsed = serde_json::from_slice(line).ok();
        parsed.or_else(|| serde_json::from_str(&mend::mend(std::str::from_utf8(line).ok()?)?.line).ok())
    }

    /// The value of the field or path `from`.
    pub(super) fn get(&self, from: &str) -> Option<&serde_json::Value> {
        let below = |(first, rest): (&str, &str)| lookup(self.0.get(first)?, rest);
        self.0.get(from).or_else(|| path::steps(from).filter_map(below).last())
    }
}

fn lookup<'a>(value: &'a serde_json::Value, path: &str) -> Option<&'a serde_json::Value> {
    let object = value.as_object()?;
    let below = |(first, rest): (&str, &str)| lookup(object.get(first)?, rest);
    object.get(path).or_else(|| path::steps(path).filter_map(below).last())
}
