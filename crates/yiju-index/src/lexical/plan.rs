//! What a query asks of each segment: its terms, their weights and where their postings are.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use rayon::prelude::*;
use tantivy::postings::TermInfo;
use tantivy::{DocId, Term};

use super::maxscore::{List, Scale, given, search_segment};
use super::shown::{FIELDS, Shown, ShownSegment};
use crate::Filter;
use crate::vector::Best;
use yiju_text::{is_stop_term, terms};

/// The most different terms of a query that are used; the rarest ones are.
const MOST_TERMS: usize = 256;
/// The most entries that a thread searches at once where several do; for fewer it is not worth waking another.
/// Small in tests, so that they search in parts.
const PART: DocId = if cfg!(test) { 1 << 10 } else { 1 << 16 };

/// The distinct terms of `query`, ascending, with their frequencies in it. Terms
/// that say nothing count only where there is no other.
pub(super) fn words_of(query: &str) -> Vec<(String, usize)> {
    let mut words: Vec<String> = terms(query).into_iter().map(|term| term.text).collect();
    if words.iter().any(|word| !is_stop_term(word)) {
        words.retain(|word| !is_stop_term(word));
    }
    words.sort_unstable();
    let mut counted: Vec<(String, usize)> = Vec::new();
    for word in words {
        match counted.last_mut() {
            Some((last, count)) if *last == word => *count += 1,
            _ => counted.push((word, 1)),
        }
    }
    counted
}

/// A query against one commit.
pub(super) struct Plan<'a> {
    shown: &'a Shown,
    wanted: Vec<Wanted>,
    scale: Scale,
}

/// A term in a field.
struct Wanted {
    field: usize,
    weight: f32,
    /// Its postings in each segment.
    places: Vec<Option<TermInfo>>,
}

/// A term in a field of a segment.
struct Listed<'a> {
    field: usize,
    place: &'a TermInfo,
    /// In units.
    weight: u32,
    /// The most that it gives an entry, in units.
    most: u32,
}

impl<'a> Plan<'a> {
    /// Looks the terms up; those that stand nowhere are left out.
    pub(super) fn of(shown: &'a Shown, words: Vec<(String, usize)>) -> tantivy::Result<Self> {
        // By word, and for each word by field.
        let mut found = Vec::with_capacity(words.len());
        for (word, count) in words {
            let mut fields = Vec::with_capacity(FIELDS);
            let mut most = 0;
            for (at, field) in shown.fields.iter().enumerate() {
                let term = Term::from_field_text(field.field, &word);
                let mut places = Vec::with_capacity(shown.segments.len());
                for segment in &shown.segments {
                    places.push(segment.postings[at].get_term_info(&term)?);
                }
                let frequency: u64 =
                    places.iter().flatten().map(|place| u64::from(place.doc_freq)).sum();
                most = most.max(frequency);
                if frequency > 0 {
                    fields.push(Wanted {
                        field: at,
                        weight: shown.weight(frequency) * (field.boost * count as f32),
                        places,
                    });
                }
            }
            if most > 0 {
                found.push((most, word, fields));
            }
        }
        if found.len() > MOST_TERMS {
            found.sort_unstable_by(|(a, one, _), (b, other, _)| (a, one).cmp(&(b, other)));
            found.truncate(MOST_TERMS);
        }
        let wanted: Vec<Wanted> = found.into_iter().flat_map(|(.., fields)| fields).collect();
        let scale = Scale::of(wanted.iter().map(|wanted| wanted.weight));
        Ok(Plan { shown, wanted, scale })
    }

    /// The best `k` of the entries that `filter` accepts. Up to `threads` threads look for them, each in parts
    /// of its own; what they find does not depend on how many there are.
    pub(super) fn search(
        &self,
        k: usize,
        threads: usize,
        filter: Option<&dyn Filter>,
    ) -> tantivy::Result<Best> {
        let lists = self.lists()?;
        let entries = self.shown.entries();
        let threads = threads.min(entries / PART as usize).max(1);
        let parts = self.parts(threads);
        let next = AtomicUsize::new(0);
        let floor = AtomicU32::new(0);
        let look = |_| {
            let mut best = Best::new(k, entries);
            while let Some((number, docs)) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                let segment = &self.shown.segments[*number];
                let opened = lists[*number].iter();
                let opened = opened
                    .map(|list| self.open(list, segment, docs.start))
                    .collect::<tantivy::Result<_>>()?;
                let docs = docs.clone();
                search_segment(segment, docs, opened, self.scale, &mut best, &floor, filter);
            }
            Ok(best)
        };
        if threads == 1 {
            return look(0);
        }
        let found = (0..threads).into_par_iter().map(look);
        found.try_reduce(
            || Best::new(k, entries),
            |mut best, other| {
                best.take(other);
                Ok(best)
            },
        )
    }

    /// The segments, cut where several threads search them.
    fn parts(&self, threads: usize) -> Vec<(usize, Range<DocId>)> {
        let most = if threads == 1 { DocId::MAX } else { PART };
        let mut parts = Vec::new();
        for (number, segment) in self.shown.segments.iter().enumerate() {
            let mut start = 0;
            while start < segment.docs {
                let end = segment.docs.min(start.saturating_add(most));
                parts.push((number, start..end));
                start = end;
            }
        }
        parts
    }

    /// The lists of each segment.
    fn lists(&self) -> tantivy::Result<Vec<Vec<Listed<'_>>>> {
        let of = |(number, segment): (usize, &ShownSegment)| {
            let places = self.wanted.iter().filter_map(|wanted| {
                let place = wanted.places[number].as_ref()?;
                Some((wanted, place))
            });
            let lists = places.map(|(wanted, place)| {
                let profile = segment.profile(wanted.field, place)?;
                let weight = self.scale.units(wanted.weight);
                let share = profile.most(&self.shown.fields[wanted.field].shares);
                Ok(Listed { field: wanted.field, place, weight, most: given(weight, share) })
            });
            lists.collect()
        };
        self.shown.segments.iter().enumerate().map(of).collect()
    }

    /// A list, at its first entry from `start` on.
    fn open<'b>(
        &'b self,
        list: &'b Listed<'_>,
        segment: &'b ShownSegment,
        start: DocId,
    ) -> tantivy::Result<List<'b>> {
        let mut postings = segment.read(list.field, list.place)?;
        let at = if start == 0 { 0 } else { postings.seek(start) };
        Ok(List {
            postings,
            at,
            weight: list.weight,
            most: list.most,
            shares: &self.shown.fields[list.field].shares,
            norms: segment.norms(list.field),
        })
    }
}
