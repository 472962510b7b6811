//! Which blocks of a page are its main content.

mod apparatus;
mod choose;
mod code;
mod comments;
mod copies;
mod cues;
mod features;
mod hidden;
mod hints;
mod marks;
mod mathml;
mod model;
mod notices;
mod phrases;
mod places;
mod segment;
mod stats;
mod tables;
mod units;
mod unwanted;

pub(crate) use choose::main_content;
pub(crate) use comments::comments;
pub(crate) use copies::{copied_lines, drop_copies};
pub(crate) use features::{FEATURES, for_features, heading_level};
pub(crate) use hidden::shown;
pub(crate) use marks::{heading_end, marks};
pub(crate) use segment::{Block, Kind, Part, Segments, segment};
pub(crate) use stats::weight;
pub(crate) use tables::{Grid, Tables};
pub(crate) use unwanted::unwanted;
