use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Dropped, Mode, Reason, Remarks, Stage, StageConfig, StageError,
};

use super::{NO_URL, TOO_MANY_SOFT_URL_WORDS, UrlFilterConfig, UrlFinding, UrlParts, UrlRules};

/// The stage `url_filter`.
#[derive(Debug, Clone)]
pub struct UrlFilterStage {
    mode: Mode,
    column: String,
    drop_missing: bool,
    min_soft_words: u64,
    rules: Arc<UrlRules>,
}

/// What annotate mode writes of one document.
#[derive(Default)]
struct Found {
    host: Option<String>,
    list: Option<&'static str>,
    reason: Option<&'static str>,
    soft_words: Option<f64>,
}

impl UrlFilterStage {
    /// The stage as configured. Loads the lists.
    #[allow(clippy::needless_pass_by_value, reason = "all stages are built alike, from an owned configuration")]
    pub fn new(config: UrlFilterConfig) -> Result<Self, ConfigFault> {
        if config.column.is_empty() {
            return Err(ConfigFault::new("column", "`column` is empty; name the column that has the URL"));
        }
        if config.min_soft_words == 0 {
            return Err(ConfigFault::new("min_soft_words", "`min_soft_words` is 0; it must be 1 or more"));
        }
        if config.drops_nothing() {
            let message =
                "no list is given that drops anything; name one, such as `black_domains: {files: [domains.txt]}`";
            return Err(ConfigFault::whole(message));
        }
        let rules = Arc::new(UrlRules::load(&config)?);
        let UrlFilterConfig { mode, column, drop_missing, min_soft_words, .. } = config;
        Ok(Self { mode, column, drop_missing, min_soft_words, rules })
    }

    /// Lists with lines that were not understood, and lists without an entry.
    pub fn warnings(&self) -> Vec<String> {
        self.rules.warnings()
    }

    /// How many entries each list has.
    pub fn notes(&self) -> Vec<String> {
        self.rules.notes()
    }

    fn decide_url(&self, row: usize, url: Option<&str>) -> Option<Dropped> {
        let Some(url) = url.filter(|url| !url.trim().is_empty()) else {
            let none = Dropped { row, reason: NO_URL, value: None, bound: None, detail: None };
            return self.drop_missing.then_some(none);
        };
        let UrlFinding { reason, entry, soft_words } = self.rules.find(url, &UrlParts::of(url))?;
        let bound = (reason == TOO_MANY_SOFT_URL_WORDS).then_some(self.min_soft_words as f64);
        Some(Dropped { row, reason, value: soft_words.map(|count| count as f64), bound, detail: Some(entry) })
    }

    fn measure(&self, url: Option<&str>) -> Found {
        let reason = self.decide_url(0, url).map(|dropped| dropped.reason.code);
        let Some(url) = url else { return Found { reason, ..Found::default() } };
        let parts = UrlParts::of(url);
        Found {
            list: self.rules.domain_list(&parts).map(|(list, _)| list.name()),
            reason,
            soft_words: Some(self.rules.soft_word_count(url) as f64),
            host: Some(parts.host.into_owned()).filter(|host| !host.is_empty()),
        }
    }

    fn annotate(&self, batch: &DocumentBatch) -> Result<Applied, StageError> {
        let found: Vec<Found> = batch.strings(&self.column)?.iter().map(|url| self.measure(url)).collect();
        let arrays: [ArrayRef; 4] = [
            Arc::new(found.iter().map(|found| found.host.as_deref()).collect::<StringViewArray>()),
            Arc::new(found.iter().map(|found| found.list).collect::<StringViewArray>()),
            Arc::new(found.iter().map(|found| found.reason).collect::<StringViewArray>()),
            Arc::new(found.iter().map(|found| found.soft_words).collect::<Float64Array>()),
        ];
        Ok(Applied::all(batch.with_columns(self.adds().into_iter().zip(arrays).collect())?))
    }
}

impl Stage for UrlFilterStage {
    fn name(&self) -> &'static str {
        UrlFilterConfig::NAME
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead { name: self.column.clone(), data_type: Some(DataType::Utf8View) }]
    }

    fn adds(&self) -> Vec<Field> {
        match self.mode {
            Mode::Decide => Vec::new(),
            Mode::Annotate => vec![
                Field::new("url_host", DataType::Utf8View, true),
                Field::new("url_list", DataType::Utf8View, true),
                Field::new("url_reason", DataType::Utf8View, true),
                Field::new("url_soft_words", DataType::Float64, true),
            ],
        }
    }

    fn reasons(&self) -> Vec<Reason> {
        match self.mode {
            Mode::Decide => UrlFilterConfig::REASONS.to_vec(),
            Mode::Annotate => Vec::new(),
        }
    }

    fn digests(&self) -> Vec<String> {
        self.rules.digests().to_vec()
    }

    fn remarks(&self) -> Remarks {
        Remarks { warnings: self.warnings(), notes: self.notes(), ..Remarks::default() }
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        match self.mode {
            Mode::Decide => {
                let urls = batch.strings(&self.column)?.iter().enumerate();
                let dropped = urls.filter_map(|(row, url)| self.decide_url(row, url)).collect();
                Ok(Applied::without(&batch, dropped)?)
            }
            Mode::Annotate => self.annotate(&batch),
        }
    }
}
