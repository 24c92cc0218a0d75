//! A set's corpus as a library: one document for each title, and one clause for each entry.

use std::collections::{BTreeSet, HashMap};

use yiju_document::{Entry, Group, group_corpus};
use yiju_engine::{Engine, Filter};

use crate::{EvalError, Progress};

/// The clause id of each entry of a corpus, by the entry's id.
pub type ClauseIds = HashMap<String, String>;

/// The clause ids of a corpus, if the library holds exactly its entries; otherwise `None`.
///
/// # Errors
/// The engine failed.
pub fn find_corpus(engine: &Engine, corpus: &[Entry]) -> Result<Option<ClauseIds>, EvalError> {
    let groups = group_corpus(corpus);
    let Some((clauses, _)) = held(engine, "", corpus, &groups)? else {
        return Ok(None);
    };
    Ok((engine.document_count()? == groups.len() as u64).then_some(clauses))
}

/// The clause ids of a corpus that was added to an ordinary library as a file (whose name is the prefix of its
/// sources' names), and a filter for its documents, which is empty where the library holds nothing else. `None`
/// where an entry is missing or differs.
///
/// # Errors
/// The engine failed.
pub fn find_added_corpus(
    engine: &Engine,
    corpus: &[Entry],
) -> Result<Option<(ClauseIds, Filter)>, EvalError> {
    const PAGE: usize = 1_000;
    let groups = group_corpus(corpus);
    let Some(first) = groups.first() else {
        return Ok(None);
    };
    let mut prefixes = BTreeSet::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = engine.documents(cursor.as_deref(), PAGE)?;
        prefixes.extend(
            page.documents
                .iter()
                .filter_map(|document| document.source.strip_suffix(&first.name))
                .map(str::to_owned),
        );
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    for prefix in prefixes {
        if let Some((clauses, sources)) = held(engine, &prefix, corpus, &groups)? {
            let alone = engine.document_count()? == groups.len() as u64;
            let filter =
                Filter { sources: if alone { Vec::new() } else { sources }, ..Filter::default() };
            return Ok(Some((clauses, filter)));
        }
    }
    Ok(None)
}

fn held(
    engine: &Engine,
    prefix: &str,
    corpus: &[Entry],
    groups: &[Group<'_>],
) -> Result<Option<(ClauseIds, Vec<String>)>, EvalError> {
    let mut clauses = ClauseIds::with_capacity(corpus.len());
    let mut sources = Vec::with_capacity(groups.len());
    for group in groups {
        let name = format!("{prefix}{}", group.name);
        if !engine.holds(&name, &group.sha256())? {
            return Ok(None);
        }
        let Some(document) = engine.source_documents(&name)?.into_iter().next() else {
            return Ok(None);
        };
        for (clause, entry) in group.places.iter().filter_map(|&at| corpus.get(at)).enumerate() {
            clauses.insert(entry.id.clone(), format!("{}.{clause}", document.id));
        }
        sources.push(name);
    }
    Ok(Some((clauses, sources)))
}

/// Makes the library hold exactly a corpus: the entries of one title (and version) are the clauses of one
/// document. Documents that are already there stay, and others are removed. Returns each entry's clause id.
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
