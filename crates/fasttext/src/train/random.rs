/// The generator of fastText: `minstd` of Park and Miller (1993), as the C++ library has it, and its ways to turn the
/// numbers into ranges, so that one seed gives the same first weights and the same draws.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

const MULTIPLIER: u64 = 48_271;
const MODULUS: u64 = (1 << 31) - 1;
/// Different numbers that it gives: 1 to `MODULUS - 1`.
const NUMBERS: u64 = MODULUS - 1;

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let state = seed % MODULUS;
        Self(if state == 0 { 1 } else { state })
    }

    /// A number from 0 to `NUMBERS - 1`.
    fn next(&mut self) -> u64 {
        self.0 = self.0 * MULTIPLIER % MODULUS;
        self.0 - 1
    }

    /// A number below `bound`, which is from 1 to 2^31 - 3. It takes a draw even for a bound of 1.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = (bound as u64).clamp(1, NUMBERS - 1);
        let share = (NUMBERS - 1) / bound;
        loop {
            let drawn = self.next() / share;
            if drawn < bound {
                return usize::try_from(drawn).unwrap_or_default();
            }
        }
    }

    /// A number from 0 to 1, without 1, of two draws.
    pub(crate) fn unit(&mut self) -> f64 {
        let low = self.next() as f64;
        let high = self.next() as f64;
        let numbers = NUMBERS as f64;
        ((low + high * numbers) / (numbers * numbers)).min(1.0 - f64::EPSILON / 2.0)
    }

    /// Puts `values` in random order.
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_thousandth_number_is_that_of_the_standard() {
        let mut random = Random::new(1);
        let last = (0..10_000).map(|_| random.next()).last();
        assert_eq!(last, Some(399_268_537 - 1));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(0);
        assert!((0..1000).all(|_| random.below(7) < 7 && random.below(1) == 0));
        assert!((0..1000).map(|_| random.unit()).all(|unit| (0.0..1.0).contains(&unit)));
    }
}
