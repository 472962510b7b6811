use std::borrow::Cow;

/// `text` with ASCII punctuation that ends Chinese words as Chinese punctuation: `,` `;` `:` `!` `?` right
/// after a Chinese character and not before a Latin letter or digit, `.` right after one at the end of a
/// line or before another one.
///
/// ```
/// use textmill_normalize::steps::chinese_punctuation;
///
/// assert_eq!(chinese_punctuation("你好,世界!版本2.0,见README.md."), "你好，世界！版本2.0,见README.md.");
/// assert_eq!(chinese_punctuation("他走了.\n第三章.第一节"), "他走了。\n第三章。第一节");
/// ```
pub fn chinese_punctuation(text: &str) -> Cow<'_, str> {
    let mut output = String::new();
    let mut copied = 0;
    let mut before = None;
    for (at, char) in text.char_indices() {
        // Only what follows a character of several bytes can change.
        if char.is_ascii() && before.is_some_and(is_chinese) {
            let after = text.get(at + 1..).and_then(|rest| rest.chars().next());
            if let Some(replacement) = replacement(char, after) {
                output.push_str(text.get(copied..at).unwrap_or_default());
                output.push(replacement);
                copied = at + 1;
            }
        }
        before = Some(char);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(output)
}

fn replacement(char: char, after: Option<char>) -> Option<char> {
    let latin = after.is_some_and(|after| after.is_ascii_alphanumeric());
    match char {
        ',' if !latin => Some('，'),
        ';' if !latin => Some('；'),
        // `：` before `//` is an address.
        ':' if !latin && after != Some('/') => Some('：'),
        '!' if !latin => Some('！'),
        '?' if !latin => Some('？'),
        '.' if after.is_none_or(|after| after == '\n' || is_chinese(after)) => Some('。'),
        _ => None,
    }
}

/// Chinese characters in common use and the closing marks that stand behind them.
fn is_chinese(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}' | '”' | '’' | '》' | '」' | '』' | '）')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_chinese_words_changes() {
        for (text, expected) in [
            ("天气很好,我们走吧.", "天气很好，我们走吧。"),
            ("真的吗?", "真的吗？"),
            ("“好”,他说", "“好”，他说"),
            ("Hello, world. 1,000", "Hello, world. 1,000"),
            ("见:http://a", "见:http://a"),
            ("地址://", "地址://"),
            ("版本.x", "版本.x"),
            ("等等...", "等等..."),
            ("", ""),
        ] {
            let found = chinese_punctuation(text);
            assert_eq!(found, expected);
            assert_eq!(chinese_punctuation(&found), expected, "twice");
        }
        assert!(matches!(chinese_punctuation("没有变化，对吗？"), Cow::Borrowed(_)));
    }
}
