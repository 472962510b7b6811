//! In which script a text is written, and which of the two Chinese ones.

use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

/// ISO 15924 code of the script of most letters of `text`; for Chinese characters without kana,
/// `Hans` or `Hant` where one of the two prevails, else `Hani`. `None` where there are no letters.
pub fn script(text: &str) -> Option<&'static str> {
    let found = whatlang::detect_script(text)?;
    Some(match found {
        whatlang::Script::Mandarin => chinese(text),
        // Kana stands beside Chinese characters.
        whatlang::Script::Hiragana | whatlang::Script::Katakana => "Jpan",
        whatlang::Script::Hangul => "Kore",
        whatlang::Script::Arabic => "Arab",
        whatlang::Script::Armenian => "Armn",
        whatlang::Script::Bengali => "Beng",
        whatlang::Script::Cyrillic => "Cyrl",
        whatlang::Script::Devanagari => "Deva",
        whatlang::Script::Ethiopic => "Ethi",
        whatlang::Script::Georgian => "Geor",
        whatlang::Script::Greek => "Grek",
        whatlang::Script::Gujarati => "Gujr",
        whatlang::Script::Gurmukhi => "Guru",
        whatlang::Script::Hebrew => "Hebr",
        whatlang::Script::Kannada => "Knda",
        whatlang::Script::Khmer => "Khmr",
        whatlang::Script::Latin => "Latn",
        whatlang::Script::Malayalam => "Mlym",
        whatlang::Script::Myanmar => "Mymr",
        whatlang::Script::Oriya => "Orya",
        whatlang::Script::Sinhala => "Sinh",
        whatlang::Script::Tamil => "Taml",
        whatlang::Script::Telugu => "Telu",
        whatlang::Script::Thai => "Thai",
    })
}

/// Of the characters that only one of the two scripts uses, the share that makes a text one of it.
const PREVAILS: f64 = 0.8;

fn chinese(text: &str) -> &'static str {
    let (mut simplified, mut traditional) = (0_u64, 0_u64);
    for char in text.chars() {
        match USES.get((u32::from(char) as usize).wrapping_sub(FIRST)) {
            Some(Use::Simplified) => simplified += 1,
            Some(Use::Traditional) => traditional += 1,
            _ => {}
        }
    }
    let all = (simplified + traditional) as f64;
    if simplified > 0 && simplified as f64 >= PREVAILS * all {
        "Hans"
    } else if traditional > 0 && traditional as f64 >= PREVAILS * all {
        "Hant"
    } else {
        "Hani"
    }
}

/// Which of the two scripts uses a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Both,
    Simplified,
    Traditional,
}

/// The block of Chinese characters in common use, U+4E00 to U+9FFF.
const FIRST: usize = 0x4e00;
const LAST: usize = 0x9fff;

/// For each character of the block who uses it: `OpenCC`'s tables change the traditional ones to
/// simplified, and the simplified ones to traditional.
static USES: LazyLock<Vec<Use>> = LazyLock::new(|| {
    let block: Vec<char> = (FIRST..=LAST).filter_map(|code| char::from_u32(u32::try_from(code).ok()?)).collect();
    let uses = |to_simplified: &OpenCC, to_traditional: &OpenCC| {
        let use_of = |char: &char| {
            let own = char.to_string();
            match (to_simplified.convert(&own) == own, to_traditional.convert(&own) == own) {
                (false, true) => Use::Traditional,
                (true, false) => Use::Simplified,
                _ => Use::Both,
            }
        };
        block.iter().map(use_of).collect()
    };
    match (OpenCC::from_config(BuiltinConfig::T2s), OpenCC::from_config(BuiltinConfig::S2t)) {
        (Ok(to_simplified), Ok(to_traditional)) => uses(&to_simplified, &to_traditional),
        // The tables are part of the program; a test shows that they are read.
        _ => Vec::new(),
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_chinese_scripts_are_told_apart() {
        for (text, expected) in [
            ("委员会将于明年年初发表关于新图书馆的报告。", Some("Hans")),
            ("委員會將於明年年初發表關於新圖書館的報告。", Some("Hant")),
            ("山川日月人口大小", Some("Hani")),
            ("他在台湾读了一本《紅樓夢》。", Some("Hani")),
            ("来年の初めに新しい図書館についての報告", Some("Jpan")),
            ("The committee 委员会 will publish", Some("Latn")),
            ("Комиссия", Some("Cyrl")),
            ("123", None),
            ("", None),
        ] {
            assert_eq!(script(text), expected, "{text}");
        }
    }
}
