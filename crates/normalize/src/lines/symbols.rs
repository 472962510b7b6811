use super::Verdict;

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
