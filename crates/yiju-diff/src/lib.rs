//! Compares two versions of a document, clause by clause: which articles stayed, moved, were renumbered, split or merged,
//! which words changed, and what is new or gone.
//!
//! [`compare`] gives a [`Comparison`]; [`Comparison::apply`] makes the clauses of the new version of those of the old one
//! by it, which is how it is tested. It knows documents and nothing else.
//!
//! ```
//! let document = |text: &str| yiju_document::parse(text.as_bytes()).map(|mut all| all.remove(0));
//! let old = document("用水办法\n第一条　水价每立方米两元。\n第二条　按月缴费。\n")?;
//! let new = document("用水办法\n第一条　本办法管用水。\n第二条　水价每立方米三元。\n第三条　按月缴费。\n")?;
//! let comparison = yiju_diff::compare(&old, &new);
//! let kinds: Vec<_> = comparison.entries.iter().map(|entry| entry.kind).collect();
//! use yiju_diff::EntryKind::{Added, Changed, Same};
//! assert_eq!(kinds, [Added, Changed, Same]);
//! assert!(comparison.entries[2].renumbered);
//! # Ok::<(), yiju_document::DocumentError>(())
//! ```

mod align;
mod unit;
mod words;

use serde::{Deserialize, Serialize};
use yiju_document::{Document, Span};

use align::Alignment;
use unit::{Unit, units};

/// What became of clauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The words are the same.
    Same,
    /// Words changed.
    Changed,
    /// One clause became several.
    Split,
    /// Several clauses became one.
    Merged,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// What is done to a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// It stays.
    Equal,
    /// Only the old text has it.
    Delete,
    /// Only the new text has it.
    Insert,
}

/// A part of the words of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Piece {
    /// What is done to it.
    pub kind: PieceKind,
    /// The words.
    pub text: String,
}

/// A clause of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Side {
    /// Its index in the document's clauses; of a clause that was too long for one, that of the first part.
    pub clause: usize,
    /// Its number as cited; empty for a plain paragraph.
    pub label: String,
    /// Headings from the outermost to its own.
    pub path: Vec<String>,
    /// Its text without the number.
    pub text: String,
    /// The whole clause in the document's clean text.
    pub span: Span,
}

/// What became of one clause, or of several that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Entry {
    /// What became of them.
    pub kind: EntryKind,
    /// The clauses of the old version, in their order; empty for what is new.
    pub old: Vec<Side>,
    /// The clauses of the new version, in their order; empty for what is gone.
    pub new: Vec<Side>,
    /// Whether the number is another.
    pub renumbered: bool,
    /// Whether it stands elsewhere among the clauses around it, and not only under another number.
    pub moved: bool,
    /// The words of the old clauses and of the new ones in one: the texts of the clauses of a side, one a line. Without the
    /// insertions they are the old, without the deletions the new. Empty where the words are the same.
    pub pieces: Vec<Piece>,
}

/// How many entries there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Counts {
    /// Of the same words.
    pub same: usize,
    /// Of other words.
    pub changed: usize,
    /// One that became several.
    pub split: usize,
    /// Several that became one.
    pub merged: usize,
    /// New ones.
    pub added: usize,
    /// Those that are gone.
    pub removed: usize,
    /// Those under another number, of any kind.
    pub renumbered: usize,
    /// Those that stand elsewhere, of any kind.
    pub moved: usize,
}

/// Two versions compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// In the order of the new version; what is gone stands behind what stood before it.
    pub entries: Vec<Entry>,
    /// How many there are of each kind.
    pub counts: Counts,
}

/// Why a comparison cannot be applied to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotApplicable {
    /// The number of the first clause that is not as the comparison has it.
    pub label: String,
}

impl std::fmt::Display for NotApplicable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the clause {} is not as the comparison has it", self.label)
    }
}

impl std::error::Error for NotApplicable {}

/// Compares two versions.
pub fn compare(old: &Document, new: &Document) -> Comparison {
    let (before, after) = (units(old), units(new));
    let alignment = Alignment::of(&before, &after);
    let mut entries: Vec<Entry> =
        alignment.groups.iter().map(|group| entry(old, new, &before, &after, group)).collect();
    for (entry, moved) in entries.iter_mut().zip(&alignment.moved) {
        entry.moved = *moved;
    }
    let mut counts = Counts::default();
    for entry in &entries {
        let of_kind = match entry.kind {
            EntryKind::Same => &mut counts.same,
            EntryKind::Changed => &mut counts.changed,
            EntryKind::Split => &mut counts.split,
            EntryKind::Merged => &mut counts.merged,
            EntryKind::Added => &mut counts.added,
            EntryKind::Removed => &mut counts.removed,
        };
        *of_kind += 1;
        counts.renumbered += usize::from(entry.renumbered);
        counts.moved += usize::from(entry.moved);
    }
    Comparison { entries, counts }
}

fn entry(
    old: &Document,
    new: &Document,
    before: &[Unit],
    after: &[Unit],
    group: &align::Group,
) -> Entry {
    let of = |document: &Document, units: &[Unit], places: &[usize]| -> Vec<Side> {
        places.iter().map(|&at| units[at].side(document)).collect()
    };
    let (old, new) = (of(old, before, &group.old), of(new, after, &group.new));
    let joined =
        |sides: &[Side]| sides.iter().map(|side| side.text.as_str()).collect::<Vec<_>>().join("\n");
    let (was, is) = (joined(&old), joined(&new));
    let kind = match (old.len(), new.len()) {
        (0, _) => EntryKind::Added,
        (_, 0) => EntryKind::Removed,
        (1, 1) if was == is => EntryKind::Same,
        (1, 1) => EntryKind::Changed,
        (1, _) => EntryKind::Split,
        _ => EntryKind::Merged,
    };
    let pieces = if kind == EntryKind::Same { Vec::new() } else { words::pieces(&was, &is) };
    let renumbered = kind == EntryKind::Same || kind == EntryKind::Changed;
    let renumbered = renumbered && old[0].label != new[0].label;
    Entry { kind, old, new, renumbered, moved: false, pieces }
}

impl Comparison {
    /// Makes the clauses of the new version of those of `old` by the entries: number and text of each, in their order.
    ///
    /// # Errors
    /// A clause of `old` is not the one that was compared.
    pub fn apply(&self, old: &Document) -> Result<Vec<(String, String)>, NotApplicable> {
        let before = units(old);
        let mut made: Vec<(usize, String, String)> = Vec::new();
        for entry in &self.entries {
            let mut was = Vec::with_capacity(entry.old.len());
            for side in &entry.old {
                let unit = before.iter().find(|unit| unit.clause == side.clause);
                let text = unit.map(|unit| unit.text.clone());
                was.push(text.ok_or_else(|| NotApplicable { label: side.label.clone() })?);
            }
            let was = was.join("\n");
            let refused = || NotApplicable {
                label: entry.old.first().map_or(String::new(), |side| side.label.clone()),
            };
            let is = if entry.kind == EntryKind::Same {
                was
            } else {
                words::applied(&entry.pieces, &was).ok_or_else(refused)?
            };
            let mut rest = is.as_str();
            for (at, side) in entry.new.iter().enumerate() {
                let length = side.text.len();
                let text = rest.get(..length).ok_or_else(refused)?;
                made.push((side.clause, side.label.clone(), text.to_owned()));
                // The line between two clauses.
                let gap = usize::from(at + 1 < entry.new.len());
                rest = rest.get(length + gap..).ok_or_else(refused)?;
            }
            if !entry.new.is_empty() && !rest.is_empty() {
                return Err(refused());
            }
        }
        made.sort_by_key(|(clause, ..)| *clause);
        Ok(made.into_iter().map(|(_, label, text)| (label, text)).collect())
    }
}

/// The clauses of a document as they are compared: number and text without it, in their order.
pub fn clauses(document: &Document) -> Vec<(String, String)> {
    units(document).into_iter().map(|unit| (unit.label, unit.text)).collect()
}
