//! What people write for a language, and which languages a code does not include.

use crate::label::Label;

/// What is written for a language that has another code: codes of countries, old codes, codes of libraries
/// (ISO 639-2/B), names of scripts.
const WRITTEN: &[(&str, &str)] = &[
    ("jp", "ja"),
    ("jpn", "ja"),
    ("cn", "zh"),
    ("tw", "zh"),
    ("hans", "zh"),
    ("hant", "zh"),
    ("chs", "zh"),
    ("cht", "zh"),
    ("chi", "zh"),
    ("mandarin", "zh"),
    ("cantonese", "yue"),
    ("kr", "ko"),
    ("iw", "he"),
    ("in", "id"),
    ("ji", "yi"),
    ("jw", "jv"),
    ("mo", "ro"),
    ("ua", "uk"),
    ("gr", "el"),
    ("cz", "cs"),
    ("dk", "da"),
    ("se", "sv"),
    ("vn", "vi"),
    ("us", "en"),
    ("gb", "en"),
    ("br", "pt"),
    ("at", "de"),
    ("ir", "fa"),
    ("farsi", "fa"),
    ("fil", "tl"),
    ("filipino", "tl"),
    ("no", "nb"),
    ("nb", "no"),
    ("nn", "nb"),
    ("ger", "de"),
    ("fre", "fr"),
    ("dut", "nl"),
    ("gre", "el"),
    ("per", "fa"),
    ("rum", "ro"),
    ("slo", "sk"),
    ("cze", "cs"),
    ("alb", "sq"),
    ("arm", "hy"),
    ("baq", "eu"),
    ("bur", "my"),
    ("geo", "ka"),
    ("ice", "is"),
    ("mac", "mk"),
    ("mao", "mi"),
    ("may", "ms"),
    ("tib", "bo"),
    ("wel", "cy"),
    ("scr", "hr"),
    ("scc", "sr"),
];

/// English names of languages.
const NAMES: &[(&str, &str)] = &[
    ("afrikaans", "af"),
    ("albanian", "sq"),
    ("amharic", "am"),
    ("arabic", "ar"),
    ("armenian", "hy"),
    ("azerbaijani", "az"),
    ("basque", "eu"),
    ("belarusian", "be"),
    ("bengali", "bn"),
    ("bosnian", "bs"),
    ("bulgarian", "bg"),
    ("burmese", "my"),
    ("catalan", "ca"),
    ("chinese", "zh"),
    ("croatian", "hr"),
    ("czech", "cs"),
    ("danish", "da"),
    ("dutch", "nl"),
    ("english", "en"),
    ("esperanto", "eo"),
    ("estonian", "et"),
    ("finnish", "fi"),
    ("french", "fr"),
    ("galician", "gl"),
    ("georgian", "ka"),
    ("german", "de"),
    ("greek", "el"),
    ("gujarati", "gu"),
    ("hebrew", "he"),
    ("hindi", "hi"),
    ("hungarian", "hu"),
    ("icelandic", "is"),
    ("indonesian", "id"),
    ("irish", "ga"),
    ("italian", "it"),
    ("japanese", "ja"),
    ("javanese", "jv"),
    ("kannada", "kn"),
    ("kazakh", "kk"),
    ("khmer", "km"),
    ("korean", "ko"),
    ("kurdish", "ku"),
    ("lao", "lo"),
    ("latin", "la"),
    ("latvian", "lv"),
    ("lithuanian", "lt"),
    ("macedonian", "mk"),
    ("malay", "ms"),
    ("malayalam", "ml"),
    ("marathi", "mr"),
    ("mongolian", "mn"),
    ("nepali", "ne"),
    ("norwegian", "no"),
    ("pashto", "ps"),
    ("persian", "fa"),
    ("polish", "pl"),
    ("portuguese", "pt"),
    ("punjabi", "pa"),
    ("romanian", "ro"),
    ("russian", "ru"),
    ("serbian", "sr"),
    ("sinhala", "si"),
    ("slovak", "sk"),
    ("slovene", "sl"),
    ("slovenian", "sl"),
    ("spanish", "es"),
    ("swahili", "sw"),
    ("swedish", "sv"),
    ("tagalog", "tl"),
    ("tamil", "ta"),
    ("telugu", "te"),
    ("thai", "th"),
    ("tibetan", "bo"),
    ("turkish", "tr"),
    ("turkmen", "tk"),
    ("ukrainian", "uk"),
    ("urdu", "ur"),
    ("uyghur", "ug"),
    ("uzbek", "uz"),
    ("vietnamese", "vi"),
    ("welsh", "cy"),
    ("yiddish", "yi"),
    ("zulu", "zu"),
];

/// Languages of a macrolanguage (ISO 639-3) that models answer beside the code of the whole. What a model answers only as
/// the whole (`cmn`, `arb`, `pes`) is not here: its code is the whole's already.
const VARIETIES: &[(&str, &[&str])] = &[
    ("zh", &["cdo", "cjy", "cpx", "czh", "czo", "gan", "hak", "hsn", "lzh", "mnp", "nan", "wuu", "yue"]),
    (
        "ar",
        &[
            "acm", "acq", "acw", "acx", "aeb", "afb", "ajp", "apc", "apd", "arq", "ars", "ary", "arz", "ayl", "ayn",
            "ayp", "shu",
        ],
    ),
    ("az", &["azb"]),
    ("et", &["vro"]),
    ("fa", &["prs"]),
    ("ku", &["ckb", "sdh"]),
    ("lv", &["ltg"]),
    ("ms", &["bjn", "zlm"]),
    ("ne", &["dty"]),
    ("no", &["nb", "nn"]),
    ("or", &["spv"]),
    ("pa", &["pnb"]),
    ("sh", &["bs", "hr", "sr"]),
    ("sq", &["aae", "aat", "aln"]),
    ("sw", &["swc"]),
    ("uz", &["uzs"]),
    ("yi", &["yih"]),
];

/// The varieties of the language `code`, as codes of their own.
pub(crate) fn varieties(code: &str) -> &'static [&'static str] {
    VARIETIES.iter().find(|(whole, _)| *whole == code).map_or(&[], |(_, varieties)| varieties)
}

/// For each of `kept` the varieties that `answered` has and `kept` has not.
pub fn varieties_left_out(kept: &[String], answered: &[String]) -> Vec<(String, Vec<String>)> {
    let left_out = |code: &String| {
        let here = |variety: &&&str| {
            answered.iter().any(|known| known == **variety) && !kept.iter().any(|kept| kept == **variety)
        };
        varieties(code).iter().filter(here).map(|variety| (*variety).to_owned()).collect::<Vec<_>>()
    };
    kept.iter().map(|code| (code.clone(), left_out(code))).filter(|(_, varieties)| !varieties.is_empty()).collect()
}

/// The code that `written` was most likely meant to be, of those that `known` takes.
pub(crate) fn meant(written: &str, known: impl Fn(&str) -> bool) -> Option<String> {
    let lower = written.trim().to_lowercase();
    let first = lower.split(['-', '_', ' ', ',']).next().unwrap_or_default();
    let table = |table: &[(&str, &str)], text: &str| {
        table.iter().find(|(written, _)| *written == text).map(|(_, code)| (*code).to_owned())
    };
    let mut possible = Vec::new();
    for text in [lower.as_str(), first] {
        possible.push(Some(text.to_owned()));
        possible.extend([table(WRITTEN, text), table(NAMES, text), Some(Label::parse(text).language)]);
        // `norwegian` is `no`, which one model has and another calls `nb`.
        possible.push(table(NAMES, text).and_then(|code| table(WRITTEN, &code)));
    }
    possible.into_iter().flatten().find(|code| code != written && !code.is_empty() && known(code))
}

/// Whether a language has the code, or textmill answers it.
pub(crate) fn is_code(code: &str) -> bool {
    let known = match code.len() {
        2 => isolang::Language::from_639_1(code),
        3 => isolang::Language::from_639_3(code),
        _ => None,
    };
    known.is_some() || [crate::UNDETERMINED, crate::EMPTY, crate::MIXED].contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_leads_to_the_code() {
        let known = ["ja", "zh", "ko", "he", "en", "de", "nb", "yue"];
        let meant = |written| meant(written, |code| known.contains(&code));
        for (written, code) in [
            ("jp", Some("ja")),
            ("JA", Some("ja")),
            ("cn", Some("zh")),
            ("kr", Some("ko")),
            ("iw", Some("he")),
            ("en-US", Some("en")),
            ("en_GB", Some("en")),
            ("english", Some("en")),
            ("English", Some("en")),
            ("zh-Hans", Some("zh")),
            ("zh_tw", Some("zh")),
            ("zho", Some("zh")),
            ("cmn", Some("zh")),
            ("chi", Some("zh")),
            ("cmn_Hani", Some("zh")),
            ("ger", Some("de")),
            ("deu", Some("de")),
            ("no", Some("nb")),
            ("norwegian", Some("nb")),
            ("cantonese", Some("yue")),
            ("xx", None),
            ("", None),
            ("ja", None),
        ] {
            assert_eq!(meant(written).as_deref(), code, "{written}");
        }
    }

    #[test]
    fn varieties_that_a_model_answers_and_nobody_keeps_are_found() {
        let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
        let answered = owned(&["zh", "yue", "wuu", "ar", "arz", "en", "no", "nn"]);
        let left_out = |kept: &[&str]| varieties_left_out(&owned(kept), &answered);
        assert_eq!(left_out(&["zh", "en"]), [("zh".to_owned(), owned(&["wuu", "yue"]))]);
        assert_eq!(left_out(&["zh", "yue"]), [("zh".to_owned(), owned(&["wuu"]))]);
        assert_eq!(left_out(&["zh", "yue", "wuu"]), []);
        assert_eq!(left_out(&["ar", "no"]), [("ar".to_owned(), owned(&["arz"])), ("no".to_owned(), owned(&["nn"]))]);
        assert_eq!(left_out(&["en", "fr"]), []);
    }

    #[test]
    fn the_tables_name_codes() {
        for (_, code) in WRITTEN.iter().chain(NAMES) {
            assert!(is_code(code), "{code}");
        }
        for (whole, varieties) in VARIETIES {
            // Models keep codes that ISO has merged, such as `ajp`.
            assert!(is_code(whole) && varieties.iter().all(|code| is_code(code) || *code == "ajp"), "{whole}");
        }
        assert!(!is_code("jp") && !is_code("english") && is_code("und"));
    }
}
