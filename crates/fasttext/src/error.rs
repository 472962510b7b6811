use std::path::PathBuf;

/// Why a fastText model cannot be read, written, trained or compressed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FastTextError {
    /// The file cannot be opened or its size cannot be read.
    #[error("cannot open the fastText model {}", .path.display())]
    Open {
        /// The path as configured.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// Reading failed in the middle of the file.
    #[error("cannot read the fastText model at byte {offset}")]
    Read {
        /// Bytes read before.
        offset: u64,
        /// The error of the system.
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
        /// The part that was to be read.
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
        /// The fault in it.
        problem: &'static str,
    },
    /// There are bytes after the model.
    #[error("the fastText model is damaged: {0} bytes follow its end")]
    Trailing(u64),
    /// The file cannot be created or put in its place.
    #[error("cannot write the fastText model {}", .path.display())]
    Save {
        /// The path as given.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// Writing failed in the middle of the model.
    #[error("cannot write the fastText model")]
    Write(#[source] std::io::Error),
    /// A count does not fit the format, or the weights do not fit the memory.
    #[error("the fastText model is too large; give fewer `buckets`, a smaller `dim` or a larger `min_count`")]
    TooLarge,
    /// An option of training, compression or tuning is out of its range.
    #[error("`{option}` is {value}; it must be {allowed}")]
    Option {
        /// Its name.
        option: &'static str,
        /// Its value.
        value: String,
        /// The range, in words.
        allowed: &'static str,
    },
    /// A label of the training data is empty, or has a line break or another control character inside, which the format or
    /// what reads it cannot hold.
    #[error("the label {label:?} of example {example} is {problem}")]
    BadLabel {
        /// Position among the examples, from 0.
        example: usize,
        /// The label.
        label: String,
        /// The fault in it.
        problem: &'static str,
    },
    /// There is no example, none has a label, or every label is rarer than `min_count_label`.
    #[error("no example has a label; give labels, or a smaller `min_count_label`")]
    NoLabels,
    /// All examples have the same label, so that there is nothing to learn.
    #[error("all examples have the same label `{0}`; a classifier needs at least two")]
    OneLabel(String),
    /// No example has a word, or every word is rarer than `min_count`.
    #[error("the examples have no words; give texts, or a smaller `min_count`")]
    NoWords,
    /// The weights grew without bounds.
    #[error("training diverged: a weight is not finite; give a smaller `learning_rate`")]
    Diverged,
    /// The model is compressed already.
    #[error("the fastText model is compressed already; compress the .bin file")]
    Quantized,
    /// A matrix has fewer rows than a product quantizer has centroids.
    #[error("a matrix of {rows} rows is too small to be compressed; it must have at least 256")]
    FewRows {
        /// Its rows.
        rows: usize,
    },
    /// Training was asked for without an example.
    #[error("there is no text to train on")]
    NoExamples,
    /// A label has examples, but no word in any of them.
    #[error("none of the {examples} texts of `{label}` has a word; a classifier needs texts of every label")]
    BlankLabel {
        /// The label.
        label: String,
        /// Its examples.
        examples: u64,
    },
    /// Every example of a label with a word was held out.
    #[error(
        "all texts of `{label}` with a word were held out to measure with, so that none is left to train on; give more \
         texts, or a smaller `held_out`"
    )]
    AllHeldOut {
        /// The label.
        label: String,
    },
    /// No example was held out, so that nothing could be measured.
    #[error(
        "none of the {examples} texts was held out to measure with, as `held_out` is {share}; give more texts, or a larger \
         `held_out`"
    )]
    NothingHeldOut {
        /// All examples.
        examples: u64,
        /// The share to be held out.
        share: f64,
    },
    /// No example has the label whose probability is to be the score.
    #[error("no text has the label `{label}`; the labels are: {}", .known.join(", "))]
    UnknownLabel {
        /// The label.
        label: String,
        /// The labels of the examples, at most 20.
        known: Vec<String>,
    },
    /// An evaluation was asked for without an example that has a label.
    #[error("no example of the evaluation has a label")]
    NothingToEvaluate,
}
