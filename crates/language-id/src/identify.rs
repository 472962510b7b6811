//! From a text to its language: the part that is looked at, and how the model's answers are judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::languages::{EMPTY, MIXED, UNDETERMINED};
use crate::mixed::{has_letters, without_capitals};
use crate::{Candidate, Model};

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

/// How a language is chosen from the model's answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The model's first answer. A text without a letter is `und`, and a text mostly in capitals is looked at in small
    /// letters.
    #[default]
    Best,
    /// The model's first answer to the text as it is, as fastText's program and datatrove take it.
    Raw,
    /// As `llm_web_kit` does: `zh` or `en` where the two have more than half of the probability, with
    /// `zh` from two fifths of their sum on; else the first answer with more than 0.6 (Croatian counts as
    /// Serbian); else `mix`. `empty` for texts without a word.
    ZhEn,
}

/// How to identify a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Characters that are looked at. Default [`DEFAULT_MAX_CHARS`](crate::DEFAULT_MAX_CHARS).
    pub max_chars: usize,
    /// Which part of a longer text is looked at. Default [`Window::Middle`].
    pub window: Window,
    /// How a language is chosen. Default [`Policy::Best`].
    pub policy: Policy,
    /// Answers that the model is asked for, at least 5 with [`Policy::ZhEn`]. Default 5.
    pub candidates: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_chars: crate::DEFAULT_MAX_CHARS,
            window: Window::default(),
            policy: Policy::default(),
            candidates: CANDIDATES,
        }
    }
}

/// Answers that `llm_web_kit` asks for.
pub(crate) const CANDIDATES: usize = 5;

/// The language found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Identification {
    /// ISO 639-1 code where there is one, else the model's; [`UNDETERMINED`] where none was found.
    pub language: String,
    /// The model's confidence, 0 to 1; 0 for [`UNDETERMINED`].
    pub score: f64,
    /// All answers of the model, best first.
    pub candidates: Vec<Candidate>,
}

impl Identification {
    fn without_candidates(language: &str, score: f64) -> Self {
        Self { language: language.to_owned(), score, candidates: Vec::new() }
    }

    /// No language was found.
    pub fn undetermined() -> Self {
        Self::without_candidates(UNDETERMINED, 0.0)
    }
}

/// The language that most of `text` is written in, as `model` answers.
pub fn identify(model: &Model, text: &str, options: &Options) -> Identification {
    let seen = window(text, options.window, options.max_chars);
    let wanted = if options.policy == Policy::ZhEn { options.candidates.max(CANDIDATES) } else { options.candidates };
    let candidates = match options.policy {
        Policy::Best if !has_letters(seen) => Vec::new(),
        Policy::Best => model.candidates(&without_capitals(seen), wanted.max(1)),
        Policy::Raw | Policy::ZhEn => model.candidates(seen, wanted.max(1)),
    };
    let found = match options.policy {
        Policy::Best | Policy::Raw => best(&candidates),
        Policy::ZhEn if seen.trim().is_empty() => Identification::without_candidates(EMPTY, 0.0),
        Policy::ZhEn => zh_en(&candidates),
    };
    Identification { candidates, ..found }
}

fn best(candidates: &[Candidate]) -> Identification {
    candidates.first().map_or_else(Identification::undetermined, |best| {
        Identification::without_candidates(&best.label.language, best.score)
    })
}

/// Source of the rule and its bounds: `lang_id.py` of `llm_web_kit`.
fn zh_en(candidates: &[Candidate]) -> Identification {
    const BOTH: f64 = 0.5;
    const ZH_SHARE: f64 = 0.4;
    const ALONE: f64 = 0.6;
    let score =
        |code: &str| candidates.iter().find(|found| found.label.language == code).map_or(0.0, |found| found.score);
    let (zh, en, sr, hr) = (score("zh"), score("en"), score("sr"), score("hr"));
    if zh + en > BOTH {
        let is_zh = zh > ZH_SHARE * (zh + en);
        return Identification::without_candidates(if is_zh { "zh" } else { "en" }, if is_zh { zh } else { en });
    }
    match candidates.first() {
        Some(first) if first.score > ALONE => {
            let code = first.label.language.as_str();
            Identification::without_candidates(if code == "hr" { "sr" } else { code }, first.score)
        }
        _ if sr + hr > ALONE => Identification::without_candidates("sr", sr + hr),
        first => Identification::without_candidates(MIXED, first.map_or(0.0, |first| first.score)),
    }
}

/// The language of each paragraph, weighed by its letters: `(language, share)`, largest first, shares
/// summing to 1. Paragraphs of which no language can be told are left out.
pub fn paragraph_shares(model: &Model, text: &str, options: &Options) -> Vec<(String, f64)> {
    let seen = window(text, options.window, options.max_chars);
    let mut shares: Vec<(String, f64)> = Vec::new();
    let mut all = 0.0;
    for paragraph in seen.split('\n').filter(|paragraph| !paragraph.trim().is_empty()) {
        let found = identify(model, paragraph, &Options { max_chars: usize::MAX, ..*options });
        if [UNDETERMINED, EMPTY].contains(&found.language.as_str()) {
            continue;
        }
        let weight = paragraph.chars().filter(|char| char.is_alphabetic()).count() as f64;
        all += weight;
        match shares.iter_mut().find(|(language, _)| *language == found.language) {
            Some((_, share)) => *share += weight,
            None => shares.push((found.language, weight)),
        }
    }
    if all > 0.0 {
        shares.iter_mut().for_each(|(_, share)| *share /= all);
    }
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    shares
}

/// At most `max_chars` characters of `text`. Only texts with more bytes than that are counted, which
/// the standard library does many bytes at a time.
pub(crate) fn window(text: &str, window: Window, max_chars: usize) -> &str {
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
    use crate::label::Label;

    fn language(text: &str, options: &Options) -> String {
        identify(&Model::whatlang(), text, options).language
    }

    #[test]
    fn no_letters_no_language() {
        for text in ["", " \n", "0123 456", "!?…", "\u{0}"] {
            let found = identify(&Model::whatlang(), text, &Options::default());
            assert_eq!(found, Identification::undetermined(), "{text:?}");
        }
    }

    #[test]
    fn chinese_and_japanese_with_latin_words_stay_what_they_are() {
        for (text, expected) in [
            ("安装 Docker 之后，运行 docker compose up -d 启动服务，然后查看 dashboard。", "zh"),
            ("Pythonでは list comprehension を使うと、for loop より短く書けます。", "ja"),
            ("나는 Python 으로 machine learning 모델을 만들었다.", "ko"),
            ("ใช้ Docker compose เพื่อเริ่มบริการ แล้วเปิด dashboard", "th"),
            ("The Chinese name of the city is 北京 and it was called 北平 before 1949.", "en"),
            ("Стена гавани была перестроена за три лета, и каждое лето оставило свой след в камне.", "ru"),
            ("Er sagte „你好“ und ging nach Hause, weil es schon spät war.", "de"),
        ] {
            assert_eq!(language(text, &Options::default()), expected, "{text}");
        }
    }

    #[test]
    fn capitals_are_as_small_letters() {
        for text in [
            "the harbour wall was rebuilt in three summers, and each summer left its own mark in the stone.",
            "le mur du port a été reconstruit en trois étés, et chaque été a laissé sa marque dans la pierre.",
            "стена гавани была перестроена за три лета, и каждое лето оставило свой след в камне.",
            "die hafenmauer wurde in drei sommern neu gebaut, und jeder sommer hinterließ seine spur.",
        ] {
            let found = |text: &str| identify(&Model::whatlang(), text, &Options::default());
            assert_eq!(found(&text.to_uppercase()).language, found(text).language, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_judged_by_its_window() {
        let english = "This is the long English part of the text, which goes on. ".repeat(40);
        let russian = "Это длинная русская часть текста, которая продолжается дальше. ".repeat(40);
        let text = format!("{english}{russian}{english}");
        let within = |window| language(&text, &Options { window, max_chars: 1000, ..Options::default() });
        assert_eq!(within(Window::First), "en");
        assert_eq!(within(Window::Middle), "ru");
    }

    fn cascade(scores: &[(&str, f64)]) -> (String, f64) {
        let label = |code: &str| Label { name: code.to_owned(), language: code.to_owned(), script: None };
        let candidates: Vec<_> =
            scores.iter().map(|(code, score)| Candidate { label: label(code), score: *score }).collect();
        let found = zh_en(&candidates);
        (found.language, found.score)
    }

    #[test]
    fn the_cascade_has_the_published_bounds() {
        for (scores, expected) in [
            (&[("en", 0.35), ("zh", 0.25)][..], ("zh", 0.25)),
            (&[("en", 0.375), ("zh", 0.25)], ("en", 0.375)),
            (&[("en", 0.25), ("zh", 0.25)], ("mix", 0.25)),
            (&[("en", 0.26), ("zh", 0.25)], ("zh", 0.25)),
            (&[("fr", 0.6)], ("mix", 0.6)),
            (&[("fr", 0.61)], ("fr", 0.61)),
            (&[("hr", 0.7)], ("sr", 0.7)),
            (&[("hr", 0.375), ("sr", 0.25)], ("sr", 0.625)),
            (&[("hr", 0.3), ("sr", 0.3)], ("mix", 0.3)),
            (&[], ("mix", 0.0)),
        ] {
            let (language, score) = cascade(scores);
            assert_eq!((language.as_str(), score), expected, "{scores:?}");
        }
        let options = Options { policy: Policy::ZhEn, ..Options::default() };
        assert_eq!(language(" \n", &options), EMPTY);
        assert_eq!(language("委员会将于明年年初发表关于新图书馆的报告。", &options), "zh");
    }

    #[test]
    fn paragraphs_are_weighed_by_their_letters() {
        let text = "This is the long English paragraph of the text, which goes on and on.\n\n123\nЭто русский абзац.\n";
        let shares = paragraph_shares(&Model::whatlang(), text, &Options::default());
        assert_eq!(shares.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["en", "ru"]);
        assert!((shares[0].1 - 54.0 / 69.0).abs() < 1e-9, "{shares:?}");
        assert_eq!(paragraph_shares(&Model::whatlang(), "1\n2", &Options::default()), []);
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
            let found = identify(&Model::whatlang(), &text, &Options::default());
            prop_assert!((0.0..=1.0).contains(&found.score));
        }
    }
}
