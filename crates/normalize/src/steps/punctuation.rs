use std::borrow::Cow;

use super::protected::Protected;

/// `text` with ASCII punctuation of Chinese sentences as Chinese punctuation: `,` `;` `:` `!` `?` right
/// after a Chinese character and not before a Latin letter or digit, `.` right after one at the end of a
/// line or before another one. Addresses, code in backticks, literals in calls and smileys stay.
///
/// ```
/// use textmill_normalize::steps::chinese_punctuation;
///
/// assert_eq!(chinese_punctuation("你好,世界!版本2.0,见README.md."), "你好，世界！版本2.0,见README.md.");
/// assert_eq!(chinese_punctuation("他走了.\n第三章.第一节"), "他走了。\n第三章。第一节");
/// assert_eq!(chinese_punctuation("好的:)见https://例子.中国/页"), "好的:)见https://例子.中国/页");
/// ```
pub fn chinese_punctuation(text: &str) -> Cow<'_, str> {
    let mut output = String::new();
    let mut copied = 0;
    let mut before = None;
    let mut protected = None;
    for (at, char) in text.char_indices() {
        // Only what follows a character of several bytes can change.
        let follows = char.is_ascii()
            && before.is_some_and(|before| {
                is_chinese(before) || (matches!(char, '!' | '?') && matches!(before, '！' | '？'))
            });
        before = Some(char);
        let Some(replacement) = follows.then(|| replacement(char, text, at)).flatten() else { continue };
        if protected.get_or_insert_with(|| Protected::of(text)).holds(at) {
            continue;
        }
        output.push_str(text.get(copied..at).unwrap_or_default());
        output.push(replacement);
        copied = at + 1;
        // `真的吗??` is one run.
        before = Some(replacement);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(output)
}

/// What takes the place of the punctuation `char` at `at`, right after Chinese.
fn replacement(char: char, text: &str, at: usize) -> Option<char> {
    let rest = text.get(at + 1..).unwrap_or_default();
    let after = rest.chars().next();
    if after.is_some_and(|after| after.is_ascii_alphanumeric()) {
        return None;
    }
    match char {
        ',' => Some('，'),
        ';' if !is_smiley(text, at) => Some('；'),
        // `://` of an address, `::` and `:=` of code.
        ':' if !matches!(after, Some('/' | '\\' | ':' | '=')) && !is_smiley(text, at) => Some('：'),
        // `!=` of code, `![` of a picture in Markdown.
        '!' if !matches!(after, Some('=' | '[')) => Some('！'),
        '?' => Some('？'),
        '.' if after.is_none_or(|after| after == '\n' || is_chinese(after)) => Some('。'),
        _ => None,
    }
}

/// Whether the colon or semicolon at `at` is the eyes of `:)`, `:-(`, `:'(`. A bracket that has its partner on the line is
/// none of a smiley.
fn is_smiley(text: &str, at: usize) -> bool {
    let line_before = text.get(..at).and_then(|head| head.rsplit('\n').next()).unwrap_or_default();
    let rest = text.get(at + 1..).and_then(|rest| rest.split('\n').next()).unwrap_or_default();
    let face = rest.strip_prefix(['-', '\'']).unwrap_or(rest);
    let count = |part: &str, bracket: char| part.chars().filter(|char| *char == bracket).count();
    match face.chars().next() {
        Some('D' | 'P' | 'p' | 'O' | 'o') if face.len() < rest.len() => true,
        Some(')') => count(line_before, '(') <= count(line_before, ')'),
        Some('(') => !face.contains(')'),
        _ => false,
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
            ("好的:)谢谢;)", "好的:)谢谢;)"),
            ("难过:(", "难过:("),
            ("再见:-)哈:-D", "再见:-)哈:-D"),
            ("说明:(一)总则(备注:)", "说明：(一)总则(备注：)"),
            ("真的吗??好!!", "真的吗？？好！！"),
            ("类::方法,变量!=三,名:=值", "类::方法，变量!=三，名:=值"),
            ("看图![图](a.png)", "看图![图](a.png)"),
            ("见https://例子.中国/路径.他走了.", "见https://例子.中国/路径。他走了。"),
            ("见http://a.b/搜索?词=海,再说.", "见http://a.b/搜索?词=海，再说。"),
            ("用`你好,世界!`,然后.", "用`你好,世界!`,然后。"),
            ("调用print(\"你好,世界!\");最后.", "调用print(\"你好,世界!\");最后。"),
            ("x = \"你好,世界.\"", "x = \"你好,世界.\""),
            ("前,后\n```\n甲,乙.\n```\n丙,丁", "前，后\n```\n甲,乙.\n```\n丙，丁"),
            ("见[链接](http://a.b/文,件.html)和**重点**:内容", "见[链接](http://a.b/文,件.html)和**重点**:内容"),
            ("他说\"好,走吧\"。", "他说\"好，走吧\"。"),
            ("上午:9:00,下午:2:00", "上午:9:00,下午:2:00"),
            ("", ""),
        ] {
            let found = chinese_punctuation(text);
            assert_eq!(found, expected);
            assert_eq!(chinese_punctuation(&found), expected, "twice");
        }
        assert!(matches!(chinese_punctuation("没有变化，对吗？"), Cow::Borrowed(_)));
    }
}
