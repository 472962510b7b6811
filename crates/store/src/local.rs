//! Durable operations on local files. All block; [`Store`](crate::Store) runs them off the async
//! threads.
//!
//! 1. A file gets its final name only after its bytes were synced; then the directory is synced.
//! 2. A failed sync is final: after one, the kernel may have dropped the pages and report
//!    success on the next, so the file is thrown away.
//! 3. What is being written lies beside its final name as a [temporary](is_temporary) file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::StoreError;
use crate::object_writer::FileDigest;
use crate::store::{Created, ObjectInfo};

const TEMPORARY: &str = ".tmp";
const READ_BUFFER: usize = 1 << 20;

/// Whether `path` names a file that was being written: left behind by a killed process if its run
/// is over, and never referenced by anything.
pub fn is_temporary(path: &str) -> bool {
    let id = path.strip_suffix(TEMPORARY).and_then(|name| name.rsplit_once('.')).map(|(_, id)| id);
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A file that is being written and removes itself unless it is given its final name.
#[derive(Debug)]
pub(crate) struct PendingFile {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    written: u64,
}

impl PendingFile {
    pub(crate) fn create(target: &Path) -> Result<Self, StoreError> {
        let directory = target.parent().unwrap_or(Path::new("/"));
        create_directories(directory)?;
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}{TEMPORARY}", uuid::Uuid::new_v4().simple()));
        let temporary = directory.join(name);
        let opened = OpenOptions::new().write(true).create_new(true).open(&temporary);
        let file = opened.map_err(|error| StoreError::local(target, "create", 0, &error))?;
        Ok(Self { file, temporary, target: target.to_owned(), written: 0 })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let length = bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| self.failed("write", length, &error))?;
        self.written += length;
        Ok(())
    }

    /// Makes the bytes durable and gives them the final name, replacing what had it.
    pub(crate) fn replace(self) -> Result<(), StoreError> {
        self.sync()?;
        fs::rename(&self.temporary, &self.target).map_err(|error| self.failed("rename", self.written, &error))?;
        sync_directory_of(&self.target)
    }

    /// Makes the bytes durable and gives them the final name unless something has it.
    pub(crate) fn create_new(self) -> Result<Created, StoreError> {
        self.sync()?;
        let linked = match fs::hard_link(&self.temporary, &self.target) {
            Err(error) if !has_hard_links(&error) => {
                match renameat_with(CWD, &self.temporary, CWD, &self.target, RenameFlags::NOREPLACE) {
                    Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                        return Err(cannot_be_exclusive(&self.target));
                    }
                    renamed => renamed.map_err(io::Error::from),
                }
            }
            linked => linked,
        };
        let created = match linked {
            Ok(()) => Created::New,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Created::AlreadyExists,
            Err(error) => return Err(self.failed("create", self.written, &error)),
        };
        // Also when another one won: what it created must be durable before anyone acts on it.
        sync_directory_of(&self.target)?;
        Ok(created)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_all().map_err(|error| self.failed("sync", self.written, &error))
    }

    fn failed(&self, operation: &'static str, wanted: u64, error: &io::Error) -> StoreError {
        StoreError::local(&self.target, operation, wanted, error)
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        // After a rename the name is gone; after anything else it must go. A file that cannot be
        // removed is never referenced and stays for `gc`.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// Whether the error can come from a file system that has hard links.
fn has_hard_links(error: &io::Error) -> bool {
    !matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied | io::ErrorKind::TooManyLinks)
}

fn cannot_be_exclusive(target: &Path) -> StoreError {
    let reason = "this file system has neither hard links nor a rename that replaces nothing, so that two runs could not \
                  be kept apart; write to another file system";
    StoreError::config(&target.display().to_string(), reason)
}

pub(crate) fn put(target: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = PendingFile::create(target)?;
    file.write(bytes)?;
    file.replace()
}

pub(crate) fn create(target: &Path, bytes: &[u8]) -> Result<Created, StoreError> {
    let mut file = PendingFile::create(target)?;
    file.write(bytes)?;
    file.create_new()
}

pub(crate) fn get(path: &Path) -> Result<Bytes, StoreError> {
    fs::read(path).map(Bytes::from).map_err(|error| StoreError::local(path, "read", 0, &error))
}

pub(crate) fn get_ranges(path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, StoreError> {
    let failed = |error: io::Error| StoreError::local(path, "read", 0, &error);
    let mut file = File::open(path).map_err(failed)?;
    let mut read = |range: &Range<u64>| {
        let length = range.end.saturating_sub(range.start);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(range.start))?;
        // Grows with what is there: the range may come from a footer.
        Read::by_ref(&mut file).take(length).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == length { Ok(Bytes::from(bytes)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    };
    ranges.iter().map(|range| read(range).map_err(failed)).collect()
}

pub(crate) fn head(path: &Path) -> Result<Option<u64>, StoreError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(Some(metadata.len())),
        Ok(_) => Err(StoreError::integrity(&path.display().to_string(), "is no regular file")),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(StoreError::local(path, "look-up", 0, &error)),
    }
}

/// As [`head`], also where a network file system remembers for a while that the name was not there: a client that makes
/// something in a directory looks at the directory again.
pub(crate) fn head_uncached(path: &Path) -> Result<Option<u64>, StoreError> {
    if let Some(directory) = path.parent() {
        let made = directory.join(format!("look.{}{TEMPORARY}", uuid::Uuid::new_v4().simple()));
        // On a full disk nothing can be made, and what is known of the directory has to do.
        if OpenOptions::new().write(true).create_new(true).open(&made).is_ok() {
            let _ = fs::remove_file(&made);
        }
    }
    head(path)
}

/// Regular files below `directory`, with paths relative to `root`. Links are not followed and
/// names that are not Unicode are passed over: textmill makes neither.
pub(crate) fn list(root: &Path, directory: &Path) -> Result<Vec<ObjectInfo>, StoreError> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let failed = |error: &io::Error| StoreError::local(&directory, "list", 0, error);
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => continue,
            Err(error) => return Err(failed(&error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| failed(&error))?;
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                // Deleted, or given its final name, since the directory was read.
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(failed(&error)),
            };
            if metadata.is_dir() {
                open.push(entry.path());
            } else if metadata.is_file()
                && let Some(path) = entry.path().strip_prefix(root).ok().and_then(Path::to_str)
            {
                found.push(ObjectInfo { path: path.to_owned(), size: metadata.len() });
            }
        }
    }
    found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

pub(crate) fn delete(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if !is_absent(&error) => Err(StoreError::local(path, "delete", 0, &error)),
        _ => Ok(()),
    }
}

pub(crate) fn hash(path: &Path) -> Result<Option<FileDigest>, StoreError> {
    let failed = |error: &io::Error| StoreError::local(path, "read", 0, error);
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; READ_BUFFER];
    let mut bytes = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok(Some(FileDigest { bytes, blake3: hasher.finalize().to_hex().to_string() })),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(&error)),
        };
        hasher.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

/// Makes `to` the same file as `from`. `AlreadyExists` says that something is there; the caller
/// decides whether it is the same.
pub(crate) fn link(from: &Path, to: &Path) -> Result<Created, StoreError> {
    create_directories(to.parent().unwrap_or(Path::new("/")))?;
    match fs::hard_link(from, to) {
        Ok(()) => {
            sync_directory_of(to)?;
            Ok(Created::New)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Created::AlreadyExists),
        Err(error) if is_absent(&error) => Err(StoreError::local(from, "publish", 0, &error)),
        // No hard links there, or another file system: copy.
        Err(_) => copy(from, to),
    }
}

fn copy(from: &Path, to: &Path) -> Result<Created, StoreError> {
    let mut source = File::open(from).map_err(|error| StoreError::local(from, "read", 0, &error))?;
    let mut target = PendingFile::create(to)?;
    let mut buffer = vec![0; READ_BUFFER];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return target.create_new(),
            Ok(read) => target.write(buffer.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(StoreError::local(from, "read", 0, &error)),
        }
    }
}

/// A directory on the way that is a file counts as absent too.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Creates the missing directories from the top, each made durable in its parent.
fn create_directories(directory: &Path) -> Result<(), StoreError> {
    let missing: Vec<&Path> = directory.ancestors().take_while(|ancestor| !ancestor.is_dir()).collect();
    for ancestor in missing.into_iter().rev() {
        match fs::create_dir(ancestor) {
            Ok(()) => sync_directory_of(ancestor)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && ancestor.is_dir() => {}
            Err(error) => return Err(StoreError::local(ancestor, "create directory", 0, &error)),
        }
    }
    Ok(())
}

fn sync_directory_of(path: &Path) -> Result<(), StoreError> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    match synced {
        // Some network file systems cannot sync a directory; there is nothing more to be had.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        Err(error) => Err(StoreError::local(directory, "sync directory", 0, &error)),
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unfinished_file_leaves_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        let target = directory.path().join("a/b/file");
        let mut pending = PendingFile::create(&target).expect("creates");
        pending.write(b"half").expect("writes");
        let seen = list(directory.path(), directory.path()).expect("lists");
        assert!(matches!(seen.as_slice(), [only] if is_temporary(&only.path)), "{seen:?}");
        drop(pending);
        assert_eq!(list(directory.path(), directory.path()).expect("lists"), []);
    }

    #[test]
    fn a_full_disk_is_reported_and_leaves_nothing() {
        // Every write to this device fails with ENOSPC.
        let full = Path::new("/dev/full");
        let Ok(file) = OpenOptions::new().write(true).open(full) else { return };
        let directory = tempfile::tempdir().expect("a directory");
        let temporary = directory.path().join("x.tmp");
        let mut pending = PendingFile { file, temporary, target: directory.path().join("x"), written: 0 };
        let error = pending.write(b"four").expect_err("no space");
        assert!(matches!(error, StoreError::Full { wanted: 4, free: Some(_), .. }), "{error}");
    }
}
