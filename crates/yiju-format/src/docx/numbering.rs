//! The lists of a document (§17.9).

use std::collections::HashMap;

use crate::FormatError;
use crate::lists::{Instance, LEVELS, Level, Lists, Piece};
use crate::numerals::Numerals;
use crate::symbols;
use crate::xml::{Event, Ns, Tag, Xml};

use super::styles::{Characters, Styles, on};

/// The numbering part as it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbering {
    lists: Lists,
    /// Definitions that only name a numbering style, whose list has the definition (§17.9.21).
    by_style: HashMap<i64, String>,
}

impl Numbering {
    /// The lists with what numbering styles stand for.
    pub(super) fn resolve(mut self, styles: &Styles) -> Lists {
        for (definition, style) in &self.by_style {
            let real = styles.list(style).and_then(|list| self.lists.instances.get(&list));
            let Some(real) = real.map(|instance| instance.definition) else { continue };
            // The list counts on with the one that has the definition.
            for instance in
                self.lists.instances.values_mut().filter(|i| i.definition == *definition)
            {
                instance.definition = real;
            }
        }
        self.lists
    }
}

/// Reads the numbering part.
pub(super) fn read(xml: &mut Xml<'_>) -> Result<Numbering, FormatError> {
    let mut numbering = Numbering::default();
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Word, "abstractNum") => {
                let id = tag.number("abstractNumId").unwrap_or(-1);
                let (levels, style) = definition(xml)?;
                if let Some(style) = style {
                    numbering.by_style.insert(id, style);
                }
                numbering.lists.definitions.insert(id, levels);
            }
            Event::Start(tag) if tag.is(Ns::Word, "num") => {
                let id = tag.number("numId").unwrap_or(-1);
                let instance = instance(xml)?;
                numbering.lists.instances.insert(id, instance);
            }
            Event::Done => return Ok(numbering),
            _ => {}
        }
    }
}

fn definition(xml: &mut Xml<'_>) -> Result<(Vec<Level>, Option<String>), FormatError> {
    let mut levels = Vec::new();
    let mut style = None;
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "lvl") => {
                let at = tag.number("ilvl").unwrap_or(levels.len());
                let level = level(xml)?;
                if at < LEVELS {
                    if levels.len() <= at {
                        levels.resize(at + 1, Level::default());
                    }
                    if let Some(place) = levels.get_mut(at) {
                        *place = level;
                    }
                }
            }
            (Ns::Word, "numStyleLink") => {
                style = tag.get("val").map(str::to_owned);
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    Ok((levels, style))
}

fn instance(xml: &mut Xml<'_>) -> Result<Instance, FormatError> {
    let mut instance = Instance::default();
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "abstractNumId") => {
                instance.definition = tag.number("val").unwrap_or(-1);
                xml.skip()?;
            }
            (Ns::Word, "lvlOverride") => {
                let at: usize = tag.number("ilvl").unwrap_or(0);
                while let Some(tag) = xml.child()? {
                    match (tag.ns, tag.name.as_str()) {
                        (Ns::Word, "startOverride") => {
                            instance.starts.insert(at, tag.number("val").unwrap_or(1));
                            xml.skip()?;
                        }
                        (Ns::Word, "lvl") => {
                            let level = level(xml)?;
                            instance.levels.insert(at, level);
                        }
                        _ => xml.skip()?,
                    }
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(instance)
}

fn level(xml: &mut Xml<'_>) -> Result<Level, FormatError> {
    let mut level = Level::default();
    let mut text = String::new();
    let mut characters = Characters::default();
    let mut format_seen = false;
    while let Some(tag) = xml.child()? {
        let mut inside = false;
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "start") => level.start = tag.number("val").unwrap_or(1),
            (Ns::Word, "numFmt") => {
                format_seen = true;
                level.numerals = numerals(&tag);
            }
            // The elements of a level have one order, in which this one follows the format (§A.1, CT_Lvl). One that
            // stands elsewhere is not valid and not heeded; office suites then count as if it were not there.
            (Ns::Word, "lvlRestart") if format_seen => level.restart = tag.number("val"),
            (Ns::Word, "pStyle") => level.style = tag.get("val").map(str::to_owned),
            (Ns::Word, "isLgl") => level.legal = on(&tag),
            (Ns::Word, "suff") => level.close = tag.get("val") == Some("nothing"),
            (Ns::Word, "lvlText") => text = tag.get("val").unwrap_or_default().to_owned(),
            (Ns::Word, "rPr") => {
                while let Some(tag) = xml.child()? {
                    characters.property(&tag, xml)?;
                }
                inside = true;
            }
            (Ns::Compatible, "AlternateContent") => {
                // Formats that old readers do not know come as a choice, whose first is the real one.
                if let Some(tag) = alternate(xml)? {
                    format_seen = true;
                    level.numerals = numerals(&tag);
                }
                inside = true;
            }
            _ => {}
        }
        if !inside {
            xml.skip()?;
        }
    }
    level.hidden = characters.hidden == Some(true);
    level.text = pieces(&text, level.numerals, characters.font.as_deref());
    Ok(level)
}

/// The first `w:numFmt` in a choice, whose start tag was read last.
fn alternate(xml: &mut Xml<'_>) -> Result<Option<Tag>, FormatError> {
    let mut found = None;
    let mut open = 1_usize;
    while open > 0 {
        match xml.next()? {
            Event::Start(tag) => {
                open += 1;
                if found.is_none() && tag.is(Ns::Word, "numFmt") {
                    found = Some(tag);
                }
            }
            Event::End => open -= 1,
            Event::Text(_) => {}
            Event::Done => break,
        }
    }
    Ok(found)
}

fn numerals(tag: &Tag) -> Numerals {
    match (tag.get("val"), tag.get("format")) {
        // A format of its own: so far Word makes these two, 01, 02, 03 and with more noughts.
        (Some("custom"), Some(format)) if format.starts_with('0') => Numerals::DecimalZero,
        (Some(name), _) => Numerals::named(name),
        (None, _) => Numerals::Decimal,
    }
}

/// `第%1章` in pieces (§17.9.11).
fn pieces(text: &str, numerals: Numerals, font: Option<&str>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let level = match (sign, signs.peek().and_then(|next| next.to_digit(10))) {
            ('%', Some(level @ 1..=9)) => level as usize - 1,
            _ => {
                literal.push(sign);
                continue;
            }
        };
        signs.next();
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(Piece::Number(level));
    }
    if !literal.is_empty() {
        if numerals == Numerals::Bullet {
            literal = bullet(&literal, font);
        }
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

/// A bullet as Unicode has it.
fn bullet(text: &str, font: Option<&str>) -> String {
    let text = font.map_or(text.to_owned(), |font| symbols::mapped(font, text));
    text.chars().map(|sign| symbols::guessed(sign).unwrap_or(sign)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_taken_to_pieces() {
        let literal = |text: &str| Piece::Literal(text.to_owned());
        assert_eq!(
            pieces("第%1章 100%", Numerals::Decimal, None),
            [literal("第"), Piece::Number(0), literal("章 100%")]
        );
        assert_eq!(
            pieces("%1.%2", Numerals::Decimal, None),
            [Piece::Number(0), literal("."), Piece::Number(1)]
        );
        assert_eq!(pieces("\u{f0b7}", Numerals::Bullet, Some("Symbol")), [literal("•")]);
        assert_eq!(pieces("\u{f0d8}", Numerals::Bullet, Some("Wingdings")), [literal("➢")]);
    }
}
