use super::{Verdict, is_chinese};

/// `RefinedWeb`: "contains only one word". A line of Chinese is one word to white space and is no single word.
pub(super) fn judge(line: &str) -> Verdict {
    let unspaced = |char: char| is_chinese(char) || matches!(char, '\u{3040}'..='\u{30ff}' | '\u{e00}'..='\u{e7f}');
    Verdict::delete_if(line.split_whitespace().nth(1).is_none() && !line.contains(unspaced))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_or_unspaced_text_stay() {
        for gone in ["Home", "  Menu ", "---", "7"] {
            assert_eq!(judge(gone), Verdict::Delete, "{gone}");
        }
        for kept in ["Home page", "首页", "ホーム", "หน้าแรก"] {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}
