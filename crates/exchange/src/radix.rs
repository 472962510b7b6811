//! Sorting records in memory.
//!
//! Records are dealt out by the highest bits of their first word that differ, twice where there are many; what is left are
//! piles of some dozens, which are sorted by comparison. Keys are hashes, so piles are even; where they are not, the
//! comparison sort of the standard library has more to do and no worse bound. Measured on 14 million records of two words
//! with random keys, on one core: `cargo test --release -p textmill-exchange -- --ignored speed --nocapture`.

use std::thread;

use crate::Record;

/// Below this number of records dealing out costs more than it saves.
const MIN_DEALT: usize = 1 << 10;
/// Records of a pile that is sorted by comparison, about.
const PILE: usize = 1 << 5;
/// Most piles of one pass, as bits: more of them at once miss the cache.
const MAX_BITS: u32 = 10;
/// Below this number of records for each, another thread is not worth its start.
const MIN_SHARE: usize = 1 << 16;

/// Sorts `records` with at most `threads` threads; `scratch` is room for as many, and what it holds then means nothing.
pub fn sort_records<R: Record>(records: &mut [R], scratch: &mut Vec<R>, threads: usize) {
    let Some(first) = records.first().copied() else { return };
    if records.len() < MIN_DEALT {
        return by_comparison(records);
    }
    if scratch.len() < records.len() {
        scratch.resize(records.len(), first);
    }
    let Some(scratch) = scratch.get_mut(..records.len()) else { return };
    let threads = threads.clamp(1, (records.len() / MIN_SHARE).max(1));
    let Some(digit) = Digit::of(records) else { return by_comparison(records) };

    let ends = deal(records, scratch, digit, threads);

    let piles = cut(scratch, &ends).into_iter().zip(cut(records, &ends)).collect();
    share(piles, threads, |(dealt, place)| settle(dealt, place));
}

fn by_comparison<R: Record>(records: &mut [R]) {
    records.sort_unstable_by(|left, right| left.lead().cmp(&right.lead()).then_with(|| left.cmp(right)));
}

/// Sorts a pile from `dealt` into `place`.
fn settle<R: Record>(dealt: &mut [R], place: &mut [R]) {
    match Digit::of(dealt).filter(|_| dealt.len() >= MIN_DEALT) {
        Some(digit) => {
            let ends = deal(dealt, place, digit, 1);
            cut(place, &ends).into_iter().for_each(by_comparison);
        }
        None => {
            place.copy_from_slice(dealt);
            by_comparison(place);
        }
    }
}

/// Bits of the first word.
#[derive(Debug, Clone, Copy)]
struct Digit {
    shift: u32,
    bits: u32,
}

impl Digit {
    /// The highest bits in which `records` differ, as many as make piles of a good size; none where no first words differ.
    fn of<R: Record>(records: &[R]) -> Option<Self> {
        let first = records.first()?.lead();
        let differing = records.iter().fold(0, |bits, record| bits | (record.lead() ^ first));
        let width = u64::BITS - differing.leading_zeros();
        let wanted = (records.len() / PILE).max(2).ilog2();
        // Two passes of half as many bits each, where one would need too many.
        let bits = if wanted > MAX_BITS { wanted.div_ceil(2).min(MAX_BITS) } else { wanted };
        let bits = bits.min(width);
        (bits > 0).then(|| Self { shift: width - bits, bits })
    }

    fn piles(self) -> usize {
        1 << self.bits
    }

    fn pile<R: Record>(self, record: &R) -> usize {
        // At most `MAX_BITS` bits are left.
        usize::try_from(record.lead() >> self.shift).unwrap_or(0) & (self.piles() - 1)
    }
}

/// Deals `from` out to `to`, in order of the digit, and returns where each pile ends.
fn deal<R: Record>(from: &[R], to: &mut [R], digit: Digit, threads: usize) -> Vec<usize> {
    let share_len = from.len().div_ceil(threads).max(1);
    let shares: Vec<&[R]> = from.chunks(share_len).collect();
    let counts = counted(&shares, digit);
    let mut ends = Vec::with_capacity(digit.piles());
    let mut end = 0;
    for pile in 0..digit.piles() {
        end += counts.iter().filter_map(|counts| counts.get(pile)).sum::<usize>();
        ends.push(end);
    }
    if let ([share], [counts]) = (shares.as_slice(), counts.as_slice()) {
        let places = ends.iter().zip(counts).map(|(end, count)| end - count).collect();
        deal_all(share, to, digit, places);
        return ends;
    }

    // Each thread has a part of each pile for itself.
    let mut places: Vec<Vec<&mut [R]>> = shares.iter().map(|_| Vec::with_capacity(digit.piles())).collect();
    let mut rest = to;
    for pile in 0..digit.piles() {
        for (counts, places) in counts.iter().zip(&mut places) {
            let (place, behind) = rest.split_at_mut(counts.get(pile).copied().unwrap_or(0));
            places.push(place);
            rest = behind;
        }
    }
    thread::scope(|scope| {
        for (share, places) in shares.into_iter().zip(places) {
            scope.spawn(move || deal_share(share, places, digit));
        }
    });
    ends
}

fn counted<R: Record>(shares: &[&[R]], digit: Digit) -> Vec<Vec<usize>> {
    let count = |share: &[R]| {
        let mut counts = vec![0_usize; digit.piles()];
        share.iter().for_each(|record| counts[digit.pile(record)] += 1);
        counts
    };
    match shares {
        [only] => vec![count(only)],
        several => thread::scope(|scope| {
            let running: Vec<_> = several.iter().map(|share| scope.spawn(|| count(share))).collect();
            // A thread that only counts does not panic.
            running.into_iter().filter_map(|thread| thread.join().ok()).collect()
        }),
    }
}

fn deal_all<R: Record>(from: &[R], to: &mut [R], digit: Digit, mut places: Vec<usize>) {
    for record in from {
        let place = &mut places[digit.pile(record)];
        to[*place] = *record;
        *place += 1;
    }
}

fn deal_share<R: Record>(share: &[R], mut places: Vec<&mut [R]>, digit: Digit) {
    let mut filled = vec![0_usize; places.len()];
    for record in share {
        let pile = digit.pile(record);
        places[pile][filled[pile]] = *record;
        filled[pile] += 1;
    }
}

/// `records` cut where each pile ends.
fn cut<'r, R>(records: &'r mut [R], ends: &[usize]) -> Vec<&'r mut [R]> {
    let mut piles = Vec::with_capacity(ends.len());
    let (mut rest, mut start) = (records, 0);
    for end in ends {
        let (pile, behind) = rest.split_at_mut(end - start);
        piles.push(pile);
        (rest, start) = (behind, *end);
    }
    piles
}

/// Does `work` on each of `piles`, of which each thread takes its share.
fn share<P: Send>(piles: Vec<P>, threads: usize, work: impl Fn(P) + Sync) {
    if threads == 1 {
        return piles.into_iter().for_each(work);
    }
    let share = piles.len().div_ceil(threads).max(1);
    let mut piles = piles.into_iter();
    thread::scope(|scope| {
        loop {
            let of_thread: Vec<P> = piles.by_ref().take(share).collect();
            if of_thread.is_empty() {
                break;
            }
            let work = &work;
            scope.spawn(move || of_thread.into_iter().for_each(work));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scattered(count: u64, mask: u64) -> Vec<[u64; 2]> {
        let mix = |number: u64| (number ^ number >> 29).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
        (0..count).map(|number| [mix(number) & mask, mix(number + 77) % 100]).collect()
    }

    #[test]
    fn records_are_sorted_as_by_comparison() {
        for count in [0, 1, 2, 1023, 1024, 5000, 300_000] {
            // All bits, high ones, low ones, few values, one value.
            for mask in [u64::MAX, !0 << 40, 0xFFFF, 0x8000_0000_0000_0001, 0] {
                for threads in [1, 3] {
                    let mut records = scattered(count, mask);
                    let mut expected = records.clone();
                    expected.sort_unstable();
                    sort_records(&mut records, &mut Vec::new(), threads);
                    assert!(records == expected, "{count} {mask:x} {threads}");
                }
            }
        }
    }

    #[test]
    fn scratch_of_an_earlier_sort_serves_again() {
        let mut scratch = Vec::new();
        for count in [5000, 2000, 9000] {
            let mut records: Vec<[u64; 3]> =
                scattered(count, u64::MAX).into_iter().map(|[key, value]| [key, value, key ^ value]).collect();
            sort_records(&mut records, &mut scratch, 1);
            assert!(records.is_sorted());
        }
    }

    #[test]
    #[ignore = "prints times: compare them on a quiet machine"]
    fn speed() {
        let mut records = scattered(14_000_000, u64::MAX);
        let mut other = records.clone();
        let mut scratch = other.clone();
        let started = std::time::Instant::now();
        other.sort_unstable();
        let comparison = started.elapsed();
        let started = std::time::Instant::now();
        sort_records(&mut records, &mut scratch, 1);
        let radix = started.elapsed();
        assert!(records == other);
        println_times(comparison, radix);
    }

    #[allow(clippy::print_stdout, reason = "what the ignored test is for")]
    fn println_times(comparison: std::time::Duration, radix: std::time::Duration) {
        println!("14 million records: sort_unstable {comparison:?}, dealt out {radix:?}");
    }
}
