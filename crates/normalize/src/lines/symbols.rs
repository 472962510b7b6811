use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Verdict;

/// What takes the place of lines that the rule `symbols` deletes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SymbolLines {
    /// Nothing: the lines around them are neighbours.
    #[default]
    Nothing,
    /// Two empty lines for each run of them, so that a paragraph ends there (`FineWeb-2`).
    Paragraph,
}

/// `FineWeb-2` deletes lines made of this alone (datatrove, `SymbolLinesFormatter`).
const SYMBOL: char = '|';

pub(super) fn judge(line: &str) -> Verdict {
    Verdict::delete_if(line.contains(SYMBOL) && line.chars().all(|char| char == SYMBOL || char.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bars_go() {
        for gone in ["|", "| | |", "\t|||"] {
            assert_eq!(judge(gone), Verdict::Delete, "{gone}");
        }
        for kept in ["| a |", "---", "  "] {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}
