//! Paragraphs and tables of RTF while they are collected (specification 1.9.1, "Paragraph Text", "Table Definitions").

use std::collections::HashMap;

use crate::block::{Block, TextRole};
use crate::grid::{Join, Piece};
use crate::lines::{self, Content};
use crate::lists::{Counters, Lists};

/// Edges of cells that are nearer than this, in twentieths of a point, are one.
const NEAR: i32 = 20;

/// What is said of a paragraph.
#[derive(Clone, Debug, Default)]
pub(super) struct Paragraph {
    list: Option<i32>,
    level: Option<usize>,
    outline: Option<u8>,
    in_table: bool,
    style: i32,
}

impl Paragraph {
    /// A control word of a paragraph or of a style.
    pub(super) fn word(&mut self, word: &str, number: Option<i32>) {
        match word {
            "ls" => self.list = number,
            "ilvl" => self.level = number.and_then(|level| usize::try_from(level).ok()),
            "outlinelevel" => self.outline = number.and_then(|level| u8::try_from(level).ok()),
            "intbl" => self.in_table = true,
            "itap" => self.in_table = number.unwrap_or(1) > 0,
            _ => {}
        }
    }

    /// The name of the style that this is, which for headings tells their level.
    pub(super) fn name_of_style(&mut self, name: &str) {
        let name = name.trim().to_ascii_lowercase();
        let level = match name.as_str() {
            "title" => Some(0),
            name => name
                .strip_prefix("heading ")
                .and_then(|level| level.parse::<u8>().ok()?.checked_sub(1)),
        };
        self.outline = self.outline.or(level);
    }
}

/// The label of a paragraph.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    /// Its text.
    pub(super) text: String,
    /// Whether the file gives it; otherwise it is counted.
    pub(super) given: bool,
}

/// One cell of a row's definition.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    right: i32,
    above: bool,
    beside: bool,
}

/// A run of paragraphs and tables.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// The text of the paragraph so far.
    pub(super) text: String,
    pub(super) label: Label,
    /// Where in the text the mark of the note that comes next belongs.
    pub(super) mark: Option<usize>,
    now: Paragraph,
    outline_of_style: Option<u8>,
    after: Vec<Block>,
    blocks: Vec<Block>,
    cell: Vec<Block>,
    cells: Vec<Vec<Block>>,
    rows: Vec<Vec<Content>>,
    header_rows: usize,
    left: i32,
    next: Edge,
    edges: Vec<Edge>,
    header: bool,
}

impl Story {
    /// A control word of a paragraph or of a row's definition.
    pub(super) fn word(
        &mut self,
        word: &str,
        number: Option<i32>,
        styles: &HashMap<i32, Paragraph>,
    ) {
        match word {
            "pard" => {
                self.now = Paragraph::default();
                self.outline_of_style = styles.get(&0).and_then(|style| style.outline);
            }
            "s" => {
                self.now.style = number.unwrap_or(0);
                let style = styles.get(&self.now.style);
                self.outline_of_style = style.and_then(|style| style.outline);
                if let Some(style) = style {
                    self.now.list = self.now.list.or(style.list);
                    self.now.level = self.now.level.or(style.level);
                }
            }
            "trowd" => {
                self.edges.clear();
                self.next = Edge::default();
                self.left = 0;
                self.header = false;
            }
            "trleft" => self.left = number.unwrap_or(0),
            "trhdr" => self.header = number != Some(0),
            "clvmrg" => self.next.above = true,
            "clmrg" => self.next.beside = true,
            "cellx" => {
                self.next.right = number.unwrap_or(0);
                self.edges.push(std::mem::take(&mut self.next));
            }
            word => self.now.word(word, number),
        }
    }

    /// Ends a paragraph.
    pub(super) fn close_paragraph(&mut self, lists: &Lists, counters: &mut Counters) {
        let text = std::mem::take(&mut self.text);
        let label = std::mem::take(&mut self.label);
        let counted = self.now.list.filter(|&list| list > 0).and_then(|list| {
            let level = self.now.level.unwrap_or(0);
            counters.next(lists, i64::from(list), level)
        });
        let numbered = label.given || counted.as_ref().is_some_and(|label| label.numbered);
        let mut label = if label.given { label.text } else { counted.unwrap_or_default().text };
        // A bullet without text is nothing; a number is something.
        let is_bullet = !label.chars().any(char::is_alphanumeric);
        if text.trim().is_empty() && (is_bullet || !numbered) {
            label.clear();
        }
        let outline = self.now.outline.or(self.outline_of_style).filter(|&level| level < 9);
        let role = match outline {
            Some(level) => TextRole::Heading(level + 1),
            None if label.is_empty() => TextRole::Paragraph,
            None => TextRole::Item,
        };
        let mut blocks = Vec::new();
        lines::paragraph(role, &label, &text, &mut blocks);
        blocks.append(&mut self.after);
        if self.now.in_table || !self.cells.is_empty() {
            self.cell.append(&mut blocks);
        } else {
            self.end_of_table();
            self.blocks.append(&mut blocks);
        }
    }

    /// Whether no paragraph has begun since the last one ended.
    pub(super) fn is_between(&self) -> bool {
        self.text.trim().is_empty() && self.after.is_empty() && !self.label.given
    }

    /// Ends a cell, whose last paragraph is closed.
    pub(super) fn end_of_cell(&mut self) {
        // A cell may begin before its paragraph says that it is in a table.
        self.cells.push(std::mem::take(&mut self.cell));
    }

    /// Ends a row by the definition that came last.
    pub(super) fn end_of_row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let mut row: Vec<Content> = Vec::with_capacity(cells.len());
        let mut at = self.left;
        for (index, mut blocks) in cells.into_iter().enumerate() {
            // Cells without a definition stand behind the others.
            let edge = self.edges.get(index).copied();
            let edge = edge.unwrap_or(Edge { right: at.saturating_add(1000), ..Edge::default() });
            let right = edge.right.max(at);
            match row.last_mut() {
                Some((before, all)) if edge.beside => {
                    before.to = right;
                    all.append(&mut blocks);
                }
                _ => {
                    let join = if edge.above { Join::Above } else { Join::Own };
                    row.push((Piece { from: at, to: right, join, ..Piece::default() }, blocks));
                }
            }
            at = right;
        }
        if row.is_empty() {
            return;
        }
        if self.header && self.header_rows == self.rows.len() {
            self.header_rows += 1;
        }
        self.rows.push(row);
    }

    fn end_of_table(&mut self) {
        // Text of a row that never ended.
        if !self.cells.is_empty() || !self.cell.is_empty() {
            let rest = std::mem::take(&mut self.cell);
            if !rest.is_empty() {
                self.cells.push(rest);
            }
            self.end_of_row();
        }
        let rows = std::mem::take(&mut self.rows);
        let header_rows = std::mem::take(&mut self.header_rows);
        lines::add_table(rows, header_rows, NEAR, &mut self.blocks);
    }

    /// Takes in a text box that ended inside this story.
    pub(super) fn take_in(&mut self, inner: Self) {
        self.after.extend(inner.finish());
    }

    /// Takes in a note, whose number goes where its mark is; a note without one has a mark of the author's.
    pub(super) fn take_note(&mut self, inner: Self, number: &str) {
        let mut label = String::new();
        if let Some(at) = self.mark.take().filter(|&at| self.text.is_char_boundary(at)) {
            let mark = lines::mark(number);
            self.text.insert_str(at, &mark);
            label = format!("{mark} ");
        }
        let text = lines::cell(inner.finish(), &mut self.after);
        lines::paragraph(TextRole::Note, &label, &text, &mut self.after);
    }

    /// The blocks, at the end of the story.
    pub(super) fn finish(mut self) -> Vec<Block> {
        self.end_of_table();
        self.blocks.append(&mut self.after);
        self.blocks
    }
}
