use super::{Around, Verdict};

/// `RefinedWeb`: "only composed of numerical characters"; punctuation and spaces between digits do not save a line. A row
/// of a table does: where the line beside it has as many cells.
pub(super) fn judge(line: &str, around: Around<'_>) -> Verdict {
    let is_numeric = line.contains(char::is_numeric) && !line.contains(char::is_alphabetic);
    Verdict::delete_if(is_numeric && !is_row(line, around))
}

/// Whether `line` has two cells or more, and a line beside it as many: of numbers too where blanks part the cells, of
/// anything where bars or tabs do.
fn is_row(line: &str, around: Around<'_>) -> bool {
    let marked = line.trim().contains(['|', '\t']);
    let own = cells(line, marked);
    let is_like = |other: &str| {
        let numbers = other.contains(char::is_numeric) && !other.contains(char::is_alphabetic);
        cells(other, marked) == own && (marked || numbers)
    };
    own > 1 && [around.before, around.after].into_iter().flatten().any(is_like)
}

/// Cells of a line that have a digit or letter, or are empty between two marks.
fn cells(line: &str, marked: bool) -> usize {
    if marked {
        line.trim().trim_matches('|').split(['|', '\t']).count()
    } else {
        line.split_whitespace().filter(|cell| cell.contains(char::is_alphanumeric)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Around<'_> = Around { before: None, after: None };

    #[test]
    fn a_letter_saves_a_line() {
        for gone in ["7", "12 345", "(1,234.50)", "2026-11-23", "１２", "٣"] {
            assert_eq!(judge(gone, ALONE), Verdict::Delete, "{gone}");
        }
        for kept in ["7a", "第7", "---", "Section 3.1"] {
            assert_eq!(judge(kept, ALONE), Verdict::Keep, "{kept}");
        }
    }

    #[test]
    fn rows_of_a_table_stay() {
        let beside = |before, after| Around { before, after };
        for (row, around) in [
            ("2019 120", beside(Some("年份 产量"), Some("2020 135"))),
            ("2021 150", beside(Some("2020 135"), None)),
            ("2019\t120", beside(Some("year\ttons"), None)),
            ("| 1 | 2 |", beside(Some("| --- | - |"), None)),
        ] {
            assert_eq!(judge(row, around), Verdict::Keep, "{row}");
        }
        for (line, around) in [
            ("12 345", beside(Some("page views"), None)),
            ("1 2 3", beside(None, Some("1 2"))),
            ("7", beside(Some("8"), Some("9"))),
        ] {
            assert_eq!(judge(line, around), Verdict::Delete, "{line}");
        }
    }
}
