//! Which folder an entry of `paths` reads from: a run must not write there.

use crate::listing::split_pattern;
use crate::source::local_path;

/// The folder that an entry of `paths` reads from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRead {
    /// The folder: all of the entry, or the part before its first glob; `.` where that is empty.
    pub folder: String,
    /// Whether all in it is read, and not only what a pattern matches.
    pub is_whole: bool,
}

/// The folder that `entry` reads from; none where it is one file.
pub fn folder_read(entry: &str) -> Option<FolderRead> {
    let local = local_path(entry);
    if local.is_some_and(std::path::Path::is_file) {
        return None;
    }
    let shown = local.and_then(std::path::Path::to_str).unwrap_or(entry);
    // A folder may have a name with brackets.
    if local.is_some_and(std::path::Path::is_dir) {
        return Some(FolderRead { folder: shown.to_owned(), is_whole: true });
    }
    let (folder, pattern) = split_pattern(shown);
    let folder = if folder.is_empty() { "." } else { folder };
    Some(FolderRead { folder: folder.to_owned(), is_whole: pattern.is_empty() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_patterns_and_files_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("Unicode").to_owned();
        std::fs::write(folder.path().join("a.jsonl"), "").expect("written");
        std::fs::create_dir(folder.path().join("[b]")).expect("made");

        let read = |folder: &str, is_whole| Some(FolderRead { folder: folder.to_owned(), is_whole });
        assert_eq!(folder_read(&path), read(&path, true));
        assert_eq!(folder_read(&format!("file://{path}")), read(&path, true));
        assert_eq!(folder_read(&format!("{path}/*.jsonl")), read(&format!("{path}/"), false));
        assert_eq!(folder_read(&format!("{path}/a.jsonl")), None);
        assert_eq!(folder_read(&format!("{path}/[b]")), read(&format!("{path}/[b]"), true));
        assert_eq!(folder_read("*.jsonl"), read(".", false));
        assert_eq!(folder_read("s3://bucket/a/b"), read("s3://bucket/a/b", true));
        assert_eq!(folder_read("s3://bucket/a/**/x"), read("s3://bucket/a/", false));
    }
}
