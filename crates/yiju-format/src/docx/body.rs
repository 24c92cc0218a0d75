//! Paragraphs and tables of a document's text (§17.3, §17.4).

use std::collections::HashMap;

use crate::FormatError;
use crate::block::{Block, TextRole};
use crate::grid::{Join, Piece};
use crate::lines::{self, Content};
use crate::lists::{Counters, Label, Lists};
use crate::xml::{Ns, Tag, Xml};

use super::run::Field;
use super::settings::Notes;
use super::styles::{Characters, Paragraph, Styles, on, paragraph_property};

/// More grid columns than any table has; a cell that says it is wider is damaged.
const COLUMNS: i32 = 10_000;

/// What the parts of a document share.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub(super) styles: Styles,
    pub(super) lists: Lists,
    pub(super) counters: Counters,
    pub(super) notes: Notes,
    pub(super) footnotes: HashMap<String, String>,
    pub(super) endnotes: HashMap<String, String>,
    pub(super) foot_count: u32,
    pub(super) end_count: u32,
    pub(super) pictures: usize,
    pub(super) drawings: usize,
    pub(super) embedded: usize,
    pub(super) guides: usize,
    pub(super) numbers: usize,
    pub(super) open_fields: usize,
}

impl Context {
    /// Sentences on what was not read.
    pub(super) fn unread(&self) -> Vec<String> {
        let by_page = self.notes.foot.by_page && self.foot_count > 1;
        [
            lines::unread(self.pictures, "picture", "pictures", "text in them is not read"),
            lines::unread(
                self.drawings,
                "chart or diagram",
                "charts or diagrams",
                "text in them is not read",
            ),
            lines::unread(self.embedded, "embedded file", "embedded files", "not read"),
            lines::unread(
                self.guides,
                "phonetic guide",
                "phonetic guides",
                "only the text below is read",
            ),
            lines::unread(
                self.numbers,
                "field with a number",
                "fields with numbers",
                "the number is not read",
            ),
            lines::unread(
                self.open_fields,
                "field",
                "fields",
                "without an end, what follows in it is not read",
            ),
            by_page
                .then(|| "footnotes are numbered by page in the file and through here".to_owned()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A paragraph that is being read.
#[derive(Debug, Default)]
pub(super) struct Open {
    pub(super) text: String,
    /// Notes and text boxes, which follow the paragraph.
    pub(super) after: Vec<Block>,
    /// What the paragraph's style says of characters.
    pub(super) characters: Characters,
    own: Paragraph,
    style: Option<String>,
    /// Whether its end is deleted or hidden, so that it goes on in the next.
    joined: bool,
}

/// A run of paragraphs and tables: the body, a cell, a note, a text box.
#[derive(Debug, Default)]
pub(super) struct Story {
    blocks: Vec<Block>,
    carried: Option<Open>,
    /// Open fields, the innermost last. A field can go on over paragraphs.
    pub(super) fields: Vec<Field>,
}

impl Story {
    /// Reads what is in the element that started last.
    pub(super) fn content(
        &mut self,
        xml: &mut Xml<'_>,
        context: &mut Context,
    ) -> Result<(), FormatError> {
        while let Some(tag) = xml.child()? {
            self.block(&tag, xml, context)?;
        }
        Ok(())
    }

    /// The blocks, at the end of the story.
    pub(super) fn finish(mut self, context: &mut Context) -> Vec<Block> {
        if let Some(last) = self.carried.take() {
            self.close(last, context);
        }
        context.open_fields += self.fields.iter().filter(|field| !field.shown).count();
        self.blocks
    }

    fn block(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
    ) -> Result<(), FormatError> {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "p") => self.paragraph(xml, context),
            (Ns::Word, "tbl") => self.table(xml, context),
            (Ns::Word, "sdt") => {
                while let Some(tag) = xml.child()? {
                    match (tag.ns, tag.name.as_str()) {
                        (Ns::Word, "sdtContent") => self.content(xml, context)?,
                        _ => xml.skip()?,
                    }
                }
                Ok(())
            }
            (Ns::Word, "customXml" | "ins" | "moveTo") => self.content(xml, context),
            (Ns::Compatible, "AlternateContent") => {
                alternate(xml, |xml| self.content(xml, context))
            }
            (Ns::Word, "altChunk" | "subDoc") => {
                context.embedded += 1;
                xml.skip()
            }
            _ => xml.skip(),
        }
    }

    fn paragraph(&mut self, xml: &mut Xml<'_>, context: &mut Context) -> Result<(), FormatError> {
        let mut open = Open::default();
        if let Some(before) = self.carried.take() {
            open.text = before.text;
            open.after = before.after;
        }
        open.characters = context.styles.resolve(None).characters;
        while let Some(tag) = xml.child()? {
            if tag.is(Ns::Word, "pPr") {
                properties(&mut open, xml)?;
                open.characters = context.styles.resolve(open.style.as_deref()).characters;
            } else {
                self.inline(&tag, xml, context, &mut open)?;
            }
        }
        if open.joined {
            self.carried = Some(open);
        } else {
            self.close(open, context);
        }
        Ok(())
    }

    /// Ends a paragraph: counts it in its list and makes its blocks.
    fn close(&mut self, open: Open, context: &mut Context) {
        let style = context.styles.resolve(open.style.as_deref());
        let (list, level) = match (open.own.list, style.paragraph.list) {
            (Some(list), _) => (Some(list), open.own.level.or(style.paragraph.level)),
            // The level of a list that a style names is the one linked with the style (§17.9.23).
            (None, Some(list)) => {
                let linked = style
                    .list_style
                    .as_deref()
                    .and_then(|style| context.lists.level_of_style(list, style));
                (Some(list), open.own.level.or(linked).or(style.paragraph.level))
            }
            (None, None) => (None, None),
        };
        let label = match list {
            // List 0 takes a paragraph out of the list of its style (§17.9.18).
            Some(list) if list != 0 => {
                context.counters.next(&context.lists, list, level.unwrap_or(0))
            }
            _ => None,
        };
        let mut label = label.unwrap_or_default();
        if !label.numbered && open.text.trim().is_empty() {
            label = Label::default();
        }
        let outline = open.own.outline.or(style.paragraph.outline).filter(|&level| level < 9);
        let role = match outline {
            Some(level) => TextRole::Heading(level + 1),
            None if label.text.is_empty() => TextRole::Paragraph,
            None => TextRole::Item,
        };
        lines::paragraph(role, &label.text, &open.text, &mut self.blocks);
        self.blocks.extend(open.after);
    }

    fn table(&mut self, xml: &mut Xml<'_>, context: &mut Context) -> Result<(), FormatError> {
        let mut rows: Vec<Row> = Vec::new();
        self.rows(xml, context, &mut rows)?;
        let header_rows = rows.iter().take_while(|row| row.header).count();
        let rows = rows.into_iter().map(|row| row.cells).collect();
        lines::add_table(rows, header_rows, 0, &mut self.blocks);
        Ok(())
    }

    fn rows(
        &mut self,
        xml: &mut Xml<'_>,
        context: &mut Context,
        rows: &mut Vec<Row>,
    ) -> Result<(), FormatError> {
        while let Some(tag) = xml.child()? {
            match (tag.ns, tag.name.as_str()) {
                (Ns::Word, "tr") => {
                    let mut row = Row::default();
                    row.read(xml, context)?;
                    if !row.deleted {
                        rows.push(row);
                    }
                }
                (Ns::Word, "sdt" | "sdtContent" | "customXml" | "ins" | "moveTo") => {
                    self.rows(xml, context, rows)?
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }
}

/// A row of a table that is being read.
#[derive(Debug, Default)]
struct Row {
    cells: Vec<Content>,
    at: i32,
    header: bool,
    deleted: bool,
}

impl Row {
    fn read(&mut self, xml: &mut Xml<'_>, context: &mut Context) -> Result<(), FormatError> {
        while let Some(tag) = xml.child()? {
            match (tag.ns, tag.name.as_str()) {
                _ if self.deleted => xml.skip()?,
                (Ns::Word, "trPr") => {
                    while let Some(tag) = xml.child()? {
                        match (tag.ns, tag.name.as_str()) {
                            (Ns::Word, "gridBefore") => {
                                self.at = tag.number("val").unwrap_or(0).clamp(0, COLUMNS)
                            }
                            (Ns::Word, "tblHeader") => self.header = on(&tag),
                            (Ns::Word, "del") => self.deleted = true,
                            (Ns::Word, "hidden") if on(&tag) => self.deleted = true,
                            _ => {}
                        }
                        xml.skip()?;
                    }
                }
                (Ns::Word, "tc") => self.cell(xml, context)?,
                (Ns::Word, "sdt" | "sdtContent" | "customXml" | "ins" | "moveTo") => {
                    self.read(xml, context)?
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn cell(&mut self, xml: &mut Xml<'_>, context: &mut Context) -> Result<(), FormatError> {
        let mut piece = Piece::default();
        let mut span = 1;
        let mut beside = false;
        let mut deleted = false;
        let mut story = Story::default();
        while let Some(tag) = xml.child()? {
            if !tag.is(Ns::Word, "tcPr") {
                if deleted {
                    xml.skip()?;
                } else {
                    story.block(&tag, xml, context)?;
                }
                continue;
            }
            while let Some(tag) = xml.child()? {
                match (tag.ns, tag.name.as_str()) {
                    (Ns::Word, "gridSpan") => {
                        span = tag.number("val").unwrap_or(1).clamp(1, COLUMNS)
                    }
                    (Ns::Word, "vMerge") if tag.get("val") != Some("restart") => {
                        piece.join = Join::Above
                    }
                    // Cells merged the way of old files (§17.4.22).
                    (Ns::Word, "hMerge") => beside = tag.get("val") != Some("restart"),
                    (Ns::Word, "cellDel") => deleted = true,
                    _ => {}
                }
                xml.skip()?;
            }
        }
        piece.from = self.at;
        self.at = self.at.saturating_add(span);
        piece.to = self.at;
        let mut blocks = story.finish(context);
        match self.cells.last_mut() {
            Some((before, all)) if beside => {
                before.to = self.at;
                all.append(&mut blocks);
            }
            _ => self.cells.push((piece, blocks)),
        }
        Ok(())
    }
}

/// Reads `w:pPr`, whose start tag was read last.
fn properties(open: &mut Open, xml: &mut Xml<'_>) -> Result<(), FormatError> {
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "pStyle") => {
                open.style = tag.get("val").map(str::to_owned);
                xml.skip()?;
            }
            // A large first letter is a paragraph of its own that the text goes on from (§17.3.1.11).
            (Ns::Word, "framePr") => {
                open.joined |= tag.get("dropCap").is_some_and(|kind| kind != "none");
                xml.skip()?;
            }
            (Ns::Word, "rPr") => {
                while let Some(tag) = xml.child()? {
                    let gone = match (tag.ns, tag.name.as_str()) {
                        (Ns::Word, "del" | "moveFrom") => true,
                        (Ns::Word, "vanish" | "specVanish") => on(&tag),
                        _ => false,
                    };
                    open.joined |= gone;
                    xml.skip()?;
                }
            }
            _ => paragraph_property(&mut open.own, &tag, xml)?,
        }
    }
    Ok(())
}

/// Reads one of the alternatives of `mc:AlternateContent`, whose start tag was read last: the first choice, which is
/// what current programs show, else the fallback (part 3 §9.3).
pub(super) fn alternate(
    xml: &mut Xml<'_>,
    mut read: impl FnMut(&mut Xml<'_>) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let mut done = false;
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Compatible, "Choice" | "Fallback") if !done => {
                done = true;
                read(xml)?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}
