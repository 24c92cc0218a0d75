//! Tables by the lines that are drawn: straight paths that cross each other make a grid of cells
//! (GB/T 33190 §9: path objects; §9.3: `AbbreviatedData`).

use hayro_interpret::kurbo::{PathEl, Point};

use super::path::path;
use super::space::Matrix;
use super::xml::Element;

/// Lines nearer than this (mm) are one: a filled bar has two long sides.
const SAME: f64 = 0.8;

/// Lines that end so near to each other (mm) touch.
const TOUCH: f64 = 1.0;

/// A page with more straight lines is a drawing, and so is a grid with more places.
const MOST_RULES: usize = 4000;
const MOST_PLACES: usize = 50_000;

/// A straight line along an edge of the page, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    /// It goes from left to right, otherwise down.
    pub(super) flat: bool,
    /// Where it is: its height, or how far from the left.
    at: f64,
    begin: f64,
    end: f64,
}

#[cfg(test)]
impl Rule {
    pub(super) fn new(flat: bool, at: f64, begin: f64, end: f64) -> Self {
        Self { flat, at, begin, end }
    }
}

/// The straight lines of a path object that go along an edge of the page.
pub(super) fn rules(object: &Element, outer: Matrix) -> Vec<Rule> {
    let Some(data) = object.value("AbbreviatedData") else { return Vec::new() };
    let matrix = Matrix::of(object, outer);
    let mut found = Vec::new();
    let (mut at, mut start) = (None, None);
    let mut line = |from: Option<(f64, f64)>, to: Option<(f64, f64)>| {
        let (Some((x, y)), Some((to_x, to_y))) = (from, to) else { return };
        let (wide, high) = ((to_x - x).abs(), (to_y - y).abs());
        if found.len() >= MOST_RULES || wide.max(high) < TOUCH || wide.min(high) > SAME / 4.0 {
            return;
        }
        found.push(if wide > high {
            Rule { flat: true, at: (y + to_y) / 2.0, begin: x.min(to_x), end: x.max(to_x) }
        } else {
            Rule { flat: false, at: (x + to_x) / 2.0, begin: y.min(to_y), end: y.max(to_y) }
        });
    };
    let on_page = |point: Point| {
        Some(matrix.point(point.x, point.y)).filter(|(x, y)| x.is_finite() && y.is_finite())
    };
    for element in path(data).elements() {
        match *element {
            PathEl::MoveTo(to) => {
                start = on_page(to);
                at = start;
            }
            PathEl::LineTo(to) => {
                let to = on_page(to);
                line(at, to);
                at = to;
            }
            PathEl::QuadTo(_, to) | PathEl::CurveTo(_, _, to) => at = on_page(to),
            PathEl::ClosePath => {
                line(at, start);
                at = start;
            }
        }
    }
    found
}

/// A cell of a grid: the first of its rows and columns, and how many it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Box {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// A table's lines.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grid {
    /// The edges of its columns from the left, and of its rows from the top.
    pub(super) x: Vec<f64>,
    pub(super) y: Vec<f64>,
    /// Its cells in the order of their rows, then columns.
    pub(super) boxes: Vec<Box>,
    /// For each place, row by row, which cell it belongs to.
    places: Vec<usize>,
}

impl Grid {
    /// Which cell a point of the page is in.
    pub(super) fn cell(&self, x: f64, y: f64) -> Option<usize> {
        let index = |edges: &[f64], at: f64| {
            let after = edges.partition_point(|&edge| edge <= at);
            (after > 0 && after < edges.len()).then(|| after - 1)
        };
        let (column, row) = (index(&self.x, x)?, index(&self.y, y)?);
        self.places.get(row * (self.x.len() - 1) + column).copied()
    }

    pub(super) fn top(&self) -> f64 {
        self.y.first().copied().unwrap_or(0.0)
    }

    /// The left and right edge of a cell.
    pub(super) fn sides(&self, cell: usize) -> (f64, f64) {
        let edge = |column: usize| self.x.get(column).copied().unwrap_or(0.0);
        self.boxes
            .get(cell)
            .map_or((0.0, 0.0), |cell| (edge(cell.column), edge(cell.column + cell.columns)))
    }

    pub(super) fn rows(&self) -> usize {
        self.y.len().saturating_sub(1)
    }
}

/// Lines at one place that overlap or touch are one.
fn merged(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by(|one, other| one.at.total_cmp(&other.at));
    // Those at one place get the same one, so that they can be compared.
    let mut first = f64::NEG_INFINITY;
    for rule in &mut rules {
        if rule.at - first > SAME {
            first = rule.at;
        }
        rule.at = first;
    }
    rules.sort_by(|one, other| one.at.total_cmp(&other.at).then(one.begin.total_cmp(&other.begin)));
    let mut out: Vec<Rule> = Vec::new();
    for rule in rules {
        match out.last_mut() {
            Some(last) if last.at == rule.at && rule.begin <= last.end + TOUCH => {
                last.end = last.end.max(rule.end)
            }
            _ => out.push(rule),
        }
    }
    out
}

/// The tables that lines make: at least two rows and two columns.
pub(super) fn grids(rules: &[Rule]) -> Vec<Grid> {
    if rules.len() > MOST_RULES {
        return Vec::new();
    }
    let (flat, steep): (Vec<Rule>, Vec<Rule>) = rules.iter().partition(|rule| rule.flat);
    let (flat, steep) = (merged(flat), merged(steep));
    // Lines that touch belong together: each knows one that it belongs to.
    let mut group: Vec<usize> = (0..flat.len() + steep.len()).collect();
    for (row, line) in flat.iter().enumerate() {
        for (column, other) in steep.iter().enumerate() {
            let meets = |rule: &Rule, at: f64| rule.begin - TOUCH <= at && at <= rule.end + TOUCH;
            if meets(line, other.at) && meets(other, line.at) {
                let (one, two) = (leader(&mut group, row), leader(&mut group, flat.len() + column));
                if let Some(place) = group.get_mut(one) {
                    *place = two;
                }
            }
        }
    }
    let leaders: Vec<usize> = (0..group.len()).map(|at| leader(&mut group, at)).collect();
    let mut names = leaders.clone();
    names.sort_unstable();
    names.dedup();
    let of = |name: usize, from: usize, rules: &[Rule]| -> Vec<Rule> {
        let own = rules.iter().enumerate().filter(|(at, _)| leaders.get(from + at) == Some(&name));
        own.map(|(_, rule)| *rule).collect()
    };
    let mut grids: Vec<Grid> = names
        .into_iter()
        .filter_map(|name| grid(&of(name, 0, &flat), &of(name, flat.len(), &steep)))
        .collect();
    grids.sort_by(|one, other| one.top().total_cmp(&other.top()));
    grids
}

fn leader(group: &mut [usize], mut at: usize) -> usize {
    while let Some(&next) = group.get(at).filter(|&&next| next != at) {
        // Each step shortens the way for the next time.
        let after = group.get(next).copied().unwrap_or(next);
        if let Some(place) = group.get_mut(at) {
            *place = after;
        }
        at = next;
    }
    at
}

fn grid(flat: &[Rule], steep: &[Rule]) -> Option<Grid> {
    let edges = |rules: &[Rule]| {
        let mut edges: Vec<f64> = rules.iter().map(|rule| rule.at).collect();
        edges.dedup();
        edges
    };
    let (x, y) = (edges(steep), edges(flat));
    let (columns, rows) = (x.len().checked_sub(1)?, y.len().checked_sub(1)?);
    if columns < 2 || rows < 2 || columns.saturating_mul(rows) > MOST_PLACES {
        return None;
    }
    let middle = |edges: &[f64], at: usize| Some((edges.get(at)? + edges.get(at + 1)?) / 2.0);
    let covers = |rules: &[Rule], at: Option<&f64>, point: Option<f64>| {
        let (Some(&at), Some(point)) = (at, point) else { return true };
        // They are sorted by their place.
        let begin = rules.partition_point(|rule| rule.at < at);
        rules
            .iter()
            .skip(begin)
            .take_while(|rule| rule.at == at)
            .any(|rule| rule.begin <= point && point <= rule.end)
    };
    let wall_right = |row: usize, column: usize| covers(steep, x.get(column + 1), middle(&y, row));
    let wall_below = |row: usize, column: usize| covers(flat, y.get(row + 1), middle(&x, column));
    let mut places = vec![usize::MAX; columns * rows];
    let mut boxes = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let free = |places: &[usize], row: usize, column: usize| {
                places.get(row * columns + column) == Some(&usize::MAX)
            };
            if !free(&places, row, column) {
                continue;
            }
            let mut wide = 1;
            while column + wide < columns
                && free(&places, row, column + wide)
                && !wall_right(row, column + wide - 1)
            {
                wide += 1;
            }
            let mut high = 1;
            while row + high < rows
                && (column..column + wide).all(|column| {
                    !wall_below(row + high - 1, column) && free(&places, row + high, column)
                })
                && (column..column + wide - 1).all(|column| !wall_right(row + high, column))
            {
                high += 1;
            }
            for row in row..row + high {
                if let Some(places) =
                    places.get_mut(row * columns + column..row * columns + column + wide)
                {
                    places.fill(boxes.len());
                }
            }
            boxes.push(Box { row, column, rows: high, columns: wide });
        }
    }
    (boxes.len() >= 3).then_some(Grid { x, y, boxes, places })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::clock::Clock;

    fn path(boundary: &str, data: &str) -> Vec<Rule> {
        let limits = Limits::default();
        let text = format!(
            "<PathObject Boundary='{boundary}'><AbbreviatedData>{data}</AbbreviatedData></PathObject>"
        );
        rules(&Element::parse(&text, "a", &limits, &Clock::new(&limits)).unwrap(), Matrix::SAME)
    }

    fn flat(at: f64, begin: f64, end: f64) -> Rule {
        Rule { flat: true, at, begin, end }
    }

    fn steep(at: f64, begin: f64, end: f64) -> Rule {
        Rule { flat: false, at, begin, end }
    }

    #[test]
    fn straight_lines_of_a_path() {
        assert_eq!(path("10 20 50 0.4", "M 0 0.2 L 50 0.2"), [flat(20.2, 10.0, 60.0)]);
        assert_eq!(
            path("0 0 9 9", "M 1 1 L 9 1 L 9 5 C L 3 3 Q 1 1 1 9 L x"),
            [flat(1.0, 1.0, 9.0), steep(9.0, 1.0, 5.0)]
        );
        assert_eq!(path("0 0 9 9", "M 0 0 L 9 9 B 1 2 3"), []);
    }

    #[test]
    fn merged_cells_have_no_line_between() {
        // Two columns and three rows; the first row is one cell, and the left cell goes over the other two.
        let rules = [
            flat(0.0, 0.0, 40.0),
            flat(10.0, 0.0, 40.0),
            flat(20.0, 20.0, 40.0),
            flat(30.0, 0.0, 20.2),
            flat(30.3, 20.0, 40.0),
            steep(0.0, 0.0, 30.0),
            steep(20.0, 10.0, 30.0),
            steep(40.0, 0.0, 30.0),
        ];
        let grids = grids(&rules);
        assert_eq!(grids.len(), 1);
        let cell = |row, column, rows, columns| Box { row, column, rows, columns };
        assert_eq!(
            grids[0].boxes,
            [cell(0, 0, 1, 2), cell(1, 0, 2, 1), cell(1, 1, 1, 1), cell(2, 1, 1, 1)]
        );
        assert_eq!(grids[0].cell(5.0, 25.0), Some(1));
        assert_eq!(grids[0].cell(35.0, 25.0), Some(3));
        assert_eq!(grids[0].cell(45.0, 25.0), None);
    }

    #[test]
    fn frames_and_separators_are_no_tables() {
        let frame =
            [flat(0.0, 0.0, 9.0), flat(9.0, 0.0, 9.0), steep(0.0, 0.0, 9.0), steep(9.0, 0.0, 9.0)];
        assert_eq!(grids(&frame), []);
        assert_eq!(grids(&[flat(5.0, 0.0, 99.0), flat(9.0, 0.0, 99.0)]), []);
    }
}
