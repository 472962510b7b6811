//! Numbers that describe a text, each a column: for looking at a corpus, for scores made of them in SQL, and as the
//! features that quality models want.

mod byte_pairs;
mod characters;
mod config;
mod gate;
mod lexicon;
mod lines;
mod mixed;
mod prose;
mod registry;
mod stage;
mod tokenizer;
mod words;

pub use config::SignalsConfig;
pub use lexicon::{LexiconConfig, LexiconError};
pub use registry::{SIGNALS, Signal, signal};
pub use stage::SignalsStage;
pub use tokenizer::TokenizerChoice;
pub use words::STOP_WORDS;

use characters::Characters;
use lines::Lines;
use prose::Prose;
use words::Words;

/// What is measured of a text. Parts that no wanted signal needs are left at nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Measured {
    bytes: usize,
    /// Counted by the stage, since that may fail.
    tokens: usize,
    characters: Characters,
    lines: Lines,
    words: Words,
    prose: Prose,
}

/// Which parts of [`Measured`] are needed. Characters always are: everything else is a share of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) lines: bool,
    pub(crate) words: bool,
    pub(crate) prose: bool,
}

impl Measured {
    pub(crate) fn of(text: &str, needs: Needs) -> Self {
        Self {
            bytes: text.len(),
            tokens: 0,
            characters: Characters::of(text),
            lines: if needs.lines { Lines::of(text) } else { Lines::default() },
            words: if needs.words { Words::of(text) } else { Words::default() },
            prose: if needs.prose { Prose::of(text) } else { Prose::default() },
        }
    }
}

/// `part / whole`, 0 where there is nothing.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
