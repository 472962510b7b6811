use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::languages::{UNDETERMINED, iso_639_1};

/// The model that tells languages apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Alphabets and trigrams for 70 languages, built in. Its score is 1 for a script that only one
    /// language uses, and else grows with the distance to the second-best language.
    #[default]
    Whatlang,
}

/// Which part of a long text is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The first characters.
    First,
    /// The characters around the middle: menus and legal lines stand at the ends of a page.
    #[default]
    Middle,
}

/// How to identify a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The model. Default [`Model::Whatlang`].
    pub model: Model,
    /// Characters that are looked at. Default [`DEFAULT_MAX_CHARS`](crate::DEFAULT_MAX_CHARS).
    pub max_chars: usize,
    /// Which part of a longer text is looked at. Default [`Window::Middle`].
    pub window: Window,
}

impl Default for Options {
    fn default() -> Self {
        Self { model: Model::default(), max_chars: crate::DEFAULT_MAX_CHARS, window: Window::default() }
    }
}

/// The language found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Identification {
    /// ISO 639-1 code where there is one, else ISO 639-3; [`UNDETERMINED`] where none was found.
    pub language: &'static str,
    /// The model's confidence, 0 to 1; 0 for [`UNDETERMINED`].
    pub score: f64,
}

impl Identification {
    /// No language was found.
    pub const UNDETERMINED: Self = Self { language: UNDETERMINED, score: 0.0 };
}

/// The language that most of `text` is written in.
pub fn identify(text: &str, options: &Options) -> Identification {
    let seen = window(text, options.window, options.max_chars);
    match options.model {
        Model::Whatlang => whatlang::detect(seen).map_or(Identification::UNDETERMINED, |info| Identification {
            language: iso_639_1(info.lang()),
            score: bounded(info.confidence()),
        }),
    }
}

/// A score that is no number counts as none.
fn bounded(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score.clamp(0.0, 1.0) }
}

/// At most `max_chars` characters of `text`. Only texts with more bytes than that are counted, which
/// the standard library does many bytes at a time.
fn window(text: &str, window: Window, max_chars: usize) -> &str {
    if text.len() <= max_chars {
        return text;
    }
    let tail = match window {
        Window::First => text,
        Window::Middle => skip_chars(text, text.chars().count().saturating_sub(max_chars) / 2),
    };
    let after = skip_chars(tail, max_chars);
    tail.split_at(tail.len() - after.len()).0
}

fn skip_chars(text: &str, count: usize) -> &str {
    let mut chars = text.chars();
    if let Some(last) = count.checked_sub(1) {
        chars.nth(last);
    }
    chars.as_str()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One sentence in each of several scripts and languages.
    const SENTENCES: &[(&str, &str)] = &[
        ("en", "The committee will publish its report about the new library at the beginning of next year."),
        ("de", "Die Kommission veröffentlicht ihren Bericht über die neue Bibliothek zu Beginn des nächsten Jahres."),
        ("fr", "Le comité publiera son rapport sur la nouvelle bibliothèque au début de l'année prochaine."),
        ("es", "El comité publicará su informe sobre la nueva biblioteca a principios del próximo año."),
        ("ru", "Комиссия опубликует свой отчёт о новой библиотеке в начале следующего года."),
        ("zh", "委员会将于明年年初发表关于新图书馆的报告。"),
        ("ja", "委員会は来年の初めに新しい図書館についての報告書を発表します。"),
        ("ko", "위원회는 내년 초에 새 도서관에 관한 보고서를 발표할 것입니다."),
        ("ar", "ستنشر اللجنة تقريرها عن المكتبة الجديدة في بداية العام المقبل."),
        ("th", "คณะกรรมการจะเผยแพร่รายงานเกี่ยวกับห้องสมุดใหม่ในต้นปีหน้า"),
        ("el", "Η επιτροπή θα δημοσιεύσει την έκθεσή της για τη νέα βιβλιοθήκη στις αρχές του επόμενου έτους."),
    ];

    #[test]
    fn tells_common_languages_apart() {
        for (language, text) in SENTENCES {
            let found = identify(text, &Options::default());
            assert_eq!(found.language, *language, "{text}");
            assert!((0.0..=1.0).contains(&found.score), "{text}: {}", found.score);
        }
    }

    #[test]
    fn no_letters_no_language() {
        for text in ["", " \n", "0123 456", "!?…", "\u{0}"] {
            assert_eq!(identify(text, &Options::default()), Identification::UNDETERMINED, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_judged_by_its_window() {
        let english = "This is the long English part of the text, which goes on. ".repeat(40);
        let russian = "Это длинная русская часть текста, которая продолжается дальше. ".repeat(40);
        let text = format!("{english}{russian}{english}");
        let identify_in = |window| identify(&text, &Options { window, max_chars: 1000, ..Options::default() }).language;
        assert_eq!(identify_in(Window::First), "en");
        assert_eq!(identify_in(Window::Middle), "ru");
    }

    proptest! {
        #[test]
        fn windows_are_the_characters_they_claim(text in "\\PC{0,60}", max_chars in 0_usize..70) {
            let chars: Vec<char> = text.chars().collect();
            let length = chars.len().min(max_chars);
            for (kind, start) in [(Window::First, 0), (Window::Middle, (chars.len() - length) / 2)] {
                let expected: String = chars.iter().skip(start).take(length).collect();
                prop_assert_eq!(window(&text, kind, max_chars), expected);
            }
        }

        #[test]
        fn any_text_gets_a_bounded_score(text in any::<String>()) {
            let found = identify(&text, &Options::default());
            prop_assert!((0.0..=1.0).contains(&found.score));
        }
    }
}
