//! From blocks to the text that is kept.

mod escape;
mod markdown;

use crate::content::{Grid, Segments, Tables};
use crate::options::TextFormat;

/// The text of the taken blocks. As text: a line each; rows of a data table on one line, with a tab between
/// any two cells, so that a value stays in its column. As Markdown: headings, lists, quotations, tables and
/// code are marked.
pub(crate) fn render(segments: &Segments, taken: &[bool], format: TextFormat) -> String {
    let tables = Tables::new(segments);
    let shown = segments.blocks.iter().zip(taken);
    let taken: Vec<bool> =
        shown.map(|(block, taken)| *taken && !segments.shown_text(block).trim().is_empty()).collect();
    match format {
        TextFormat::Text => plain(segments, &taken, &tables),
        TextFormat::Markdown => markdown::render(segments, &taken, &tables),
    }
}

fn plain(segments: &Segments, taken: &[bool], tables: &Tables) -> String {
    let mut text = String::with_capacity(segments.text.len());
    let mut line = |line: &str| {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    };
    for piece in pieces(segments, taken, tables) {
        match piece {
            Piece::Block(at) => {
                line(&segments.blocks.get(at).map(|block| segments.shown_text(block)).unwrap_or_default());
            }
            Piece::Row(grid, row) => {
                let cells = grid.rows.get(row).into_iter().flatten();
                let cells: Vec<String> = cells.map(|cell| cell_text(segments, taken, cell.clone())).collect();
                line(&cells.join("\t"));
            }
        }
    }
    text
}

/// All blocks of a cell as one line.
fn cell_text(segments: &Segments, taken: &[bool], cell: std::ops::Range<usize>) -> String {
    let blocks = cell.filter(|at| taken.get(*at) == Some(&true)).filter_map(|at| segments.blocks.get(at));
    let lines: Vec<String> = blocks.map(|block| segments.shown_text(block).replace(['\n', '\t'], " ")).collect();
    lines.join(" ")
}

/// What is written next: a block, or a row of a table.
enum Piece<'t> {
    Block(usize),
    Row(&'t Grid, usize),
}

/// The taken blocks in order, those of tables by row.
fn pieces<'t>(
    segments: &'t Segments,
    taken: &'t [bool],
    tables: &'t Tables,
) -> impl Iterator<Item = Piece<'t>> + use<'t> {
    let is_taken = |at: usize| taken.get(at) == Some(&true);
    let mut at = 0;
    // The open table: rows still to come, and the block behind it.
    let mut open: Option<(&'t Grid, usize)> = None;
    std::iter::from_fn(move || {
        loop {
            if let Some((grid, row)) = open {
                match grid.rows.get(row) {
                    Some(cells) => {
                        open = Some((grid, row + 1));
                        if cells.iter().cloned().flatten().any(is_taken) {
                            return Some(Piece::Row(grid, row));
                        }
                        continue;
                    }
                    None => {
                        open = None;
                        at = grid.blocks.end;
                    }
                }
            }
            if at >= segments.blocks.len() {
                return None;
            }
            match tables.of(at) {
                // What is in a table but in no cell stands before it: its caption.
                Some(grid) if at < grid.first => {}
                Some(grid) => {
                    open = Some((grid, 0));
                    continue;
                }
                None => {}
            }
            at += 1;
            if is_taken(at - 1) {
                return Some(Piece::Block(at - 1));
            }
        }
    })
}
