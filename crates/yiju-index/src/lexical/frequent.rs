//! What is kept of the postings of frequent terms.
//!
//! A search passes the more entries over, the better it knows what a term can give to any. That is read off a
//! term's postings at its first search and kept as long as its segment lives, in a form that does not depend
//! on the average length of entries, which changes with each commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::postings::{BlockSegmentPostings, TermInfo};

use super::shown::{FIELDS, Shares};

/// Postings from which on the profile of a term is kept; shorter ones are read in microseconds.
const KEPT: u32 = 1024;
/// Stands for a highest frequency that is this or more.
const UNKNOWN: u8 = u8::MAX;

/// The profiles of a segment's frequent terms, for each field by where a term's postings start.
#[derive(Default)]
pub(super) struct Frequent(Mutex<[HashMap<usize, Arc<Profile>>; FIELDS]>);

/// What a term's postings in a segment hold, in short.
pub(super) struct Profile {
    /// Codes of lengths and the highest frequency in entries of each.
    highest: Box<[(u8, u8)]>,
}

impl Frequent {
    /// The profile of a term in a field; `read` makes it where none is kept.
    pub(super) fn profile(
        &self,
        field: usize,
        term: &TermInfo,
        read: impl FnOnce() -> tantivy::Result<Profile>,
    ) -> tantivy::Result<Arc<Profile>> {
        if term.doc_freq < KEPT {
            return Ok(Arc::new(read()?));
        }
        let place = term.postings_range.start;
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(profile) = kept()[field].get(&place) {
            return Ok(Arc::clone(profile));
        }
        // Without the lock: other searches go on. Two that want the same term both read it.
        let profile = Arc::new(read()?);
        kept()[field].insert(place, Arc::clone(&profile));
        Ok(profile)
    }
}

impl Profile {
    /// Reads postings from their start; `norms` are the codes of the lengths of the segment's entries.
    pub(super) fn of(mut postings: BlockSegmentPostings, norms: &[u8]) -> Self {
        let mut highest = [0u8; 256];
        while !postings.docs().is_empty() {
            for (&doc, &frequency) in postings.docs().iter().zip(postings.freqs()) {
                let frequency = u8::try_from(frequency).unwrap_or(UNKNOWN);
                let highest = &mut highest[usize::from(norms[doc as usize])];
                *highest = frequency.max(*highest);
            }
            postings.advance();
        }
        let highest = (0..=u8::MAX).zip(highest).filter(|(_, highest)| *highest > 0);
        Profile { highest: highest.collect() }
    }

    /// The largest share of its weight that the term gives to an entry.
    pub(super) fn most(&self, shares: &Shares) -> u32 {
        let shares = self.highest.iter().map(|&(length, highest)| match highest {
            UNKNOWN => u32::MAX,
            _ => shares.get(u32::from(highest), length),
        });
        shares.max().unwrap_or(0)
    }
}
