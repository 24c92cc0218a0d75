//! The common form of what a file holds.

use std::ops::Range;

use crate::Format;

/// A file's content in reading order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The file's format.
    pub format: Format,
    /// Paragraphs, headings, list items and tables.
    pub blocks: Vec<Block>,
    /// The pages, in their order; empty where the format has none.
    pub pages: Vec<Page>,
    /// What the file's own fields say of it.
    pub facts: Facts,
    /// What could not be read, a sentence each: `page 3 is a picture without text`.
    pub unread: Vec<String>,
}

/// What a file says of itself in fields outside its text. Only what such a field states, never guessed from text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The title.
    pub title: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// 文号.
    pub number: Option<String>,
    /// The date as written.
    pub date: Option<String>,
}

/// One part of the content.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A run of text: one line of the printed text.
    Text(Text),
    /// A table: a line a row.
    Table(Table),
}

/// What a run of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextRole {
    /// A paragraph.
    Paragraph,
    /// A heading of a level from 1; by the file's own styles or tags, never guessed from wording.
    Heading(u8),
    /// A member of a list; its text begins with the number that is shown.
    Item,
    /// A footnote or endnote, after the block that it belongs to.
    Note,
    /// Text in a picture, by character recognition: ours, or of a program that left it under the picture.
    Recognised,
}

/// A run of text without line breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// What it is.
    pub role: TextRole,
    /// Its characters, as shown: automatic numbers and labels included, deleted text left out.
    pub text: String,
    /// Where its parts are on pages, in the order of the text; ranges are bytes of `text`.
    pub places: Vec<Place>,
}

/// A table. Every row has the same number of columns, a cell over several counting as several.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// How many of the first rows are the header; 0 where the file does not say.
    pub header_rows: usize,
    /// The rows; a cell over several rows is in the first of them, and in the others an empty cell is.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Its text, without line breaks and tabs.
    pub text: String,
    /// How many columns it covers, from 1; 0 is read as 1.
    pub columns: usize,
    /// How many rows it covers, from 1; 0 is read as 1.
    pub rows: usize,
    /// Where its parts are on pages; ranges are bytes of `text`.
    pub places: Vec<Place>,
}

/// Where a part of a text is printed.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// The page, from 1.
    pub page: u32,
    /// Where on the page.
    pub area: Area,
    /// Whether it was recognised in a picture, and how surely; `None` for text that the file itself has.
    pub recognised: Option<Recognised>,
}

/// That a text was recognised in a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Recognised {
    /// How sure its characters are in the mean, from 0 to 1; `None` where another program recognised it, which did not say.
    pub confidence: Option<f32>,
}

/// A rectangle on a page, in points (1/72 inch) from the page's upper left corner as it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// A page's size in points as it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Page {
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}
