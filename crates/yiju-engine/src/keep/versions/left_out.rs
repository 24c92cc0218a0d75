//! Which versions are meant, and what that leaves out.

use std::collections::HashSet;

use jiff::civil::Date;
use yiju_store::PassageRange;

/// Which versions are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// Those in force on the day. `strict` where it was asked for: then what did not count yet is left out, too, and not
    /// only where another version did.
    On {
        /// The day.
        day: Date,
        /// Whether the day was asked for.
        strict: bool,
    },
    /// Those in force at the end of a year.
    Year(i16),
    /// Those made in a year, or else those in force at its end.
    MadeIn(i16),
    /// Those whose place the ones in force on the day took.
    Before(Date),
}

/// Documents that are left out of a question.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// Their ids.
    pub documents: HashSet<String>,
    /// Their passages with their ids, ascending; the passages do not overlap.
    pub(super) ranges: Vec<(PassageRange, String)>,
}

impl Selection {
    /// Whether a day was asked for.
    pub(crate) fn is_strict(self) -> bool {
        matches!(self, Self::On { strict: true, .. })
    }
}

impl LeftOut {
    /// Whether nothing is left out.
    pub(crate) fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Whether a passage is of a document that is left out.
    pub(crate) fn holds(&self, passage: u64) -> bool {
        self.document(passage).is_some()
    }

    /// Whether a passage is of one of these documents that are left out.
    pub(crate) fn holds_of(&self, documents: &HashSet<String>, passage: u64) -> bool {
        self.document(passage).is_some_and(|id| documents.contains(id))
    }

    fn document(&self, passage: u64) -> Option<&str> {
        let after = self.ranges.partition_point(|(range, _)| range.first <= passage);
        let (range, id) = &self.ranges[after.checked_sub(1)?];
        (passage <= range.last).then_some(id)
    }
}

/// Since when a document counts.
pub(super) struct Begins {
    pub(super) id: String,
    pub(super) since: Date,
}
