//! What a writer may use: the citations of an answer, each with the number of its marker.

use crate::ask::compose::in_order;
use crate::response::Citation;

/// Most characters of all evidence together: what small models read, and what a page of clauses has.
const MOST: usize = 6_000;

/// A citation as a writer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    /// The citation's marker.
    pub number: u32,
    /// The document's title with its date, and the headings above the quote.
    pub place: String,
    /// The quote with what it cannot be read without, in the order of the text.
    pub text: String,
}

impl Evidence {
    /// The evidence of citations, up to the first that would make it too long.
    pub(super) fn of(citations: &[Citation]) -> Vec<Self> {
        let mut left = MOST;
        let mut all = Vec::new();
        for citation in citations {
            let one = Self::one(citation);
            let length = one.place.chars().count() + one.text.chars().count();
            if length > left && !all.is_empty() {
                break;
            }
            left = left.saturating_sub(length);
            all.push(one);
        }
        all
    }

    fn one(citation: &Citation) -> Self {
        let mut place = format!("《{}》", citation.document.title);
        if let Some(date) = citation.document.date {
            place.push_str(&format!("（{date}）"));
        }
        for heading in &citation.path {
            place.push(' ');
            place.push_str(heading);
        }
        Self { number: citation.marker, place, text: in_order(citation) }
    }
}
