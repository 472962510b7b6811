//! What the labels of models stand for.

use isolang::Language;

/// A label of a model: `zh`, `zho_Hans`, `eng-Latn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// As the model has it, without `__label__`.
    pub name: String,
    /// ISO 639-1 code where there is one, else as the model has it; of a macrolanguage's parts that
    /// texts are usually labelled with (`cmn`, `arb`, `pes`), the code of the whole.
    pub language: String,
    /// ISO 15924 code, where the label has one.
    pub script: Option<String>,
}

/// Languages whose own code is hardly used for texts, with the code that is.
const WHOLES: &[(&str, &str)] = &[
    ("cmn", "zh"),
    ("arb", "ar"),
    ("pes", "fa"),
    ("zsm", "ms"),
    ("ekk", "et"),
    ("lvs", "lv"),
    ("npi", "ne"),
    ("ory", "or"),
    ("swh", "sw"),
    ("khk", "mn"),
    ("uzn", "uz"),
    ("azj", "az"),
    ("als", "sq"),
    ("plt", "mg"),
    ("ydd", "yi"),
    ("gaz", "om"),
    ("kmr", "ku"),
];

impl Label {
    /// Reads a label.
    pub(crate) fn parse(name: &str) -> Self {
        let name = name.strip_prefix("__label__").unwrap_or(name);
        let mut parts = name.split(['_', '-']);
        let code = parts.next().unwrap_or(name);
        let script = parts.find(|part| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
        Self { name: name.to_owned(), language: language(code), script: script.map(ToOwned::to_owned) }
    }

    /// Reads a label of a model with the labels `all`. Where the model has the two-letter code itself, a code of three
    /// letters means something else: `als` is Albanian to most, and Alemannic to a model that has `sq`.
    pub(crate) fn among(name: &str, all: &[String]) -> Self {
        let label = Self::parse(name);
        let code = label.name.split(['_', '-']).next().unwrap_or_default().to_ascii_lowercase();
        let whole = label.language != code && all.contains(&label.language);
        if whole { Self { language: code, ..label } } else { label }
    }
}

fn language(code: &str) -> String {
    let lower = code.to_ascii_lowercase();
    if let Some((_, whole)) = WHOLES.iter().find(|(part, _)| *part == lower) {
        return (*whole).to_owned();
    }
    let short = Language::from_639_3(&lower).and_then(|language| language.to_639_1());
    short.map_or(lower, ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_beside_its_whole_means_something_else() {
        let all = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>();
        let language = |name, labels: &[&str]| Label::among(name, &all(labels)).language;
        assert_eq!(language("als", &["als", "sq"]), "als");
        assert_eq!(language("als_Latn", &["als_Latn", "aln_Latn"]), "sq");
        assert_eq!(language("zho_Hans", &["zho_Hans", "cmn_Hani"]), "zh");
        assert_eq!(language("sq", &["als", "sq"]), "sq");
    }

    #[test]
    fn labels_of_the_usual_models_are_read() {
        for (name, language, script) in [
            ("__label__zh", "zh", None),
            ("zho_Hans", "zh", Some("Hans")),
            ("cmn_Hani", "zh", Some("Hani")),
            ("eng-Latn", "en", Some("Latn")),
            ("arb_Arab", "ar", Some("Arab")),
            ("ceb", "ceb", None),
            ("nds", "nds", None),
            ("deu", "de", None),
            ("EN", "en", None),
            ("other", "other", None),
            ("", "", None),
        ] {
            let label = Label::parse(name);
            assert_eq!((label.language.as_str(), label.script.as_deref()), (language, script), "{name}");
        }
    }
}
