use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Dropped, Mode, Reason, Remarks, Stage, StageConfig, StageError,
    columns, value_at,
};

use super::source::Sources;
use super::{SafetyConfig, SourceType};
use crate::url::{DomainList, Loaded, UrlParts, UrlRules};
use crate::word_list::{Entry, WordList};

/// A word is too grave for the source.
pub const UNSAFE_WORD: Reason =
    Reason { code: "unsafe_word", summary: "a word of `words` is in it whose level the source does not allow" };

/// The stage `safety`.
#[derive(Debug, Clone)]
pub struct SafetyStage {
    config: SafetyConfig,
    domains: Arc<UrlRules>,
    sources: Sources,
    words: WordList,
    digests: Vec<String>,
    /// What the lists of domains hold.
    loaded: Loaded,
}

/// What is found of a document.
struct Found<'a> {
    list: Option<DomainList>,
    source: SourceType,
    word: Option<&'a Entry>,
    dropped: Option<Dropped>,
}

impl SafetyStage {
    /// The stage as configured. Loads the lists.
    pub fn new(config: SafetyConfig) -> Result<Self, ConfigFault> {
        config.check()?;
        let domains = UrlRules::load(&config.domains())?;
        let mut loaded = Loaded::default();
        let sources = Sources::load(&config, &mut loaded)?;
        let mut digests = domains.digests().to_vec();
        digests.extend(loaded.digests.iter().cloned());
        let wrong = |problem| ConfigFault::new("words.files", format!("`words.files` {problem}"));
        let (words, files) = config.words.source().load(|_| true).map_err(wrong)?;
        let given = !config.words.files.is_empty() || !config.words.entries.is_empty();
        if given && words.is_empty() {
            let message = "`words` holds no entry that could be found: all are too short, allowed or blank";
            return Err(ConfigFault::new("words", message));
        }
        digests.extend(files);
        Ok(Self { config, domains: Arc::new(domains), sources, words, digests, loaded })
    }

    /// Lists of domains with lines that were not understood, or without an entry.
    pub fn warnings(&self) -> Vec<String> {
        [self.domains.warnings(), self.loaded.warnings()].concat()
    }

    /// How many entries each list of domains has.
    pub fn notes(&self) -> Vec<String> {
        [self.domains.notes(), self.loaded.notes()].concat()
    }

    /// Looks at one document; where it only has to be decided, no further than that takes.
    fn look(&self, row: usize, text: Option<&str>, url: Option<&str>, source: Option<&str>) -> Found<'_> {
        let url = url.filter(|url| !url.trim().is_empty());
        let parts = url.map(UrlParts::of);
        let list = parts.as_ref().and_then(|parts| self.domains.domain_list(parts)).map(|(list, _)| list);
        let blocked = url.zip(parts.as_ref()).and_then(|(url, parts)| self.domains.find(url, parts));
        let source = self.sources.of(source, parts.as_ref());
        let blocked = blocked.map(|found| {
            let (reason, detail) = (found.reason, Some(found.entry));
            Dropped { row, reason, value: None, bound: None, detail }
        });
        let mildest = self.sources.mildest(source);
        if self.config.mode == Mode::Decide && (blocked.is_some() || mildest.is_none()) {
            return Found { list, source, word: None, dropped: blocked };
        }
        // Of words of one level the first in the order of the list.
        let word = text.and_then(|text| self.words.found(text).min_by_key(|entry| entry.level));
        let unsafe_word = word.zip(mildest).filter(|(word, mildest)| word.level <= *mildest);
        let unsafe_word = unsafe_word.map(|(word, mildest)| {
            let (value, bound) = (f64::from(word.level.number()), f64::from(mildest.number()));
            Dropped { detail: Some(word.text.clone()), ..Dropped::measured(row, UNSAFE_WORD, value, bound) }
        });
        Found { list, source, word, dropped: blocked.or(unsafe_word) }
    }

    fn annotate(&self, batch: &DocumentBatch, found: &[Found<'_>]) -> Result<Applied, StageError> {
        let words = || found.iter().map(|found| found.word);
        let reason = |found: &Found<'_>| found.dropped.as_ref().map(|dropped| dropped.reason.code);
        let arrays: [ArrayRef; 5] = [
            Arc::new(found.iter().map(|found| found.list.map(DomainList::name)).collect::<StringViewArray>()),
            Arc::new(found.iter().map(|found| Some(found.source.name())).collect::<StringViewArray>()),
            Arc::new(words().map(|word| word.map(|word| i64::from(word.level.number()))).collect::<Int64Array>()),
            Arc::new(words().map(|word| word.map(|word| word.text.as_str())).collect::<StringViewArray>()),
            Arc::new(found.iter().map(reason).collect::<StringViewArray>()),
        ];
        Ok(Applied::all(batch.with_columns(self.adds().into_iter().zip(arrays).collect())?))
    }
}

impl Stage for SafetyStage {
    fn name(&self) -> &'static str {
        SafetyConfig::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        let url = self.config.reads_url().then(|| self.config.url_column.clone());
        let others = url.into_iter().chain(self.config.source_column.clone());
        let others = others.map(|name| ColumnRead { name, data_type: Some(DataType::Utf8View) });
        std::iter::once(ColumnRead::standard(columns::TEXT)).chain(others).collect()
    }

    fn adds(&self) -> Vec<Field> {
        match self.config.mode {
            Mode::Decide => Vec::new(),
            Mode::Annotate => vec![
                columns::text_field("url_list"),
                columns::text_field("source_type"),
                Field::new("unsafe_level", DataType::Int64, true),
                columns::text_field("unsafe_word"),
                columns::text_field("unsafe_reason"),
            ],
        }
    }

    fn reasons(&self) -> Vec<Reason> {
        match self.config.mode {
            Mode::Decide => SafetyConfig::REASONS.to_vec(),
            Mode::Annotate => Vec::new(),
        }
    }

    fn digests(&self) -> Vec<String> {
        self.digests.clone()
    }

    fn remarks(&self) -> Remarks {
        Remarks { warnings: self.warnings(), notes: self.notes(), ..Remarks::default() }
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let urls = self.config.reads_url().then(|| batch.strings(&self.config.url_column)).transpose()?;
        let sources = self.config.source_column.as_ref().map(|column| batch.strings(column)).transpose()?;
        let look = |(row, text)| self.look(row, text, value_at(urls, row), value_at(sources, row));
        let found: Vec<Found<'_>> = batch.text()?.iter().enumerate().map(look).collect();
        match self.config.mode {
            Mode::Decide => {
                let dropped = found.into_iter().filter_map(|found| found.dropped).collect();
                Ok(Applied::without(&batch, dropped)?)
            }
            Mode::Annotate => self.annotate(&batch, &found),
        }
    }
}
