//! Finding the crates of a registry folder and the files of a crate, always in the same order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{GatherError, GatherSummary, Kind, Skipped};

/// A file that may hold a document.
pub(super) struct SourceFile {
    /// Where it is.
    pub(super) location: PathBuf,
    /// Its path within the folder, with `/` between the parts on every system.
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) bytes: u64,
}

/// The folders of all crates below `registry`, by name.
pub(super) fn crates(registry: &Path, summary: &mut GatherSummary) -> Result<BTreeMap<String, PathBuf>, GatherError> {
    // A crate that cannot be listed is one skip; without the registry itself there is nothing to do.
    std::fs::read_dir(registry).map_err(|source| GatherError::Registry { path: registry.to_owned(), source })?;
    let mut crates = BTreeMap::new();
    for index in folders(registry, summary) {
        for folder in folders(&index, summary) {
            let Some(name) = folder.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
                summary.skip(Skipped::NameNotUtf8);
                continue;
            };
            match crates.entry(name) {
                Entry::Vacant(free) => {
                    free.insert(folder);
                }
                Entry::Occupied(_) => summary.skip(Skipped::RepeatedCrate),
            }
        }
    }
    Ok(crates)
}

/// The folders directly in `folder`, in the order of their names.
fn folders(folder: &Path, summary: &mut GatherSummary) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for entry in WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => folders.push(entry.into_path()),
            Ok(_) => {}
            Err(_) => summary.skip(Skipped::Unreadable),
        }
    }
    folders
}

/// The files in a folder that `kind_of` takes by their names, in the order of their paths.
pub(super) fn files(folder: &Path, kind_of: fn(&str) -> Option<Kind>, summary: &mut GatherSummary) -> Vec<SourceFile> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).follow_links(false).sort_by_file_name() {
        let Ok(entry) = entry else {
            summary.skip(Skipped::Unreadable);
            continue;
        };
        if entry.file_type().is_dir() {
            continue;
        }
        let Some(path) = relative(folder, entry.path()) else {
            summary.skip(Skipped::NameNotUtf8);
            continue;
        };
        let Some(kind) = kind_of(path.rsplit('/').next().unwrap_or("")) else {
            continue;
        };
        if entry.file_type().is_symlink() {
            summary.skip(Skipped::Link);
            continue;
        }
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => {
                files.push(SourceFile { location: entry.into_path(), path, kind, bytes: metadata.len() });
            }
            _ => summary.skip(Skipped::Unreadable),
        }
    }
    files
}

/// The path below `folder` with `/` between its parts; nothing where it is not UTF-8.
fn relative(folder: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<_>> = path.strip_prefix(folder).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
