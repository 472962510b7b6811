use super::{Verdict, is_chinese};

/// `RefinedWeb`: "contains only one word". A line of Chinese is one word to white space and is no single word.
pub(super) fn judge(line: &str) -> Verdict {
    let unspaced = |char: char| is_chinese(char) || matches!(char, '\u{3040}'..='\u{30ff}' | '\u{e00}'..='\u{e7f}');
    let one = line.split_whitespace().nth(1).is_none() && !line.contains(unspaced);
    Verdict::delete_if(one && !is_item(line.trim()))
}

/// `1.Open`, `(2)Close`: an item of a list whose number nobody put a blank behind.
fn is_item(word: &str) -> bool {
    let number = word.trim_start_matches('(');
    let rest = number.trim_start_matches(|char: char| char.is_ascii_digit());
    let digits = number.len() - rest.len();
    let text = rest.strip_prefix(['.', ')', '、']).unwrap_or_default();
    (1..=3).contains(&digits) && text.starts_with(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_or_unspaced_text_stay() {
        for gone in ["Home", "  Menu ", "---", "7", "1.5", "v1.Open", "2019.Open"] {
            assert_eq!(judge(gone), Verdict::Delete, "{gone}");
        }
        for kept in ["1.Open", "(2)Close", "Home page", "首页", "ホーム", "หน้าแรก"] {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}
