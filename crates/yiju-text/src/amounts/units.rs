//! The one table of units, `data/units.txt`.

use std::sync::LazyLock;

use super::Kind;
use crate::words::WordList;

const SOURCE: &str = include_str!("../../data/units.txt");
static MARKED: WordList = WordList::section(SOURCE, "marked");
static UNMARKED: WordList = WordList::section(SOURCE, "unmarked");

/// A unit of amounts.
pub(super) struct Unit {
    /// As texts in normal form write it.
    pub(super) written: &'static str,
    /// What its spellings share; empty where claims are not compared by it.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether it belongs to a marked answer.
    pub(super) marked: bool,
}

/// All units, longer ones before those that they begin with.
static UNITS: LazyLock<Vec<Unit>> = LazyLock::new(|| {
    let rows = |list: &'static WordList, marked| {
        list.rows().map(move |[written, name, kind]| Unit {
            written,
            name,
            kind: Kind::named(kind),
            marked,
        })
    };
    let mut units: Vec<Unit> = rows(&MARKED, true).chain(rows(&UNMARKED, false)).collect();
    units.sort_by_key(|unit| std::cmp::Reverse(unit.written.len()));
    units
});

/// The longest unit with which `text` begins, of those that `wanted` takes. A unit in Latin letters
/// ends where a word ends.
pub(super) fn leading(text: &str, wanted: impl Fn(&Unit) -> bool) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| {
        let inside_word = |rest: &str| {
            unit.written.starts_with(|c: char| c.is_ascii_alphabetic())
                && rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        wanted(unit) && text.strip_prefix(unit.written).is_some_and(|rest| !inside_word(rest))
    })
}
