//! The walk over the tree that gathers blocks.

use super::lists::Lists;
use super::{Block, Container, FAR, Segments};
use crate::content::code;
use crate::content::hidden::{Eyes, Root, Sight};
use crate::content::hints::{self, HINTS};
use crate::content::marks;
use crate::content::stats::TextStats;
use crate::html::{NodeId, Tag, Tree};

/// A hidden inline element with no more text than this, in bytes, is passed over; a longer one may be the article.
const SMALL: usize = 400;
/// Containers around code whose names may tell its language.
const CODE_REACH: usize = 4;
/// Most columns that one cell spans.
const MAX_SPAN: u16 = 100;

/// Cuts `tree` into blocks, without the elements `omitted`, which are in document order.
pub(crate) fn segment(tree: &Tree<'_>, omitted: &[NodeId]) -> Segments {
    let mut cutter = Cutter::new(tree);
    let mut omitted = omitted.iter().copied().peekable();
    let mut id = 1;
    let end = tree.ids().end;
    while id < end {
        cutter.leave(id);
        while omitted.next_if(|next| *next < id).is_some() {}
        id = if omitted.peek() == Some(&id) { cutter.omit(id) } else { cutter.visit(id) };
    }
    cutter.leave(end);
    cutter.flush();
    cutter.out.sum_up();
    cutter.out
}

pub(super) struct Cutter<'t, 'a> {
    pub(super) tree: &'t Tree<'a>,
    pub(super) out: Segments,
    /// Open containers: index and end of the node.
    pub(super) open: Vec<(u32, NodeId)>,
    pub(super) link_end: NodeId,
    pub(super) strong_end: NodeId,
    pub(super) pre_end: NodeId,
    pub(super) code_end: NodeId,
    pub(super) unseen_end: NodeId,
    /// Ends of the drawing that is open and of the part of it that shows text.
    pub(super) drawing_end: NodeId,
    pub(super) part_end: NodeId,
    pub(super) eyes: Eyes<'a>,
    /// Open elements that are hidden or shown again: number, end, whether something in it may be shown.
    pub(super) hiding: Vec<(u32, NodeId, bool)>,
    pub(super) lists: Lists,
    /// The block being gathered.
    pub(super) run: Run,
}

#[derive(Default)]
pub(super) struct Run {
    pub(super) start: usize,
    pub(super) hints: u64,
    pub(super) link_chars: u32,
    pub(super) links: u32,
    pub(super) strong_chars: u32,
    pub(super) images: u32,
    pub(super) breaks: u32,
    pub(super) preformatted: bool,
    /// The last character is a space that stands for a line feed of the source.
    pub(super) wrapped: bool,
    pub(super) language: Option<Box<str>>,
}

impl<'t, 'a> Cutter<'t, 'a> {
    fn new(tree: &'t Tree<'a>) -> Self {
        let page = Container {
            node: 0,
            parent: 0,
            tag: Tag::Html,
            depth: 0,
            signature: 0,
            near: [FAR; HINTS],
            units: 0.0,
            link_units: 0.0,
            paragraph_units: 0.0,
            blocks: 0,
            columns: 1,
            rows: 1,
            number: None,
            presentation: false,
        };
        let text = String::with_capacity(tree.source.len() / 8);
        let out = Segments { text, containers: vec![page], ..Segments::default() };
        Self {
            tree,
            out,
            open: Vec::new(),
            link_end: 0,
            strong_end: 0,
            pre_end: 0,
            code_end: 0,
            unseen_end: 0,
            drawing_end: 0,
            part_end: 0,
            eyes: Eyes::default(),
            hiding: Vec::new(),
            lists: Lists::default(),
            run: Run::default(),
        }
    }

    /// Closes the containers that end at or before `id`.
    fn leave(&mut self, id: NodeId) {
        if self.hiding.last().is_some_and(|(_, end, _)| *end <= id) {
            self.flush();
        }
        while let Some((index, end)) = self.open.last().copied()
            && end <= id
        {
            self.flush();
            self.open.pop();
            self.lists.leave(index);
        }
        while self.hiding.pop_if(|(_, end, _)| *end <= id).is_some() {}
    }

    /// Takes in node `id`; the next node to visit.
    fn visit(&mut self, id: NodeId) -> NodeId {
        let node = *self.tree.node(id);
        if id < self.drawing_end && id >= self.part_end {
            return self.drawing(id, self.drawing_end);
        }
        match node.tag {
            Tag::Text => self.text(id),
            Tag::Br => self.line_break(),
            Tag::Svg if id < self.drawing_end => return node.end,
            Tag::Svg => return self.drawing(id + 1, node.end),
            Tag::Math => {
                self.math(id, node.end);
                return node.end;
            }
            Tag::Img => {
                self.run.images += 1;
                self.image(id);
            }
            Tag::Script => {
                if let Some(kind) = self.tree.attribute(id, "type").filter(|kind| kind.starts_with("math/")) {
                    self.math_script(id, node.end, kind);
                }
                return node.end;
            }
            // A shadow root that is written out is shown in place of its template.
            Tag::Template if is_shadow_root(self.tree.attribute(id, "shadowrootmode")) => self.flush(),
            tag if tag.is_invisible() => return node.end,
            _ if code::is_gutter(self.tree, id, false) => return node.end,
            tag if tag.is_block() => return self.block(id),
            _ => return self.inline(id),
        }
        id + 1
    }

    /// Passes over the shapes of a drawing to the next part that shows text, a line of its own.
    fn drawing(&mut self, from: NodeId, end: NodeId) -> NodeId {
        let shows = |at: &NodeId| matches!(self.tree.node(*at).tag, Tag::SvgText | Tag::ForeignObject);
        let part = (from..end).find(shows);
        if part.is_some() || from < self.drawing_end {
            self.flush();
        }
        let Some(part) = part else { return end };
        (self.drawing_end, self.part_end) = (end, self.tree.node(part).end);
        part + 1
    }

    /// The language of code, by its own names, those of the `code` in it and of what is near around it.
    fn language(&self, id: NodeId) -> Option<Box<str>> {
        let inner = (id + 1..self.tree.node(id).end).take(2).filter(|at| self.tree.node(*at).tag == Tag::Code);
        let around = self.open.iter().rev().take(CODE_REACH);
        let around = around.filter_map(|(at, _)| self.out.containers.get(*at as usize)).map(|found| found.node);
        let named = inner.chain([id]).chain(around).find_map(|at| code::language(self.tree, at))?;
        Some(named.into())
    }

    /// Passes over an element; a block of its own parts what is around it all the same.
    fn omit(&mut self, id: NodeId) -> NodeId {
        let node = self.tree.node(id);
        if node.tag.is_block() && node.tag != Tag::Button {
            self.flush();
        }
        node.end.max(id + 1)
    }

    fn block(&mut self, id: NodeId) -> NodeId {
        let node = *self.tree.node(id);
        if node.tag == Tag::Button && code::is_copy_button(self.tree, id) {
            return node.end;
        }
        if node.tag == Tag::Pre && self.is_column_of_numbers(id) {
            return node.end;
        }
        self.flush();
        let sight = self.eyes.sight(self.tree, id);
        self.hide(sight, node.end);
        self.enter(id);
        let code = match node.tag {
            Tag::Pre => code::is_preformatted(self.tree, id),
            Tag::Table => code::is_table_of_lines(self.tree, id),
            _ => false,
        };
        if code {
            self.code(id, true);
            return node.end;
        }
        id + 1
    }

    /// Takes in an element as preformatted text.
    fn code(&mut self, id: NodeId, keep_blanks: bool) {
        let end = self.tree.node(id).end;
        let code = code::of(self.tree, id, keep_blanks, &mut self.eyes);
        for at in id + 1..end {
            let tag = self.tree.node(at).tag;
            if tag == Tag::Img {
                self.run.images += 1;
            } else if tag != Tag::Text && !tag.is_block() && !tag.is_invisible() {
                self.run.hints |= self.hints(at);
            }
        }
        self.run.preformatted = true;
        self.run.language = self.language(id);
        self.run.links += code.links;
        self.run.link_chars += code.link_chars;
        self.run.strong_chars += code.strong_chars;
        self.out.text.push_str(&code.text);
        self.flush();
    }

    fn is_column_of_numbers(&self, id: NodeId) -> bool {
        let containers = &self.out.containers;
        let is_row = |index: u32| containers.get(index as usize).is_some_and(|found| found.tag == Tag::Tr);
        let row = self.open.iter().rev().find(|(index, _)| is_row(*index));
        row.is_some_and(|(_, end)| code::is_column_of_numbers(self.tree, id, *end))
    }

    /// Notes that what comes before `end` is hidden, or shown in what is hidden.
    fn hide(&mut self, sight: Sight, end: NodeId) {
        let around = self.hiding.last().copied();
        match sight {
            Sight::Plain => {}
            Sight::Seen => {
                if around.is_some_and(|(_, _, opens)| opens) {
                    self.hiding.push((0, end, true));
                }
            }
            Sight::Gone | Sight::Unseen => {
                self.out.hidden.push(Root { parent: around.map_or(0, |(number, _, _)| number) });
                let number = u32::try_from(self.out.hidden.len()).unwrap_or(u32::MAX);
                let opens = sight == Sight::Unseen && around.is_none_or(|(_, _, opens)| opens);
                self.hiding.push((number, end, opens));
            }
        }
    }

    fn inline(&mut self, id: NodeId) -> NodeId {
        let node = *self.tree.node(id);
        if let Some(next) = self.drawn(id) {
            return next;
        }
        let sight = self.eyes.sight(self.tree, id);
        if matches!(sight, Sight::Gone | Sight::Unseen) {
            let has = |what: fn(Tag) -> bool| (id..node.end).any(|at| what(self.tree.node(at).tag));
            // Wikis hide the markup of a formula behind its picture.
            if !has(|tag| tag == Tag::Math) {
                let length: usize = (id..node.end).map(|at| self.tree.text(at).len()).sum();
                if length <= SMALL && !has(Tag::is_block) {
                    self.unseen_end = self.unseen_end.max(node.end);
                } else {
                    self.flush();
                    self.hide(sight, node.end);
                }
            }
        }
        match node.tag {
            Tag::A if self.tree.attribute(id, "href").is_some() => {
                self.link_end = self.link_end.max(node.end);
                self.run.links += 1;
            }
            Tag::B | Tag::Strong | Tag::Em | Tag::I => self.strong_end = self.strong_end.max(node.end),
            Tag::Sup | Tag::Sub if self.script(id) => return node.end,
            Tag::Ruby if self.ruby(id) => return node.end,
            Tag::Code if id >= self.pre_end && code::has_breaks(self.tree, id) => {
                self.flush();
                self.code(id, false);
                return node.end;
            }
            Tag::Code | Tag::Tt | Tag::Samp => self.code_end = self.code_end.max(node.end),
            _ => {}
        }
        self.run.hints |= self.hints(id);
        id + 1
    }

    fn enter(&mut self, id: NodeId) {
        let node = *self.tree.node(id);
        let (parent, near, signature) = match self.open.last() {
            Some((at, _)) => {
                let container = &self.out.containers[*at as usize];
                (*at, container.near, container.signature)
            }
            None => (0, [FAR; HINTS], 0),
        };
        let hints = if matches!(node.tag, Tag::Html | Tag::Body) { 0 } else { self.hints(id) };
        let class = self.tree.attribute(id, "class").unwrap_or("");
        let mut near = near.map(|distance| distance.saturating_add(1).min(FAR));
        let mut bits = hints;
        while bits != 0 {
            near[bits.trailing_zeros() as usize] = 0;
            bits &= bits - 1;
        }
        if node.tag == Tag::Pre {
            self.pre_end = self.pre_end.max(node.end);
        }
        let index = u32::try_from(self.out.containers.len()).unwrap_or(u32::MAX);
        let number = self.lists.enter(self.tree, id, index);
        let span = |name: &str| {
            let value = self.tree.attribute(id, name).and_then(|value| value.trim().parse().ok());
            value.unwrap_or(1u16).clamp(1, MAX_SPAN)
        };
        let cell = matches!(node.tag, Tag::Td | Tag::Th);
        let (columns, rows) = if cell { (span("colspan"), span("rowspan")) } else { (1, 1) };
        let role = self.tree.attribute(id, "role").filter(|_| node.tag == Tag::Table);
        self.out.containers.push(Container {
            node: id,
            parent,
            tag: node.tag,
            depth: node.depth,
            signature: mix(signature, node.tag, class),
            near,
            units: 0.0,
            link_units: 0.0,
            paragraph_units: 0.0,
            blocks: 0,
            columns,
            rows,
            number,
            presentation: role.is_some_and(|role| role == "presentation" || role == "none"),
        });
        self.open.push((index, node.end));
    }

    /// What the attributes of an element hint at.
    fn hints(&self, id: NodeId) -> u64 {
        let mut found = hints::of_tag(self.tree.node(id).tag);
        for attribute in self.tree.attributes(id) {
            let name = self.tree.slice(attribute.name);
            let value = self.tree.slice(attribute.value);
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            match name.len() {
                2 if is("id") => found |= hints::of_names(value),
                4 if is("role") => found |= hints::of_role(value),
                5 if is("class") => found |= hints::of_names(value),
                5 if is("style") && hides(value) => found |= hints::NOT_SHOWN,
                6 if is("hidden") => found |= hints::NOT_SHOWN,
                8 if is("itemprop") => found |= hints::of_names(value),
                11 if is("aria-hidden") && value == "true" => found |= hints::NOT_SHOWN,
                _ => {}
            }
        }
        found
    }

    fn is_heading(&self, container: u32) -> bool {
        self.out.containers.get(container as usize).is_some_and(|found| found.tag.heading_level() > 0)
    }

    /// Ends the block that is being gathered.
    pub(super) fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        self.run.start = run.start;
        self.trim_end();
        if self.open.iter().rev().take(2).any(|(at, _)| self.is_heading(*at)) {
            let kept = marks::heading_end(self.out.text.get(run.start..).unwrap_or(""));
            self.cut(run.start + kept);
        }
        let text = self.out.text.get(run.start..).unwrap_or("");
        if text.trim_start().is_empty() {
            self.out.text.truncate(run.start);
            self.run = Run { start: run.start, images: run.images, ..Run::default() };
            return;
        }
        let end = self.out.text.len();
        self.out.blocks.push(Block {
            start: u32::try_from(run.start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
            container: self.open.last().map_or(0, |(index, _)| *index),
            hints: run.hints,
            stats: TextStats::of(text),
            link_chars: run.link_chars,
            links: run.links,
            strong_chars: run.strong_chars,
            images: run.images,
            preformatted: run.preformatted,
            hidden: self.hiding.last().map_or(0, |(number, _, _)| *number),
            language: run.language,
        });
        self.run = Run { start: end, ..Run::default() };
    }
}

/// Whether an inline style takes the element off the page, as the model was trained to see it.
fn hides(style: &str) -> bool {
    let Some(at) = style.find("display").or_else(|| style.find("visibility")) else { return false };
    let value = style.get(at..).and_then(|rest| rest.split_once(':')).map_or("", |(_, value)| value.trim_start());
    value.starts_with("none") || value.starts_with("hidden")
}

/// The signature of a child with a tag and class (FNV-1a over both and its container's).
fn mix(parent: u64, tag: Tag, class: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ parent.rotate_left(5);
    // Digits tell one post from the next (`post-1234`), not one kind of element from another.
    for byte in class.bytes().filter(|byte| !byte.is_ascii_digit()).chain([tag as u8]) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// Whether a `template` is the shadow root of its parent: other values make it a template like any other.
fn is_shadow_root(mode: Option<&str>) -> bool {
    mode.is_some_and(|mode| ["open", "closed"].iter().any(|known| mode.eq_ignore_ascii_case(known)))
}
