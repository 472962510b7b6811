use super::{Verdict, is_chinese};

/// Chinese characters that a paragraph needs (MNBVC's web rules).
const MIN_CHINESE_CHARS: usize = 10;

pub(super) fn judge(line: &str) -> Verdict {
    let chinese = line.chars().filter(|char| is_chinese(*char)).take(MIN_CHINESE_CHARS).count();
    Verdict::delete_if(chinese < MIN_CHINESE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_chinese_characters_are_enough() {
        assert_eq!(judge("一二三四五六七八九"), Verdict::Delete);
        assert_eq!(judge("一二三四五六七八九十"), Verdict::Keep);
        assert_eq!(judge("only English here, however long the line"), Verdict::Delete);
        assert_eq!(judge("一二三四五 and 六七八九十"), Verdict::Keep);
    }
}
