use std::path::PathBuf;

/// What is wrong with a configuration or the files it names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransformerConfigError {
    /// The program cannot run models.
    #[error("this textmill was built without the feature `onnx`; build it with the default features")]
    NotBuilt,
    /// The model cannot be used.
    #[error("{}: {problem}", .path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: ModelProblem,
    },
    /// The tokenizer cannot be used.
    #[error("{}: {reason}; it must be a `tokenizer.json` of the tokenizers library", .path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model and the tokenizer are not of each other.
    #[error(
        "{}: the model fails on the token number {token} that the tokenizer has; is it the tokenizer of this model? ({reason})",
        .path.display()
    )]
    OtherTokenizer {
        /// The tokenizer's file.
        path: PathBuf,
        /// Its highest token number.
        token: u32,
        /// How the model fails.
        reason: String,
    },
    /// More tokens than the model can take.
    #[error("the model cannot be run on {tokens} tokens; lower `max_tokens` to what it takes ({reason})")]
    TooManyTokens {
        /// `max_tokens`.
        tokens: u32,
        /// How the model fails.
        reason: String,
    },
    /// Fewer tokens than the special ones.
    #[error("{tokens} tokens leave no room for text; {special} are special ones of the tokenizer")]
    TooFewTokens {
        /// `max_tokens`.
        tokens: u32,
        /// Special tokens around every text.
        special: usize,
    },
    /// As many labels as the model has not.
    #[error(
        "{labels} labels, but the model answers {outputs} numbers; give the labels of its `config.json` (`id2label`)"
    )]
    LabelCount {
        /// Labels given.
        labels: usize,
        /// Numbers that the model answers.
        outputs: usize,
    },
    /// A label stands twice.
    #[error("the label `{0}` stands twice")]
    DuplicateLabel(String),
    /// There is no such label.
    #[error("there is no label `{label}` in `labels`; they are: {}", .known.join(", "))]
    Label {
        /// The label asked for.
        label: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// Labels, and none of them is the score.
    #[error("which label is the score? They are: {}", .known.join(", "))]
    NoLabel {
        /// Those that are there.
        known: Vec<String>,
    },
    /// The softmax of one number.
    #[error("the model answers one number, and the softmax of one number is always 1; take `sigmoid` or `none`")]
    SoftmaxOfOne,
    /// A name that a column of scores cannot have.
    #[error("the score cannot be the column `{0}`")]
    Column(String),
    /// Nothing that the column could be named after.
    #[error("without `label`, `column` must name the column of the score")]
    NoColumn,
    /// A bound that no score can be compared with.
    #[error("`{field}` is {value}; it must be from 0 to 1, or any number with `activation: none`")]
    Bound {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// `min` is above `max`.
    #[error("`min` ({min}) is above `max` ({max}): no document would be kept")]
    Crossed {
        /// Lowest score that is kept.
        min: f64,
        /// Highest score that is kept.
        max: f64,
    },
    /// Bounds where nothing is decided.
    #[error("`mode: annotate` drops nothing, so `{0}` cannot be set")]
    DecidesInAnnotate(&'static str),
}

impl TransformerConfigError {
    /// Name of the field at fault.
    pub fn field(&self) -> Option<&str> {
        Some(match self {
            Self::NotBuilt => return None,
            Self::Model { .. } => "model",
            Self::Tokenizer { .. } | Self::OtherTokenizer { .. } => "tokenizer",
            Self::TooManyTokens { .. } | Self::TooFewTokens { .. } => "max_tokens",
            Self::LabelCount { .. } | Self::DuplicateLabel(_) => "labels",
            Self::Label { .. } | Self::NoLabel { .. } => "label",
            Self::SoftmaxOfOne => "activation",
            Self::Column(_) | Self::NoColumn => "column",
            Self::Bound { field, .. } | Self::DecidesInAnnotate(field) => *field,
            Self::Crossed { .. } => "min",
        })
    }
}

/// Why an ONNX file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelProblem {
    /// It cannot be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// It is something else, or a part of a model.
    #[error("is not an ONNX model, or cut off ({0})")]
    NotOnnx(String),
    /// Weights are elsewhere.
    #[error(
        "its weight `{0}` is in another file, and models must be one file; \
         `onnx.save_model(model, path, save_as_external_data=False)` makes it one"
    )]
    External(String),
    /// Operators that cannot be run.
    #[error("has operators that cannot be run: {}; export it without them, for example with opset 17", .0.join(", "))]
    Operators(Vec<String>),
    /// An input is missing.
    #[error("has no input `input_ids`; its inputs are: {}", .0.join(", "))]
    NoIds(Vec<String>),
    /// An input that nothing can be given to.
    #[error("has the input `{0}`; what a text can be given as is `input_ids`, `attention_mask` and `token_type_ids`")]
    OtherInput(String),
    /// An input of another form.
    #[error("its input `{name}` is {found}; it must be int64 or int32, a row of tokens for each text")]
    InputForm {
        /// The input.
        name: String,
        /// Its form.
        found: String,
    },
    /// A fixed length, and no way to say where the text ends.
    #[error("takes {0} tokens always, and has no `attention_mask` for shorter texts; export it with a dynamic length")]
    NoMask(usize),
    /// No way to know which output holds the labels.
    #[error("has the outputs {}, none of which is called `logits`", .0.join(", "))]
    Outputs(Vec<String>),
    /// An output of another form.
    #[error("answers numbers in the form {0:?}; a classifier answers one row of them for each text")]
    OutputForm(Vec<usize>),
    /// The runtime refuses it.
    #[error("cannot be run: {0}")]
    Unusable(String),
}
