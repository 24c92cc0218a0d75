//! Sheets: Excel's workbooks, old and new. Each sheet is a heading with its name and a table of what its cells show.

mod dates;
mod format;
mod numbers;
mod show;
mod xls;
mod xlsx;

use std::collections::BTreeMap;

use crate::block::{Block, Text, TextRole};
use crate::clock::Clock;
use crate::grid::{Join, Piece};
use crate::lines;
use crate::{FormatError, Limits};

pub(crate) use xls::Xls;
pub(crate) use xlsx::Xlsx;

/// A range of cells that are one: first row, first column, last row, last column.
type Merge = (u32, u32, u32, u32);

/// What the sheets of a workbook may still hold. Cells name a text that is kept once, so that a small file may have more
/// text in its cells than bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Room {
    cells: usize,
    bytes: usize,
    limits: (usize, usize),
}

impl Room {
    fn new(limits: &Limits) -> Self {
        Self {
            cells: limits.cells,
            bytes: limits.unpacked,
            limits: (limits.cells, limits.unpacked),
        }
    }

    /// Takes the room of a cell with a text of so many bytes.
    fn take(&mut self, bytes: usize) -> Result<(), FormatError> {
        let full = |what, limit| FormatError::TooLarge { what, size: limit + 1, limit };
        let (cells, all) = self.limits;
        self.cells = self.cells.checked_sub(1).ok_or_else(|| full("cells", cells))?;
        self.bytes =
            self.bytes.checked_sub(bytes).ok_or_else(|| full("bytes in its cells", all))?;
        Ok(())
    }
}

/// A sheet with the cells that hold something.
#[derive(Debug, Default)]
struct Sheet {
    name: String,
    rows: BTreeMap<u32, BTreeMap<u32, String>>,
    merges: Vec<Merge>,
    /// Texts of boxes on it, which come after its cells.
    boxes: Vec<Block>,
    room: Room,
}

impl Sheet {
    fn put(&mut self, row: u32, column: u32, text: String) -> Result<(), FormatError> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() {
            self.room.take(text.len())?;
            self.rows.entry(row).or_default().insert(column, text);
        }
        Ok(())
    }

    /// The sheet's heading, table and boxes; nothing for an empty one.
    fn add(mut self, clock: &Clock, blocks: &mut Vec<Block>) -> Result<(), FormatError> {
        let from = blocks.len();
        self.merges.sort_unstable();
        let mut merges = std::mem::take(&mut self.merges).into_iter().peekable();
        let mut active: Vec<Merge> = Vec::new();
        let mut rows: Vec<Vec<lines::Content>> = Vec::with_capacity(self.rows.len());
        let mut last: Option<u32> = None;
        for (row, mut cells) in std::mem::take(&mut self.rows) {
            clock.check()?;
            active.retain(|merge| merge.2 >= row);
            while let Some(merge) = merges.next_if(|merge| merge.0 <= row) {
                if merge.2 >= row {
                    active.push(merge);
                }
            }
            if last.is_some_and(|last| row > last + 1) {
                rows.push(Vec::new());
            }
            last = Some(row);
            let mut pieces: BTreeMap<i32, lines::Content> = BTreeMap::new();
            for &(top, left, _, right) in &active {
                let text = cells.remove(&left).unwrap_or_default();
                let join = if row > top { Join::Above } else { Join::Own };
                pieces.insert(
                    edge(left),
                    content(text, edge(left), edge(right.saturating_add(1)), join),
                );
            }
            for (column, text) in cells {
                pieces
                    .insert(edge(column), content(text, edge(column), edge(column) + 1, Join::Own));
            }
            rows.push(pieces.into_values().collect());
        }
        lines::add_table(rows, 0, 0, blocks);
        blocks.append(&mut self.boxes);
        if blocks.len() > from {
            let (role, text) = (TextRole::Heading(1), self.name);
            blocks.insert(from, Block::Text(Text { role, text, places: Vec::new() }));
        }
        Ok(())
    }
}

fn edge(column: u32) -> i32 {
    i32::try_from(column.min(1 << 24)).unwrap_or(0)
}

fn content(text: String, from: i32, to: i32, join: Join) -> lines::Content {
    let blocks = if text.is_empty() {
        Vec::new()
    } else {
        vec![Block::Text(Text { role: TextRole::Paragraph, text, places: Vec::new() })]
    };
    (Piece { from, to: to.max(from + 1), join, ..Piece::default() }, blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_keep_merged_cells_and_gaps() {
        let mut sheet =
            Sheet {
                name: "措施".into(), room: Room::new(&Limits::default()), ..Sheet::default()
            };
        for (row, column, text) in [
            (0, 0, "事项"),
            (0, 1, "安排"),
            (1, 1, "单位"),
            (1, 2, "时\n限"),
            (9, 0, "注"),
            (9, 2, "x"),
        ] {
            sheet.put(row, column, text.to_owned()).unwrap();
        }
        sheet.merges = vec![(0, 0, 1, 0), (0, 1, 0, 2)];
        let mut blocks = Vec::new();
        sheet.add(&Clock::new(&Limits::default()), &mut blocks).unwrap();
        let reading = crate::Reading { blocks, ..crate::Reading::default() };
        assert_eq!(reading.printed().text, "措施\n事项\t安排\n\t单位\t时 限\n\n注\t\tx\n");
    }

    #[test]
    fn cells_and_their_texts_are_limited() {
        let sheet = |limits: Limits| Sheet { room: Room::new(&limits), ..Sheet::default() };
        let mut few = sheet(Limits { cells: 1, ..Limits::default() });
        assert!(few.put(0, 0, "a".into()).is_ok() && few.put(0, 1, " ".into()).is_ok());
        let error = FormatError::TooLarge { what: "cells", size: 2, limit: 1 };
        assert_eq!(few.put(0, 1, "b".into()), Err(error));
        let mut short = sheet(Limits { unpacked: 5, ..Limits::default() });
        assert!(short.put(0, 0, "文".into()).is_ok());
        let error = FormatError::TooLarge { what: "bytes in its cells", size: 6, limit: 5 };
        assert_eq!(short.put(0, 1, "文".into()), Err(error));
    }
}
