use crate::Metadata;

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// HTML, also in its XML spelling.
    Html,
    /// Text without markup.
    PlainText,
}

impl Format {
    /// The format that a MIME type names, with or without parameters; `None` for types that hold no
    /// page.
    ///
    /// ```
    /// use textmill_extract::Format;
    ///
    /// assert_eq!(Format::of_mime_type("Application/XHTML+XML"), Some(Format::Html));
    /// assert_eq!(Format::of_mime_type("text/plain"), Some(Format::PlainText));
    /// assert_eq!(Format::of_mime_type("image/png"), None);
    /// ```
    pub fn of_mime_type(mime_type: &str) -> Option<Self> {
        let essence = mime_type.split_once(';').map_or(mime_type, |(essence, _)| essence).trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        if is("text/html") || is("application/xhtml+xml") {
            Some(Self::Html)
        } else if is("text/plain") {
            Some(Self::PlainText)
        } else {
            None
        }
    }
}

/// What was extracted from one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The text, paragraphs apart by a line feed; empty where the page has none.
    pub text: String,
    /// What the page says of itself.
    pub metadata: Metadata,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mime_types_are_read_without_case_parameters_and_space() {
        for (mime_type, format) in [
            ("text/html", Some(Format::Html)),
            (" TEXT/HTML ; charset=utf-8", Some(Format::Html)),
            ("application/xhtml+xml;x", Some(Format::Html)),
            ("text/plain;format=flowed", Some(Format::PlainText)),
            ("text/htmlx", None),
            ("application/pdf", None),
            ("", None),
        ] {
            assert_eq!(Format::of_mime_type(mime_type), format, "{mime_type:?}");
        }
    }
}
