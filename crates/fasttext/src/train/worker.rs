use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::corpus::Corpus;
use super::features::Features;
use super::objective::{Objective, State};
use super::options::TrainOptions;
use super::random::Random;
use super::weights::Weights;
use crate::FastTextError;
use crate::dictionary::Dictionary;

/// What the threads of one training share.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) corpus: &'a Corpus,
    pub(crate) options: &'a TrainOptions,
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) features: &'a Features,
    pub(crate) objective: &'a Objective,
    /// Longest n-grams of words.
    pub(crate) longest: usize,
    /// Tokens seen by all threads.
    pub(crate) seen: AtomicU64,
}

/// The rows and labels of one example, in buffers that are used again.
#[derive(Debug, Default)]
struct Line {
    rows: Vec<u32>,
    labels: Vec<u32>,
    hashes: Vec<u32>,
}

impl Job<'_> {
    /// Trains until all threads together have seen all epochs' tokens. Each thread starts at another example.
    pub(crate) fn work<W: Weights>(&self, thread: usize, mut input: W, mut output: W) -> Result<(), FastTextError> {
        let Self { corpus, options, .. } = self;
        let seed = u64::from(options.seed) + thread as u64;
        let labels = self.dictionary.labels().len();
        let mut state = State::new(options.dim as usize, labels, Random::new(seed));
        let total = corpus.tokens() as u64 * u64::from(options.epochs);
        let mut line = Line::default();
        let mut index = corpus.start_of(thread, options.threads);
        let (mut pending, mut rate) = (0, self.rate(total));
        while self.seen.load(Relaxed) < total {
            pending += self.read(index, &mut line);
            index = if index + 1 < corpus.len() { index + 1 } else { 0 };
            if !line.rows.is_empty() && !line.labels.is_empty() {
                self.learn(&line, rate, &mut state, &mut input, &mut output);
            }
            if pending > u64::from(options.lr_update_rate) {
                self.seen.fetch_add(pending, Relaxed);
                pending = 0;
                rate = self.rate(total);
                if !state.health.is_finite() {
                    // The other threads have nothing to save either.
                    self.seen.store(total, Relaxed);
                    return Err(FastTextError::Diverged);
                }
                state.health = 0.0;
            }
        }
        Ok(())
    }

    /// The learning rate now: it falls to 0 with the tokens seen.
    fn rate(&self, total: u64) -> f32 {
        #[expect(clippy::cast_possible_truncation, reason = "fastText rounds here as well")]
        let rate = |progress: f32| (self.options.learning_rate * (1.0 - f64::from(progress))) as f32;
        rate(self.seen.load(Relaxed) as f32 / total as f32).max(0.0)
    }

    /// The rows and labels of an example; its number of tokens.
    fn read(&self, index: usize, line: &mut Line) -> u64 {
        let (words, labels) = self.corpus.example(index);
        line.rows.clear();
        words.iter().for_each(|word| line.rows.extend_from_slice(self.features.rows(*word)));
        if self.longest > 1 {
            line.hashes.clear();
            line.hashes.extend(words.iter().map(|word| self.corpus.words.hash(*word)));
            self.dictionary.each_word_ngram(&line.hashes, self.longest, |row| line.rows.push(row));
        }
        line.labels.clear();
        line.labels.extend(labels.iter().filter_map(|label| self.features.label(*label)));
        (words.len() + labels.len()) as u64
    }

    fn learn<W: Weights>(&self, line: &Line, rate: f32, state: &mut State, input: &mut W, output: &mut W) {
        let share = 1.0 / line.rows.len() as f32;
        state.hidden.fill(0.0);
        input.add_rows(&line.rows, &mut state.hidden);
        state.hidden.iter_mut().for_each(|value| *value *= share);
        self.objective.step(output, &line.labels, rate, state);
        state.gradient.iter_mut().for_each(|value| *value *= share);
        input.change_rows(&line.rows, &state.gradient);
    }
}
