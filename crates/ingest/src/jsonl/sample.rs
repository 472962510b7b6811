//! The fields of a line, for looking at a file before it is read.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{mend, path};

/// The fields of a line, for looking at a file before it is read.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Sample(pub BTreeMap<String, Value>);

impl Sample {
    /// The fields of `line`, where it is an object.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        let parsed = serde_json::from_slice(line).ok();
        parsed.or_else(|| serde_json::from_str(&mend::mend(std::str::from_utf8(line).ok()?)?.line).ok())
    }

    /// The value of the field or path `from`.
    pub(super) fn get(&self, from: &str) -> Option<&Value> {
        let below = |(first, rest): (&str, &str)| lookup(self.0.get(first)?, rest);
        self.0.get(from).or_else(|| path::steps(from).filter_map(below).last())
    }
}

fn lookup<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    let below = |(first, rest): (&str, &str)| lookup(object.get(first)?, rest);
    object.get(path).or_else(|| path::steps(path).filter_map(below).last())
}
