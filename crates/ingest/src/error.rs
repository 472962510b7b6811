use std::io;

use textmill_store::{StoreError, StoreErrorKind};

use crate::columns::ColumnProblem;

/// Whose fault an [`IngestError`] is; the command line chooses its exit code by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IngestErrorKind {
    /// The pipeline file asks for something that cannot be.
    Config,
    /// An input cannot be found or opened, or is not what its format says.
    Unreadable,
    /// An input is not the one that was planned.
    Changed,
    /// The disk or the object store failed.
    Storage,
}

/// Why input could not be planned or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The `input` section contradicts itself.
    #[error("input: {reason}")]
    Config {
        /// The fault, and what to write instead.
        reason: String,
    },
    /// An entry of `input.paths` is no valid glob or location.
    #[error("input path `{pattern}`: {reason}")]
    BadPattern {
        /// The entry.
        pattern: String,
        /// The fault in it.
        reason: String,
    },
    /// An entry of `input.paths` matches no file.
    #[error(
        "input path `{pattern}` matches no file{}; check the path (globs: `**`, `*`, `?`, `[..]`, `{{a,b}}`)",
        tried(.pattern)
    )]
    NoMatch {
        /// The entry.
        pattern: String,
    },
    /// All that `input.paths` matches is no input.
    #[error(
        "input paths `{}`: nothing there can be read; {}. What is read: Parquet, JSON (lines, arrays), WARC, WET, ARC, \
         archives of WanJuan",
        .paths.join("`, `"), .left_out.join("; ")
    )]
    NothingToRead {
        /// The entries.
        paths: Vec<String>,
        /// The files that are there, and why they are not read.
        left_out: Vec<String>,
    },
    /// An entry of `input.paths` is neither a file nor a folder.
    #[error(
        "input path `{location}` is {what}: input is looked at before it is read, and read again when a run is \
         resumed; write it to a file first (`... > part.jsonl`) and name that"
    )]
    NoFile {
        /// The entry.
        location: String,
        /// The kind of file.
        what: &'static str,
    },
    /// A file's format can be told neither from its name nor from its first bytes.
    #[error(
        "{location}: {reason}; set `input.format`, or name files .parquet, .jsonl, .warc or .wet (all but .parquet also \
         with .gz, .zst, .bz2 or .xz), or .jsonl.tar.gz"
    )]
    UnknownFormat {
        /// The file.
        location: String,
        /// The bytes seen.
        reason: String,
    },
    /// A web archive lies among files of another format, or in a place whose name does not say that
    /// it holds archives.
    #[error(
        "{location}: a web archive, which `input.paths` does not tell; end every path in .warc.gz (or .wet.gz, ...), \
         or set `input.format: warc` or `wet`, and read other formats in a run of their own"
    )]
    UnexpectedArchive {
        /// The file.
        location: String,
    },
    /// Mapped columns are not in a file, or have a type that cannot be read as the declared one.
    #[error("{location}: {}", describe(.problems, .available))]
    Columns {
        /// The file.
        location: String,
        /// One entry a column, in declared order.
        problems: Vec<ColumnProblem>,
        /// The fields that the file has, sorted.
        available: Vec<String>,
    },
    /// A file cannot be opened, or is not of its format at all.
    #[error("{location}: {reason}; repair or remove the file, or set `input.on_unreadable: quarantine`")]
    Unreadable {
        /// The file.
        location: String,
        /// The fault found.
        reason: String,
    },
    /// An input is an output of textmill, or a file of one, that cannot be used.
    #[error("{location}: {reason}")]
    Output {
        /// The output or file.
        location: String,
        /// Why it cannot, and what to do.
        reason: String,
    },
    /// A file is not the one that was planned: another size, time stamp or `ETag`.
    #[error(
        "{location}: changed since the run was planned ({planned}, now {found}); list the inputs again with --replan"
    )]
    Changed {
        /// The file.
        location: String,
        /// Size and version in the plan.
        planned: String,
        /// Size and version found.
        found: String,
    },
    /// Reading failed below the format: the disk or the network.
    #[error("{location}: read failed: {source}; the run can be resumed")]
    Read {
        /// The file.
        location: String,
        /// The error of the system.
        source: io::Error,
    },
    /// An object store refused a request, or a location could not be turned into one.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A batch could not be put together; a fault of this program.
    #[error("{location}: {reason}; please report this")]
    Internal {
        /// The file being read.
        location: String,
        /// The error of Arrow.
        reason: String,
    },
}

impl IngestError {
    /// Whose fault it is.
    pub fn kind(&self) -> IngestErrorKind {
        match self {
            Self::Config { .. }
            | Self::BadPattern { .. }
            | Self::NoFile { .. }
            | Self::UnknownFormat { .. }
            | Self::UnexpectedArchive { .. }
            | Self::Columns { .. } => IngestErrorKind::Config,
            Self::NoMatch { .. } | Self::NothingToRead { .. } | Self::Unreadable { .. } | Self::Output { .. } => {
                IngestErrorKind::Unreadable
            }
            Self::Changed { .. } => IngestErrorKind::Changed,
            Self::Store(error) => match error.kind() {
                StoreErrorKind::Config => IngestErrorKind::Config,
                StoreErrorKind::NotFound => IngestErrorKind::Unreadable,
                _ => IngestErrorKind::Storage,
            },
            Self::Read { .. } | Self::Internal { .. } => IngestErrorKind::Storage,
        }
    }

    /// The file, path or pattern that the error is about, where there is one.
    pub fn location(&self) -> Option<&str> {
        match self {
            Self::Config { .. } | Self::NothingToRead { .. } => None,
            Self::Store(error) => Some(error.path()),
            Self::BadPattern { pattern, .. } | Self::NoMatch { pattern } => Some(pattern),
            Self::UnknownFormat { location, .. }
            | Self::NoFile { location, .. }
            | Self::UnexpectedArchive { location }
            | Self::Columns { location, .. }
            | Self::Unreadable { location, .. }
            | Self::Output { location, .. }
            | Self::Changed { location, .. }
            | Self::Read { location, .. }
            | Self::Internal { location, .. } => Some(location),
        }
    }

    pub(crate) fn config(reason: impl Into<String>) -> Self {
        Self::Config { reason: reason.into() }
    }

    pub(crate) fn unreadable(location: &str, reason: impl Into<String>) -> Self {
        Self::Unreadable { location: location.to_owned(), reason: reason.into() }
    }

    pub(crate) fn read(location: &str, source: io::Error) -> Self {
        // Readers of the standard library carry an object store's error through; it says more by itself.
        if let Some(error) = source.get_ref().and_then(|inner| inner.downcast_ref::<StoreError>()) {
            return match error.kind() {
                StoreErrorKind::Integrity => Self::Changed {
                    location: location.to_owned(),
                    planned: "one version".to_owned(),
                    found: "another while it was read".to_owned(),
                },
                _ => Self::Store(error.clone()),
            };
        }
        Self::Read { location: location.to_owned(), source }
    }
}

/// Where a relative path was looked for.
fn tried(pattern: &str) -> String {
    let path = std::path::Path::new(pattern);
    if pattern.contains("://") || path.is_absolute() {
        return String::new();
    }
    let Ok(absolute) = std::path::absolute(path) else { return String::new() };
    let rule = "relative paths count from the folder in which textmill is started";
    format!(" ({} was tried: {rule})", absolute.display())
}

fn describe(problems: &[ColumnProblem], available: &[String]) -> String {
    let listed: Vec<_> = problems.iter().map(ToString::to_string).collect();
    let fields = if available.is_empty() { "no fields".to_owned() } else { available.join(", ") };
    let advice = if problems.iter().any(ColumnProblem::is_missing) {
        "; where files may lack a field, write `{from: NAME, optional: true}`"
    } else {
        ""
    };
    format!("{}; the file has: {fields}{advice}", listed.join("; "))
}
