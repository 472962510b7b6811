use std::io;
use std::path::PathBuf;

/// An error in reading, making or writing a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LmError {
    /// A file cannot be opened.
    #[error("cannot open the language model {}: {source}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Reading failed.
    #[error("the language model cannot be read: {0}")]
    Read(io::Error),
    /// Writing the model, or what training puts on disk, failed.
    #[error("cannot be written: {0}")]
    Write(io::Error),
    /// A line of an ARPA file is not what it should be.
    #[error("line {line} of the ARPA file: {problem}")]
    Arpa {
        /// The line, from 1.
        line: u64,
        /// The fault in it.
        problem: String,
    },
    /// A compact file is damaged or of another kind.
    #[error("no intact compact language model: {0}")]
    Compact(&'static str),
    /// A binary file of `KenLM` is of a kind that is not read, or damaged.
    #[error("this binary file of KenLM cannot be used: {0}; make it again with `build_binary`, or use its ARPA file")]
    KenLm(String),
    /// The words of the model cannot be told apart by their hashes, which happens to one model in a billion.
    #[error("two words of the model have the same hash: `{0}` and `{1}`")]
    Collision(String, String),
    /// More words or n-grams than can be numbered.
    #[error("the model has too many {0}")]
    TooLarge(&'static str),
    /// An option is out of its range.
    #[error("`{option}` is {value}; it must be {allowed}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// The allowed values.
        allowed: &'static str,
    },
    /// There is no sentence to train on.
    #[error("there is nothing to train on: no sentence has a word")]
    NothingToTrainOn,
    /// The counts of an order give no discounts: too little text, or text that repeats itself.
    #[error(
        "the counts of {order}-grams give no discount: too little text, or text that was multiplied; deduplicate it, use a \
         smaller order, or allow fixed discounts (`discount_fallback`)"
    )]
    NoDiscount {
        /// The order.
        order: usize,
    },
}
