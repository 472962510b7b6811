use std::borrow::Cow;
use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

use super::replaced;
use crate::HanLanguage;

static CONVERTER: LazyLock<Option<OpenCC>> = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::T2s).ok());

/// The first and last code point of the characters in common use.
const FIRST: u32 = 0x4e00;
const LAST: u32 = 0x9fff;

/// Which of these characters the conversion changes: a text without any is left alone without
/// converting it. Phrases only decide how a character that changes is changed.
static CHANGES: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let Some(converter) = &*CONVERTER else { return Vec::new() };
    let converts = |char: char| newer(char).is_some() || converter.convert(&char.to_string()) != char.to_string();
    let changes = |code: u32| char::from_u32(code).is_some_and(converts);
    (FIRST..=LAST).map(changes).collect()
});

/// `text` with traditional Chinese characters as simplified ones, by the tables and phrases of
/// `OpenCC`'s `t2s`.
///
/// ```
/// use textmill_normalize::steps::simplified;
///
/// assert_eq!(simplified("委員會將於明年發表報告"), "委员会将于明年发表报告");
/// ```
pub fn simplified(text: &str) -> Cow<'_, str> {
    let Some(converter) = &*CONVERTER else { return Cow::Borrowed(text) };
    let mut output = String::new();
    let mut copied = 0;
    for (start, end) in Runs::of(text) {
        let run = text.get(start..end).unwrap_or_default();
        let converted = converter.convert(&replaced(run, newer));
        if converted != run {
            output.push_str(text.get(copied..start).unwrap_or_default());
            output.push_str(&converted);
            copied = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(output)
}

/// Largest share of Kana and Hangul among these and Chinese characters in a Chinese text (names, quoted titles).
const MAX_FOREIGN_IN_TEXT: f64 = 0.2;
/// The same in a line of one.
const MAX_FOREIGN_IN_LINE: f64 = 0.3;

/// [`simplified`] for what is Chinese: `language` says what is known of the text. Where nothing is, Kana and Hangul
/// make a text Japanese or Korean; of a Chinese one, lines in these scripts stay.
///
/// ```
/// use textmill_normalize::HanLanguage;
/// use textmill_normalize::steps::simplified_chinese;
///
/// assert_eq!(simplified_chinese("會議で發表しました", HanLanguage::Unknown), "會議で發表しました");
/// assert_eq!(simplified_chinese("會議發表", HanLanguage::Unknown), "会议发表");
/// ```
pub fn simplified_chinese(text: &str, language: HanLanguage) -> Cow<'_, str> {
    let foreign = foreign_share(text);
    let is_foreign = language == HanLanguage::Unknown && foreign > MAX_FOREIGN_IN_TEXT;
    if language == HanLanguage::Other || is_foreign {
        return Cow::Borrowed(text);
    }
    if foreign == 0.0 {
        return simplified(text);
    }
    let (mut output, mut changed) = (String::with_capacity(text.len()), false);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            output.push('\n');
        }
        let converted = if foreign_share(line) > MAX_FOREIGN_IN_LINE { Cow::Borrowed(line) } else { simplified(line) };
        changed |= matches!(converted, Cow::Owned(_));
        output.push_str(&converted);
    }
    if changed { Cow::Owned(output) } else { Cow::Borrowed(text) }
}

/// The share of Kana and Hangul among these and Chinese characters; 0 without any.
fn foreign_share(text: &str) -> f64 {
    let (mut foreign, mut han) = (0_u32, 0_u32);
    for char in text.chars() {
        match char {
            '\u{4e00}'..='\u{9fff}' => han += 1,
            '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{ac00}'..='\u{d7a3}' | '\u{ff66}'..='\u{ff9d}' => {
                foreign += 1;
            }
            _ => {}
        }
    }
    f64::from(foreign) / f64::from((foreign + han).max(1))
}

/// Runs of Chinese characters in which the conversion changes something: no phrase reaches beyond one.
struct Runs<'t> {
    chars: std::iter::Peekable<std::str::CharIndices<'t>>,
    length: usize,
}

impl<'t> Runs<'t> {
    fn of(text: &'t str) -> Self {
        Self { chars: text.char_indices().peekable(), length: text.len() }
    }
}

impl Iterator for Runs<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let (mut start, mut changes) = (None, false);
        loop {
            match self.chars.peek().copied() {
                Some((at, char)) if is_ideograph(char) => {
                    start = start.or(Some(at));
                    changes |= changed(char);
                }
                next => {
                    let end = next.map_or(self.length, |(at, _)| at);
                    if let Some(start) = start.take().filter(|_| std::mem::take(&mut changes)) {
                        return Some((start, end));
                    }
                    next?;
                }
            }
            self.chars.next();
        }
    }
}

/// Characters that the tables of `OpenCC` 1.4.2 convert and the older ones of the crate do not, or to
/// another one.
const NEWER: [(char, char); 14] = [
    ('劄', '札'),
    ('幷', '并'),
    ('扞', '捍'),
    ('拚', '拼'),
    ('搧', '扇'),
    ('擡', '抬'),
    ('牴', '抵'),
    ('箚', '札'),
    ('舖', '铺'),
    ('袷', '夹'),
    ('谿', '溪'),
    ('貍', '狸'),
    ('逕', '径'),
    ('遶', '绕'),
];
/// Characters that the newer tables no longer convert.
const KEPT: [char; 3] = ['甦', '甯', '礆'];

fn newer(char: char) -> Option<char> {
    NEWER.iter().find(|(traditional, _)| *traditional == char).map(|(_, simplified)| *simplified)
}

fn is_ideograph(char: char) -> bool {
    !KEPT.contains(&char)
        && matches!(char, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Whether the conversion changes a character; true for rare ones.
fn changed(char: char) -> bool {
    match u32::from(char) {
        code @ FIRST..=LAST => CHANGES.get((code - FIRST) as usize).copied().unwrap_or(true),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_there_and_simplified_text_is_not_copied() {
        assert!(CONVERTER.is_some() && CHANGES.iter().any(|changes| *changes));
        for text in ["委员会将于明年年初发表关于新图书馆的报告。", "English", "にほんご", ""] {
            assert!(matches!(simplified(text), Cow::Borrowed(_)), "{text}");
        }
        assert_eq!(simplified("乾隆皇帝，乾燥，頭髮，發現"), "乾隆皇帝，干燥，头发，发现");
        assert_eq!(simplified("須勤往遊，步遶芳菲枝；蘇甦"), "须勤往游，步绕芳菲枝；苏甦");
        assert_eq!(simplified("a 发現 b\n發"), "a 发现 b\n发");
    }

    #[test]
    fn other_languages_keep_their_characters() {
        let chinese = "這部電影《となりのトトロ》由宮崎駿導演，在許多國家發行，得到了很多人的喜愛，也影響了後來的許多動畫作品，\
                       直到今天還在電視上不斷播出，孩子們和大人們都看得津津有味，從開頭看到結尾。";
        let (other, unknown) = (HanLanguage::Other, HanLanguage::Unknown);
        assert!(simplified_chinese(chinese, unknown).contains("国家发行"));
        assert!(matches!(simplified_chinese(chinese, other), Cow::Borrowed(_)));
        let mixed = format!("{chinese}\n會議で發表しました");
        for language in [unknown, HanLanguage::Chinese] {
            let found = simplified_chinese(&mixed, language);
            assert!(found.contains("国家发行") && found.ends_with("\n會議で發表しました"), "{language:?}");
            assert_eq!(simplified_chinese(&found, language), found, "twice");
        }
        for kept in ["發表を終えた會議", "ﾆﾎﾝの發表", "發表 한국어", "にほん", "english", ""] {
            assert!(matches!(simplified_chinese(kept, unknown), Cow::Borrowed(_)), "{kept}");
        }
        assert_eq!(simplified_chinese("發表・會議ー完", unknown), "发表・会议ー完");
    }
}
