//! Rich Text Format (specification 1.9.1).

mod fonts;
mod lists;
mod story;
#[cfg(test)]
mod tests;
mod token;
mod words;

use std::collections::HashMap;

use crate::block::{Facts, Reading};
use crate::clock::Clock;
use crate::lists::{Counters, spaced};
use crate::numerals::Numerals;
use crate::{Format, FormatError, Limits, Reader, fields, lines};

use fonts::{Font, Fonts};
use lists::ListTables;
use story::{Paragraph, Story};
use token::{Token, Tokens};

/// The reader of RTF.
pub(crate) struct Rtf;

impl Reader for Rtf {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let clock = Clock::new(limits);
        let mut file = File::default();
        for (index, token) in Tokens::new(bytes).enumerate() {
            if index % 65_536 == 0 {
                clock.check()?;
            }
            file.token(token, limits)?;
            if file.paragraphs > limits.paragraphs {
                return Err(FormatError::TooLarge {
                    what: "paragraphs",
                    size: file.paragraphs,
                    limit: limits.paragraphs,
                });
            }
        }
        file.flush();
        if !file.groups.is_empty() {
            let what = format!("it ends inside {} groups", file.groups.len());
            return Err(FormatError::Damaged { format: Format::Rtf, what });
        }
        Ok(file.finish())
    }
}

/// Where text goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Destination {
    /// Into the story that is open.
    #[default]
    Body,
    /// Nowhere.
    Skip,
    FontTable,
    Styles,
    ListTable,
    LevelText,
    LevelNumbers,
    OverrideTable,
    Label,
    Instruction,
    Info,
    Title,
    /// `\upr`: of its two forms the one in Unicode is read.
    Either,
}

/// What a group has, which ends with it.
#[derive(Clone, Debug, Default)]
struct Group {
    destination: Destination,
    font: i32,
    hidden: bool,
    deleted: bool,
    capitals: bool,
    /// How many characters stand after `\u` for readers that do not know it.
    instead: usize,
    /// Whether the group began a story of its own, and of which kind.
    story: Option<Own>,
    /// Whether the group is a field.
    field: bool,
    /// Whether nothing but `\*` came in it so far.
    optional: bool,
}

/// A story inside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Note,
    Endnote,
    Box,
}

/// A field that is open.
#[derive(Debug, Default)]
struct Field {
    instruction: String,
    has_result: bool,
}

#[derive(Debug, Default)]
struct File {
    groups: Vec<Group>,
    now: Group,
    fonts: Fonts,
    styles: HashMap<i32, Paragraph>,
    /// The style and its name while the style sheet is read.
    style: (i32, Paragraph, String),
    font: (i32, Font),
    tables: ListTables,
    counters: Counters,
    stories: Vec<Story>,
    story: Story,
    fields: Vec<Field>,
    bytes: Vec<u8>,
    units: Vec<u16>,
    to_skip: usize,
    title: String,
    notes: u32,
    endnotes: u32,
    note_numerals: Option<Numerals>,
    pictures: usize,
    embedded: usize,
    numbers: usize,
    paragraphs: usize,
}

impl File {
    fn token(&mut self, token: Token<'_>, limits: &Limits) -> Result<(), FormatError> {
        match token {
            Token::Open => {
                self.flush();
                self.to_skip = 0;
                let limit = limits.depth;
                if self.groups.len() >= limit {
                    return Err(FormatError::TooLarge {
                        what: "levels of groups",
                        size: limit + 1,
                        limit,
                    });
                }
                if self.groups.is_empty() {
                    self.now.instead = 1;
                }
                let mut inner =
                    Group { story: None, field: false, optional: false, ..self.now.clone() };
                if inner.destination == Destination::Either {
                    inner.destination = Destination::Skip;
                }
                self.groups.push(std::mem::replace(&mut self.now, inner));
            }
            Token::Close => {
                self.flush();
                self.to_skip = 0;
                self.end_of_group();
                // What follows the last group is no part of the file.
                self.now = self.groups.pop().unwrap_or_default();
            }
            Token::Byte(byte) | Token::Text(byte) => {
                if self.to_skip > 0 {
                    self.to_skip -= 1;
                } else {
                    self.units_to_text();
                    self.bytes.push(byte);
                }
            }
            Token::Sign(sign) => {
                if sign == b'*' {
                    self.now.optional = true;
                    return Ok(());
                }
                if self.to_skip > 0 {
                    self.to_skip -= 1;
                    return Ok(());
                }
                self.flush();
                match sign {
                    b'~' => self.put("\u{a0}"),
                    b'_' => self.put("-"),
                    b'{' | b'}' | b'\\' => self.put(&char::from(sign).to_string()),
                    b'\r' | b'\n' => self.end_of_paragraph(),
                    b'\t' => self.put("\t"),
                    _ => {}
                }
            }
            Token::Word("u", Some(code)) => {
                self.bytes_to_text();
                // Numbers above 32767 are written as negative ones.
                let code = if code < 0 { code.wrapping_add(65_536) } else { code };
                match u16::try_from(code) {
                    Ok(unit) => self.units.push(unit),
                    Err(_) => {
                        self.units_to_text();
                        let sign = u32::try_from(code).ok().and_then(char::from_u32);
                        self.put(&sign.unwrap_or(char::REPLACEMENT_CHARACTER).to_string());
                    }
                }
                self.to_skip = self.now.instead;
            }
            Token::Word(word, number) => {
                if self.to_skip > 0 && !matches!(word, "par" | "cell" | "row" | "uc") {
                    self.to_skip -= 1;
                    return Ok(());
                }
                self.flush();
                self.word(word, number);
            }
        }
        Ok(())
    }

    fn flush(&mut self) {
        self.units_to_text();
        self.bytes_to_text();
    }

    fn bytes_to_text(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        if self.now.destination == Destination::LevelNumbers {
            self.tables.places.extend(bytes.into_iter().filter(|&byte| byte != b';'));
            return;
        }
        let text = self.fonts.decode(self.now.font, &bytes);
        self.put(&text);
    }

    fn units_to_text(&mut self) {
        if self.units.is_empty() {
            return;
        }
        let units = std::mem::take(&mut self.units);
        let text: String = char::decode_utf16(units)
            .map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER))
            .map(|sign| self.fonts.character(self.now.font, u32::from(sign)).unwrap_or(sign))
            .collect();
        self.put(&text);
    }

    /// Text for where it goes.
    fn put(&mut self, text: &str) {
        match self.now.destination {
            Destination::Body => {
                if self.now.hidden || self.now.deleted {
                    return;
                }
                if self.now.capitals {
                    self.story.text.push_str(&text.to_uppercase());
                } else {
                    self.story.text.push_str(text);
                }
            }
            Destination::Label => self.story.label.text.push_str(text),
            Destination::FontTable => self.font.1.name.push_str(text),
            Destination::Styles => self.style.2.push_str(text),
            Destination::LevelText => self.tables.text.push_str(text),
            Destination::Instruction => {
                if let Some(field) = self.fields.last_mut() {
                    field.instruction.push_str(text);
                }
            }
            Destination::Title => self.title.push_str(text),
            _ => {}
        }
    }

    fn begin(&mut self, kind: Own) {
        if self.now.destination != Destination::Body {
            return;
        }
        self.now.story = Some(kind);
        self.stories.push(std::mem::take(&mut self.story));
    }

    fn end_of_group(&mut self) {
        let outer = self.groups.last().map(|group| group.destination);
        match self.now.destination {
            // A font ends with its group or, in a table of one group, with `;`, which belongs to no name.
            Destination::FontTable => {
                let (number, mut font) = std::mem::take(&mut self.font);
                font.name = font.name.trim().trim_end_matches(';').to_owned();
                if !font.name.is_empty() || font.charset.is_some() {
                    self.fonts.fonts.insert(number, font);
                }
            }
            Destination::Styles if outer == Some(Destination::Styles) => {
                let (number, mut style, name) = std::mem::take(&mut self.style);
                style.name_of_style(name.trim().trim_end_matches(';'));
                self.styles.entry(number).or_insert(style);
            }
            Destination::LevelNumbers | Destination::LevelText => self.tables.end_of_text(),
            Destination::Label if outer != Some(Destination::Label) => {
                let label = std::mem::take(&mut self.story.label.text);
                self.story.label.text = spaced(label.trim().to_owned());
            }
            _ => {}
        }
        if let Some(kind) = self.now.story {
            self.close_last();
            let inner = std::mem::replace(&mut self.story, self.stories.pop().unwrap_or_default());
            match kind {
                Own::Box => self.story.take_in(inner),
                Own::Note => {
                    self.notes = self.notes.saturating_add(1);
                    let numerals = self.note_numerals.unwrap_or(Numerals::Decimal);
                    self.story.take_note(inner, &numerals.write(self.notes));
                }
                Own::Endnote => {
                    self.endnotes = self.endnotes.saturating_add(1);
                    self.story.take_note(inner, &Numerals::LowerRoman.write(self.endnotes));
                }
            }
        }
        if self.now.field
            && let Some(field) = self.fields.pop().filter(|field| !field.has_result)
        {
            self.now.destination = Destination::Body;
            match fields::shown(&field.instruction) {
                Some(text) => self.put(&text),
                None => self.numbers += usize::from(fields::is_number(&field.instruction)),
            }
        }
    }

    /// Ends a paragraph, unless its end is deleted, or hidden with all that is in it: then it goes on in the next.
    fn end_of_paragraph(&mut self) {
        let hidden = self.now.hidden && self.story.text.trim().is_empty();
        if self.now.destination == Destination::Body && !hidden && !self.now.deleted {
            self.close_paragraph();
        }
    }

    fn close_paragraph(&mut self) {
        self.paragraphs += 1;
        self.story.close_paragraph(&self.tables.lists, &mut self.counters);
    }

    /// Ends the last paragraph of a story, which need not have an end; there is none behind the last end.
    fn close_last(&mut self) {
        if !self.story.is_between() {
            self.close_paragraph();
        }
    }

    fn end_of_cell(&mut self) {
        self.close_paragraph();
        self.story.end_of_cell();
    }

    fn finish(mut self) -> Reading {
        while let Some(outer) = self.stories.pop() {
            self.close_last();
            let inner = std::mem::replace(&mut self.story, outer);
            self.story.take_in(inner);
        }
        self.close_last();
        let title = self.title.trim();
        let title = (!title.is_empty()).then(|| title.to_owned());
        let unread = [
            lines::unread(self.pictures, "picture", "pictures", "text in them is not read"),
            lines::unread(
                self.embedded,
                "embedded file",
                "embedded files",
                "only what is shown of them is read",
            ),
            lines::unread(
                self.numbers,
                "field with a number",
                "fields with numbers",
                "the number is not read",
            ),
        ];
        Reading {
            blocks: self.story.finish(),
            facts: Facts { title, ..Facts::default() },
            unread: unread.into_iter().flatten().collect(),
            ..Reading::default()
        }
    }
}
