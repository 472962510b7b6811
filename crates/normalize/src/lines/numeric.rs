use super::Verdict;

/// `RefinedWeb`: "only composed of numerical characters"; punctuation and spaces between digits do not save a line.
pub(super) fn judge(line: &str) -> Verdict {
    let is_text = |char: char| char.is_alphabetic();
    Verdict::delete_if(line.contains(char::is_numeric) && !line.contains(is_text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_saves_a_line() {
        for gone in ["7", "12 345", "(1,234.50)", "2026-11-23", "１２", "٣"] {
            assert_eq!(judge(gone), Verdict::Delete, "{gone}");
        }
        for kept in ["7a", "第7", "---", "Section 3.1"] {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}
