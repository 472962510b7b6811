use std::path::PathBuf;

/// Why a fastText model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FastTextError {
    /// The file cannot be opened or its size cannot be read.
    #[error("cannot open the fastText model {}; check `model.path`", .path.display())]
    Open {
        /// The path as configured.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// Reading failed in the middle of the file.
    #[error("cannot read the fastText model at byte {offset}")]
    Read {
        /// Bytes read before.
        offset: u64,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The file does not start with fastText's magic number.
    #[error(
        "this is no fastText model (.bin or .ftz): it starts with {0:#010x}; give a model file, not vectors (.vec)"
    )]
    NotAModel(i32),
    /// The file has a version of the format that no released fastText writes.
    #[error("the fastText model has format version {0}; versions 11 and 12 are known")]
    Version(i32),
    /// The model gives word vectors; it does not classify.
    #[error("the fastText model is not supervised (kind {0}), so it has no labels; give one trained with `supervised`")]
    NotSupervised(i32),
    /// The file ends before what its header announces. Also the answer to a size that is much too large: nothing is
    /// allocated before it is known that the file can hold it.
    #[error("the fastText model ends too early: `{field}` at byte {offset} needs {needed} bytes, {left} are left")]
    Truncated {
        /// What was to be read.
        field: &'static str,
        /// Where it starts.
        offset: u64,
        /// Its length in bytes, `u64::MAX` where it cannot even be counted.
        needed: u64,
        /// Bytes left in the file.
        left: u64,
    },
    /// A number is out of its range.
    #[error("the fastText model is damaged: `{field}` before byte {offset} is {value}; it must be {allowed}")]
    Range {
        /// The name of the number in fastText's source.
        field: &'static str,
        /// Bytes read up to and including it.
        offset: u64,
        /// The number.
        value: i64,
        /// The range, in words.
        allowed: &'static str,
    },
    /// A weight is infinite or no number.
    #[error("the fastText model is damaged: `{field}` before byte {offset} has a weight that is not finite")]
    NotFinite {
        /// The matrix.
        field: &'static str,
        /// Bytes read so far.
        offset: u64,
    },
    /// A label is empty, no UTF-8, or there twice.
    #[error("the fastText model is damaged: label {index} is {problem}")]
    Label {
        /// Position among the labels.
        index: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There are bytes after the model.
    #[error("the fastText model is damaged: {0} bytes follow its end")]
    Trailing(u64),
}
