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
    AllText,
}

/// What to take from a page, and what size of page is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Which text is taken. Default `main_content`.
    pub method: Method,
    /// Deepest nesting of elements, 1 to 65,536; a deeper page is not processed. Default 512.
    #[schemars(range(min = 1, max = 65_536))]
    pub max_depth: u32,
    /// Largest page in bytes, 1 or more; a larger one is not processed. Default 16,777,216 (16 MiB).
    #[schemars(range(min = 1))]
    pub max_html_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { method: Method::default(), max_depth: DEFAULT_MAX_DEPTH, max_html_bytes: DEFAULT_MAX_HTML_BYTES }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_carries_bounds_and_defaults() {
        let schema = schemars::schema_for!(Options);
        let number = |path: &str| schema.pointer(path).map(ToString::to_string);
        assert_eq!(number("/properties/max_depth/maximum"), Some("65536".to_owned()));
        assert_eq!(number("/properties/max_depth/default"), Some(DEFAULT_MAX_DEPTH.to_string()));
        assert_eq!(number("/properties/max_html_bytes/default"), Some(DEFAULT_MAX_HTML_BYTES.to_string()));
    }
}
