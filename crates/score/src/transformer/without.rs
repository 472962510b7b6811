use std::convert::Infallible;

use textmill_document::ConfigFault;

use super::config::TransformerConfig;

/// What a build without the feature `onnx` has in place of a model: nothing.
#[derive(Debug)]
pub(super) struct Scorer(Infallible);

impl Scorer {
    pub(super) fn load(_: &TransformerConfig, _: usize) -> Result<(Self, Vec<String>), ConfigFault> {
        let message = "this textmill was built without the feature `onnx`; build it with the default features";
        Err(ConfigFault::whole(message))
    }

    pub(super) fn score(&self, _: &str) -> Result<Option<f64>, String> {
        match self.0 {}
    }
}
