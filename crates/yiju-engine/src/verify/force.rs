//! Whether the places of a quote are in force.

use jiff::civil::Date;

use super::find::{self, Whole};
use super::report::{QuoteStatus, VerifiedQuote};
use crate::ask::standing::Standing;
use crate::error::EngineError;
use crate::keep::library::Library;
use crate::keep::versions::Versions;
use crate::limits::MOST_PLACES;
use crate::response::ForceStatus;

/// Says of each quote whether it stands in what is in force on `day`: places there come first, after the cited one.
pub(super) fn mark(
    library: &Library,
    day: Date,
    quotes: &mut [VerifiedQuote],
) -> Result<(), EngineError> {
    let versions = library.versions()?;
    let mut standing = Standing::on(&library.store, &versions, day);
    for quote in quotes {
        if quote.status == QuoteStatus::Exists {
            add_current(library, &versions, day, quote)?;
        }
        for place in &mut quote.places {
            place.in_force = standing.of(&place.document.id)?;
        }
        let current = |place: &super::report::QuotePlace| {
            place.in_force.as_ref().map(|force| force.status == ForceStatus::InForce)
        };
        let cited = usize::from(quote.as_cited == Some(true));
        if let Some(others) = quote.places.get_mut(cited..) {
            others.sort_by_key(|place| current(place) == Some(false));
        }
        let known = quote.places.iter().map(current);
        quote.in_force = if known.clone().any(|known| known == Some(true)) {
            Some(true)
        } else if !quote.places.is_empty() && known.clone().all(|known| known == Some(false)) {
            Some(false)
        } else {
            None
        };
    }
    Ok(())
}

/// Adds the places of a quote in the versions in force, where it was found in others only: a quote that is found is not
/// looked for in every document.
fn add_current(
    library: &Library,
    versions: &Versions,
    day: Date,
    quote: &mut VerifiedQuote,
) -> Result<(), EngineError> {
    let held: Vec<String> = quote.places.iter().map(|place| place.document.id.clone()).collect();
    let mut others: Vec<&str> = Vec::new();
    for id in &held {
        let current = versions.family(id).into_iter().filter(|member| member.counts_on(day));
        others.extend(current.map(|member| member.record.id.as_str()));
    }
    others.sort_unstable();
    others.dedup();
    others.retain(|id| !held.iter().any(|known| known == id));
    for id in others {
        if quote.places.len() >= MOST_PLACES {
            break;
        }
        let Some((record, document)) = library.store.document(id)? else { continue };
        let whole = Whole { record, document };
        quote.places.extend(find::verbatim(&whole, &quote.quote));
    }
    quote.places.truncate(MOST_PLACES);
    Ok(())
}
