//! Loops over rows of weights, compiled once for each set of CPU features. Every number is computed in the same order
//! whichever is chosen, so that the bits do not depend on the processor.

use pulp::{Arch, Simd, WithSimd};

/// Sums that a dot product keeps side by side.
const LANES: usize = 16;

/// The loops for this processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kernels(Arch);

impl Kernels {
    pub(crate) fn new() -> Self {
        Self(Arch::new())
    }

    /// Adds `row` to `sum`.
    pub(crate) fn add(self, sum: &mut [f32], row: &[f32]) {
        self.0.dispatch(Add { sum, row });
    }

    /// Adds rows of `values`, which has as many columns as `sum`. Rows that are not there count as nothing.
    pub(crate) fn add_rows(self, sum: &mut [f32], values: &[f32], rows: &[u32]) {
        self.0.dispatch(AddRows { sum, values, rows });
    }

    /// Adds `row` to rows of `values`, one after the other.
    pub(crate) fn change_rows(self, values: &mut [f32], rows: &[u32], row: &[f32]) {
        self.0.dispatch(ChangeRows { values, rows, row });
    }

    /// Adds `factor` times `weights` to `gradient`, then `factor` times `hidden` to `weights`.
    pub(crate) fn step(self, weights: &mut [f32], factor: f32, hidden: &[f32], gradient: &mut [f32]) {
        self.0.dispatch(Step { weights, factor, hidden, gradient });
    }

    /// The dot product: sixteen sums side by side, which are added in a fixed order.
    pub(crate) fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        self.0.dispatch(Dot { a, b })
    }
}

struct Add<'a> {
    sum: &'a mut [f32],
    row: &'a [f32],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "only inlining passes the CPU features on")]
    fn with_simd<S: Simd>(self, simd: S) {
        add(simd, self.sum, self.row);
    }
}

struct AddRows<'a> {
    sum: &'a mut [f32],
    values: &'a [f32],
    rows: &'a [u32],
}

impl WithSimd for AddRows<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "only inlining passes the CPU features on")]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sum, values, rows } = self;
        let columns = sum.len();
        // Four at a time, so that the sum is read and written less often.
        let (fours, rest) = rows.as_chunks::<4>();
        for [a, b, c, d] in fours {
            let row = |row: u32| row_of(values, columns, row);
            add_four(simd, sum, [row(*a), row(*b), row(*c), row(*d)]);
        }
        for row in rest {
            add(simd, sum, row_of(values, columns, *row));
        }
    }
}

struct ChangeRows<'a> {
    values: &'a mut [f32],
    rows: &'a [u32],
    row: &'a [f32],
}

impl WithSimd for ChangeRows<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "only inlining passes the CPU features on")]
    fn with_simd<S: Simd>(self, simd: S) {
        let columns = self.row.len();
        for row in self.rows {
            let start = *row as usize * columns;
            add(simd, self.values.get_mut(start..start + columns).unwrap_or_default(), self.row);
        }
    }
}

struct Step<'a> {
    weights: &'a mut [f32],
    factor: f32,
    hidden: &'a [f32],
    gradient: &'a mut [f32],
}

impl WithSimd for Step<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "only inlining passes the CPU features on")]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { weights, factor, hidden, gradient } = self;
        let many = simd.splat_f32s(factor);
        let (weights, weights_rest) = S::as_mut_simd_f32s(weights);
        let (hidden, hidden_rest) = S::as_simd_f32s(hidden);
        let (gradient, gradient_rest) = S::as_mut_simd_f32s(gradient);
        for ((weight, hidden), gradient) in weights.iter_mut().zip(hidden).zip(gradient) {
            *gradient = simd.add_f32s(*gradient, simd.mul_f32s(many, *weight));
            *weight = simd.add_f32s(*weight, simd.mul_f32s(many, *hidden));
        }
        for ((weight, hidden), gradient) in weights_rest.iter_mut().zip(hidden_rest).zip(gradient_rest) {
            *gradient += factor * *weight;
            *weight += factor * hidden;
        }
    }
}

struct Dot<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "only inlining passes the CPU features on")]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let ((a, a_rest), (b, b_rest)) = (self.a.as_chunks::<LANES>(), self.b.as_chunks::<LANES>());
        let mut lanes = [0.0_f32; LANES];
        for (a, b) in a.iter().zip(b) {
            for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
                *lane += a * b;
            }
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        lanes.iter().sum::<f32>() + rest
    }
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "part of the kernels")]
fn row_of(values: &[f32], columns: usize, row: u32) -> &[f32] {
    let start = row as usize * columns;
    values.get(start..start + columns).unwrap_or_default()
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "part of the kernels")]
fn add<S: Simd>(simd: S, sum: &mut [f32], row: &[f32]) {
    let (sums, sums_rest) = S::as_mut_simd_f32s(sum);
    let (rows, rows_rest) = S::as_simd_f32s(row);
    for (sum, row) in sums.iter_mut().zip(rows) {
        *sum = simd.add_f32s(*sum, *row);
    }
    add_rest(sums_rest, [rows_rest], |[row]| row);
}

#[inline(always)]
#[allow(clippy::inline_always, reason = "part of the kernels")]
fn add_four<S: Simd>(simd: S, sum: &mut [f32], [a, b, c, d]: [&[f32]; 4]) {
    let (sums, sums_rest) = S::as_mut_simd_f32s(sum);
    let [(a, a_rest), (b, b_rest), (c, c_rest), (d, d_rest)] = [a, b, c, d].map(S::as_simd_f32s);
    for ((((sum, a), b), c), d) in sums.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *sum = simd.add_f32s(*sum, simd.add_f32s(simd.add_f32s(*a, *b), simd.add_f32s(*c, *d)));
    }
    add_rest(sums_rest, [a_rest, b_rest, c_rest, d_rest], |[a, b, c, d]| (a + b) + (c + d));
}

/// The columns that do not fill a register, four at a time.
#[inline(always)]
#[allow(clippy::inline_always, reason = "part of the kernels")]
fn add_rest<const N: usize>(sum: &mut [f32], rows: [&[f32]; N], join: impl Fn([f32; N]) -> f32) {
    let (sums, last) = sum.as_chunks_mut::<4>();
    let done = sums.len() * 4;
    for (index, sum) in sums.iter_mut().enumerate() {
        let fours = rows.map(|row| row.as_chunks::<4>().0.get(index).copied().unwrap_or_default());
        let before = *sum;
        *sum = std::array::from_fn(|lane| before[lane] + join(fours.map(|four| four[lane])));
    }
    for (index, sum) in last.iter_mut().enumerate() {
        *sum += join(rows.map(|row| row.get(done + index).copied().unwrap_or_default()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that the kernels compute, as bits.
    fn run(kernels: Kernels) -> Vec<u32> {
        let numbers = |from: u16, count: u16| (from..from + count).map(|at| (f32::from(at) * 0.37).sin());
        let columns = 37;
        let mut values: Vec<f32> = numbers(0, 6 * 37).collect();
        let (mut sum, mut gradient) = (vec![0.1; columns], vec![0.2; columns]);
        let hidden: Vec<f32> = numbers(500, 37).collect();
        kernels.add_rows(&mut sum, &values, &[0, 5, 2, 2, 1, 3, 99]);
        kernels.add(&mut sum, &hidden);
        kernels.change_rows(&mut values, &[1, 4, 1], &hidden);
        kernels.step(values.get_mut(..columns).expect("long"), 0.3, &hidden, &mut gradient);
        let dot = kernels.dot(&sum, &hidden);
        [values, sum, gradient, vec![dot]].concat().into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn bits_do_not_depend_on_the_processor() {
        let best = run(Kernels::new());
        let mut others = vec![Arch::Scalar];
        #[cfg(target_arch = "x86_64")]
        others.extend(pulp::x86::V3::try_new().map(Arch::V3));
        for arch in others {
            assert_eq!(run(Kernels(arch)), best, "{arch:?}");
        }
    }
}
