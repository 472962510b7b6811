use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Cost, Example, Reason, StageConfig, columns};

use crate::stage::{NO_TEXT, NOT_A_PAGE};
use crate::{DEFAULT_MAX_DEPTH, DEFAULT_MAX_HTML_BYTES, ExtractStage, Method, Options, Payload, TextFormat};

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

impl StageConfig for ExtractConfig {
    type Stage = ExtractStage;

    const NAME: &'static str = "extract";
    const REASONS: &'static [Reason] = &[NOT_A_PAGE, NO_TEXT];
    const EXAMPLES: &'static [Example] = &[
        Example::columns(
            "{}",
            r#"{"html": "<html><head><title>The library</title></head><body><nav><a href='/'>Home</a> <a href='/news'>News</a></nav><article><h1>The library</h1><p>The library opened in May, after two years of work on its roof and its reading room.</p><p>It lends books, maps and newspapers to everybody who lives in the town, and has a room for children.</p></article></body></html>"}"#,
        )
        .kept_with(
            r#"{"title": "The library", "text": "The library\nThe library opened in May, after two years of work on its roof and its reading room.\nIt lends books, maps and newspapers to everybody who lives in the town, and has a room for children."}"#,
        ),
        Example::columns("{}", r#"{"html": "JPEG", "content_type": "image/jpeg"}"#)
            .dropped(NOT_A_PAGE)
            .detail("image/jpeg"),
        Example::columns("{}", r#"{"html": "<html><body><script>start()</script></body></html>"}"#)
            .dropped(NO_TEXT)
            .by(0.0, 1.0),
    ];
    const COST: Option<Cost> =
        Some(Cost { megabytes_per_second: 61.1, kept_bytes: 0.094, source: "scripts/reproduce, wanjuan-cc" });
    // Say what a page is, which charset it may be in and on which day it can have been published.
    const MAY_READ: &'static [&'static str] = &[columns::CONTENT_TYPE, columns::URL, columns::DATE];

    fn build(self, input: Option<&Schema>) -> Result<ExtractStage, Vec<ConfigFault>> {
        let has_body = input.is_some_and(|input| input.column_with_name(columns::BODY).is_some());
        Ok(ExtractStage::new(self, if has_body { Payload::Body } else { Payload::Html })?)
    }
}

impl ExtractConfig {
    /// The options of [`extract`](crate::extract), checked.
    pub(crate) fn options(&self) -> Result<Options, ConfigFault> {
        if self.method == Method::Trafilatura && self.format == TextFormat::Markdown {
            let message = "the method `trafilatura` writes text only; use `format: text` or another method";
            return Err(ConfigFault::new("format", message));
        }
        let out_of_range = |field: &str, value: u64, range: &str| {
            Err(ConfigFault::new(field, format!("`{field}` is {value}; it must be {range}")))
        };
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
