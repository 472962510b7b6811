//! Scores as whole numbers whose order is that of the documents.

/// The rank of a document without a score: after all others.
pub const NO_RANK: u64 = u64::MAX;

/// Bits that sort as the number does.
fn ordered(score: f64) -> u64 {
    // A zero of either sign is one number.
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The rank of a score, the best first.
pub(super) fn rank_of(score: Option<f64>, lowest: bool) -> u64 {
    match score.filter(|score| !score.is_nan()) {
        None => NO_RANK,
        Some(score) if lowest => ordered(score),
        Some(score) => !ordered(score),
    }
}

/// The score with this rank; nothing for [`NO_RANK`].
pub fn score_of(rank: u64, lowest: bool) -> Option<f64> {
    if rank == NO_RANK {
        return None;
    }
    let bits = if lowest { rank } else { !rank };
    Some(f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_sort_as_scores_and_come_back() {
        let scores = [f64::NEG_INFINITY, -1e300, -1.5, -f64::MIN_POSITIVE, 0.0, 1e-300, 0.25, 1.0, f64::INFINITY];
        for lowest in [false, true] {
            let ranks: Vec<_> = scores.iter().map(|score| rank_of(Some(*score), lowest)).collect();
            let sorted = if lowest { ranks.is_sorted() } else { ranks.iter().rev().is_sorted() };
            assert!(sorted && ranks.iter().all(|rank| *rank < NO_RANK));
            let back: Vec<_> = ranks.iter().map(|rank| score_of(*rank, lowest).expect("a score")).collect();
            assert_eq!(back, scores);
            assert_eq!(rank_of(Some(-0.0), lowest), rank_of(Some(0.0), lowest));
            assert_eq!((rank_of(None, lowest), rank_of(Some(f64::NAN), lowest)), (NO_RANK, NO_RANK));
        }
        assert_eq!(score_of(NO_RANK, false), None);
    }
}
