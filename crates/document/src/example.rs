use crate::Reason;

/// A document and what a stage or rule makes of it: documentation and test at once.
///
/// ```
/// use textmill_document::{Example, Reason};
///
/// const TOO_LONG: Reason = Reason { code: "too_long", summary: "more characters than `max_chars`" };
/// const EXAMPLES: &[Example] = &[
///     Example::text(r#"{"max_chars": 5}"#, "short").kept(),
///     Example::text(r#"{"max_chars": 5}"#, "longer").dropped(TOO_LONG).by(6.0, 5.0),
/// ];
/// assert_eq!(EXAMPLES[1].outcome.reason(), Some("too_long"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// The configuration in JSON, as it stands behind the name of the stage in `run`. Files in it are named without a
    /// folder.
    pub config: &'static str,
    /// The files that the configuration names, each with its text. A file that is no text is not among them: who runs the
    /// example has it.
    pub files: &'static [(&'static str, &'static str)],
    /// The documents that stand before it in the corpus, where they matter.
    pub before: &'static [Document],
    /// The document.
    pub document: Document,
    /// What becomes of the document.
    pub outcome: Outcome,
}

/// A document of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// Its text, in the column `text`.
    Text(&'static str),
    /// A JSON object from column to value.
    Columns(&'static str),
}

/// What becomes of the document of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// It goes on as it is.
    Kept,
    /// It goes on with another text.
    Rewritten(&'static str),
    /// It goes on with these values in these columns: a JSON object.
    KeptWith(&'static str),
    /// It is dropped.
    Dropped {
        /// Why.
        reason: Reason,
        /// The measured value, rounded: it may differ by 0.005.
        value: Option<f64>,
        /// The bound that the value broke.
        bound: Option<f64>,
        /// What a number cannot say.
        detail: Option<&'static str>,
    },
    /// It is removed as a duplicate of one before it.
    Duplicate,
}

impl Outcome {
    /// The code of the reason for which it is dropped.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Dropped { reason, .. } => Some(reason.code),
            Self::Kept | Self::Rewritten(_) | Self::KeptWith(_) | Self::Duplicate => None,
        }
    }

    /// Whether the document goes on.
    pub fn is_kept(&self) -> bool {
        matches!(self, Self::Kept | Self::Rewritten(_) | Self::KeptWith(_))
    }
}

/// An example without its outcome.
#[derive(Debug, Clone, Copy)]
#[must_use = "an example says what becomes of its document: `kept()`, `dropped(REASON)`, ..."]
pub struct Given(Example);

impl Example {
    /// A stage with the configuration `config` (JSON) is given a document with this text.
    pub const fn text(config: &'static str, text: &'static str) -> Given {
        Self::document(config, Document::Text(text))
    }

    /// A stage with the configuration `config` (JSON) is given a document with these columns (a JSON object).
    pub const fn columns(config: &'static str, columns: &'static str) -> Given {
        Self::document(config, Document::Columns(columns))
    }

    const fn document(config: &'static str, document: Document) -> Given {
        Given(Self { config, files: &[], before: &[], document, outcome: Outcome::Kept })
    }

    /// The same, dropped because `value` broke `bound`. A document that is not dropped has neither.
    #[must_use]
    pub const fn by(self, value: f64, bound: f64) -> Self {
        let Outcome::Dropped { reason, detail, .. } = self.outcome else { return self };
        Self { outcome: Outcome::Dropped { reason, value: Some(value), bound: Some(bound), detail }, ..self }
    }

    /// The same, dropped with this value and no bound. A document that is not dropped has none.
    #[must_use]
    pub const fn measured(self, value: f64) -> Self {
        let Outcome::Dropped { reason, bound, detail, .. } = self.outcome else { return self };
        Self { outcome: Outcome::Dropped { reason, value: Some(value), bound, detail }, ..self }
    }

    /// The same, dropped with this detail. A document that is not dropped has none.
    #[must_use]
    pub const fn detail(self, detail: &'static str) -> Self {
        let Outcome::Dropped { reason, value, bound, .. } = self.outcome else { return self };
        Self { outcome: Outcome::Dropped { reason, value, bound, detail: Some(detail) }, ..self }
    }
}

impl Given {
    /// The same with the files that the configuration names, each with its text.
    pub const fn with_files(self, files: &'static [(&'static str, &'static str)]) -> Self {
        Self(Example { files, ..self.0 })
    }

    /// The same after other documents.
    pub const fn after(self, before: &'static [Document]) -> Self {
        Self(Example { before, ..self.0 })
    }

    /// The document goes on as it is.
    pub const fn kept(self) -> Example {
        self.0
    }

    /// The document goes on with another text.
    pub const fn rewritten(self, text: &'static str) -> Example {
        Example { outcome: Outcome::Rewritten(text), ..self.0 }
    }

    /// The document goes on with these values in these columns: a JSON object.
    pub const fn kept_with(self, columns: &'static str) -> Example {
        Example { outcome: Outcome::KeptWith(columns), ..self.0 }
    }

    /// The document is dropped.
    pub const fn dropped(self, reason: Reason) -> Example {
        let outcome = Outcome::Dropped { reason, value: None, bound: None, detail: None };
        Example { outcome, ..self.0 }
    }

    /// The document is removed as a duplicate of one before it.
    pub const fn duplicate(self) -> Example {
        Example { outcome: Outcome::Duplicate, ..self.0 }
    }
}
