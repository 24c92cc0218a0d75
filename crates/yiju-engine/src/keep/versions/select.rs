//! What a day, or what a question says of time, leaves out.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use jiff::civil::{Date, date};
use yiju_document::DateKind;
use yiju_store::{PassageRange, Store};

use super::left_out::{Begins, LeftOut, Selection};
use super::{Member, Versions, since};
use crate::error::EngineError;
use crate::keep::today::today;

/// Most selections that are remembered.
const REMEMBERED: usize = 16;

impl Versions {
    /// The documents that a selection leaves out. Those of one family are left out only where another of it is kept,
    /// unless a day was asked for.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn left_out(
        &self,
        store: &Store,
        selection: Selection,
    ) -> Result<Arc<LeftOut>, EngineError> {
        if let Some(known) = self.remembered(selection) {
            return Ok(known);
        }
        let mut out: Vec<&str> = self
            .members
            .iter()
            .filter(|member| !self.keeps(member, selection))
            .map(|member| member.record.id.as_str())
            .collect();
        if let Selection::On { day, strict: true } = selection {
            let calendar = self.calendar(store)?;
            let later = calendar.iter().filter(|one| one.since > day);
            out.extend(later.map(|one| one.id.as_str()));
        }
        out.sort_unstable();
        out.dedup();
        let found = store.passage_ranges(&out)?.into_iter().zip(&out);
        let mut ranges: Vec<(PassageRange, String)> =
            found.filter_map(|(range, id)| Some((range?, (*id).to_owned()))).collect();
        ranges.sort_by_key(|(range, _)| range.first);
        let documents = out.into_iter().map(str::to_owned).collect();
        let left_out = Arc::new(LeftOut { documents, ranges });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.remove(0);
        }
        known.push((selection, Arc::clone(&left_out)));
        Ok(left_out)
    }

    fn remembered(&self, selection: Selection) -> Option<Arc<LeftOut>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(of, _)| *of == selection).map(|(_, left_out)| Arc::clone(left_out))
    }

    /// Whether a selection keeps a member.
    fn keeps(&self, member: &Member, selection: Selection) -> bool {
        match selection {
            Selection::On { day, strict } => self.keeps_on(member, day, strict),
            _ if !self.has_family(member) => true,
            Selection::Year(_) | Selection::MadeIn(_) | Selection::Before(_) => {
                let chosen = |other: &Member| self.is_chosen(other, selection);
                let family = || self.members.iter().filter(|other| other.family == member.family);
                if family().any(chosen) {
                    chosen(member)
                } else {
                    // None of them is meant: what is asked is not which version.
                    self.keeps_on(member, self.last_day(selection), false)
                }
            }
        }
    }

    fn last_day(&self, selection: Selection) -> Date {
        match selection {
            Selection::On { day, .. } | Selection::Before(day) => day,
            Selection::Year(_) | Selection::MadeIn(_) => today(),
        }
    }

    /// Whether a member of a family is one of those meant.
    fn is_chosen(&self, member: &Member, selection: Selection) -> bool {
        match selection {
            Selection::On { day, .. } => member.counts_on(day),
            Selection::Year(year) => member.counts_on(date(year, 12, 31)),
            Selection::MadeIn(year) => {
                let family = || self.members.iter().filter(|other| other.family == member.family);
                if family().any(|other| made_in(other, year)) {
                    // Of several changes in one year the last.
                    let last = family()
                        .filter(|other| made_in(other, year))
                        .map(|other| other.since)
                        .max()
                        .flatten();
                    made_in(member, year) && member.since == last
                } else {
                    member.counts_on(date(year, 12, 31))
                }
            }
            Selection::Before(day) => member
                .successor()
                .and_then(|by| self.at(by))
                .is_some_and(|by| by.counts_on(day) && !member.counts_on(day)),
        }
    }

    /// Whether a member may answer on a day: it counts, or nothing else took its place.
    fn keeps_on(&self, member: &Member, day: Date, strict: bool) -> bool {
        if member.since.is_some_and(|since| since > day) {
            let others = self.members.iter().any(|other| {
                other.family == member.family
                    && other.record.id != member.record.id
                    && other.counts_on(day)
            });
            return !(strict || self.has_family(member) && others);
        }
        let gone = member.until.is_some_and(|(until, _)| until <= day);
        !gone || member.successor().is_none()
    }

    /// The ids of the members of families that a selection means; empty for those in force on a day, which is what is
    /// meant where nothing is said.
    pub(crate) fn chosen(&self, selection: Selection) -> HashSet<String> {
        let meant = self.members.iter().filter(|member| {
            self.has_family(member)
                && match selection {
                    Selection::On { day, .. } => member.counts_on(day),
                    _ => self.is_chosen(member, selection),
                }
        });
        meant.map(|member| member.record.id.clone()).collect()
    }

    fn calendar(&self, store: &Store) -> Result<&[Begins], EngineError> {
        if let Some(calendar) = self.calendar.get() {
            return Ok(calendar);
        }
        let mut records = Vec::new();
        store.for_each_document(|record| {
            if !self.places.contains_key(&record.id) {
                records.push(record);
            }
        })?;
        let mut calendar = Vec::with_capacity(records.len());
        for record in records {
            let times = store.times(&record.id)?.unwrap_or_default();
            if let Some(since) = since(&record, &times) {
                calendar.push(Begins { id: record.id, since });
            }
        }
        Ok(self.calendar.get_or_init(|| calendar))
    }
}

/// Whether a version was adopted, made public or changed in a year: 2018年的公司法.
fn made_in(member: &Member, year: i16) -> bool {
    let kinds = [DateKind::Amended, DateKind::Promulgated, DateKind::Adopted];
    // What was changed since is called by the year of its last change.
    let day = kinds.into_iter().find_map(|kind| member.times.day(kind)).or(member.record.date);
    day.is_some_and(|day| day.year() == year)
}
