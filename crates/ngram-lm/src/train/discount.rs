use super::adjust::{Adjusted, Counted, from_context_key, same_context};
use super::sorter::{Pair, Sorted, Sorter};
use super::{Reversed, TrainOptions};
use crate::LmError;

/// What is taken off counts of 1, 2, and 3 or more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Discounts([f64; 3]);

/// Those of `lmplz --discount_fallback`.
const FALLBACK: Discounts = Discounts([0.5, 1.0, 1.5]);

impl Discounts {
    /// By Chen and Goodman 1999, equation 26, from how many n-grams have the counts 1 to 4.
    pub(crate) fn of(counted: &Counted, options: &TrainOptions) -> Result<Self, LmError> {
        let found = Self::estimated(counted.with_count.map(|count| count as f64));
        match found {
            Some(found) => Ok(found),
            None if options.discount_fallback => Ok(FALLBACK),
            None => Err(LmError::NoDiscount { order: counted.order }),
        }
    }

    fn estimated([one, two, three, four]: [f64; 4]) -> Option<Self> {
        let y = one / (one + 2.0 * two);
        let discounts = [1.0 - 2.0 * y * two / one, 2.0 - 3.0 * y * three / two, 3.0 - 4.0 * y * four / three];
        let good = discounts.iter().zip([1.0, 2.0, 3.0]).all(|(discount, most)| (0.0..=most).contains(discount));
        good.then_some(Self(discounts))
    }

    pub(crate) fn values(&self) -> [f64; 3] {
        self.0
    }

    fn for_count(&self, count: u64) -> f64 {
        let slot = usize::try_from(count).unwrap_or(usize::MAX).clamp(1, 3) - 1;
        self.0.get(slot).copied().unwrap_or_default().min(count as f64)
    }
}

/// The n-grams of one order in suffix order: what they keep of their context, and what their context hands down; and the
/// contexts with what they hand down.
pub(crate) struct Discounted {
    pub(crate) order: usize,
    pub(crate) ngrams: Sorted<(Reversed, Pair<f64, f64>)>,
    pub(crate) contexts: Sorted<(Reversed, f64)>,
}

/// Discounts the counts of each context.
pub(crate) fn discount(counted: Counted, discounts: &Discounts, memory: usize) -> Result<Discounted, LmError> {
    let Counted { order, mut by_context, .. } = counted;
    let mut ngrams = Sorter::new(memory / 2);
    let mut contexts = Sorter::new(memory / 2);
    let mut context: Vec<Adjusted> = Vec::new();
    loop {
        let next = by_context.next()?;
        let ended = match (&next, context.first()) {
            (Some(next), Some(first)) => !same_context(next, first, order),
            (None, first) => first.is_some(),
            (Some(_), None) => false,
        };
        if ended {
            finish(&context, order, discounts, &mut ngrams, &mut contexts)?;
            context.clear();
        }
        let Some(next) = next else { break };
        context.push(next);
    }
    Ok(Discounted { order, ngrams: ngrams.finish()?, contexts: contexts.finish()? })
}

fn finish(
    context: &[Adjusted],
    order: usize,
    discounts: &Discounts,
    ngrams: &mut Sorter<(Reversed, Pair<f64, f64>)>,
    contexts: &mut Sorter<(Reversed, f64)>,
) -> Result<(), LmError> {
    let sum: u64 = context.iter().map(|(_, Pair(count, _))| *count).sum();
    // What is left out hands all of it down.
    let handed =
        |Pair(count, pruned): &Pair<u64, u64>| if *pruned == 1 { *count as f64 } else { discounts.for_count(*count) };
    let down = context.iter().map(|(_, counts)| handed(counts)).sum::<f64>() / sum as f64;
    let kept = context.iter().filter(|(_, Pair(_, pruned))| *pruned == 0);
    for (key, Pair(count, _)) in kept {
        let keeps = (*count as f64 - discounts.for_count(*count)) / sum as f64;
        ngrams.push((from_context_key(key, order), Pair(keeps, down)))?;
    }
    let Some((key, _)) = context.first() else { return Ok(()) };
    let mut of = *key;
    of.iter_mut().skip(order - 1).for_each(|word| *word = 0);
    contexts.push((of, down))
}
