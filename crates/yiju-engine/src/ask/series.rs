//! Lists whose members are clauses of their own: a clause that leads in, and those it leads in to.

use yiju_document::Role;
use yiju_store::{ClauseRecord, Store};

use crate::error::EngineError;

/// Most members that an answer quotes.
const MOST_MEMBERS: u32 = 40;
/// Most characters that an answer quotes of them.
const LONGEST: usize = 4_000;

/// The members of such a list.
pub(crate) struct Series {
    /// Index of the clause that leads in.
    pub lead: u32,
    /// In the order of the text.
    pub members: Vec<ClauseRecord>,
    /// Whether there are more, too many to quote.
    pub cut: bool,
}

impl Series {
    /// Whether it has the clause at `index` of its document, or is led in to by it.
    pub(crate) fn holds(&self, index: u32) -> bool {
        index == self.lead || self.members.iter().any(|member| member.index == index)
    }
}

/// The list that a clause leads in to or is a member of; `None` where it is of none.
///
/// # Errors
/// The store cannot be read.
pub(crate) fn around(store: &Store, record: &ClauseRecord) -> Result<Option<Series>, EngineError> {
    let own = (record.clause.roles.last() == Some(&Role::LeadIn)).then_some(record.index);
    let lead = record.clause.lead.and_then(|at| u32::try_from(at).ok()).or(own);
    let Some(lead) = lead else { return Ok(None) };
    let wanted: Vec<(&str, u32)> = (lead + 1..=lead.saturating_add(MOST_MEMBERS + 1))
        .map(|at| (record.document.id.as_str(), at))
        .collect();
    let mut members: Vec<ClauseRecord> = store
        .clauses(&wanted)?
        .into_iter()
        .map_while(|member| member.filter(|m| m.clause.lead == Some(lead as usize)))
        .collect();
    let total = members.len();
    let mut characters = 0;
    members.truncate(MOST_MEMBERS as usize);
    let fits = members.iter().take_while(|member| {
        characters += member.text.chars().count();
        characters <= LONGEST
    });
    let fitting = fits.count();
    members.truncate(fitting);
    let cut = members.len() < total;
    Ok((members.len() > 1).then_some(Series { lead, members, cut }))
}
