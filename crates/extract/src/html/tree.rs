//! The page as a flat list of nodes in document order.
//!
//! Invariants:
//! 1. A node's descendants are exactly the nodes between it and its `end`, so a walk over a subtree
//!    is a walk over a range, without a stack. Only a link may end before its descendants do.
//! 2. `node < end`; node 0 is the document.
//! 3. No node is deeper than the cap; what would be lies beside each other at the cap.
//!
//! Names, attributes and texts are ranges of the source; nothing is copied while parsing.

use super::tags::Tag;

/// Index of a node.
pub(crate) type NodeId = u32;

/// A range of the source, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

/// An attribute as written: name in any case, value with its character references.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute {
    pub name: Span,
    pub value: Span,
}

/// An element or a run of characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub tag: Tag,
    /// Nesting depth; the document is 0.
    pub depth: u16,
    /// One past the last descendant.
    pub end: NodeId,
    /// Text: range of the source. Element: range of [`Tree::attributes`].
    pub data: Span,
}

/// A parsed page.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub source: &'a str,
    pub nodes: Vec<Node>,
    pub attributes: Vec<Attribute>,
}

impl<'a> Tree<'a> {
    /// The node `id`; the document for an id out of range, which no caller has.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id as usize).unwrap_or(&self.nodes[0])
    }

    /// All node ids in document order.
    pub(crate) fn ids(&self) -> std::ops::Range<NodeId> {
        0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// The source in `span`, empty where the span is none of this source.
    pub(crate) fn slice(&self, span: Span) -> &'a str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// The characters of a text node as written.
    pub(crate) fn text(&self, id: NodeId) -> &'a str {
        let node = self.node(id);
        if node.tag == Tag::Text { self.slice(node.data) } else { "" }
    }

    /// Attributes of an element as written.
    pub(crate) fn attributes(&self, id: NodeId) -> &[Attribute] {
        let node = self.node(id);
        if node.tag == Tag::Text {
            return &[];
        }
        self.attributes.get(node.data.start as usize..node.data.end as usize).unwrap_or(&[])
    }

    /// Value of the attribute `name` as written.
    pub(crate) fn attribute(&self, id: NodeId, name: &str) -> Option<&'a str> {
        let source = self.source.as_bytes();
        let is_named = |attribute: &&Attribute| {
            let span = attribute.name;
            (span.end - span.start) as usize == name.len()
                && source
                    .get(span.start as usize..span.end as usize)
                    .is_some_and(|written| written.eq_ignore_ascii_case(name.as_bytes()))
        };
        self.attributes(id).iter().find(is_named).map(|attribute| self.slice(attribute.value))
    }

    /// The first element in document order with this tag; the document itself is none.
    pub(crate) fn first(&self, tag: Tag) -> Option<NodeId> {
        self.ids().skip(1).find(|id| self.node(*id).tag == tag)
    }
}
