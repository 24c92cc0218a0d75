//! When a document was made, came into force and goes out of it, as it says itself, and what it repeals.

mod edition;
mod force;
mod repeals;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::spans::Offsets;
use crate::{Document, Span};

pub use edition::{is_kept_in_versions, title_of_versions};

/// What happens to a document on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DateKind {
    /// It is adopted: 通过.
    Adopted,
    /// It is made public: 公布, 发布, the order that proclaims it.
    Promulgated,
    /// It comes into force: 施行.
    Effective,
    /// It is changed: 修正, 修订.
    Amended,
    /// The last day on which it is in force: 有效期至.
    Expires,
    /// The first day on which it is in force no more: 废止.
    Repealed,
}

impl DateKind {
    /// All kinds, in the order in which they come about.
    pub const ALL: [Self; 6] = [
        Self::Adopted,
        Self::Promulgated,
        Self::Effective,
        Self::Amended,
        Self::Expires,
        Self::Repealed,
    ];

    /// Its name in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adopted => "adopted",
            Self::Promulgated => "promulgated",
            Self::Effective => "effective",
            Self::Amended => "amended",
            Self::Expires => "expires",
            Self::Repealed => "repealed",
        }
    }
}

/// A day and where the document says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DatedFact {
    /// What happens.
    pub kind: DateKind,
    /// On which day.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = Date))]
    pub day: Date,
    /// The sentence, or the line of the head, that it rests on.
    pub span: Span,
}

/// A document that another one repeals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Repeal {
    /// Its title as named, without 《》.
    pub title: Option<String>,
    /// Its 文号 as named.
    pub number: Option<String>,
    /// When it was made public, where the clause says so.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = Date))]
    pub issued: Option<Date>,
    /// From which day it is repealed; `None` from the day on which the repealing document comes into force.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = Date))]
    pub day: Option<Date>,
    /// Whether the repealing document takes its place: 同时废止, and not a decision that only repeals.
    pub replaced: bool,
    /// The sentence that says so.
    pub span: Span,
}

/// What a document says of its own time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Times {
    /// Its days, each with its place: of each kind one, but for changes, which are all given, by day.
    pub facts: Vec<DatedFact>,
    /// The sentence that leaves its coming into force to others: 施行日期由国务院规定.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_left_open: Option<Span>,
    /// What it repeals, in the order of the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeals: Vec<Repeal>,
}

impl Times {
    /// The day of a kind; of several changes the last.
    pub fn day(&self, kind: DateKind) -> Option<Date> {
        self.facts.iter().filter(|fact| fact.kind == kind).map(|fact| fact.day).max()
    }

    fn add(&mut self, kind: DateKind, day: Date, span: Span) {
        let known = self
            .facts
            .iter()
            .any(|fact| fact.kind == kind && (kind != DateKind::Amended || fact.day == day));
        if !known {
            self.facts.push(DatedFact { kind, day, span });
        }
    }
}

impl Document {
    /// What the document says of its own time: read from its head, its last articles and its signature. A day that is
    /// not said, or follows from nothing said, is left out.
    pub fn times(&self) -> Times {
        let mut times = Times::default();
        let lines = self.lines();
        let offsets = Offsets::new(&self.text);
        force::read(self, &lines, &offsets, &mut times);
        times.facts.sort_by_key(|fact| (fact.kind, fact.day));
        times.repeals = repeals::read(self, &offsets);
        times
    }
}
