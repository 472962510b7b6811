use super::Reversed;
use super::discount::Discounted;
use super::sorter::{Pair, Sorted, Sorter};
use crate::LmError;

/// The n-grams of one order in suffix order: probability and backoff, no logarithms.
pub(crate) struct Interpolated {
    pub(crate) order: usize,
    pub(crate) ngrams: Sorted<(Reversed, Pair<f64, f64>)>,
    /// How many there are.
    pub(crate) count: u64,
}

/// Probabilities of all orders. `words` is the number of words that can come next: `<unk>` and `</s>` can, `<s>` cannot.
pub(crate) fn interpolate(
    discounted: Vec<Discounted>,
    words: u64,
    begin: u32,
    memory: usize,
) -> Result<Vec<Interpolated>, LmError> {
    let mut done = Vec::with_capacity(discounted.len());
    let mut lower: Option<Sorted<(Reversed, f64)>> = None;
    let mut orders = discounted.into_iter().peekable();
    while let Some(Discounted { order, mut ngrams, contexts: mut own }) = orders.next() {
        // What each n-gram hands down as a context.
        let above = orders.peek_mut();
        let mut contexts = match above {
            Some(above) => Some(std::mem::replace(&mut above.contexts, Sorter::new(0).finish()?)),
            None => None,
        };
        let mut backoff = Cursor::default();
        let mut shorter = Cursor::default();
        let mut written = Sorter::new(memory / 2);
        let mut probabilities = Sorter::new(memory / 2);
        let mut count = 0;
        let mut add = |ngram: Reversed, probability: f64, contexts: &mut Option<Sorted<(Reversed, f64)>>| {
            let backoff = match contexts {
                Some(contexts) => backoff.find(contexts, &ngram)?.unwrap_or(1.0),
                None => 1.0,
            };
            count += 1;
            written.push((ngram, Pair(probability, backoff)))?;
            probabilities.push((ngram, probability))
        };
        if order == 1 {
            let down = own.next()?.map_or(0.0, |(_, down)| down);
            // `<unk>` has what the discount leaves it, and `<s>` is never asked for.
            let mut ends = [(crate::vocabulary::UNKNOWN, down / words as f64), (begin, 1.0)].into_iter().peekable();
            while let Some((ngram, Pair(keeps, down))) = ngrams.next()? {
                while let Some((word, probability)) = ends.next_if(|(word, _)| *word < ngram[0]) {
                    add(single(word), probability, &mut contexts)?;
                }
                add(ngram, keeps + down / words as f64, &mut contexts)?;
            }
            for (word, probability) in ends {
                add(single(word), probability, &mut contexts)?;
            }
        } else if let Some(lower) = &mut lower {
            while let Some((ngram, Pair(keeps, down))) = ngrams.next()? {
                let mut suffix = ngram;
                suffix.iter_mut().skip(order - 1).for_each(|word| *word = 0);
                let below = shorter.find(lower, &suffix)?.unwrap_or(0.0);
                add(ngram, keeps + down * below, &mut contexts)?;
            }
        }
        lower = Some(probabilities.finish()?);
        done.push(Interpolated { order, ngrams: written.finish()?, count });
    }
    Ok(done)
}

fn single(word: u32) -> Reversed {
    let mut ngram = Reversed::default();
    ngram[0] = word;
    ngram
}

/// A place in a sorted stream that only goes forward.
#[derive(Default)]
struct Cursor(Option<(Reversed, f64)>);

impl Cursor {
    /// What belongs to `key`, which is not smaller than the one before.
    fn find(&mut self, stream: &mut Sorted<(Reversed, f64)>, key: &Reversed) -> Result<Option<f64>, LmError> {
        while self.0.is_none_or(|(at, _)| at < *key) {
            let Some(next) = stream.next()? else { return Ok(None) };
            self.0 = Some(next);
        }
        Ok(self.0.filter(|(at, _)| at == key).map(|(_, value)| value))
    }
}
