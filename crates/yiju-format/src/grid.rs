//! Tables whose cells are given by their edges, to rows that all have the same number of columns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::block::{Cell, Table};

/// How a cell goes on from the one above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Join {
    /// It is a cell of its own.
    #[default]
    Own,
    /// It is part of the cell above.
    Above,
}

/// A cell between two edges.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    /// Its text.
    pub(crate) text: String,
    /// Its left edge, in grid columns or any other unit.
    pub(crate) from: i32,
    /// Its right edge.
    pub(crate) to: i32,
    /// How it goes on from above.
    pub(crate) join: Join,
}

/// The table of rows of pieces. Edges that are nearer than `near` to each other are one.
pub(crate) fn table(rows: Vec<Vec<Piece>>, header_rows: usize, near: i32) -> Table {
    let columns = columns(&rows, near);
    let column = |edge: i32| columns.range(..=edge).next_back().map_or(0, |(_, &column)| column);
    let count = columns.values().max().copied().unwrap_or(0);
    let mut out: Vec<Vec<Cell>> = Vec::with_capacity(rows.len());
    // For each left edge the row and place of the cell that a joined one goes on from.
    let mut above: HashMap<usize, (usize, usize)> = HashMap::new();
    for (index, pieces) in rows.into_iter().enumerate() {
        let mut row: Vec<Cell> = Vec::with_capacity(pieces.len());
        let mut at = 0;
        let mut next = HashMap::new();
        for piece in pieces {
            let from = column(piece.from).max(at);
            let to = column(piece.to).max(from + 1);
            if from > at {
                row.push(empty(from - at));
            }
            let mut cell = Cell { text: piece.text, ..empty(to - from) };
            match above.get(&from).copied().filter(|_| piece.join == Join::Above) {
                Some(origin) => {
                    if let Some(first) = out.get_mut(origin.0).and_then(|row| row.get_mut(origin.1))
                    {
                        first.rows = index + 1 - origin.0;
                        // Text of a covered cell is not shown, but never thrown away.
                        if !cell.text.is_empty() {
                            first.text = join(&first.text, &cell.text);
                            cell.text.clear();
                        }
                    }
                    next.insert(from, origin);
                }
                None => {
                    next.insert(from, (index, row.len()));
                }
            }
            row.push(cell);
            at = to;
        }
        if at < count {
            row.push(empty(count - at));
        }
        above = next;
        out.push(row);
    }
    // A row of damaged edges can be wider than the grid.
    let widest = out.iter().map(|row| row.iter().map(|cell| cell.columns).sum()).max().unwrap_or(0);
    for row in &mut out {
        let width: usize = row.iter().map(|cell| cell.columns).sum();
        if width < widest {
            row.push(empty(widest - width));
        }
    }
    Table { header_rows: header_rows.min(out.len()), rows: out }
}

/// The column that begins at each edge; edges that no cell has make no column.
fn columns(rows: &[Vec<Piece>], near: i32) -> BTreeMap<i32, usize> {
    let edges: BTreeSet<i32> =
        rows.iter().flatten().flat_map(|piece| [piece.from, piece.to]).collect();
    let mut columns = BTreeMap::new();
    let mut last: Option<(i32, usize)> = None;
    for edge in edges {
        let column = match last {
            None => 0,
            Some((before, column)) if edge.saturating_sub(before) <= near => column,
            Some((_, column)) => column + 1,
        };
        columns.insert(edge, column);
        last = Some((edge, column));
    }
    columns
}

fn empty(columns: usize) -> Cell {
    Cell { columns, rows: 1, ..Cell::default() }
}

/// Two texts with a space between them, if both hold something.
pub(crate) fn join(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (true, _) => second.to_owned(),
        (_, true) => first.to_owned(),
        _ => format!("{first} {second}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, from: i32, to: i32) -> Piece {
        Piece { text: text.to_owned(), from, to, join: Join::Own }
    }

    fn shown(table: &Table) -> Vec<Vec<(&str, usize, usize)>> {
        let row = |row: &'_ Vec<Cell>| row.len();
        assert!(table.rows.iter().map(row).all(|length| length > 0));
        table
            .rows
            .iter()
            .map(|row| {
                row.iter().map(|cell| (cell.text.as_str(), cell.columns, cell.rows)).collect()
            })
            .collect()
    }

    #[test]
    fn cells_over_several_columns_and_rows() {
        let above = Piece { join: Join::Above, ..piece("", 0, 2000) };
        let rows = vec![
            vec![piece("a", 0, 2000), piece("b", 2000, 6003)],
            vec![above, piece("c", 2001, 4000), piece("d", 4000, 6000)],
        ];
        let table = table(rows, 1, 5);
        assert_eq!(
            shown(&table),
            [vec![("a", 1, 2), ("b", 2, 1)], vec![("", 1, 1), ("c", 1, 1), ("d", 1, 1)]]
        );
        assert_eq!(table.header_rows, 1);
    }

    #[test]
    fn rows_that_are_too_short_are_filled_and_columns_of_nobody_left_out() {
        let rows = vec![
            vec![piece("a", 1, 3)],
            vec![piece("b", 0, 1), piece("c", 1, 3), piece("d", 3, 4)],
        ];
        let table = table(rows, 0, 0);
        assert_eq!(
            shown(&table),
            [
                vec![("", 1, 1), ("a", 1, 1), ("", 1, 1)],
                vec![("b", 1, 1), ("c", 1, 1), ("d", 1, 1)]
            ]
        );
    }

    #[test]
    fn edges_in_disorder_keep_every_text() {
        let rows = vec![
            vec![piece("a", 9, 1), piece("b", 5, 5), piece("c", 0, 2)],
            vec![piece("d", 0, 9)],
        ];
        let table = table(rows, 7, 0);
        let width = |row: &Vec<Cell>| row.iter().map(|cell| cell.columns).sum::<usize>();
        assert!(table.rows.iter().all(|row| width(row) == width(&table.rows[0])));
        let text: String = table.rows.iter().flatten().map(|cell| cell.text.as_str()).collect();
        assert_eq!(text, "abcd");
    }
}
