use crate::Metadata;

/// What was extracted from one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The text, paragraphs apart by a line feed; empty where the page has none.
    pub text: String,
    /// What the page says of itself.
    pub metadata: Metadata,
}
