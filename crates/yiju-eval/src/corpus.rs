//! A set's corpus as a library: one document for each title, one clause for each entry.

use std::collections::HashMap;

use yiju_document::{Entry, group_corpus};
use yiju_engine::Engine;

use crate::{EvalError, Progress};

/// The clause id of each entry of a corpus, by the entry's id.
pub type ClauseIds = HashMap<String, String>;

/// The clause ids of a corpus whose library is ready: the library holds every entry, and nothing
/// else. `None` where it does not.
///
/// # Errors
/// The engine failed.
pub fn find_corpus(engine: &Engine, corpus: &[Entry]) -> Result<Option<ClauseIds>, EvalError> {
    let mut clauses = ClauseIds::with_capacity(corpus.len());
    let groups = group_corpus(corpus);
    for group in &groups {
        if !engine.holds(&group.name, &group.sha256())? {
            return Ok(None);
        }
        let Some(document) = engine.source_documents(&group.name)?.into_iter().next() else {
            return Ok(None);
        };
        for (clause, entry) in group
            .places
            .iter()
            .filter_map(|&at| corpus.get(at))
            .enumerate()
        {
            clauses.insert(entry.id.clone(), format!("{}.{clause}", document.id));
        }
    }
    Ok((engine.document_count()? == groups.len() as u64).then_some(clauses))
}

/// Makes a corpus the library's content: the entries of one title (and version) are the clauses of one
/// document; what is there already stays, what else was in the library is removed. Gives each
/// entry's clause id.
///
/// # Errors
/// The engine failed.
pub fn add_corpus(
    engine: &Engine,
    corpus: &[Entry],
    progress: &dyn Fn(Progress),
) -> Result<ClauseIds, EvalError> {
    let held = engine.hold_rebuilds();
    let outcome = engine.add_corpus("", corpus, &|at| {
        progress(Progress {
            done: at.bytes_done.div_ceil(1024),
            total: at.bytes_total.div_ceil(1024),
        });
    })?;
    drop(held);
    engine.save_indexes()?;
    let ids = corpus.iter().map(|entry| entry.id.clone());
    Ok(ids.zip(outcome.clause_ids).collect())
}
