//! Tables without upright rules: rows whose pieces stand below each other.
//!
//! Only what is beyond doubt is taken for one: gutters that several rows leave free, pieces that are aligned in each column,
//! and no list whose numbers hang out.

use super::glyphs::union;
use super::grid::{Grid, GridCell};
use super::lines::{Line, Piece, line, median};
use crate::bounded::Stop;
use crate::items::begins_item;

/// At most this many rows of a page; more are a drawing.
const ROWS: usize = 1000;

/// A line or a table of a column.
#[derive(Debug)]
pub(super) enum Laid {
    Line(Line),
    Table(Grid),
}

/// At most this many columns; more are a drawing.
const COLUMNS: usize = 64;

/// Rows as lines and tables.
pub(super) fn laid(
    rows: Vec<Vec<Piece>>,
    column: Option<(f32, f32)>,
    stop: &Stop,
    out: &mut Vec<Laid>,
) {
    let mut rest = rows;
    let mut start = 0;
    while start < rest.len() {
        stop.check();
        match table(rest.get(start..).unwrap_or_default()) {
            Some((count, gutters)) => {
                let after = rest.split_off(start + count);
                let rows = rest.split_off(start);
                let before = std::mem::replace(&mut rest, after);
                out.extend(before.into_iter().filter_map(|row| line(row, column)).map(Laid::Line));
                out.extend(grid(rows, &gutters).map(Laid::Table));
                start = 0;
            }
            None => start += 1,
        }
    }
    out.extend(rest.into_iter().filter_map(|row| line(row, column)).map(Laid::Line));
}

fn size(row: &[Piece]) -> f32 {
    row.first().and_then(|piece| piece.glyphs.first()).map_or(0.0, |glyph| glyph.size)
}

fn bottom(row: &[Piece]) -> f32 {
    row.iter().map(|piece| piece.area.bottom).fold(f32::MIN, f32::max)
}

/// Which column a piece is in.
fn column_of(gutters: &[(f32, f32)], piece: &Piece) -> usize {
    let middle = (piece.area.left + piece.area.right) / 2.0;
    gutters.iter().take_while(|gutter| (gutter.0 + gutter.1) / 2.0 < middle).count()
}

/// How many rows from the first one are a table, and its gutters.
fn table(rows: &[Vec<Piece>]) -> Option<(usize, Vec<(f32, f32)>)> {
    let first = rows.first()?;
    if first.len() < 2 || first.len() > COLUMNS {
        return None;
    }
    let mut gutters: Vec<(f32, f32)> =
        first.windows(2).map(|pair| (pair[0].area.right, pair[1].area.left)).collect();
    let mut count = 0;
    for (index, row) in rows.iter().enumerate().take(ROWS) {
        let far = index > 0
            && rows
                .get(index - 1)
                .is_some_and(|above| bottom(row) - bottom(above) > 4.0 * size(row));
        let Some(narrowed) = narrowed(&gutters, row).filter(|_| !far) else { break };
        gutters = narrowed;
        count = index + 1;
    }
    let columns = gutters.len() + 1;
    let filled = |row: &[Piece]| {
        let mut filled = vec![false; columns];
        for piece in row {
            if let Some(place) = filled.get_mut(column_of(&gutters, piece)) {
                *place = true;
            }
        }
        filled
    };
    // Rows after the last that has several columns are text below the table.
    while count > 0 && rows.get(count - 1).is_some_and(|row| row.len() < 2) {
        let wrapped = rows.get(count - 1).is_some_and(|row| {
            let near = rows.get(count.saturating_sub(2));
            let near = near.is_some_and(|above| bottom(row) - bottom(above) < 1.5 * size(row));
            near && !filled(row).first().copied().unwrap_or(true)
        });
        if wrapped {
            break;
        }
        count -= 1;
    }
    let rows = rows.get(..count)?;
    // Of each row of the table, which columns have text.
    let mut whole: Vec<Vec<bool>> = Vec::new();
    for (row, of) in rows.iter().zip(grouped(rows, &gutters)) {
        whole.resize(of + 1, vec![false; columns]);
        for (place, filled) in whole.iter_mut().rev().take(1).flatten().zip(filled(row)) {
            *place |= filled;
        }
    }
    let full = whole.iter().filter(|row| row.iter().all(|&filled| filled)).count();
    let needed = if columns > 2 { 3 } else { 4 };
    if full < needed || full * 2 < whole.len() {
        return None;
    }
    let aligned = (0..columns).all(|column| {
        let pieces: Vec<&Piece> = rows
            .iter()
            .filter_map(|row| row.iter().find(|piece| column_of(&gutters, piece) == column))
            .collect();
        let edge = |edge: fn(&Piece) -> f32| {
            let edges: Vec<f32> = pieces.iter().map(|piece| edge(piece)).collect();
            let usual = median(edges.clone());
            let near = |x: &&f32| {
                (**x - usual).abs() < pieces.first().map_or(0.0, |p| size(&[(*p).clone()]))
            };
            edges.iter().filter(near).count() * 5 >= edges.len() * 4
        };
        edge(|piece| piece.area.left)
            || edge(|piece| piece.area.right)
            || edge(|piece| (piece.area.left + piece.area.right) / 2.0)
    });
    let list = columns == 2
        && rows.iter().filter_map(|row| row.first()).all(|piece| {
            let text: String = piece.glyphs.iter().map(|glyph| glyph.text.as_str()).collect();
            begins_item(text.trim()) || text.trim().chars().count() < 2
        });
    (aligned && !list).then(|| (count, gutters.clone()))
}

/// The gutters as a row leaves them free; `None` if it does not.
fn narrowed(gutters: &[(f32, f32)], row: &[Piece]) -> Option<Vec<(f32, f32)>> {
    let mut out = Vec::with_capacity(gutters.len());
    for &(mut left, mut right) in gutters {
        let middle = (left + right) / 2.0;
        for piece in row {
            if piece.area.left < middle && piece.area.right > middle {
                return None;
            }
            if piece.area.left < middle {
                left = left.max(piece.area.right);
            } else {
                right = right.min(piece.area.left);
            }
        }
        if right - left < 0.8 * size(row) {
            return None;
        }
        out.push((left, right));
    }
    Some(out)
}

/// The row of the table that each row of pieces is part of.
fn grouped(rows: &[Vec<Piece>], gutters: &[(f32, f32)]) -> Vec<usize> {
    let steps: Vec<f32> = rows.windows(2).map(|pair| bottom(&pair[1]) - bottom(&pair[0])).collect();
    let least = steps.iter().copied().fold(f32::MAX, f32::min);
    let apart = steps.iter().any(|step| *step > 1.4 * least);
    let mut group = 0;
    let mut groups = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let first = row.iter().any(|piece| column_of(gutters, piece) == 0);
        let step = index.checked_sub(1).and_then(|i| steps.get(i)).copied().unwrap_or(f32::MAX);
        // Lines of a cell stand nearer than rows; those of a cell in the middle of its row between those of another.
        let near = apart && step <= 1.2 * least && row.len() <= gutters.len();
        // A row that has nothing in its first column goes on with the one above.
        if index > 0 && first && !near {
            group += 1;
        }
        groups.push(group);
    }
    groups
}

fn grid(rows: Vec<Vec<Piece>>, gutters: &[(f32, f32)]) -> Option<Grid> {
    let area = rows.iter().flatten().map(|piece| piece.area).reduce(union)?;
    let columns = gutters.len() + 1;
    let mut edges = vec![f32::MAX; columns];
    for piece in rows.iter().flatten() {
        if let Some(edge) = edges.get_mut(column_of(gutters, piece)) {
            *edge = edge.min(piece.area.left);
        }
    }
    edges.push(area.right);
    let groups = grouped(&rows, gutters);
    let mut cells: Vec<GridCell> = Vec::new();
    let row_count = groups.last().map_or(0, |last| last + 1);
    for (row, group) in rows.into_iter().zip(groups) {
        let mut parts: Vec<Vec<Piece>> = vec![Vec::new(); columns];
        for piece in row {
            if let Some(part) = parts.get_mut(column_of(gutters, &piece)) {
                part.push(piece);
            }
        }
        for (column, pieces) in parts.into_iter().enumerate() {
            let Some(line) = line(pieces, None) else { continue };
            let row = group;
            let mut last = cells.iter_mut().rev().take(columns);
            match last.find(|cell| (cell.row, cell.column) == (row, column)) {
                Some(cell) => cell.lines.push(line),
                None => {
                    cells.push(GridCell { row, column, rows: 1, columns: 1, lines: vec![line] })
                }
            }
        }
    }
    Some(Grid { area, edges, rows: row_count, cells })
}
