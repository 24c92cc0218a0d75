//! What a query asks of each segment: its terms, their weights and where their postings are.

use tantivy::Term;
use tantivy::postings::TermInfo;
use tantivy::schema::IndexRecordOption;

use super::maxscore::{List, Scale, search_segment};
use super::shown::{FIELDS, Shown};
use crate::Filter;
use crate::terms::{is_stop_term, terms};
use crate::vector::Best;

/// The most different terms of a query that are used; the rarest ones are.
const MOST_TERMS: usize = 256;

/// The different terms of `query`, ascending, with how often each stands in it. Terms
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

/// A query against what a commit shows.
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
                let frequency: u64 = places
                    .iter()
                    .flatten()
                    .map(|place| u64::from(place.doc_freq))
                    .sum();
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
        Ok(Plan {
            shown,
            wanted,
            scale,
        })
    }

    /// Offers `best` every entry that can be among them.
    pub(super) fn search(
        &self,
        best: &mut Best,
        filter: Option<&dyn Filter>,
    ) -> tantivy::Result<()> {
        for (number, segment) in self.shown.segments.iter().enumerate() {
            let mut lists = Vec::with_capacity(self.wanted.len());
            for wanted in &self.wanted {
                let Some(place) = &wanted.places[number] else {
                    continue;
                };
                let postings = segment.postings[wanted.field]
                    .read_block_postings_from_terminfo(place, IndexRecordOption::WithFreqs)?;
                lists.push(List::new(
                    segment,
                    &self.shown.fields[wanted.field],
                    wanted.field,
                    postings,
                    self.scale.units(wanted.weight),
                ));
            }
            search_segment(segment, lists, self.scale, best, filter);
        }
        Ok(())
    }
}
