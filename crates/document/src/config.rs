//! What a kind of stage says of itself, once: its configuration is the place.

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{ConfigFault, Example, Reason, Stage};

/// The configuration of a kind of stage, and with it all that is known of the kind. The documentation comment of the type
/// is what `textmill stages show` prints; its fields' comments, ranges and defaults are those of the JSON Schema.
///
/// A new stage is a type that implements this and [`Stage`], and one line in the registry of the pipeline.
pub trait StageConfig: Serialize + DeserializeOwned + JsonSchema {
    /// The stage that is built.
    type Stage: Stage + 'static;

    /// The name in `run`.
    const NAME: &'static str;

    /// Every reason for which the stage can drop a document, in any configuration. Default none: it drops nothing.
    const REASONS: &'static [Reason] = &[];

    /// Documents with what becomes of them: shown to people, and run as tests. At least one that is kept, and one that is
    /// dropped where there are reasons.
    const EXAMPLES: &'static [Example];

    /// What it costs, where that was measured. Default it was not.
    const COST: Option<Cost> = None;

    /// Columns that the stage looks at where they are there, besides those it needs. Default none.
    const MAY_READ: &'static [&'static str] = &[];

    /// Whether its output has the columns of its input in any configuration. Default no.
    const KEEPS_COLUMNS: bool = false;

    /// Whether it takes rows by what they are: beside other takers of the same documents it is a branch. Default no.
    const ROUTES: bool = false;

    /// Whether what it removes is a step of its own beside published cleaning tables. Otherwise it belongs to the step of
    /// the stage before it, as that of a stage that only rewrites or routes. Default no.
    const IS_STEP: bool = false;

    /// The key under which the digests of the files that it names ([`Stage::digests`]) are part of the canonical
    /// configuration, and with it of the key of a task: a path may hold another file tomorrow.
    const DIGESTS: &'static str = "file_digests";

    /// The stage with this configuration, for documents with columns `input`, where they are known. Reads the files that
    /// the configuration names.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration beyond its schema. Without known columns there may be no stage
    /// and nothing to report either.
    fn build(self, input: Option<&Schema>) -> Result<Self::Stage, Vec<ConfigFault>>;
}

/// What a kind of stage costs: measured once, on English text and web pages on one core of a server of 2024.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Payload bytes that it takes in a CPU second, in millions.
    pub megabytes_per_second: f64,
    /// The share of the bytes that it leaves where it turns them into something else, 0 to 1; 1 for others.
    pub kept_bytes: f64,
    /// What measured it.
    pub source: &'static str,
}

impl Cost {
    /// The cost of a stage that leaves payloads about as long as they are.
    pub const fn measured(megabytes_per_second: f64, source: &'static str) -> Self {
        Self { megabytes_per_second, kept_bytes: 1.0, source }
    }
}

/// What a stage says of itself when it is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remarks {
    /// What is probably not meant, or does less than it seems to.
    pub warnings: Vec<String>,
    /// What was read and found, for those who ask (`textmill validate`).
    pub notes: Vec<String>,
    /// The codes that the column `language` can have after it, where the stage fills that column.
    pub languages: Vec<String>,
}
