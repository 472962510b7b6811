//! Which stretches are repeated as a whole, and of which the windows must be looked at one by one.

use super::marks::OpenWindows;
use super::repeats::Stretch;
use crate::sorter::{Partitioning, Sorted};
use crate::{ExchangeError, Limits, Sorter};

/// Partitions of records whose keys are hashes, as bits.
const HASH_BITS: u32 = 8;
/// Partitions of records whose keys are positions, as bits.
const POSITION_BITS: u32 = 8;

/// K-gram, upper and lower half of the text's hash, position, windows (upper half) and times (lower half).
type Row = [u64; 5];
/// Position, windows.
pub(super) type Open = [u64; 2];
/// Position of the first stretch with the text, start and end of what is covered.
pub(super) type Twin = [u64; 3];

/// Sorts the stretches of all texts.
#[derive(Debug)]
pub struct Stretches {
    length: u64,
    rows: Sorter<Row>,
    limits: Limits,
}

impl Stretches {
    /// For stretches that [`Repeats`](super::Repeats) of `length` found.
    pub fn new(length: usize, limits: &Limits) -> Self {
        // The sorters of later steps are small beside this one, or filled when it is gone.
        let rows = Sorter::new(Partitioning::of_hashes(HASH_BITS), &limits.share(1, 2));
        Self { length: length as u64, rows, limits: limits.share(1, 2) }
    }

    /// Takes a stretch of the text at `position`.
    pub fn push(&mut self, position: u64, stretch: &Stretch) -> Result<(), ExchangeError> {
        let halves = [stretch.text >> 64, stretch.text & u128::from(u64::MAX)];
        let [high, low] = halves.map(|half| u64::try_from(half).unwrap_or(u64::MAX));
        let count = u64::from(stretch.windows) << 32 | u64::from(stretch.times);
        self.rows.push([stretch.gram, high, low, position + u64::from(stretch.start), count])
    }

    /// Compares them. `end` is the position behind the last text.
    pub fn group(self, end: u64) -> Result<OpenWindows, ExchangeError> {
        let by_position = Partitioning::below(end, POSITION_BITS);
        let limits = self.limits.share(1, 2);
        let mut groups = Groups {
            length: self.length,
            gram: None,
            text: None,
            open: Sorter::new(by_position, &limits),
            twins: Sorter::new(by_position, &limits),
        };
        let mut rows = self.rows.finish()?.into_cursor();
        while let Some([gram, high, low, position, count]) = rows.next()? {
            let member = Member { position, windows: count >> 32, times: count & u64::from(u32::MAX) };
            groups.add(gram, [high, low], member)?;
        }
        drop(rows);
        let (open, twins): (Sorted<Open>, Sorted<Twin>) = (groups.open.finish()?, groups.twins.finish()?);
        Ok(OpenWindows::new(self.length, end, open, twins, &self.limits))
    }
}

#[derive(Debug, Clone, Copy)]
struct Member {
    position: u64,
    windows: u64,
    times: u64,
}

/// The first stretch of those with one text.
#[derive(Debug, Clone, Copy)]
struct First {
    hash: [u64; 2],
    position: u64,
    windows: u64,
    /// Whether its windows are looked at.
    open: bool,
}

struct Groups {
    length: u64,
    gram: Option<u64>,
    /// The first with the text at hand.
    text: Option<First>,
    open: Sorter<Open>,
    twins: Sorter<Twin>,
}

impl Groups {
    /// Takes the next stretch, in order of k-gram, text and position.
    fn add(&mut self, gram: u64, hash: [u64; 2], member: Member) -> Result<(), ExchangeError> {
        if self.gram != Some(gram) {
            (self.gram, self.text) = (Some(gram), None);
        }
        match self.text {
            Some(first) if first.hash == hash => self.twin(first, member.position, member),
            // Another text around the same k-gram: some windows of both may be equal.
            Some(first) => {
                self.open_first(first)?;
                let next = First { hash, position: member.position, windows: member.windows, open: false };
                self.open_first(next)?;
                self.text = Some(First { open: true, ..next });
                self.times(member)
            }
            None => {
                self.text = Some(First { hash, position: member.position, windows: member.windows, open: false });
                self.times(member)
            }
        }
    }

    /// The other times of a stretch that is the first with its text.
    fn times(&mut self, member: Member) -> Result<(), ExchangeError> {
        let Some(first) = self.text.filter(|_| member.times > 1) else { return Ok(()) };
        self.twin(first, member.position + member.windows, Member { times: member.times - 1, ..member })
    }

    fn open_first(&mut self, first: First) -> Result<(), ExchangeError> {
        if !first.open {
            self.open.push([first.position, first.windows])?;
        }
        Ok(())
    }

    /// Stretches from `position` on, as many as `member` has times, whose text is that of `first`. Those that overlap it are
    /// looked at window by window, since less of them is covered the earlier the first equal window is.
    fn twin(&mut self, first: First, position: u64, member: Member) -> Result<(), ExchangeError> {
        let Member { windows, times, .. } = member;
        let behind = first.position + self.length;
        let overlapping = behind.saturating_sub(position).div_ceil(windows.max(1)).min(times);
        if overlapping > 0 {
            self.open_first(first)?;
            self.text = Some(First { open: true, ..first });
            self.open.push([position, overlapping * windows])?;
        }
        if overlapping < times {
            let end = position + times * windows - 1 + self.length;
            self.twins.push([first.position, position + overlapping * windows, end])?;
        }
        Ok(())
    }
}
