//! Which documents are versions of one, and which of them is in force when: read once for each state of the library.
//!
//! A document is in force from its *since* to its *until*. What ends it: the next version of its title by the same
//! issuer, a document that repeals it or was said to replace it, its own last day, or what users said. A document that
//! none of these concern is not here: a day decides nothing about it, unless a day in the past is asked for.

mod left_out;
mod select;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jiff::civil::Date;
use yiju_document::{DateKind, Repeal, Span, find_numbers, is_kept_in_versions, title_of_versions};
use yiju_store::{DocumentRecord, KeptTimes, Store};
use yiju_text::normalize;

use crate::error::EngineError;
pub(crate) use left_out::{LeftOut, Selection};

/// Since when a text counts: when it comes into force or was last changed, or else when it was made.
pub(crate) fn since(record: &DocumentRecord, times: &KeptTimes) -> Option<Date> {
    in_force_from(record, times)
        .or_else(|| times.day(DateKind::Promulgated))
        .or_else(|| times.day(DateKind::Adopted))
        .or(record.date)
}

/// Since when a text is in force by what is said of it: its first day, or the day of the change that made it so.
pub(crate) fn in_force_from(record: &DocumentRecord, times: &KeptTimes) -> Option<Date> {
    if let Some(told) = times.told.days.get(&DateKind::Effective) {
        return Some(*told);
    }
    let effective = times.day(DateKind::Effective);
    let amended = times.day(DateKind::Amended);
    match (effective, amended) {
        // Changed after it came into force: the change counts from its own day, or that of its approval.
        (Some(first), Some(change)) if change > first => Some(record.date.max(Some(change))?),
        (Some(first), _) => Some(first),
        (None, change) => change,
    }
}

/// What ended a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A document, by its index, took its place.
    Replaced(usize),
    /// A document, by its index, repealed it in the sentence at this span; whether it also took its place.
    Repealed(usize, Span, bool),
    /// Users said, or its own head says, that it was repealed.
    Told,
    /// Its last day.
    Expired,
}

/// A document that a day may decide about.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub record: DocumentRecord,
    pub times: KeptTimes,
    /// The first day on which it counts.
    pub since: Option<Date>,
    /// The first day on which it counts no more, and why.
    pub until: Option<(Date, End)>,
    /// Documents of one family have one number.
    pub family: usize,
}

impl Member {
    /// Whether it counts on a day.
    pub(crate) fn counts_on(&self, day: Date) -> bool {
        self.since.is_none_or(|since| since <= day)
            && self.until.is_none_or(|(until, _)| day < until)
    }

    /// The document that took its place, by its index.
    pub(crate) fn successor(&self) -> Option<usize> {
        match self.until?.1 {
            End::Replaced(by) | End::Repealed(by, _, true) => Some(by),
            End::Repealed(_, _, false) | End::Told | End::Expired => None,
        }
    }
}

/// The documents of a library that a day may decide about.
pub(crate) struct Versions {
    members: Vec<Member>,
    places: HashMap<String, usize>,
    /// How many members each family has.
    sizes: Vec<usize>,
    /// What was left out for the last selections.
    known: Mutex<Vec<(Selection, Arc<LeftOut>)>>,
    /// Since when every document counts, read when a day in the past is first asked for.
    calendar: OnceLock<Vec<left_out::Begins>>,
}

impl Versions {
    /// Reads the versions of a library.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn read(store: &Store) -> Result<Self, EngineError> {
        let members = store.linked_documents()?.into_iter().map(|(record, times)| Member {
            since: since(&record, &times),
            record,
            times,
            until: None,
            family: 0,
        });
        let mut made = Maker::of(members.collect());
        made.by_title();
        made.by_word();
        made.by_repeal();
        made.by_own_end();
        Ok(made.finish())
    }

    /// Whether any document has another version, or ends.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The member of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Member> {
        self.members.get(*self.places.get(id)?)
    }

    /// The member at an index that a member gives.
    pub(crate) fn at(&self, index: usize) -> Option<&Member> {
        self.members.get(index)
    }

    /// All members, those of one family in any order.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Whether a member has versions beside it.
    pub(crate) fn has_family(&self, member: &Member) -> bool {
        self.sizes.get(member.family).is_some_and(|size| *size > 1)
    }

    /// Whether any document has versions.
    pub(crate) fn has_families(&self) -> bool {
        self.sizes.iter().any(|size| *size > 1)
    }

    /// The versions of a document, itself among them, the earliest first; none where it has no others.
    pub(crate) fn family(&self, id: &str) -> Vec<&Member> {
        let Some(own) = self.get(id).filter(|member| self.has_family(member)) else {
            return Vec::new();
        };
        let mut family: Vec<&Member> =
            self.members.iter().filter(|member| member.family == own.family).collect();
        family.sort_by_key(|member| (member.since, member.record.added_at));
        family
    }
}

/// Makes families and finds what ends each member.
struct Maker {
    members: Vec<Member>,
    /// The parent of each member in its family's tree.
    parents: Vec<usize>,
}

impl Maker {
    fn of(members: Vec<Member>) -> Self {
        Self { parents: (0..members.len()).collect(), members }
    }

    fn root(&self, mut at: usize) -> usize {
        while self.parents[at] != at {
            at = self.parents[at];
        }
        at
    }

    fn unite(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other)] = one.min(other);
    }

    /// Ends a member on a day, unless something ended it before.
    fn end(&mut self, at: usize, day: Date, why: End) {
        let member = &mut self.members[at];
        // A document that ends before it begins was never in force: the days are of something else.
        if member.since.is_some_and(|since| day < since) {
            return;
        }
        let tells_more = |known: End| {
            // That a clause repeals it says more than that a later version is there.
            matches!(why, End::Repealed(..)) && matches!(known, End::Replaced(_))
        };
        match member.until {
            Some((known, _)) if known < day => {}
            Some((known, end)) if known == day && !tells_more(end) => {}
            _ => member.until = Some((day, why)),
        }
    }

    /// Versions of one title and issuer: each ends when the next begins.
    fn by_title(&mut self) {
        let mut titles: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, member) in self.members.iter().enumerate() {
            if member.since.is_some() && is_kept_in_versions(&member.record.title) {
                titles.entry(title_of_versions(&member.record.title)).or_default().push(at);
            }
        }
        for same in titles.into_values() {
            for &one in &same {
                let own = self.members[one].since;
                let later = same.iter().copied().filter(|&other| {
                    self.members[other].since > own
                        && of_one_issuer(&self.members[one].record, &self.members[other].record)
                });
                let later: Vec<usize> = later.collect();
                for &other in &later {
                    self.unite(one, other);
                }
                let next = later.into_iter().min_by_key(|&other| self.members[other].since);
                if let Some((next, since)) = next.and_then(|at| Some((at, self.members[at].since?)))
                {
                    self.end(one, since, End::Replaced(next));
                }
            }
        }
    }

    /// What users said: this one replaces that one.
    fn by_word(&mut self) {
        let ids: HashMap<String, usize> =
            self.members.iter().enumerate().map(|(at, m)| (m.record.id.clone(), at)).collect();
        for by in 0..self.members.len() {
            for id in self.members[by].times.told.replaces.clone() {
                let Some(&of) = ids.get(&id).filter(|&&of| of != by) else { continue };
                self.unite(by, of);
                if let Some(day) = self.members[by].since {
                    self.end(of, day, End::Replaced(by));
                }
            }
        }
    }

    /// Clauses that repeal.
    fn by_repeal(&mut self) {
        for by in 0..self.members.len() {
            for repeal in self.members[by].times.said.repeals.clone() {
                let day = repeal.day.or(self.members[by].since);
                for of in self.repealed(by, &repeal) {
                    if repeal.replaced {
                        self.unite(by, of);
                    }
                    if let Some(day) = day {
                        self.end(of, day, End::Repealed(by, repeal.span, repeal.replaced));
                    }
                }
            }
        }
    }

    /// The members that a clause of `by` names. Where titles leave it open whose they are, none.
    fn repealed(&self, by: usize, repeal: &Repeal) -> Vec<usize> {
        let title = repeal.title.as_deref().map(title_of_versions);
        let number =
            repeal.number.as_deref().and_then(|number| find_numbers(number).into_iter().next());
        let own = &self.members[by];
        let mut found = Vec::new();
        let mut by_number = false;
        for (at, member) in self.members.iter().enumerate() {
            let later = member.since.zip(own.since).is_some_and(|(of, by)| of >= by);
            if at == by || later {
                continue;
            }
            let same_title =
                title.as_ref().map(|title| *title == title_of_versions(&member.record.title));
            let numbers = member.record.number.as_deref().map(find_numbers).unwrap_or_default();
            let same_number = number
                .as_ref()
                .filter(|_| !numbers.is_empty())
                .map(|number| numbers.iter().any(|own| number.means(own)));
            let is = match (same_title, same_number) {
                (Some(title), Some(same)) => title && same,
                (Some(title), None) => title,
                (None, Some(same)) => same,
                (None, None) => false,
            };
            if is {
                by_number |= same_number == Some(true);
                found.push(at);
            }
        }
        if by_number {
            return found;
        }
        let near = |&at: &usize| of_one_issuer(&own.record, &self.members[at].record);
        if found.iter().any(near) {
            found.retain(near);
        } else if let Some(&first) = found.first() {
            let first = &self.members[first].record;
            if found.iter().any(|&at| !of_one_issuer(first, &self.members[at].record)) {
                found.clear();
            }
        }
        found
    }

    /// The last day that a document gives itself, or that users gave it.
    fn by_own_end(&mut self) {
        for at in 0..self.members.len() {
            let times = &self.members[at].times;
            let repealed = times.day(DateKind::Repealed);
            let expired = times.day(DateKind::Expires).and_then(|last| last.tomorrow().ok());
            if let Some(day) = expired {
                self.end(at, day, End::Expired);
            }
            if let Some(day) = repealed {
                self.end(at, day, End::Told);
            }
        }
    }

    fn finish(mut self) -> Versions {
        let roots: Vec<usize> = (0..self.members.len()).map(|at| self.root(at)).collect();
        let mut sizes = vec![0; self.members.len()];
        for (member, root) in self.members.iter_mut().zip(roots) {
            member.family = root;
            sizes[root] += 1;
        }
        let places =
            self.members.iter().enumerate().map(|(at, m)| (m.record.id.clone(), at)).collect();
        Versions {
            members: self.members,
            places,
            sizes,
            known: Mutex::default(),
            calendar: OnceLock::new(),
        }
    }
}

/// Whether two documents may be by one issuer: one of each is the other's, or it is not known.
fn of_one_issuer(one: &DocumentRecord, other: &DocumentRecord) -> bool {
    let organs = |record: &DocumentRecord| -> Vec<String> {
        let issuer = normalize(record.issuer.as_deref().unwrap_or(""));
        issuer.split(['、', ' ', ',']).filter(|o| !o.is_empty()).map(str::to_owned).collect()
    };
    let (one, other) = (organs(one), organs(other));
    one.is_empty()
        || other.is_empty()
        || one
            .iter()
            .any(|a| other.iter().any(|b| a.contains(b.as_str()) || b.contains(a.as_str())))
}
