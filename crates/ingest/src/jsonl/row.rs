//! One JSON line to the cells of one document, in one pass over the line.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use textmill_document::Cause;
use textmill_document::columns::{ID, METADATA};

use super::cell::{Cell, TextSeed, Value};
use super::mend::{self, Mended};
use super::{exam, path};
use crate::Format;
use crate::columns::ColumnType;
use crate::config::PlannedColumn;
use crate::quarantine::printable;

/// Characters of a field's name or value that a message shows.
const SHOWN: usize = 40;
/// Bytes of a line that is no document up to which its id is looked for.
const MOST_SEARCHED: usize = 1 << 20;

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
        };
        for column in columns {
            parser.add(column.from.as_deref(), column.data_type, column.is_payload);
            if column.is_payload {
                parser.payload_field = column.from.clone().unwrap_or_default();
            }
        }
        for name in format.known().known_fields() {
            parser.add(Some(name), ColumnType::String, false);
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
        // Other fields are kept as they are written, and not parsed.
        let is_sure = self.metadata.is_none() || !mend::may_have_halves(text);
        let read = if is_sure { self.read_object(text) } else { Ok(()) };
        if is_sure && read.is_ok() {
            return Ok(());
        }
        let Some(Mended { line, marker }) = mend::mend(text) else {
            return if is_sure { read } else { self.read_object(text) };
        };
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
