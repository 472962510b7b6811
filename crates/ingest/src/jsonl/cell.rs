//! The value of one column in a line.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Visitor};

use crate::columns::ColumnType;
use crate::quarantine::printable;

/// Characters of a value that a message shows.
const SHOWN: usize = 40;

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
    pub is_payload: bool,
    pub value: Value,
    pub buffer: String,
    /// Length of the key that the value came from: a longer part of the path comes first.
    pub rank: usize,
}

impl Cell {
    /// Reads a JSON value of any kind but objects and lists.
    pub(super) fn read(&mut self, raw: &str) -> Result<(), String> {
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

/// Reads a string, or null, into a buffer.
pub(super) struct TextSeed<'a>(pub &'a mut String);

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
