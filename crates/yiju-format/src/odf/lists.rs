//! The numbers of lists and headings while a text is read (ODF part 3 §5.3, §19.880).

use std::collections::HashMap;

use crate::lists::{Label, Level, Piece, spaced};
use crate::numerals::Numerals;

use super::styles::{DEEPEST, Styles};

/// The last number of each level.
pub(super) type Numbers = [Option<u32>; DEEPEST];

/// A list that is open.
#[derive(Clone, Debug)]
pub(super) struct OpenList {
    /// Its style.
    pub(super) style: String,
    /// Its numbers, shared by its levels.
    numbers: Numbers,
    id: String,
}

/// All lists of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    /// The open outermost list.
    pub(super) open: Option<OpenList>,
    by_id: HashMap<String, Numbers>,
    by_style: HashMap<String, Numbers>,
    outline: Numbers,
}

impl Lists {
    /// Opens an outermost list. It goes on from the one that it names or, where it says so, from the last of its style;
    /// otherwise it starts anew (§19.780, §19.781).
    pub(super) fn open(&mut self, style: &str, id: &str, goes_on: Option<&str>, continues: bool) {
        let numbers = match goes_on {
            Some(other) => self.by_id.get(other),
            None if continues => self.by_style.get(style),
            None => None,
        };
        let numbers = numbers.copied().unwrap_or_default();
        self.open = Some(OpenList { style: style.to_owned(), numbers, id: id.to_owned() });
    }

    /// Closes the outermost list.
    pub(super) fn close(&mut self) {
        if let Some(list) = self.open.take() {
            if !list.id.is_empty() {
                self.by_id.insert(list.id, list.numbers);
            }
            self.by_style.insert(list.style, list.numbers);
        }
    }

    /// Counts an item of the open list and gives its label. `style` is the style of the list at this level.
    pub(super) fn item(
        &mut self,
        styles: &Styles,
        style: &str,
        level: usize,
        start: Option<u32>,
    ) -> Label {
        let levels = styles.levels(style);
        match &mut self.open {
            Some(list) => count(&mut list.numbers, levels, level, start),
            None => Label::default(),
        }
    }

    /// Counts a heading that is in no list.
    pub(super) fn heading(&mut self, styles: &Styles, level: usize, start: Option<u32>) -> Label {
        count(&mut self.outline, &styles.outline, level, start)
    }
}

fn count(numbers: &mut Numbers, levels: &[Level], level: usize, start: Option<u32>) -> Label {
    let Some(own) = levels.get(level) else { return Label::default() };
    for (at, number) in numbers.iter_mut().enumerate().skip(level) {
        *number = match (*number, start) {
            _ if at > level => None,
            (_, Some(start)) => Some(start),
            (Some(last), None) => Some(last.saturating_add(1)),
            (None, None) => Some(own.start),
        };
    }
    if own.hidden {
        return Label::default();
    }
    let mut text = String::new();
    let mut numbered = false;
    for piece in &own.text {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Number(of) => {
                let Some(level) = levels.get(*of) else { continue };
                let number = numbers.get(*of).copied().flatten().unwrap_or(level.start);
                text.push_str(&level.numerals.write(number));
                numbered |= !matches!(level.numerals, Numerals::None | Numerals::Bullet);
            }
        }
    }
    if !own.close {
        text = spaced(text);
    }
    Label { text, numbered }
}
