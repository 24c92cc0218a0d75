//! Tables of pages to tables of the common form, across pages.

use super::frame::Frame;
use super::grid::Grid;
use super::lines::Line;
use super::paragraphs::{Placed, append};
use crate::{Cell, Place, Table};

/// A table that may go on with another page's.
pub(super) struct OpenTable {
    table: Table,
    edges: Vec<f32>,
    page: usize,
}

/// Edges of columns that differ by less are the same, in points.
const SAME: f32 = 4.0;
/// At most this many rows are compared for a header that is repeated.
const HEADER: usize = 4;

/// A cell that begins at a row and a column.
pub(super) struct Begun {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) cell: Cell,
}

/// The table of cells: each is at its first row and column, over several columns it counts as several, and over several
/// rows empty cells take its place in the others.
pub(super) fn table(rows: usize, columns: usize, cells: Vec<Begun>) -> Table {
    let mut grid: Vec<Vec<Option<Cell>>> = vec![vec![None; columns]; rows];
    for Begun { row, column, mut cell } in cells {
        cell.columns = cell.columns.clamp(1, columns.saturating_sub(column).max(1));
        cell.rows = cell.rows.clamp(1, rows.saturating_sub(row).max(1));
        let (wide, high) = (cell.columns, cell.rows);
        for below in row + 1..row + high {
            let place = grid.get_mut(below).and_then(|cells| cells.get_mut(column));
            if let Some(place) = place {
                *place = Some(Cell { columns: wide, rows: 1, ..Cell::default() });
            }
        }
        if let Some(place) = grid.get_mut(row).and_then(|cells| cells.get_mut(column)) {
            *place = Some(cell);
        }
    }
    let rows = grid.into_iter().map(|cells| {
        let mut row: Vec<Cell> = Vec::new();
        let mut covered = 0_usize;
        for cell in cells {
            match cell {
                // What another covers has no cell of its own.
                _ if covered > 0 => covered -= 1,
                Some(cell) => {
                    covered = cell.columns - 1;
                    row.push(cell);
                }
                None => row.push(Cell { columns: 1, rows: 1, ..Cell::default() }),
            }
        }
        row
    });
    Table { header_rows: 0, rows: rows.collect() }
}

/// The text of a cell's lines, with a space where a line ended early.
pub(super) fn text(lines: Vec<Placed>) -> (String, Vec<Place>) {
    let right = lines.iter().map(|placed| placed.line.area.right).fold(f32::MIN, f32::max);
    let (mut text, mut places) = (String::new(), Vec::new());
    let mut early = false;
    for placed in lines {
        if early && !text.is_empty() {
            text.push(' ');
        }
        early = right - placed.line.area.right > placed.line.head + placed.line.size;
        append(&mut text, &mut places, &placed);
    }
    (text, places)
}

/// A ruled table of a page (from 0).
pub(super) fn ruled(page: usize, frame: Frame, grid: Grid) -> OpenTable {
    let columns = grid.edges.len().saturating_sub(1);
    let cells = grid.cells.into_iter().map(|cell| {
        let placed = |line: Line| Placed { page, frame, line };
        let (text, places) = text(cell.lines.into_iter().map(placed).collect());
        let (columns, rows) = (cell.columns, cell.rows);
        Begun { row: cell.row, column: cell.column, cell: Cell { text, columns, rows, places } }
    });
    OpenTable { table: table(grid.rows, columns, cells.collect()), edges: grid.edges, page }
}

impl OpenTable {
    /// Appends a table if it goes on with this one on the next page; else gives it back.
    pub(super) fn extend(&mut self, next: OpenTable) -> Option<OpenTable> {
        let same = self.edges.len() == next.edges.len()
            && self.edges.iter().zip(&next.edges).all(|(a, b)| (a - b).abs() <= SAME);
        if next.page != self.page + 1 || !same {
            return Some(next);
        }
        self.page = next.page;
        let bare = |row: &Vec<Cell>| -> Vec<(String, usize)> {
            let bare = |cell: &Cell| cell.text.chars().filter(|c| !c.is_whitespace()).collect();
            row.iter().map(|cell| (bare(cell), cell.columns)).collect()
        };
        let repeated = self.table.rows.iter().zip(&next.table.rows).take(HEADER);
        let repeated = repeated.take_while(|(a, b)| bare(a) == bare(b)).count();
        // A page that holds only rows of the table before would lose all of it.
        let repeated = if repeated < next.table.rows.len() { repeated } else { 0 };
        self.table.header_rows = self.table.header_rows.max(repeated);
        let mut rows = next.table.rows.into_iter().skip(repeated).peekable();
        if let (Some(last), Some(first)) = (self.table.rows.last_mut(), rows.peek())
            && goes_on(last, first)
            && let Some(first) = rows.next()
        {
            for (cell, more) in last.iter_mut().zip(first) {
                let start = cell.text.len();
                cell.text.push_str(&more.text);
                cell.places.extend(more.places.into_iter().map(|place| Place {
                    range: place.range.start + start..place.range.end + start,
                    ..place
                }));
            }
        }
        self.table.rows.extend(rows);
        None
    }

    /// The last page it is on (from 0).
    pub(super) fn page(&self) -> usize {
        self.page
    }

    /// The table as it is.
    pub(super) fn done(self) -> Table {
        self.table
    }
}

/// Whether a page's first row is the rest of the row before: it has text only where that one has, not everywhere, and no
/// sentence had ended there.
fn goes_on(last: &[Cell], first: &[Cell]) -> bool {
    let ended = |text: &str| text.ends_with(['。', '；', '！', '？', '.', ';', '：']);
    let same = last.len() == first.len()
        && last
            .iter()
            .zip(first)
            .all(|(a, b)| a.columns == b.columns && a.rows <= 1 && b.rows <= 1);
    same && first.iter().any(|cell| !cell.text.is_empty())
        && last.iter().zip(first).any(|(a, b)| !a.text.is_empty() && b.text.is_empty())
        && last
            .iter()
            .zip(first)
            .all(|(a, b)| b.text.is_empty() || !a.text.is_empty() && !ended(&a.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str, columns: usize, rows: usize) -> Cell {
        Cell { text: text.to_owned(), columns, rows, places: Vec::new() }
    }

    fn begun(row: usize, column: usize, cell: Cell) -> Begun {
        Begun { row, column, cell }
    }

    fn texts(table: &Table) -> Vec<Vec<&str>> {
        table.rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect()).collect()
    }

    #[test]
    fn cells_over_rows_leave_empty_ones() {
        let cells = vec![
            begun(0, 0, cell("类", 1, 2)),
            begun(0, 1, cell("甲", 2, 1)),
            begun(1, 1, cell("乙", 1, 1)),
            begun(1, 2, cell("丙", 1, 1)),
        ];
        assert_eq!(texts(&table(2, 3, cells)), [vec!["类", "甲"], vec!["", "乙", "丙"]]);
    }

    fn open(page: usize, rows: &[[&str; 2]]) -> OpenTable {
        let row = |row: &[&str; 2]| row.iter().map(|text| cell(text, 1, 1)).collect();
        let table = Table { header_rows: 0, rows: rows.iter().map(row).collect() };
        OpenTable { table, edges: vec![10.0, 100.0, 200.0], page }
    }

    #[test]
    fn tables_go_on_across_pages() {
        let mut first = open(0, &[["序号", "措施"], ["1", "甲"], ["2", "乙的"]]);
        assert!(first.extend(open(1, &[["序号", "措施"], ["", "后半。"], ["3", "丙"]])).is_none());
        let table = first.done();
        assert_eq!(table.header_rows, 1);
        assert_eq!(
            texts(&table),
            [["序号", "措施"], ["1", "甲"], ["2", "乙的后半。"], ["3", "丙"]]
        );
        let mut first = open(0, &[["1", "甲"]]);
        assert!(first.extend(open(2, &[["2", "乙"]])).is_some(), "a page is between");
    }
}
