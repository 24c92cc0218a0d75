//! Texts as quotes are compared: folded, without white space.

use std::ops::Range;

use yiju_text::{Folded, fold};

/// A text's folded characters without white space, with the printed character of each.
pub(super) struct Folds {
    pub(super) folded: Vec<Folded>,
    printed: Vec<char>,
}

impl Folds {
    pub(super) fn of(text: &str) -> Self {
        let mut folded = fold(text);
        folded.retain(|one| one.char != ' ');
        let printed = folded
            .iter()
            .map(|one| {
                text.get(one.source.clone())
                    .and_then(|source| source.chars().next())
                    .unwrap_or(one.char)
            })
            .collect();
        Self { folded, printed }
    }

    pub(super) fn len(&self) -> usize {
        self.folded.len()
    }

    pub(super) fn char(&self, at: usize) -> char {
        self.folded[at].char
    }

    /// Whether two characters are the same, as folded or as printed: what a character is folded to
    /// may depend on its neighbours.
    pub(super) fn same(&self, at: usize, other: &Self, other_at: usize) -> bool {
        self.folded[at].char == other.folded[other_at].char
            || self.printed[at] == other.printed[other_at]
    }

    /// The bytes of the text that these folded characters stand for; empty for none.
    pub(super) fn bytes(&self, range: Range<usize>) -> Range<usize> {
        match (self.folded.get(range.start), range.end.checked_sub(1)) {
            (Some(first), Some(last)) if range.start < range.end => {
                let end = self.folded.get(last).map_or(first.source.end, |l| l.source.end);
                first.source.start..end.max(first.source.end)
            }
            _ => 0..0,
        }
    }

    /// Where a folded character begins in the text; the text's end for one past the last.
    pub(super) fn start(&self, at: usize, text: &str) -> usize {
        self.folded.get(at).map_or(text.len(), |one| one.source.start)
    }
}
