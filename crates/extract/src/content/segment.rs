//! Cuts a page into blocks: runs of text that are rendered on lines of their own, each with the
//! elements it lies in.

use super::hints::{self, HINTS};
use super::marks;
use super::stats::TextStats;
use crate::html::{NodeId, Tag, Tree, decode_into};

/// Distance of an element from the nearest ancestor that gives a hint, where none does.
pub(crate) const FAR: u8 = 24;

/// An element that holds blocks.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    /// The element.
    pub node: NodeId,
    /// Index of the container around it; the page is its own.
    pub parent: u32,
    pub tag: Tag,
    pub depth: u16,
    /// Same for elements with the same tag and class in containers of the same kind.
    pub signature: u64,
    /// Per kind of hint, how many containers up the nearest one is that gives it.
    pub near: [u8; HINTS],
    /// Over all blocks inside: length, length in links, length in paragraphs, number.
    pub units: f32,
    pub link_units: f32,
    pub paragraph_units: f32,
    pub blocks: u32,
}

/// A run of text on lines of its own.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// Range of [`Segments::text`].
    pub start: u32,
    pub end: u32,
    pub container: u32,
    /// Kinds of hint that inline elements in it give.
    pub hints: u64,
    pub stats: TextStats,
    pub link_chars: u32,
    pub links: u32,
    /// Characters in bold or emphasis.
    pub strong_chars: u32,
    /// Pictures before or in it since the last block.
    pub images: u32,
    /// Keeps its white space.
    pub preformatted: bool,
}

/// A page in blocks.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    pub text: String,
    pub blocks: Vec<Block>,
    pub containers: Vec<Container>,
}

impl Segments {
    /// Text of a block.
    pub(crate) fn text_of(&self, block: &Block) -> &str {
        self.text.get(block.start as usize..block.end as usize).unwrap_or("")
    }

    /// The containers of a block from the innermost to the page.
    pub(crate) fn containers_of(&self, block: &Block) -> impl Iterator<Item = &Container> {
        let mut next = Some(block.container);
        std::iter::from_fn(move || {
            let at = next?;
            let container = self.containers.get(at as usize)?;
            next = (container.parent != at).then_some(container.parent);
            Some(container)
        })
    }
}

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

struct Cutter<'t, 'a> {
    tree: &'t Tree<'a>,
    out: Segments,
    /// Open containers: index and end of the node.
    open: Vec<(u32, NodeId)>,
    link_end: NodeId,
    strong_end: NodeId,
    pre_end: NodeId,
    /// The block being gathered.
    run: Run,
}

#[derive(Default)]
struct Run {
    start: usize,
    hints: u64,
    link_chars: u32,
    links: u32,
    strong_chars: u32,
    images: u32,
    breaks: u32,
    preformatted: bool,
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
        };
        let text = String::with_capacity(tree.source.len() / 8);
        let out = Segments { text, blocks: Vec::new(), containers: vec![page] };
        Self { tree, out, open: Vec::new(), link_end: 0, strong_end: 0, pre_end: 0, run: Run::default() }
    }

    /// Closes the containers that end at or before `id`.
    fn leave(&mut self, id: NodeId) {
        while self.open.last().is_some_and(|(_, end)| *end <= id) {
            self.flush();
            self.open.pop();
        }
    }

    /// Takes in node `id`; the next node to visit.
    fn visit(&mut self, id: NodeId) -> NodeId {
        let node = *self.tree.node(id);
        match node.tag {
            Tag::Text => self.text(id),
            Tag::Br => self.line_break(),
            Tag::Math => {
                self.math(id, node.end);
                return node.end;
            }
            Tag::Img => {
                self.run.images += 1;
                self.image(id);
            }
            Tag::Script if self.tree.attribute(id, "type").is_some_and(|kind| kind.starts_with("math/tex")) => {
                self.tex_script(id, node.end);
                return node.end;
            }
            tag if tag.is_invisible() => return node.end,
            tag if tag.is_block() => {
                self.flush();
                self.enter(id);
            }
            _ => return self.inline(id),
        }
        id + 1
    }

    /// Passes over an element; a block of its own parts what is around it all the same.
    fn omit(&mut self, id: NodeId) -> NodeId {
        let node = self.tree.node(id);
        if node.tag.is_block() && node.tag != Tag::Button {
            self.flush();
        }
        node.end.max(id + 1)
    }

    fn inline(&mut self, id: NodeId) -> NodeId {
        let node = self.tree.node(id);
        match node.tag {
            Tag::A if self.tree.attribute(id, "href").is_some() => {
                self.link_end = self.link_end.max(node.end);
                self.run.links += 1;
            }
            Tag::B | Tag::Strong | Tag::Em | Tag::I => self.strong_end = self.strong_end.max(node.end),
            _ => {}
        }
        let hints = self.hints(id);
        if hints & hints::NOT_SHOWN != 0 && self.is_double(id) {
            return node.end;
        }
        self.run.hints |= hints;
        id + 1
    }

    /// Rendered formulas that stand beside the same formula as markup.
    fn is_double(&self, id: NodeId) -> bool {
        self.tree.attribute(id, "class").is_some_and(|class| class.contains("katex-html") || class.contains("MJX"))
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

    fn line_break(&mut self) {
        self.run.breaks += 1;
        if self.run.breaks > 1 && !self.run.preformatted {
            self.flush();
        } else if self.out.text.len() > self.run.start {
            self.trim_end();
            self.out.text.push('\n');
        }
    }

    fn text(&mut self, id: NodeId) {
        let from = self.out.text.len();
        let raw = self.tree.text(id);
        if id < self.pre_end {
            self.run.preformatted = true;
            decode_into(raw, &mut self.out.text);
        } else if raw.as_bytes().contains(&b'&') {
            let mut decoded = String::with_capacity(raw.len());
            decode_into(raw, &mut decoded);
            self.squeeze(&decoded);
        } else {
            self.squeeze(raw);
        }
        self.account(id, from);
    }

    /// Books what was appended since `from` by the links and emphasis that node `id` lies in.
    fn account(&mut self, id: NodeId, from: usize) {
        let added = self.out.text.as_bytes().get(from..).unwrap_or(&[]);
        // Characters, not bytes: continuation bytes do not start one.
        let chars = added.iter().filter(|byte| !byte.is_ascii_whitespace() && (**byte & 0xc0) != 0x80).count();
        let chars = u32::try_from(chars).unwrap_or(u32::MAX);
        if chars > 0 {
            self.run.breaks = 0;
        }
        if id < self.link_end {
            self.run.link_chars += chars;
        }
        if id < self.strong_end {
            self.run.strong_chars += chars;
        }
    }

    /// Appends `text` with each run of white space as one space.
    fn squeeze(&mut self, text: &str) {
        let output = &mut self.out.text;
        let mut rest = text;
        loop {
            let word = rest.trim_start_matches(is_space);
            let at_line_start = output.len() == self.run.start || output.ends_with([' ', '\n']);
            if word.len() < rest.len() && !at_line_start {
                output.push(' ');
            }
            if word.is_empty() {
                return;
            }
            let end = word.find(is_space).unwrap_or(word.len());
            let (head, tail) = word.split_at(end);
            output.push_str(head);
            rest = tail;
        }
    }

    /// A formula: its TeX source where the page gives it, else its characters.
    fn math(&mut self, id: NodeId, end: NodeId) {
        let from = self.out.text.len();
        let annotation = (id..end).find(|at| {
            let node = self.tree.node(*at);
            node.tag == Tag::Annotation
                && self.tree.attribute(*at, "encoding").is_some_and(|kind| kind.ends_with("tex"))
        });
        let (first, last, mark) = match annotation {
            Some(at) => (at, self.tree.node(at).end, "$"),
            None => (id, end, ""),
        };
        self.out.text.push_str(mark);
        for at in first..last {
            let raw = self.tree.text(at);
            decode_into(raw.trim_ascii(), &mut self.out.text);
        }
        self.out.text.push_str(mark);
        self.account(id, from);
    }

    fn tex_script(&mut self, id: NodeId, end: NodeId) {
        let from = self.out.text.len();
        self.out.text.push('$');
        for at in id..end {
            let raw = self.tree.text(at).trim_ascii();
            self.out.text.push_str(raw);
        }
        self.out.text.push('$');
        self.account(id, from);
    }

    /// Formulas that are pictures say in `alt` what they show.
    fn image(&mut self, id: NodeId) {
        let class = self.tree.attribute(id, "class").unwrap_or("");
        let formula = ["tex", "latex", "mwe-math", "equation"].iter().any(|word| class.contains(word));
        if let Some(alt) = self.tree.attribute(id, "alt").filter(|alt| formula && !alt.is_empty()) {
            let from = self.out.text.len();
            self.out.text.push('$');
            decode_into(alt.trim_matches('$'), &mut self.out.text);
            self.out.text.push('$');
            self.account(id, from);
        }
    }

    fn is_heading(&self, container: u32) -> bool {
        self.out.containers.get(container as usize).is_some_and(|found| found.tag.heading_level() > 0)
    }

    fn trim_end(&mut self) {
        let start = self.run.start;
        let kept = self.out.text.get(start..).map_or(0, |text| text.trim_end().len());
        self.out.text.truncate(start + kept);
    }

    /// Ends the block that is being gathered.
    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        self.run.start = run.start;
        self.trim_end();
        if self.open.iter().rev().take(2).any(|(at, _)| self.is_heading(*at)) {
            let kept = marks::heading_end(self.out.text.get(run.start..).unwrap_or(""));
            self.out.text.truncate(run.start + kept);
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
        });
        self.run = Run { start: end, ..Run::default() };
    }
}

impl Segments {
    /// The page without the blocks that are `unwanted`, as if they had never been there.
    pub(crate) fn without(mut self, unwanted: &[bool]) -> Self {
        let mut flags = unwanted.iter();
        self.blocks.retain(|_| !flags.next().copied().unwrap_or(false));
        for container in &mut self.containers {
            (container.units, container.link_units, container.paragraph_units, container.blocks) = (0.0, 0.0, 0.0, 0);
        }
        self.sum_up();
        self
    }

    /// Adds every block to all containers it lies in: containers come before their contents, so one
    /// pass from the last to the first is enough.
    fn sum_up(&mut self) {
        for block in &self.blocks {
            let units = block.stats.units();
            let linked = units * block.link_share();
            let Some(container) = self.containers.get_mut(block.container as usize) else { continue };
            container.units += units;
            container.link_units += linked;
            container.blocks += 1;
            if container.tag == Tag::P {
                container.paragraph_units += units;
            }
        }
        for at in (1..self.containers.len()).rev() {
            let (before, inner) = self.containers.split_at_mut(at);
            let (Some(inner), Some(outer)) = (inner.first(), inner.first().and_then(|c| before.get(c.parent as usize)))
            else {
                continue;
            };
            let sum = (
                outer.units + inner.units,
                outer.link_units + inner.link_units,
                outer.paragraph_units + inner.paragraph_units,
                outer.blocks + inner.blocks,
            );
            if let Some(outer) = before.get_mut(inner.parent as usize) {
                (outer.units, outer.link_units, outer.paragraph_units, outer.blocks) = sum;
            }
        }
    }
}

impl Block {
    /// Share of the text that is in links, 0 to 1.
    pub(crate) fn link_share(&self) -> f32 {
        (self.link_chars as f32 / (self.stats.chars.max(1)) as f32).min(1.0)
    }
}

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\n' | '\t' | '\r' | '\u{c}' | '\u{a0}')
}

/// Whether an inline style takes the element off the page.
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
