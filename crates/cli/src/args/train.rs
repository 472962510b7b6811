//! The commands that train models.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use textmill_document::ByteSize;

use super::TableFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum TrainCommand {
    /// Train a fastText classifier, for the stage `classifier`
    Classifier(ClassifierArgs),
    /// Train an n-gram language model, for the stage `perplexity`
    Lm(LmArgs),
    /// Train a model that tells target texts from raw ones, for the stage `importance`
    Importance(ImportanceArgs),
}

/// Counts of hashed words and pairs of words, after DSIR
#[derive(Debug, Args)]
pub(crate) struct ImportanceArgs {
    /// Texts that the corpus should resemble: files, folders or patterns of JSONL (also .gz, .zst) or Parquet; may be repeated
    #[arg(long, value_name = "PATH", required = true)]
    pub target: Vec<String>,
    /// A sample of the raw texts to choose from, in the same forms
    #[arg(long, value_name = "PATH", required = true)]
    pub raw: Vec<String>,
    /// The model to write: .json
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Field with the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub text: String,
    /// How texts are cut into words; recorded in the model, so that the stage does the same
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// Length of the longest n-grams in words, 1 to 5
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub ngrams: u32,
    /// Number of buckets that n-grams are hashed into
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
    /// How texts are cut into words; give the stage the same value
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// A `tokenizer.json` whose tokens are the words of the model, instead of --tokens; give the stage the same file
    #[arg(long, value_name = "FILE", conflicts_with = "tokens")]
    pub tokenizer: Option<PathBuf>,
    /// Length of the longest n-grams in words, 1 to 6
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub order: usize,
    /// For each order, the largest count that is pruned, such as 0,0,1; the last value also applies to all higher orders
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub prune: Vec<u64>,
    /// Use fixed discounts where the counts do not give any, as with little text
    #[arg(long)]
    pub discount_fallback: bool,
    /// Memory for sorting, not including the list of words; data that does not fit goes to TMPDIR
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub memory: ByteSize,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// Options named like an argument of fastText have the same meaning
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("examples").required(true).args(["positive", "labelled"])))]
pub(crate) struct ClassifierArgs {
    /// Positive examples: files, folders or patterns of JSONL (also .gz, .zst) or Parquet; may be repeated
    #[arg(long, value_name = "PATH", requires = "negative", conflicts_with = "labelled")]
    pub positive: Vec<String>,
    /// Negative examples, in the same forms
    #[arg(long, value_name = "PATH", requires = "positive")]
    pub negative: Vec<String>,
    /// Examples of both kinds, with a field that holds their label
    #[arg(long, value_name = "PATH", requires = "label_column")]
    pub labelled: Vec<String>,
    /// The field that holds the label
    #[arg(long, value_name = "FIELD", requires = "labelled")]
    pub label_column: Option<String>,
    /// The labels that a class stands for, such as toxic=1. The first class that matches is used; texts that match none are
    /// left out. May be repeated [default: each label is a class]
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
    /// Texts to calibrate scores on, if the examples are not a fair sample of the documents to be scored
    #[arg(long, value_name = "PATH")]
    pub calibrate_on: Vec<String>,
    /// How texts are cut into words; give the stage the same value
    #[arg(long, value_enum, default_value_t)]
    pub tokens: TokensChoice,
    /// Share of the examples that is held out to measure the quality
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub held_out: f64,
    /// Choose learning rate, epochs and word n-grams by trying 16 combinations on the held-out examples
    #[arg(long, conflicts_with_all = ["learning_rate", "epochs", "word_ngrams"])]
    pub autotune: bool,
    /// Dimensions of the vectors
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub dim: u32,
    /// Number of passes over the examples
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub epochs: u32,
    /// Learning rate at the start; it falls to zero
    #[arg(long, value_name = "RATE", default_value_t = 0.1)]
    pub learning_rate: f64,
    /// Length of the longest word n-grams
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub word_ngrams: u32,
    /// Length of the shortest character n-grams
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub min_n: u32,
    /// Length of the longest character n-grams; 0 for none
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub max_n: u32,
    /// Number of buckets that n-grams are hashed into
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    pub buckets: u32,
    /// Words that occur less often are left out
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub min_count: u32,
    /// Words and n-grams that a compressed model keeps [default: all]
    #[arg(long, value_name = "N")]
    pub cutoff: Option<u32>,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
    /// Threads; only a single thread always gives the same model
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub threads: u16,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    pub format: TableFormat,
}

/// How texts are cut into words
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokensChoice {
    /// Unchanged texts; words are separated by spaces
    Blanks,
    /// Lower-case text; punctuation marks, and characters of scripts written without spaces, are words of their own
    #[default]
    Words,
    /// As `words`, but Chinese is segmented by jieba
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
