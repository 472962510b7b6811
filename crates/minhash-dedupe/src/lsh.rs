//! From a threshold to bands, and from a signature to the keys of its bands.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{Bands, MAX_HASHES};

impl Bands {
    /// The bands for a similarity `threshold` (0 to 1) out of at most `hashes` hashes (clamped to 1..=[`MAX_HASHES`]):
    /// those for which the areas of false positives (the detection curve below the threshold) and of false negatives
    /// (above the curve beyond the threshold) have the least sum, as datasketch chooses them with its default weights
    /// of 0.5 each. Of equal ones the fewest bands, then the fewest rows. Some hashes may stay unused.
    pub fn for_threshold(threshold: f64, hashes: u32) -> Self {
        let threshold = if threshold.is_nan() { 1.0 } else { threshold.clamp(0.0, 1.0) };
        let hashes = hashes.clamp(1, MAX_HASHES);
        let mut best = (f64::INFINITY, Self::published(1, 1));
        for bands in 1..=hashes {
            for rows in 1..=hashes / bands {
                let shape = Self::published(bands, rows);
                let error = shape.expected_error(threshold, best.0);
                if error < best.0 {
                    best = (error, shape);
                }
            }
        }
        best.1
    }

    /// Half the area of false positives and half that of false negatives; more than `enough` may be cut short.
    fn expected_error(self, threshold: f64, enough: f64) -> f64 {
        let positives = 0.5 * integral(0.0, threshold, |similarity| self.detection_probability(similarity));
        if positives >= enough {
            return positives;
        }
        positives + 0.5 * integral(threshold, 1.0, |similarity| 1.0 - self.detection_probability(similarity))
    }

    /// The rows of a signature band by band; none if the signature is too short for this shape.
    pub fn split(self, signature: &[u32]) -> impl Iterator<Item = &[u32]> {
        let whole = signature.get(..self.hashes() as usize).unwrap_or_default();
        whole.chunks_exact(self.rows() as usize)
    }

    /// A 64-bit key per band: xxh3 of the rows as little-endian bytes, with the number of the band (from 0) as seed, so
    /// that keys of different bands never meet by their content. Among 10^9 documents, 0.03 pairs meet by accident
    /// per band: verify.
    pub fn keys(self, signature: &[u32], mut take: impl FnMut(u32, u64)) {
        self.each_band(signature, |band, bytes| take(band, xxh3_64_with_seed(bytes, u64::from(band))));
    }

    /// The key of one band (from 0), as [`Self::keys`] makes it; none if there is no such band.
    pub fn key(self, signature: &[u32], band: u32) -> Option<u64> {
        let rows = self.split(signature).nth(band as usize)?;
        let bytes: Vec<u8> = rows.iter().flat_map(|row| row.to_le_bytes()).collect();
        Some(xxh3_64_with_seed(&bytes, u64::from(band)))
    }

    fn each_band(self, signature: &[u32], mut take: impl FnMut(u32, &[u8])) {
        let mut bytes = Vec::with_capacity(4 * self.rows() as usize);
        for (band, rows) in (0..).zip(self.split(signature)) {
            bytes.clear();
            rows.iter().for_each(|row| bytes.extend_from_slice(&row.to_le_bytes()));
            take(band, &bytes);
        }
    }
}

/// Abscissae and weights of the Gauss-Legendre rule of 8 points, the positive half.
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_27),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// The integral of a smooth function: eight panels of eight points are exact to about 10 digits for these curves.
fn integral(from: f64, to: f64, function: impl Fn(f64) -> f64) -> f64 {
    const PANELS: u32 = 8;
    let half = (to - from) / f64::from(2 * PANELS);
    let panel = |number: u32| {
        let middle = from + half * f64::from(2 * number + 1);
        let pair = |(at, weight): (f64, f64)| weight * (function(middle - half * at) + function(middle + half * at));
        half * GAUSS.into_iter().map(pair).sum::<f64>()
    };
    (0..PANELS).map(panel).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of datasketch 2.0.0, `datasketch.lsh._optimal_param(threshold, hashes, 0.5, 0.5)`.
    #[test]
    fn shapes_are_those_of_datasketch() {
        for (threshold, hashes, bands, rows) in DATASKETCH {
            let found = Bands::for_threshold(*threshold, *hashes);
            assert_eq!((found.bands(), found.rows()), (*bands, *rows), "{threshold} of {hashes}");
        }
    }

    const DATASKETCH: &[(f64, u32, u32, u32)] = &[
        (0.3, 16, 8, 2),
        (0.5, 16, 5, 3),
        (0.6, 16, 4, 4),
        (0.7, 16, 3, 5),
        (0.75, 16, 2, 6),
        (0.8, 16, 2, 8),
        (0.85, 16, 2, 8),
        (0.9, 16, 1, 15),
        (0.95, 16, 1, 16),
        (0.3, 64, 21, 3),
        (0.5, 64, 14, 4),
        (0.6, 64, 10, 6),
        (0.7, 64, 8, 8),
        (0.75, 64, 7, 9),
        (0.8, 64, 5, 11),
        (0.85, 64, 4, 15),
        (0.9, 64, 3, 21),
        (0.95, 64, 2, 32),
        (0.3, 112, 37, 3),
        (0.5, 112, 22, 5),
        (0.6, 112, 16, 7),
        (0.7, 112, 12, 9),
        (0.75, 112, 11, 10),
        (0.8, 112, 9, 12),
        (0.85, 112, 7, 16),
        (0.9, 112, 5, 22),
        (0.95, 112, 3, 37),
        (0.3, 128, 37, 3),
        (0.5, 128, 25, 5),
        (0.6, 128, 18, 7),
        (0.7, 128, 14, 9),
        (0.75, 128, 11, 11),
        (0.8, 128, 9, 13),
        (0.85, 128, 8, 16),
        (0.9, 128, 5, 25),
        (0.95, 128, 3, 42),
        (0.5, 200, 33, 6),
        (0.7, 200, 20, 10),
        (0.8, 200, 14, 14),
        (0.5, 256, 42, 6),
        (0.7, 256, 25, 10),
        (0.8, 256, 17, 15),
        (0.5, 260, 43, 6),
        (0.7, 260, 26, 10),
        (0.8, 260, 17, 15),
    ];

    #[test]
    fn odd_thresholds_have_an_answer() {
        for threshold in [f64::NAN, -1.0, 0.0, 1.0, 7.0, f64::INFINITY] {
            let shape = Bands::for_threshold(threshold, 64);
            assert!(shape.hashes() <= 64);
        }
        assert_eq!(Bands::for_threshold(0.7, 0).hashes(), 1);
    }

    #[test]
    fn keys_tell_bands_apart() {
        let shape = Bands::new(3, 2).expect("valid");
        let keys = |signature: &[u32]| {
            let mut found = Vec::new();
            shape.keys(signature, |band, key| found.push((band, key)));
            found
        };
        let found = keys(&[1, 2, 1, 2, 3, 4, 99]);
        assert_eq!(found.iter().map(|(band, _)| *band).collect::<Vec<_>>(), [0, 1, 2]);
        assert_ne!(found.first().map(|key| key.1), found.get(1).map(|key| key.1), "same rows, other band");
        assert_eq!(keys(&[1, 2, 7, 7, 3, 4]).last(), found.last());
        assert!(keys(&[1, 2, 3]).is_empty(), "too short a signature has no bands");
    }
}
