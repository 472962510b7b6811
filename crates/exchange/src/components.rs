//! Connected components of pairs of numbers.
//!
//! Pairs are gathered until memory is full and then contracted: a union-find over the different numbers among them, ranked
//! so that their places are dense, leaves one pair for each number that is not the smallest of its component. While that
//! makes enough room, this is all there is. Where it does not, contracted pairs go to disk, and rounds follow, each of a
//! large-star and a small-star step (Kiveris et al., "Connected Components in `MapReduce` and Beyond", 2014): the first
//! joins the larger neighbours of each number to its smallest one, the second the smaller neighbours. Both keep what is
//! connected connected, and when a round changes nothing, each number hangs at the smallest of its component. What a step
//! makes is contracted in turn, so that a few rounds are enough.

use crate::sorter::{Cursor, Partitioning, Sorted};
use crate::{ExchangeError, Limits, Sorter, sort_records};

/// Bytes that contracting needs of a pair: the pair, two numbers and room to sort them in, and a place in the union-find
/// for each number.
const PAIR_BYTES: usize = 16 + 2 * (8 + 8) + 2 * 4;
/// Fewest pairs that are contracted at once.
const MIN_PAIRS: usize = 16;
/// Partitions of sorted pairs, as bits: their numbers are dense or not, each partition fits or is merged.
const PARTITION_BITS: u32 = 8;
/// Share of a full buffer that contracting must leave free, as a divisor: below it the same pairs would be contracted over
/// and over.
const MIN_FREED: usize = 4;

type Pair = [u64; 2];

/// Takes pairs of numbers that belong together.
#[derive(Debug)]
pub struct ComponentSorter {
    pairs: Contractor,
    contracted: Option<Sorter<Pair>>,
    /// The largest number so far.
    largest: u64,
    limits: Limits,
}

/// Each number of a pair with the smallest of its component.
#[derive(Debug)]
pub struct Components {
    members: Cursor<Pair>,
    rounds: u32,
    last: Option<Pair>,
}

impl ComponentSorter {
    /// Holds about `limits.memory` bytes.
    pub fn new(limits: &Limits) -> Self {
        Self { pairs: Contractor::new(&limits.share(1, 2)), contracted: None, largest: 0, limits: limits.clone() }
    }

    /// Joins the components of two numbers; a number may be joined with itself.
    pub fn join(&mut self, left: u64, right: u64) -> Result<(), ExchangeError> {
        self.largest = self.largest.max(left).max(right);
        if self.pairs.push(left, right)? {
            return Ok(());
        }
        let pairs = Pairs { largest: self.largest, limits: self.limits.share(1, 2) };
        let contracted = self.contracted.get_or_insert_with(|| pairs.sorter());
        self.pairs.pour(|pair| contracted.push(pair))
    }

    /// The components.
    pub fn finish(mut self) -> Result<Components, ExchangeError> {
        let on_disk = Pairs { largest: self.largest, limits: self.limits.share(1, 2) };
        let Some(mut pairs) = self.contracted else {
            self.pairs.contract()?;
            return Components::new(std::mem::take(&mut self.pairs.pairs), None, 0, &on_disk);
        };
        self.pairs.pour(|pair| pairs.push(pair))?;
        drop(self.pairs);
        let mut rounds = 0;
        loop {
            let (large, changed_by_large) = large_star(pairs.finish()?, &on_disk)?;
            let (small, changed_by_small) = small_star(large, &on_disk)?;
            rounds += 1;
            if !changed_by_large && !changed_by_small {
                return Components::new(Vec::new(), Some(small), rounds, &on_disk);
            }
            // Contracting changes nothing where every number hangs at the smallest of its component already.
            let mut contractor = Contractor::new(&on_disk.limits);
            let mut next = on_disk.sorter();
            let mut cursor = small.into_cursor();
            while let Some([number, least]) = cursor.next()? {
                if !contractor.push(number, least)? {
                    contractor.pour(|pair| next.push(pair))?;
                }
            }
            contractor.pour(|pair| next.push(pair))?;
            pairs = next;
        }
    }
}

impl Components {
    fn new(held: Vec<Pair>, sorted: Option<Sorted<Pair>>, rounds: u32, on_disk: &Pairs) -> Result<Self, ExchangeError> {
        let mut members = on_disk.sorter();
        let mut add = |[number, least]: Pair| {
            members.push([number, least])?;
            // Once for a run of members of one component would be enough; equal records are given once in any case.
            members.push([least, least])
        };
        held.into_iter().try_for_each(&mut add)?;
        let mut cursor = sorted.map(Sorted::into_cursor);
        while let Some(pair) = cursor.as_mut().map(Cursor::next).transpose()?.flatten() {
            add(pair)?;
        }
        Ok(Self { members: members.finish()?.into_cursor(), rounds, last: None })
    }

    /// The rounds over pairs on disk; 0 where all fitted into memory.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The next number that was joined with any, in ascending order, and the smallest of its component.
    pub fn next_member(&mut self) -> Result<Option<(u64, u64)>, ExchangeError> {
        while let Some(pair) = self.members.next()? {
            if self.last != Some(pair) {
                self.last = Some(pair);
                let [number, least] = pair;
                return Ok(Some((number, least)));
            }
        }
        Ok(None)
    }
}

/// How pairs on disk are sorted.
#[derive(Debug)]
struct Pairs {
    largest: u64,
    limits: Limits,
}

impl Pairs {
    fn sorter(&self) -> Sorter<Pair> {
        let partitioning = Partitioning::below(self.largest.saturating_add(1), PARTITION_BITS);
        Sorter::new(partitioning, &self.limits)
    }
}

/// Gathers pairs and contracts them when there are as many as fit.
#[derive(Debug)]
struct Contractor {
    pairs: Vec<Pair>,
    most: usize,
}

impl Contractor {
    fn new(limits: &Limits) -> Self {
        Self { pairs: Vec::new(), most: (limits.memory / PAIR_BYTES).max(MIN_PAIRS) }
    }

    /// Takes a pair. False where there is no room for more: then [`pour`](Self::pour).
    fn push(&mut self, left: u64, right: u64) -> Result<bool, ExchangeError> {
        self.pairs.push([left.max(right), left.min(right)]);
        if self.pairs.len() < self.most {
            return Ok(true);
        }
        self.contract()?;
        Ok(self.pairs.len() <= self.most - self.most / MIN_FREED)
    }

    /// Gives away what is there, contracted.
    fn pour(&mut self, take: impl FnMut(Pair) -> Result<(), ExchangeError>) -> Result<(), ExchangeError> {
        self.contract()?;
        self.pairs.drain(..).try_for_each(take)
    }

    /// Leaves one pair for each number that is not the smallest of its component, and one of itself for a number that is
    /// alone.
    fn contract(&mut self) -> Result<(), ExchangeError> {
        let mut numbers: Vec<[u64; 1]> = self.pairs.iter().flatten().map(|number| [*number]).collect();
        sort_records(&mut numbers, &mut Vec::new(), 1);
        numbers.dedup();
        let count = u32::try_from(numbers.len()).map_err(|_| ExchangeError::TooManyNumbers(numbers.len()))?;
        let rank = |number: u64| numbers.binary_search(&[number]).unwrap_or(0);
        let mut sets = Sets((0..count).collect());
        for [larger, smaller] in &self.pairs {
            sets.join(rank(*larger), rank(*smaller));
        }
        self.pairs.clear();
        sets.flatten();
        let mut alone = vec![true; numbers.len()];
        for (place, root) in sets.roots().filter(|(place, root)| place != root) {
            alone[root] = false;
            self.pairs.push([numbers[place][0], numbers[root][0]]);
        }
        for (place, root) in sets.roots().filter(|(place, root)| place == root) {
            if alone[root] {
                self.pairs.push([numbers[place][0], numbers[root][0]]);
            }
        }
        Ok(())
    }
}

/// Union-find over places; the root is the smallest place.
struct Sets(Vec<u32>);

impl Sets {
    fn root(&mut self, mut place: usize) -> usize {
        while self.0[place] as usize != place {
            let above = self.0[self.0[place] as usize];
            self.0[place] = above;
            place = above as usize;
        }
        place
    }

    /// Hangs each place at its root: what is above a place is smaller and hangs there already.
    fn flatten(&mut self) {
        for place in 0..self.0.len() {
            self.0[place] = self.0[self.0[place] as usize];
        }
    }

    /// Each place and what it hangs at.
    fn roots(&self) -> impl Iterator<Item = (usize, usize)> {
        self.0.iter().map(|root| *root as usize).enumerate()
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        let (root, other) = (left.min(right), left.max(right));
        // Places were counted with 32 bits.
        self.0[other] = u32::try_from(root).unwrap_or(u32::MAX);
    }
}

/// Joins the larger neighbours of each number to its smallest neighbour, or to itself where that is smaller. Says whether
/// any pair became another one.
fn large_star(pairs: Sorted<Pair>, on_disk: &Pairs) -> Result<(Sorted<Pair>, bool), ExchangeError> {
    let mut both = on_disk.sorter();
    let mut cursor = pairs.into_cursor();
    while let Some([larger, smaller]) = cursor.next()? {
        both.push([larger, smaller])?;
        both.push([smaller, larger])?;
    }
    drop(cursor);
    let (mut made, mut changed) = (on_disk.sorter(), false);
    each_star(both.finish()?, |number, neighbour, least| {
        let least = least.min(number);
        if neighbour > number {
            changed |= least != number;
            made.push([neighbour, least])?;
        } else if neighbour == number && least == number {
            made.push([number, number])?;
        }
        Ok(())
    })?;
    Ok((made.finish()?, changed))
}

/// Joins each number and its smaller neighbours to the smallest of them. Says whether any number had several.
fn small_star(pairs: Sorted<Pair>, on_disk: &Pairs) -> Result<(Sorted<Pair>, bool), ExchangeError> {
    let (mut made, mut changed) = (on_disk.sorter(), false);
    each_star(pairs, |number, neighbour, least| {
        if neighbour == least {
            return made.push([number, least]);
        }
        if neighbour < number {
            changed = true;
            return made.push([neighbour, least]);
        }
        Ok(())
    })?;
    Ok((made.finish()?, changed))
}

/// Calls `take` with each number, each of its different neighbours in order and the smallest of these.
fn each_star(
    pairs: Sorted<Pair>,
    mut take: impl FnMut(u64, u64, u64) -> Result<(), ExchangeError>,
) -> Result<(), ExchangeError> {
    let mut cursor = pairs.into_cursor();
    let mut star: Option<(u64, u64)> = None;
    let mut last = None;
    while let Some(pair) = cursor.next()? {
        if last == Some(pair) {
            continue;
        }
        last = Some(pair);
        let [number, neighbour] = pair;
        let least = match star {
            Some((of, least)) if of == number => least,
            _ => neighbour,
        };
        star = Some((number, least));
        take(number, neighbour, least)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const TINY: usize = 0;
    const LARGE: usize = 1 << 30;

    fn found(pairs: impl IntoIterator<Item = (u64, u64)>, memory: usize) -> (Vec<(u64, u64)>, u32) {
        let mut sorter = ComponentSorter::new(&Limits { memory, ..Limits::default() });
        pairs.into_iter().for_each(|(left, right)| sorter.join(left, right).expect("takes"));
        let mut components = sorter.finish().expect("finds");
        let mut members = Vec::new();
        while let Some(member) = components.next_member().expect("reads") {
            members.push(member);
        }
        (members, components.rounds())
    }

    fn root(parents: &mut BTreeMap<u64, u64>, number: u64) -> u64 {
        let (mut at, mut path) = (number, Vec::new());
        while parents[&at] != at {
            path.push(at);
            at = parents[&at];
        }
        for passed in path {
            parents.insert(passed, at);
        }
        at
    }

    /// A plain union-find over a map.
    fn expected(pairs: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let mut parents: BTreeMap<u64, u64> =
            pairs.iter().flat_map(|(left, right)| [*left, *right]).map(|number| (number, number)).collect();
        for (left, right) in pairs {
            let (left, right) = (root(&mut parents, *left), root(&mut parents, *right));
            parents.insert(left.max(right), left.min(right));
        }
        let numbers: Vec<u64> = parents.keys().copied().collect();
        numbers.into_iter().map(|number| (number, root(&mut parents, number))).collect()
    }

    #[test]
    fn chains_of_a_million_come_together_in_any_memory() {
        let last = 1_000_000;
        let chain = || (0..last).map(|number| (number + 1, number));
        let all: Vec<_> = (0..=last).map(|number| (number, 0)).collect();
        let (members, rounds) = found(chain(), LARGE);
        assert!(members == all && rounds == 0);
        let (members, rounds) = found(chain(), 1 << 20);
        assert!(members == all && rounds > 0 && rounds < 12, "{rounds} rounds");
        // From the wrong end, and in an order that joins far parts last.
        let (members, _) = found(chain().collect::<Vec<_>>().into_iter().rev(), 4 << 20);
        assert!(members == all);
        let (members, rounds) =
            found((0..last).map(|number| number * 611_953 % last).map(|number| (number, number + 1)), 4 << 20);
        assert!(members == all && rounds < 30, "{rounds} rounds");
    }

    #[test]
    fn stars_cliques_and_numbers_alone() {
        let star: Vec<_> = (0..3_000).map(|leaf| (1 << 60, leaf * 7 + 5)).collect();
        let clique: Vec<_> = (0..60).flat_map(|left| (0..60).map(move |right| (left * 3, right * 3))).collect();
        let alone: Vec<_> = (100..400).map(|number| (number, number)).collect();
        let rings: Vec<_> =
            (0..50).flat_map(|ring| (0..40).map(move |at| (ring * 40 + at, ring * 40 + (at + 1) % 40))).collect();
        for pairs in [star, clique, alone, rings, vec![(u64::MAX, 0)], Vec::new()] {
            let wanted = expected(&pairs);
            for memory in [TINY, 5_000, LARGE] {
                assert!(found(pairs.iter().copied(), memory).0 == wanted, "{} pairs, {memory}", pairs.len());
            }
        }
    }

    fn random(pairs: u64, numbers: u64) -> Vec<(u64, u64)> {
        let mix = |number: u64| {
            let mixed = (number ^ number >> 33).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
            (mixed ^ mixed >> 33).wrapping_mul(0xC4CE_B9FE_1A85_EC53) >> 11
        };
        (0..pairs).map(|pair| (mix(2 * pair) % numbers, mix(2 * pair + 1) % numbers)).collect()
    }

    #[test]
    fn random_pairs_give_the_components_of_a_plain_union_find() {
        for (pairs, numbers) in [(20_000, 40_000), (20_000, 9_000), (5_000, 1 << 50)] {
            let pairs = random(pairs, numbers);
            let wanted = expected(&pairs);
            for memory in [TINY, 60_000, LARGE] {
                assert!(found(pairs.iter().copied(), memory).0 == wanted, "{numbers} {memory}");
            }
        }
    }

    #[test]
    #[ignore = "takes a minute: ten million pairs"]
    #[allow(clippy::print_stdout, reason = "shows the rounds")]
    fn ten_million_random_pairs() {
        let pairs = random(10_000_000, 12_000_000);
        let wanted = expected(&pairs);
        for memory in [64 << 20, LARGE] {
            let (members, rounds) = found(pairs.iter().copied(), memory);
            assert!(members == wanted, "{memory}");
            println!("{memory} bytes: {rounds} rounds");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_pairs(pairs in prop::collection::vec((0..40_u64, 0..40_u64), 0..80)) {
            prop_assert_eq!(found(pairs.iter().copied(), TINY).0, expected(&pairs));
            prop_assert_eq!(found(pairs.iter().copied(), LARGE).0, expected(&pairs));
        }
    }
}
