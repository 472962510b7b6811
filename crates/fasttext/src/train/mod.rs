//! Supervised training, with the same meaning as `fasttext supervised`.
//!
//! ```text
//!  examples ─▶ Corpus: words as numbers ─▶ dictionary, rows of every word ─┬▶ thread: sum of rows ─▶ output layer
//!                                                                          │    rows += step ◀──────────┘
//!                                                                          └▶ thread …
//! ```
//!
//! 1. Every example ends with the end mark, which is a word; learning rate and progress count words, marks and labels.
//! 2. The step for a text's rows is divided by their number, as their mean is its vector.
//! 3. One thread gives the same bits for the same seed: sums have a fixed order, whatever the processor. Only the
//!    exponential of another C library may differ in its last bit.

mod corpus;
mod features;
mod interner;
mod objective;
mod options;
pub(crate) mod random;
mod weights;
mod worker;

use std::sync::atomic::{AtomicU32, AtomicU64};

pub use corpus::{Corpus, Example};
pub use options::TrainOptions;
pub(crate) use options::within;
use textmill_large_pages::LargeVec;

use crate::FastTextError;
use crate::dictionary::Dictionary;
use crate::header::Header;
use crate::matrix::{Dense, Matrix};
use crate::model::FastTextModel;
use crate::output::Output;
use features::Features;
use objective::Objective;
use weights::{Owned, Shared, fill_evenly, zeros};
use worker::Job;

/// Trains a model. [`train_on`] trains several on the same examples.
pub fn train<'a>(
    examples: impl IntoIterator<Item = Example<'a>>,
    options: &TrainOptions,
) -> Result<FastTextModel, FastTextError> {
    options.check()?;
    train_on(&Corpus::new(examples)?, options)
}

/// Trains a model.
///
/// It takes `4 * dim` bytes for each word and bucket. Errors: an option out of its range, no labels, only one label, no
/// words, too little memory, and weights that grow without bounds.
pub fn train_on(corpus: &Corpus, options: &TrainOptions) -> Result<FastTextModel, FastTextError> {
    options.check()?;
    let header = options.header();
    let (dictionary, features) = Features::new(corpus, options, &header)?;
    let objective = Objective::new(options.loss, dictionary.label_counts(), options.negatives)?;
    let rows = dictionary.words() as usize + header.bucket as usize;
    let mut input = zeros(rows, header.dim)?;
    fill_evenly(&mut input, 1.0 / options.dim as f32, options.seed, options.threads);
    let output = zeros(dictionary.labels().len(), header.dim)?;
    let job = Job {
        corpus,
        options,
        dictionary: &dictionary,
        features: &features,
        objective: &objective,
        longest: header.longest_ngram(),
        seen: AtomicU64::new(0),
    };
    let (input, output) =
        if options.threads == 1 { run_alone(&job, input, output)? } else { run_threads(&job, input, output)? };
    finish(header, dictionary, input, output)
}

/// The weights of both layers.
type Trained = (LargeVec<f32>, LargeVec<f32>);

fn run_alone(job: &Job, input: Vec<f32>, output: Vec<f32>) -> Result<Trained, FastTextError> {
    let dim = job.options.dim as usize;
    let (mut input, mut output) = (LargeVec::from(input), LargeVec::from(output));
    job.work(0, Owned::new(&mut input, dim), Owned::new(&mut output, dim))?;
    Ok((input, output))
}

fn run_threads(job: &Job, input: Vec<f32>, output: Vec<f32>) -> Result<Trained, FastTextError> {
    let dim = job.options.dim as usize;
    // Both ways in the same memory.
    let share = |values: Vec<f32>| values.into_iter().map(|value| AtomicU32::new(value.to_bits())).collect::<Vec<_>>();
    let (input, output) = (share(input), share(output));
    std::thread::scope(|scope| {
        let start = |thread| {
            let (input, output) = (Shared::new(&input, dim), Shared::new(&output, dim));
            scope.spawn(move || job.work(thread, input, output))
        };
        let threads: Vec<_> = (0..job.options.threads).map(start).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    let own = |values: Vec<AtomicU32>| {
        LargeVec::from(values.into_iter().map(|bits| f32::from_bits(bits.into_inner())).collect::<Vec<_>>())
    };
    Ok((own(input), own(output)))
}

fn finish(
    header: Header,
    dictionary: Dictionary,
    input: LargeVec<f32>,
    output: LargeVec<f32>,
) -> Result<FastTextModel, FastTextError> {
    if !input.iter().chain(output.iter()).all(|weight| weight.is_finite()) {
        return Err(FastTextError::Diverged);
    }
    let dense = |values: LargeVec<f32>| Matrix::Dense(Dense::new(header.dim, values));
    let output = Output::new(header.loss, dense(output), dictionary.label_counts())?;
    Ok(FastTextModel { header, dictionary, input: dense(input), output, quantized_output: false })
}
