//! BM25 over a segment by MaxScore in windows.
//!
//! Terms are ordered by the most that each can give to a score. As soon as `k` entries
//! are kept, the terms with the least that together cannot lift an entry over the worst
//! of them are passed over: an entry with no other term cannot matter. The postings of
//! the other, essential terms are added up over windows of consecutive entries, a term
//! at a time, in an array of sums; of each window, the passed-over terms are looked up
//! only for entries whose sum plus the remaining upper bound reaches the worst hit kept.
//! (Turtle & Flood 1995, "Query evaluation: strategies and optimizations", for MaxScore;
//! sums over windows as in Strohman & Croft 2007 and in Lucene since 9.9.)
//!
//! Sums are integers in units of a power of two, so that they do not depend on the order
//! in which terms are added, which differs between windows: entries with the same words
//! have the same score.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use tantivy::DocId;
use tantivy::postings::BlockSegmentPostings;

use super::shown::{Shares, ShownSegment};
use crate::vector::Best;
use crate::{Filter, Hit};

/// Entries whose sums are made at once; their sums stay in the nearest cache.
const WINDOW: usize = 8192;
/// How many postings are added up in the time of looking one entry up.
const LOOK_UP: u64 = 8;
/// What all terms together give is at most 2 to this power, in units.
const MOST_BITS: i32 = 30;

/// How scores are counted in integers.
#[derive(Clone, Copy)]
pub(super) struct Scale(f64);

impl Scale {
    /// The scale for terms of these weights: their sum is at most 2³⁰ units.
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
    pub(super) postings: BlockSegmentPostings,
    /// The next entry, in the block.
    pub(super) at: usize,
    /// In units.
    pub(super) weight: u32,
    /// The most that it gives an entry.
    pub(super) most: u32,
    pub(super) shares: &'a Shares,
    /// The codes of the lengths of all entries.
    pub(super) norms: &'a [u8],
}

impl List<'_> {
    /// The next entry, if there is one.
    fn doc(&self) -> Option<DocId> {
        self.postings.docs().get(self.at).copied()
    }

    /// Adds its scores to the entries from `start` up to `end`, and advances to `end`.
    /// It must be at or after `start`.
    fn add_up(&mut self, start: DocId, end: DocId, sums: &mut [u32; WINDOW]) {
        loop {
            let docs = &self.postings.docs()[self.at..];
            let Some(&last) = docs.last() else {
                return;
            };
            let inside =
                if last < end { docs.len() } else { docs.partition_point(|&doc| doc < end) };
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

    /// Advances to the first entry at or after `doc`.
    fn go_to(&mut self, doc: DocId) {
        if self.doc().is_some_and(|at| at < doc) {
            self.at = self.postings.seek(doc);
        }
    }

    /// What it gives to the entry `doc`, and goes there; `doc` does not fall from call to call.
    fn look_up(&mut self, doc: DocId) -> u32 {
        self.go_to(doc);
        if self.doc() != Some(doc) {
            return 0;
        }
        let frequency = self.postings.freq(self.at);
        let share = self.shares.get(frequency, self.norms[doc as usize]);
        given(self.weight, share)
    }
}

/// A share of a weight: from 1, so that an entry with the term is told from one without,
/// up to the weight.
#[inline]
pub(super) fn given(weight: u32, share: u32) -> u32 {
    1 + ((u64::from(weight) * u64::from(share)) >> 32) as u32
}

/// An entry that may be among the best.
#[derive(Clone, Copy, Default)]
struct Candidate {
    doc: DocId,
    sum: u32,
}

/// Offers `best` every entry of the segment in `docs` that can be among them and that `filter` accepts.
///
/// The lists stand at the first of their entries in `docs` or after. `floor` is a sum that as many entries
/// as are wanted reach, found by whoever searches other parts: lower ones do not matter, and it is raised.
pub(super) fn search_segment(
    segment: &ShownSegment,
    docs: Range<DocId>,
    mut lists: Vec<List<'_>>,
    scale: Scale,
    best: &mut Best,
    floor: &AtomicU32,
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
    let mut candidates = Candidates::new();
    let mut passed = 0;
    loop {
        let own = scale.least(best.threshold());
        let least = own.max(floor.fetch_max(own, Ordering::Relaxed));
        while passed < lists.len() && most[passed + 1] < least {
            passed += 1;
        }
        let (others, essential) = lists.split_at_mut(passed);
        let first = essential.iter().filter_map(|list| list.doc()).min();
        let Some(start) = first.filter(|first| *first < docs.end) else {
            return;
        };
        let end = docs.end.min(start.saturating_add(WINDOW as DocId));
        for list in essential {
            if list.doc().is_some_and(|doc| doc < end) {
                list.add_up(start, end, &mut sums);
            }
        }
        let wanted = least.saturating_sub(most[passed]).max(1);
        candidates.collect(start, wanted, &mut sums);
        for (list, &rest) in others.iter_mut().zip(&most).rev() {
            let wanted = least.saturating_sub(rest);
            let postings =
                u64::from(list.postings.doc_freq()) * WINDOW as u64 / u64::from(segment.docs);
            if candidates.count as u64 * LOOK_UP > postings {
                list.go_to(start);
                list.add_up(start, end, &mut sums);
                candidates.keep(wanted, |doc| sums[(doc - start) as usize % WINDOW]);
                sums.fill(0);
            } else {
                candidates.keep(wanted, |doc| list.look_up(doc));
            }
        }
        for candidate in candidates.found() {
            if let Some(id) = segment.id(candidate.doc)
                && filter.is_none_or(|filter| filter.accepts(id))
            {
                let score = scale.score(candidate.sum);
                best.offer(Hit { id, score });
            }
        }
    }
}

/// The entries of a window that may be among the best.
struct Candidates {
    places: Box<[Candidate; WINDOW]>,
    count: usize,
}

impl Candidates {
    fn new() -> Self {
        Candidates { places: Box::new([Candidate::default(); WINDOW]), count: 0 }
    }

    /// Takes the entries whose sum is at least `least`, which is not 0, out of the sums of the window from
    /// `start`, and clears them.
    fn collect(&mut self, start: DocId, least: u32, sums: &mut [u32; WINDOW]) {
        self.count = 0;
        // As signed numbers, which all processors compare in vector registers; neither has the highest bit.
        let below = least as i32 - 1;
        for (group, at) in sums.chunks_exact(16).zip((start..).step_by(16)) {
            // Negative where one of them is above.
            let any = group.iter().fold(0, |any, &sum| any | below.wrapping_sub(sum as i32));
            if any < 0 {
                for (&sum, doc) in group.iter().zip(at..) {
                    self.put(Candidate { doc, sum }, sum >= least);
                }
            }
        }
        sums.fill(0);
    }

    /// Adds what `given` says to each, and keeps those whose sum is then at least `least`.
    fn keep(&mut self, least: u32, mut given: impl FnMut(DocId) -> u32) {
        let count = std::mem::take(&mut self.count);
        for at in 0..count {
            let Candidate { doc, sum } = self.places[at % WINDOW];
            let sum = sum + given(doc);
            self.put(Candidate { doc, sum }, sum >= least);
        }
    }

    /// Adds a candidate if it is `wanted`; written either way, as which are wanted cannot be foreseen and a
    /// wrong guess of the processor costs more.
    #[inline]
    fn put(&mut self, candidate: Candidate, wanted: bool) {
        // There are never more than a window has entries.
        self.places[self.count % WINDOW] = candidate;
        self.count += usize::from(wanted);
    }

    fn found(&self) -> &[Candidate] {
        &self.places[..self.count.min(WINDOW)]
    }
}
