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
        let low = self.next();
        unit(low, self.next())
    }

    /// The numbers of [`unit`](Self::unit), four at a time.
    pub(crate) fn units(mut self) -> Units {
        let first = std::array::from_fn(|_| {
            self.next();
            self.0
        });
        Units(first)
    }

    /// Puts `values` in random order.
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            values.swap(last, self.below(last + 1));
        }
    }
}

/// A number from 0 to 1, without 1, of two drawn from 0 to `NUMBERS - 1`.
fn unit(low: u64, high: u64) -> f64 {
    let numbers = NUMBERS as f64;
    ((low as f64 + high as f64 * numbers) / (numbers * numbers)).min(1.0 - f64::EPSILON / 2.0)
}

/// The next eight states, each of which goes eight steps at once, so that none waits for another.
#[derive(Debug, Clone)]
pub(crate) struct Units([u64; 8]);

impl Units {
    /// The next four numbers.
    pub(crate) fn next_four(&mut self) -> [f64; 4] {
        const EIGHT_STEPS: u64 = {
            let two = MULTIPLIER * MULTIPLIER % MODULUS;
            let four = two * two % MODULUS;
            four * four % MODULUS
        };
        let states = self.0;
        self.0 = states.map(|state| state * EIGHT_STEPS % MODULUS);
        std::array::from_fn(|at| unit(states[2 * at] - 1, states[2 * at + 1] - 1))
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
    fn four_at_a_time_are_the_same_numbers() {
        let (mut one, mut four) = (Random::new(5), Random::new(5).units());
        for _ in 0..100 {
            assert_eq!(four.next_four().map(f64::to_bits), std::array::from_fn(|_| one.unit().to_bits()));
        }
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(0);
        assert!((0..1000).all(|_| random.below(7) < 7 && random.below(1) == 0));
        assert!((0..1000).map(|_| random.unit()).all(|unit| (0.0..1.0).contains(&unit)));
    }
}
