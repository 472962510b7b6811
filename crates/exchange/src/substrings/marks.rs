//! From open windows to the spans that are covered.

use std::ops::Range;

use super::groups::{Open, Twin};
use super::hash::WindowHash;
use crate::sorter::{Cursor, Partitioning, Sorted};
use crate::{ExchangeError, Limits, Sorter};

/// Partitions, as bits.
const BITS: u32 = 8;

/// Hash of the window, position.
type Window = [u64; 3];
/// Position of a repeated window, of the first equal one.
type Repeated = [u64; 2];
/// Start of what is covered, position of an earlier occurrence, end.
type Mark = [u64; 3];

/// Windows that must be hashed one by one.
#[derive(Debug)]
pub struct OpenWindows {
    length: u64,
    end: u64,
    open: Cursor<Open>,
    twins: Sorted<Twin>,
    windows: Sorter<Window>,
    hash: WindowHash,
    limits: Limits,
}

impl OpenWindows {
    pub(super) fn new(length: u64, end: u64, open: Sorted<Open>, twins: Sorted<Twin>, limits: &Limits) -> Self {
        let hash = WindowHash::new(usize::try_from(length).unwrap_or(usize::MAX));
        let windows = Sorter::new(Partitioning::of_hashes(BITS), &limits.share(1, 2));
        Self { length, end, open: open.into_cursor(), twins, windows, hash, limits: limits.share(1, 2) }
    }

    /// Position of the next window that is needed; none if all are known. Texts that end before it need not be given.
    pub fn next_position(&mut self) -> Result<Option<u64>, ExchangeError> {
        Ok(self.open.peek()?.map(|[position, _]| position))
    }

    /// Takes the text at `position`. Texts come in order.
    pub fn text(&mut self, position: u64, text: &[u8]) -> Result<(), ExchangeError> {
        let end = position + text.len() as u64;
        // Where the window stands that is hashed.
        let mut hashed = None;
        while let Some([first, windows]) = self.open.peek()?.filter(|[first, _]| *first < end) {
            let inside = first >= position && first + windows - 1 + self.length <= end;
            if !inside {
                let what = "windows lie outside of it";
                return Err(ExchangeError::OtherText { position: first, what });
            }
            self.open.next()?;
            for window in first..first + windows {
                let place = usize::try_from(window - position).unwrap_or(usize::MAX);
                let bytes = text.get(place..).and_then(|text| text.get(..usize::try_from(self.length).ok()?));
                let bytes = bytes.unwrap_or_default();
                match (hashed, place.checked_sub(1).and_then(|before| text.get(before)), bytes.last()) {
                    (Some(before), Some(gone), Some(last)) if before + 1 == window => self.hash.roll(*gone, *last),
                    _ => self.hash.start(bytes),
                }
                hashed = Some(window);
                let [high, low] = self.hash.value();
                self.windows.push([high, low, window])?;
            }
        }
        Ok(())
    }

    /// What is covered.
    pub fn finish(mut self) -> Result<Marks, ExchangeError> {
        if let Some([position, _]) = self.open.peek()? {
            return Err(ExchangeError::OtherText { position, what: "it was not given" });
        }
        drop(self.open);
        let by_position = Partitioning::below(self.end, BITS);
        let limits = self.limits.share(1, 3);
        let mut repeated: Sorter<Repeated> = Sorter::new(by_position, &limits);
        let mut first: Option<Window> = None;
        let mut windows = self.windows.finish()?.into_cursor();
        while let Some([high, low, position]) = windows.next()? {
            match first {
                Some([of_high, of_low, first]) if [of_high, of_low] == [high, low] => {
                    repeated.push([position, first])?;
                }
                _ => first = Some([high, low, position]),
            }
        }
        drop(windows);
        let marks = Marker { length: self.length, marks: Sorter::new(by_position, &limits), run: None };
        let marks = marks.all(repeated.finish()?, self.twins)?;
        Ok(Marks { marks: marks.finish()?.into_cursor() })
    }
}

/// Makes marks of repeated windows and of stretches.
struct Marker {
    length: u64,
    marks: Sorter<Mark>,
    /// Neighbouring repeated windows: start, position of the first occurrence of the first, end.
    run: Option<Mark>,
}

impl Marker {
    fn all(mut self, repeated: Sorted<Repeated>, twins: Sorted<Twin>) -> Result<Sorter<Mark>, ExchangeError> {
        let (mut repeated, mut twins) = (repeated.into_cursor(), twins.into_cursor());
        let mut last: Option<Repeated> = None;
        while let Some([first, start, end]) = twins.next()? {
            while let Some(window) = repeated.peek()?.filter(|[position, _]| *position <= first) {
                repeated.next()?;
                self.window(window)?;
                last = Some(window);
            }
            // The first with this text may have windows that stand before it in other text.
            let earliest = last.filter(|[position, _]| *position == first).map_or(first, |[_, earliest]| earliest);
            self.marks.push([start, earliest, end])?;
        }
        while let Some(window) = repeated.next()? {
            self.window(window)?;
        }
        self.end_run()?;
        Ok(self.marks)
    }

    fn window(&mut self, [position, first]: Repeated) -> Result<(), ExchangeError> {
        let (start, end) = (position.max(first + self.length), position + self.length);
        if start > position {
            return self.marks.push([start, first, end]);
        }
        match &mut self.run {
            Some([_, _, run_end]) if *run_end + 1 == end => *run_end = end,
            _ => {
                self.end_run()?;
                self.run = Some([start, first, end]);
            }
        }
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), ExchangeError> {
        self.run.take().map_or(Ok(()), |run| self.marks.push(run))
    }
}

/// A part of a text that is a repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// Position of the first occurrence of the window with which the repeat begins.
    pub first: u64,
}

/// What repeated windows cover.
#[derive(Debug)]
pub struct Marks {
    marks: Cursor<Mark>,
}

impl Marks {
    /// The spans of the text of `len` bytes at `position`, in order, none touching another. Texts come in order.
    pub fn spans(&mut self, position: u64, len: u64) -> Result<Vec<Span>, ExchangeError> {
        let mut spans: Vec<Span> = Vec::new();
        while let Some([start, first, end]) = self.marks.peek()?.filter(|[start, ..]| *start < position + len) {
            if start < position || end > position + len {
                return Err(ExchangeError::OtherText { position: start, what: "what is covered lies outside of it" });
            }
            self.marks.next()?;
            // Texts of 4 GiB have no stretches.
            let place = |at: u64| usize::try_from(at - position).unwrap_or(usize::MAX);
            let (start, end) = (place(start), place(end));
            match spans.last_mut() {
                Some(last) if start <= last.range.end => last.range.end = last.range.end.max(end),
                _ => spans.push(Span { range: start..end, first }),
            }
        }
        Ok(spans)
    }
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of the text.
    pub text: u64,
    /// Byte in it.
    pub byte: u64,
}

/// Finds the texts that positions of first occurrences are in.
#[derive(Debug)]
pub struct FirstPlaces {
    wanted: Cursor<[u64; 2]>,
    found: Sorter<[u64; 3]>,
}

impl FirstPlaces {
    /// `wanted` has positions and for each a number that it is known by, as records.
    pub fn new(wanted: Sorted<[u64; 2]>, limits: &Limits) -> Self {
        Self { wanted: wanted.into_cursor(), found: Sorter::new(Partitioning::of_hashes(0), limits) }
    }

    /// Takes the number, position and length in bytes of the next text; texts come in order.
    pub fn text(&mut self, number: u64, position: u64, len: u64) -> Result<(), ExchangeError> {
        while let Some([first, known_by]) = self.wanted.peek()?.filter(|[first, _]| *first < position + len) {
            self.wanted.next()?;
            self.found.push([known_by, number, first.saturating_sub(position)])?;
        }
        Ok(())
    }

    /// The place for each number that a position is known by, in order of these numbers.
    pub fn finish(self) -> Result<Cursor<[u64; 3]>, ExchangeError> {
        Ok(self.found.finish()?.into_cursor())
    }
}
