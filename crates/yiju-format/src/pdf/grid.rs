//! Tables with ruled lines.
//!
//! Rules that cross make a grid; where a rule between two neighbours is missing, they are one cell.

use super::glyphs::Glyph;
use super::lines::{Line, line, rows};
use crate::Area;

/// Rules that are so near each other are one, and cross if they miss by less, in points.
const NEAR: f32 = 3.0;
/// More rules than this are a drawing.
const RULES: usize = 4000;
/// More cells than this are a drawing.
const CELLS: usize = 50_000;

/// A cell of a grid.
#[derive(Clone, Debug)]
pub(super) struct GridCell {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) lines: Vec<Line>,
}

/// A table on a page.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    /// What it covers, in the frame.
    pub(super) area: Area,
    /// Edges of its columns from left to right.
    pub(super) edges: Vec<f32>,
    /// How many rows it has.
    pub(super) rows: usize,
    pub(super) cells: Vec<GridCell>,
}

/// A rule: at a height (or distance from the left) from one point to another.
#[derive(Clone, Copy, Debug)]
struct Rule {
    at: f32,
    from: f32,
    to: f32,
}

/// Tables among rules of a frame, from the top down; their glyphs are taken out of `glyphs`.
pub(super) fn grids(rules: &[Area], glyphs: &mut Vec<Glyph>) -> Vec<Grid> {
    let (mut level, mut upright) = (Vec::new(), Vec::new());
    for rule in rules {
        let (wide, high) = (rule.right - rule.left, rule.bottom - rule.top);
        if wide >= high {
            let at = (rule.top + rule.bottom) / 2.0;
            level.push(Rule { at, from: rule.left, to: rule.right });
        } else {
            let at = (rule.left + rule.right) / 2.0;
            upright.push(Rule { at, from: rule.top, to: rule.bottom });
        }
    }
    let (level, upright) = (merged(level), merged(upright));
    if level.len() > RULES || upright.len() > RULES || level.len() < 2 || upright.is_empty() {
        return Vec::new();
    }
    let mut grids = Vec::new();
    for (level, upright) in components(&level, &upright) {
        if let Some(grid) = grid(&level, &upright, glyphs) {
            grids.push(grid);
        }
    }
    grids.sort_by(|a, b| a.area.top.total_cmp(&b.area.top));
    grids
}

/// Rules on one line that touch, as one.
fn merged(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    // Rules on one line may differ a little in their place: groups of places first.
    let mut out: Vec<Rule> = Vec::new();
    let mut group: Vec<Rule> = Vec::new();
    let mut flush = |group: &mut Vec<Rule>| {
        group.sort_by(|a, b| a.from.total_cmp(&b.from));
        let start = out.len();
        for rule in group.drain(..) {
            match out.get_mut(start..).and_then(|group| group.last_mut()) {
                Some(last) if rule.from <= last.to + NEAR => last.to = last.to.max(rule.to),
                _ => out.push(rule),
            }
        }
    };
    for rule in rules {
        if group.first().is_some_and(|first| rule.at - first.at > NEAR / 2.0) {
            flush(&mut group);
        }
        group.push(rule);
    }
    flush(&mut group);
    out.retain(|rule| rule.to - rule.from > NEAR);
    out
}

fn crosses(level: &Rule, upright: &Rule) -> bool {
    upright.at >= level.from - NEAR
        && upright.at <= level.to + NEAR
        && level.at >= upright.from - NEAR
        && level.at <= upright.to + NEAR
}

/// Groups of rules that are connected by crossing.
fn components(level: &[Rule], upright: &[Rule]) -> Vec<(Vec<Rule>, Vec<Rule>)> {
    let mut groups = Groups::new(level.len() + upright.len());
    for (i, a) in level.iter().enumerate() {
        for (j, b) in upright.iter().enumerate() {
            if crosses(a, b) {
                groups.join(i, level.len() + j);
            }
        }
    }
    let mut parts: std::collections::BTreeMap<usize, (Vec<Rule>, Vec<Rule>)> = Default::default();
    for (i, rule) in level.iter().enumerate() {
        parts.entry(groups.of(i)).or_default().0.push(*rule);
    }
    for (j, rule) in upright.iter().enumerate() {
        parts.entry(groups.of(level.len() + j)).or_default().1.push(*rule);
    }
    parts.into_values().filter(|(level, upright)| level.len() > 1 && !upright.is_empty()).collect()
}

/// Sets that are joined (union-find).
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn of(&mut self, mut index: usize) -> usize {
        while let Some(&parent) = self.0.get(index) {
            if parent == index {
                break;
            }
            let above = self.0.get(parent).copied().unwrap_or(parent);
            if let Some(place) = self.0.get_mut(index) {
                *place = above;
            }
            index = above;
        }
        index
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        if let Some(place) = self.0.get_mut(a.max(b)) {
            *place = a.min(b);
        }
    }
}

/// Places that are not near each other, in order.
fn places(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    let mut out: Vec<f32> = Vec::new();
    for value in values {
        if out.last().is_none_or(|last| value - last > 2.0 * NEAR) {
            out.push(value);
        }
    }
    out
}

/// The interval of sorted edges that holds a value.
fn interval(edges: &[f32], value: f32) -> Option<usize> {
    let after = edges.partition_point(|&edge| edge <= value);
    (after > 0 && after < edges.len()).then(|| after - 1)
}

fn grid(level: &[Rule], upright: &[Rule], glyphs: &mut Vec<Glyph>) -> Option<Grid> {
    // A table may be open at its sides: its rules end where its edges would be.
    let ends = |rules: &[Rule]| {
        let from = rules.iter().map(|rule| rule.from).fold(f32::MAX, f32::min);
        let to = rules.iter().map(|rule| rule.to).fold(f32::MIN, f32::max);
        [from, to]
    };
    let xs = places(upright.iter().map(|rule| rule.at).chain(ends(level)));
    let ys = places(level.iter().map(|rule| rule.at).chain(ends(upright)));
    let (columns, rows_) = (xs.len().checked_sub(1)?, ys.len().checked_sub(1)?);
    if columns < 2 || rows_ < 1 || columns * rows_ > CELLS {
        return None;
    }
    let parted = |rules: &[Rule], at: f32, along: f32| {
        rules.iter().any(|rule| {
            (rule.at - at).abs() <= 2.0 * NEAR && rule.from <= along && rule.to >= along
        })
    };
    let middle =
        |edges: &[f32], index: usize| Some((edges.get(index)? + edges.get(index + 1)?) / 2.0);
    let mut groups = Groups::new(columns * rows_);
    for row in 0..rows_ {
        for column in 0..columns {
            let index = row * columns + column;
            if column + 1 < columns && !parted(upright, *xs.get(column + 1)?, middle(&ys, row)?) {
                groups.join(index, index + 1);
            }
            if row + 1 < rows_ && !parted(level, *ys.get(row + 1)?, middle(&xs, column)?) {
                groups.join(index, index + columns);
            }
        }
    }
    // Each group's rectangle; a group of another shape is left as single cells.
    let mut spans: std::collections::BTreeMap<usize, (usize, usize, usize, usize, usize)> =
        Default::default();
    for index in 0..columns * rows_ {
        let (row, column) = (index / columns, index % columns);
        let span = spans.entry(groups.of(index)).or_insert((row, column, row, column, 0));
        *span =
            (span.0.min(row), span.1.min(column), span.2.max(row), span.3.max(column), span.4 + 1);
    }
    let mut cells: Vec<GridCell> = Vec::new();
    let mut cell_at = vec![0; columns * rows_];
    for (group, (top, left, bottom, right, count)) in &spans {
        let whole = (bottom - top + 1) * (right - left + 1) == *count;
        for row in *top..=*bottom {
            for column in *left..=*right {
                let index = row * columns + column;
                if groups.of(index) != *group {
                    continue;
                }
                if !whole || (row, column) == (*top, *left) {
                    let (rows, columns) =
                        if whole { (bottom - top + 1, right - left + 1) } else { (1, 1) };
                    cells.push(GridCell { row, column, rows, columns, lines: Vec::new() });
                }
                if let Some(place) = cell_at.get_mut(index) {
                    *place = cells.len() - 1;
                }
            }
        }
    }
    if cells.len() < 2 {
        return None;
    }
    let area =
        Area { left: *xs.first()?, top: *ys.first()?, right: *xs.last()?, bottom: *ys.last()? };
    let mut inside: Vec<Vec<Glyph>> = vec![Vec::new(); cells.len()];
    let cell_of = |glyph: &Glyph| {
        let x = (glyph.area.left + glyph.area.right) / 2.0;
        let y = (glyph.area.top + glyph.area.bottom) / 2.0;
        cell_at.get(interval(&ys, y)? * columns + interval(&xs, x)?).copied()
    };
    let filled: std::collections::BTreeSet<usize> = glyphs.iter().filter_map(cell_of).collect();
    // A frame around text, with a line in it somewhere, is no table.
    if filled.len() < 2 {
        return None;
    }
    glyphs.retain(|glyph| match cell_of(glyph).and_then(|cell| inside.get_mut(cell)) {
        Some(cell) => {
            cell.push(glyph.clone());
            false
        }
        None => true,
    });
    for (cell, glyphs) in cells.iter_mut().zip(inside) {
        cell.lines = cell_lines(glyphs);
    }
    cells.sort_by_key(|cell| (cell.row, cell.column));
    Some(Grid { area, edges: xs, rows: rows_, cells })
}

/// The lines in a cell.
fn cell_lines(glyphs: Vec<Glyph>) -> Vec<Line> {
    rows(glyphs).into_iter().filter_map(|row| line(row, None)).collect()
}
