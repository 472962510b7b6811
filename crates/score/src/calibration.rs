use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Tokens;

/// Points of a [`Calibration`]: every tenth of a percent.
const POINTS: usize = 1000;

/// How the scores of a model are spread over documents, so that a bound can be chosen by the share of documents that it
/// keeps. `textmill train classifier` writes it beside the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// BLAKE3 of the model, hexadecimal.
    pub model: String,
    /// The label whose probability is the score.
    pub label: String,
    /// The form of the texts.
    pub tokens: Tokens,
    /// Number of documents that were scored.
    pub documents: u64,
    /// The scores at 0, 0.1, ... 100 % of the documents, ascending.
    pub quantiles: Vec<f64>,
}

/// Why a calibration file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// It cannot be read.
    #[error("{}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no calibration file.
    #[error("{} is no calibration: {reason}; `textmill train classifier` writes one beside the model", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It was made for something else.
    #[error("{} was made for {what} {theirs}, and here it is {ours}", .path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// As the calibration has it.
        theirs: String,
        /// As the stage has it.
        ours: String,
    },
}

impl Calibration {
    /// The spread of `scores`, in any order; `None` without one.
    pub fn of(model: String, label: String, tokens: Tokens, mut scores: Vec<f64>) -> Option<Self> {
        scores.sort_unstable_by(f64::total_cmp);
        let last = scores.len().checked_sub(1)?;
        let quantiles = (0..=POINTS).filter_map(|point| scores.get(last * point / POINTS).copied()).collect();
        Some(Self { model, label, tokens, documents: scores.len() as u64, quantiles })
    }

    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, CalibrationError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| CalibrationError::Read { path: path.to_owned(), source })?;
        let malformed = |reason: String| CalibrationError::Malformed { path: path.to_owned(), reason };
        let found: Self = serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        if found.quantiles.len() != POINTS + 1 || !found.quantiles.is_sorted_by(|a, b| a <= b) {
            return Err(malformed(format!("`quantiles` must be {} ascending numbers", POINTS + 1)));
        }
        Ok(found)
    }

    /// The score that the share `share` (0 to 1) of the documents has or is below, between the points linearly.
    pub fn quantile(&self, share: f64) -> f64 {
        let at = share.clamp(0.0, 1.0) * POINTS as f64;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to POINTS")]
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        let score = |point: usize| self.quantiles.get(point).copied().unwrap_or_default();
        score(below) + (score(above) - score(below)) * (at - at.floor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calibration() -> Calibration {
        let scores = (0..=2000).rev().map(|score| f64::from(score) / 2000.0).collect();
        Calibration::of("m".to_owned(), "good".to_owned(), Tokens::Words, scores).expect("has scores")
    }

    #[test]
    fn quantiles_are_where_they_belong() {
        let calibration = calibration();
        for share in [0.0, 0.1, 0.25, 0.333, 0.999, 1.0] {
            assert!((calibration.quantile(share) - share).abs() < 1e-3, "{share}");
        }
        assert!(Calibration::of(String::new(), String::new(), Tokens::Words, Vec::new()).is_none());
        let one = Calibration::of(String::new(), String::new(), Tokens::Words, vec![0.4]).expect("one score");
        assert!((one.quantile(0.0) - 0.4).abs() < 1e-9 && (one.quantile(1.0) - 0.4).abs() < 1e-9);
    }

    #[test]
    fn files_are_checked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("c.json");
        let load = |text: String| {
            std::fs::write(&path, text).expect("written");
            Calibration::load(&path)
        };
        let good = serde_json::to_string(&calibration()).expect("JSON");
        assert_eq!(load(good.clone()).expect("good"), calibration());
        for bad in [String::new(), good.replace("\"label\"", "\"lable\""), good.replace("[0.0,", "[0.9,")] {
            assert!(load(bad).expect_err("refused").to_string().contains("is no calibration"));
        }
        assert!(Calibration::load(&folder.path().join("none")).is_err());
    }
}
