use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BinaryViewArray, Int64Array, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, Cause, Changes, ColumnRead, ConfigFault, DocumentBatch, DocumentError, Dropped, Failed, Reason, Stage,
    StageConfig, StageError, columns, value_at,
};

use crate::{Decoded, ExtractConfig, ExtractError, Format, Metadata, Options, Origin, Page, decode, extract_from};

/// The record is not a page.
pub const NOT_A_PAGE: Reason =
    Reason { code: "not_a_page", summary: "neither HTML nor plain text, by content type and first bytes" };
/// The page has no text.
pub const NO_TEXT: Reason = Reason { code: "no_text", summary: "fewer characters of text than `min_chars` were found" };

const AUTHOR: &str = "author";
const PUBLISH_DATE: &str = "publish_date";
const HTML_LANGUAGE: &str = "html_language";
const CANONICAL_URL: &str = "canonical_url";
const SITE_NAME: &str = "site_name";
const CHARSET: &str = "charset";
const CHARSET_SOURCE: &str = "charset_source";
const CHARSET_REPLACEMENTS: &str = "charset_replacements";

/// The column that pages are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// `body`: bytes in a charset of their own, from web archives.
    Body,
    /// `html`: characters.
    Html,
}

/// The stage `extract`.
#[derive(Debug, Clone)]
pub struct ExtractStage {
    options: Options,
    min_chars: u64,
    payload: Payload,
}

/// What became of one row.
enum Outcome {
    Kept(Box<Page>, Option<Charset>),
    Dropped(Dropped),
    Failed(Failed),
}

/// How a page's characters were found.
struct Charset {
    name: &'static str,
    source: &'static str,
    replacements: u64,
}

/// The columns of a batch that pages are read from.
struct Input<'a> {
    bodies: Option<&'a BinaryViewArray>,
    htmls: Option<&'a StringViewArray>,
    content_types: Option<&'a StringViewArray>,
    urls: Option<&'a StringViewArray>,
    /// Of web archives: the times of the fetches.
    dates: Option<&'a StringViewArray>,
}

impl<'a> Input<'a> {
    fn of(batch: &'a DocumentBatch, payload: Payload) -> Result<Self, DocumentError> {
        Ok(Self {
            bodies: (payload == Payload::Body).then(|| batch.binaries(columns::BODY)).transpose()?,
            htmls: (payload == Payload::Html).then(|| batch.strings(columns::HTML)).transpose()?,
            content_types: batch.optional_strings(columns::CONTENT_TYPE)?,
            urls: batch.optional_strings(columns::URL)?,
            dates: if payload == Payload::Body { text_column(batch, columns::DATE) } else { None },
        })
    }

    /// The bytes of a row's page; `None` where the row has none.
    fn bytes(&self, row: usize) -> Option<&'a [u8]> {
        match self.bodies {
            Some(bodies) => bodies.is_valid(row).then(|| bodies.value(row)),
            None => value_at(self.htmls, row).map(str::as_bytes),
        }
    }

    /// The characters of a row's page; `None` where the row has none.
    fn page(&self, row: usize) -> Option<(Decoded<'a>, bool)> {
        if let Some(bodies) = self.bodies {
            let body = bodies.is_valid(row).then(|| bodies.value(row))?;
            let domain = value_at(self.urls, row).and_then(top_level_domain);
            return Some((decode(body, value_at(self.content_types, row), domain.as_deref()), true));
        }
        let text = value_at(self.htmls, row)?;
        let source = crate::CharsetSource::Utf8;
        Some((Decoded { text: text.into(), charset: "UTF-8", source, replacements: 0 }, false))
    }
}

/// A column of text that may be missing or of another type: it is a hint only.
fn text_column<'a>(batch: &'a DocumentBatch, name: &str) -> Option<&'a StringViewArray> {
    batch.schema().column_with_name(name)?;
    batch.strings(name).ok()
}

/// The last label of an address's host, lower case; `None` for addresses without one.
fn top_level_domain(url: &str) -> Option<String> {
    let host = url.split_once("://")?.1.split(['/', '?', '#', ':']).next()?;
    let label = host.rsplit_once('.')?.1;
    (!label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphabetic())).then(|| label.to_ascii_lowercase())
}

impl ExtractStage {
    /// The stage as configured, over pages in the column `payload`.
    #[allow(clippy::needless_pass_by_value, reason = "all stages are built alike, from an owned configuration")]
    pub fn new(config: ExtractConfig, payload: Payload) -> Result<Self, ConfigFault> {
        Ok(Self { options: config.options()?, min_chars: config.min_chars, payload })
    }

    fn one(&self, input: &Input<'_>, row: usize) -> Outcome {
        let declared = value_at(input.content_types, row);
        let format = match self.payload {
            // A column of characters holds what its owner calls HTML.
            Payload::Html if declared.is_none() => Ok(Format::Html),
            _ => Format::of(declared, input.bytes(row).unwrap_or(&[])),
        };
        let format = match format {
            Ok(format) => format,
            Err(error) => {
                let detail = Some(error.to_string());
                return Outcome::Dropped(Dropped { row, reason: NOT_A_PAGE, value: None, bound: None, detail });
            }
        };
        let Some((decoded, from_bytes)) = input.page(row) else {
            let detail = "the row has no page".to_owned();
            return Outcome::Failed(Failed { row, cause: Cause::MissingText, detail });
        };
        let origin = Origin { url: value_at(input.urls, row), fetched: value_at(input.dates, row) };
        let page = match format {
            Format::PlainText => Ok(Page { text: decoded.text.trim().to_owned(), metadata: Metadata::default() }),
            Format::Html => extract_from(&decoded.text, &origin, &self.options),
        };
        match page {
            Ok(page) => self.judge(page, row, from_bytes.then(|| Charset::of(&decoded))),
            Err(error) => Outcome::Failed(Failed { row, cause: cause(&error), detail: error.to_string() }),
        }
    }

    fn judge(&self, page: Page, row: usize, charset: Option<Charset>) -> Outcome {
        let chars = page.text.chars().filter(|char| !char.is_whitespace()).count() as u64;
        if chars < self.min_chars {
            return Outcome::Dropped(Dropped::measured(row, NO_TEXT, chars as f64, self.min_chars as f64));
        }
        Outcome::Kept(Box::new(page), charset)
    }
}

impl Charset {
    fn of(decoded: &Decoded<'_>) -> Self {
        Self { name: decoded.charset, source: decoded.source.name(), replacements: decoded.replacements }
    }
}

fn cause(error: &ExtractError) -> Cause {
    match error {
        ExtractError::TooLarge { .. } | ExtractError::TooManyNodes { .. } => Cause::TooLarge,
        ExtractError::TooDeep { .. } => Cause::StageError,
    }
}

/// A column out of one field of every page.
fn texts<'p, T: 'p>(pages: &'p [T], of: impl Fn(&'p T) -> Option<&'p str>) -> ArrayRef {
    Arc::new(pages.iter().map(of).collect::<StringViewArray>())
}

type Kept = (Box<Page>, Option<Charset>);

fn page_columns(kept: &[Kept]) -> Vec<ArrayRef> {
    let fields: [for<'p> fn(&'p Page) -> Option<&'p str>; 7] = [
        |page| Some(page.text.as_str()),
        |page| page.metadata.title.as_deref(),
        |page| page.metadata.author.as_deref(),
        |page| page.metadata.publish_date.as_deref(),
        |page| page.metadata.html_language.as_deref(),
        |page| page.metadata.canonical_url.as_deref(),
        |page| page.metadata.site_name.as_deref(),
    ];
    fields.iter().map(|field| texts(kept, |(page, _)| field(page))).collect()
}

fn charset_columns(kept: &[Kept]) -> Vec<ArrayRef> {
    let replacements = |(_, charset): &Kept| charset.as_ref().map(|charset| charset.replacements.cast_signed());
    vec![
        texts(kept, |(_, charset)| charset.as_ref().map(|charset| charset.name)),
        texts(kept, |(_, charset)| charset.as_ref().map(|charset| charset.source)),
        Arc::new(kept.iter().map(replacements).collect::<Int64Array>()),
    ]
}

impl Stage for ExtractStage {
    fn name(&self) -> &'static str {
        ExtractConfig::NAME
    }

    // 3: the parser follows the standard where text changes; languages of code; formulas in more forms.
    fn version(&self) -> u32 {
        3
    }

    fn reads(&self) -> Vec<ColumnRead> {
        let column = match self.payload {
            Payload::Body => columns::BODY,
            Payload::Html => columns::HTML,
        };
        vec![ColumnRead::standard(column)]
    }

    fn adds(&self) -> Vec<Field> {
        let texts = [columns::TEXT, columns::TITLE, AUTHOR, PUBLISH_DATE, HTML_LANGUAGE, CANONICAL_URL, SITE_NAME];
        let mut fields: Vec<Field> = texts.map(columns::text_field).into();
        if self.payload == Payload::Body {
            fields.extend([CHARSET, CHARSET_SOURCE].map(columns::text_field));
            fields.push(Field::new(CHARSET_REPLACEMENTS, DataType::Int64, true));
        }
        fields
    }

    fn reasons(&self) -> Vec<Reason> {
        ExtractConfig::REASONS.to_vec()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let input = Input::of(&batch, self.payload)?;
        let (mut kept, mut dropped, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        let mut keep = vec![false; batch.num_rows()];
        for (row, keep) in keep.iter_mut().enumerate() {
            match self.one(&input, row) {
                Outcome::Kept(page, charset) => {
                    *keep = true;
                    kept.push((page, charset));
                }
                Outcome::Dropped(drop) => dropped.push(drop),
                Outcome::Failed(fail) => failed.push(fail),
            }
        }
        let mut arrays = page_columns(&kept);
        if self.payload == Payload::Body {
            arrays.extend(charset_columns(&kept));
        }
        let rest = batch.filter(&keep)?;
        let kept = rest.with_columns(self.adds().into_iter().zip(arrays).collect())?;
        Ok(Applied { kept, dropped, failed, changes: Changes::default() })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, RecordBatch};
    use arrow::datatypes::{Int64Type, Schema};
    use textmill_document::apply_checked;

    use super::*;
    use crate::Method;

    const ARTICLE: &str = "<title>Bridges</title><p>The old bridge was built by the villagers, stone by stone, and it has \
        stood for two hundred years.</p>";

    fn stage(payload: Payload) -> ExtractStage {
        ExtractStage::new(ExtractConfig::default(), payload).expect("a valid config")
    }

    fn batch(columns: Vec<(Field, ArrayRef)>) -> DocumentBatch {
        let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        DocumentBatch::new(
            RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length"),
            0,
        )
    }

    fn strings(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<StringViewArray>())
    }

    fn column<'a>(batch: &'a DocumentBatch, name: &str) -> Vec<Option<&'a str>> {
        batch.strings(name).expect("added").iter().collect()
    }

    #[test]
    fn every_row_of_an_archive_is_kept_dropped_or_failed() {
        let (gbk, _, _) =
            encoding_rs::GBK.encode("<p>这座古老的石桥是村民们一块石头一块石头砌成的，已经矗立了两百年。</p>");
        let bodies: Vec<Option<&[u8]>> = vec![
            Some(ARTICLE.as_bytes()),
            Some(b"\xff\xd8\xff"),
            Some(b"<script>x</script>"),
            None,
            Some(&gbk),
            Some(b" a\nb "),
        ];
        let types = ["text/html", "image/jpeg", "text/html", "text/html", "text/html; charset=gb2312", "text/plain"];
        let types: Vec<_> = types.into_iter().map(Some).collect();
        let body = Field::new(columns::BODY, DataType::BinaryView, true);
        let input = batch(vec![
            (body, Arc::new(bodies.into_iter().collect::<BinaryViewArray>())),
            (columns::text_field(columns::CONTENT_TYPE), strings(&types)),
        ]);
        let applied = apply_checked(&stage(Payload::Body), &input).expect("the stage keeps its contract");
        let dropped: Vec<_> =
            applied.dropped.iter().map(|drop| (drop.row, drop.reason, drop.detail.as_deref())).collect();
        assert_eq!(dropped, [(1, NOT_A_PAGE, Some("image/jpeg")), (2, NO_TEXT, None)]);
        let failed: Vec<_> = applied.failed.iter().map(|fail| (fail.row, fail.cause)).collect();
        assert_eq!(failed, [(3, Cause::MissingText)]);
        let kept = applied.kept;
        assert!(column(&kept, columns::TEXT)[0].is_some_and(|text| text.contains("stone by stone")));
        assert!(column(&kept, columns::TEXT)[1].is_some_and(|text| text.contains("两百年")));
        assert_eq!(column(&kept, columns::TEXT)[2], Some("a\nb"));
        assert_eq!(column(&kept, columns::TITLE), [Some("Bridges"), None, None]);
        assert_eq!(column(&kept, CHARSET), [Some("UTF-8"), Some("GBK"), Some("UTF-8")]);
        assert_eq!(column(&kept, CHARSET_SOURCE), [Some("utf8"), Some("header"), Some("utf8")]);
        let replacements = kept.column(CHARSET_REPLACEMENTS).expect("added").as_primitive::<Int64Type>();
        assert_eq!(replacements.values(), &[0, 0, 0]);
    }

    #[test]
    fn html_needs_no_other_column() {
        let input = batch(vec![(columns::text_field(columns::HTML), strings(&[Some(ARTICLE), Some("")]))]);
        let applied = apply_checked(&stage(Payload::Html), &input).expect("the stage keeps its contract");
        assert_eq!(applied.kept.num_rows(), 1);
        assert_eq!(
            (applied.dropped[0].row, applied.dropped[0].value, applied.dropped[0].bound),
            (1, Some(0.0), Some(1.0))
        );
    }

    #[test]
    fn a_page_beyond_a_bound_is_quarantined_with_the_bound() {
        let config = ExtractConfig { max_html_bytes: 20, ..ExtractConfig::default() };
        let stage = ExtractStage::new(config, Payload::Html).expect("a valid config");
        let input = batch(vec![(columns::text_field(columns::HTML), strings(&[Some(ARTICLE), Some("<p>short")]))]);
        let applied = apply_checked(&stage, &input).expect("the stage keeps its contract");
        assert_eq!((applied.failed[0].row, applied.failed[0].cause), (0, Cause::TooLarge));
        assert!(applied.failed[0].detail.contains("at most 20"), "{}", applied.failed[0].detail);
        assert_eq!(column(&applied.kept, columns::TEXT), [Some("short")]);
    }

    #[test]
    fn bad_configurations_name_their_field() {
        let bad = [
            (ExtractConfig { max_depth: 0, ..ExtractConfig::default() }, "max_depth"),
            (ExtractConfig { max_html_bytes: 0, ..ExtractConfig::default() }, "max_html_bytes"),
            (
                ExtractConfig {
                    method: Method::Trafilatura,
                    format: crate::TextFormat::Markdown,
                    ..ExtractConfig::default()
                },
                "format",
            ),
        ];
        for (config, field) in bad {
            assert_eq!(ExtractStage::new(config, Payload::Html).expect_err("refused").field(), Some(field));
        }
    }

    #[test]
    fn top_level_domains_are_read_from_addresses() {
        for (url, expected) in [
            ("https://example.co.JP/path", Some("jp")),
            ("http://example.org:8080?x", Some("org")),
            ("http://127.0.0.1/", None),
            ("localhost", None),
            ("http://日本.テスト/", None),
        ] {
            assert_eq!(top_level_domain(url).as_deref(), expected, "{url}");
        }
    }
}
