//! A tolerant HTML parser into a flat tree.

mod builder;
mod entities;
mod entity_table;
mod foster;
mod parse;
#[cfg(test)]
mod standard;
mod tags;
mod tree;

pub(crate) use entities::{attribute_value, decode_into, decoded};
pub(crate) use parse::parse;
pub(crate) use tags::Tag;
pub(crate) use tree::{Attribute, NodeId, Tree};
