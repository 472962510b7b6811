//! MinHash signatures: k minima over the shingles of a document, one per hash function.
//!
//! Of a shingle's 64-bit hash, `low` and `high` being its halves, hash function `i` makes
//!
//! ```text
//! t = low * a[i] + (high ^ b[i])        mod 2^32, a[i] odd
//! h = (t ^ t >> 16) * 0x7FEB352D        mod 2^32
//! ```
//!
//! and the signature holds the least `h` of each. Both lines are one to one in each half of the hash, the second
//! breaks the linearity of the first. All of it is 32-bit multiplication, addition, shift and minimum, which AVX2,
//! AVX-512 and NEON do on 8, 16 and 4 lanes; the kernel is compiled for each and chosen when the program runs. The
//! values do not depend on the choice. `a` and `b` come from `SplitMix64` over the seed: the low and the high half of
//! one output per function.

use pulp::{Arch, Simd, WithSimd};

use crate::{MAX_HASHES, Shingler};

/// The finishing multiplier and its shift of 16: the first round of Chris Wellons' `lowbias32`.
const FINISH: u32 = 0x7FEB_352D;
/// Hash functions that are computed together; the parameters are padded to a multiple of it.
const LANES: usize = 16;
/// Shingles per call of the kernel: they stay in the first-level cache while every hash function reads them.
const BLOCK: usize = 512;

/// The seed that is used where none is given. RedPajama and others use it too, for other hash functions.
pub const DEFAULT_SEED: u64 = 42;

/// The hash functions of one signature length and seed.
#[derive(Debug, Clone)]
pub struct MinHasher {
    multipliers: Vec<[u32; LANES]>,
    masks: Vec<[u32; LANES]>,
    hashes: usize,
    arch: Arch,
}

/// Minima so far of one document, to be filled shingle by shingle. Use it again for the next document.
#[derive(Debug, Clone)]
pub struct Minima<'h> {
    hasher: &'h MinHasher,
    least: Vec<[u32; LANES]>,
    block: [u64; BLOCK],
    filled: usize,
    shingles: u64,
}

impl MinHasher {
    /// `hashes` hash functions, at least 1 and at most [`MAX_HASHES`] of them, from `seed`.
    pub fn new(hashes: u32, seed: u64) -> Self {
        let hashes = hashes.clamp(1, MAX_HASHES) as usize;
        let mut state = seed;
        let groups = hashes.div_ceil(LANES);
        let (mut multipliers, mut masks) = (vec![[0; LANES]; groups], vec![[0; LANES]; groups]);
        for (multiplier, mask) in multipliers.iter_mut().flatten().zip(masks.iter_mut().flatten()) {
            let (low, high) = halves(split_mix(&mut state));
            (*multiplier, *mask) = (low | 1, high);
        }
        Self { multipliers, masks, hashes, arch: Arch::new() }
    }

    /// Length of a signature.
    pub fn hashes(&self) -> usize {
        self.hashes
    }

    /// Empty minima.
    pub fn minima(&self) -> Minima<'_> {
        let least = vec![[u32::MAX; LANES]; self.multipliers.len()];
        Minima { hasher: self, least, block: [0; BLOCK], filled: 0, shingles: 0 }
    }

    /// The signature of a normal form; none if it has no shingle.
    pub fn signature(&self, shingler: Shingler, text: &str) -> Option<Vec<u32>> {
        let mut minima = self.minima();
        let mut signature = Vec::new();
        minima.read(shingler, text, &mut signature).then_some(signature)
    }
}

impl Minima<'_> {
    /// Takes one shingle.
    #[inline]
    pub fn add(&mut self, shingle: u64) {
        if let Some(slot) = self.block.get_mut(self.filled) {
            *slot = shingle;
        }
        self.filled += 1;
        if self.filled >= BLOCK {
            self.flush();
        }
    }

    /// Ends the document: its signature is appended to `signatures`. False, and nothing appended, if it had no
    /// shingle: such a document is like no other.
    pub fn finish(&mut self, signatures: &mut Vec<u32>) -> bool {
        self.flush();
        let some = self.shingles > 0;
        if some {
            signatures.extend(self.least.iter().flatten().take(self.hasher.hashes));
        }
        self.least.fill([u32::MAX; LANES]);
        self.shingles = 0;
        some
    }

    /// Reads one document: [`Self::add`] for each shingle, then [`Self::finish`].
    pub fn read(&mut self, shingler: Shingler, text: &str, signatures: &mut Vec<u32>) -> bool {
        shingler.for_each(text, |shingle| self.add(shingle));
        self.finish(signatures)
    }

    fn flush(&mut self) {
        let block = self.block.get(..self.filled).unwrap_or(&self.block);
        self.shingles += block.len() as u64;
        self.filled = 0;
        self.hasher.arch.dispatch(Update { hasher: self.hasher, minima: &mut self.least, block });
    }
}

/// Takes a block of shingles into the minima. A type of its own, because only its method is sure to be inlined into
/// the copies for each set of CPU features.
struct Update<'u> {
    hasher: &'u MinHasher,
    minima: &'u mut [[u32; LANES]],
    block: &'u [u64],
}

impl WithSimd for Update<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "only inlining passes the CPU features on")]
    fn with_simd<S: Simd>(self, _: S) {
        let groups = self.hasher.multipliers.iter().zip(&self.hasher.masks);
        for (minima, (multipliers, masks)) in self.minima.iter_mut().zip(groups) {
            *minima = kernel(*minima, multipliers, masks, self.block);
        }
    }
}

/// The minima of one group of hash functions after `shingles`.
#[inline(always)]
#[allow(clippy::inline_always, reason = "compiled once per set of CPU features, which only inlining passes on")]
fn kernel(
    mut minima: [u32; LANES],
    multipliers: &[u32; LANES],
    masks: &[u32; LANES],
    shingles: &[u64],
) -> [u32; LANES] {
    for shingle in shingles {
        let (low, high) = halves(*shingle);
        for ((minimum, multiplier), mask) in minima.iter_mut().zip(multipliers).zip(masks) {
            *minimum = (*minimum).min(hash(low, high, *multiplier, *mask));
        }
    }
    minima
}

/// One hash function on the halves of a shingle's hash.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of the kernel")]
fn hash(low: u32, high: u32, multiplier: u32, mask: u32) -> u32 {
    let mixed = low.wrapping_mul(multiplier).wrapping_add(high ^ mask);
    (mixed ^ (mixed >> 16)).wrapping_mul(FINISH)
}

/// The low and the high 32 bits.
#[inline(always)]
#[allow(clippy::inline_always, clippy::cast_possible_truncation, reason = "part of the kernel; the halves are meant")]
fn halves(value: u64) -> (u32, u32) {
    (value as u32, (value >> 32) as u32)
}

/// The next output of `SplitMix64` (Steele, Lea, Flood 2014).
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// The share of hash functions in which two signatures agree: an estimate of the Jaccard similarity whose standard
/// deviation is sqrt(j (1 - j) / k). 0 if the lengths differ or are 0.
pub fn agreement(left: &[u32], right: &[u32]) -> f64 {
    if left.len() != right.len() || left.is_empty() {
        return 0.0;
    }
    let agree = left.iter().zip(right).map(|(left, right)| u32::from(left == right)).sum::<u32>();
    f64::from(agree) / left.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(hasher: &MinHasher, shingles: impl Iterator<Item = u64>) -> Vec<u32> {
        let (mut minima, mut signature) = (hasher.minima(), Vec::new());
        shingles.for_each(|shingle| minima.add(shingle));
        assert!(minima.finish(&mut signature));
        signature
    }

    fn element(number: u64) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes())
    }

    #[test]
    fn equals_the_formula_on_every_processor() {
        for (hashes, count) in [(1, 1), (16, 3), (112, 511), (113, 512), (128, 513), (9000, 40)] {
            let hasher = MinHasher::new(hashes, 7);
            let found = signature(&hasher, (0..count).map(element));
            let mut state = 7;
            let expected: Vec<u32> = (0..hashes)
                .map(|_| {
                    let parameters = split_mix(&mut state);
                    let (a, b) = ((parameters & 0xFFFF_FFFF) | 1, parameters >> 32);
                    let formula = |x: u64| {
                        let t = ((x & 0xFFFF_FFFF) * a + ((x >> 32) ^ b)) & 0xFFFF_FFFF;
                        u32::try_from(((t ^ (t >> 16)) * u64::from(FINISH)) & 0xFFFF_FFFF).expect("32 bits")
                    };
                    (0..count).map(|number| formula(element(number))).min().expect("not empty")
                })
                .collect();
            assert_eq!(found, expected, "{hashes} hashes of {count} shingles");
        }
    }

    #[test]
    fn every_set_of_cpu_features_gives_the_same() {
        let best = MinHasher::new(128, DEFAULT_SEED);
        let mut others = vec![Arch::Scalar];
        #[cfg(target_arch = "x86_64")]
        others.extend(pulp::x86::V3::try_new().map(Arch::V3));
        for arch in others {
            let other = MinHasher { arch, ..best.clone() };
            assert_eq!(signature(&best, (0..5000).map(element)), signature(&other, (0..5000).map(element)), "{arch:?}");
        }
    }

    #[test]
    fn values_are_fixed() {
        let first = signature(&MinHasher::new(4, DEFAULT_SEED), (0..1000).map(element));
        assert_eq!(first, FIXED, "a change of values makes every stored index useless");
    }

    /// What the formula gives; indexes that are kept depend on it.
    const FIXED: [u32; 4] = [5_979_960, 119_285, 7_567_917, 752_305];

    #[test]
    fn minima_can_be_used_again_and_empty_is_none() {
        let hasher = MinHasher::new(20, 1);
        let (mut minima, mut out) = (hasher.minima(), Vec::new());
        assert!(!minima.finish(&mut out));
        minima.add(5);
        assert!(minima.finish(&mut out));
        minima.add(5);
        assert!(minima.finish(&mut out));
        assert_eq!(out.len(), 40);
        assert_eq!(out.get(..20), out.get(20..));
        assert!(!minima.finish(&mut out));
    }

    /// Mean and variance of the estimate over many pairs of sets are those of independent uniform hash functions.
    #[test]
    fn the_error_is_that_of_theory() {
        const HASHES: u32 = 128;
        const PAIRS: u64 = 1500;
        for (shared, own) in [(20_u64, 5_u64), (50, 50), (10, 90), (400, 50)] {
            let jaccard = shared as f64 / (shared + 2 * own) as f64;
            let (mut sum, mut squares) = (0.0, 0.0);
            for pair in 0..PAIRS {
                // New hash functions and new elements each time.
                let hasher = MinHasher::new(HASHES, pair * 31 + shared);
                let base = pair * 100_000;
                let left = signature(&hasher, (base..base + shared + own).map(element));
                let right = (base..base + shared).chain(base + 50_000..base + 50_000 + own);
                let estimate = agreement(&left, &signature(&hasher, right.map(element)));
                sum += estimate - jaccard;
                squares += (estimate - jaccard).powi(2);
            }
            let theory = jaccard * (1.0 - jaccard) / f64::from(HASHES);
            let (bias, variance) = (sum / PAIRS as f64, squares / PAIRS as f64);
            let deviations = bias / (theory / PAIRS as f64).sqrt();
            assert!(deviations.abs() < 4.0, "bias {bias:.5} at {jaccard:.2}: {deviations:.1} standard deviations");
            // The variance of 1,500 estimates strays by 3.7 %: 15 % is four times that.
            assert!(
                (variance / theory - 1.0).abs() < 0.15,
                "variance {:.3} of theory at {jaccard:.2}",
                variance / theory
            );
        }
    }

    /// One set of hash functions for many documents, as in practice: no function is worse than the others, and two
    /// functions do not agree more often than independent ones.
    #[test]
    fn functions_are_independent_of_one_another() {
        let hasher = MinHasher::new(112, DEFAULT_SEED);
        let (shared, own, pairs) = (60_u64, 20_u64, 2000_u64);
        let jaccard = 60.0 / 100.0;
        let mut hits = vec![0_u32; 112];
        let mut both = 0_u64;
        for pair in 0..pairs {
            let base = pair * 100_000;
            let left = signature(&hasher, (base..base + shared + own).map(element));
            let right = (base..base + shared).chain(base + 50_000..base + 50_000 + own);
            let right = signature(&hasher, right.map(element));
            let agree: Vec<bool> = left.iter().zip(&right).map(|(left, right)| left == right).collect();
            hits.iter_mut().zip(&agree).for_each(|(hits, agree)| *hits += u32::from(*agree));
            both += agree.windows(2).filter(|pair| pair.iter().all(|agree| *agree)).count() as u64;
        }
        let deviation = (jaccard * (1.0 - jaccard) / pairs as f64).sqrt();
        for (function, hits) in hits.iter().enumerate() {
            let off = (f64::from(*hits) / pairs as f64 - jaccard) / deviation;
            assert!(off.abs() < 4.5, "function {function} is off by {off:.1} standard deviations");
        }
        let together = both as f64 / (pairs * 111) as f64;
        assert!((together - jaccard * jaccard).abs() < 0.01, "neighbours agree in {together:.4}");
    }
}
