//! Automatic numbers of Word's lists, from DOCX, DOC and RTF alike (ECMA-376 part 1 §17.9, [MS-DOC] §2.4.6.3).

use std::collections::{HashMap, HashSet};

use crate::numerals::Numerals;

/// The levels that a list has at most.
pub(crate) const LEVELS: usize = 9;

/// A piece of a label's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Characters as they are.
    Literal(String),
    /// The number of a level, from 0.
    Number(usize),
}

/// How one level of a list is numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    /// The first number.
    pub(crate) start: u32,
    /// How numbers are written.
    pub(crate) numerals: Numerals,
    /// The label's text.
    pub(crate) text: Vec<Piece>,
    /// Whether nothing stands between label and text; otherwise a tab or space.
    pub(crate) close: bool,
    /// After which level the numbers start again (§17.9.10): a level of this count from 1 or one above it; 0 is
    /// never, `None` every level above.
    pub(crate) restart: Option<u32>,
    /// Whether all numbers in it are decimal (§17.9.4).
    pub(crate) legal: bool,
    /// Whether the label is hidden.
    pub(crate) hidden: bool,
    /// The paragraph style that is linked with the level.
    pub(crate) style: Option<String>,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            start: 1,
            numerals: Numerals::Decimal,
            text: Vec::new(),
            close: false,
            restart: None,
            legal: false,
            hidden: false,
            style: None,
        }
    }
}

/// A list that refers to a definition, with what it changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Instance {
    /// The definition.
    pub(crate) definition: i64,
    /// By level: numbers start again here with this one.
    pub(crate) starts: HashMap<usize, u32>,
    /// By level: the whole level is another.
    pub(crate) levels: HashMap<usize, Level>,
}

/// The lists of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    /// The levels of each definition.
    pub(crate) definitions: HashMap<i64, Vec<Level>>,
    /// The lists that paragraphs name.
    pub(crate) instances: HashMap<i64, Instance>,
}

impl Lists {
    /// A level of a list as it is after changes.
    pub(crate) fn level(&self, list: i64, level: usize) -> Option<&Level> {
        let instance = self.instances.get(&list)?;
        instance
            .levels
            .get(&level)
            .or_else(|| self.definitions.get(&instance.definition)?.get(level))
    }

    /// The level of a list that is linked with a paragraph style.
    pub(crate) fn level_of_style(&self, list: i64, style: &str) -> Option<usize> {
        (0..LEVELS).find(|&level| {
            self.level(list, level).and_then(|level| level.style.as_deref()) == Some(style)
        })
    }
}

/// The numbers so far. Lists of one definition count on together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    last: HashMap<i64, [Option<u32>; LEVELS]>,
    started: HashSet<(i64, usize)>,
}

/// A paragraph's label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Label {
    /// What is shown before the paragraph's text, with the space that follows it.
    pub(crate) text: String,
    /// Whether it holds a number; otherwise it is a bullet or fixed text.
    pub(crate) numbered: bool,
}

impl Counters {
    /// Counts one paragraph of a list and gives its label; `None` if there is no such list.
    pub(crate) fn next(&mut self, lists: &Lists, list: i64, level: usize) -> Option<Label> {
        let instance = lists.instances.get(&list)?;
        let level = level.min(LEVELS - 1);
        let own = lists.level(list, level)?;
        let last = self.last.entry(instance.definition).or_default();
        let start = instance.starts.get(&level).copied();
        let number = match (start, last.get(level).copied().flatten()) {
            // An override starts once, at the first paragraph of this list on this level (§17.9.26).
            (Some(start), _) if self.started.insert((list, level)) => start,
            (_, Some(before)) => before.saturating_add(1),
            (start, None) => start.unwrap_or(own.start),
        };
        for (deeper, count) in last.iter_mut().enumerate().skip(level) {
            if deeper == level {
                *count = Some(number);
                continue;
            }
            let again = match lists.level(list, deeper).and_then(|level| level.restart) {
                None => true,
                Some(after) => usize::try_from(after).is_ok_and(|after| level < after),
            };
            if again {
                *count = None;
            }
        }
        let numbers = *last;
        Some(label(lists, list, own, &numbers))
    }
}

fn label(lists: &Lists, list: i64, own: &Level, numbers: &[Option<u32>; LEVELS]) -> Label {
    if own.hidden {
        return Label::default();
    }
    let mut text = String::new();
    let mut numbered = false;
    for piece in &own.text {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Number(of) => {
                let Some(level) = lists.level(list, *of) else { continue };
                let number = numbers.get(*of).copied().flatten().unwrap_or(level.start);
                let numerals = match (own.legal, level.numerals) {
                    (true, Numerals::None | Numerals::Bullet) | (false, _) => level.numerals,
                    (true, _) => Numerals::Decimal,
                };
                let written = numerals.write(number);
                numbered |= !written.is_empty();
                text.push_str(&written);
            }
        }
    }
    if !own.close {
        text = spaced(text);
    }
    Label { text, numbered }
}

/// A label with the space that parts it from the text. Full-width punctuation brings its own.
pub(crate) fn spaced(mut label: String) -> String {
    let trimmed = label.trim_end().len();
    label.truncate(trimmed);
    if !label.is_empty() && !label.ends_with(['、', '）', '．', '：', '】', '〕']) {
        label.push(' ');
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(numerals: &str, text: &[Piece]) -> Level {
        Level { numerals: Numerals::named(numerals), text: text.to_vec(), ..Level::default() }
    }

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.to_owned())
    }

    fn lists() -> Lists {
        let levels = vec![
            level("chineseCountingThousand", &[literal("第"), Piece::Number(0), literal("章")]),
            level("chineseCountingThousand", &[literal("第"), Piece::Number(1), literal("条")]),
            level("decimal", &[Piece::Number(0), literal("."), Piece::Number(2)]),
        ];
        let instances = [
            (1, Instance::default()),
            (2, Instance { starts: [(0, 5)].into(), ..Instance::default() }),
        ];
        Lists { definitions: [(0, levels)].into(), instances: instances.into() }
    }

    fn shown(lists: &Lists, steps: &[(i64, usize)]) -> Vec<String> {
        let mut counters = Counters::default();
        steps
            .iter()
            .map(|&(list, level)| counters.next(lists, list, level).unwrap().text.trim().to_owned())
            .collect()
    }

    #[test]
    fn deeper_levels_start_again() {
        let steps = [(1, 0), (1, 1), (1, 1), (1, 0), (1, 1)];
        assert_eq!(shown(&lists(), &steps), ["第一章", "第一条", "第二条", "第二章", "第一条"]);
    }

    #[test]
    fn a_level_may_never_start_again_or_only_after_one_above() {
        let mut lists = lists();
        lists.definitions.get_mut(&0).unwrap()[1].restart = Some(0);
        let steps = [(1, 0), (1, 1), (1, 0), (1, 1)];
        assert_eq!(shown(&lists, &steps), ["第一章", "第一条", "第二章", "第二条"]);
        let levels = lists.definitions.get_mut(&0).unwrap();
        levels[2].text = vec![Piece::Number(2)];
        levels[2].restart = Some(1);
        let steps = [(1, 0), (1, 1), (1, 2), (1, 1), (1, 2), (1, 0), (1, 2)];
        assert_eq!(shown(&lists, &steps)[4..], ["2", "第二章", "1"]);
    }

    #[test]
    fn lists_of_one_definition_count_on_and_an_override_starts_once() {
        let steps = [(1, 0), (2, 0), (2, 0), (1, 0)];
        assert_eq!(shown(&lists(), &steps), ["第一章", "第五章", "第六章", "第七章"]);
    }

    #[test]
    fn a_level_that_was_not_counted_shows_its_start_and_legal_numbers_are_decimal() {
        let mut lists = lists();
        assert_eq!(shown(&lists, &[(1, 2)]), ["一.1"]);
        lists.definitions.get_mut(&0).unwrap()[2].legal = true;
        assert_eq!(shown(&lists, &[(1, 2)]), ["1.1"]);
    }

    #[test]
    fn what_is_not_there_has_no_label() {
        assert_eq!(Counters::default().next(&lists(), 9, 0), None);
        assert_eq!(Counters::default().next(&lists(), 1, 8), None);
    }
}
