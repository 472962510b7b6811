//! Pipeline files: YAML in, a checked graph of stages out.
//!
//! What this crate does not do: it opens no input, runs nothing, and knows of files and clusters no
//! more than the addresses in the YAML.
//!
//! ```text
//!  text ─▶ yaml (tree with places) ─▶ check (against the JSON Schema) ─▶ graph (who reads whom)
//!       ─▶ flow (build stages, follow columns) ─▶ Pipeline ─▶ phases, explain, fingerprint
//!                         any step: ConfigErrors, all at once, each with its line
//! ```
//!
//! The schema is generated from the configuration types and is at once what editors use, what
//! files are checked against and what `textmill stages show` prints.
//!
//! ```
//! let pipeline = textmill_pipeline::parse(
//!     "demo.yaml",
//!     "version: 1
//! name: demo
//! input: {paths: [\"docs/*.jsonl\"]}
//! stages:
//!   - {id: clean, run: normalize}
//!   - {id: long, run: {keep_where: \"char_length(text) > 200\"}}
//! ",
//! )?;
//! assert_eq!(pipeline.nodes.len(), 2);
//! assert_eq!(pipeline.output_schema().fields().len(), 2);
//! # Ok::<(), textmill_pipeline::ConfigErrors>(())
//! ```

mod check;
mod error;
mod exchange;
mod explain;
mod file;
mod flow;
mod graph;
mod help;
mod output;
mod paths;
mod pipeline;
mod place;
mod remarks;
mod resolve;
mod snippet;
mod sql;
mod stages;
mod suggest;
mod yaml;

use std::path::Path;

use textmill_ingest::Passed;

pub use error::{ConfigError, ConfigErrors};
pub use exchange::Exchange;
pub use explain::{Column, ExplainedInput, ExplainedOutput, ExplainedPhase, ExplainedStage, Explanation, explain};
pub use file::{
    DEFAULT_COMPRESSION_LEVEL, DEFAULT_DROPPED_SAMPLE, DEFAULT_MAX_QUARANTINED_RATIO, DEFAULT_SHARD_BYTES, Dropped,
    FILE_VERSION, OutputConfig, RunLimits, schema,
};
pub use help::{ExampleHelp, Parameter, StageHelp, stage_help, stage_names, unknown_stage_hint};
pub use paths::{unexpanded, unexpanded_hint};
pub use pipeline::{Node, OutputColumn, Parent, Phase, Pipeline, Source};
pub use stages::{BuiltStage, STAGES, StageKind, find as stage_kind};
pub use textmill_minhash_dedupe::DEFAULT_PRESET as DEFAULT_DEDUPE_PRESET;
pub use textmill_store::writer::OutputFormat;

/// Largest pipeline file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Reads and checks the pipeline file at `path`.
pub fn load(path: &Path) -> Result<Pipeline, ConfigErrors> {
    let unreadable = |error: &dyn std::fmt::Display| ConfigErrors::unreadable(path, &error.to_string());
    if path == Path::new("-") {
        return Err(unreadable(&"`-` is no file; standard input is read as /dev/stdin"));
    }
    let size = std::fs::metadata(path).map_err(|error| match std::path::absolute(path) {
        Ok(absolute) if path.is_relative() => unreadable(&format!("{error} ({} was tried)", absolute.display())),
        _ => unreadable(&error),
    })?;
    let size = size.len();
    if size > MAX_FILE_BYTES {
        return Err(unreadable(&format!("it has {size} bytes; at most {MAX_FILE_BYTES} are read")));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let what = if utf16(error.as_bytes()) {
            "it is UTF-16, which some editors call \"Unicode\"".to_owned()
        } else {
            format!("it is not UTF-8 (byte {offset})")
        };
        unreadable(&format!("{what}; save it as UTF-8"))
    })?;
    if utf16(text.as_bytes()) {
        return Err(unreadable(&"it is UTF-16 without a mark; save it as UTF-8"));
    }
    parse(&path.display().to_string(), &text)
}

/// Whether the bytes begin like UTF-16: with its mark, or with ASCII letters beside zeros.
fn utf16(bytes: &[u8]) -> bool {
    let mark = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    mark || matches!(bytes, [0, first, ..] | [first, 0, ..] if first.is_ascii_graphic())
}

/// Checks a pipeline file given as text; `file_name` is for the messages. Where columns pass through untouched
/// (`columns: "*"`, `type: any`), their types are looked up in the input files.
pub fn parse(file_name: &str, text: &str) -> Result<Pipeline, ConfigErrors> {
    parse_with(file_name, text, None)
}

/// Makes the pipeline again that `source` is of, without looking at its input.
pub fn parse_source(source: &Source) -> Result<Pipeline, ConfigErrors> {
    parse_with(&source.file_name, &source.text, Some(&source.passed))
}

fn parse_with(file_name: &str, text: &str, passed: Option<&Passed>) -> Result<Pipeline, ConfigErrors> {
    // Windows editors put a byte-order mark in front, which is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let failed = |errors| ConfigErrors::new(file_name, text, errors);
    let tree = yaml::parse(text).map_err(|error| failed(vec![error]))?;
    let mut problems = place::Problems::new(&tree, text);
    match resolve::resolve(&tree, passed, &mut problems) {
        Some(pipeline) if problems.is_empty() => {
            let passed = pipeline.input.passed.clone();
            let source = Source { file_name: file_name.to_owned(), text: text.to_owned(), passed };
            Ok(Pipeline { source, ..pipeline })
        }
        _ => Err(failed(problems.into_errors())),
    }
}
