//! The form of a pipeline file: the types that its JSON Schema is made of.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use textmill_document::ByteSize;
use textmill_ingest::InputConfig;
use textmill_store::writer::OutputFormat;

use crate::check::NOUN;
use crate::stages::STAGES;

/// Default of [`OutputConfig::shard_bytes`].
pub const DEFAULT_SHARD_BYTES: ByteSize = ByteSize::mib(512);
/// Default of [`OutputConfig::dropped_sample`].
pub const DEFAULT_DROPPED_SAMPLE: usize = 100;
/// Default of [`OutputConfig::compression_level`].
pub const DEFAULT_COMPRESSION_LEVEL: i32 = 3;
/// Default of [`RunLimits::max_quarantined_ratio`].
pub const DEFAULT_MAX_QUARANTINED_RATIO: f64 = 0.01;
/// The version of the file format that this build reads.
pub const FILE_VERSION: u32 = 1;

/// A textmill pipeline: what is read, what is done to it, what is written.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is used; its parts are read one by one, so that all errors are found")]
pub(crate) struct PipelineFile {
    /// Version of the file format: 1.
    #[schemars(extend("const" = 1))]
    version: u32,
    /// Name of the pipeline, for reports.
    #[schemars(length(min = 1, max = 200))]
    name: String,
    /// What is read.
    input: InputConfig,
    /// The stages, a directed graph: each reads the stages in its `inputs`, by default the one before
    /// it. None at all passes documents through.
    #[serde(default)]
    stages: Vec<StageEntry>,
    /// What is written.
    #[serde(default)]
    output: OutputConfig,
    /// When a run that went through still counts as failed.
    #[serde(default)]
    limits: RunLimits,
}

/// One stage.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is used; its parts are read one by one, so that all errors are found")]
struct StageEntry {
    /// Name of the stage in reports and in `inputs`: small letters, digits and `_`, a letter first.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9_]*$"), length(max = 64))]
    id: String,
    /// Ids of the stages whose documents it takes, `input` for the input itself. By default the stage
    /// before it in the file. Several are united; a document that comes down two of them comes twice.
    #[serde(default)]
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    inputs: Option<Vec<String>>,
    /// The stage to run, with its configuration.
    run: Run,
}

/// `{stage: configuration}`, or only the name of a stage that needs no configuration.
struct Run;

impl JsonSchema for Run {
    fn schema_name() -> Cow<'static, str> {
        "Run".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let stages: serde_json::Map<_, _> =
            STAGES.iter().map(|kind| (kind.name.to_owned(), (kind.schema)(generator).to_value())).collect();
        let names: Vec<_> = STAGES.iter().map(|kind| kind.name).collect();
        json_schema!({
            "description": "One stage with its configuration, or only the name of a stage that needs none.",
            "anyOf": [
                {"type": "string", "enum": names, NOUN: "stage"},
                {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": stages,
                    "additionalProperties": false,
                    NOUN: "stage",
                },
            ],
        })
    }
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OutputConfig {
    /// Folder of the output, on this machine or as s3://, gs:// or az:// URL. `--output` on the command
    /// line comes before it.
    #[schemars(length(min = 1))]
    pub path: Option<String>,
    /// Columns of the output in this order: `name`, or `name as other_name`. By default all.
    #[schemars(length(min = 1), inner(regex(pattern = r"^\S+(\s+[aA][sS]\s+\S+)?$")))]
    pub columns: Option<Vec<String>>,
    /// Ids of the stages whose documents are written, `input` for the input itself. By default all
    /// stages that no other stage takes documents from.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub inputs: Option<Vec<String>>,
    /// Format of the data. What is beside it (dropped documents, quarantine, duplicates) is Parquet always. Default
    /// `parquet`.
    pub format: OutputFormat,
    /// Size of an output file. Unit: bytes, default 512MiB.
    pub shard_bytes: ByteSize,
    /// Level of the zstd compression, 1 (fast) to 22 (small). Default 3.
    #[schemars(range(min = 1, max = 22))]
    pub compression_level: i32,
    /// What is kept of dropped documents. Default `sample`.
    pub dropped: Dropped,
    /// With `dropped: sample`: documents kept per stage and reason. Default 100.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub dropped_sample: usize,
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self {
            path: None,
            columns: None,
            inputs: None,
            format: OutputFormat::default(),
            shard_bytes: DEFAULT_SHARD_BYTES,
            compression_level: DEFAULT_COMPRESSION_LEVEL,
            dropped: Dropped::default(),
            dropped_sample: DEFAULT_DROPPED_SAMPLE,
        }
    }
}

/// What is kept of dropped documents, with the reason each was dropped for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    /// Only their counts.
    None,
    /// Some documents per stage and reason.
    #[default]
    Sample,
    /// Every document.
    All,
}

/// When a run that went through still counts as failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunLimits {
    /// Largest share of the input's records that may end in quarantine, 0 to 1; above it the output is
    /// published and the exit code is 3. The same share of the input's bytes may lie in damaged stretches, which may
    /// have held any number of records. Default 0.01.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_quarantined_ratio: f64,
    /// Most input files that may end before their own end, as downloads do that broke off: nobody knows how many of
    /// their records are missing. Above it the output is published and the exit code is 3. Default 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub max_truncated_files: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Default for RunLimits {
    fn default() -> Self {
        Self { max_quarantined_ratio: DEFAULT_MAX_QUARANTINED_RATIO, max_truncated_files: 0 }
    }
}

/// The JSON Schema (2020-12) of pipeline files, for editors and for the check of files themselves.
pub fn schema() -> serde_json::Value {
    let mut schema = SchemaGenerator::default().into_root_schema_for::<PipelineFile>();
    schema.insert("title".to_owned(), "textmill pipeline file".into());
    schema.to_value()
}
