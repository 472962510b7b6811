//! The models by name, loaded and checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use textmill_fasttext::{FastTextError, FastTextModel, LineFeed, Predictor};

use crate::label::Label;
use crate::languages::{UNDETERMINED, iso_639_1, whatlang_languages};
use crate::mixed::{deciding, has_letters_of_russian};
use crate::{familiar, sample, store};

/// The model that needs no file.
pub const WHATLANG: &str = "whatlang";

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Neither `whatlang`, nor a known model, nor the path of a file.
    #[error(
        "there is no model `{0}`: use `whatlang`, a model of `textmill models list`, or the path of a fastText file (.bin, .ftz)"
    )]
    Unknown(String),
    /// A known model that was not fetched.
    #[error("the model `{name}` is not at {}; `textmill models fetch {name}` gets it", .path.display())]
    NotFetched {
        /// Its name.
        name: String,
        /// Where it would be.
        path: PathBuf,
    },
    /// The file is not the known model.
    #[error("{} is not the model `{name}`: its SHA-256 is {found}, not {expected}; remove it and fetch it again", .path.display())]
    WrongDigest {
        /// Name of the model.
        name: String,
        /// The file.
        path: PathBuf,
        /// Digest of the file.
        found: String,
        /// Digest of the model.
        expected: &'static str,
    },
    /// The file cannot be read as a fastText model.
    #[error("{}: {source}", .path.display())]
    FastText {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: FastTextError,
    },
    /// The model does not know a sentence that every such model must know.
    #[error(
        "the model says `{found}` of a sentence in `{expected}` (\"{sentence}\"): it is no model of languages, or damaged; `expect` gives sentences of its own"
    )]
    FailedCheck {
        /// The sentence.
        sentence: String,
        /// Its language.
        expected: String,
        /// What the model says.
        found: String,
    },
    /// The model answers none of the languages of the built-in sentences.
    #[error(
        "the model answers none of the languages of the built-in check ({0}); give sentences and their labels in `expect`"
    )]
    Unchecked(String),
}

/// A loaded model. Threads share it.
#[derive(Debug, Clone)]
pub struct Model(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Whatlang,
    FastText(FastText),
}

#[derive(Debug)]
struct FastText {
    model: Arc<FastTextModel>,
    /// What each label of the model stands for.
    labels: BTreeMap<String, Label>,
    /// One for each thread that has needed one.
    predictors: Mutex<Vec<Predictor>>,
    digest: String,
}

/// A language that a text may be in.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The language that the label of the model stands for.
    pub label: Label,
    /// Probability, or whatlang's confidence; 0 to 1.
    pub score: f64,
}

/// Sentences that a model of languages must know.
const SENTENCES: &[(&str, &str)] = &[
    ("en", "The committee will publish its report about the new library at the beginning of next year."),
    ("zh", "委员会将于明年年初发表关于新图书馆的报告，并邀请读者参加讨论。"),
    ("fr", "Le comité publiera son rapport sur la nouvelle bibliothèque au début de l'année prochaine."),
    ("de", "Die Kommission veröffentlicht ihren Bericht über die neue Bibliothek zu Beginn des nächsten Jahres."),
    ("es", "El comité publicará su informe sobre la nueva biblioteca a principios del próximo año."),
    ("ru", "Комиссия опубликует свой отчёт о новой библиотеке в начале следующего года."),
    ("ja", "委員会は来年の初めに新しい図書館についての報告書を発表します。"),
    ("ko", "위원회는 내년 초에 새 도서관에 관한 보고서를 발표할 것입니다."),
];

impl Model {
    /// The model inside the program.
    pub fn whatlang() -> Self {
        Self(Arc::new(Kind::Whatlang))
    }

    /// The model called `name`: `whatlang`, a known model that was fetched, or the path of a file.
    /// `expect` are sentences with the labels that a model from a file must give them; where it is
    /// empty, built-in sentences in eight languages, as far as the model has these.
    pub fn load(name: &str, expect: &BTreeMap<String, String>) -> Result<Self, ModelError> {
        if name == WHATLANG {
            return Ok(Self::whatlang());
        }
        let path = match store::known(name) {
            Some(known) => known.checked_path()?,
            None if is_path(name) => PathBuf::from(name),
            None => return Err(ModelError::Unknown(name.to_owned())),
        };
        let model = Self(Arc::new(Kind::FastText(FastText::load(&path)?)));
        model.check(expect)?;
        Ok(model)
    }

    /// BLAKE3 digest of the file; `None` for the model inside the program.
    pub fn digest(&self) -> Option<&str> {
        match &*self.0 {
            Kind::Whatlang => None,
            Kind::FastText(model) => Some(&model.digest),
        }
    }

    /// The codes of languages that the model can answer, sorted.
    pub fn languages(&self) -> Vec<String> {
        let mut found: Vec<String> = match &*self.0 {
            Kind::Whatlang => whatlang_languages().map(ToOwned::to_owned).collect(),
            Kind::FastText(model) => model.labels.values().map(|label| label.language.clone()).collect(),
        };
        found.push(UNDETERMINED.to_owned());
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The best `k` languages of `text`, best first; scripts of one language are one candidate, with
    /// the script of the best. Empty where none could be told. whatlang sees of a text in which a script of East or
    /// Southeast Asia has a third of the words only that script.
    pub fn candidates(&self, text: &str, k: usize) -> Vec<Candidate> {
        match &*self.0 {
            Kind::Whatlang => by_sample(text).into_iter().map(|info| candidate(&info)).collect(),
            Kind::FastText(model) => model.candidates(text, k),
        }
    }

    fn check(&self, expect: &BTreeMap<String, String>) -> Result<(), ModelError> {
        let best = |text: &str| self.candidates(text, 5).into_iter().next().map(|best| best.label);
        for (sentence, expected) in expect {
            let found = best(sentence);
            if found.as_ref().is_none_or(|label| label.name != *expected && label.language != *expected) {
                return Err(failed(sentence, expected, found));
            }
        }
        if !expect.is_empty() {
            return Ok(());
        }
        let known = self.languages();
        let mut checked = 0;
        for (language, sentence) in SENTENCES.iter().filter(|(language, _)| known.iter().any(|code| code == language)) {
            checked += 1;
            let found = best(sentence);
            if found.as_ref().is_none_or(|label| label.language != *language) {
                return Err(failed(sentence, language, found));
            }
        }
        let languages = || SENTENCES.iter().map(|(language, _)| *language).collect::<Vec<_>>().join(", ");
        if checked > 0 { Ok(()) } else { Err(ModelError::Unchecked(languages())) }
    }
}

fn failed(sentence: &str, expected: &str, found: Option<Label>) -> ModelError {
    let found = found.map_or_else(|| UNDETERMINED.to_owned(), |label| label.name);
    ModelError::FailedCheck { sentence: sentence.to_owned(), expected: expected.to_owned(), found }
}

/// Confidence from which what a sample says of the language is believed. whatlang is that sure where the best language is
/// clearly ahead of the second one.
const SURE: f64 = 1.0;

/// What a sample of a long text says where it is sure, else what all of it says.
fn by_sample(text: &str) -> Option<whatlang::Info> {
    let sampled = sample::spread(text).and_then(|sample| of_sample(&sample));
    sampled.or_else(|| by_alphabets(&deciding(text)))
}

/// What a sample says where it is sure: of a few languages if its words tell which come into question, else of all.
fn of_sample(sample: &str) -> Option<whatlang::Info> {
    let is_sure = |info: &whatlang::Info| info.confidence() >= SURE;
    let text = deciding(sample);
    let few = familiar::rivals(&text).and_then(|rivals| whatlang::Detector::with_allowlist(rivals).detect(&text));
    // Without Chinese among the languages in question, Chinese characters would be Japanese.
    let few = few.filter(|info| info.script() == whatlang::Script::Latin);
    few.filter(is_sure).or_else(|| by_alphabets(&text).filter(is_sure))
}

/// Trigrams take short Russian for Bulgarian, which has not all of its letters.
fn by_alphabets(text: &str) -> Option<whatlang::Info> {
    use whatlang::Lang::{Bul, Mkd, Srp, Ukr};
    if has_letters_of_russian(text) {
        return whatlang::Detector::with_denylist(vec![Bul, Mkd, Srp, Ukr]).detect(text);
    }
    whatlang::detect(text)
}

fn candidate(info: &whatlang::Info) -> Candidate {
    let language = iso_639_1(info.lang()).to_owned();
    let label = Label { name: language.clone(), language, script: None };
    Candidate { label, score: bounded(info.confidence()) }
}

/// A score that is no number counts as none.
fn bounded(score: f64) -> f64 {
    if score.is_nan() { 0.0 } else { score.clamp(0.0, 1.0) }
}

fn is_path(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    name.contains('/') || extension.is_some_and(|known| ["bin", "ftz"].contains(&known.to_ascii_lowercase().as_str()))
}

impl FastText {
    fn load(path: &Path) -> Result<Self, ModelError> {
        let failed = |source| ModelError::FastText { path: path.to_owned(), source };
        let model = FastTextModel::load(path).map_err(failed)?;
        let digest =
            store::blake3_of(path).map_err(|source| failed(FastTextError::Open { path: path.to_owned(), source }))?;
        let labels = model.labels().iter().map(|name| (name.clone(), Label::among(name, model.labels()))).collect();
        Ok(Self { model: Arc::new(model), labels, predictors: Mutex::default(), digest })
    }

    fn candidates(&self, text: &str, k: usize) -> Vec<Candidate> {
        let lock = || self.predictors.lock().unwrap_or_else(PoisonError::into_inner);
        let mut predictor = lock().pop().unwrap_or_else(|| Predictor::new(Arc::clone(&self.model)));
        let mut found: Vec<Candidate> = Vec::new();
        for answer in predictor.predict(text, LineFeed::Space, k, 0.0) {
            let Some(label) = self.labels.get(answer.label) else { continue };
            let score = bounded(answer.probability.into());
            match found.iter_mut().find(|known| known.label.language == label.language) {
                Some(known) => known.score = bounded(known.score + score),
                None => found.push(Candidate { label: label.clone(), score }),
            }
        }
        lock().push(predictor);
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;
    use crate::identify::{Window, window};
    use crate::mixed::without_capitals;

    fn load(name: &str) -> Result<Model, String> {
        Model::load(name, &BTreeMap::new()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_built_in_model_passes_the_check_of_files() {
        let model = load(WHATLANG).expect("built in");
        assert!(model.check(&BTreeMap::new()).is_ok());
        assert_eq!(model.digest(), None);
        assert!(model.languages().contains(&"zh".to_owned()));
    }

    #[test]
    fn expectations_that_are_not_met_fail_closed() {
        let model = Model::whatlang();
        let expect = |label: &str| BTreeMap::from([(SENTENCES[0].1.to_owned(), label.to_owned())]);
        assert!(model.check(&expect("en")).is_ok());
        let error = model.check(&expect("fr")).expect_err("it is English").to_string();
        assert!(error.contains("`en`") && error.contains("`fr`"), "{error}");
    }

    #[test]
    fn names_that_are_no_model_say_what_there_is() {
        for (name, part) in
            [("lid", "there is no model `lid`"), ("no/such.bin", "no/such.bin"), ("", "there is no model")]
        {
            let error = load(name).expect_err("no model");
            assert!(error.contains(part), "{error}");
        }
    }

    /// The texts of the development data's corpus; none, visibly, where it is absent.
    #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
    fn each_corpus_text(mut on_text: impl FnMut(&str)) {
        let beside =
            || Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../../shared/data");
        let folder = std::env::var_os("TEXTMILL_DATA").map_or_else(beside, PathBuf::from).join("corpus");
        for name in ["en-00000", "en-00001", "zh-00000", "multi-00000", "multi-00001"] {
            let path = folder.join(format!("{name}.jsonl.zst"));
            let Ok(file) = std::fs::File::open(&path) else {
                eprintln!("SKIPPED: no development data at {} (set TEXTMILL_DATA)", path.display());
                continue;
            };
            for line in BufReader::new(zstd::Decoder::new(file).expect("zstd")).lines() {
                let row: serde_json::Value = serde_json::from_str(&line.expect("UTF-8")).expect("JSON");
                on_text(row["text"].as_str().expect("a text"));
            }
        }
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "the figures are for reading")]
    fn samples_tell_the_language_of_all_but_one_document_in_a_thousand() {
        let (mut all, mut sampled) = (0, 0);
        let mut different: BTreeMap<String, usize> = BTreeMap::new();
        each_corpus_text(|text| {
            let text = without_capitals(window(text, Window::Middle, crate::DEFAULT_MAX_CHARS));
            all += 1;
            let Some(sample) = sample::spread(&text) else { return };
            sampled += usize::from(of_sample(&sample).is_some());
            let (found, whole) = (by_sample(&text), by_alphabets(&deciding(&text)));
            let codes = [whole, found].map(|info| info.map_or(UNDETERMINED, |info| iso_639_1(info.lang())));
            if codes[0] != codes[1] {
                *different.entry(codes.join(" -> ")).or_default() += 1;
            }
        });
        let count: usize = different.values().sum();
        eprintln!("{count} of {all} documents have another language ({sampled} told by samples): {different:?}");
        assert!(1000 * count <= all, "{count} of {all}: {different:?}");
    }
}
