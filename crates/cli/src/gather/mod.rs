//! Real text for a first run, without a network: the documentation of the crates that cargo keeps.
//!
//! A cargo registry folder holds the sources of every crate that was ever built on the machine:
//! READMEs, change logs, licences and doc comments, tens of megabytes in several languages, with
//! many exact and near duplicates. The documentation that comes with Rust is thousands of HTML pages.
//! This module writes both as JSONL shards for a pipeline to clean.
//!
//! ```text
//! registry/src/INDEX/serde-1.0.219/**  ─▶ kind of each file ─▶ text ─▶ OUT/part-00000.jsonl ...
//! share/doc/rust/html/book/**.html     ─▶ the page as it is ────────▶ OUT/part-00000.jsonl ...
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

/// Where documents are gathered to, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatherOptions {
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
        Self { output: output.into(), shard_bytes: DEFAULT_SHARD_BYTES, limit_bytes: None, overwrite: false }
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

/// Counts of the gathered documents.
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

/// An error in gathering documents.
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
        /// The error of the system.
        source: std::io::Error,
    },
    /// The registry folder was read and holds no text.
    #[error("found no documentation below {}; it must be the folder whose sub-folders are package indexes", .path.display())]
    NothingFound {
        /// The folder.
        path: PathBuf,
    },
    /// A folder of pages is not there or cannot be listed.
    #[error("cannot read the folder {}: {source}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The folders were read and hold no HTML page.
    #[error("found no HTML page (.html, .htm) below {}", paths(.folders))]
    NoPages {
        /// The folders.
        folders: Vec<PathBuf>,
    },
    /// The output folder has something in it.
    #[error("{} is not empty; give --overwrite to replace the shards in it, or choose another folder", .path.display())]
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
        /// The error of the system.
        source: std::io::Error,
    },
}

/// Where cargo keeps the sources of packages: `$CARGO_HOME/registry/src`, or below `~/.cargo`.
pub fn default_registry() -> Result<PathBuf, GatherError> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = set("CARGO_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    Ok(home.ok_or(GatherError::NoCargoHome)?.join("registry").join("src"))
}

/// The paths with commas between them.
fn paths(paths: &[PathBuf]) -> String {
    let shown: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    shown.join(", ")
}

/// Writes the documentation of all crates in a cargo registry folder (by default [`default_registry`]) as JSONL shards.
///
/// Every line has `id` (`serde-1.0.219/README.md#readme`), `text`, `content_type` (`text/markdown`), `source`
/// (`serde-1.0.219`), `path` (`README.md`) and `kind`.
///
/// # Errors
/// The registry is not there or holds no text, or the output cannot be written.
pub fn cargo_docs(registry: Option<&Path>, options: &GatherOptions) -> Result<GatherSummary, GatherError> {
    let registry = registry.map_or_else(default_registry, |folder| Ok(folder.to_owned()))?;
    let mut summary = GatherSummary::default();
    let crates = walk::crates(&registry, &mut summary)?;

    let nothing = GatherError::NothingFound { path: registry };
    gather(crates, Kind::of, options, summary, nothing)
}

/// Writes the HTML pages (`.html`, `.htm`) in folders and all folders below them as JSONL shards.
///
/// Every line has the fields of [`cargo_docs`]; `text` is the markup, `source` the name of the folder, `kind` is `html`.
///
/// # Errors
/// A folder cannot be read, none of them holds a page, or the output cannot be written.
pub fn html_pages(folders: &[PathBuf], options: &GatherOptions) -> Result<GatherSummary, GatherError> {
    let mut named = Vec::new();
    for folder in folders {
        std::fs::read_dir(folder).map_err(|source| GatherError::Folder { path: folder.clone(), source })?;
        let name = folder.file_name().map_or_else(|| "html".into(), |name| name.to_string_lossy());
        named.push((name.into_owned(), folder.clone()));
    }

    let nothing = GatherError::NoPages { folders: folders.to_vec() };
    gather(named, Kind::of_page, options, GatherSummary::default(), nothing)
}

/// Writes what is in named folders, as far as `kind_of` takes the name of a file; `nothing` is the error where that is nothing.
fn gather(
    folders: impl IntoIterator<Item = (String, PathBuf)>,
    kind_of: fn(&str) -> Option<Kind>,
    options: &GatherOptions,
    mut summary: GatherSummary,
    nothing: GatherError,
) -> Result<GatherSummary, GatherError> {
    let mut writer = ShardWriter::create(&options.output, options.shard_bytes, options.overwrite)?;
    'folders: for (name, folder) in folders {
        for file in walk::files(&folder, kind_of, &mut summary) {
            if options.limit_bytes.is_some_and(|limit| summary.bytes >= limit) {
                summary.limit_reached = true;
                break 'folders;
            }
            if let Some(text) = read(&file, &mut summary) {
                write(&mut writer, &name, &file, &text, &mut summary)?;
            }
        }
    }

    if summary.documents == 0 {
        writer.discard()?;
        return Err(nothing);
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
    content_type: &'a str,
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
    let id = format!("{source}/{path}#{}", kind.name());
    let record = Record { id, text, content_type: kind.content_type(path), source, path, kind };
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
