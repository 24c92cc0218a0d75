//! The lists of a document ([MS-DOC] §2.9.131, §2.9.147, §2.9.150).

use crate::cfb::{u16_at, u32_at};
use crate::lists::{Instance, LEVELS, Level, Lists, Piece};
use crate::numerals::Numerals;
use crate::symbols;

use super::{Part, Streams, sprms};

/// Reads both list tables; damaged ones as far as they go.
pub(super) fn read(streams: &Streams, fonts: &[String]) -> Lists {
    let mut lists = Lists::default();
    definitions(streams, fonts, &mut lists);
    instances(streams, fonts, &mut lists);
    lists
}

fn definitions(streams: &Streams, fonts: &[String], lists: &mut Lists) -> Option<()> {
    let (bytes, mut levels) = streams.part(Part::Lists)?;
    let count = usize::from(u16_at(bytes, 0)?);
    for index in 0..count {
        let list = bytes.get(2 + index * 28..30 + index * 28)?;
        let id = u32_at(list, 0)?;
        let simple = list.get(26)? & 1 != 0;
        let mut all = Vec::new();
        for at in 0..if simple { 1 } else { LEVELS } {
            let (mut level, rest) = level(levels, fonts)?;
            levels = rest;
            let style = u16_at(list, 8 + at * 2)?;
            level.style = (style != 0x0fff).then(|| style.to_string());
            all.push(level);
        }
        lists.definitions.insert(i64::from(id), all);
    }
    Some(())
}

fn instances(streams: &Streams, fonts: &[String], lists: &mut Lists) -> Option<()> {
    let bytes = streams.bytes(Part::ListInstances);
    let count = u32_at(bytes, 0)? as usize;
    // What each changes follows behind them all.
    let mut rest = bytes.get(4 + count.checked_mul(16)?..).unwrap_or_default();
    for index in 0..count {
        let entry = bytes.get(4 + index * 16..20 + index * 16)?;
        let mut instance =
            Instance { definition: i64::from(u32_at(entry, 0)?), ..Instance::default() };
        rest = rest.get(4..).unwrap_or_default();
        for _ in 0..*entry.get(12)? {
            let (Some(start), Some(flags)) = (u32_at(rest, 0), u32_at(rest, 4)) else { break };
            rest = rest.get(8..).unwrap_or_default();
            let at = (flags & 0xf) as usize;
            if flags & 0x20 != 0 {
                let Some((level, after)) = level(rest, fonts) else { break };
                rest = after;
                if flags & 0x10 != 0 {
                    instance.starts.insert(at, level.start);
                }
                instance.levels.insert(at, level);
            } else if flags & 0x10 != 0 {
                instance.starts.insert(at, start);
            }
        }
        lists.instances.insert(i64::try_from(index).ok()? + 1, instance);
    }
    Some(())
}

/// A level and what follows it.
fn level<'a>(bytes: &'a [u8], fonts: &[String]) -> Option<(Level, &'a [u8])> {
    let flags = *bytes.get(5)?;
    let numerals = Numerals::coded(u32::from(*bytes.get(4)?));
    let characters = usize::from(*bytes.get(24)?);
    let paragraphs = usize::from(*bytes.get(25)?);
    let places = bytes.get(6..15)?;
    let properties = bytes.get(28 + paragraphs..28 + paragraphs + characters)?;
    let text = bytes.get(28 + paragraphs + characters..)?;
    let length = usize::from(u16_at(text, 0)?);
    let units: Vec<u16> = (0..length).filter_map(|index| u16_at(text, 2 + index * 2)).collect();
    let rest = text.get(2 + length * 2..)?;
    let mut font = "";
    let mut hidden = false;
    for (code, operand) in sprms(properties) {
        match code {
            0x4a4f => font = fonts.get(usize::from(u16_at(operand, 0)?)).map_or("", String::as_str),
            0x083c => hidden = operand.first() == Some(&1),
            _ => {}
        }
    }
    let level = Level {
        start: u32_at(bytes, 0)?,
        numerals,
        text: pieces(&units, places, numerals, font),
        close: bytes.get(15) == Some(&2),
        // Bit 3: the level starts again after those that byte 26 counts.
        restart: (flags & 0x08 != 0).then(|| u32::from(bytes.get(26).copied().unwrap_or(0))),
        legal: flags & 0x04 != 0,
        hidden,
        style: None,
    };
    Some((level, rest))
}

fn pieces(units: &[u16], places: &[u8], numerals: Numerals, font: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal: Vec<u16> = Vec::new();
    let text = |literal: &mut Vec<u16>| {
        let text = String::from_utf16_lossy(&std::mem::take(literal));
        if numerals != Numerals::Bullet {
            return text;
        }
        let text = symbols::mapped(font, &text);
        text.chars().map(|sign| symbols::guessed(sign).unwrap_or(sign)).collect()
    };
    for (at, &unit) in units.iter().enumerate() {
        let placed = u8::try_from(at + 1).is_ok_and(|at| places.contains(&at));
        if unit < 9 && placed {
            if !literal.is_empty() {
                pieces.push(Piece::Literal(text(&mut literal)));
            }
            pieces.push(Piece::Number(usize::from(unit)));
        } else {
            literal.push(unit);
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(text(&mut literal)));
    }
    pieces
}
