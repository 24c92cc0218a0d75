//! Paragraphs, tables, notes and boxes of a document, from its characters in order.

use std::collections::HashMap;
use std::ops::Range;

use crate::block::{Block, TextRole};
use crate::cfb::{u16_at, u32_at};
use crate::clock::Clock;
use crate::grid::{Join, Piece};
use crate::lines::{self, BREAK, Content};
use crate::lists::{Counters, Label, Lists};
use crate::numerals::Numerals;
use crate::{FormatError, fields, symbols};

use super::pieces::Text;
use super::styles::{Characters, Paragraph, Styles};
use super::{Part, Runs, Streams, fonts, lists, places, sprms};

/// Edges of cells that are nearer than this, in twentieths of a point, are one.
const NEAR: i32 = 20;

/// A note: its text's places, and whether its number is automatic.
#[derive(Clone, Debug)]
struct Note {
    text: Range<usize>,
    automatic: bool,
    end: bool,
}

/// A document that is being read.
pub(super) struct Document<'a> {
    text: &'a Text,
    clock: Clock,
    characters: Runs,
    paragraphs: Runs,
    styles: Styles,
    fonts: Vec<String>,
    lists: Lists,
    counters: Counters,
    /// Notes by the place of their reference, and boxes by that of their shape.
    notes: HashMap<usize, Note>,
    boxes: HashMap<usize, Vec<Range<usize>>>,
    /// Boxes whose shape is in a group, so that its place is not known.
    loose: Vec<Range<usize>>,
    main: usize,
    foot_count: u32,
    end_count: u32,
    pictures: usize,
    numbers: usize,
}

impl<'a> Document<'a> {
    /// `counts` are the numbers of characters of main text, footnotes, headers, macros, comments, endnotes and boxes.
    pub(super) fn new(
        streams: &'a Streams,
        text: &'a Text,
        counts: &[usize],
        clock: Clock,
    ) -> Self {
        let before = |parts: usize| {
            counts.iter().take(parts).fold(0_usize, |all, count| all.saturating_add(*count))
        };
        let fonts = fonts::read(streams.bytes(Part::Fonts));
        let mut document = Self {
            text,
            clock,
            characters: Runs::read(streams, Part::CharacterRuns),
            paragraphs: Runs::read(streams, Part::ParagraphRuns),
            styles: Styles::read(streams.bytes(Part::Styles)),
            lists: lists::read(streams, &fonts),
            fonts,
            counters: Counters::default(),
            notes: HashMap::new(),
            boxes: HashMap::new(),
            loose: Vec::new(),
            main: before(1),
            foot_count: 0,
            end_count: 0,
            pictures: 0,
            numbers: 0,
        };
        document.read_notes(
            streams,
            [Part::FootnoteReferences, Part::FootnoteTexts],
            before(1),
            false,
        );
        document.read_notes(
            streams,
            [Part::EndnoteReferences, Part::EndnoteTexts],
            before(5),
            true,
        );
        document.read_boxes(streams, before(6));
        document
    }

    fn read_notes(&mut self, streams: &Streams, parts: [Part; 2], start: usize, end: bool) {
        let [references, texts] = parts.map(|part| streams.bytes(part));
        let (at, kinds) = places(references, 2);
        let (texts, _) = places(texts, 0);
        for (index, at) in at.iter().take(at.len().saturating_sub(1)).enumerate() {
            let (Some(from), Some(to)) = (texts.get(index), texts.get(index + 1)) else { break };
            let text = start.saturating_add(*from as usize)..start.saturating_add(*to as usize);
            let automatic = u16_at(kinds, index * 2).is_none_or(|kind| kind != 0);
            self.notes.insert(*at as usize, Note { text, automatic, end });
        }
    }

    fn read_boxes(&mut self, streams: &Streams, start: usize) {
        let (shapes, data) = places(streams.bytes(Part::Shapes), 26);
        let shape = |index: usize| u32_at(data, index * 26);
        let anchors: HashMap<u32, usize> = shapes
            .iter()
            .enumerate()
            .filter_map(|(index, at)| Some((shape(index)?, *at as usize)))
            .collect();
        let (texts, data) = places(streams.bytes(Part::BoxTexts), 22);
        // The last entry is an end mark (§2.8.32).
        for (index, pair) in texts.windows(2).enumerate().take(texts.len().saturating_sub(2)) {
            let &[from, to] = pair else { continue };
            let text = start.saturating_add(from as usize)..start.saturating_add(to as usize);
            match u32_at(data, index * 22 + 14).and_then(|shape| anchors.get(&shape)) {
                Some(&at) => self.boxes.entry(at).or_default().push(text),
                None => self.loose.push(text),
            }
        }
    }

    /// The blocks, and sentences on what was not read.
    pub(super) fn read(mut self) -> Result<(Vec<Block>, Vec<String>), FormatError> {
        let mut blocks = self.story(0..self.main, true)?;
        for text in std::mem::take(&mut self.loose) {
            blocks.extend(self.story(text, false)?);
        }
        let unread = [
            lines::unread(self.pictures, "picture", "pictures", "text in them is not read"),
            lines::unread(
                self.numbers,
                "field with a number",
                "fields with numbers",
                "the number is not read",
            ),
        ];
        Ok((blocks, unread.into_iter().flatten().collect()))
    }

    fn story(&mut self, range: Range<usize>, main: bool) -> Result<Vec<Block>, FormatError> {
        let text = self.text;
        let end = range.end.min(text.units.len());
        let mut story = Story::default();
        let mut run: Option<(Range<u32>, usize, Characters)> = None;
        for place in range.start.min(end)..end {
            if place % 65_536 == 0 {
                self.clock.check()?;
            }
            let Some(unit) = text.units.get(place) else { break };
            let known = run.as_ref().filter(|(range, paragraph, _)| {
                range.contains(&unit.at)
                    && *paragraph == story.paragraphs
                    && text.change(place).is_empty()
            });
            let characters = match known {
                Some((_, _, characters)) => *characters,
                None => {
                    let (range, characters) = self.characters_at(place, unit.at, &mut story);
                    run = Some((range, story.paragraphs, characters));
                    characters
                }
            };
            self.unit(unit.code, place, characters, &mut story, main)?;
        }
        // A paragraph without an end, as the last one of a damaged file or in a box.
        if !story.units.is_empty() || !story.after.is_empty() {
            self.close_paragraph(end.saturating_sub(1), &mut story);
        }
        story.end_of_table();
        Ok(story.blocks)
    }

    fn characters_at(&self, place: usize, at: u32, story: &mut Story) -> (Range<u32>, Characters) {
        // The style of the paragraph, which is the one of its end, stands in the run that covers all of it.
        let style = self.paragraphs.at(at).map_or(0, |run| run.style);
        if story.style.is_none_or(|(known, _)| known != style) {
            story.style = Some((style, self.styles.characters(style)));
        }
        let of_style = story.style.map(|(_, characters)| characters).unwrap_or_default();
        let mut characters = of_style;
        let mut range = at..at.saturating_add(1);
        if let Some(run) = self.characters.at(at) {
            characters.apply(&run.properties, &self.styles, &of_style);
            range = at..run.to;
        }
        characters.apply(self.text.change(place), &self.styles, &of_style);
        (range, characters)
    }

    fn unit(
        &mut self,
        code: u16,
        place: usize,
        characters: Characters,
        story: &mut Story,
        main: bool,
    ) -> Result<(), FormatError> {
        let gone = characters.deleted || characters.hidden;
        match code {
            // Fields (§2.8.25): begin, separator, end.
            0x13 => story.fields.push((Vec::new(), false)),
            0x14 => {
                if let Some((_, shown)) = story.fields.last_mut() {
                    *shown = true;
                }
            }
            0x15 => {
                if let Some((instruction, false)) = story.fields.pop().filter(|_| !gone) {
                    let instruction = String::from_utf16_lossy(&instruction);
                    match fields::shown(&instruction) {
                        Some(text) if story.showing() => story.units.extend(text.encode_utf16()),
                        Some(_) => {}
                        None => self.numbers += usize::from(fields::is_number(&instruction)),
                    }
                }
            }
            // A deleted end of a paragraph joins it with the next, and so does one that is hidden with all before it, or
            // that only parts two styles in a line.
            0x0d if characters.deleted || characters.joins => {}
            0x0d if characters.hidden && story.units.is_empty() => {}
            0x07 if characters.deleted => self.close_cell(place, story, true),
            0x07 => self.close_cell(place, story, false),
            0x0d | 0x0c => self.close_paragraph(place, story),
            _ if gone => {}
            code if !story.showing() => {
                if let Some((instruction, false)) = story.fields.last_mut() {
                    instruction.push(code);
                }
            }
            0x01 if characters.special => self.pictures += 1,
            0x02 if characters.special => self.note(place, story, main)?,
            0x08 if characters.special => {
                for text in self.boxes.remove(&place).unwrap_or_default() {
                    let blocks = self.story(text, false)?;
                    story.after.extend(blocks);
                }
            }
            // Comments have a mark of their own.
            0x00..=0x08 | 0x0e..=0x12 | 0x16..=0x1d | 0x1f => {}
            0x09 => story.units.push(0x20),
            0x0b => story.units.push(BREAK as u16),
            0x1e => story.units.push(u16::from(b'-')),
            code => {
                if let Some((font, code)) = characters.symbol.filter(|_| characters.special) {
                    let sign = self.symbol(Some(font), code).or(char::from_u32(u32::from(code)));
                    story.push(sign.unwrap_or(char::REPLACEMENT_CHARACTER));
                } else if let Some(sign) = self.symbol(characters.font, code) {
                    story.push(sign);
                } else if characters.capitals
                    && let Some(sign) = char::from_u32(u32::from(code))
                {
                    sign.to_uppercase().for_each(|sign| story.push(sign));
                } else {
                    story.units.push(code);
                }
                // A note with a mark of the author's is found by the mark's place.
                if main && self.notes.get(&place).is_some_and(|note| !note.automatic) {
                    self.note(place, story, main)?;
                }
            }
        }
        Ok(())
    }

    fn symbol(&self, font: Option<u16>, code: u16) -> Option<char> {
        let name =
            font.and_then(|font| self.fonts.get(usize::from(font))).map_or("", String::as_str);
        if symbols::is_symbol_font(name) {
            return symbols::symbol(name, u32::from(code));
        }
        char::from_u32(u32::from(code)).and_then(symbols::guessed)
    }

    fn note(&mut self, place: usize, story: &mut Story, main: bool) -> Result<(), FormatError> {
        // In the note itself the mark stands in front, and is known.
        let Some(note) = self.notes.remove(&place).filter(|_| main) else { return Ok(()) };
        let mut mark = String::new();
        if note.automatic {
            let (count, numerals) = if note.end {
                (&mut self.end_count, Numerals::LowerRoman)
            } else {
                (&mut self.foot_count, Numerals::Decimal)
            };
            *count = count.saturating_add(1);
            mark = lines::mark(&numerals.write(*count));
        }
        story.units.extend(mark.encode_utf16());
        let mut after = Vec::new();
        let text = lines::cell(self.story(note.text, false)?, &mut after);
        let label = if mark.is_empty() { mark } else { format!("{mark} ") };
        lines::paragraph(TextRole::Note, &label, &text, &mut story.after);
        story.after.append(&mut after);
        Ok(())
    }

    /// What is said of the paragraph whose end is at a place, its own properties, and the style that names its list.
    fn paragraph_at(&self, place: usize) -> (Paragraph, Option<u16>, Vec<u8>) {
        let run = self.text.units.get(place).and_then(|unit| self.paragraphs.at(unit.at));
        let (mut style, mut properties) =
            run.map_or((0, Vec::new()), |run| (run.style, run.properties.clone()));
        properties.extend_from_slice(self.text.change(place));
        // A change can give another style.
        for (code, operand) in sprms(&properties) {
            if code == 0x4600 {
                style = u16_at(operand, 0).unwrap_or(style);
            }
        }
        let (mut paragraph, mut list_style) = self.styles.paragraph(style);
        let of_style = paragraph.list.take();
        paragraph.apply(&properties);
        match paragraph.list {
            Some(_) => list_style = None,
            None => paragraph.list = of_style,
        }
        (paragraph, list_style, properties)
    }

    fn close_paragraph(&mut self, place: usize, story: &mut Story) {
        let (paragraph, list_style, _) = self.paragraph_at(place);
        self.add_paragraph(&paragraph, list_style, story);
    }

    fn add_paragraph(&mut self, paragraph: &Paragraph, list_style: Option<u16>, story: &mut Story) {
        story.paragraphs += 1;
        let text = String::from_utf16_lossy(&std::mem::take(&mut story.units));
        let mut label = Label::default();
        // Numbers above 2046 take a paragraph out of its list (§2.6.2, sprmPIlfo).
        if let Some(list) = paragraph.list.filter(|list| (1..=2046).contains(list)) {
            let list = i64::from(list);
            let linked =
                list_style.and_then(|style| self.lists.level_of_style(list, &style.to_string()));
            let level = linked.unwrap_or(usize::from(paragraph.level.unwrap_or(0)));
            label = self.counters.next(&self.lists, list, level).unwrap_or_default();
        }
        if !label.numbered && text.trim().is_empty() {
            label = Label::default();
        }
        let role = match paragraph.outline.filter(|&level| level < 9) {
            Some(level) => TextRole::Heading(level + 1),
            None if label.text.is_empty() => TextRole::Paragraph,
            None => TextRole::Item,
        };
        let mut blocks = Vec::new();
        lines::paragraph(role, &label.text, &text, &mut blocks);
        blocks.append(&mut story.after);
        if paragraph.in_table || !story.cells.is_empty() {
            story.cell.append(&mut blocks);
        } else {
            story.end_of_table();
            story.blocks.append(&mut blocks);
        }
    }

    fn close_cell(&mut self, place: usize, story: &mut Story, deleted: bool) {
        let (paragraph, list_style, properties) = self.paragraph_at(place);
        if paragraph.row_end {
            story.units.clear();
            story.end_of_row(&properties, deleted);
            return;
        }
        self.add_paragraph(&Paragraph { in_table: true, ..paragraph }, list_style, story);
        story.cells.push(std::mem::take(&mut story.cell));
    }
}

/// A run of paragraphs and tables that is being read.
#[derive(Debug, Default)]
struct Story {
    units: Vec<u16>,
    after: Vec<Block>,
    blocks: Vec<Block>,
    cell: Vec<Block>,
    cells: Vec<Vec<Block>>,
    rows: Vec<Vec<Content>>,
    header_rows: usize,
    fields: Vec<(Vec<u16>, bool)>,
    /// How many paragraphs are done, and the style of the current one.
    paragraphs: usize,
    style: Option<(u16, Characters)>,
}

impl Story {
    fn showing(&self) -> bool {
        self.fields.iter().all(|(_, shown)| *shown)
    }

    fn push(&mut self, sign: char) {
        self.units.extend_from_slice(sign.encode_utf16(&mut [0; 2]));
    }

    /// Ends a row, whose properties define its cells (§2.9.317).
    fn end_of_row(&mut self, properties: &[u8], deleted: bool) {
        let cells = std::mem::take(&mut self.cells);
        if deleted || cells.is_empty() {
            return;
        }
        let mut edges: Vec<i32> = Vec::new();
        let mut flags: Vec<u16> = Vec::new();
        let mut header = false;
        for (code, operand) in sprms(properties) {
            match code {
                0xd608 => {
                    let count = operand.get(2).map_or(0, |&count| usize::from(count));
                    let edge = |index: usize| {
                        u16_at(operand, 3 + index * 2).map(u16::cast_signed).map(i32::from)
                    };
                    edges = (0..=count).map_while(edge).collect();
                    let cell = |index: usize| u16_at(operand, 3 + (count + 1) * 2 + index * 20);
                    flags = (0..count).map_while(cell).collect();
                }
                0x3404 => header = operand.first() == Some(&1),
                // A cell's merging, said apart: 1 goes on from above, 3 begins.
                0xd62b => {
                    if let (Some(&cell), Some(&merge)) = (operand.get(1), operand.get(2))
                        && let Some(flag) = flags.get_mut(usize::from(cell))
                    {
                        *flag = (*flag & !0x60) | (u16::from(merge & 3) << 5);
                    }
                }
                _ => {}
            }
        }
        let mut row: Vec<Content> = Vec::with_capacity(cells.len());
        let mut at = edges.first().copied().unwrap_or(0);
        for (index, mut blocks) in cells.into_iter().enumerate() {
            let right = edges.get(index + 1).copied().unwrap_or(at.saturating_add(1000)).max(at);
            let flag = flags.get(index).copied().unwrap_or(0);
            match row.last_mut() {
                // Bit 1: merged with the cell before; bits 5 and 6: with the one above, and the first of those.
                Some((before, all)) if flag & 0x02 != 0 => {
                    before.to = right;
                    all.append(&mut blocks);
                }
                _ => {
                    let join = if flag & 0x60 == 0x20 { Join::Above } else { Join::Own };
                    row.push((Piece { from: at, to: right, join, ..Piece::default() }, blocks));
                }
            }
            at = right;
        }
        if header && self.header_rows == self.rows.len() {
            self.header_rows += 1;
        }
        self.rows.push(row);
    }

    fn end_of_table(&mut self) {
        let rest = std::mem::take(&mut self.cell);
        if !rest.is_empty() {
            self.cells.push(rest);
        }
        if !self.cells.is_empty() {
            self.end_of_row(&[], false);
        }
        let rows = std::mem::take(&mut self.rows);
        let header_rows = std::mem::take(&mut self.header_rows);
        if !rows.is_empty() {
            lines::add_table(rows, header_rows, NEAR, &mut self.blocks);
        }
    }
}
