use std::io;
use std::path::Path;

use crate::advice;
use crate::location::Scheme;
use crate::redact::redact;

/// The kind of a [`StoreError`]; it decides the exit code and whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The object is not there.
    NotFound,
    /// The disk or the quota is full.
    Full,
    /// The location refuses this user, or is read-only.
    Permission,
    /// Bytes that were committed are damaged or are not the ones expected.
    Integrity,
    /// The location or a column cannot be used as it was asked for.
    Config,
    /// Another run took the output over.
    Fenced,
    /// Any other failure of the disk or the network.
    Io,
}

/// Why the store could not do something. Every variant names the path; no message holds a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An object that was expected is missing.
    #[error("{path}: not found")]
    NotFound {
        /// The object.
        path: String,
    },
    /// `ENOSPC` or `EDQUOT` while writing; what was written is removed and the run can be resumed.
    #[error("{path}: no space left: {}; make room and resume", space(*.wanted, *.free))]
    Full {
        /// The file that was being written.
        path: String,
        /// Bytes that were to be written, as far as known.
        wanted: u64,
        /// Bytes that the file system has free for this user, where it can be asked.
        free: Option<u64>,
    },
    /// The location refuses the operation: rights, credentials, or a read-only file system.
    #[error("{path}: permission denied: {reason}; check the rights or the credentials in the environment")]
    Permission {
        /// The object.
        path: String,
        /// The error of the system.
        reason: String,
    },
    /// An object store cannot be used as it is set up: no, wrong or expired credentials, no such bucket.
    #[error("{path}: {reason}; {advice}")]
    Access {
        /// The object or location.
        path: String,
        /// The answer of the store.
        reason: String,
        /// Advice for the user.
        advice: &'static str,
    },
    /// Committed bytes are damaged, or something else lies where they should be.
    #[error("{path}: damaged: {reason}")]
    Integrity {
        /// The object.
        path: String,
        /// The inconsistency found.
        reason: String,
    },
    /// The location cannot be used: unknown scheme, bad path, missing credentials.
    #[error("{path}: {reason}")]
    Config {
        /// The location or object.
        path: String,
        /// The fault, and the allowed values.
        reason: String,
    },
    /// A column cannot be written in the format of the file.
    #[error("{path}: cannot be written as {format}: {reason}")]
    Unwritable {
        /// The file that was to be written.
        path: String,
        /// Name of the format.
        format: &'static str,
        /// The error of the writer.
        reason: String,
    },
    /// Another run took this output over while this one was stalled; this one must not commit.
    #[error(
        "{path}: this run (epoch {epoch}) was considered dead, and another run has taken over its output; \
         this run commits nothing more"
    )]
    Fenced {
        /// The owner file of the newer run.
        path: String,
        /// The epoch of the run that lost the output.
        epoch: u64,
    },
    /// The disk or the network failed.
    #[error("{path}: {operation} failed: {reason}")]
    Io {
        /// The object.
        path: String,
        /// The operation.
        operation: &'static str,
        /// The error of the system.
        reason: String,
    },
}

fn space(wanted: u64, free: Option<u64>) -> String {
    let free = free.map_or_else(|| "an unknown number".to_owned(), |free| free.to_string());
    format!("{wanted} bytes wanted, {free} free")
}

impl StoreError {
    /// The kind of the error.
    pub fn kind(&self) -> StoreErrorKind {
        match self {
            Self::NotFound { .. } => StoreErrorKind::NotFound,
            Self::Full { .. } => StoreErrorKind::Full,
            Self::Permission { .. } | Self::Access { .. } => StoreErrorKind::Permission,
            Self::Integrity { .. } => StoreErrorKind::Integrity,
            Self::Config { .. } | Self::Unwritable { .. } => StoreErrorKind::Config,
            Self::Fenced { .. } => StoreErrorKind::Fenced,
            Self::Io { .. } => StoreErrorKind::Io,
        }
    }

    /// The object or location it is about.
    pub fn path(&self) -> &str {
        match self {
            Self::NotFound { path }
            | Self::Full { path, .. }
            | Self::Permission { path, .. }
            | Self::Access { path, .. }
            | Self::Integrity { path, .. }
            | Self::Config { path, .. }
            | Self::Unwritable { path, .. }
            | Self::Fenced { path, .. }
            | Self::Io { path, .. } => path,
        }
    }

    /// An error: the content at `path` is not the one that was committed.
    pub fn integrity(path: &str, reason: impl Into<String>) -> Self {
        Self::Integrity { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn config(path: &str, reason: impl Into<String>) -> Self {
        Self::Config { path: path.to_owned(), reason: reason.into() }
    }

    pub(crate) fn unwritable(path: &str, format: &'static str, error: &impl ToString) -> Self {
        Self::Unwritable { path: path.to_owned(), format, reason: error.to_string() }
    }

    /// An operation that failed on a local file; `wanted` bytes were to be written.
    pub(crate) fn local(path: &Path, operation: &'static str, wanted: u64, error: &io::Error) -> Self {
        let shown = path.display().to_string();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path: shown },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { path: shown, wanted, free: free_bytes(path) }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Permission { path: shown, reason: format!("{operation}: {error}") }
            }
            _ => Self::Io { path: shown, operation, reason: error.to_string() },
        }
    }

    /// An operation that failed on an object store; `shown` is the object as the user knows it.
    pub fn remote(shown: &str, operation: &'static str, error: &object_store::Error) -> Self {
        use object_store::Error;
        let path = redact(shown);
        // The cause chain holds what the server answered; the outer message often only the path.
        let reason = redact(&chain(error));
        match (error, advice::about(&reason)) {
            (
                Error::NotFound { .. }
                | Error::PermissionDenied { .. }
                | Error::Unauthenticated { .. }
                | Error::Generic { .. },
                Some(advice),
            ) => Self::Access { path, reason: format!("{operation} refused: {reason}"), advice },
            (Error::NotFound { .. }, _) => Self::NotFound { path },
            (Error::PermissionDenied { .. } | Error::Unauthenticated { .. }, _) => {
                Self::Permission { path, reason: format!("{operation}: {reason}") }
            }
            (Error::InvalidPath { .. }, _) => Self::Config { path, reason },
            (Error::Precondition { .. }, _) => Self::Integrity { path, reason: format!("changed: {reason}") },
            _ => Self::Io { path, operation, reason },
        }
    }

    /// A client could not be made for a location.
    pub(crate) fn access(shown: &str, reason: &str, scheme: Scheme) -> Self {
        let advice = advice::about(reason).unwrap_or(advice::setup(scheme));
        Self::Access { path: shown.to_owned(), reason: reason.to_owned(), advice }
    }

    /// A blocking task that did not come back: it panicked, or the runtime is shutting down.
    pub(crate) fn lost_task(path: &str, error: &tokio::task::JoinError) -> Self {
        Self::Io { path: path.to_owned(), operation: "background work", reason: error.to_string() }
    }
}

/// The error's text with those of its causes that it does not already contain.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// Free bytes of the file system that holds `path`, asked at the nearest directory that exists.
fn free_bytes(path: &Path) -> Option<u64> {
    let status = path.ancestors().find_map(|directory| rustix::fs::statvfs(directory).ok())?;
    Some(status.f_bavail.saturating_mul(status.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_names_path_bytes_wanted_and_free() {
        let error = StoreError::local(Path::new("/"), "write", 4096, &io::Error::from_raw_os_error(28));
        assert_eq!(error.kind(), StoreErrorKind::Full);
        assert!(error.to_string().starts_with("/: no space left: 4096 bytes wanted, "), "{error}");
        let quota = StoreError::local(Path::new("/"), "write", 1, &io::Error::from_raw_os_error(122));
        assert_eq!(quota.kind(), StoreErrorKind::Full);
    }

    #[test]
    fn read_only_and_forbidden_are_permission_errors() {
        for code in [13, 30] {
            let error = StoreError::local(Path::new("/x"), "create", 1, &io::Error::from_raw_os_error(code));
            assert_eq!((error.kind(), error.path()), (StoreErrorKind::Permission, "/x"));
        }
    }
}
