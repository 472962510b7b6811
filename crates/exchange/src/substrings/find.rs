//! All of it for texts that can be read several times.

use std::ops::Range;

use super::groups::Stretches;
use super::marks::{FirstPlaces, Place};
use super::repeats::Repeats;
use crate::sorter::{Partitioning, Sorter};
use crate::{ExchangeError, Limits};

/// Texts that can be read several times, in the same order.
pub trait Documents {
    /// Calls `take` with each number, ascending, and text.
    fn each(&self, take: &mut dyn FnMut(u64, &str) -> Result<(), ExchangeError>) -> Result<(), ExchangeError>;
}

impl<T: AsRef<str>> Documents for [T] {
    fn each(&self, take: &mut dyn FnMut(u64, &str) -> Result<(), ExchangeError>) -> Result<(), ExchangeError> {
        (0_u64..).zip(self).try_for_each(|(number, text)| take(number, text.as_ref()))
    }
}

/// What is cut out of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Number of the text.
    pub text: u64,
    /// The repeat, in bytes.
    pub repeat: Range<usize>,
    /// Where what it begins with stands first.
    pub first: Place,
}

/// Finds every repeat of at least `length` bytes in `documents`, and gives them in order to `take`. What is cut of a text for
/// them is up to [`Cuts::of`](super::Cuts::of).
pub fn find(
    documents: &(impl Documents + ?Sized),
    length: usize,
    limits: &Limits,
    mut take: impl FnMut(Found) -> Result<(), ExchangeError>,
) -> Result<(), ExchangeError> {
    let repeats = Repeats::new(length);
    let (mut stretches, mut end, mut found) = (Stretches::new(repeats.length(), limits), 0, Vec::new());
    documents.each(&mut |_, text| {
        found.clear();
        repeats.stretches(text.as_bytes(), &mut found);
        found.iter().try_for_each(|stretch| stretches.push(end, stretch))?;
        end += text.len() as u64;
        Ok(())
    })?;

    let (mut open, mut position) = (stretches.group(end)?, 0);
    documents.each(&mut |_, text| {
        open.text(position, text.as_bytes())?;
        position += text.len() as u64;
        Ok(())
    })?;

    let (mut marks, mut position) = (open.finish()?, 0);
    let by_position = Partitioning::below(end, 8);
    let mut firsts = Sorter::new(by_position, &limits.share(1, 4));
    let mut spans = Sorter::new(Partitioning::of_hashes(0), &limits.share(1, 4));
    let mut count = 0;
    documents.each(&mut |number, text| {
        for span in marks.spans(position, text.len() as u64)? {
            firsts.push([span.first, count])?;
            spans.push([count, number, span.range.start as u64, span.range.end as u64])?;
            count += 1;
        }
        position += text.len() as u64;
        Ok(())
    })?;

    let (mut places, mut position) = (FirstPlaces::new(firsts.finish()?, &limits.share(1, 4)), 0);
    documents.each(&mut |number, text| {
        places.text(number, position, text.len() as u64)?;
        position += text.len() as u64;
        Ok(())
    })?;
    let (mut places, mut spans) = (places.finish()?, spans.finish()?.into_cursor());
    while let (Some([_, number, start, end]), Some([_, text, byte])) = (spans.next()?, places.next()?) {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        take(Found { text: number, repeat: place(start)..place(end), first: Place { text, byte } })?;
    }
    Ok(())
}
