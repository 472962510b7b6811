//! The `input` section of a pipeline file.

use arrow::datatypes::{Field, FieldRef, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::ByteSize;
use textmill_document::columns::{HTML, ID, METADATA, TEXT, text_field};

use crate::bind::Passed;
use crate::columns::{self, ColumnType, Columns};
use crate::kind::{kind_of, never_read};
use crate::{Format, IngestError, Shard};

/// Default of [`InputConfig::split_bytes`].
pub const DEFAULT_SPLIT_BYTES: ByteSize = ByteSize::mib(128);
/// Default of [`Limits::max_document_bytes`].
pub const DEFAULT_MAX_DOCUMENT_BYTES: ByteSize = ByteSize::mib(64);
/// Default of [`Limits::max_decompression_ratio`]. Text compresses 3 to 20 times; 1000 is reached
/// only by runs of one byte.
pub const DEFAULT_MAX_DECOMPRESSION_RATIO: u32 = 1000;
/// An Arrow string view holds lengths below 4 GiB; half of that leaves room for JSON escapes.
const LARGEST_MAX_DOCUMENT_BYTES: ByteSize = ByteSize(2 << 30);

/// The input of the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputConfig {
    /// Files, directories or globs (`**`, `*`, `?`, `[..]`, `{a,b}`), on this machine or as s3://,
    /// gs:// or az:// URLs. A directory stands for all files below it whose names do not begin with `.` or
    /// `_`; what is no input is left out and named. A file that is listed twice is read once.
    #[schemars(length(min = 1))]
    pub paths: Vec<String>,
    /// Files among these that are not read, as globs: without `/` it is about a file's own name, wherever it lies; with
    /// one, about its path below the entry of `paths`, or its whole path. A `/` at the end means all below a folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Format of all files. By default it is told from each name: .parquet; .jsonl, .ndjson or .json;
    /// .jsonl.tar.gz for `WanJuan` 1.0; .warc or .wet; all but .parquet also with .gz, .zst, .bz2 or .xz. Where
    /// the name says nothing, or the first bytes something else, they decide. Web archives have columns of their
    /// own, so all paths must end in .warc (or .warc.gz, .warc.zst), or all in .wet, or this must say so.
    #[serde(default)]
    pub format: Option<Format>,
    /// Which field of the files becomes which column of the document. By default `{id: id, text:
    /// text}`, for `WanJuan` 1.0 `{id: id, text: content}`. Documents without an id get one made of
    /// the file's name and the record's number, `part-0.jsonl:17`.
    ///
    /// WARC has the fields id (the record's), url, date, `http_status`, `content_type`, `content_language`,
    /// `payload_digest`, truncated and body (bytes, without transfer and content coding); WET has id,
    /// url, date, `content_language`, `payload_digest`, truncated and text. By default all of them are
    /// columns; headers of the record (`WARC-IP-Address`) can be declared besides.
    ///
    /// `"*"` is all columns: those that no entry names (`{text: body, "*": "*"}`) pass through untouched, with their
    /// names and Arrow types, which are looked up in the Parquet files before the run; of JSON lines they are the column
    /// `metadata`. Folders called `name=value` are columns too, unless the file has one of that name; the value
    /// `__HIVE_DEFAULT_PARTITION__` is null.
    #[serde(default)]
    pub columns: Columns,
    /// Treatment of fields that no column is declared for.
    #[serde(default)]
    pub other_fields: OtherFields,
    /// Treatment of files that cannot be opened.
    #[serde(default)]
    pub on_unreadable: OnUnreadable,
    /// Bounds on what a single document or file may cost.
    #[serde(default)]
    pub limits: Limits,
    /// Whether the digests that records of web archives declare for their block and payload (SHA-1,
    /// SHA-256) are compared with the content; a record that differs goes to quarantine. Default
    /// false.
    #[serde(default)]
    pub verify_digests: bool,
    /// Compressed bytes of a file that one task reads. Parquet is cut at row groups, a file of JSON lines that is a large
    /// part of the input at line ends (see docs/pipelines.md); other files are one task each. Unit: bytes, default 128MiB.
    #[serde(default = "default_split_bytes")]
    pub split_bytes: ByteSize,
    /// The types, from the files, of columns that pass through untouched. No part of a pipeline file.
    #[serde(default, skip_serializing_if = "Passed::is_empty")]
    #[schemars(skip)]
    pub passed: Passed,
}

/// Treatment of fields of a record that no column is declared for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OtherFields {
    /// They are not read.
    #[default]
    Drop,
    /// They are kept as one JSON object in the column `metadata`.
    Metadata,
}

/// Treatment of files that cannot be opened (damaged footer, not of their format).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUnreadable {
    /// The run does not start; all such files are listed.
    #[default]
    Fail,
    /// The file goes to quarantine and the run reads the others.
    Quarantine,
}

/// Bounds on what a single document or file may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest document, longest JSON line, and largest record of a web archive (as stored, and its
    /// body decoded) that is read; a larger one goes to quarantine. Unit: bytes, at most 2GiB, default
    /// 64MiB.
    pub max_document_bytes: ByteSize,
    /// Largest ratio of decompressed to compressed bytes of one compressed block (gzip member, zstd
    /// frame); it is applied beyond the first 64 MiB of output. Default 1000.
    #[schemars(range(min = 1))]
    pub max_decompression_ratio: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_document_bytes: DEFAULT_MAX_DOCUMENT_BYTES,
            max_decompression_ratio: DEFAULT_MAX_DECOMPRESSION_RATIO,
        }
    }
}

fn default_split_bytes() -> ByteSize {
    DEFAULT_SPLIT_BYTES
}

impl InputConfig {
    /// Reads `paths` with everything else at its default.
    pub fn new(paths: Vec<String>) -> Self {
        Self {
            paths,
            exclude: Vec::new(),
            format: None,
            columns: Columns::default(),
            other_fields: OtherFields::default(),
            on_unreadable: OnUnreadable::default(),
            limits: Limits::default(),
            verify_digests: false,
            split_bytes: DEFAULT_SPLIT_BYTES,
            passed: Passed::default(),
        }
    }

    /// Whether fields that no column takes become the column `metadata`.
    pub(crate) fn keeps_metadata(&self) -> bool {
        self.other_fields == OtherFields::Metadata || (self.columns.has_rest() && self.passed.has_json)
    }

    /// Checks the section as such; no file is opened.
    pub fn check(&self) -> Vec<IngestError> {
        let mut reasons = Vec::new();
        if self.paths.is_empty() {
            reasons.push("`paths` is empty; name at least one file, directory or glob".to_owned());
        }
        for (name, source) in self.columns.iter().filter(|_| self.archive().is_none()) {
            let is_payload = [ID, TEXT, HTML].contains(&name);
            if is_payload && (source.as_is || source.data_type != ColumnType::String) {
                let declared = if source.as_is { "any" } else { source.data_type.name() };
                reasons.push(format!("column `{name}` must be a string, not {declared}; leave its `type` out"));
            }
            if name.is_empty() || source.from.is_empty() {
                reasons.push(format!("column `{name}` from `{}`: names must not be empty", source.from));
            }
        }
        if self.other_fields == OtherFields::Metadata && self.columns.contains(METADATA) {
            reasons.push(
                "column `metadata` is declared and `other_fields: metadata` makes one; drop one of them".to_owned(),
            );
        }
        if self.other_fields == OtherFields::Metadata && self.archive().is_some() {
            reasons.push(
                "`other_fields: metadata` is for Parquet and JSON lines; declare the headers of web archives in `columns`, such as \
                 `ip: WARC-IP-Address`"
                    .to_owned(),
            );
        }
        if self.limits.max_decompression_ratio == 0 {
            reasons.push("`limits.max_decompression_ratio` must be at least 1".to_owned());
        }
        if self.limits.max_document_bytes.bytes() == 0 || self.limits.max_document_bytes > LARGEST_MAX_DOCUMENT_BYTES {
            let largest = LARGEST_MAX_DOCUMENT_BYTES;
            reasons.push(format!("`limits.max_document_bytes` must be above 0 and at most {largest}"));
        }
        let never = self.paths.iter().filter_map(|path| Some((path, never_read(path)?)));
        reasons.extend(never.map(|(path, reason)| format!("`{path}`: {reason}")));
        if self.split_bytes.bytes() == 0 {
            reasons.push("`split_bytes` must be above 0".to_owned());
        }
        let archive = self.archive().map(|format| format.known().check_columns(&self.columns)).unwrap_or_default();
        reasons.into_iter().map(IngestError::config).chain(archive).collect()
    }

    /// WARC or WET where the input is one of them: by `format`, or by how all paths end. No file is
    /// looked at, since the columns must be known before.
    pub fn archive(&self) -> Option<Format> {
        if self.format.is_some() {
            return self.format.filter(|format| format.is_archive());
        }
        let mut formats = self.paths.iter().map(|path| kind_of(path, None).map(|(format, _)| format));
        let first = formats.next().flatten().filter(|format| format.is_archive())?;
        formats.all(|format| format == Some(first)).then_some(first)
    }
}

/// The columns of every document that `config` reads: the declared ones in declared order, with
/// `id` and `text` put in front where they are missing (`html` stands in for `text`), and
/// `metadata` at the end where it is asked for. Web archives have `body` (WARC) or `text` (WET). All
/// are nullable.
pub fn document_schema(config: &InputConfig) -> Schema {
    if let Some(columns) = config.archive().and_then(|format| format.known().own_columns(&config.columns)) {
        return batch_schema(&columns);
    }
    let declared = config.columns.iter().map(|(name, source)| match config.passed.field(name) {
        Some(passed) => passed.as_ref().clone(),
        None => columns::field(name, source.data_type),
    });
    let mut fields: Vec<Field> = declared.collect();
    let has = |fields: &[Field], name: &str| fields.iter().any(|field| field.name() == name);
    if !has(&fields, TEXT) && !has(&fields, HTML) {
        fields.insert(0, text_field(TEXT));
    }
    if !has(&fields, ID) {
        fields.insert(0, text_field(ID));
    }
    for passed in config.passed.fields().filter(|_| config.columns.has_rest()) {
        if !has(&fields, passed.name()) {
            fields.push(passed.as_ref().clone());
        }
    }
    if config.keeps_metadata() && !has(&fields, METADATA) {
        fields.push(text_field(METADATA));
    }
    Schema::new(fields)
}

/// One column that is read from a shard.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlannedColumn {
    /// Name in the document.
    pub name: String,
    /// Field in the file; `None` for a column that the reader makes (a generated id, `metadata`).
    pub from: Option<String>,
    /// Type in the document.
    pub data_type: ColumnType,
    /// Whether it holds the document itself and must be a string that is not null.
    pub is_payload: bool,
    /// Whether it was declared that files may lack the field.
    pub optional: bool,
    /// The field with the column's type, where it passes through untouched.
    pub passed: Option<FieldRef>,
}

impl PlannedColumn {
    /// Whether a file may lack the field: where that was declared, or for an `id` that is called `id` in the file as
    /// well, since ids are generated where they are absent. Any other name was chosen for these files.
    pub(crate) fn may_be_absent(&self) -> bool {
        self.optional || (self.name == ID && self.from.as_deref() == Some(ID))
    }

    /// Its field in a batch.
    pub(crate) fn field(&self) -> Field {
        match &self.passed {
            Some(passed) => passed.as_ref().clone(),
            None => columns::field(&self.name, self.data_type),
        }
    }
}

/// The columns to read from files of `format`, in the order of [`document_schema`], restricted to
/// `projection`; id and payload are always among them.
pub(crate) fn planned_columns(
    config: &InputConfig,
    format: Format,
    projection: Option<&[String]>,
) -> Vec<PlannedColumn> {
    let in_projection = |name: &str| projection.is_none_or(|names| names.iter().any(|wanted| wanted == name));
    if let Some(mut columns) = format.known().own_columns(&config.columns) {
        columns.retain(|column| column.name == ID || column.is_payload || in_projection(&column.name));
        return columns;
    }
    let mapping = config.columns.for_format(format);
    let schema = document_schema(config);
    let payload = if schema.column_with_name(TEXT).is_some() { TEXT } else { HTML };
    let wanted = |name: &str| name == ID || name == payload || in_projection(name);
    let planned = schema.fields().iter().filter(|field| wanted(field.name())).map(|field| {
        let name = field.name();
        let source = mapping.iter().find(|(known, _)| known == name).map(|(_, source)| source);
        let passed = config.passed.field(name).cloned();
        // A mapping that names neither text nor html reads the default field; what passes is called as in the file.
        let default_text = (name == payload).then(|| format.known().text_field().to_owned());
        let is_id = name == ID && config.columns.has_rest() && format.has_schema();
        let own_name = (passed.is_some() || is_id).then(|| name.clone());
        PlannedColumn {
            name: name.clone(),
            from: source.map(|source| source.from.clone()).or(default_text).or(own_name),
            data_type: source.map_or(ColumnType::String, |source| source.data_type),
            is_payload: name == payload,
            // Which files have it was looked up before.
            optional: source.map_or(passed.is_some(), |source| source.optional),
            passed,
        }
    });
    planned.collect()
}

/// The schema of the batches that are read with `columns`.
pub(crate) fn batch_schema(columns: &[PlannedColumn]) -> Schema {
    Schema::new(columns.iter().map(PlannedColumn::field).collect::<Vec<_>>())
}

/// How splits are read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// The input section of the pipeline.
    pub input: InputConfig,
    /// Document columns that are wanted; `None` reads all. Id and payload (text, or html) are
    /// always read.
    pub projection: Option<Vec<String>>,
    /// Most documents in a batch. Default [`DEFAULT_BATCH_ROWS`].
    pub batch_rows: usize,
    /// Most payload bytes in a batch; a single larger document is a batch of its own. Default
    /// [`DEFAULT_BATCH_BYTES`].
    pub batch_bytes: usize,
}

/// Default of [`ReadOptions::batch_rows`].
pub const DEFAULT_BATCH_ROWS: usize = 1024;
/// Default of [`ReadOptions::batch_bytes`]: 8 MiB.
pub const DEFAULT_BATCH_BYTES: usize = 8 << 20;

impl ReadOptions {
    /// Reads all columns of `input` in batches of the default size.
    pub fn new(input: InputConfig) -> Self {
        Self { input, projection: None, batch_rows: DEFAULT_BATCH_ROWS, batch_bytes: DEFAULT_BATCH_BYTES }
    }

    pub(crate) fn columns(&self, shard: &Shard) -> Vec<PlannedColumn> {
        planned_columns(&self.input, shard.format, self.projection.as_deref())
    }
}
