//! Texts of files for commands that are no pipelines.

use arrow::array::Array;
use textmill_document::columns::TEXT;
use textmill_engine::EngineError;
use textmill_ingest::{ColumnSource, Columns, InputConfig, ReadOptions, Split, open_split, plan_input};
use tokio::runtime::{Handle, Runtime};

use crate::exit::CommandError;

/// What is read of a file.
pub(crate) struct Texts<'a> {
    /// Files, folders or patterns.
    pub paths: &'a [String],
    /// The field of the text.
    pub text: &'a str,
    /// A second field that is wanted as text.
    pub label: Option<&'a str>,
}

/// The column that the second field becomes.
const LABEL: &str = "label";

/// How many records were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Read {
    /// Records with a text.
    pub texts: u64,
    /// Records that are no documents: malformed, or without a text.
    pub unusable: u64,
}

impl Texts<'_> {
    /// Hands the text and the second field of each record to `take`, in the order of the files.
    pub(crate) fn each(
        &self,
        mut take: impl FnMut(&str, Option<&str>) -> Result<(), CommandError>,
    ) -> Result<Read, CommandError> {
        let mut columns = vec![(TEXT.to_owned(), ColumnSource::string(self.text))];
        columns.extend(self.label.map(|label| (LABEL.to_owned(), ColumnSource::string(label))));
        let config = InputConfig { columns: Columns::new(columns), ..InputConfig::new(self.paths.to_vec()) };
        let faults = config.check();
        if !faults.is_empty() {
            return Err(EngineError::Inputs(faults).into());
        }
        let runtime = Runtime::new().map_err(|error| CommandError::Threads(error.to_string()))?;
        let plan = runtime.block_on(plan_input(&config)).map_err(EngineError::Inputs)?;
        let options = ReadOptions::new(config);
        let mut read = Read::default();
        for split in &plan.splits {
            self.split(split, &options, runtime.handle(), &mut read, &mut take)?;
        }
        Ok(read)
    }

    fn split(
        &self,
        split: &Split,
        options: &ReadOptions,
        runtime: &Handle,
        read: &mut Read,
        take: &mut impl FnMut(&str, Option<&str>) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        for batch in open_split(split, options, runtime).map_err(EngineError::Ingest)? {
            let batch = batch.map_err(EngineError::Ingest)?;
            read.unusable += batch.quarantined.len() as u64;
            let bug = |error: &dyn std::fmt::Display| EngineError::Bug(format!("a column of the input: {error}"));
            let texts = batch.documents.text().map_err(|error| bug(&error))?;
            let labels = self.label.map(|_| batch.documents.strings(LABEL)).transpose().map_err(|error| bug(&error))?;
            for (row, text) in texts.iter().enumerate() {
                let Some(text) = text else {
                    read.unusable += 1;
                    continue;
                };
                read.texts += 1;
                let label = labels.filter(|labels| labels.is_valid(row)).map(|labels| labels.value(row));
                take(text, label)?;
            }
        }
        Ok(())
    }
}
