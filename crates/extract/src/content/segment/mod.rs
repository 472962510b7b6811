//! Cuts a page into blocks: runs of text that are rendered on lines of their own, each with the
//! elements it lies in.

mod formula;
mod inline;
mod lists;

use std::borrow::Cow;

use super::code;
use super::hidden::{Eyes, Root, Sight};
use super::hints::{self, HINTS};
use super::marks;
use super::stats::TextStats;
use crate::html::{NodeId, Tag, Tree, decode_into};
use lists::Lists;

/// Distance of an element from the nearest ancestor that gives a hint, where none does.
pub(crate) const FAR: u8 = 24;
/// A hidden inline element with no more text than this, in bytes, is passed over; a longer one may be the article.
const SMALL: usize = 400;
/// Most columns that one cell spans.
const MAX_SPAN: u16 = 100;

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
    /// Table cells: columns and rows that it spans.
    pub columns: u16,
    pub rows: u16,
    /// Items of an ordered list: the number that the page shows.
    pub number: Option<i32>,
    /// Tables that say that they only place things.
    pub presentation: bool,
}

/// What a part of a block's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    /// TeX with its dollar signs.
    Formula,
    /// What is not shown; the model was trained with it.
    Hidden,
}

/// A part of [`Segments::text`] that Markdown writes in its own way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub start: u32,
    pub end: u32,
    pub kind: Kind,
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
    /// Number of the innermost hidden element around it, 0 for none.
    pub hidden: u32,
}

/// A page in blocks.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    pub text: String,
    pub blocks: Vec<Block>,
    pub containers: Vec<Container>,
    /// Code and formulas in the text, in order.
    pub parts: Vec<Part>,
    /// Elements that are not shown, numbered from 1.
    pub hidden: Vec<Root>,
}

impl Segments {
    /// Text of a block.
    pub(crate) fn text_of(&self, block: &Block) -> &str {
        self.text.get(block.start as usize..block.end as usize).unwrap_or("")
    }

    /// Code, formulas and hidden text of a block.
    pub(crate) fn parts_of(&self, block: &Block) -> &[Part] {
        let from = self.parts.partition_point(|part| part.end <= block.start);
        let parts = self.parts.get(from..).unwrap_or(&[]);
        parts.get(..parts.partition_point(|part| part.start < block.end)).unwrap_or(&[])
    }

    /// Text of a block as it is shown.
    pub(crate) fn shown_text(&self, block: &Block) -> Cow<'_, str> {
        let hidden: Vec<&Part> = self.parts_of(block).iter().filter(|part| part.kind == Kind::Hidden).collect();
        if hidden.is_empty() {
            return Cow::Borrowed(self.text_of(block));
        }
        let mut text = String::new();
        let mut from = block.start;
        let ends = hidden.iter().map(|part| (part.start, part.end)).chain([(block.end, block.end)]);
        for (start, end) in ends {
            let piece = self.text.get(from as usize..start.max(from) as usize).unwrap_or("");
            let blank = text.is_empty() || text.ends_with([' ', '\n']);
            text.push_str(if blank { piece.trim_start_matches([' ', '\n']) } else { piece });
            from = end;
        }
        text.truncate(text.trim_end().len());
        Cow::Owned(text)
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
    code_end: NodeId,
    unseen_end: NodeId,
    eyes: Eyes<'a>,
    /// Open elements that are hidden or shown again: number, end, whether something in it may be shown.
    hiding: Vec<(u32, NodeId, bool)>,
    lists: Lists,
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
    /// The last character is a space that stands for a line feed of the source.
    wrapped: bool,
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

    /// Notes what was written since `from`.
    fn mark(&mut self, from: usize, kind: Kind) {
        let written = self.out.text.get(from..).unwrap_or("");
        let start = from + (written.len() - written.trim_start().len());
        let end = from + written.trim_end().len();
        if start >= end {
            return;
        }
        let (start, end) = (u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX));
        match self.out.parts.last_mut() {
            Some(last) if kind != Kind::Formula && last.kind == kind && last.end == start => last.end = end,
            _ => self.out.parts.push(Part { start, end, kind }),
        }
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
            let mut decoded = String::with_capacity(raw.len());
            decode_into(raw, &mut decoded);
            self.out.text.push_str(&decoded.replace("\r\n", "\n"));
        } else if raw.as_bytes().contains(&b'&') {
            let mut decoded = String::with_capacity(raw.len());
            decode_into(raw, &mut decoded);
            self.squeeze(&decoded);
        } else {
            self.squeeze(raw);
        }
        if id < self.unseen_end {
            self.mark(from, Kind::Hidden);
        } else if id < self.code_end && id >= self.pre_end {
            self.mark(from, Kind::Code);
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

    /// Appends `text` with each run of white space as one space. Between characters that are written without
    /// spaces a line feed of the source is none.
    fn squeeze(&mut self, text: &str) {
        let output = &mut self.out.text;
        let mut rest = text;
        if self.run.wrapped && rest.starts_with(is_wide) && output.ends_with(' ') {
            output.pop();
        }
        loop {
            let word = rest.trim_start_matches(is_space);
            let gap = rest.get(..rest.len() - word.len()).unwrap_or("");
            let at_line_start = output.len() == self.run.start || output.ends_with([' ', '\n']);
            let wrapped = gap.contains('\n') && output.ends_with(is_wide);
            if !(gap.is_empty() || at_line_start || wrapped && word.starts_with(is_wide)) {
                output.push(' ');
            }
            if !gap.is_empty() || !word.is_empty() {
                self.run.wrapped = wrapped && word.is_empty();
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

    fn is_heading(&self, container: u32) -> bool {
        self.out.containers.get(container as usize).is_some_and(|found| found.tag.heading_level() > 0)
    }

    fn trim_end(&mut self) {
        let start = self.run.start;
        let kept = self.out.text.get(start..).map_or(0, |text| text.trim_end().len());
        self.out.text.truncate(start + kept);
    }

    /// Takes back the text from `end` on with what is noted of it.
    fn cut(&mut self, end: usize) {
        self.out.text.truncate(end);
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        while self.out.parts.pop_if(|part| part.start >= end).is_some() {}
        if let Some(last) = self.out.parts.last_mut() {
            last.end = last.end.min(end);
        }
    }

    /// Ends the block that is being gathered.
    fn flush(&mut self) {
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

/// Whether a character is written without spaces around it: ideographs, kana, their punctuation.
fn is_wide(char: char) -> bool {
    matches!(char, '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
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
