//! Puts tags and text into a [`Tree`], with the end tags that HTML implies.

use memchr::memchr;

use super::foster::{Foster, moved};
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
    /// It is of SVG or `MathML`.
    foreign: bool,
    /// What is in it is HTML although it is foreign itself.
    holds_html: bool,
}

/// The tree so far and the elements that are open.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open>,
    max_depth: usize,
    /// Start tags since the cap was reached, whose end tags must close nothing.
    flattened: u64,
    /// A `head` was seen, or something that stands behind it.
    past_head: bool,
    /// Nothing was seen so far that a `frameset` may not follow.
    frames_may_follow: bool,
    /// The page is a `frameset`: it has no text.
    frames: bool,
    /// What stands in tables but in none of their cells.
    fosters: Vec<Foster>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a str, max_depth: u32) -> Self {
        let document = Node { tag: Tag::Html, depth: 0, end: 0, data: Span::default() };
        // A node for every 30 bytes is what pages have.
        let mut nodes = Vec::with_capacity(source.len() / 30 + 1);
        nodes.push(document);
        let attributes = Vec::with_capacity(source.len() / 40);
        let max_depth = max_depth.clamp(1, u32::from(u16::MAX)) as usize;
        Self {
            tree: Tree { source, nodes, attributes },
            open: Vec::new(),
            max_depth,
            flattened: 0,
            past_head: false,
            frames_may_follow: true,
            frames: false,
            fosters: Vec::new(),
        }
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

    /// Whether the innermost open element is of SVG or `MathML`, where `title` and `style` hold markup.
    pub(super) fn in_foreign(&self) -> bool {
        self.open.last().is_some_and(|open| open.foreign)
    }

    pub(super) fn finish(mut self) -> Tree<'a> {
        self.close_to(0);
        self.tree.nodes[0].end = index(self.tree.nodes.len());
        if !self.fosters.is_empty() {
            self.tree.nodes = moved(&self.tree.nodes, &self.fosters);
        }
        self.tree
    }

    fn push(&mut self, tag: Tag, data: Span) -> NodeId {
        let id = index(self.tree.nodes.len());
        let depth = u16::try_from(self.open.len() + 1).unwrap_or(u16::MAX);
        self.tree.nodes.push(Node { tag, depth, end: id + 1, data });
        id
    }

    /// Takes in characters. Within HTML the standard drops U+0000, elsewhere it is replaced when it is read.
    pub(super) fn text(&mut self, start: usize, end: usize) {
        if self.frames {
            return;
        }
        let data = Span { start: index(start), end: index(end) };
        let kept = self.in_foreign() && !self.holds_html();
        let written = self.tree.slice(data);
        let raw = self.open.last().is_some_and(|open| open.tag.is_raw_text() || open.tag == Tag::Plaintext);
        if kept || raw || memchr(0, written.as_bytes()).is_none() {
            self.characters(data);
            return;
        }

        let mut from = start;
        for piece in written.split('\0') {
            let end = from + piece.len();
            if end > from {
                self.characters(Span { start: index(from), end: index(end) });
            }
            from = end + 1;
        }
    }

    fn characters(&mut self, data: Span) {
        let blank = self.tree.slice(data).trim_ascii().is_empty();
        if self.open.last().is_some_and(|open| open.tag == Tag::Head) {
            if blank {
                return;
            }
            self.close_to(self.open.len() - 1);
        }
        if !blank {
            (self.frames_may_follow, self.past_head) = (false, true);
        }

        let id = self.push(Tag::Text, data);
        if !blank {
            self.foster(id);
        }
    }

    pub(super) fn start(&mut self, tag: Tag, name: Span, attributes_from: u32, self_closing: bool) {
        let data = Span { start: attributes_from, end: self.attribute_count() };
        if self.frames || self.is_ignored(tag) {
            return;
        }
        if !self.takes_html(tag) {
            if !(tag.leaves_foreign() || (tag == Tag::Font && self.is_html_font(data))) {
                self.start_foreign(tag, name, data, self_closing);
                return;
            }
            self.leave_foreign();
        }
        if matches!(tag, Tag::Frameset | Tag::Frame) {
            // Behind text it means nothing.
            self.frames = tag == Tag::Frameset && self.frames_may_follow;
            return;
        }
        if self.is_repeated_select(tag) {
            return;
        }

        self.close_implied(tag);
        self.note(tag, data);
        let id = self.push(tag, data);
        if !(tag.is_table_part() || matches!(tag, Tag::Script | Tag::Style | Tag::Template | Tag::Form)) {
            self.foster(id);
        }
        let foreign = matches!(tag, Tag::Svg | Tag::Math);
        if tag.is_void() || (self_closing && foreign) {
            return;
        }
        self.open(Open { tag, id, name, cut: false, foreign, holds_html: false });
    }

    /// An element of SVG or `MathML` in one.
    fn start_foreign(&mut self, tag: Tag, name: Span, data: Span, self_closing: bool) {
        let tag = tag.in_foreign();
        let id = self.push(tag, data);
        if self_closing {
            return;
        }
        let encoding = self.tree.attribute(id, "encoding").unwrap_or("").trim();
        let html = ["text/html", "application/xhtml+xml"].iter().any(|known| encoding.eq_ignore_ascii_case(known));
        let holds_html = match tag {
            Tag::ForeignObject | Tag::Desc | Tag::Mi | Tag::Mo | Tag::Mn | Tag::Ms | Tag::Mtext => true,
            Tag::AnnotationXml => html,
            _ => false,
        };
        self.open(Open { tag, id, name, cut: false, foreign: true, holds_html });
    }

    fn open(&mut self, open: Open) {
        if self.open.len() >= self.max_depth {
            self.flattened += 1;
        } else {
            self.open.push(open);
        }
    }

    /// Whether a start tag is none where it stands.
    fn is_ignored(&self, tag: Tag) -> bool {
        match tag {
            Tag::Html | Tag::Body => self.open.iter().any(|open| open.tag == tag),
            Tag::Head => self.past_head,
            _ => false,
        }
    }

    /// Whether a start tag of `tag` is one of HTML.
    fn takes_html(&self, tag: Tag) -> bool {
        let Some(open) = self.open.last() else { return true };
        !open.foreign || open.holds_html || (open.tag == Tag::AnnotationXml && tag == Tag::Svg)
    }

    /// Whether characters are of HTML.
    fn holds_html(&self) -> bool {
        self.open.last().is_some_and(|open| open.holds_html)
    }

    /// `font` is of HTML where it says how to write.
    fn is_html_font(&self, data: Span) -> bool {
        let attributes = self.tree.attributes.get(data.start as usize..data.end as usize).unwrap_or(&[]);
        let says = |attribute: &Attribute| {
            let name = self.tree.slice(attribute.name);
            ["color", "face", "size"].iter().any(|known| name.eq_ignore_ascii_case(known))
        };
        attributes.iter().any(says)
    }

    /// Whether a start tag ends an open `select` and nothing else.
    fn is_repeated_select(&mut self, tag: Tag) -> bool {
        if !matches!(tag, Tag::Select | Tag::Input | Tag::Textarea) {
            return false;
        }
        let Some(at) = self.open.iter().rposition(|open| open.tag == Tag::Select || open.tag.is_scope()) else {
            return false;
        };
        if self.open.get(at).is_none_or(|open| open.tag != Tag::Select) {
            return false;
        }
        self.close_to(at);
        tag == Tag::Select
    }

    /// Notes what a start tag means for tags that follow.
    fn note(&mut self, tag: Tag, data: Span) {
        self.past_head |= tag == Tag::Head || !(tag == Tag::Html || tag.is_head_content());
        if !self.frames_may_follow {
            return;
        }
        let attributes = self.tree.attributes.get(data.start as usize..data.end as usize).unwrap_or(&[]);
        let is_hidden = |attribute: &Attribute| {
            self.tree.slice(attribute.name).eq_ignore_ascii_case("type")
                && self.tree.slice(attribute.value).eq_ignore_ascii_case("hidden")
        };
        self.frames_may_follow =
            if tag == Tag::Input { attributes.iter().any(is_hidden) } else { !tag.forbids_frames() };
    }

    /// Notes that node `id`, which was just taken in, stands in a table but in none of its cells.
    fn foster(&mut self, id: NodeId) {
        // The innermost open element may be the node itself only after this.
        if !self.open.last().is_some_and(|open| open.tag.holds_table_parts() && !open.foreign) {
            return;
        }
        let Some(at) = self.open.iter().rposition(|open| open.tag == Tag::Table) else { return };
        let table = self.open.get(at).map_or(0, |open| open.id);
        let mut around = [table; 3];
        for (place, open) in around.iter_mut().zip(self.open.iter().skip(at)) {
            *place = open.id;
        }
        if self.open.len() - at <= around.len() {
            self.fosters.push(Foster { id, table, around });
        }
    }

    pub(super) fn end(&mut self, tag: Tag, name: Span) {
        if self.frames {
            return;
        }
        if self.flattened > 0 && !tag.is_void() {
            self.flattened -= 1;
            return;
        }
        if self.in_foreign() {
            if matches!(tag, Tag::Br | Tag::P) {
                self.leave_foreign();
            } else if self.end_foreign(name) {
                return;
            }
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
        if special_between && !(tag.is_special() || tag.is_block() && !matches!(tag, Tag::Option | Tag::Optgroup)) {
            if tag == Tag::A {
                // The link ends here although elements inside it go on.
                self.cut(at);
            }
            return;
        }
        self.close_to(at);
    }

    /// Closes the innermost element of SVG or `MathML` with this name, if one is open within the innermost of HTML.
    fn end_foreign(&mut self, name: Span) -> bool {
        let wanted = self.tree.slice(name);
        for (at, open) in self.open.iter().enumerate().rev() {
            if !open.foreign {
                return false;
            }
            if self.tree.slice(open.name).eq_ignore_ascii_case(wanted) {
                self.close_to(at);
                return true;
            }
        }
        false
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
                Tag::Template => true,
                Tag::Table => !is_table_bound(open.tag),
                _ if tag.is_table_part() => !is_table_bound(open.tag),
                Tag::P => !open.tag.is_scope() && open.tag != Tag::Button,
                Tag::Li => !open.tag.is_scope() && !matches!(open.tag, Tag::Ol | Tag::Ul),
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
            Tag::Table if self.open.last().is_some_and(|open| open.tag.holds_table_parts()) => {
                self.close_within(&[Tag::Table], is_table_bound);
            }
            _ if tag.is_table_part() => self.close_to_part(tag),
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

    /// Closes what is open in the innermost table down to where `tag`, a part of it, stands.
    fn close_to_part(&mut self, tag: Tag) {
        let bound = self.open.iter().rposition(|open| is_table_bound(open.tag));
        let Some(table) = bound.filter(|at| self.open[*at].tag == Tag::Table) else { return };
        let stays = |open: &Open| match tag {
            Tag::Td | Tag::Th => matches!(open.tag, Tag::Tbody | Tag::Thead | Tag::Tfoot | Tag::Tr),
            Tag::Tr => matches!(open.tag, Tag::Tbody | Tag::Thead | Tag::Tfoot),
            Tag::Col => open.tag == Tag::Colgroup,
            _ => false,
        };
        let kept = self.open.iter().skip(table + 1).take_while(|open| stays(open)).count();
        self.close_to(table + 1 + kept);
    }

    /// Closes SVG and `MathML` down to what holds HTML.
    fn leave_foreign(&mut self) {
        let outside = self.open.iter().rposition(|open| !open.foreign || open.holds_html);
        self.close_to(outside.map_or(0, |at| at + 1));
    }

    fn close_to(&mut self, length: usize) {
        let end = index(self.tree.nodes.len());
        for open in self.open.drain(length.min(self.open.len())..) {
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
    matches!(open, Tag::Html | Tag::Table | Tag::Template)
}

/// Positions fit because sources are shorter than 2^32 bytes.
fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
