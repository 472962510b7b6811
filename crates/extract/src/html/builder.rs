//! Puts tags and text into a [`Tree`], with the end tags that HTML implies.

use super::tags::Tag;
use super::tree::{Attribute, Node, NodeId, Span, Tree};

/// An element whose end was not seen yet.
#[derive(Debug, Clone, Copy)]
struct Open {
    tag: Tag,
    id: NodeId,
    name: Span,
    /// Its node's end is known already.
    cut: bool,
}

/// The tree so far and the elements that are open.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open>,
    max_depth: usize,
    /// Start tags since the cap was reached, whose end tags must close nothing.
    flattened: u64,
    /// Open `svg` and `math` elements.
    foreign: u32,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a str, max_depth: u32) -> Self {
        let document = Node { tag: Tag::Html, depth: 0, end: 0, data: Span::default() };
        // A node for every 30 bytes is what pages have.
        let mut nodes = Vec::with_capacity(source.len() / 30 + 1);
        nodes.push(document);
        let attributes = Vec::with_capacity(source.len() / 40);
        let max_depth = max_depth.clamp(1, u32::from(u16::MAX)) as usize;
        Self { tree: Tree { source, nodes, attributes }, open: Vec::new(), max_depth, flattened: 0, foreign: 0 }
    }

    pub(super) fn node_count(&self) -> usize {
        self.tree.nodes.len()
    }

    pub(super) fn attribute_count(&self) -> u32 {
        index(self.tree.attributes.len())
    }

    pub(super) fn attribute(&mut self, attribute: Attribute) {
        self.tree.attributes.push(attribute);
    }

    /// Whether names are of SVG or `MathML`, where `title` and `style` hold markup.
    pub(super) fn in_foreign(&self) -> bool {
        self.foreign > 0
    }

    pub(super) fn finish(mut self) -> Tree<'a> {
        self.close_to(0);
        self.tree.nodes[0].end = index(self.tree.nodes.len());
        self.tree
    }

    fn push(&mut self, tag: Tag, data: Span) -> NodeId {
        let id = index(self.tree.nodes.len());
        let depth = u16::try_from(self.open.len() + 1).unwrap_or(u16::MAX);
        self.tree.nodes.push(Node { tag, depth, end: id + 1, data });
        id
    }

    pub(super) fn text(&mut self, start: usize, end: usize) {
        let data = Span { start: index(start), end: index(end) };
        if self.open.last().is_some_and(|open| open.tag == Tag::Head) {
            if self.tree.slice(data).trim_ascii().is_empty() {
                return;
            }
            self.close_to(self.open.len() - 1);
        }
        self.push(Tag::Text, data);
    }

    pub(super) fn start(&mut self, tag: Tag, name: Span, attributes_from: u32, self_closing: bool) {
        let data = Span { start: attributes_from, end: self.attribute_count() };
        if matches!(tag, Tag::Html | Tag::Body) && self.open.iter().any(|open| open.tag == tag) {
            return;
        }
        if self.foreign > 0 && tag.is_block() {
            self.leave_foreign();
        }
        self.close_implied(tag);
        let id = self.push(tag, data);
        let ends_at_once = tag.is_void() || (self_closing && self.foreign > 0);
        if ends_at_once {
            return;
        }
        if self.open.len() >= self.max_depth {
            self.flattened += 1;
            return;
        }
        self.foreign += u32::from(matches!(tag, Tag::Svg | Tag::Math));
        self.open.push(Open { tag, id, name, cut: false });
    }

    pub(super) fn end(&mut self, tag: Tag, name: Span) {
        if self.flattened > 0 && !tag.is_void() {
            self.flattened -= 1;
            return;
        }
        match tag {
            Tag::Html | Tag::Body => return,
            Tag::Br => {
                self.push(Tag::Br, Span::default());
                return;
            }
            _ => {}
        }
        let Some(at) = self.find_open(tag, name) else {
            if tag == Tag::P {
                // An end tag alone is an empty paragraph.
                self.push(Tag::P, Span::default());
            }
            return;
        };
        let special_between = self.open.iter().skip(at + 1).any(|open| open.tag.is_special());
        if special_between && !tag.is_special() {
            if tag == Tag::A {
                // The link ends here although elements inside it go on.
                self.cut(at);
            }
            return;
        }
        self.close_to(at);
    }

    /// The innermost open element that an end tag closes.
    fn find_open(&self, tag: Tag, name: Span) -> Option<usize> {
        let wanted = self.tree.slice(name);
        for (at, open) in self.open.iter().enumerate().rev() {
            let same =
                open.tag == tag && (tag != Tag::Unknown || self.tree.slice(open.name).eq_ignore_ascii_case(wanted));
            if same || (tag.heading_level() > 0 && open.tag.heading_level() > 0) {
                return Some(at);
            }
            let reaches = match tag {
                Tag::Table | Tag::Tr | Tag::Tbody | Tag::Thead | Tag::Tfoot => open.tag != Tag::Table,
                _ => !open.tag.is_scope(),
            };
            if !reaches {
                return None;
            }
        }
        None
    }

    /// Closes what a start tag of `tag` ends by rule.
    fn close_implied(&mut self, tag: Tag) {
        if self.open.last().is_some_and(|open| open.tag == Tag::Head) && !tag.is_head_content() {
            self.close_to(self.open.len() - 1);
        }
        if tag.closes_p() {
            self.close_within(&[Tag::P], |open| open.is_scope() || open == Tag::Button);
        }
        match tag {
            Tag::Li => self.close_within(&[Tag::Li], is_item_bound),
            Tag::Dd | Tag::Dt => self.close_within(&[Tag::Dd, Tag::Dt], is_item_bound),
            Tag::Td | Tag::Th => self.close_within(&[Tag::Td, Tag::Th], is_table_bound),
            Tag::Tr => self.close_within(&[Tag::Tr], is_table_bound),
            Tag::Tbody | Tag::Thead | Tag::Tfoot => {
                self.close_within(&[Tag::Tbody, Tag::Thead, Tag::Tfoot, Tag::Caption, Tag::Colgroup], is_table_bound);
            }
            Tag::Option | Tag::Optgroup => self.close_within(&[Tag::Option], Tag::is_special),
            Tag::Button => self.close_within(&[Tag::Button], Tag::is_scope),
            Tag::A => self.end_link(),
            _ if tag.heading_level() > 0 && self.open.last().is_some_and(|open| open.tag.heading_level() > 0) => {
                self.close_to(self.open.len() - 1);
            }
            _ => {}
        }
    }

    /// Closes the innermost open element of `tags` that is not beyond a bound.
    fn close_within(&mut self, tags: &[Tag], is_bound: impl Fn(Tag) -> bool) {
        for at in (0..self.open.len()).rev() {
            let open = self.open[at].tag;
            if tags.contains(&open) {
                self.close_to(at);
                return;
            }
            if is_bound(open) {
                return;
            }
        }
    }

    /// A link cannot lie in a link: the outer one ends where the inner one starts.
    fn end_link(&mut self) {
        let inner = self.open.iter().rposition(|open| open.tag == Tag::A || open.tag.is_scope());
        let Some(at) = inner.filter(|at| self.open[*at].tag == Tag::A) else { return };
        if self.open.iter().skip(at + 1).any(|open| open.tag.is_special()) {
            self.cut(at);
        } else {
            self.close_to(at);
        }
    }

    /// Ends a link whose content goes on: its node ends here, its place among the open ones is taken
    /// by an element without meaning. The one case where a node may end before its descendants do.
    fn cut(&mut self, at: usize) {
        let end = index(self.tree.nodes.len());
        if let Some(open) = self.open.get_mut(at) {
            self.tree.nodes[open.id as usize].end = end;
            open.tag = Tag::Span;
            open.cut = true;
        }
    }

    fn leave_foreign(&mut self) {
        let is_root = |open: &Open| matches!(open.tag, Tag::Svg | Tag::Math);
        let inner = self.open.iter().rposition(|open| is_root(open) || open.tag == Tag::ForeignObject);
        let Some(at) = inner.filter(|at| is_root(&self.open[*at])) else { return };
        self.close_to(at);
    }

    fn close_to(&mut self, length: usize) {
        let end = index(self.tree.nodes.len());
        for open in self.open.drain(length.min(self.open.len())..) {
            self.foreign -= u32::from(matches!(open.tag, Tag::Svg | Tag::Math));
            if let Some(node) = self.tree.nodes.get_mut(open.id as usize)
                && !open.cut
            {
                node.end = end;
            }
        }
    }
}

fn is_item_bound(open: Tag) -> bool {
    open.is_special() && !matches!(open, Tag::Address | Tag::Div | Tag::P)
}

fn is_table_bound(open: Tag) -> bool {
    matches!(open, Tag::Table | Tag::Template)
}

/// Positions fit because sources are shorter than 2^32 bytes.
fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
