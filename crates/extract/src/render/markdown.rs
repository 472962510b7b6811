//! Markdown as `CommonMark` and GitHub read it.

use super::escape::escape;
use super::{Piece, pieces};
use crate::content::{Block, Grid, Kind, Part, Segments, Tables, heading_level};
use crate::html::Tag;

/// Lists and quotations around a block that are marked; what is deeper stays at this depth.
const MAX_NESTING: usize = 12;

/// The taken blocks as Markdown.
pub(super) fn render(segments: &Segments, taken: &[bool], tables: &Tables) -> String {
    let text = String::with_capacity(segments.text.len());
    let mut output = Output { segments, taken, text, open: Vec::new(), table: None };
    for piece in pieces(segments, taken, tables) {
        match piece {
            Piece::Block(at) => output.block(at),
            Piece::Row(grid, row) => output.row(grid, row),
        }
    }
    output.text
}

/// A quotation or item around what is written.
#[derive(Clone, Copy)]
struct Around {
    container: u32,
    /// Columns of an item's mark, which its further lines are indented by; `None` for quotations.
    indent: Option<usize>,
}

struct Output<'s> {
    segments: &'s Segments,
    taken: &'s [bool],
    text: String,
    /// Around the last block, from the outermost.
    open: Vec<Around>,
    /// First block of the table whose rows are being written.
    table: Option<usize>,
}

impl Output<'_> {
    fn block(&mut self, at: usize) {
        let Some(block) = self.segments.blocks.get(at) else { return };
        self.table = None;
        let mut lines = String::new();
        let level = heading_level(self.segments, block);
        if block.preformatted {
            code(self.segments.text_of(block), block.language.as_deref().unwrap_or(""), &mut lines);
        } else {
            if level > 0 {
                lines.extend(std::iter::repeat_n('#', usize::from(level)));
                lines.push(' ');
            }
            self.inline(block, if level > 0 { " " } else { "  \n" }, level == 0, &mut lines);
        }
        self.start(block);
        self.write(&lines);
    }

    fn row(&mut self, grid: &Grid, row: usize) {
        let Some(cells) = grid.rows.get(row) else { return };
        let first = cells.iter().cloned().flatten().find_map(|at| self.segments.blocks.get(at));
        let Some(first) = first else { return };
        let mut line = String::from("|");
        for cell in cells {
            let mut parts = Vec::new();
            for at in cell.clone().filter(|at| self.taken.get(*at) == Some(&true)) {
                let Some(block) = self.segments.blocks.get(at) else { continue };
                let mut part = String::new();
                self.inline(block, "<br>", false, &mut part);
                parts.push(part.replace('|', "\\|"));
            }
            line.push_str(&format!(" {} |", parts.join("<br>")));
        }
        if self.table == Some(grid.blocks.start) {
            let prefix = self.prefix(self.open.len());
            self.text.push('\n');
            self.text.push_str(&prefix);
            self.text.push_str(&line);
        } else {
            self.start(first);
            self.write(&format!("{line}\n|{}", " --- |".repeat(cells.len())));
            self.table = Some(grid.blocks.start);
        }
    }

    /// The text of a block with code and formulas marked, all else escaped; lines end with `line_end`.
    fn inline(&self, block: &Block, line_end: &str, starts_line: bool, output: &mut String) {
        let mut at = block.start;
        let mut line_start = starts_line;
        for part in self.segments.parts_of(block) {
            self.plain(at, part.start.max(at), line_end, line_start, output);
            let text = self.segments.text.get(part.start.max(at) as usize..part.end.min(block.end) as usize);
            part_text(*part, &text.unwrap_or("").replace('\n', " "), output);
            at = part.end.min(block.end);
            line_start &= part.kind == Kind::Hidden && output.is_empty();
        }
        self.plain(at, block.end, line_end, line_start, output);
    }

    fn plain(&self, start: u32, end: u32, line_end: &str, starts_line: bool, output: &mut String) {
        let text = self.segments.text.get(start as usize..end as usize).unwrap_or("");
        // Both sides of what is hidden may end in a space.
        let text = if output.is_empty() || output.ends_with(' ') && !starts_line {
            text.trim_start_matches(' ')
        } else {
            text
        };
        let breaks = line_end.contains('\n');
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                output.push_str(line_end);
            }
            escape(line, if number == 0 { starts_line } else { breaks }, output);
        }
    }

    /// Writes what parts a block from the one before it, and the marks of the quotations and items that it starts.
    fn start(&mut self, block: &Block) {
        let chain = self.chain(block);
        let shared = chain.iter().zip(&self.open).take_while(|(new, old)| **new == old.container).count();
        if !self.text.is_empty() {
            let blank = !self.follows_tightly(chain.get(shared).copied(), shared);
            if blank {
                self.text.push('\n');
                let prefix = self.prefix(shared);
                self.text.push_str(prefix.trim_end());
            }
            self.text.push('\n');
            let prefix = self.prefix(shared);
            self.text.push_str(&prefix);
        }
        self.open.truncate(shared);
        for container in chain.into_iter().skip(shared) {
            let indent = if self.tag(container) == Tag::Li {
                let mark = match self.number(container) {
                    Some(number) => format!("{number}. "),
                    None => "- ".to_owned(),
                };
                self.text.push_str(&mark);
                Some(mark.len())
            } else {
                self.text.push_str("> ");
                None
            };
            self.open.push(Around { container, indent });
        }
    }

    /// Whether an item goes on the line after the one before: the next item of a list, or the first one of a
    /// list in an item. A list whose number is not 1 cannot follow text straight away.
    fn follows_tightly(&self, item: Option<u32>, shared: usize) -> bool {
        let Some(item) = item.filter(|index| self.tag(*index) == Tag::Li) else { return false };
        let list = |index: u32| self.segments.containers.get(index as usize).map(|container| container.parent);
        match self.open.get(shared) {
            Some(last) => last.indent.is_some() && list(last.container) == list(item),
            None => {
                let outer = shared.checked_sub(1).and_then(|at| self.open.get(at));
                outer.is_some_and(|outer| outer.indent.is_some()) && self.number(item).is_none_or(|number| number == 1)
            }
        }
    }

    /// Writes lines, the first of which has its prefix already.
    fn write(&mut self, lines: &str) {
        let prefix = self.prefix(self.open.len());
        for (number, line) in lines.split('\n').enumerate() {
            if number > 0 {
                self.text.push('\n');
                self.text.push_str(if line.is_empty() { prefix.trim_end() } else { &prefix });
            }
            self.text.push_str(line);
        }
    }

    /// What stands before each line in the outermost `count` quotations and items.
    fn prefix(&self, count: usize) -> String {
        let mut prefix = String::new();
        for around in self.open.iter().take(count) {
            match around.indent {
                Some(columns) => prefix.extend(std::iter::repeat_n(' ', columns)),
                None => prefix.push_str("> "),
            }
        }
        prefix
    }

    /// The quotations and list items around a block, from the outermost.
    fn chain(&self, block: &Block) -> Vec<u32> {
        let mut chain = Vec::new();
        let mut index = block.container;
        loop {
            if matches!(self.tag(index), Tag::Li | Tag::Blockquote) {
                chain.push(index);
            }
            let parent = self.segments.containers.get(index as usize).map_or(index, |container| container.parent);
            if parent == index {
                break;
            }
            index = parent;
        }
        chain.reverse();
        chain.truncate(MAX_NESTING);
        chain
    }

    fn tag(&self, index: u32) -> Tag {
        self.segments.containers.get(index as usize).map_or(Tag::Html, |container| container.tag)
    }

    /// Number of an item of an ordered list, where `CommonMark` has one: 0 to 999,999,999.
    fn number(&self, item: u32) -> Option<i32> {
        let number = self.segments.containers.get(item as usize)?.number?;
        Some(number.clamp(0, 999_999_999))
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|char| char != '`').map(str::len).max().unwrap_or(0)
}

fn code(text: &str, language: &str, output: &mut String) {
    // A fence longer than any run of ticks in the code, so that it does not end early.
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    output.push_str(&format!("{fence}{language}\n{}\n{fence}", text.trim_matches('\n')));
}

/// A part of a line as Markdown writes it.
fn part_text(part: Part, text: &str, output: &mut String) {
    match part.kind {
        Kind::Hidden => {}
        Kind::Formula => output.push_str(text),
        Kind::Code => {
            let fence = "`".repeat(longest_run(text) + 1);
            // One space on both sides, which readers take off, keeps a tick apart from the fence.
            let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
            output.push_str(&format!("{fence}{pad}{text}{pad}{fence}"));
        }
    }
}
