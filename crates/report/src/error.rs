/// An error in making a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A comparison was asked for with a corpus that has no published table here.
    #[error("there is no published table `{name}`; known tables: {}", .known.join(", "))]
    UnknownTable {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// A file with a published table cannot be read, or its numbers make no sense.
    #[error("{file} is not a published table: {reason}")]
    BadTable {
        /// The file.
        file: String,
        /// The fault in it.
        reason: String,
    },
    /// A report could not be written as JSON: a fault of the program.
    #[error("the JSON report could not be written ({0}); please report this")]
    Json(#[from] serde_json::Error),
    /// The page template and the values given to it do not fit: a fault of the program.
    #[error("the HTML report could not be rendered ({0}); please report this")]
    Template(#[from] minijinja::Error),
}
