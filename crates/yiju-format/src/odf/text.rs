//! Paragraphs, lists and shapes (ODF part 3 §5 to §7, §10).

use crate::FormatError;
use crate::block::{Block, TextRole};
use crate::clock::Clock;
use crate::lines::{self, BREAK};
use crate::lists::Label;
use crate::symbols;
use crate::xml::{Event, Ns, Tag, Xml};

use super::lists::Lists;
use super::styles::Styles;
use super::table;

/// What the parts of a file share.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub(super) styles: Styles,
    pub(super) clock: Option<Clock>,
    pub(super) hidden_tables: Vec<String>,
    pub(super) lists: Lists,
    pub(super) cells: usize,
    pub(super) pictures: usize,
    pub(super) embedded: usize,
    pub(super) guides: usize,
}

impl Context {
    /// Counts cells of tables.
    pub(super) fn cells(&mut self, more: usize, limit: usize) -> Result<(), FormatError> {
        self.cells = self.cells.saturating_add(more);
        if let Some(clock) = &self.clock {
            clock.check()?;
        }
        if self.cells > limit {
            return Err(FormatError::TooLarge { what: "cells", size: self.cells, limit });
        }
        Ok(())
    }

    /// Sentences on what was not read.
    pub(super) fn unread(&self) -> Vec<String> {
        [
            lines::unread(self.pictures, "picture", "pictures", "text in them is not read"),
            lines::unread(
                self.embedded,
                "embedded file or formula",
                "embedded files or formulas",
                "not read",
            ),
            lines::unread(
                self.guides,
                "phonetic guide",
                "phonetic guides",
                "only the text below is read",
            ),
        ]
        .into_iter()
        .flatten()
        .chain(self.hidden_tables.iter().map(|name| format!("the hidden table {name}: not read")))
        .collect()
    }
}

/// A paragraph that is being read.
#[derive(Debug, Default)]
struct Open {
    text: String,
    after: Vec<Block>,
    /// The font, where a style names it.
    font: String,
}

/// An item of a list whose first paragraph is still to come.
#[derive(Clone, Debug, Default)]
struct Item {
    style: String,
    level: usize,
    start: Option<u32>,
    /// A list header has no number (§5.3.4).
    counted: bool,
}

/// A run of paragraphs and tables: the body, a cell, a note, a text box.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) blocks: Vec<Block>,
    /// The item that the next paragraph begins.
    item: Option<Item>,
    depth: usize,
}

impl Story {
    /// The blocks, at the end of the story.
    pub(super) fn finish(self) -> Vec<Block> {
        self.blocks
    }

    /// Reads what is in the element that started last.
    pub(super) fn content(
        &mut self,
        xml: &mut Xml<'_>,
        context: &mut Context,
    ) -> Result<(), FormatError> {
        while let Some(tag) = xml.child()? {
            self.block(&tag, xml, context, false)?;
        }
        Ok(())
    }

    fn block(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
        sheet: bool,
    ) -> Result<(), FormatError> {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Text, "p" | "h") => self.paragraph(tag, xml, context),
            (Ns::Text, "list") => self.list(tag, xml, context),
            (Ns::Text, "numbered-paragraph") => self.content(xml, context),
            (Ns::Table, "table") => table::read(tag, xml, context, self, sheet),
            (Ns::Text, "section") => {
                let hidden = tag.get_in(Ns::Text, "display") == Some("none")
                    || context
                        .styles
                        .hidden("section", tag.get_in(Ns::Text, "style-name").unwrap_or_default());
                if hidden { xml.skip() } else { self.content(xml, context) }
            }
            // Old text that was deleted is kept apart, so that its place is empty (§5.5).
            (Ns::Text, "tracked-changes") => xml.skip(),
            (Ns::Text, name) if name.ends_with("-source") || name.ends_with("-decls") => xml.skip(),
            (Ns::Office, "spreadsheet") => {
                while let Some(tag) = xml.child()? {
                    self.block(&tag, xml, context, true)?;
                }
                Ok(())
            }
            (
                Ns::Office,
                "annotation" | "annotation-end" | "forms" | "scripts" | "event-listeners",
            )
            | (Ns::Presentation, "notes")
            | (Ns::Table, "content-validations" | "tracked-changes") => xml.skip(),
            (Ns::Office | Ns::Text | Ns::Draw | Ns::Table | Ns::LibreOffice, _) => {
                self.shape(tag, xml, context)
            }
            _ => xml.skip(),
        }
    }

    /// A shape or any other element that holds blocks.
    fn shape(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
    ) -> Result<(), FormatError> {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Draw, "image") => context.pictures += 1,
            (Ns::Draw, "object" | "object-ole") => {
                context.embedded += 1;
                return xml.skip();
            }
            // An object has a picture of itself beside it.
            (Ns::Draw, "frame") => {
                let (pictures, embedded) = (context.pictures, context.embedded);
                self.content(xml, context)?;
                if context.embedded > embedded {
                    context.pictures = pictures;
                }
                return Ok(());
            }
            _ => {}
        }
        self.content(xml, context)
    }

    fn list(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
    ) -> Result<(), FormatError> {
        let outermost = self.depth == 0;
        // A list in a cell or note stands by itself; the list around it goes on afterwards.
        let around = if outermost { context.lists.open.take() } else { None };
        let named = tag.get_in(Ns::Text, "style-name");
        let inherited =
            context.lists.open.as_ref().map(|list| list.style.clone()).unwrap_or_default();
        let style = named.map_or(inherited, str::to_owned);
        if outermost {
            let id = tag.get("id").unwrap_or_default();
            let goes_on = tag.get_in(Ns::Text, "continue-list");
            let continues = tag.get_in(Ns::Text, "continue-numbering") == Some("true");
            context.lists.open(&style, id, goes_on, continues);
        }
        self.depth += 1;
        while let Some(tag) = xml.child()? {
            match (tag.ns, tag.name.as_str()) {
                (Ns::Text, kind @ ("list-item" | "list-header")) => {
                    let start =
                        tag.get_in(Ns::Text, "start-value").and_then(|start| start.parse().ok());
                    let counted = kind == "list-item";
                    self.item =
                        Some(Item { style: style.clone(), level: self.depth - 1, start, counted });
                    self.content(xml, context)?;
                    self.item = None;
                }
                _ => xml.skip()?,
            }
        }
        self.depth -= 1;
        if outermost {
            context.lists.close();
            context.lists.open = around;
        }
        Ok(())
    }

    fn paragraph(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
    ) -> Result<(), FormatError> {
        let style = tag.get_in(Ns::Text, "style-name").unwrap_or_default();
        if context.styles.hidden("paragraph", style) {
            return xml.skip();
        }
        let heading = match tag.name.as_str() {
            "h" => tag
                .get_in(Ns::Text, "outline-level")
                .and_then(|level| level.parse().ok())
                .or(Some(1)),
            _ => context.styles.outline_of(style).filter(|&level| level > 0),
        };
        let heading = heading.map(|level: u8| level.clamp(1, 10));
        let label = self.label(tag, style, heading, context);
        let mut open = Open::default();
        inline(xml, context, &mut open)?;
        // White space is collapsed, also over the elements of a paragraph (§6.1.2).
        let text = collapse(&open.text);
        let label =
            if !label.numbered && text.trim().is_empty() { Label::default() } else { label };
        let role = match heading {
            Some(level) => TextRole::Heading(level),
            None if label.text.is_empty() => TextRole::Paragraph,
            None => TextRole::Item,
        };
        lines::paragraph(role, &label.text, &text, &mut self.blocks);
        self.blocks.append(&mut open.after);
        Ok(())
    }

    fn label(
        &mut self,
        tag: &Tag,
        style: &str,
        heading: Option<u8>,
        context: &mut Context,
    ) -> Label {
        let start = tag.get_in(Ns::Text, "start-value").and_then(|start| start.parse().ok());
        let own = context.styles.list_of(style);
        if let Some(item) = self.item.take() {
            if !item.counted {
                return Label::default();
            }
            let list = match own {
                _ if !item.style.is_empty() => item.style,
                Some(own) => own,
                None => return Label::default(),
            };
            let styles = &context.styles;
            return context.lists.item(styles, &list, item.level, item.start.or(start));
        }
        let Some(level) = heading.filter(|_| tag.name == "h" && self.depth == 0) else {
            return Label::default();
        };
        // An empty list name or a list header takes a heading out of the outline's numbers.
        if own.as_deref() == Some("") || tag.get_in(Ns::Text, "is-list-header") == Some("true") {
            return Label::default();
        }
        let restart = tag.get_in(Ns::Text, "restart-numbering") == Some("true");
        let start = if restart { start.or(Some(1)) } else { None };
        context.lists.heading(&context.styles, usize::from(level) - 1, start)
    }
}

/// Characters that stand for themselves whatever is around them: a space and a tab of `text:s` and `text:tab`.
const SPACE: char = '\u{e000}';

fn inline(xml: &mut Xml<'_>, context: &mut Context, open: &mut Open) -> Result<(), FormatError> {
    loop {
        match xml.next()? {
            Event::Text(text) => {
                let text = text.replace(['\n', '\r', '\t'], " ");
                let text = symbols::mapped(&open.font, &text);
                open.text.extend(text.chars().map(|sign| symbols::guessed(sign).unwrap_or(sign)));
            }
            Event::Start(tag) => element(&tag, xml, context, open)?,
            Event::End | Event::Done => return Ok(()),
        }
    }
}

fn element(
    tag: &Tag,
    xml: &mut Xml<'_>,
    context: &mut Context,
    open: &mut Open,
) -> Result<(), FormatError> {
    match (tag.ns, tag.name.as_str()) {
        (Ns::Text, "s") => {
            let count: usize =
                tag.get_in(Ns::Text, "c").and_then(|count| count.parse().ok()).unwrap_or(1);
            open.text.extend(std::iter::repeat_n(SPACE, count.min(1000)));
        }
        (Ns::Text, "tab") => open.text.push(SPACE),
        (Ns::Text, "line-break") => open.text.push(BREAK),
        (Ns::Text, "span") => {
            let style = tag.get_in(Ns::Text, "style-name").unwrap_or_default();
            if !context.styles.hidden("text", style) {
                let font = context.styles.font(style).unwrap_or_else(|| open.font.clone());
                let around = std::mem::replace(&mut open.font, font);
                inline(xml, context, open)?;
                open.font = around;
                return Ok(());
            }
        }
        (Ns::Text, "note") => return note(tag, xml, context, open),
        (Ns::Text, "ruby") => {
            while let Some(tag) = xml.child()? {
                if tag.is(Ns::Text, "ruby-base") {
                    inline(xml, context, open)?;
                } else {
                    context.guides += 1;
                    xml.skip()?;
                }
            }
            return Ok(());
        }
        (Ns::Text, "hidden-text" | "hidden-paragraph" | "script" | "soft-page-break")
        | (Ns::Office, "annotation" | "annotation-end") => {}
        // Shapes whose anchor is here.
        (Ns::Draw, "a") => return inline(xml, context, open),
        (Ns::Draw, _) => {
            let mut story = Story::default();
            story.shape(tag, xml, context)?;
            open.after.append(&mut story.blocks);
            return Ok(());
        }
        // Links, marks, fields and whatever else has its text inside.
        (Ns::Text | Ns::LibreOffice | Ns::Presentation, _) => return inline(xml, context, open),
        _ => {}
    }
    xml.skip()
}

fn note(
    _tag: &Tag,
    xml: &mut Xml<'_>,
    context: &mut Context,
    open: &mut Open,
) -> Result<(), FormatError> {
    let mut mark = String::new();
    let mut text = String::new();
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Text, "note-citation") => {
                // A label that the author chose stands in an attribute and in the element.
                mark = lines::mark(xml.text()?.trim());
            }
            (Ns::Text, "note-body") => {
                let mut story = Story::default();
                story.content(xml, context)?;
                text = lines::cell(story.blocks, &mut open.after);
            }
            _ => xml.skip()?,
        }
    }
    open.text.push_str(&mark);
    let label = if mark.is_empty() { mark } else { format!("{mark} ") };
    lines::paragraph(TextRole::Note, &label, &text, &mut open.after);
    Ok(())
}

fn collapse(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            ' ' if all.is_empty() || all.ends_with([' ', BREAK]) => {}
            sign => all.push(sign),
        }
    }
    all.replace(SPACE, " ")
}
