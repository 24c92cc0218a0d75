//! The text in the cells of drawn tables.

use super::glyphs::Run;
use super::lines::{Line, lines};
use super::rules::{Grid, Rule, grids};
use super::space::Way;

/// A drawn table and the lines in each of its cells.
#[derive(Clone, Debug)]
pub(super) struct Ruled {
    pub(super) grid: Grid,
    pub(super) cells: Vec<Vec<Line>>,
}

/// With fewer cells that hold text, lines and boxes are only there for the look.
const FEWEST: usize = 3;

/// Takes the runs that stand in tables out of `runs`.
pub(super) fn tables(rules: &[Rule], runs: &mut Vec<Run>) -> Vec<Ruled> {
    let mut tables = Vec::new();
    for grid in grids(rules) {
        let mut inside: Vec<Vec<Run>> = vec![Vec::new(); grid.boxes.len()];
        let mut outside = Vec::new();
        for run in runs.iter() {
            let (x, y) = run.centre();
            match grid
                .cell(x, y)
                .filter(|_| run.is_straight())
                .and_then(|cell| inside.get_mut(cell))
            {
                Some(cell) => cell.push(run.clone()),
                None => outside.push(run.clone()),
            }
        }
        if inside.iter().filter(|cell| !cell.is_empty()).count() >= FEWEST {
            *runs = outside;
            let mut table = Ruled { grid, cells: inside.into_iter().map(lines).collect() };
            split_rows(&mut table);
            tables.push(table);
        }
    }
    tables
}

/// Whether a line in a cell had no room for what the next one begins with: it goes from side to side.
pub(super) fn fills(line: &Line, next: &Line, (left, right): (f64, f64)) -> bool {
    line.begin() < left + line.size * 2.5 && line.end() + next.first > right - line.size
}

/// Lines whose base lines are nearer than this (mm) are beside each other.
const LEVEL: f64 = 1.0;

/// Rows are told by the lines of text only if there are so many: a head of two lines in each cell is one row.
const FEWEST_ROWS: usize = 3;

/// Parts rows that no line is drawn between: where several cells of a drawn row hold lines at the same heights, each
/// height is a row.
fn split_rows(table: &mut Ruled) {
    for row in (0..table.grid.rows()).rev() {
        if let Some(levels) = levels(table, row) {
            split(table, row, &levels);
        }
    }
}

/// The heights of the rows in a drawn row, from the top; `None` if it is one row.
fn levels(table: &Ruled, row: usize) -> Option<Vec<f64>> {
    let own: Vec<usize> = of_row(table, row).collect();
    let lines = || own.iter().filter_map(|&cell| table.cells.get(cell)).flatten();
    if lines().any(|line| line.way != Way::Right) {
        return None;
    }
    // A line that had no room for more was wrapped: the next one belongs to it. Narrow cells say nothing.
    let wrapped = own.iter().any(|&cell| {
        let lines = table.cells.get(cell).map_or(&[][..], Vec::as_slice);
        let (left, right) = table.grid.sides(cell);
        lines
            .iter()
            .zip(lines.iter().skip(1))
            .any(|(line, next)| right - left > line.size * 8.0 && fills(line, next, (left, right)))
    });
    let mut bases: Vec<f64> = lines().map(|line| line.base).collect();
    bases.sort_by(f64::total_cmp);
    bases.dedup_by(|next, before| *next - *before < LEVEL);
    if wrapped || bases.len() < FEWEST_ROWS {
        return None;
    }
    let cells_at = |base: f64| {
        let has = |cell: &&usize| {
            table
                .cells
                .get(**cell)
                .is_some_and(|lines| lines.iter().any(|line| level(&[base], line).is_some()))
        };
        own.iter().filter(has).count()
    };
    let shared = bases.iter().filter(|&&base| cells_at(base) >= 2).count();
    (shared * 5 >= bases.len() * 3).then_some(bases)
}

fn of_row(table: &Ruled, row: usize) -> impl Iterator<Item = usize> {
    let boxes = table.grid.boxes.iter().enumerate();
    boxes.filter(move |(_, place)| place.row == row && place.rows == 1).map(|(cell, _)| cell)
}

/// Which of the heights a line is at.
fn level(levels: &[f64], line: &Line) -> Option<usize> {
    levels.iter().rposition(|&level| (-1e-6..LEVEL * 2.0).contains(&(line.base - level)))
}

fn split(table: &mut Ruled, row: usize, levels: &[f64]) {
    let own: Vec<usize> = of_row(table, row).collect();
    let more = levels.len() - 1;
    for place in &mut table.grid.boxes {
        if place.row > row {
            place.row += more;
        } else if place.row + place.rows > row && place.rows > 1 {
            place.rows += more;
        }
    }
    for cell in own {
        let Some(lines) = table.cells.get_mut(cell).map(std::mem::take) else { continue };
        let Some(place) = table.grid.boxes.get(cell).copied() else { continue };
        let mut parts: Vec<Vec<Line>> = vec![Vec::new(); levels.len()];
        let mut last = 0;
        for line in lines {
            // A line between two heights stays with the one before it.
            last = level(levels, &line).unwrap_or(last);
            if let Some(part) = parts.get_mut(last) {
                part.push(line);
            }
        }
        for (at, part) in parts.into_iter().enumerate() {
            if at == 0 {
                if let Some(lines) = table.cells.get_mut(cell) {
                    *lines = part;
                }
            } else {
                table.grid.boxes.push(super::rules::Box { row: row + at, ..place });
                table.cells.push(part);
            }
        }
    }
    let edges = levels.windows(2).filter_map(|pair| Some((pair.first()? + pair.last()?) / 2.0));
    let at = (row + 1).min(table.grid.y.len());
    table.grid.y.splice(at..at, edges);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, begin: f64, base: f64) -> Run {
        let end = begin + text.chars().count() as f64 * 3.0;
        Run {
            text: text.to_owned(),
            way: Way::Right,
            begin,
            end,
            base,
            size: 3.0,
            first: 3.0,
            object: 0,
            bounds: (begin, end),
        }
    }

    fn texts(rules: &[Rule], mut runs: Vec<Run>) -> Vec<(usize, usize, usize, String)> {
        let mut tables = tables(rules, &mut runs);
        assert_eq!((tables.len(), runs.len()), (1, 0));
        let table = tables.remove(0);
        let cells = table.grid.boxes.iter().zip(&table.cells);
        let mut cells: Vec<_> = cells
            .map(|(place, lines)| {
                (
                    place.row,
                    place.column,
                    place.rows,
                    lines.iter().map(Line::text).collect::<Vec<_>>().join("/"),
                )
            })
            .collect();
        cells.sort();
        cells
    }

    /// Three columns of 30 mm: a head of 10 mm, then a row of 40 mm.
    fn grid() -> Vec<Rule> {
        let flat = [0.0, 10.0, 50.0].map(|at| Rule::new(true, at, 0.0, 90.0));
        let steep = [0.0, 30.0, 60.0, 90.0].map(|at| Rule::new(false, at, 0.0, 50.0));
        flat.into_iter().chain(steep).collect()
    }

    #[test]
    fn rows_without_lines_between_them_are_told_by_their_text() {
        let mut runs = vec![run("序号", 1.0, 7.0), run("事项", 31.0, 7.0), run("时间", 61.0, 7.0)];
        for row in 0..4 {
            let base = 18.0 + f64::from(row) * 8.0;
            runs.push(run(&row.to_string(), 1.0, base));
            runs.push(run("事项", 31.0, base + 0.2));
        }
        let cells = texts(&grid(), runs);
        assert_eq!(cells.len(), 15);
        assert_eq!(cells[3], (1, 0, 1, "0".to_owned()));
        assert_eq!(cells[13], (4, 1, 1, "事项".to_owned()));
        assert_eq!(cells[14], (4, 2, 1, String::new()));
    }

    #[test]
    fn wrapped_text_in_cells_is_one_row() {
        let long = "一二三四五六七八九";
        let mut runs = vec![
            run("序号", 1.0, 7.0),
            run("事项", 31.0, 7.0),
            run("时间", 61.0, 7.0),
            run("1", 1.0, 18.0),
        ];
        for row in 0..4 {
            let base = 18.0 + f64::from(row) * 5.0;
            runs.push(run(long, 31.0, base));
            runs.push(run(if row < 3 { long } else { "末" }, 61.0, base));
        }
        assert_eq!(texts(&grid(), runs).len(), 6);
    }
}
