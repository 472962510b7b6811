//! The commands that train models.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use textmill_document::ByteSize;

use super::TableFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum TrainCommand {
    /// A fastText classifier, for the stage `classifier`
    Classifier(ClassifierArgs),
    /// An n-gram language model, for the stage `perplexity`
    Lm(LmArgs),
    /// What makes target texts likelier than raw ones, for the stage `importance`
    Importance(ImportanceArgs),
}

/// Counts of hashed words and pairs of words, after DSIR
#[derive(Debug, Args)]
pub(crate) struct ImportanceArgs {
    /// What the corpus should be like: files, folders or patterns of JSONL (also .gz, .zst) or Parquet; may be given again
    #[arg(long, value_name = "PATH", required = true)]
    pub target: Vec<String>,
    /// A sample of what it is chosen from
    #[arg(long, value_name = "PATH", required = true)]
    pub raw: Vec<String>,
    /// The model to write: .json
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// The form of the texts; the model says it to the stage
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// Words of the longest n-grams, 1 to 5
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub ngrams: u32,
    /// Buckets that n-grams are hashed to
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub buckets: u32,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// Interpolated modified Kneser-Ney. Each line of a text is a sentence
#[derive(Debug, Args)]
pub(crate) struct LmArgs {
    /// Texts: files, folders or patterns of JSONL (also .gz, .zst) or Parquet
    #[arg(required = true)]
    pub paths: Vec<String>,
    /// The model to write: .arpa, or .lm for the compact form
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// The form of the texts; the stage must be given the same
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// A `tokenizer.json` whose pieces are the words of the model, in place of --tokens; the stage must be given the same
    #[arg(long, value_name = "FILE", conflicts_with = "tokens")]
    pub tokenizer: Option<PathBuf>,
    /// Words of the longest n-grams, 1 to 6
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub order: usize,
    /// For each order, the largest count that is left out, such as 0,0,1; the last stands for the orders after it too
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub prune: Vec<u64>,
    /// Fixed discounts where the counts give none: for little text
    #[arg(long)]
    pub discount_fallback: bool,
    /// Memory for sorting; the words come on top, and what does not fit goes to TMPDIR
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub memory: ByteSize,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// Options with a fastText argument's name mean what it means there
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("examples").required(true).args(["positive", "labelled"])))]
pub(crate) struct ClassifierArgs {
    /// Texts with the label: files, folders or patterns of JSONL (also .gz, .zst) or Parquet; may be given again
    #[arg(long, value_name = "PATH", requires = "negative", conflicts_with = "labelled")]
    pub positive: Vec<String>,
    /// Texts without it
    #[arg(long, value_name = "PATH", requires = "positive")]
    pub negative: Vec<String>,
    /// Texts with a field that holds their label
    #[arg(long, value_name = "PATH", requires = "label_column")]
    pub labelled: Vec<String>,
    /// The field that holds the label
    #[arg(long, value_name = "FIELD", requires = "labelled")]
    pub label_column: Option<String>,
    /// What labels of the field mean, such as toxic=1; the first that matches is taken, and texts of no class are left
    /// out. May be given again [default: labels are classes]
    #[arg(long = "class", value_name = "LABEL=PATTERN", requires = "labelled")]
    pub classes: Vec<String>,
    /// The label whose probability is the score [default: positive]
    #[arg(long)]
    pub label: Option<String>,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// The model to write: .bin, or .ftz for a compressed one; a calibration .json is written beside it
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Texts whose scores the calibration is made of, where the examples are no fair sample
    #[arg(long, value_name = "PATH")]
    pub calibrate_on: Vec<String>,
    /// The form of the texts; the stage must be given the same
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// Share of the examples to measure with
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub held_out: f64,
    /// Choose learning rate, epochs and word n-grams by trying 16 combinations on the held-out examples
    #[arg(long, conflicts_with_all = ["learning_rate", "epochs", "word_ngrams"])]
    pub autotune: bool,
    /// Numbers in a vector
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub dim: u32,
    /// How often each example is seen
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub epochs: u32,
    /// Size of the first steps
    #[arg(long, value_name = "RATE", default_value_t = 0.1)]
    pub learning_rate: f64,
    /// Longest n-grams of words
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub word_ngrams: u32,
    /// Shortest n-grams of characters
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub min_n: u32,
    /// Longest n-grams of characters; 0 for none
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_n: u32,
    /// Rows for n-grams
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    pub buckets: u32,
    /// Words that are there less often are left out
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub min_count: u32,
    /// Rows that a compressed model keeps [default: all]
    #[arg(long, value_name = "N")]
    pub cutoff: Option<u32>,
    /// Where random numbers start
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
    /// Threads; only with one is the model always the same
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: u16,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// The form of texts for a model of words
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokensChoice {
    /// As they are; words are what stands between blanks
    Blanks,
    /// Lower case, punctuation apart, characters of scripts without blanks alone
    #[default]
    Words,
    /// As `words`, Chinese cut by jieba
    Jieba,
}

impl TokensChoice {
    pub(crate) fn tokens(self) -> textmill_score::Tokens {
        match self {
            Self::Blanks => textmill_score::Tokens::Blanks,
            Self::Words => textmill_score::Tokens::Words,
            Self::Jieba => textmill_score::Tokens::Jieba,
        }
    }
}
