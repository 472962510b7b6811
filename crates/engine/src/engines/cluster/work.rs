//! What the driver asks of an executor: one row of JSON.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use textmill_ingest::Passed;

use crate::exchange::KeyWork;
use crate::plan::TaskSpec;
use crate::{EngineError, ErrorKind};

/// Raised when work is described in another way.
const PROTOCOL: u32 = 1;

/// Name of the column with what became of a task.
const VERDICT: &str = "verdict";

/// Work with the version of who asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Work {
    protocol: u32,
    textmill: String,
    item: Item,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Item {
    Task(Box<TaskWork>),
    Keys(Box<SumWork>),
}

/// A task, with all that makes its context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskWork {
    /// Name and text of the pipeline file.
    pub file_name: String,
    pub text: String,
    /// What the driver looked up in the input files.
    pub passed: Passed,
    /// What the driver made of it; an executor with other models makes something else.
    pub config_key: String,
    pub phase: usize,
    /// The output location.
    pub store: String,
    /// The ownership under which the driver runs.
    pub epoch: u64,
    pub batch_rows: usize,
    pub spec: TaskSpec,
}

/// Keys to read, and where to leave their checksum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SumWork {
    pub keys: KeyWork,
    /// The output location.
    pub store: String,
    /// Path of the bits of the documents that are left out, and their BLAKE3.
    pub left_out: Option<(String, String)>,
    /// Path of the checksum.
    pub sum: String,
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TaskEnd {
    /// Its manifest is in the store.
    Committed,
    /// It failed in a way that does not get better elsewhere.
    Failed { executor: String, kind: ErrorKind, message: String },
    /// So many attempts died with their processes that it was not begun again.
    GivenUp { attempts: usize },
}

impl TaskEnd {
    /// Columns of a row that holds one.
    pub(super) fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![Field::new(VERDICT, DataType::Utf8, false)]))
    }
}

impl Work {
    pub(super) fn new(item: Item) -> Self {
        Self { protocol: PROTOCOL, textmill: env!("CARGO_PKG_VERSION").to_owned(), item }
    }

    pub(super) fn to_json(&self) -> Result<String, EngineError> {
        serde_json::to_string(self).map_err(|error| EngineError::Bug(format!("work cannot be described: {error}")))
    }

    /// The item, if this version of textmill is the one that asks.
    pub(super) fn item(text: &str) -> Result<Item, EngineError> {
        /// The part that every version understands.
        #[derive(Deserialize)]
        struct Asker {
            protocol: u32,
            textmill: String,
        }
        let broken = |error: serde_json::Error| EngineError::Bug(format!("work cannot be read: {error}"));
        let asker: Asker = serde_json::from_str(text).map_err(broken)?;
        let own = env!("CARGO_PKG_VERSION");
        if (asker.protocol, asker.textmill.as_str()) != (PROTOCOL, own) {
            let theirs = format!("{} (protocol {})", asker.textmill, asker.protocol);
            return Err(EngineError::OtherVersion { theirs, own: format!("{own} (protocol {PROTOCOL})") });
        }
        let work: Self = serde_json::from_str(text).map_err(broken)?;
        Ok(work.item)
    }

    /// Columns of what it gives.
    pub(super) fn schema(&self) -> Result<SchemaRef, EngineError> {
        match &self.item {
            Item::Task(_) => Ok(TaskEnd::schema()),
            Item::Keys(work) => work.keys.schema(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::ScanKind;

    #[test]
    fn work_of_another_version_is_refused_with_both_versions() {
        let keys = KeyWork { kind: ScanKind::Stacked, columns: vec!["band_0".to_owned()], files: Vec::new() };
        let item = Item::Keys(Box::new(SumWork { keys, store: "/out".into(), left_out: None, sum: "s".into() }));
        let work = Work::new(item.clone());
        let text = work.to_json().expect("JSON");
        assert_eq!(Work::item(&text).expect("its own work"), item);
        let newer = text.replacen("\"protocol\":1", "\"protocol\":2,\"later\":true", 1);
        let error = Work::item(&newer).expect_err("another protocol").to_string();
        assert!(error.contains("(protocol 2)") && error.contains("(protocol 1)"), "{error}");
    }
}
