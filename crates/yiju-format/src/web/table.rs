//! Tables with merged cells (HTML standard §4.9.12), and which tables are only there to place things.

use super::shown::{Line, is_block, is_shown, style};
use super::tree::{Id, Tree};
use crate::clock::Clock;
use crate::{Cell, FormatError, Limits, Table};

/// The HTML standard's limits.
const MOST_COLUMNS: usize = 1000;
const MOST_ROWS: usize = 65_534;

/// A cell with this many paragraphs in a table of a few rows without lines holds a text, not an entry.
const TEXT_PARAGRAPHS: usize = 4;

/// The rows of a table, each with whether it is in the `thead`; those of tables in it are not among them.
fn rows(tree: &Tree, table: Id) -> Vec<(Id, bool)> {
    let (mut head, mut body, mut foot) = (Vec::new(), Vec::new(), Vec::new());
    for &part in tree.children(table) {
        if !is_shown(tree, part) {
            continue;
        }
        match tree.tag(part) {
            "tr" => body.push((part, false)),
            "thead" => head.extend(rows_of(tree, part).map(|row| (row, true))),
            "tbody" => body.extend(rows_of(tree, part).map(|row| (row, false))),
            "tfoot" => foot.extend(rows_of(tree, part).map(|row| (row, false))),
            _ => {}
        }
    }
    head.extend(body);
    head.extend(foot);
    head
}

fn rows_of(tree: &Tree, part: Id) -> impl Iterator<Item = Id> {
    tree.children(part).iter().copied().filter(|&row| tree.tag(row) == "tr" && is_shown(tree, row))
}

fn cells(tree: &Tree, row: Id) -> impl Iterator<Item = Id> {
    tree.children(row)
        .iter()
        .copied()
        .filter(|&cell| ["td", "th"].contains(&tree.tag(cell)) && is_shown(tree, cell))
}

/// Whether a table only places things on the page: then it is read as the texts in it.
pub(super) fn is_layout(tree: &Tree, table: Id) -> bool {
    if ["presentation", "none"].contains(&tree.attribute(table, "role").unwrap_or_default()) {
        return true;
    }
    let rows = rows(tree, table);
    let columns = rows.iter().map(|&(row, _)| cells(tree, row).count()).max().unwrap_or(0);
    if columns <= 1 {
        return true;
    }
    let within = tree.walk(table, |id| is_shown(tree, id));
    if within.iter().any(|&id| ["th", "caption", "thead"].contains(&tree.tag(id))) {
        return false;
    }
    if within.iter().any(|&id| {
        id != table && ["table", "h1", "h2", "h3", "article", "nav"].contains(&tree.tag(id))
    }) {
        return true;
    }
    let lined = tree.attribute(table, "border").is_some_and(|border| border.trim() != "0")
        || tree.classes(table).any(|class| class.to_ascii_lowercase().starts_with("mso"))
        || within.iter().any(|&id| {
            ["border", "border-top", "border-bottom", "border-left", "border-right"].iter().any(
                |side| {
                    style(tree, id, side)
                        .is_some_and(|line| !line.contains("none") && !line.starts_with('0'))
                },
            )
        });
    let paragraphs =
        |cell| tree.walk(cell, |_| true).into_iter().filter(|&id| tree.tag(id) == "p").count();
    !lined
        && rows.len() <= 3
        && rows
            .iter()
            .any(|&(row, _)| cells(tree, row).any(|cell| paragraphs(cell) >= TEXT_PARAGRAPHS))
}

/// The text of a cell or caption on one line: a space where one of its lines ends.
pub(super) fn one_line(tree: &Tree, cell: Id) -> String {
    one_line_up_to(tree, cell, usize::MAX)
}

/// As [`one_line`], but not much more than so many bytes of it.
pub(super) fn one_line_up_to(tree: &Tree, cell: Id, most: usize) -> String {
    let mut line = Line::default();
    let mut open = vec![(cell, false)];
    while let Some((id, leave)) = open.pop() {
        let tag = tree.tag(id);
        if is_block(tag) || tag == "br" {
            line.space();
        }
        if leave || !is_shown(tree, id) {
            continue;
        }
        if let Some(text) = tree.text(id) {
            line.push(text);
            if line.len() > most {
                break;
            }
            continue;
        }
        open.push((id, true));
        open.extend(tree.children(id).iter().rev().map(|&child| (child, false)));
    }
    line.take()
}

/// Whether every character of a cell is bold, or the cell is empty.
fn is_bold(tree: &Tree, cell: Id) -> bool {
    let bold = |id| {
        ["th", "b", "strong"].contains(&tree.tag(id))
            || style(tree, id, "font-weight").is_some_and(|weight| {
                weight.starts_with("bold")
                    || weight.parse::<u32>().is_ok_and(|weight| weight >= 600)
            })
    };
    let outside = tree.walk(cell, |id| !bold(id) && is_shown(tree, id));
    outside.into_iter().all(|id| tree.text(id).is_none_or(|text| text.trim().is_empty()))
}

/// A table's caption and its cells.
///
/// # Errors
/// If the merged cells make more cells than `limits` has parts, or the time is over.
pub(super) fn read(
    tree: &Tree,
    table: Id,
    limits: &Limits,
    clock: &Clock,
) -> Result<(Option<String>, Table), FormatError> {
    let caption = tree
        .children(table)
        .iter()
        .copied()
        .find(|&id| tree.tag(id) == "caption" && is_shown(tree, id));
    let caption = caption.map(|id| one_line(tree, id)).filter(|text| !text.is_empty());
    let rows = rows(tree, table);
    let mut out: Vec<Vec<Cell>> = Vec::new();
    // For each column, in how many more rows a cell from above covers it.
    let mut covered: Vec<usize> = Vec::new();
    let mut count = 0_usize;
    for (at, &(row, _)) in rows.iter().enumerate() {
        clock.check()?;
        let mut line = Vec::new();
        let mut column = 0;
        let mut next = vec![0; covered.len()];
        let below = rows.len() - at;
        for id in cells(tree, row) {
            cover(&covered, &mut next, &mut column, &mut line);
            let span =
                |name| tree.attribute(id, name).and_then(|text| text.trim().parse::<usize>().ok());
            let columns = span("colspan").unwrap_or(1).clamp(1, MOST_COLUMNS);
            // `rowspan=0` is all rows that are left.
            let down = match span("rowspan").unwrap_or(1) {
                0 => below,
                down => down.min(MOST_ROWS).min(below),
            };
            if next.len() < column + columns {
                next.resize(column + columns, 0);
            }
            if let Some(under) = next.get_mut(column..column + columns) {
                under.fill(down - 1);
            }
            column += columns;
            if column > limits.parts {
                return Err(FormatError::TooLarge {
                    what: "table columns",
                    size: column,
                    limit: limits.parts,
                });
            }
            line.push(Cell { text: one_line(tree, id), columns, rows: down, places: Vec::new() });
        }
        let last = covered.iter().rposition(|&left| left > 0).map_or(0, |last| last + 1);
        while column < last {
            cover(&covered, &mut next, &mut column, &mut line);
            if column < last {
                line.push(Cell { columns: 1, rows: 1, ..Cell::default() });
                column += 1;
            }
        }
        count += line.len();
        let size = count.max(next.len());
        if size > limits.parts {
            return Err(FormatError::TooLarge { what: "table cells", size, limit: limits.parts });
        }
        covered = next;
        out.push(line);
    }
    let columns = out.iter().map(|row| width(row)).max().unwrap_or(0);
    for row in &mut out {
        let missing = columns - width(row);
        if missing > 0 {
            row.push(Cell { columns: missing, rows: 1, ..Cell::default() });
        }
    }
    let header_rows = header_rows(tree, &rows, &out);
    Ok((caption, Table { header_rows, rows: out }))
}

fn width(row: &[Cell]) -> usize {
    row.iter().map(|cell| cell.columns).sum()
}

/// Empty cells where cells from above stand.
fn cover(covered: &[usize], next: &mut Vec<usize>, column: &mut usize, line: &mut Vec<Cell>) {
    while let Some(&left) = covered.get(*column).filter(|&&left| left > 0) {
        if next.len() <= *column {
            next.resize(*column + 1, 0);
        }
        if let Some(next) = next.get_mut(*column) {
            *next = left - 1;
        }
        line.push(Cell { columns: 1, rows: 1, ..Cell::default() });
        *column += 1;
    }
}

/// The header: what is in `thead`; else first rows of `th` only, or of bold cells above rows that are not bold.
fn header_rows(tree: &Tree, rows: &[(Id, bool)], read: &[Vec<Cell>]) -> usize {
    let said = rows.iter().take_while(|(_, head)| *head).count();
    let all = |test: &dyn Fn(Id) -> bool| {
        rows.iter()
            .take_while(|&&(row, _)| {
                cells(tree, row).next().is_some() && cells(tree, row).all(test)
            })
            .count()
    };
    let filled =
        read.first().is_some_and(|row| row.iter().filter(|cell| !cell.text.is_empty()).count() > 1);
    let count = match (said, all(&|cell| tree.tag(cell) == "th"), all(&|cell| is_bold(tree, cell)))
    {
        (0, 0, bold) if filled && bold < rows.len() => bold,
        (0, heads, _) if heads < rows.len() => heads,
        (said, ..) => said,
    };
    // A cell of the header that goes down takes the rows beside it into the header.
    let deep = read
        .iter()
        .take(count)
        .enumerate()
        .map(|(at, row)| at + row.iter().map(|cell| cell.rows).max().unwrap_or(1));
    deep.max().unwrap_or(0).max(count).min(read.len().saturating_sub(1).max(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(page: &str) -> Table {
        let limits = Limits::default();
        let clock = Clock::new(&limits);
        let tree = Tree::parse(page, &limits, &clock).unwrap();
        let id = tree
            .walk(tree.root(), |_| true)
            .into_iter()
            .find(|&id| tree.tag(id) == "table")
            .unwrap();
        read(&tree, id, &limits, &clock).unwrap().1
    }

    fn texts(table: &Table) -> Vec<Vec<(&str, usize, usize)>> {
        table
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| (&*cell.text, cell.columns, cell.rows)).collect())
            .collect()
    }

    #[test]
    fn merged_cells_keep_their_columns() {
        let table = table(
            "<table><tr><th rowspan=2>序号<th colspan=2>事项<tr><th>名称<th>时间\
             <tr><td>1<td>甲<td>2024年<tr><td>2<td colspan=2>乙</table>",
        );
        assert_eq!(
            texts(&table),
            [
                vec![("序号", 1, 2), ("事项", 2, 1)],
                vec![("", 1, 1), ("名称", 1, 1), ("时间", 1, 1)],
                vec![("1", 1, 1), ("甲", 1, 1), ("2024年", 1, 1)],
                vec![("2", 1, 1), ("乙", 2, 1)],
            ]
        );
        assert_eq!(table.header_rows, 2);
    }

    #[test]
    fn cells_from_above_at_the_end_of_a_row_are_empty_cells() {
        let table = table("<table><tr><td>a<td>b<td rowspan=3>c<tr><td>d<td>e<tr><td>f</table>");
        assert_eq!(
            texts(&table),
            [
                vec![("a", 1, 1), ("b", 1, 1), ("c", 1, 3)],
                vec![("d", 1, 1), ("e", 1, 1), ("", 1, 1)],
                vec![("f", 1, 1), ("", 1, 1), ("", 1, 1)],
            ]
        );
    }

    #[test]
    fn the_header_is_what_the_page_marks() {
        assert_eq!(
            table("<table><thead><tr><td>a<td>b</thead><tr><td>c<td>d</table>").header_rows,
            1
        );
        assert_eq!(
            table(
                "<table><tr><td><b>a</b><td><p style='font-weight:700'>b</p><tr><td>c<td>d</table>"
            )
            .header_rows,
            1
        );
        assert_eq!(table("<table><tr><td>a<td>b<tr><td>c<td>d</table>").header_rows, 0);
        assert_eq!(table("<table><tr><td><b>a</b><td><b>b</b></table>").header_rows, 0);
        assert_eq!(
            table("<table><tr><td rowspan=2><b>a</b><td><b>b</b><tr><td>c<tr><td>d<td>e</table>")
                .header_rows,
            2
        );
    }

    #[test]
    fn a_cell_is_one_line() {
        let table = table(
            "<table><tr><td><p>一是</p><p>二是<br>三是</p><td>x<table><tr><td>y<td>z</table></table>",
        );
        assert_eq!(texts(&table), [vec![("一是 二是 三是", 1, 1), ("x y z", 1, 1)]]);
    }

    #[test]
    fn spans_are_limited() {
        let table = table("<table><tr><td rowspan=99999999 colspan=99999999>a<tr><td>b</table>");
        assert_eq!(table.rows.first().map(|row| (row[0].columns, row[0].rows)), Some((1000, 2)));
        let limits = Limits { parts: 100, ..Limits::default() };
        let clock = Clock::new(&limits);
        let page =
            format!("<table><tr>{}{}</table>", "<td rowspan=0>a".repeat(20), "<tr><td>".repeat(20));
        let tree = Tree::parse(&page, &Limits::default(), &clock).unwrap();
        let id = tree
            .walk(tree.root(), |_| true)
            .into_iter()
            .find(|&id| tree.tag(id) == "table")
            .unwrap();
        assert!(matches!(read(&tree, id, &limits, &clock), Err(FormatError::TooLarge { .. })));
    }

    #[test]
    fn tables_that_place_things_are_known() {
        let layout = |page: &str| {
            let limits = Limits::default();
            let tree = Tree::parse(page, &limits, &Clock::new(&limits)).unwrap();
            is_layout(
                &tree,
                tree.walk(tree.root(), |_| true)
                    .into_iter()
                    .find(|&id| tree.tag(id) == "table")
                    .unwrap(),
            )
        };
        assert!(layout("<table><tr><td>a<tr><td>b</table>"));
        assert!(layout("<table><tr><td>栏目<td><p>一<p>二<p>三<p>四</table>"));
        assert!(layout("<table><tr><td>栏目<td><table><tr><td>a<td>b</table></table>"));
        assert!(!layout("<table border=1><tr><td>栏目<td><p>一<p>二<p>三<p>四</table>"));
        assert!(!layout("<table><tr><td>序号<td>事项<tr><td>1<td>甲</table>"));
    }
}
