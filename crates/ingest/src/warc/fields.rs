//! Which columns a web archive has, and what each record puts into them.

use std::borrow::Cow;

use textmill_document::columns::{
    BODY, CONTENT_LANGUAGE, CONTENT_TYPE, DATE, HTTP_STATUS, ID, PAYLOAD_DIGEST, TEXT, TRUNCATED, URL,
};

use super::record::Page;
use crate::IngestError;
use crate::columns::{ColumnType, Columns};
use crate::config::PlannedColumn;

/// The columns of WARC records, in order, when none are declared.
const WARC: [&str; 9] = [ID, URL, DATE, HTTP_STATUS, CONTENT_TYPE, CONTENT_LANGUAGE, PAYLOAD_DIGEST, TRUNCATED, BODY];
/// The columns of WET records, in order, when none are declared.
const WET: [&str; 7] = [ID, URL, DATE, CONTENT_LANGUAGE, PAYLOAD_DIGEST, TRUNCATED, TEXT];

/// Which records of a web archive are documents, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Responses and resources, with their bodies.
    Warc,
    /// Conversions, with their text.
    Wet,
}

impl Dialect {
    /// The field that holds the document.
    fn payload(self) -> &'static str {
        match self {
            Self::Warc => BODY,
            Self::Wet => TEXT,
        }
    }

    /// The columns when none are declared.
    fn standard(self) -> &'static [&'static str] {
        match self {
            Self::Warc => &WARC,
            Self::Wet => &WET,
        }
    }
}

/// Whether `field` is one that records of `dialect` have; any header `WARC-...` is.
fn is_field(dialect: Dialect, field: &str) -> bool {
    dialect.standard().contains(&field) || field.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("WARC-"))
}

/// The type of a field.
pub(crate) fn natural_type(field: &str) -> ColumnType {
    match field {
        HTTP_STATUS => ColumnType::Int64,
        BODY => ColumnType::Binary,
        _ => ColumnType::String,
    }
}

/// All columns to read from files of `dialect`: the declared ones, with id in front and the payload
/// behind where they are missing.
pub(crate) fn planned(declared: &Columns, dialect: Dialect) -> Vec<PlannedColumn> {
    let payload = dialect.payload();
    let column = |name: &str, from: &str| PlannedColumn {
        name: name.to_owned(),
        from: Some(from.to_owned()),
        data_type: natural_type(from),
        is_payload: name == payload,
        ..PlannedColumn::default()
    };
    if declared.is_empty() {
        return dialect.standard().iter().map(|name| column(name, name)).collect();
    }
    let mut columns: Vec<_> = declared.iter().map(|(name, source)| column(name, &source.from)).collect();
    if !declared.contains(ID) {
        columns.insert(0, column(ID, ID));
    }
    if !declared.contains(payload) {
        columns.push(column(payload, payload));
    }
    columns
}

/// What is wrong with the columns that are declared for files of `dialect`.
pub(crate) fn check(declared: &Columns, dialect: Dialect) -> Vec<IngestError> {
    let (payload, known) = (dialect.payload(), dialect.standard().join(", "));
    let mut reasons = Vec::new();
    for (name, source) in declared.iter() {
        let (from, natural) = (source.from.as_str(), natural_type(&source.from));
        if !is_field(dialect, from) {
            reasons.push(format!(
                "column `{name}` is mapped to field `{from}`, which web archives do not have; they have {known} and \
                 every header `WARC-...`"
            ));
        } else if (name == payload) != (from == payload) {
            reasons.push(format!("column `{payload}` and field `{payload}` belong together; do not rename them"));
        } else if source.data_type != ColumnType::String && source.data_type != natural {
            let natural = natural.name();
            reasons.push(format!("column `{name}`: field `{from}` of web archives is {natural}; leave its `type` out"));
        }
    }
    reasons.into_iter().map(IngestError::config).collect()
}

/// What fills one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    HttpStatus,
    ContentType,
    ContentLanguage,
    Truncated,
    Payload,
    /// A header of the record.
    Header(String),
}

/// A value of a record.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Int(i64),
    Bytes(&'a [u8]),
}

impl Field {
    pub(super) fn of(column: &PlannedColumn) -> Self {
        match column.from.as_deref().unwrap_or_default() {
            ID => Self::Id,
            URL => Self::Header("WARC-Target-URI".to_owned()),
            DATE => Self::Header("WARC-Date".to_owned()),
            PAYLOAD_DIGEST => Self::Header("WARC-Payload-Digest".to_owned()),
            HTTP_STATUS => Self::HttpStatus,
            CONTENT_TYPE => Self::ContentType,
            CONTENT_LANGUAGE => Self::ContentLanguage,
            TRUNCATED => Self::Truncated,
            BODY | TEXT => Self::Payload,
            header => Self::Header(header.to_owned()),
        }
    }

    /// The value of this field in `page`.
    pub(super) fn value<'a>(&self, page: &'a Page<'_>) -> Value<'a> {
        let text = |value: Option<Cow<'a, str>>| value.map_or(Value::Null, Value::Text);
        match self {
            Self::Id => text(page.headers.text("WARC-Record-ID").map(unbracketed)),
            Self::HttpStatus => page.response.as_ref().map_or(Value::Null, |response| Value::Int(response.status)),
            Self::ContentType => text(match &page.response {
                Some(response) => response.headers.text("Content-Type"),
                None => page.headers.text("Content-Type"),
            }),
            Self::ContentLanguage => {
                let sent = page.response.as_ref().and_then(|response| response.headers.text("Content-Language"));
                text(sent.or_else(|| page.headers.text("WARC-Identified-Content-Language")))
            }
            Self::Truncated => text(page.truncated.as_deref().map(Cow::Borrowed)),
            Self::Payload => Value::Bytes(&page.body),
            Self::Header(name) => text(page.headers.text(name).map(unbracketed)),
        }
    }
}

/// `<urn:uuid:...>` without its brackets; some writers put them around addresses as well.
fn unbracketed(value: Cow<'_, str>) -> Cow<'_, str> {
    let inner = |text: &str| text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).map(str::len);
    match (inner(&value), value) {
        (Some(length), Cow::Borrowed(text)) => Cow::Borrowed(text.get(1..=length).unwrap_or(text)),
        (Some(length), Cow::Owned(text)) => Cow::Owned(text.get(1..=length).unwrap_or(&text).to_owned()),
        (None, value) => value,
    }
}
