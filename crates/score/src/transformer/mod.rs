//! Transformer classifiers from ONNX files: the stage.
//!
//! Every text is run alone and at its own length. Sums inside the model depend on where in memory a row begins, so that a
//! text in a batch, or padded, gets other last digits than alone: what a text is batched with would decide its bytes.
//! Alone, the score is a function of the text.

mod config;
mod error;
#[cfg(feature = "onnx")]
mod file;
#[cfg(feature = "onnx")]
mod model;
mod stage;
#[cfg(feature = "onnx")]
mod tokenizer;
#[cfg(feature = "onnx")]
mod window;
#[cfg(not(feature = "onnx"))]
mod without;

#[cfg(feature = "onnx")]
use model::Scorer;
#[cfg(not(feature = "onnx"))]
use without::Scorer;

pub use config::{Activation, TransformerConfig, Truncation};
pub use error::ModelProblem;
pub use stage::TransformerStage;
