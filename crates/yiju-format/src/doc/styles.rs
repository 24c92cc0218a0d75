//! What of the styles changes the text ([MS-DOC] §2.9.271).

use crate::cfb::u16_at;

use super::sprms;

/// How many styles may be based on each other.
const CHAIN: usize = 32;

/// No style.
const NONE: u16 = 0x0fff;

/// What is said of a paragraph.
#[derive(Clone, Debug, Default)]
pub(super) struct Paragraph {
    pub(super) list: Option<u16>,
    pub(super) level: Option<u8>,
    pub(super) outline: Option<u8>,
    pub(super) in_table: bool,
    pub(super) row_end: bool,
    pub(super) inner_row_end: bool,
}

impl Paragraph {
    /// Takes properties in; what comes later goes before what was there.
    pub(super) fn apply(&mut self, properties: &[u8]) {
        for (code, operand) in sprms(properties) {
            let byte = operand.first().copied().unwrap_or(0);
            match code {
                0x260a => self.level = Some(byte),
                0x460b => self.list = u16_at(operand, 0),
                0x2640 => self.outline = Some(byte),
                0x2416 => self.in_table = byte != 0,
                0x2417 => self.row_end = byte != 0,
                0x244c => self.inner_row_end = byte != 0,
                // The depth of tables; in 0 there is none.
                0x6649 if operand.iter().any(|&byte| byte != 0) => self.in_table = true,
                _ => {}
            }
        }
    }
}

/// What is said of characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Characters {
    pub(super) hidden: bool,
    pub(super) deleted: bool,
    pub(super) special: bool,
    /// Of the end of a paragraph: whether another goes on in its line.
    pub(super) joins: bool,
    pub(super) capitals: bool,
    /// A symbol: its font and code.
    pub(super) symbol: Option<(u16, u16)>,
    /// The font.
    pub(super) font: Option<u16>,
}

impl Characters {
    /// Takes properties in. A switch of 0x80 or 0x81 is as the style has it, or the other way (§2.2.2, ToggleOperand).
    pub(super) fn apply(&mut self, properties: &[u8], styles: &Styles, style: &Self) {
        for (code, operand) in sprms(properties) {
            let byte = operand.first().copied().unwrap_or(0);
            let switch = |of_style: bool| match byte {
                0x80 => of_style,
                0x81 => !of_style,
                byte => byte != 0,
            };
            match code {
                0x0800 => self.deleted = byte != 0,
                0x083c => self.hidden = switch(style.hidden),
                0x0818 => self.joins = byte != 0,
                0x083b => self.capitals = switch(style.capitals),
                0x0855 => self.special = byte != 0,
                0x4a4f => self.font = u16_at(operand, 0),
                0x6a09 => self.symbol = u16_at(operand, 0).zip(u16_at(operand, 2)),
                0x4a30 => {
                    let of_style = styles.characters(u16_at(operand, 0).unwrap_or(NONE));
                    self.hidden |= of_style.hidden;
                    self.capitals |= of_style.capitals;
                }
                _ => {}
            }
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Style {
    base: u16,
    built_in: u16,
    paragraph: Vec<u8>,
    characters: Vec<u8>,
}

/// The styles of a document by their numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles(Vec<Option<Style>>);

impl Styles {
    /// Reads the style sheet; a damaged one as far as it goes.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut styles = Vec::new();
        let head = usize::from(u16_at(bytes, 0).unwrap_or(0));
        let fixed = usize::from(u16_at(bytes, 4).unwrap_or(10));
        let mut rest = bytes.get(2 + head..).unwrap_or_default();
        while let Some(size) = u16_at(rest, 0) {
            let size = usize::from(size);
            let Some(entry) = rest.get(2..2 + size) else { break };
            styles.push(style(entry, fixed));
            rest = rest.get(2 + size + size % 2..).unwrap_or_default();
        }
        Self(styles)
    }

    fn chain(&self, style: u16) -> Vec<(u16, &Style)> {
        let mut chain = Vec::new();
        let mut next = style;
        while chain.len() < CHAIN
            && let Some(Some(style)) = self.0.get(usize::from(next))
        {
            chain.push((next, style));
            next = style.base;
        }
        chain
    }

    /// What a style says of paragraphs, and the number of the style that names the list.
    pub(super) fn paragraph(&self, style: u16) -> (Paragraph, Option<u16>) {
        let mut paragraph = Paragraph::default();
        let mut list_style = None;
        for (number, style) in self.chain(style).into_iter().rev() {
            // Headings and the title are known by their number in every language (§2.9.265).
            match style.built_in {
                level @ 1..=9 => paragraph.outline = u8::try_from(level - 1).ok(),
                62 => paragraph.outline = Some(0),
                _ => {}
            }
            let before = paragraph.list;
            paragraph.list = None;
            paragraph.apply(&style.paragraph);
            if paragraph.list.is_some() {
                list_style = Some(number);
            }
            paragraph.list = paragraph.list.or(before);
        }
        (paragraph, list_style)
    }

    /// What a style says of characters.
    pub(super) fn characters(&self, style: u16) -> Characters {
        let mut characters = Characters::default();
        for (_, style) in self.chain(style).into_iter().rev() {
            for (code, operand) in sprms(&style.characters) {
                match code {
                    0x083c => characters.hidden = operand.first() == Some(&1),
                    0x083b => characters.capitals = operand.first() == Some(&1),
                    0x4a4f => characters.font = u16_at(operand, 0),
                    _ => {}
                }
            }
        }
        characters
    }
}

fn style(entry: &[u8], fixed: usize) -> Option<Style> {
    let built_in = u16_at(entry, 0)? & 0x0fff;
    let kind = u16_at(entry, 2)?;
    let (kind, base) = (kind & 0xf, kind >> 4);
    let name = usize::from(u16_at(entry, fixed)?);
    let mut at = fixed + 2 + name * 2 + 2;
    let mut next = || {
        let size = usize::from(u16_at(entry, at)?);
        let bytes = entry.get(at + 2..at + 2 + size)?;
        at += 2 + size + size % 2;
        Some(bytes.to_vec())
    };
    let mut style = Style { base, built_in, ..Style::default() };
    match kind {
        // A paragraph style has the properties of paragraphs, behind its own number, and of characters.
        1 => {
            style.paragraph = next().unwrap_or_default().get(2..).unwrap_or_default().to_vec();
            style.characters = next().unwrap_or_default();
        }
        2 => style.characters = next().unwrap_or_default(),
        _ => {}
    }
    Some(style)
}
