//! From blocks to the text that is kept.

use crate::content::{Block, Segments, heading_level};
use crate::html::Tag;
use crate::options::TextFormat;

/// Containers looked at around a block for the list item, table row or quotation that it is part of.
const NEAR: usize = 8;

/// The text of the taken blocks. As text: a line each, cells of a table row on one line, apart by a
/// tab. As Markdown: headings, lists, quotations, tables and code are marked.
pub(crate) fn render(segments: &Segments, taken: &[bool], format: TextFormat) -> String {
    let mut output = Output { segments, text: String::with_capacity(segments.text.len()), row: None, item: None };
    for (block, _) in segments.blocks.iter().zip(taken).filter(|(_, taken)| **taken) {
        match format {
            TextFormat::Text => output.plain(block),
            TextFormat::Markdown => output.markdown(block),
        }
    }
    output.end_row();
    output.text
}

struct Output<'s> {
    segments: &'s Segments,
    text: String,
    /// The open table row.
    row: Option<Row>,
    /// Index of the list item whose mark was written.
    item: Option<u32>,
}

/// A table row that is being written.
#[derive(Clone, Copy)]
struct Row {
    /// Index of the row's container and of its table's.
    container: u32,
    table: u32,
    cells: usize,
    /// Markdown: the first row of its table, which a line of dashes must follow.
    heads: bool,
    marked: bool,
}

impl Output<'_> {
    fn plain(&mut self, block: &Block) {
        let row = self.place(block, &[Tag::Tr]);
        let same = row.is_some() && row == self.row.map(|row| row.container);
        if !self.text.is_empty() {
            self.text.push(if same { '\t' } else { '\n' });
        }
        self.row = row.map(|container| Row { container, table: 0, cells: 0, heads: false, marked: false });
        self.text.push_str(self.segments.text_of(block));
    }

    fn markdown(&mut self, block: &Block) {
        if let Some(row) = self.place(block, &[Tag::Tr])
            && !block.preformatted
        {
            self.cell(block, row);
            return;
        }
        self.end_row();
        self.row = None;
        let item = self.place(block, &[Tag::Li]);
        let same_list = item.is_some() && self.item.is_some();
        if !self.text.is_empty() {
            self.text.push_str(if same_list && item != self.item { "\n" } else { "\n\n" });
        }
        let indent = self.mark_item(item);
        if self.place(block, &[Tag::Blockquote]).is_some() {
            self.text.push_str("> ");
        }
        let text = self.segments.text_of(block);
        let level = heading_level(self.segments, block);
        if block.preformatted {
            self.code(text);
        } else if level > 0 {
            self.text.extend(std::iter::repeat_n('#', usize::from(level)));
            self.text.push(' ');
            self.text.push_str(&text.replace('\n', " "));
        } else {
            self.text.push_str(&text.replace('\n', &format!("  \n{}", " ".repeat(indent))));
        }
    }

    /// Writes the mark of a list item before its first block, and as much space before further ones.
    /// Returns the indentation of the item's lines.
    fn mark_item(&mut self, item: Option<u32>) -> usize {
        let Some(index) = item else {
            self.item = None;
            return 0;
        };
        let lists = self.lists_around(index);
        let indent = lists.saturating_sub(1) * 2;
        if self.item == Some(index) {
            self.text.extend(std::iter::repeat_n(' ', indent + 2));
        } else {
            self.text.extend(std::iter::repeat_n(' ', indent));
            match self.number(index) {
                Some(number) => self.text.push_str(&format!("{number}. ")),
                None => self.text.push_str("- "),
            }
            self.item = Some(index);
        }
        indent + 2
    }

    fn cell(&mut self, block: &Block, container: u32) {
        let text = self.segments.text_of(block).replace('\n', " ").replace('|', "\\|");
        match &mut self.row {
            Some(row) if row.container == container => {
                row.cells += 1;
                self.text.push_str(" | ");
            }
            _ => {
                let table = self.place(block, &[Tag::Table]).unwrap_or(container);
                let heads = self.row.is_none_or(|row| row.table != table);
                self.end_row();
                if !self.text.is_empty() {
                    self.text.push_str(if heads { "\n\n" } else { "\n" });
                }
                self.text.push_str("| ");
                self.row = Some(Row { container, table, cells: 1, heads, marked: true });
                self.item = None;
            }
        }
        self.text.push_str(&text);
    }

    fn end_row(&mut self) {
        let Some(row) = self.row.filter(|row| row.marked) else { return };
        self.text.push_str(" |");
        if row.heads {
            self.text.push_str("\n|");
            self.text.push_str(&" --- |".repeat(row.cells));
        }
        self.row = Some(Row { marked: false, ..row });
    }

    fn code(&mut self, text: &str) {
        // A fence longer than any run of ticks in the code.
        let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.text.push_str(&format!("{fence}\n{}\n{fence}", text.trim_matches('\n')));
    }

    /// The nearest container around the block with one of the tags.
    fn place(&self, block: &Block, tags: &[Tag]) -> Option<u32> {
        let mut index = block.container;
        for _ in 0..NEAR {
            let container = self.segments.containers.get(index as usize)?;
            if tags.contains(&container.tag) {
                return Some(index);
            }
            if container.parent == index {
                return None;
            }
            index = container.parent;
        }
        None
    }

    fn lists_around(&self, item: u32) -> usize {
        let mut count = 0;
        let mut index = item;
        for _ in 0..4 * NEAR {
            let Some(container) = self.segments.containers.get(index as usize) else { break };
            count += usize::from(matches!(container.tag, Tag::Ul | Tag::Ol | Tag::Menu | Tag::Dir));
            if container.parent == index {
                break;
            }
            index = container.parent;
        }
        count
    }

    /// Number of an item of an ordered list, from 1.
    fn number(&self, item: u32) -> Option<usize> {
        let list = self.segments.containers.get(item as usize)?.parent;
        (self.segments.containers.get(list as usize)?.tag == Tag::Ol).then_some(())?;
        let items = self.segments.containers.get(list as usize..item as usize)?;
        Some(1 + items.iter().filter(|container| container.parent == list && container.tag == Tag::Li).count())
    }
}
