//! The list tables (specification 1.9.1, "List Tables"), for paragraphs that do not bring their number as text.

use crate::lists::{Instance, LEVELS, Level, Lists, Piece};
use crate::numerals::Numerals;

/// The list tables while they are read, word by word.
#[derive(Clone, Debug, Default)]
pub(super) struct ListTables {
    pub(super) lists: Lists,
    levels: Vec<Level>,
    instance: Instance,
    change: Option<usize>,
    /// The text of a label: its characters, and the places of numbers in it, both with their count in front.
    pub(super) text: String,
    pub(super) places: Vec<u8>,
}

impl ListTables {
    /// A control word of the list table.
    pub(super) fn list_word(&mut self, word: &str, number: Option<i32>) {
        let value = u32::try_from(number.unwrap_or(0)).unwrap_or(0);
        match word {
            "list" => {
                self.levels.clear();
            }
            "listlevel" if self.levels.len() < LEVELS => {
                self.levels.push(Level::default());
                self.text.clear();
                self.places.clear();
            }
            "listid" => {
                let levels = std::mem::take(&mut self.levels);
                self.lists.definitions.insert(i64::from(number.unwrap_or(0)), levels);
            }
            _ => {
                let Some(level) = self.levels.last_mut() else { return };
                match word {
                    "levelnfc" | "levelnfcn" => level.numerals = Numerals::coded(value),
                    "levelstartat" => level.start = value,
                    "levelfollow" => level.close = value == 2,
                    "levellegal" => level.legal = number != Some(0),
                    "levelnorestart" if number != Some(0) => level.restart = Some(0),
                    _ => {}
                }
            }
        }
    }

    /// The end of a level's group of text or places: makes the label.
    pub(super) fn end_of_text(&mut self) {
        let (Some(level), false) = (self.levels.last_mut(), self.text.is_empty()) else { return };
        let mut pieces = Vec::new();
        let mut literal = String::new();
        // The first character is the length; places count from the one behind it, and a `;` ends the text.
        let length = self.text.chars().next().map_or(0, |sign| u32::from(sign) as usize);
        for (at, sign) in self.text.chars().enumerate().skip(1).take(length) {
            let code = u32::from(sign);
            let placed = u8::try_from(at).is_ok_and(|at| self.places.contains(&at));
            if code < 9 && placed {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Number(code as usize));
            } else if code >= 0x20 {
                literal.push(sign);
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        level.text = pieces;
    }

    /// A control word of the override table.
    pub(super) fn override_word(&mut self, word: &str, number: Option<i32>) {
        match word {
            "listoverride" => {
                self.instance = Instance::default();
                self.change = None;
            }
            "listid" => self.instance.definition = i64::from(number.unwrap_or(0)),
            "lfolevel" => self.change = Some(self.change.map_or(0, |level| level + 1)),
            "levelstartat" => {
                if let Some(level) = self.change {
                    self.instance
                        .starts
                        .insert(level, u32::try_from(number.unwrap_or(1)).unwrap_or(1));
                }
            }
            "ls" => {
                self.lists
                    .instances
                    .insert(i64::from(number.unwrap_or(0)), std::mem::take(&mut self.instance));
            }
            _ => {}
        }
    }
}
