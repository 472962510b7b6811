use crate::Direction;

/// A score that a published corpus carries as a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreColumn {
    /// Name of the column; values run from 0 to 1.
    pub name: &'static str,
    /// Which end is good.
    pub direction: Direction,
    /// What a high value means.
    pub high_means: &'static str,
}

/// The four scores of WanJuan-CC, as its data card describes them. Its thresholds are not published.
pub static WANJUAN_CC_SCORES: &[ScoreColumn] = &[
    ScoreColumn { name: "toxic_score", direction: Direction::LowerIsBetter, high_means: "more likely toxic" },
    ScoreColumn { name: "porn_score", direction: Direction::LowerIsBetter, high_means: "more likely pornographic" },
    ScoreColumn { name: "fluency_score", direction: Direction::HigherIsBetter, high_means: "more fluent" },
    ScoreColumn {
        name: "not_ad_score",
        direction: Direction::HigherIsBetter,
        high_means: "less likely an advertisement",
    },
];

/// The WanJuan-CC score called `name`.
pub fn score_column(name: &str) -> Option<&'static ScoreColumn> {
    WANJUAN_CC_SCORES.iter().find(|column| column.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decision, Threshold};

    #[test]
    fn safety_scores_are_bad_when_high_and_quality_scores_when_low() {
        for (name, high) in [
            ("toxic_score", Decision::Drop),
            ("porn_score", Decision::Drop),
            ("fluency_score", Decision::Keep),
            ("not_ad_score", Decision::Keep),
        ] {
            let column = score_column(name).expect("a WanJuan-CC score");
            let threshold = Threshold::new(column.direction, 0.5).expect("finite");
            assert_eq!(threshold.decide(0.9), high, "{name}");
        }
        assert_eq!(score_column("ad_score"), None);
    }
}
