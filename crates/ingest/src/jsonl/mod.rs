//! JSON lines: one object a line.

mod builders;
mod cell;
mod exam;
mod inspect;
mod mend;
mod path;
mod reader;
mod row;
mod sample;

pub(crate) use builders::generated_id;
pub(crate) use inspect::{inspect, known_fields};
pub(crate) use reader::JsonlReader;
