//! How footnotes and endnotes are numbered (§17.11).

use crate::FormatError;
use crate::numerals::Numerals;
use crate::xml::{Event, Ns, Xml};

/// The numbers of one kind of note.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    /// How they are written.
    pub(super) numerals: Numerals,
    /// The first.
    pub(super) start: u32,
    /// Whether they start again on each page, which is not known here.
    pub(super) by_page: bool,
}

/// The numbers of both kinds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notes {
    /// Of footnotes.
    pub(super) foot: Marks,
    /// Of endnotes.
    pub(super) end: Marks,
}

impl Default for Notes {
    fn default() -> Self {
        let marks = |numerals| Marks { numerals, start: 1, by_page: false };
        // §17.11.17: footnotes have decimal numbers if nothing is said, endnotes lower case Roman ones.
        Self { foot: marks(Numerals::Decimal), end: marks(Numerals::LowerRoman) }
    }
}

/// Reads the settings part.
pub(super) fn read(xml: &mut Xml<'_>) -> Result<Notes, FormatError> {
    let mut notes = Notes::default();
    read_sections(xml, &mut notes)?;
    Ok(notes)
}

/// Reads what a part says of notes; what sections of the text say goes before the settings.
pub(super) fn read_sections(xml: &mut Xml<'_>, notes: &mut Notes) -> Result<(), FormatError> {
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Word, "footnotePr") => marks(xml, &mut notes.foot)?,
            Event::Start(tag) if tag.is(Ns::Word, "endnotePr") => marks(xml, &mut notes.end)?,
            Event::Done => return Ok(()),
            _ => {}
        }
    }
}

fn marks(xml: &mut Xml<'_>, marks: &mut Marks) -> Result<(), FormatError> {
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "numFmt") => {
                marks.numerals = Numerals::named(tag.get("val").unwrap_or_default());
            }
            (Ns::Word, "numStart") => marks.start = tag.number("val").unwrap_or(1),
            (Ns::Word, "numRestart") => marks.by_page = tag.get("val") == Some("eachPage"),
            _ => {}
        }
        xml.skip()?;
    }
    Ok(())
}
