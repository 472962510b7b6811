use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{DEFAULT_MAX_DEPTH, DEFAULT_MAX_HTML_BYTES, Method, Options, TextFormat};

/// Extracts the text and the metadata of web pages.
///
/// # What it removes
/// Records that are no pages (`not_a_page`: neither HTML nor text, by content type and first bytes) and
/// pages without text (`no_text`: fewer characters than `min_chars` were found). Pages that break a
/// bound (`max_html_bytes`, two million elements) go to quarantine.
///
/// # Why
/// Half of a page is menus, banners, related links and notices. What is left in the text is
/// learned, and what is lost here no later stage brings back. Notices of consent and of scripts, marks of
/// the page's software and copies for another screen are left out by rules of kind, the rest by the model.
///
/// # Parameters
/// See below. Input is the column `body` (bytes, of web archives, with `content_type` and `url` as
/// hints for the charset and `date` as the day of the fetch, after which no page was published) or, where
/// there is none, `html`. It adds `text`, `title`, `author`, `publish_date`, `html_language`,
/// `canonical_url`, `site_name`, and from bytes `charset`, `charset_source` (`bom`, `header`, `meta`, `utf8`,
/// `detected`) and `charset_replacements`.
///
/// # Source
/// Features after Kohlschütter et al., "Boilerplate Detection using Shallow Text Features" (2010),
/// jusText (Pomikálek 2011) and readability; the trees were trained on WCXB and magic-html.
///
/// # Kept example
/// An article: its headings, paragraphs, lists, tables and code, without the menu around it.
///
/// # Dropped example
/// A JPEG in a web archive: `not_a_page`. A page of scripts only: `no_text`.
///
/// # Cost
/// 8 to 16 ms of CPU for a megabyte of HTML; the method `trafilatura` about eight times that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtractConfig {
    /// Which text is taken. Default `main_content`.
    pub method: Method,
    /// How the text is written. Default `text`. `markdown` is not there with `trafilatura`.
    pub format: TextFormat,
    /// Comments of readers are kept too. Default false.
    pub comments: bool,
    /// Fewest characters of text, white space not counted, that a page is kept with. Default 1; 0
    /// keeps pages without text.
    pub min_chars: u64,
    /// Deepest nesting of elements, 1 to 65,535; what is deeper is flattened, not lost. Default 512,
    /// as in browsers.
    #[schemars(range(min = 1, max = 65_535))]
    pub max_depth: u32,
    /// Largest page in bytes, 1 or more; a larger one goes to quarantine. Default 16,777,216 (16 MiB).
    #[schemars(range(min = 1))]
    pub max_html_bytes: u64,
}

impl Default for ExtractConfig {
    fn default() -> Self {
        Self {
            method: Method::default(),
            format: TextFormat::default(),
            comments: false,
            min_chars: 1,
            max_depth: DEFAULT_MAX_DEPTH,
            max_html_bytes: DEFAULT_MAX_HTML_BYTES,
        }
    }
}

/// Why a configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractConfigError {
    /// `trafilatura` writes plain text only.
    #[error("the method `trafilatura` writes text only; use `format: text` or another method")]
    NoMarkdown,
    /// A bound is out of its range.
    #[error("`{field}` is {value}; it must be {range}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
        /// The range in words.
        range: &'static str,
    },
}

impl ExtractConfigError {
    /// The field of the configuration at fault.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NoMarkdown => Some("format"),
            Self::OutOfRange { field, .. } => Some(field),
        }
    }
}

impl ExtractConfig {
    /// The options of [`extract`](crate::extract), checked.
    pub(crate) fn options(&self) -> Result<Options, ExtractConfigError> {
        if self.method == Method::Trafilatura && self.format == TextFormat::Markdown {
            return Err(ExtractConfigError::NoMarkdown);
        }
        let out_of_range = |field, value, range| Err(ExtractConfigError::OutOfRange { field, value, range });
        if !(1..=65_535).contains(&self.max_depth) {
            return out_of_range("max_depth", self.max_depth.into(), "from 1 to 65,535");
        }
        if self.max_html_bytes == 0 {
            return out_of_range("max_html_bytes", 0, "1 or more");
        }
        Ok(Options {
            method: self.method,
            format: self.format,
            comments: self.comments,
            max_depth: self.max_depth,
            max_html_bytes: self.max_html_bytes,
        })
    }
}
