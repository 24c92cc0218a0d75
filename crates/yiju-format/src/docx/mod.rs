//! Office Open XML text, .docx (ECMA-376 part 1 §17), also .wps that is one inside.

mod body;
mod numbering;
mod run;
mod settings;
mod styles;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::archive::Archive;
use crate::block::{Block, Facts, Reading};
use crate::clock::Clock;
use crate::lines;
use crate::opc;
use crate::xml::{Event, Ns, Xml, decode};
use crate::{Format, FormatError, Limits, Reader};

use body::{Context, Story};

/// The reader of DOCX.
pub(crate) struct Docx;

impl Reader for Docx {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let clock = Clock::new(limits);
        let mut archive = Archive::open(bytes, Format::Docx, limits, clock)?;
        let main = opc::main_part(&mut archive, "word/document.xml", Format::Docx, limits, clock)?;
        let links = opc::links(&mut archive, &main, Format::Docx, limits, clock)?;
        let parts = Parts { archive: &mut archive, links: &links, limits, clock };
        parts.read(&main)
    }
}

/// The parts of a document.
struct Parts<'a, 'b> {
    archive: &'a mut Archive<'b>,
    links: &'a opc::Links,
    limits: &'a Limits,
    clock: Clock,
}

impl Parts<'_, '_> {
    /// The bytes of the first part of a kind, the last word of its relationship's type.
    fn of_kind(&mut self, kind: &str) -> Result<Option<(String, Vec<u8>)>, FormatError> {
        let Some(name) = self.links.of_kind(kind) else { return Ok(None) };
        let bytes = self.archive.part(name)?;
        Ok(bytes.map(|bytes| (name.to_owned(), bytes)))
    }

    fn parse<T>(
        &mut self,
        kind: &str,
        parse: impl FnOnce(&mut Xml<'_>) -> Result<T, FormatError>,
    ) -> Result<Option<T>, FormatError> {
        let Some((name, bytes)) = self.of_kind(kind)? else { return Ok(None) };
        let text = decode(&bytes);
        parse(&mut Xml::new(&text, &name, Format::Docx, self.limits, self.clock)).map(Some)
    }

    fn read(mut self, main: &str) -> Result<Reading, FormatError> {
        let mut context = Context {
            styles: self.parse("styles", styles::read)?.unwrap_or_default(),
            ..Context::default()
        };
        context.lists =
            self.parse("numbering", numbering::read)?.unwrap_or_default().resolve(&context.styles);
        context.notes = self.parse("settings", settings::read)?.unwrap_or_default();
        let bytes = self.archive.need(main)?;
        let text = decode(&bytes);
        if text.contains("footnotePr") || text.contains("endnotePr") {
            let mut xml = Xml::new(&text, main, Format::Docx, self.limits, self.clock);
            settings::read_sections(&mut xml, &mut context.notes)?;
        }
        context.footnotes = self.notes("footnotes", "footnote", &mut context)?;
        context.endnotes = self.notes("endnotes", "endnote", &mut context)?;
        let mut story = Story::default();
        let mut xml = Xml::new(&text, main, Format::Docx, self.limits, self.clock);
        loop {
            match xml.next()? {
                Event::Start(tag) if tag.is(Ns::Word, "document") => {}
                Event::Start(tag) if tag.is(Ns::Word, "body") => {
                    story.content(&mut xml, &mut context)?
                }
                Event::Start(_) => xml.skip()?,
                Event::Done => break,
                Event::End | Event::Text(_) => {}
            }
        }
        let blocks = story.finish(&mut context);
        let facts = Facts {
            title: opc::title(
                self.archive,
                opc::PROPERTIES,
                Format::Docx,
                self.limits,
                self.clock,
            )?,
            ..Facts::default()
        };
        Ok(Reading { blocks, facts, unread: context.unread(), ..Reading::default() })
    }

    /// The texts of footnotes or endnotes by their ids.
    fn notes(
        &mut self,
        kind: &str,
        element: &str,
        context: &mut Context,
    ) -> Result<HashMap<String, String>, FormatError> {
        let notes = self.parse(kind, |xml| {
            let mut notes = HashMap::new();
            loop {
                match xml.next()? {
                    Event::Start(tag) if tag.is(Ns::Word, element) => {
                        // Separators between text and notes are notes with a type (§17.11.10).
                        if tag.get("type").is_some_and(|kind| kind != "normal") {
                            xml.skip()?;
                            continue;
                        }
                        let mut story = Story::default();
                        story.content(xml, context)?;
                        let mut inner: Vec<Block> = Vec::new();
                        let text = lines::cell(story.finish(context), &mut inner);
                        notes.insert(tag.get("id").unwrap_or_default().to_owned(), text);
                    }
                    Event::Done => return Ok(notes),
                    _ => {}
                }
            }
        })?;
        Ok(notes.unwrap_or_default())
    }
}
