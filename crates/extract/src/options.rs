use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Default of [`Options::max_depth`].
pub const DEFAULT_MAX_DEPTH: u32 = 512;
/// Default of [`Options::max_html_bytes`], 16 MiB.
pub const DEFAULT_MAX_HTML_BYTES: u64 = 16 << 20;

/// Which text of a page is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The main content, without menus, headers, footers and lists of links.
    #[default]
    MainContent,
    /// All visible text.
    FullText,
    /// What the crate `trafilatura` (with its fallback) finds: a second opinion, about eight times slower.
    Trafilatura,
}

/// How the text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextFormat {
    /// A line for each block of text; cells of a table row on one line, apart by a tab.
    #[default]
    Text,
    /// Headings, lists, quotations, tables and code marked as in Markdown.
    Markdown,
}

/// What to take from a page, and what size of page is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Which text is taken. Default `main_content`.
    pub method: Method,
    /// How the text is written. Default `text`.
    pub format: TextFormat,
    /// Comments of readers are kept too. Default false.
    pub comments: bool,
    /// Deepest nesting of elements, 1 to 65,535; what is deeper is flattened, not lost. Default 512.
    pub max_depth: u32,
    /// Largest page in bytes, 1 or more; a larger one is not processed. Default 16,777,216 (16 MiB).
    pub max_html_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            method: Method::default(),
            format: TextFormat::default(),
            comments: false,
            max_depth: DEFAULT_MAX_DEPTH,
            max_html_bytes: DEFAULT_MAX_HTML_BYTES,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_carries_bounds_and_defaults() {
        let schema = schemars::schema_for!(crate::ExtractConfig);
        let number = |path: &str| schema.pointer(path).map(ToString::to_string);
        assert_eq!(number("/properties/max_depth/maximum"), Some("65535".to_owned()));
        assert_eq!(number("/properties/max_depth/default"), Some(DEFAULT_MAX_DEPTH.to_string()));
        assert_eq!(number("/properties/max_html_bytes/default"), Some(DEFAULT_MAX_HTML_BYTES.to_string()));
    }
}
