//! Pages to blocks: what the structure of the file says of each, or what the lines and tables show.

use std::collections::HashMap;

use super::frame::Frame;
use super::page::{Item, PageText};
use super::paragraphs::{Placed, Style, join};
use super::tables::{Begun, OpenTable, ruled, table, text};
use super::tags::{Role, Tags};
use crate::{Block, Cell, Table, Text, TextRole};

/// A line or a table in the order of reading.
enum Part {
    Line(Placed),
    Table(OpenTable),
    /// A table of the structure, by its number.
    Tagged(usize),
}

/// The blocks of pages from which headers and footers are gone.
pub(super) fn blocks(pages: Vec<PageText>, tags: Option<&Tags>) -> Vec<Block> {
    let mut parts = Vec::new();
    for (page, text) in pages.into_iter().enumerate() {
        let PageText { width, height, items, .. } = text;
        for item in items {
            parts.push(match item {
                Item::Line(line) => {
                    let frame = Frame { way: line.way, width, height };
                    Part::Line(Placed { page, frame, line })
                }
                Item::Table(frame, grid) => Part::Table(ruled(page, frame, grid)),
            });
        }
    }
    let mut cells = HashMap::new();
    if let Some(tags) = tags {
        parts = in_order(parts);
        parts = tables_apart(parts, tags, &mut cells);
    }
    let lines: Vec<Placed> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Line(placed) => Some(placed.clone()),
            _ => None,
        })
        .collect();
    let style = Style::of(&lines);
    drop(lines);
    let mut out = Vec::new();
    let mut run: Vec<Placed> = Vec::new();
    let mut open: Option<OpenTable> = None;
    for part in parts {
        match part {
            // A table may go on over the page whose footnotes these are.
            Part::Line(placed) if open.is_some() && is_note(&placed) => run.push(placed),
            Part::Line(placed) => {
                out.extend(open.take().map(|table| Block::Table(table.done())));
                run.push(placed);
            }
            Part::Table(next) => {
                open = match open.take() {
                    None => {
                        texts(&mut run, &style, tags, &mut out);
                        Some(next)
                    }
                    Some(mut table) => match table.extend(next) {
                        None => Some(table),
                        Some(next) => {
                            out.push(Block::Table(table.done()));
                            texts(&mut run, &style, tags, &mut out);
                            Some(next)
                        }
                    },
                };
            }
            Part::Tagged(index) => {
                out.extend(open.take().map(|table| Block::Table(table.done())));
                texts(&mut run, &style, tags, &mut out);
                out.extend(tags.and_then(|tags| tagged(index, tags, &mut cells)).map(Block::Table));
            }
        }
    }
    out.extend(open.map(|table| Block::Table(table.done())));
    texts(&mut run, &style, tags, &mut out);
    out
}

/// Whether a line is one of a footnote that no structure has a place for.
fn is_note(placed: &Placed) -> bool {
    placed.line.note && placed.line.element.is_none()
}

/// Ends a run of lines: its paragraphs with their roles.
fn texts(run: &mut Vec<Placed>, style: &Style, tags: Option<&Tags>, out: &mut Vec<Block>) {
    // Footnotes come after the paragraph that their page ends with.
    let (notes, run): (Vec<Placed>, Vec<Placed>) =
        std::mem::take(run).into_iter().partition(is_note);
    let mut notes = join(notes, style).into_iter().peekable();
    let mut paragraphs = join(run, style).into_iter().peekable();
    let mut ordered = Vec::new();
    while paragraphs.peek().is_some() || notes.peek().is_some() {
        let after = paragraphs.peek().map(|(_, _, first)| first.page);
        let due = notes.peek().is_some_and(|note| after.is_none_or(|page| page > note.2.page));
        ordered.extend(if due { notes.next() } else { paragraphs.next() });
    }
    for (text, places, first) in ordered {
        let element = first.line.element.and_then(|(element, _)| tags?.elements.get(element));
        let role = match element {
            _ if first.line.invisible => TextRole::Recognised,
            None if first.line.note => TextRole::Note,
            Some(Role::Heading(level)) => TextRole::Heading(*level),
            Some(Role::Item) => TextRole::Item,
            Some(Role::Note) => TextRole::Note,
            Some(Role::Paragraph | Role::Loose | Role::Cell(_)) | None => TextRole::Paragraph,
        };
        out.push(Block::Text(Text { role, text, places }));
    }
}

/// Parts in the order of the structure; what has no place in it follows what is above it on its page, or the pages before.
fn in_order(parts: Vec<Part>) -> Vec<Part> {
    /// Of a page's lines in the structure: lower edge and order.
    type Known = Vec<(f32, usize)>;
    let mut known: HashMap<usize, Known> = HashMap::new();
    for part in &parts {
        if let Part::Line(Placed { page, frame, line }) = part
            && let Some((_, order)) = line.element
        {
            known.entry(*page).or_default().push((frame.back(line.area).bottom, order));
        }
    }
    let pages: std::collections::BTreeMap<usize, usize> = known
        .iter()
        .map(|(page, lines)| (*page, lines.iter().map(|line| line.1).max().unwrap_or(0)))
        .collect();
    let before = |page: usize| pages.range(..page).next_back().map(|(_, &order)| order);
    let mut keyed: Vec<((Option<usize>, usize), Part)> = Vec::new();
    for part in parts {
        let key = match &part {
            Part::Line(Placed { page, frame, line }) => match line.element {
                Some((_, order)) => (Some(order), 0),
                None => {
                    let top = frame.back(line.area).top;
                    let above = known.get(page).into_iter().flatten();
                    let above = above.filter(|(bottom, _)| *bottom <= top + line.size * 0.3);
                    let last = above.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                    (last.map(|last| last.1).or_else(|| before(*page)), 1)
                }
            },
            Part::Table(table) => (before(table.page() + 1), 1),
            Part::Tagged(_) => (None, 1),
        };
        keyed.push((key, part));
    }
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, part)| part).collect()
}

/// Takes the lines of the structure's tables out, by their cell's element; where a table began, it is named.
fn tables_apart(
    parts: Vec<Part>,
    tags: &Tags,
    cells: &mut HashMap<usize, Vec<Placed>>,
) -> Vec<Part> {
    let mut out = Vec::new();
    let mut begun = std::collections::HashSet::new();
    for part in parts {
        let element = match &part {
            Part::Line(placed) => placed.line.element.map(|(element, _)| element),
            _ => None,
        };
        let role = element.and_then(|element| tags.elements.get(element));
        match (part, element, role) {
            (Part::Line(placed), Some(element), Some(Role::Cell(table))) => {
                if begun.insert(*table) {
                    out.push(Part::Tagged(*table));
                }
                cells.entry(element).or_default().push(placed);
            }
            (part, ..) => out.push(part),
        }
    }
    out
}

/// A table of the structure.
fn tagged(index: usize, tags: &Tags, lines: &mut HashMap<usize, Vec<Placed>>) -> Option<Table> {
    let rows = tags.tables.get(index)?;
    let mut taken: std::collections::HashSet<(usize, usize)> = Default::default();
    let mut cells = Vec::new();
    let mut columns = 0;
    for (row, tagged) in rows.iter().enumerate() {
        let mut column = 0;
        for cell in tagged {
            while taken.contains(&(row, column)) {
                column += 1;
            }
            let high = cell.rows.min(rows.len() - row);
            for below in row..row + high {
                taken.extend((column..column + cell.columns).map(|column| (below, column)));
            }
            let (text, places) = text(lines.remove(&cell.element).unwrap_or_default());
            let made = Cell { text, columns: cell.columns, rows: high, places };
            cells.push(Begun { row, column, cell: made });
            column += cell.columns;
            columns = columns.max(column);
        }
    }
    let mut made = table(rows.len(), columns, cells);
    let header =
        |row: &Vec<super::tags::TagCell>| !row.is_empty() && row.iter().all(|cell| cell.header);
    made.header_rows = rows.iter().take_while(|row| header(row)).count();
    (columns > 0).then_some(made)
}
