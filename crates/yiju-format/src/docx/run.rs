//! What stands in a paragraph: runs of characters, fields, notes, shapes and formulas (§17.3.3, §17.16, §22.1).

use crate::FormatError;
use crate::block::{Block, Text, TextRole};
use crate::fields;
use crate::lines::{self, BREAK};
use crate::symbols;
use crate::xml::{Event, Ns, Tag, Xml};

use super::body::{Context, Open, Story, alternate};
use super::styles::Characters;

/// A field that is open.
#[derive(Debug, Default)]
pub(super) struct Field {
    /// Its instruction so far.
    instruction: String,
    /// Whether what follows is its result, which is shown.
    pub(super) shown: bool,
    /// Of a box to tick: whether it is.
    ticked: Option<bool>,
}

impl Story {
    /// Reads one element of a paragraph, whose start tag is given.
    pub(super) fn inline(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
        open: &mut Open,
    ) -> Result<(), FormatError> {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "r") => self.run(xml, context, open),
            (
                Ns::Word,
                "hyperlink" | "smartTag" | "customXml" | "sdt" | "sdtContent" | "ins" | "moveTo"
                | "bdo" | "dir" | "fldSimple",
            ) => self.inlines(xml, context, open),
            (Ns::Compatible, "AlternateContent") => {
                alternate(xml, |xml| self.inlines(xml, context, open))
            }
            (Ns::Math, _) => {
                let text = math(&tag.name, xml)?;
                self.show(&text, open);
                Ok(())
            }
            _ => xml.skip(),
        }
    }

    fn inlines(
        &mut self,
        xml: &mut Xml<'_>,
        context: &mut Context,
        open: &mut Open,
    ) -> Result<(), FormatError> {
        while let Some(tag) = xml.child()? {
            self.inline(&tag, xml, context, open)?;
        }
        Ok(())
    }

    /// Whether what comes now is shown: it is not if it belongs to a field's instruction.
    fn showing(&self) -> bool {
        self.fields.iter().all(|field| field.shown)
    }

    fn show(&self, text: &str, open: &mut Open) {
        if self.showing() {
            open.text.push_str(text);
        }
    }

    fn run(
        &mut self,
        xml: &mut Xml<'_>,
        context: &mut Context,
        open: &mut Open,
    ) -> Result<(), FormatError> {
        let mut characters = open.characters.clone();
        while let Some(tag) = xml.child()? {
            if tag.is(Ns::Word, "rPr") {
                characters = run_properties(xml, context)?.over(open.characters.clone());
            } else {
                self.piece(&tag, xml, context, open, &characters)?;
            }
        }
        Ok(())
    }

    /// One element of a run.
    fn piece(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
        open: &mut Open,
        characters: &Characters,
    ) -> Result<(), FormatError> {
        let hidden = characters.hidden == Some(true);
        match (tag.ns, tag.name.as_str()) {
            // Fields go on being open or closed in hidden text, too.
            (Ns::Word, "fldChar") => return self.field(tag, xml, context, open, hidden),
            (Ns::Word, "instrText") => {
                let text = xml.text()?;
                if let Some(field) = self.fields.last_mut().filter(|field| !field.shown) {
                    field.instruction.push_str(&text);
                }
                return Ok(());
            }
            _ if hidden => return xml.skip(),
            (Ns::Word, "t") => {
                let mut text = xml.text()?.replace(['\n', '\r'], " ");
                if let Some(font) =
                    characters.font.as_deref().filter(|font| symbols::is_symbol_font(font))
                {
                    text = symbols::mapped(font, &text);
                }
                if characters.capitals == Some(true) {
                    text = text.to_uppercase();
                }
                self.show(&text, open);
                return Ok(());
            }
            (Ns::Word, "tab" | "ptab") => self.show("\t", open),
            (Ns::Word, "br" | "cr") => self.show(&BREAK.to_string(), open),
            (Ns::Word, "noBreakHyphen") => self.show("-", open),
            (Ns::Word, "sym") => {
                let code = tag
                    .get("char")
                    .and_then(|code| u32::from_str_radix(code, 16).ok())
                    .unwrap_or(0);
                let sign = symbols::symbol(tag.get("font").unwrap_or_default(), code)
                    .or(char::from_u32(code));
                self.show(&sign.map(String::from).unwrap_or_default(), open);
            }
            (Ns::Word, "footnoteReference" | "endnoteReference") if self.showing() => {
                note(tag, context, open)
            }
            (Ns::Word, "drawing" | "pict" | "object") => return shapes(xml, context, open),
            (Ns::Compatible, "AlternateContent") => {
                return alternate(xml, |xml| {
                    while let Some(tag) = xml.child()? {
                        self.piece(&tag, xml, context, open, characters)?;
                    }
                    Ok(())
                });
            }
            (Ns::Word, "ruby") => {
                while let Some(tag) = xml.child()? {
                    if tag.is(Ns::Word, "rubyBase") {
                        self.inlines(xml, context, open)?;
                    } else {
                        context.guides += usize::from(tag.is(Ns::Word, "rt"));
                        xml.skip()?;
                    }
                }
                return Ok(());
            }
            _ => {}
        }
        xml.skip()
    }

    fn field(
        &mut self,
        tag: &Tag,
        xml: &mut Xml<'_>,
        context: &mut Context,
        open: &mut Open,
        hidden: bool,
    ) -> Result<(), FormatError> {
        match tag.get("fldCharType") {
            Some("begin") => {
                let ticked = tick(xml)?;
                self.fields.push(Field { ticked, ..Field::default() });
                return Ok(());
            }
            Some("separate") => {
                if let Some(field) = self.fields.last_mut() {
                    field.shown = true;
                }
            }
            Some("end") => {
                if let Some(field) = self.fields.pop().filter(|field| !field.shown && !hidden) {
                    match value(&field) {
                        Some(text) => self.show(&text, open),
                        None => {
                            context.numbers += usize::from(fields::is_number(&field.instruction))
                        }
                    }
                }
            }
            _ => {}
        }
        xml.skip()
    }
}

/// Reads `w:rPr`: what the run says itself goes before its character style.
fn run_properties(xml: &mut Xml<'_>, context: &Context) -> Result<Characters, FormatError> {
    let mut own = Characters::default();
    let mut style = Characters::default();
    while let Some(tag) = xml.child()? {
        if tag.is(Ns::Word, "rStyle") {
            style = context.styles.characters(tag.get("val").unwrap_or_default());
        }
        own.property(&tag, xml)?;
    }
    Ok(own.over(style))
}

/// The state of the box to tick that a field begins with, if it does; reads to the end of `w:fldChar`.
fn tick(xml: &mut Xml<'_>) -> Result<Option<bool>, FormatError> {
    let mut found: Option<bool> = None;
    let mut open = 1_usize;
    while open > 0 {
        match xml.next()? {
            Event::Start(tag) => {
                open += 1;
                match (tag.ns, tag.name.as_str()) {
                    (Ns::Word, "checkBox") => found = Some(false),
                    // The default comes before the state (§17.16.7).
                    (Ns::Word, "default" | "checked") if found.is_some() => {
                        found = Some(super::styles::on(&tag))
                    }
                    _ => {}
                }
            }
            Event::End => open -= 1,
            Event::Text(_) => {}
            Event::Done => break,
        }
    }
    Ok(found)
}

/// What a field without a stored result shows, where that is in its instruction.
fn value(field: &Field) -> Option<String> {
    if let Some(ticked) = field.ticked {
        return Some(if ticked { "☒" } else { "☐" }.to_owned());
    }
    fields::shown(&field.instruction)
}

/// A reference to a note: its mark in the text, and the note after the paragraph.
fn note(tag: &Tag, context: &mut Context, open: &mut Open) {
    let foot = tag.name == "footnoteReference";
    let (texts, count, marks) = if foot {
        (&context.footnotes, &mut context.foot_count, context.notes.foot)
    } else {
        (&context.endnotes, &mut context.end_count, context.notes.end)
    };
    let mut mark = String::new();
    // A mark that the author chose follows as text and stands in the note, too (§17.11.4).
    if !tag.get("customMarkFollows").is_some_and(|value| matches!(value, "1" | "true" | "on")) {
        mark = lines::mark(&marks.numerals.write(marks.start.saturating_add(*count)));
        *count = count.saturating_add(1);
    }
    open.text.push_str(&mark);
    if let Some(text) = tag.get("id").and_then(|id| texts.get(id)) {
        let label = if mark.is_empty() { mark } else { format!("{mark} ") };
        lines::paragraph(TextRole::Note, &label, text, &mut open.after);
    }
}

/// Reads a drawing, a VML shape or an object: the text of its text boxes goes behind the paragraph.
fn shapes(xml: &mut Xml<'_>, context: &mut Context, open: &mut Open) -> Result<(), FormatError> {
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "txbxContent") => {
                let mut story = Story::default();
                story.content(xml, context)?;
                open.after.extend(story.finish(context));
            }
            (Ns::Compatible, "AlternateContent") => {
                alternate(xml, |xml| shapes(xml, context, open))?
            }
            // Text on a drawing's own canvas.
            (Ns::Drawing, "p") => {
                let text = xml.text()?;
                lines::paragraph(TextRole::Paragraph, "", &text, &mut open.after);
            }
            // Text art of old files.
            (_, "textpath") => {
                if let Some(text) = tag.get("string").map(str::trim).filter(|text| !text.is_empty())
                {
                    let (role, text) = (TextRole::Paragraph, text.to_owned());
                    open.after.push(Block::Text(Text { role, text, places: Vec::new() }));
                }
                xml.skip()?;
            }
            (_, "blip" | "imagedata") => {
                context.pictures += 1;
                xml.skip()?;
            }
            (_, "chart" | "relIds") => {
                context.drawings += 1;
                xml.skip()?;
            }
            (_, "OLEObject") => {
                context.embedded += 1;
                xml.skip()?;
            }
            _ => shapes(xml, context, open)?,
        }
    }
    Ok(())
}

/// A formula as one line, from the element of this name whose start tag was read last (§22.1).
fn math(name: &str, xml: &mut Xml<'_>) -> Result<String, FormatError> {
    if name == "t" {
        return xml.text();
    }
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut sign = None;
    let mut around = (None, None);
    loop {
        let tag = match xml.next()? {
            Event::Start(tag) => tag,
            Event::End | Event::Done => break,
            Event::Text(_) => continue,
        };
        match (tag.ns, tag.name.as_str()) {
            (Ns::Math, "dPr" | "naryPr") => {
                while let Some(tag) = xml.child()? {
                    let value = tag.get("val").map(str::to_owned);
                    match tag.name.as_str() {
                        "chr" => sign = value,
                        "begChr" => around.0 = value,
                        "endChr" => around.1 = value,
                        _ => {}
                    }
                    xml.skip()?;
                }
            }
            (Ns::Math, inner) if !inner.ends_with("Pr") => {
                parts.push((inner.to_owned(), math(inner, xml)?))
            }
            (Ns::Word, "ins" | "r") => parts.push((String::new(), math("r", xml)?)),
            (Ns::Word, "t") => parts.push((String::new(), xml.text()?)),
            _ => xml.skip()?,
        }
    }
    let part = |name: &str| {
        parts.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text.as_str())
    };
    Ok(match name {
        "f" => format!("{}/{}", part("num"), part("den")),
        "sSup" => format!("{}{}", part("e"), lines::mark(part("sup"))),
        "rad" => format!("{}√{}", lines::mark(part("deg")), part("e")),
        "nary" => {
            format!("{}{}{}{}", sign.as_deref().unwrap_or("∫"), part("sub"), part("sup"), part("e"))
        }
        "d" => {
            let inside: Vec<&str> = parts.iter().map(|(_, text)| text.as_str()).collect();
            let (left, right) =
                (around.0.as_deref().unwrap_or("("), around.1.as_deref().unwrap_or(")"));
            format!("{left}{}{right}", inside.join("|"))
        }
        _ => parts.into_iter().map(|(_, text)| text).collect(),
    })
}
