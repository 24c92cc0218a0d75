//! Rows of pieces to lines in the order of reading: columns after one another.

use super::aligned::{Laid, laid};
use super::glyphs::Glyph;
use super::lines::{Piece, median, rows};
use crate::bounded::Stop;

/// A column is at least this many ems wide; narrower ones are a table's or a list's.
const COLUMN: f32 = 8.0;
/// Lines of running text fill this part of their column on average.
const FILLED: f32 = 0.55;
/// Columns have this many rows beside each other.
const ROWS: usize = 3;

/// Lines and tables of glyphs of one frame in the order of reading.
pub(super) fn parts(glyphs: Vec<Glyph>, stop: &Stop) -> Vec<Laid> {
    let rows = rows(glyphs);
    let mut out = Vec::new();
    order(rows, None, 4, stop, &mut out);
    out
}

/// What pieces cover from left to right.
fn bounds<'p>(rows: impl Iterator<Item = &'p Piece>) -> (f32, f32) {
    rows.fold((f32::MAX, f32::MIN), |(left, right), piece| {
        (left.min(piece.area.left), right.max(piece.area.right))
    })
}

/// `depth`: how many times columns may lie in columns.
fn order(
    rows: Vec<Vec<Piece>>,
    column: Option<(f32, f32)>,
    depth: usize,
    stop: &Stop,
    out: &mut Vec<Laid>,
) {
    let mut rest = rows;
    while let Some((from, to, gutter)) = (depth > 0).then(|| band(&rest, stop)).flatten() {
        let after = rest.split_off(to);
        let between = rest.split_off(from);
        laid(rest, column, stop, out);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for row in between {
            let (a, b): (Vec<Piece>, Vec<Piece>) =
                row.into_iter().partition(|piece| piece.area.left < gutter);
            left.push(a);
            right.push(b);
        }
        for mut side in [left, right] {
            side.retain(|row| !row.is_empty());
            let column = bounds(side.iter().flatten());
            order(side, Some(column), depth - 1, stop, out);
        }
        rest = after;
    }
    laid(rest, column, stop, out);
}

/// The first rows that are set in columns: from, to, and the middle of the gutter.
fn band(rows: &[Vec<Piece>], stop: &Stop) -> Option<(usize, usize, f32)> {
    let mut tried = 0;
    for (start, row) in rows.iter().enumerate() {
        stop.check();
        for pair in row.windows(2) {
            let [left, right] = pair else { continue };
            // Real pages have few rows with gaps that are no columns; a table has many.
            tried += 1;
            if tried > 400 {
                return None;
            }
            if let Some(found) = band_at(rows, start, (left.area.right, right.area.left)) {
                return Some(found);
            }
        }
    }
    None
}

fn band_at(rows: &[Vec<Piece>], start: usize, gap: (f32, f32)) -> Option<(usize, usize, f32)> {
    let mut gap = gap;
    let mut to = start;
    let mut both = 0;
    for row in rows.get(start..)? {
        let Some(narrowed) = narrowed(row, gap) else { break };
        gap = narrowed;
        to += 1;
        let middle = (gap.0 + gap.1) / 2.0;
        both += usize::from(
            row.iter().any(|piece| piece.area.left < middle)
                && row.iter().any(|piece| piece.area.left > middle),
        );
    }
    let mut from = start;
    while let Some(narrowed) = from.checked_sub(1).and_then(|i| narrowed(rows.get(i)?, gap)) {
        gap = narrowed;
        from -= 1;
    }
    // A row far below the others begins something else.
    let gutter = (gap.0 + gap.1) / 2.0;
    let tops: Vec<f32> = rows.get(from..to)?.iter().map(|row| top(row)).collect();
    let steps: Vec<f32> = tops.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let usual = median(steps.clone());
    while to > start + 1 {
        let single = rows.get(to - 1)?.iter().all(|piece| piece.area.left < gutter);
        let step = steps.get((to - 1 - from).checked_sub(1)?)?;
        if single && *step > 1.4 * usual && to < rows.len() {
            to -= 1;
        } else {
            break;
        }
    }
    let band = rows.get(from..to)?;
    let prose = |left: bool| {
        let side: Vec<&Piece> =
            band.iter().flatten().filter(|piece| (piece.area.left < gutter) == left).collect();
        let (from, to) = bounds(side.iter().copied());
        let size = median(side.iter().filter_map(|p| p.glyphs.first()).map(|g| g.size).collect());
        let filled: f32 = side.iter().map(|p| p.area.right - p.area.left).sum();
        let rows =
            band.iter().filter(|row| row.iter().any(|piece| (piece.area.left < gutter) == left));
        let count = rows.count();
        to - from >= COLUMN * size && count >= ROWS && filled / count as f32 >= FILLED * (to - from)
    };
    (both >= ROWS && prose(true) && prose(false)).then_some((from, to, gutter))
}

/// The gutter that is left free by a row too; `None` if the row crosses it.
fn narrowed(row: &[Piece], gap: (f32, f32)) -> Option<(f32, f32)> {
    let middle = (gap.0 + gap.1) / 2.0;
    let mut narrow = gap;
    for piece in row {
        if piece.area.left < middle && piece.area.right > middle {
            return None;
        }
        if piece.area.left < middle {
            narrow.0 = narrow.0.max(piece.area.right);
        } else {
            narrow.1 = narrow.1.min(piece.area.left);
        }
    }
    let size = row.first()?.glyphs.first()?.size;
    (narrow.1 - narrow.0 >= 0.8 * size).then_some(narrow)
}

fn top(row: &[Piece]) -> f32 {
    row.iter().map(|piece| piece.area.top).fold(f32::MAX, f32::min)
}
