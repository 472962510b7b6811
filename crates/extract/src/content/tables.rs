//! Tables that hold data, as grids of cells; tables that only place things are no grids.

use std::ops::Range;

use super::segment::{Container, Segments};
use crate::html::Tag;

/// Longest text of a cell, in letters, and most blocks of one, in a table without headings.
const CELL_UNITS: f32 = 800.0;
const CELL_BLOCKS: u32 = 12;
/// The same in a table with headings.
const HEADED_CELL_UNITS: f32 = 4_000.0;
const HEADED_CELL_BLOCKS: u32 = 60;
/// Longest cell of a table of one row.
const ONE_ROW_UNITS: f32 = 200.0;
/// A grid has at most so many places for each cell, and so many more: ragged tables are none.
const PLACES_A_CELL: usize = 16;
const MORE_PLACES: usize = 10_000;

const NONE: u32 = u32::MAX;

/// A table's cells in their places: each the range of its blocks, empty where the cell or the place is.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    /// Blocks of the table.
    pub blocks: Range<usize>,
    /// The first block of a cell; those before it are the caption.
    pub first: usize,
    /// Rows of one length.
    pub rows: Vec<Vec<Range<usize>>>,
}

/// The data tables of a page.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub grids: Vec<Grid>,
    /// For each block one more than the number of its grid, 0 for none.
    of_block: Vec<u32>,
}

impl Tables {
    /// The grid that a block is in.
    pub(crate) fn of(&self, block: usize) -> Option<&Grid> {
        let number = self.of_block.get(block)?.checked_sub(1)?;
        self.grids.get(number as usize)
    }

    /// Finds the data tables.
    pub(crate) fn new(segments: &Segments) -> Self {
        let count = segments.containers.len();
        let mut places = vec![Place { table: NONE, row: NONE, cell: NONE }; count];
        let mut facts: Vec<Facts> = Vec::new();
        for (index, container) in (0u32..).zip(&segments.containers) {
            let around = places.get(container.parent as usize).copied().unwrap_or(Place::NONE);
            let around = if index == 0 { Place::NONE } else { around };
            let place = place(container, index, around, &mut facts);
            note(container, place, &mut facts);
            places[index as usize] = place;
        }
        let mut tables = Self { grids: Vec::new(), of_block: vec![0; segments.blocks.len()] };
        if facts.is_empty() {
            return tables;
        }
        let mut ranges = vec![0..0; count];
        for (at, block) in segments.blocks.iter().enumerate() {
            let Some(place) = places.get(block.container as usize).filter(|place| place.table != NONE) else {
                continue;
            };
            let fact = &mut facts[place.table as usize];
            fact.code |= block.preformatted && segments.text_of(block).contains('\n');
            extend(&mut fact.blocks, at);
            if let Some(range) = ranges.get_mut(place.cell as usize) {
                extend(range, at);
            }
        }
        for fact in &facts {
            if let Some(grid) = fact.grid(segments, &ranges) {
                tables.grids.push(grid);
                let number = u32::try_from(tables.grids.len()).unwrap_or(0);
                if let Some(within) = tables.of_block.get_mut(fact.blocks.clone()) {
                    within.fill(number);
                }
            }
        }
        tables
    }
}

fn extend(range: &mut Range<usize>, at: usize) {
    *range = if range.start >= range.end { at..at + 1 } else { range.start..at + 1 };
}

/// Where a container is: number of its table among all, containers of its row and cell.
#[derive(Clone, Copy)]
struct Place {
    table: u32,
    row: u32,
    cell: u32,
}

impl Place {
    const NONE: Self = Self { table: NONE, row: NONE, cell: NONE };
}

/// What tells a table of data.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that was seen")]
#[derive(Default)]
struct Facts {
    /// Row of each cell and its container.
    cells: Vec<(u32, u32)>,
    presentation: bool,
    headed: bool,
    /// Headings, forms or tables lie in it.
    holds: bool,
    code: bool,
    blocks: Range<usize>,
}

fn place(container: &Container, index: u32, around: Place, facts: &mut Vec<Facts>) -> Place {
    match container.tag {
        Tag::Table => {
            if let Some(outer) = facts.get_mut(around.table as usize) {
                outer.holds = true;
            }
            facts.push(Facts { presentation: container.presentation, ..Facts::default() });
            let table = u32::try_from(facts.len() - 1).unwrap_or(NONE);
            Place { table, row: NONE, cell: NONE }
        }
        Tag::Tr => Place { row: index, cell: NONE, ..around },
        Tag::Td | Tag::Th => Place { cell: index, ..around },
        _ => around,
    }
}

fn note(container: &Container, place: Place, facts: &mut [Facts]) {
    let Some(fact) = facts.get_mut(place.table as usize) else { return };
    match container.tag {
        Tag::Td | Tag::Th => {
            fact.cells.push((place.row, place.cell));
            fact.headed |= container.tag == Tag::Th;
        }
        Tag::Caption | Tag::Thead => fact.headed = true,
        Tag::Form | Tag::Nav | Tag::Article | Tag::Section => fact.holds = true,
        tag if tag.heading_level() > 0 && place.cell != NONE => fact.holds = true,
        _ => {}
    }
}

impl Facts {
    fn grid(&self, segments: &Segments, ranges: &[Range<usize>]) -> Option<Grid> {
        if self.presentation || self.holds || self.code || self.cells.len() < 2 {
            return None;
        }
        let cell = |index: u32| segments.containers.get(index as usize);
        let (units, blocks) =
            if self.headed { (HEADED_CELL_UNITS, HEADED_CELL_BLOCKS) } else { (CELL_UNITS, CELL_BLOCKS) };
        let too_much = |found: &Container| found.units > units || found.blocks > blocks;
        if self.cells.iter().filter_map(|(_, index)| cell(*index)).any(too_much) {
            return None;
        }
        let rows = self.rows(segments, ranges)?;
        let full = rows.iter().filter(|row| row.iter().filter(|range| !range.is_empty()).count() > 1).count();
        let short = |found: &Container| found.blocks <= 1 && found.units <= ONE_ROW_UNITS;
        let one_row = || self.cells.iter().filter_map(|(_, index)| cell(*index)).all(short);
        let is_data = full > 1 || (full == 1 && (self.headed || one_row()));
        // Text between the cells would be lost in a grid.
        let cells = || self.cells.iter().filter_map(|(_, index)| ranges.get(*index as usize));
        let first = cells().filter(|range| !range.is_empty()).map(|range| range.start).min()?;
        let inside: usize = cells().map(Range::len).sum();
        let is_data = is_data && first.checked_sub(self.blocks.start)? + inside == self.blocks.len();
        is_data.then(|| Grid { blocks: self.blocks.clone(), first, rows })
    }

    /// The cells in their places, rows and columns without text left out; `None` where that would be more
    /// than a table.
    fn rows(&self, segments: &Segments, ranges: &[Range<usize>]) -> Option<Vec<Vec<Range<usize>>>> {
        let mut rows: Vec<Vec<Range<usize>>> = Vec::new();
        // Rows that a cell above still takes, by column.
        let mut taken: Vec<u16> = Vec::new();
        let most = PLACES_A_CELL * self.cells.len() + MORE_PLACES;
        let mut places = 0;
        for cells in self.cells.chunk_by(|a, b| a.0 == b.0) {
            let mut row: Vec<Range<usize>> = Vec::new();
            for (_, index) in cells {
                let container = segments.containers.get(*index as usize)?;
                while taken.get(row.len()).is_some_and(|rows| *rows > 0) {
                    row.push(0..0);
                }
                let column = row.len();
                row.push(ranges.get(*index as usize).cloned().unwrap_or(0..0));
                row.resize(column + usize::from(container.columns), 0..0);
                taken.resize(taken.len().max(row.len()), 0);
                taken
                    .iter_mut()
                    .skip(column)
                    .take(usize::from(container.columns))
                    .for_each(|rows| *rows = container.rows);
                places += usize::from(container.columns);
            }
            taken.iter_mut().for_each(|rows| *rows = rows.saturating_sub(1));
            places += row.len();
            if places > most {
                return None;
            }
            rows.push(row);
        }
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        if width * rows.len() > most {
            return None;
        }
        let used: Vec<bool> = (0..width)
            .map(|column| rows.iter().any(|row| row.get(column).is_some_and(|cell| !cell.is_empty())))
            .collect();
        for row in &mut rows {
            row.resize(width, 0..0);
            let mut used = used.iter();
            row.retain(|_| used.next() == Some(&true));
        }
        rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        Some(rows)
    }
}
