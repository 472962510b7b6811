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
