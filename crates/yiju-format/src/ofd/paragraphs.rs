//! From lines and drawn tables to paragraphs and tables, over pages.

use crate::items::begins_item;
use std::collections::HashSet;

use super::lines::Line;
use super::running::drop_repeated;
use super::space::Way;
use super::tables::{Ruled, fills};
use crate::web::is_wide;
use crate::{Area, Block, Cell, Page, Place, Table, Text, TextRole};

/// Points in a millimetre.
pub(super) const POINTS: f64 = 72.0 / 25.4;

/// A page: its box and its lines, in millimetres.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) lines: Vec<Line>,
    pub(super) tables: Vec<Ruled>,
}

impl Sheet {
    pub(super) fn page(&self) -> Page {
        Page { width: (self.width * POINTS) as f32, height: (self.height * POINTS) as f32 }
    }

    fn area(&self, way: Way, begin: f64, top: f64, end: f64, bottom: f64) -> Area {
        let [left, top, right, bottom] = way.back(begin, top, end, bottom);
        let across = |x: f64| ((x - self.left).clamp(0.0, self.width) * POINTS) as f32;
        let down = |y: f64| ((y - self.top).clamp(0.0, self.height) * POINTS) as f32;
        Area { left: across(left), top: down(top), right: across(right), bottom: down(bottom) }
    }

    /// How far down the page a line is, of 1, if it goes to the right.
    pub(super) fn depth(&self, line: &Line) -> Option<f64> {
        (line.way == Way::Right && self.height > 0.0).then(|| (line.base - self.top) / self.height)
    }
}

/// The paragraphs of a document. `titles` are the objects that are marked as its title.
pub(super) fn paragraphs(mut sheets: Vec<Sheet>, titles: &[HashSet<u64>]) -> Vec<Block> {
    drop_repeated(&mut sheets);
    let mut out = Output::default();
    for (at, sheet) in sheets.iter().enumerate() {
        let marked = titles.get(at);
        let mut tables = sheet.tables.iter().peekable();
        for line in &sheet.lines {
            // A table stands before the first line that is below its upper edge.
            while let Some(table) =
                tables.next_if(|table| line.way != Way::Right || line.base > table.grid.top())
            {
                out.table(sheet, at, table);
            }
            let title = marked.is_some_and(|marked| {
                line.segments
                    .iter()
                    .flat_map(|segment| &segment.objects)
                    .all(|object| marked.contains(object))
            });
            out.line(sheet, at, line, title);
        }
        for table in tables {
            out.table(sheet, at, table);
        }
    }
    out.blocks.retain(|block| !matches!(block, Block::Text(text) if text.text.trim().is_empty()));
    out.blocks
}

#[derive(Default)]
struct Output<'a> {
    blocks: Vec<Block>,
    /// The line before, with its page and whether it is of the title.
    before: Option<(usize, &'a Line, bool)>,
    /// The edges of the columns of the table before, if nothing but the end of its page came after it.
    open_table: Option<(usize, &'a [f64])>,
}

impl<'a> Output<'a> {
    fn line(&mut self, sheet: &Sheet, page: usize, line: &'a Line, title: bool) {
        let joins = self.before.is_some_and(|(before_page, before, was_title)| {
            title && was_title || title == was_title && goes_on(before, line, before_page == page)
        });
        if !joins || !matches!(self.blocks.last(), Some(Block::Text(_))) {
            let role = if title { TextRole::Heading(1) } else { TextRole::Paragraph };
            self.blocks.push(Block::Text(Text { role, text: String::new(), places: Vec::new() }));
        }
        if let Some(Block::Text(text)) = self.blocks.last_mut() {
            add(&mut text.text, &mut text.places, '\t', sheet, page, line);
        }
        self.before = Some((page, line, title));
        self.open_table = None;
    }

    fn table(&mut self, sheet: &Sheet, page: usize, ruled: &'a Ruled) {
        let table = read_table(sheet, page, ruled);
        let x = ruled.grid.x.as_slice();
        // The same columns at the top of the next page: the table goes on.
        let goes_on = self.open_table.is_some_and(|(before, edges)| {
            before + 1 == page
                && edges.len() == x.len()
                && edges.iter().zip(x).all(|(one, other)| (one - other).abs() < 1.0)
        });
        match self.blocks.last_mut() {
            Some(Block::Table(before)) if goes_on => {
                // A header that is printed again on each page is one header.
                let again =
                    table.rows.first().zip(before.rows.first()).is_some_and(|(one, other)| {
                        one.iter().map(|cell| &cell.text).eq(other.iter().map(|cell| &cell.text))
                    });
                if again {
                    before.header_rows = 1;
                }
                before.rows.extend(table.rows.into_iter().skip(usize::from(again)));
            }
            _ => self.blocks.push(Block::Table(table)),
        }
        self.before = None;
        self.open_table = Some((page, x));
    }
}

/// A table with its merged cells: in the rows below a cell of several, empty cells stand.
fn read_table(sheet: &Sheet, page: usize, ruled: &Ruled) -> Table {
    let grid = &ruled.grid;
    let mut rows: Vec<Vec<(usize, Cell)>> = vec![Vec::new(); grid.rows()];
    for (index, (place, lines)) in grid.boxes.iter().zip(&ruled.cells).enumerate() {
        let mut cell = Cell { columns: place.columns, rows: place.rows, ..Cell::default() };
        let mut before: Option<&Line> = None;
        for line in lines {
            let full = before.is_some_and(|before| fills(before, line, grid.sides(index)));
            if before.is_some() && !full {
                cell.text.push(' ');
            }
            add(&mut cell.text, &mut cell.places, ' ', sheet, page, line);
            before = Some(line);
        }
        for row in place.row..place.row + place.rows {
            if let Some(cells) = rows.get_mut(row) {
                let cell = if row == place.row {
                    std::mem::take(&mut cell)
                } else {
                    Cell { columns: place.columns, rows: 1, ..Cell::default() }
                };
                cells.push((place.column, cell));
            }
        }
    }
    let rows = rows.into_iter().map(|mut row| {
        row.sort_by_key(|(column, _)| *column);
        row.into_iter().map(|(_, cell)| cell).collect()
    });
    Table { header_rows: 0, rows: rows.collect() }
}

/// Adds a line to a text; `gap` stands for a wide gap in it.
fn add(
    text: &mut String,
    places: &mut Vec<Place>,
    gap: char,
    sheet: &Sheet,
    page: usize,
    line: &Line,
) {
    for (index, segment) in line.segments.iter().enumerate() {
        let shown = segment.text.trim();
        if shown.is_empty() {
            continue;
        }
        if index > 0 && !text.is_empty() {
            text.push(gap);
        } else if let (Some(last), Some(next)) = (text.chars().next_back(), shown.chars().next()) {
            // Words of other scripts are parted by the end of a line; a hyphen holds them together.
            if !is_wide(last) && !is_wide(next) && !['-', ' '].contains(&last) {
                text.push(' ');
            }
        }
        let begin = text.len();
        text.push_str(shown);
        places.push(Place {
            range: begin..text.len(),
            page: u32::try_from(page + 1).unwrap_or(u32::MAX),
            area: sheet.area(line.way, segment.begin, segment.top, segment.end, segment.bottom),
            recognised: None,
        });
    }
}

/// Whether a paragraph goes on from one line to the next: the first one had no room for more, and the other is not
/// indented.
fn goes_on(line: &Line, next: &Line, same_page: bool) -> bool {
    let size = line.size;
    let (begin, end) = line.column;
    let alike = line.way == next.way
        && line.way != Way::Aslant
        && (line.size - next.size).abs() < size * 0.15
        && line.segments.len() == 1
        && next.segments.len() == 1;
    let pitch = next.base - line.base;
    let near = !same_page || pitch > 0.0 && pitch < size * 2.6 || pitch < 0.0;
    // A character that may not begin a line takes another one with it.
    let full = line.end() + next.first > end - size;
    let wide = line.end() - line.begin() > (end - begin) * 0.5 && end - begin > size * 8.0;
    // After the end of a sentence a number begins the next paragraph, however full the line is.
    let ended = line.text().ends_with(['。', '；', '：', '！', '？', ';', ':']);
    let item = ended && begins_item(&next.text());
    alike && near && full && wide && !item && next.begin() < next.column.0 + size * 0.6
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::glyphs::Run;
    use super::super::lines::lines;
    use super::super::rules::Rule;
    use super::super::tables::tables;
    use super::*;

    fn run(text: &str, begin: f64, base: f64, object: u64) -> Run {
        let end = begin + text.chars().count() as f64 * 5.0;
        Run {
            text: text.to_owned(),
            way: Way::Right,
            begin,
            end,
            base,
            size: 5.0,
            first: 5.0,
            object,
            bounds: (begin, end),
        }
    }

    pub(in super::super) fn sheet(rows: &[(&str, f64, f64)]) -> Sheet {
        let runs = rows
            .iter()
            .zip(1..)
            .map(|(&(text, begin, base), object)| run(text, begin, base, object));
        Sheet { width: 210.0, height: 297.0, lines: lines(runs.collect()), ..Sheet::default() }
    }

    pub(in super::super) fn texts(sheets: Vec<Sheet>) -> Vec<String> {
        let blocks = paragraphs(sheets, &[]).into_iter();
        blocks
            .filter_map(|block| if let Block::Text(text) = block { Some(text.text) } else { None })
            .collect()
    }

    const FULL: &str = "一二三四五六七八九十一二三四五六七八九十";

    #[test]
    fn lines_are_joined_to_paragraphs_also_over_pages() {
        let first = sheet(&[
            ("标题", 60.0, 50.0),
            (&FULL[6..], 40.0, 60.0),
            (FULL, 30.0, 69.0),
            ("末行。", 30.0, 78.0),
            (&FULL[6..], 40.0, 87.0),
        ]);
        let second = sheet(&[(FULL, 30.0, 50.0), ("完。", 30.0, 59.0), ("二、", 40.0, 68.0)]);
        let expected = [
            "标题".to_owned(),
            format!("{}{FULL}末行。", &FULL[6..]),
            format!("{}{FULL}完。", &FULL[6..]),
            "二、".to_owned(),
        ];
        assert_eq!(texts(vec![first, second]), expected);
    }

    #[test]
    fn each_line_has_its_place_in_points() {
        let blocks = paragraphs(vec![sheet(&[(FULL, 25.4, 50.8), ("末行", 25.4, 59.0)])], &[]);
        let Some(Block::Text(text)) = blocks.first() else { panic!("no text") };
        assert_eq!(text.places.len(), 2);
        let Place { range, page, area, .. } = text.places[1].clone();
        assert_eq!((&text.text[range], page), ("末行", 1));
        assert!(
            (area.left - 72.0).abs() < 0.01
                && area.top < area.bottom
                && area.bottom < 59.0 * 72.0 / 25.4 + 2.0,
            "{area:?}"
        );
        assert!((area.right - (25.4 + 10.0) as f32 * 72.0 / 25.4).abs() < 0.01, "{area:?}");
    }

    #[test]
    fn tables_stand_between_lines_and_go_on_over_pages() {
        let rules = |top: f64, rows: u8| {
            let bottom = top + f64::from(rows) * 10.0;
            let flat = (0..=rows)
                .map(move |row| Rule::new(true, top + f64::from(row) * 10.0, 20.0, 190.0));
            flat.chain([20.0, 100.0, 190.0].map(|at| Rule::new(false, at, top, bottom)))
                .collect::<Vec<_>>()
        };
        let page = |rows: &[(&str, f64, f64)], rules: &[Rule]| {
            let mut runs: Vec<Run> =
                rows.iter().map(|&(text, begin, base)| run(text, begin, base, 0)).collect();
            let tables = tables(rules, &mut runs);
            Sheet { width: 210.0, height: 297.0, lines: lines(runs), tables, ..Sheet::default() }
        };
        let first = page(
            &[
                ("前", 40.0, 50.0),
                ("事项", 30.0, 107.0),
                ("时间", 110.0, 107.0),
                ("甲", 30.0, 117.0),
                ("年", 110.0, 117.0),
            ],
            &rules(100.0, 2),
        );
        let second = page(
            &[("事项", 30.0, 57.0), ("时间", 110.0, 57.0), ("乙", 30.0, 67.0), ("后", 40.0, 90.0)],
            &rules(50.0, 2),
        );
        let blocks = paragraphs(vec![first, second], &[]);
        let [Block::Text(before), Block::Table(table), Block::Text(after)] = blocks.as_slice()
        else {
            panic!("{blocks:?}")
        };
        assert_eq!((before.text.as_str(), after.text.as_str()), ("前", "后"));
        let texts: Vec<Vec<&str>> = table
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.text.as_str()).collect())
            .collect();
        assert_eq!(texts, [["事项", "时间"], ["甲", "年"], ["乙", ""]]);
        assert_eq!(table.header_rows, 1);
        assert_eq!(table.rows[2][0].places[0].page, 2);
    }

    #[test]
    fn a_marked_title_is_one_heading() {
        let sheet =
            sheet(&[("国务院关于", 60.0, 50.0), ("某事的通知", 60.0, 60.0), ("正文", 40.0, 80.0)]);
        let blocks = paragraphs(vec![sheet], &[HashSet::from([1, 2])]);
        let Some(Block::Text(text)) = blocks.first() else { panic!("no text") };
        assert_eq!((text.role, text.text.as_str()), (TextRole::Heading(1), "国务院关于某事的通知"));
        assert_eq!(blocks.len(), 2);
    }
}
