use super::sorter::{Pair, Record, Sorted, Sorter};
use super::{MAX_TRAINED, Reversed, TrainOptions};
use crate::LmError;

/// The n-grams of one order: adjusted count, and 1 if they are left out.
pub(crate) type Adjusted = (Reversed, Pair<u64, u64>);

/// The n-grams of one order, sorted by context.
pub(crate) struct Counted {
    pub(crate) order: usize,
    pub(crate) by_context: Sorted<Adjusted>,
    /// How many have an adjusted count of 1, 2, 3 and 4.
    pub(crate) with_count: [u64; 4],
}

/// The key by which n-grams of one context stand together: the words before the last, then the last.
pub(crate) fn context_key(ngram: &Reversed, order: usize) -> Reversed {
    let mut key = *ngram;
    if let Some(part) = key.get_mut(..order) {
        part.rotate_left(1);
    }
    key
}

/// The n-gram of a [`context_key`].
pub(crate) fn from_context_key(key: &Reversed, order: usize) -> Reversed {
    let mut ngram = *key;
    if let Some(part) = ngram.get_mut(..order) {
        part.rotate_right(1);
    }
    ngram
}

/// The n-gram of each order that the walk is in.
#[derive(Clone, Copy, Default)]
struct Current {
    /// Different words before it.
    left: u64,
    /// How often it is there.
    raw: u64,
    /// Whether its first word is `<s>`, or it is of the highest order.
    counts_raw: bool,
}

/// Gives the n-grams of every order with their adjusted counts.
pub(crate) fn adjust(
    mut counts: Sorted<(Reversed, u64)>,
    options: &TrainOptions,
    begin: u32,
    memory: usize,
) -> Result<Vec<Counted>, LmError> {
    let highest = options.order;
    let mut sorters: Vec<(Sorter<Adjusted>, [u64; 4])> = (0..highest).map(|_| (Sorter::new(memory), [0; 4])).collect();
    let mut current = [Current::default(); MAX_TRAINED];
    let mut before: Option<(Reversed, usize)> = None;
    let mut flush = |ngram: &Reversed, order: usize, of: &mut Current| {
        let adjusted = if of.counts_raw { of.raw } else { of.left };
        let Some((sorter, with_count)) = sorters.get_mut(order - 1) else { return Ok(()) };
        let slot = usize::try_from(adjusted - 1).ok().and_then(|slot| with_count.get_mut(slot));
        slot.into_iter().for_each(|count| *count += 1);
        let pruned = of.raw <= options.threshold(order);
        let mut shorter = *ngram;
        shorter.iter_mut().skip(order).for_each(|word| *word = 0);
        *of = Current::default();
        sorter.push((context_key(&shorter, order), Pair(adjusted, u64::from(pruned))))
    };
    loop {
        let next = counts.next()?;
        let order_of = |ngram: &Reversed| {
            let first = ngram.iter().take(highest).position(|word| *word == begin);
            first.map_or(highest, |first| first + 1)
        };
        let next = next.map(|(ngram, count)| (ngram, count, order_of(&ngram)));
        let shared = match (&before, &next) {
            (Some((old, old_order)), Some((new, _, new_order))) => {
                let most = (*old_order).min(*new_order);
                old.iter().zip(new).take(most).take_while(|(old, new)| old == new).count()
            }
            _ => 0,
        };
        if let Some((old, order)) = &before {
            for ended in (shared + 1)..=*order {
                current.get_mut(ended - 1).map_or(Ok(()), |of| flush(old, ended, of))?;
            }
        }
        let Some((ngram, count, order)) = next else { break };
        for (length, of) in (1..=order).zip(&mut current) {
            of.raw += count;
            // One more word before it; that of the longest is not looked at.
            of.left += u64::from(length < order && length + 1 > shared);
            of.counts_raw = length == order;
        }
        before = Some((ngram, order));
    }
    let counted = sorters
        .into_iter()
        .zip(1..)
        .map(|((sorter, with_count), order)| Ok(Counted { order, by_context: sorter.finish()?, with_count }));
    counted.collect()
}

/// Records of n-grams in the order of their contexts, one context at a time.
pub(crate) fn same_context(left: &impl Record, right: &impl Record, order: usize) -> bool {
    left.key().get(..order - 1) == right.key().get(..order - 1)
}
