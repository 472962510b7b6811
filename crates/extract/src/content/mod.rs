//! Which blocks of a page are its main content.

mod choose;
mod code;
mod comments;
mod cues;
mod features;
mod hidden;
mod hints;
mod mathml;
mod model;
mod segment;
mod stats;
mod tables;
mod units;

pub(crate) use choose::main_content;
pub(crate) use comments::comments;
pub(crate) use features::{FEATURES, for_features, heading_level};
pub(crate) use hidden::shown;
pub(crate) use segment::{Block, Kind, Part, Segments, segment};
pub(crate) use tables::{Grid, Tables};
