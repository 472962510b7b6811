//! Columns that some files have and others lack.

use std::collections::{BTreeMap, BTreeSet};

use crate::IngestError;
use crate::columns::ColumnProblem;

/// Mapped columns that one file lacks, although nothing says that it may.
#[derive(Debug)]
pub(crate) struct Lacking {
    pub location: String,
    pub problems: Vec<ColumnProblem>,
    /// The fields that the file has.
    pub available: Vec<String>,
}

/// Decides about what files lack: a column that other files have is null where it is missing, and a note says so. One
/// that no file has is a wrong name; so is one where the file has a field with a similar name, which may be meant.
pub(crate) fn judge(lacking: Vec<Lacking>, found: &BTreeSet<String>, files: usize) -> (Vec<IngestError>, Vec<String>) {
    let (mut errors, mut without) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
    for Lacking { location, problems, available } in lacking {
        let is_null = |problem: &ColumnProblem| problem.is_plainly_missing() && found.contains(&problem.column);
        let (null, wrong): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_null);
        for problem in null {
            without.entry(problem.column).or_default().push(location.clone());
        }
        if !wrong.is_empty() {
            errors.push(IngestError::Columns { location, problems: wrong, available });
        }
    }
    let note = |(column, locations): (String, Vec<String>)| {
        let (count, first) = (locations.len(), locations.first().cloned().unwrap_or_default());
        format!(
            "column `{column}` is missing in {count} of {files} files (the first is {first}) and is null there; \
             `optional: true` says that this is right"
        )
    };
    (errors, without.into_iter().map(note).collect())
}
