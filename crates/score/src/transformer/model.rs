use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use textmill_document::ConfigFault;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::TractErrorContext;

use super::config::{Activation, TransformerConfig, Truncation};
use super::error::ModelProblem;
use super::file::{Input, ModelFile, Role};
use super::tokenizer::{TextTokenizer, Tokens};
use super::window::Window;
use crate::Aggregate;
use crate::unit::Sum;

/// A model that answers numbers for tokens.
struct Model {
    plan: Arc<TypedRunnableModel>,
    inputs: Vec<Input>,
    /// The number of tokens that it is always given.
    length: Option<usize>,
    filler: u32,
}

impl Model {
    /// Makes what is in the file ready to run.
    fn new(file: ModelFile, filler: u32) -> Result<Self, ModelProblem> {
        let length = file.inputs.iter().find_map(|input| input.length);
        let inputs = file.inputs.clone();
        let plan = guarded(|| plan(file, length)).map_err(ModelProblem::Unusable)?;
        Ok(Self { plan, inputs, length, filler })
    }

    /// The numbers for one text, in the form in which the model has them.
    fn run(&self, tokens: &Tokens) -> Result<(Vec<usize>, Vec<f32>), String> {
        guarded(|| {
            let inputs = self.inputs.iter().map(|input| self.input(*input, tokens)).collect::<TractResult<_>>()?;
            let answer = self.plan.run(inputs)?;
            let answer = answer.first().context("there is no answer")?;
            let numbers = answer.cast_to::<f32>()?;
            Ok((answer.shape().to_vec(), numbers.try_as_plain_ram()?.as_slice::<f32>()?.to_vec()))
        })
    }

    /// One row, as long as the text or as the model wants it.
    fn input(&self, input: Input, tokens: &Tokens) -> TractResult<TValue> {
        let length = self.length.unwrap_or(tokens.ids.len());
        let (mut row, filler): (Vec<i64>, i64) = match input.role {
            Role::Ids => (tokens.ids.iter().copied().map(i64::from).collect(), i64::from(self.filler)),
            Role::Mask => (vec![1; tokens.ids.len()], 0),
            Role::Types => (tokens.types.iter().copied().map(i64::from).collect(), 0),
        };
        row.resize(length, filler);
        let row = Tensor::from_shape(&[1, length], &row)?;
        Ok(row.cast_to_dt(input.kind)?.into_owned().into_tvalue())
    }
}

/// One plan for all lengths: a plan for each would hold the weights again.
fn plan(file: ModelFile, length: Option<usize>) -> TractResult<Arc<TypedRunnableModel>> {
    // Shapes of values inside are hints, and exporters leave some that contradict the inputs.
    let onnx = onnx().with_ignore_value_info(true);
    let mut model = onnx.model_for_proto_model(&file.proto)?.with_outputs_by_name([&file.output])?;
    // The weights are in the model now.
    drop(file.proto);
    let tokens = length.map_or_else(|| TDim::from(model.symbols.sym("tokens")), TDim::from);
    for (at, input) in file.inputs.iter().enumerate() {
        let shape: TVec<TDim> = tvec!(TDim::from(1_usize), tokens.clone());
        model.set_input_fact(at, InferenceFact::dt_shape(input.kind, shape))?;
    }
    model.into_optimized()?.into_runnable()
}

/// Calls the runtime, which panics on some malformed models and on tokens that it does not have.
fn guarded<T>(work: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        // The first line of each cause; the rest is a dump.
        Ok(Err(error)) => {
            let causes = error.chain().map(|cause| cause.to_string().lines().next().unwrap_or_default().to_owned());
            Err(causes.collect::<Vec<_>>().join(": "))
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Err(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
        }
    }
}

/// A model with its tokenizer and what makes a score of its answer.
pub(super) struct Scorer {
    model: Model,
    tokenizer: TextTokenizer,
    window: Window,
    activation: Activation,
    place: usize,
    aggregate: Aggregate,
}

// A derived one would print every weight and token.
impl std::fmt::Debug for Scorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scorer").field("window", &self.window).field("place", &self.place).finish_non_exhaustive()
    }
}

impl Scorer {
    /// Reads both files and tries them on each other; also gives their digests. `place` is that of the score among the
    /// model's numbers.
    pub(super) fn load(config: &TransformerConfig, place: usize) -> Result<(Self, Vec<String>), ConfigFault> {
        let path = Path::new(&config.tokenizer);
        let refused = |reason: String| {
            let rule = "it must be a `tokenizer.json` of the tokenizers library";
            ConfigFault::new("tokenizer", format!("{}: {reason}; {rule}", path.display()))
        };
        let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let mut digests = vec![blake3::hash(&bytes).to_hex().to_string()];
        let tokenizer = TextTokenizer::read(&bytes).map_err(refused)?;
        let max_tokens = config.max_tokens.get();
        let special = tokenizer.special();
        let room = (max_tokens as usize).checked_sub(special).filter(|room| *room > 0);
        let no_room =
            || format!("{max_tokens} tokens leave no room for text; {special} are special ones of the tokenizer");
        let room = room.ok_or_else(|| ConfigFault::new("max_tokens", no_room()))?;
        let window = Window { room, truncation: config.truncation, most: config.max_chunks.get() as usize };

        let failed = |problem: ModelProblem| ConfigFault::new("model", format!("{}: {problem}", config.model));
        let bytes = std::fs::read(&config.model).map_err(|error| failed(error.into()))?;
        digests.insert(0, blake3::hash(&bytes).to_hex().to_string());
        let file = ModelFile::read(&bytes).map_err(failed)?;
        drop(bytes);
        let model = Model::new(file, tokenizer.filler()).map_err(failed)?;
        let activation = config.activation;
        // One part has its own score, to the last digit.
        let aggregate = if config.truncation == Truncation::Chunks { config.aggregate } else { Aggregate::Max };
        let scorer = Self { model, tokenizer, window, activation, place, aggregate };
        scorer.probe(config)?;
        Ok((scorer, digests))
    }

    /// Runs the model on the shortest text, on the highest token and on the longest text.
    fn probe(&self, config: &TransformerConfig) -> Result<(), ConfigFault> {
        let failed = |problem: ModelProblem| ConfigFault::new("model", format!("{}: {problem}", config.model));
        let tokens = config.max_tokens.get();
        let too_many = |reason: String| {
            let what = format!("the model cannot be run on {tokens} tokens");
            ConfigFault::new("max_tokens", format!("{what}; lower `max_tokens` to what it takes ({reason})"))
        };
        if let Some(length) = self.model.length.filter(|length| *length < tokens as usize) {
            return Err(too_many(format!("it takes {length}")));
        }
        let shortest = self.tokenizer.frame(&[self.tokenizer.filler()]);
        let (shape, numbers) = self.model.run(&shortest).map_err(|error| failed(ModelProblem::Unusable(error)))?;
        let (labels, outputs) = (config.labels.len().max(1), numbers.len());
        if shape.iter().product::<usize>() != shape.last().copied().unwrap_or(1) || shape.len() > 2 {
            return Err(failed(ModelProblem::OutputForm(shape)));
        }
        if labels != outputs {
            let what = format!("{} labels, but the model answers {outputs} numbers", config.labels.len());
            let message = format!("{what}; give the labels of its `config.json` (`id2label`)");
            return Err(ConfigFault::new("labels", message));
        }
        if outputs == 1 && self.activation == Activation::Softmax {
            let message =
                "the model answers one number, and the softmax of one number is always 1; take `sigmoid` or `none`";
            return Err(ConfigFault::new("activation", message));
        }
        let highest = self.tokenizer.highest();
        self.model.run(&self.tokenizer.frame(&[highest])).map_err(|reason| {
            let message = format!(
                "{}: the model fails on the token number {highest} that the tokenizer has; is it the tokenizer of this \
                 model? ({reason})",
                config.tokenizer
            );
            ConfigFault::new("tokenizer", message)
        })?;
        let longest = self.tokenizer.frame(&vec![highest; self.window.room]);
        self.model.run(&longest).map(|_| ()).map_err(too_many)
    }

    /// The score of a text; nothing for one without a token.
    pub(super) fn score(&self, text: &str) -> Result<Option<f64>, String> {
        let parts = self.window.parts(text, |text| self.tokenizer.encode(text))?;
        let mut sum = Sum::default();
        for part in parts {
            let (_, numbers) = self.model.run(&self.tokenizer.frame(&part))?;
            let score = self.activation.score(&numbers, self.place);
            let score = score.ok_or_else(|| format!("the model answers {numbers:?}"))?;
            sum.add(self.aggregate, score, part.len());
        }
        Ok(sum.result(self.aggregate))
    }
}

impl Activation {
    /// The score at a place of the numbers; nothing if that is none.
    fn score(self, numbers: &[f32], place: usize) -> Option<f64> {
        let number = f64::from(*numbers.get(place)?);
        let score = match self {
            Self::None => number,
            Self::Sigmoid => 1.0 / (1.0 + (-number).exp()),
            Self::Softmax => {
                let highest = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let power = |number: f64| (number - f64::from(highest)).exp();
                power(number) / numbers.iter().map(|number| power(f64::from(*number))).sum::<f64>()
            }
        };
        Some(score).filter(|score| score.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use tract_onnx::pb::GraphProto;

    use super::super::file::tests::{changed, resize};
    use super::*;

    fn tokens(count: u32) -> Tokens {
        Tokens { ids: (0..count).map(|at| 5 + at * 7 % 300).collect(), types: vec![0; count as usize] }
    }

    fn model(change: impl Fn(&mut GraphProto)) -> Result<Model, ModelProblem> {
        Model::new(changed(change)?, 0)
    }

    #[test]
    fn a_model_of_a_fixed_length_gives_the_same_answers() {
        let (free, fixed) = (model(|_| ()).expect("a model"), model(|graph| resize(graph, &[1, 64])).expect("a model"));
        for count in [1, 2, 7, 33, 64] {
            let (shape, expected) = free.run(&tokens(count)).expect("runs");
            let (_, found) = fixed.run(&tokens(count)).expect("runs");
            assert_eq!(shape, [1, 3]);
            let worst = expected.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-4, "{count}: {worst}");
        }
    }

    #[test]
    fn what_the_runtime_refuses_is_an_error() {
        let unknown = model(|graph| graph.node[0].input[0] = "nowhere".to_owned());
        assert!(matches!(unknown, Err(ModelProblem::Unusable(_))));
        let odd = model(|graph| graph.initializer[5].dims = vec![3, 3, 3]);
        assert!(matches!(odd, Err(ModelProblem::Unusable(_))));
        let model = model(|_| ()).expect("a model");
        let beyond = Tokens { ids: vec![5, 1_000_000], types: vec![0, 0] };
        model.run(&beyond).expect_err("no such token");
        model.run(&tokens(65)).expect_err("no such place");
        model.run(&Tokens::default()).expect_err("nothing to run");
        // What failed leaves nothing behind.
        model.run(&tokens(64)).expect("runs");
    }

    #[test]
    fn numbers_become_scores() {
        let near = |score: Option<f64>, expected: f64| (score.expect("a score") - expected).abs() < 1e-12;
        let softmax = |numbers: &[f32], place| Activation::Softmax.score(numbers, place);
        assert!(near(softmax(&[1.0, 1.0], 0), 0.5));
        assert!(near(softmax(&[1000.0, -1000.0, 0.0], 0), 1.0));
        let sum: f64 = (0..3).filter_map(|place| softmax(&[0.3, -2.0, 4.0], place)).sum();
        assert!((sum - 1.0).abs() < 1e-12);
        assert!(near(Activation::Sigmoid.score(&[-1000.0, 0.0], 0), 0.0));
        assert!(near(Activation::Sigmoid.score(&[-1000.0, 0.0], 1), 0.5));
        assert!(near(Activation::None.score(&[3.25], 0), 3.25));
        for activation in [Activation::Softmax, Activation::Sigmoid, Activation::None] {
            assert_eq!(activation.score(&[f32::NAN, 1.0], 0), None);
            assert_eq!(activation.score(&[1.0], 1), None);
        }
        assert_eq!(Activation::None.score(&[f32::INFINITY], 0), None);
    }
}
