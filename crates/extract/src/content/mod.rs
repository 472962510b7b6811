//! Which blocks of a page are its main content.

mod choose;
mod comments;
mod cues;
mod features;
mod hints;
mod model;
mod segment;
mod stats;

pub(crate) use choose::main_content;
pub(crate) use comments::comments;
pub(crate) use features::{FEATURES, for_features, heading_level};
pub(crate) use segment::{Block, Segments, segment};
