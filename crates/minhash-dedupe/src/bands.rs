use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Largest number of hashes per document, `bands × rows`: above it a signature is larger than the
/// documents it stands for.
pub const MAX_HASHES: u32 = 16_384;

/// How the MinHash values of a document are cut into bands. A pair of documents is found when one
/// band agrees in all of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Shape")]
pub struct Bands {
    bands: u32,
    rows: u32,
}

/// How the MinHash values of a document are cut into bands; together at most 16,384 hashes.
// The form in a file, before it is checked; the JSON schema is made from it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Bands")]
struct Shape {
    /// Number of bands, 1 or more. More bands find more pairs, also less similar ones.
    #[schemars(range(min = 1, max = 16_384))]
    bands: u32,
    /// Hashes per band, 1 or more. More rows ask for more similar documents.
    #[schemars(range(min = 1, max = 16_384))]
    rows: u32,
}

/// A fault in the numbers of bands and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BandsError {
    /// There is no band, or a band has no row.
    #[error("{bands} bands of {rows} rows; there must be at least one of each")]
    Empty {
        /// Bands asked for.
        bands: u32,
        /// Rows asked for.
        rows: u32,
    },
    /// There are more hashes than [`MAX_HASHES`].
    #[error("{bands} bands of {rows} rows need more than {MAX_HASHES} hashes per document; take fewer of one")]
    TooManyHashes {
        /// Bands asked for.
        bands: u32,
        /// Rows asked for.
        rows: u32,
    },
}

impl TryFrom<Shape> for Bands {
    type Error = BandsError;

    fn try_from(shape: Shape) -> Result<Self, BandsError> {
        Self::new(shape.bands, shape.rows)
    }
}

impl Bands {
    /// `bands` bands of `rows` rows each.
    pub fn new(bands: u32, rows: u32) -> Result<Self, BandsError> {
        if bands == 0 || rows == 0 {
            return Err(BandsError::Empty { bands, rows });
        }
        match bands.checked_mul(rows) {
            Some(hashes) if hashes <= MAX_HASHES => Ok(Self { bands, rows }),
            _ => Err(BandsError::TooManyHashes { bands, rows }),
        }
    }

    /// Bands of published shapes, whose bounds need no check.
    pub(crate) const fn published(bands: u32, rows: u32) -> Self {
        Self { bands, rows }
    }

    /// Number of bands.
    pub const fn bands(self) -> u32 {
        self.bands
    }

    /// Rows per band.
    pub const fn rows(self) -> u32 {
        self.rows
    }

    /// Hashes per document.
    pub const fn hashes(self) -> u32 {
        self.bands * self.rows
    }

    /// Probability that a pair with Jaccard similarity `similarity` (0 to 1) becomes a candidate:
    /// 1 - (1 - s^r)^b. It assumes that the hash functions are independent.
    pub fn detection_probability(self, similarity: f64) -> f64 {
        let band_agrees = similarity.clamp(0.0, 1.0).powf(f64::from(self.rows));
        1.0 - (1.0 - band_agrees).powf(f64::from(self.bands))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_the_published_ones() {
        let similarities = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9];
        let table = [
            ((14, 9), [0.027, 0.132, 0.438, 0.665, 0.867, 0.975, 0.999]),
            ((16, 8), [0.061, 0.237, 0.613, 0.815, 0.947, 0.994, 1.0]),
            ((14, 8), [0.053, 0.211, 0.565, 0.772, 0.924, 0.988, 1.0]),
            ((9, 13), [0.001, 0.012, 0.084, 0.195, 0.399, 0.686, 0.929]),
            ((450, 20), [0.0, 0.016, 0.302, 0.761, 0.995, 1.0, 1.0]),
            ((93, 15), [0.003, 0.043, 0.358, 0.714, 0.964, 1.0, 1.0]),
            ((20, 13), [0.002, 0.026, 0.177, 0.382, 0.677, 0.924, 0.997]),
        ];
        for ((bands, rows), expected) in table {
            let shape = Bands::new(bands, rows).expect("a published shape");
            for (similarity, expected) in similarities.into_iter().zip(expected) {
                let found = shape.detection_probability(similarity);
                assert!((found - expected).abs() <= 0.000_51, "{bands}x{rows} at {similarity}: {found}, {expected}");
            }
        }
    }

    #[test]
    fn the_curve_runs_from_never_to_always() {
        let shape = Bands::new(14, 9).expect("valid");
        assert!(shape.detection_probability(0.0).abs() < f64::EPSILON);
        assert!((shape.detection_probability(1.0) - 1.0).abs() < f64::EPSILON);
        assert!((shape.detection_probability(7.0) - 1.0).abs() < f64::EPSILON, "clamped");
        let steps: Vec<f64> = (0..=100).map(|step| shape.detection_probability(f64::from(step) / 100.0)).collect();
        assert!(steps.is_sorted());
    }

    #[test]
    fn empty_and_huge_shapes_are_refused() {
        assert_eq!(Bands::new(0, 8), Err(BandsError::Empty { bands: 0, rows: 8 }));
        assert_eq!(Bands::new(14, 0), Err(BandsError::Empty { bands: 14, rows: 0 }));
        assert!(Bands::new(16_384, 1).is_ok());
        assert_eq!(Bands::new(16_385, 1), Err(BandsError::TooManyHashes { bands: 16_385, rows: 1 }));
        assert_eq!(Bands::new(u32::MAX, 2), Err(BandsError::TooManyHashes { bands: u32::MAX, rows: 2 }));
    }
}
