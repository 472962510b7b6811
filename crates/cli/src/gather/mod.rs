//! Real text for a first run, without a network: the documentation of the crates that cargo keeps.
//!
//! A cargo registry folder holds the sources of every crate that was ever built on the machine:
//! READMEs, change logs, licences and doc comments, tens of megabytes in several languages, with
//! many exact and near duplicates. This module writes them as JSONL shards for a pipeline to clean.
//!
//! ```text
//! registry/src/INDEX/serde-1.0.219/**  ─▶ kind of each file ─▶ text ─▶ OUT/part-00000.jsonl ...
//! ```
//!
//! 1. Same folder, same bytes: crates and files are visited in the order of their names.
//! 2. The output folder appears under its name only when it is complete.
//! 3. What is skipped is counted by cause. Symbolic links are not followed.

mod doc_comments;
mod kinds;
mod shards;
mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use kinds::Kind;
use shards::ShardWriter;
use walk::SourceFile;

/// Size from which on a shard is closed.
pub const DEFAULT_SHARD_BYTES: u64 = 16 << 20;
/// Larger files are skipped: they are tables, not prose.
pub const MAX_FILE_BYTES: u64 = 8 << 20;
/// Source files with fewer bytes of documentation are skipped.
pub const MIN_DOC_COMMENT_BYTES: usize = 40;

/// What to gather and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatherOptions {
    /// Folder whose sub-folders are package indexes, as cargo lays it out; by default
    /// [`default_registry`].
    pub registry: Option<PathBuf>,
    /// Folder for the shards. It must not exist, be empty, or hold only shards and `overwrite` be set.
    pub output: PathBuf,
    /// A shard is closed when it holds this many bytes; default [`DEFAULT_SHARD_BYTES`].
    pub shard_bytes: u64,
    /// No further document is taken when their texts have this many bytes together; default no limit.
    pub limit_bytes: Option<u64>,
    /// Whether to replace shards that are already in `output`.
    pub overwrite: bool,
}

impl GatherOptions {
    /// Gather everything into `output`.
    pub fn new(output: impl Into<PathBuf>) -> Self {
        Self {
            registry: None,
            output: output.into(),
            shard_bytes: DEFAULT_SHARD_BYTES,
            limit_bytes: None,
            overwrite: false,
        }
    }
}

/// Why a file gave no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Skipped {
    /// The text is not UTF-8.
    NotUtf8,
    /// The file's name is not UTF-8.
    NameNotUtf8,
    /// The file is larger than [`MAX_FILE_BYTES`].
    TooLarge,
    /// The file has only white space.
    Empty,
    /// The source file has fewer than [`MIN_DOC_COMMENT_BYTES`] bytes of documentation.
    FewDocComments,
    /// The file or folder could not be read.
    Unreadable,
    /// A symbolic link.
    Link,
    /// Another index holds a crate of the same name and version, which was taken.
    RepeatedCrate,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "not UTF-8",
            Self::NameNotUtf8 => "name not UTF-8",
            Self::TooLarge => "too large",
            Self::Empty => "empty",
            Self::FewDocComments => "hardly any doc comments",
            Self::Unreadable => "unreadable",
            Self::Link => "a symbolic link",
            Self::RepeatedCrate => "crate already taken from another index",
        })
    }
}

/// What was gathered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GatherSummary {
    /// Documents written.
    pub documents: u64,
    /// Bytes of their texts.
    pub bytes: u64,
    /// Shards written.
    pub shards: u64,
    /// Documents by kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// Files that gave no document, by cause. Files of no interest are not counted.
    pub skipped: BTreeMap<Skipped, u64>,
    /// Whether gathering ended at [`GatherOptions::limit_bytes`].
    pub limit_reached: bool,
}

impl GatherSummary {
    fn skip(&mut self, cause: Skipped) {
        *self.skipped.entry(cause).or_default() += 1;
    }
}

/// What can go wrong when documents are gathered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// Neither a registry was given nor does the environment tell where cargo keeps its own.
    #[error("cannot tell where cargo keeps its packages: set CARGO_HOME or name the folder")]
    NoCargoHome,
    /// The registry folder is not there or cannot be listed.
    #[error("cannot read the cargo registry folder {}: {source}; run `cargo fetch` first or name another", .path.display())]
    Registry {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The registry folder was read and holds no text.
    #[error("found no documentation below {}; it must be the folder whose sub-folders are package indexes", .path.display())]
    NothingFound {
        /// The folder.
        path: PathBuf,
    },
    /// The output folder has something in it.
    #[error("{} is not empty; overwrite it on purpose or choose another folder", .path.display())]
    OutputNotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Overwriting was allowed, but something in the output folder was not written by this command.
    #[error("{} was not written by gather and would be lost; move it away or choose another folder", .path.display())]
    ForeignFile {
        /// The file.
        path: PathBuf,
    },
    /// A file or folder of the output could not be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Where cargo keeps the sources of packages: `$CARGO_HOME/registry/src`, or below `~/.cargo`.
pub fn default_registry() -> Result<PathBuf, GatherError> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = set("CARGO_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    Ok(home.ok_or(GatherError::NoCargoHome)?.join("registry").join("src"))
}

/// Writes the documentation of all crates in a cargo registry folder as JSONL shards.
///
/// Every line has `id` (`serde-1.0.219/README.md#readme`), `text`, `source` (`serde-1.0.219`),
/// `path` (`README.md`) and `kind`.
pub fn cargo_docs(options: &GatherOptions) -> Result<GatherSummary, GatherError> {
    let registry = options.registry.clone().map_or_else(default_registry, Ok)?;
    let mut summary = GatherSummary::default();
    let crates = walk::crates(&registry, &mut summary)?;
    let mut writer = ShardWriter::create(&options.output, options.shard_bytes, options.overwrite)?;
    'crates: for (name, folder) in &crates {
        for file in walk::files(folder, &mut summary) {
            if options.limit_bytes.is_some_and(|limit| summary.bytes >= limit) {
                summary.limit_reached = true;
                break 'crates;
            }
            if let Some(text) = read(&file, &mut summary) {
                write(&mut writer, name, &file, &text, &mut summary)?;
            }
        }
    }
    if summary.documents == 0 {
        writer.discard()?;
        return Err(GatherError::NothingFound { path: registry });
    }
    summary.shards = writer.finish()?;
    Ok(summary)
}

/// The document in a file; nothing, and a count, where there is none.
fn read(file: &SourceFile, summary: &mut GatherSummary) -> Option<String> {
    if file.bytes > MAX_FILE_BYTES {
        summary.skip(Skipped::TooLarge);
        return None;
    }
    let Ok(bytes) = std::fs::read(&file.location) else {
        summary.skip(Skipped::Unreadable);
        return None;
    };
    let Ok(text) = String::from_utf8(bytes) else {
        summary.skip(Skipped::NotUtf8);
        return None;
    };
    if file.kind != Kind::DocComments {
        let empty = text.trim().is_empty();
        if empty {
            summary.skip(Skipped::Empty);
        }
        return (!empty).then_some(text);
    }
    let documentation = doc_comments::extract(&text);
    let enough = documentation.len() >= MIN_DOC_COMMENT_BYTES;
    if !enough {
        summary.skip(Skipped::FewDocComments);
    }
    enough.then_some(documentation)
}

#[derive(Serialize)]
struct Record<'a> {
    id: String,
    text: &'a str,
    source: &'a str,
    path: &'a str,
    kind: Kind,
}

fn write(
    writer: &mut ShardWriter,
    source: &str,
    file: &SourceFile,
    text: &str,
    summary: &mut GatherSummary,
) -> Result<(), GatherError> {
    let (path, kind) = (file.path.as_str(), file.kind);
    let record = Record { id: format!("{source}/{path}#{}", kind.name()), text, source, path, kind };
    let mut line = serde_json::to_vec(&record).expect("a struct of strings can always be written");
    line.push(b'\n');
    writer.write(&line)?;
    summary.documents += 1;
    summary.bytes += text.len() as u64;
    *summary.kinds.entry(kind).or_default() += 1;
    Ok(())
}

/// An error in writing `path`.
fn write_error(path: &Path) -> impl FnOnce(std::io::Error) -> GatherError {
    let path = path.to_owned();
    |source| GatherError::Write { path, source }
}

#[cfg(test)]
mod tests;
