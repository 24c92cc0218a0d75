//! Tables of texts and sheets (ODF part 3 §9).

use std::collections::HashMap;

use crate::FormatError;
use crate::block::{Block, Text, TextRole};
use crate::grid::{Join, Piece};
use crate::lines::{self, Content};
use crate::xml::{Ns, Tag, Xml};

use super::text::{Context, Story};

/// The most cells of one file; repeated cells are written once and could be any number.
const CELLS: usize = 2_000_000;

/// Tables have fewer columns than this.
const COLUMNS: i32 = 1 << 20;

/// A table that is being read.
#[derive(Debug, Default)]
struct Grid {
    rows: Vec<Vec<Content>>,
    header_rows: usize,
    /// Rows without text that are added only if another follows.
    empty_rows: usize,
    /// By its first column, the width of a cell over several rows and how many of them are left.
    tall: HashMap<i32, (i32, i32)>,
}

/// Reads a table, whose start tag is given, into a story. In sheets its name is a heading.
pub(super) fn read(
    tag: &Tag,
    xml: &mut Xml<'_>,
    context: &mut Context,
    story: &mut Story,
    sheet: bool,
) -> Result<(), FormatError> {
    let name = tag.get_in(Ns::Table, "name").unwrap_or_default().to_owned();
    let style = tag.get_in(Ns::Table, "style-name").unwrap_or_default();
    if context.styles.hidden("table", style) {
        context.hidden_tables.push(name);
        return xml.skip();
    }
    let mut grid = Grid::default();
    grid.rows(xml, context, false)?;
    let from = story.blocks.len();
    lines::add_table(grid.rows, grid.header_rows, 0, &mut story.blocks);
    if sheet && story.blocks.len() > from && !name.is_empty() {
        let heading = Text { role: TextRole::Heading(1), text: name, places: Vec::new() };
        story.blocks.insert(from, Block::Text(heading));
    }
    Ok(())
}

impl Grid {
    fn rows(
        &mut self,
        xml: &mut Xml<'_>,
        context: &mut Context,
        header: bool,
    ) -> Result<(), FormatError> {
        while let Some(tag) = xml.child()? {
            match (tag.ns, tag.name.as_str()) {
                (Ns::Table, "table-row") => self.row(&tag, xml, context, header)?,
                (Ns::Table, "table-header-rows") => self.rows(xml, context, true)?,
                (Ns::Table, "table-rows" | "table-row-group") => self.rows(xml, context, header)?,
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn row(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
        header: bool,
    ) -> Result<(), FormatError> {
        let repeated: usize = tag.number("number-rows-repeated").unwrap_or(1).max(1);
        let mut cells: Vec<Content> = Vec::new();
        let mut at = 0_i32;
        let mut end_of_wide = 0_i32;
        let mut tall = HashMap::new();
        while let Some(tag) = xml.child()? {
            let covered = tag.is(Ns::Table, "covered-table-cell");
            if !covered && !tag.is(Ns::Table, "table-cell") {
                xml.skip()?;
                continue;
            }
            let count: i32 = tag.number("number-columns-repeated").unwrap_or(1).clamp(1, COLUMNS);
            let mut story = Story::default();
            story.content(xml, context)?;
            let blocks = story.finish();
            let from = at;
            at = at.saturating_add(count).min(COLUMNS);
            if covered {
                self.covered(from..at, &mut end_of_wide, blocks, &mut cells);
                continue;
            }
            let wide: i32 = tag.number("number-columns-spanned").unwrap_or(1).clamp(1, COLUMNS);
            let high: i32 = tag.number("number-rows-spanned").unwrap_or(1).max(1);
            if high > 1 {
                tall.insert(from, (wide, high));
            }
            // Cells without text at the end of a row are not there; others are filled in between.
            if blocks.is_empty() && wide == 1 && high == 1 {
                continue;
            }
            context.cells(usize::try_from(at - from).unwrap_or(0), CELLS)?;
            for from in from..at {
                let to = if at - from == 1 { from.saturating_add(wide) } else { from + 1 };
                cells.push((Piece { from, to, ..Piece::default() }, blocks.clone()));
                end_of_wide = to;
            }
        }
        for (from, (wide, left)) in std::mem::take(&mut self.tall) {
            if left > 2 {
                tall.entry(from).or_insert((wide, left - 1));
            }
        }
        for (_, left) in tall.values_mut() {
            *left = (*left).min(1 << 20);
        }
        self.tall = tall;
        self.add(cells, repeated, header, context)
    }

    /// A place that a cell to the left or above covers.
    fn covered(
        &self,
        places: std::ops::Range<i32>,
        end_of_wide: &mut i32,
        mut blocks: Vec<Block>,
        cells: &mut Vec<Content>,
    ) {
        for from in places.start..places.end {
            if from < *end_of_wide {
                continue;
            }
            let Some(&(wide, _)) = self.tall.get(&from) else {
                // Covered by nothing: text in it would be lost.
                if !blocks.is_empty() {
                    cells.push((
                        Piece { from, to: from + 1, ..Piece::default() },
                        std::mem::take(&mut blocks),
                    ));
                }
                if self.tall.is_empty() {
                    break;
                }
                continue;
            };
            let to = from.saturating_add(wide);
            cells.push((
                Piece { from, to, join: Join::Above, ..Piece::default() },
                std::mem::take(&mut blocks),
            ));
            *end_of_wide = to;
        }
    }

    fn add(
        &mut self,
        cells: Vec<Content>,
        repeated: usize,
        header: bool,
        context: &mut Context,
    ) -> Result<(), FormatError> {
        if cells.is_empty() {
            self.empty_rows = self.empty_rows.saturating_add(repeated);
            return Ok(());
        }
        // Empty rows before and behind the table are not its; a gap in it is one empty row.
        if std::mem::take(&mut self.empty_rows) > 0 && !self.rows.is_empty() {
            self.rows.push(Vec::new());
        }
        context.cells(cells.len().saturating_mul(repeated), CELLS)?;
        self.header_rows += if header { repeated } else { 0 };
        for _ in 1..repeated {
            self.rows.push(cells.clone());
        }
        self.rows.push(cells);
        Ok(())
    }
}
