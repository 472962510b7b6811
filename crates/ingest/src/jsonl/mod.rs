//! JSON lines: one object a line.

mod builders;
mod cell;
mod cut;
mod exam;
mod inspect;
mod mend;
mod path;
mod reader;
mod row;
mod sample;

pub(crate) use builders::generated_id;
pub(crate) use cut::cut;
pub(crate) use exam::FIELDS as EXAM_FIELDS;
pub(crate) use inspect::inspect;
pub(crate) use reader::JsonlReader;
