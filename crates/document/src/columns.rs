//! Names and types of the columns that textmill itself reads or writes.
//!
//! All text columns are `Utf8View`: a filter then copies 16 bytes a row instead of the text.

use arrow::datatypes::{DataType, Field};

/// Unique name of the document, given by the input or made from shard and row.
pub const ID: &str = "id";
/// The document's text.
pub const TEXT: &str = "text";
/// The page as HTML, before extraction.
pub const HTML: &str = "html";
/// The page as bytes, before its charset was decoded: the body of an HTTP response without transfer
/// and content coding.
pub const BODY: &str = "body";
/// Status code of the HTTP response.
pub const HTTP_STATUS: &str = "http_status";
/// MIME type with its parameters, as the server sent it.
pub const CONTENT_TYPE: &str = "content_type";
/// Languages that the server, or the writer of the archive, declared; not what `language` found.
pub const CONTENT_LANGUAGE: &str = "content_language";
/// Digest of the body that the crawler took, `sha1:` and base 32.
pub const PAYLOAD_DIGEST: &str = "payload_digest";
/// Why the body is not whole; null where it is.
pub const TRUNCATED: &str = "truncated";
/// Address the document came from.
pub const URL: &str = "url";
/// Title of the document.
pub const TITLE: &str = "title";
/// ISO-8601 time of the document or of its crawl.
pub const DATE: &str = "date";
/// ISO 639-1 code where there is one, else ISO 639-3; `und` where none could be told.
pub const LANGUAGE: &str = "language";
/// Confidence of `language`, 0 to 1.
pub const LANGUAGE_SCORE: &str = "language_score";
/// In the dropped dataset: id of the stage that dropped the document.
pub const DROPPED_BY: &str = "dropped_by";
/// In the dropped dataset: the reason code.
pub const REASON: &str = "reason";
/// In the dropped dataset: the measured value.
pub const VALUE: &str = "value";
/// In the dropped dataset: the bound that the value broke.
pub const BOUND: &str = "bound";
/// In the dropped dataset: what a number cannot say, such as the language found.
pub const DETAIL: &str = "detail";
/// Input fields that no column was declared for, as one JSON object.
pub const METADATA: &str = "metadata";

/// The field of a nullable text column.
pub fn text_field(name: &str) -> Field {
    Field::new(name, DataType::Utf8View, true)
}

/// The type that a well-known column has; `None` for names that textmill gives no meaning.
pub fn standard_type(name: &str) -> Option<DataType> {
    match name {
        ID | TEXT | HTML | URL | TITLE | DATE | LANGUAGE | METADATA | DROPPED_BY | REASON | DETAIL | CONTENT_TYPE
        | CONTENT_LANGUAGE | PAYLOAD_DIGEST | TRUNCATED => Some(DataType::Utf8View),
        BODY => Some(DataType::BinaryView),
        HTTP_STATUS => Some(DataType::Int64),
        LANGUAGE_SCORE | VALUE | BOUND => Some(DataType::Float64),
        _ => None,
    }
}
