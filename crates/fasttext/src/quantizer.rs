use crate::FastTextError;
use crate::matrix::{CENTROIDS, Coded, Dense, Quantized};
use crate::train::random::Random;

/// Rows that the centroids are computed from at most, as in fastText.
const MOST_POINTS: usize = 256 * CENTROIDS;
/// Rounds of k-means, and how far the halves of a split cluster move apart, as in fastText.
const ROUNDS: usize = 25;
const APART: f32 = 1e-7;
const SEED: u64 = 1234;

/// Codes of all rows of a matrix (Jégou, Douze, Schmid: "Product Quantization for Nearest Neighbor Search", 2011).
/// With `norms` the rows' lengths are coded apart.
pub(crate) fn quantize(mut matrix: Dense, part: usize, norms: bool) -> Result<Quantized, FastTextError> {
    let Dense { rows, columns, .. } = matrix;
    if rows < CENTROIDS {
        return Err(FastTextError::FewRows { rows });
    }
    let norms = norms.then(|| {
        let lengths: Vec<f32> = matrix.values.chunks(columns).map(length).collect();
        for (row, length) in matrix.values.chunks_mut(columns).zip(&lengths) {
            if *length > 0.0 {
                row.iter_mut().for_each(|value| *value /= length);
            }
        }
        encode(&lengths, 1, 1)
    });
    let coded = encode(&matrix.values, columns, part)?;
    Ok(Quantized { rows, columns, coded, norms: norms.transpose()? })
}

/// The length of a vector.
pub(crate) fn length(row: &[f32]) -> f32 {
    row.iter().map(|value| value * value).sum::<f32>().sqrt()
}

/// Codes of vectors of `columns` numbers, one for every `part` of them.
fn encode(values: &[f32], columns: usize, part: usize) -> Result<Coded, FastTextError> {
    let rows = values.len() / columns;
    let parts = columns.div_ceil(part);
    let size = rows.checked_mul(parts).filter(|size| i32::try_from(*size).is_ok()).ok_or(FastTextError::TooLarge)?;
    let mut coded =
        Coded { columns, parts, part, codes: vec![0; size], centroids: Vec::with_capacity(CENTROIDS * columns) };
    let mut random = Random::new(SEED);
    let mut order: Vec<usize> = (0..rows).collect();
    let mut points = Vec::new();
    for (index, start) in (0..columns).step_by(part).enumerate() {
        let width = part.min(columns - start);
        if rows > MOST_POINTS {
            random.shuffle(&mut order);
        }
        points.clear();
        let chosen = order.iter().take(MOST_POINTS);
        points.extend(chosen.flat_map(|row| values.iter().skip(row * columns + start).take(width)));
        let centroids = cluster(&points, width, &mut random);
        let search = Search::new(&centroids, width);
        let codes = coded.codes.iter_mut().skip(index).step_by(parts);
        for (code, row) in codes.zip(values.chunks(columns)) {
            *code = search.nearest(row.get(start..start + width).unwrap_or_default());
        }
        coded.centroids.extend(centroids);
    }
    Ok(coded)
}

/// The 256 centroids of k-means over points of `width` numbers, of which there are at least 256.
fn cluster(points: &[f32], width: usize, random: &mut Random) -> Vec<f32> {
    let count = points.len() / width;
    let mut order: Vec<usize> = (0..count).collect();
    random.shuffle(&mut order);
    let first = order.iter().take(CENTROIDS);
    let mut centroids: Vec<f32> =
        first.flat_map(|point| points.iter().skip(point * width).take(width)).copied().collect();
    for _ in 0..ROUNDS {
        let search = Search::new(&centroids, width);
        let codes: Vec<u8> = points.chunks(width).map(|point| search.nearest(point)).collect();
        let mut sizes = move_to_means(&mut centroids, points, &codes, width);
        split_for_empty(&mut centroids, &mut sizes, count, width, random);
    }
    centroids
}

/// Puts each centroid in the middle of its points; how many these are.
fn move_to_means(centroids: &mut [f32], points: &[f32], codes: &[u8], width: usize) -> Vec<usize> {
    let mut sizes = vec![0; CENTROIDS];
    centroids.fill(0.0);
    for (point, code) in points.chunks(width).zip(codes) {
        let code = usize::from(*code);
        let sum = centroids.iter_mut().skip(code * width);
        sum.zip(point).for_each(|(sum, value)| *sum += value);
        sizes[code] += 1;
    }
    for (centroid, size) in centroids.chunks_mut(width).zip(&sizes) {
        if *size > 0 {
            centroid.iter_mut().for_each(|value| *value /= *size as f32);
        }
    }
    sizes
}

/// Gives each empty cluster half of a large one.
fn split_for_empty(centroids: &mut [f32], sizes: &mut [usize], count: usize, width: usize, random: &mut Random) {
    for empty in 0..CENTROIDS {
        if sizes[empty] > 0 {
            continue;
        }
        let mut large = 0;
        while sizes[large] < 2 || random.unit() * ((count - CENTROIDS) as f64) >= (sizes[large] - 1) as f64 {
            large = (large + 1) % CENTROIDS;
        }
        for column in 0..width {
            let apart = if column % 2 == 0 { -APART } else { APART };
            let value = centroids[large * width + column];
            centroids[empty * width + column] = value + apart;
            centroids[large * width + column] = value - apart;
        }
        sizes[empty] = sizes[large] / 2;
        sizes[large] -= sizes[empty];
    }
}

/// Centroids by column, so that one column of all of them is compared at once.
struct Search {
    columns: Vec<[f32; CENTROIDS]>,
}

impl Search {
    fn new(centroids: &[f32], width: usize) -> Self {
        let mut columns = vec![[0.0; CENTROIDS]; width];
        for (code, centroid) in centroids.chunks(width).enumerate() {
            for (column, value) in columns.iter_mut().zip(centroid) {
                column[code] = *value;
            }
        }
        Self { columns }
    }

    /// The nearest centroid; the first of equally near ones.
    fn nearest(&self, point: &[f32]) -> u8 {
        let mut distances = [0.0_f32; CENTROIDS];
        for (column, value) in self.columns.iter().zip(point) {
            for (distance, centroid) in distances.iter_mut().zip(column) {
                *distance += (value - centroid) * (value - centroid);
            }
        }
        let least = distances.iter().copied().fold(f32::INFINITY, |a, b| if b < a { b } else { a });
        let code = distances.iter().position(|distance| *distance <= least).unwrap_or_default();
        u8::try_from(code).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_points_as_centroids_are_kept_exactly() {
        let values: Vec<f32> = (0..256_u16).flat_map(|row| [f32::from(row), -f32::from(row), 3.0]).collect();
        let coded = encode(&values, 3, 2).expect("small");
        assert_eq!((coded.parts, coded.last(), coded.centroids.len()), (2, 1, 3 * 256));
        for (row, codes) in values.chunks(3).zip(coded.codes.chunks(2)) {
            let at = usize::from(codes[0]) * 2;
            assert_eq!(&coded.centroids[at..at + 2], &row[..2]);
            assert!((coded.centroids[512 + usize::from(codes[1])] - 3.0).abs() < 1e-3);
        }
    }

    #[test]
    fn small_matrices_are_refused() {
        let matrix = Dense::new(1, vec![0.0; 255].into());
        assert!(matches!(quantize(matrix, 2, true), Err(FastTextError::FewRows { rows: 255 })));
    }
}
