//! BM25 over a segment by MaxScore in windows.
//!
//! Terms are ordered by the most that each can give to a score. As soon as `k` entries
//! are kept, the terms with the least that together cannot lift an entry over the worst
//! of them are passed over: an entry with no other term cannot matter. The postings of
//! the other, essential terms are added up over windows of consecutive entries, a term
//! at a time, in an array of sums; of each window, the passed-over terms are looked up
//! for those entries alone whose sum and what is left to gain reach the worst kept.
//! (Turtle & Flood 1995, "Query evaluation: strategies and optimizations", for MaxScore;
//! sums over windows as in Strohman & Croft 2007 and in Lucene since 9.9.)
//!
//! Sums are integers in units of a power of two, so that they do not depend on the order
//! in which terms are added, which differs between windows: entries with the same words
//! have the same score.

use tantivy::DocId;
use tantivy::postings::BlockSegmentPostings;

use super::shown::{Shares, ShownField, ShownSegment};
use crate::vector::Best;
use crate::{Filter, Hit};

/// Entries whose sums are made at once; their sums stay in the nearest cache.
const WINDOW: usize = 4096;
/// What all terms together give is at most 2 to this power, in units.
const MOST_BITS: i32 = 31;

/// How scores are counted in integers.
#[derive(Clone, Copy)]
pub(super) struct Scale(f64);

impl Scale {
    /// The scale for terms of these weights: their sum is at most 2³¹ units.
    pub(super) fn of(weights: impl Iterator<Item = f32>) -> Self {
        let all: f64 = weights.map(f64::from).sum();
        let bits = all.max(f64::from(f32::MIN_POSITIVE)).log2().ceil() as i32;
        Scale(2f64.powi(MOST_BITS - bits))
    }

    /// A weight in units, at least 1.
    pub(super) fn units(self, weight: f32) -> u32 {
        ((f64::from(weight) * self.0) as u32).max(1)
    }

    fn score(self, units: u32) -> f32 {
        (f64::from(units) / self.0) as f32
    }

    /// The least sum that may have a score of `threshold`; at least 1.
    fn least(self, threshold: f32) -> u32 {
        let units = (f64::from(threshold) * self.0) as u32;
        // A sum of more bits than a float has may have been rounded up.
        units.saturating_sub((units >> 22) + 2).max(1)
    }
}

/// The postings of a term in a field of a segment.
pub(super) struct List<'a> {
    postings: BlockSegmentPostings,
    /// The next entry, in the block.
    at: usize,
    /// In units.
    weight: u32,
    /// The most that it gives an entry.
    most: u32,
    shares: &'a Shares,
    norms: &'a [u8],
}

impl<'a> List<'a> {
    pub(super) fn new(
        segment: &'a ShownSegment,
        shown: &'a ShownField,
        field: usize,
        mut postings: BlockSegmentPostings,
        weight: u32,
    ) -> Self {
        let most = if postings.docs().len() == postings.doc_freq() as usize {
            given(weight, segment.block_bound(field, shown, &mut postings))
        } else {
            weight
        };
        List {
            postings,
            at: 0,
            weight,
            most,
            shares: &shown.shares,
            norms: segment.norms(field),
        }
    }

    /// The next entry, if there is one.
    fn doc(&self) -> Option<DocId> {
        self.postings.docs().get(self.at).copied()
    }

    /// Adds what it gives to the entries from `start` up to `end`, and goes to `end`.
    /// It stands at or after `start`.
    fn add_up(&mut self, start: DocId, end: DocId, sums: &mut [u32; WINDOW]) {
        loop {
            let docs = &self.postings.docs()[self.at..];
            let Some(&last) = docs.last() else {
                return;
            };
            let inside = if last < end {
                docs.len()
            } else {
                docs.partition_point(|&doc| doc < end)
            };
            let frequencies = &self.postings.freqs()[self.at..];
            for (&doc, &frequency) in docs[..inside].iter().zip(frequencies) {
                let share = self.shares.get(frequency, self.norms[doc as usize]);
                sums[(doc - start) as usize % WINDOW] += given(self.weight, share);
            }
            if inside < docs.len() {
                self.at += inside;
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
    }

    /// What it gives to the entry `doc`, and goes there; `doc` does not fall from call to call.
    fn look_up(&mut self, doc: DocId) -> u32 {
        match self.doc() {
            Some(at) if at < doc => self.at = self.postings.seek(doc),
            _ => {}
        }
        if self.doc() != Some(doc) {
            return 0;
        }
        let frequency = self.postings.freq(self.at);
        given(
            self.weight,
            self.shares.get(frequency, self.norms[doc as usize]),
        )
    }
}

/// A share of a weight: from 1, so that an entry with the term is told from one without,
/// up to the weight.
#[inline]
fn given(weight: u32, share: u32) -> u32 {
    1 + ((u64::from(weight) * u64::from(share)) >> 32) as u32
}

/// An entry that may be among the best.
struct Candidate {
    doc: DocId,
    sum: u32,
}

/// Offers `best` every entry of the segment that can be among them and that `filter` accepts.
pub(super) fn search_segment(
    segment: &ShownSegment,
    mut lists: Vec<List<'_>>,
    scale: Scale,
    best: &mut Best,
    filter: Option<&dyn Filter>,
) {
    lists.sort_unstable_by_key(|list| list.most);
    // What the first n lists give at most.
    let mut sum = 0;
    let mut most: Vec<u32> = vec![0];
    most.extend(lists.iter().map(|list| {
        sum += list.most;
        sum
    }));
    let mut sums = [0; WINDOW];
    let mut candidates = Vec::new();
    let mut passed = 0;
    loop {
        let least = scale.least(best.threshold());
        while passed < lists.len() && most[passed + 1] < least {
            passed += 1;
        }
        let (others, essential) = lists.split_at_mut(passed);
        let Some(start) = essential.iter().filter_map(|list| list.doc()).min() else {
            return;
        };
        let end = segment.docs.min(start.saturating_add(WINDOW as DocId));
        for list in essential {
            if list.doc().is_some_and(|doc| doc < end) {
                list.add_up(start, end, &mut sums);
            }
        }
        collect(
            start,
            least.saturating_sub(most[passed]).max(1),
            &mut sums,
            &mut candidates,
        );
        for (list, &rest) in others.iter_mut().zip(&most[1..]).rev() {
            candidates.retain(|candidate| candidate.sum + rest >= least);
            for candidate in &mut candidates {
                candidate.sum += list.look_up(candidate.doc);
            }
        }
        for candidate in candidates.drain(..) {
            if candidate.sum >= least
                && let Some(id) = segment.id(candidate.doc)
                && filter.is_none_or(|filter| filter.accepts(id))
            {
                let score = scale.score(candidate.sum);
                best.offer(Hit { id, score });
            }
        }
    }
}

/// Takes the entries whose sum is at least `least`, which is not 0, out of the sums of the
/// window from `start`, and clears them.
fn collect(start: DocId, least: u32, sums: &mut [u32; WINDOW], candidates: &mut Vec<Candidate>) {
    for (group, at) in sums.chunks_exact(16).zip((start..).step_by(16)) {
        // The test of a group at once is done in vector registers.
        if group.iter().fold(0, |most, &sum| most.max(sum)) < least {
            continue;
        }
        for (&sum, doc) in group.iter().zip(at..) {
            if sum >= least {
                candidates.push(Candidate { doc, sum });
            }
        }
    }
    sums.fill(0);
}
