//! Which passages and documents a filter lets through.

use std::collections::HashSet;
use std::sync::Arc;

use yiju_store::{DocumentRecord, Store};
use yiju_text::normalize;

use crate::error::EngineError;
use crate::keep::versions::{LeftOut, Versions};
use crate::response::Filter;

/// A filter, resolved against the library.
#[derive(Default)]
pub(crate) struct Scope {
    /// Accepted documents; `None` for all.
    documents: Option<HashSet<String>>,
    /// Accepted passages; `None` for all.
    passages: Option<Passages>,
    /// Passages left out, where `passages` is `None`.
    except: Option<Except>,
    /// Documents left out: versions that are not meant.
    left_out: Option<Arc<LeftOut>>,
}

/// All passages but these, and those of documents that are left out.
#[derive(Default)]
struct Except {
    passages: HashSet<u64>,
    left_out: Option<Arc<LeftOut>>,
}

impl yiju_index::Filter for Except {
    fn accepts(&self, id: u64) -> bool {
        !self.passages.contains(&id) && !self.left_out.as_ref().is_some_and(|out| out.holds(id))
    }
}

/// A set of passages that an index can filter by.
pub(crate) struct Passages {
    ids: Vec<u64>,
    set: HashSet<u64>,
}

impl yiju_index::Filter for Passages {
    fn accepts(&self, id: u64) -> bool {
        self.set.contains(&id)
    }

    fn cardinality(&self) -> Option<usize> {
        Some(self.ids.len())
    }

    fn ids(&self) -> Option<&[u64]> {
        Some(&self.ids)
    }
}

impl Scope {
    /// What `filter` lets through.
    ///
    /// # Errors
    /// The days of the filter are in the wrong order, or the store cannot be read.
    pub(crate) fn resolve(store: &Store, filter: &Filter) -> Result<Self, EngineError> {
        if let (Some(from), Some(to)) = (filter.date_from, filter.date_to)
            && from > to
        {
            return Err(EngineError::OutOfRange {
                what: "`date_to`",
                range: format!("{from}, which `date_from` is, or later"),
                value: to.to_string(),
            });
        }
        if *filter == Filter::default() {
            return Ok(Self::default());
        }
        let mut accepted = Vec::new();
        let mut all = true;
        store.for_each_document(|record| {
            if accepts(filter, &record) {
                accepted.push(record.id);
            } else {
                all = false;
            }
        })?;
        let section = filter.section.as_deref().map(normalize);
        if all && section.is_none() {
            return Ok(Self::default());
        }
        let mut ids = Vec::new();
        for id in &accepted {
            let passages = store.document_passages(id)?;
            let Some(section) = &section else {
                ids.extend(passages.iter().map(|passage| passage.id));
                continue;
            };
            let Some((_, document)) = store.document(id)? else {
                continue;
            };
            let inside: HashSet<u32> = (0u32..)
                .zip(&document.clauses)
                .filter(|&(at, _)| {
                    document.path(at as usize).iter().any(|part| normalize(part).contains(section))
                })
                .map(|(at, _)| at)
                .collect();
            ids.extend(passages.iter().filter(|p| inside.contains(&p.clause)).map(|p| p.id));
        }
        let set = ids.iter().copied().collect();
        Ok(Self {
            documents: Some(accepted.into_iter().collect()),
            passages: Some(Passages { ids, set }),
            ..Self::default()
        })
    }

    /// Leaves documents out. Where the filter lets through some versions of a document and none of them is meant, they
    /// all stay: who asks in them means them.
    pub(crate) fn leaving_out(
        mut self,
        versions: &Versions,
        out: &Arc<LeftOut>,
        strict: bool,
    ) -> Self {
        if out.is_empty() {
            return self;
        }
        let Some(documents) = &mut self.documents else {
            let except = self.except.get_or_insert_default();
            except.left_out = Some(Arc::clone(out));
            self.left_out = Some(Arc::clone(out));
            return self;
        };
        let kept: HashSet<usize> = documents
            .iter()
            .filter(|id| !out.documents.contains(*id))
            .filter_map(|id| versions.get(id).map(|member| member.family))
            .collect();
        let stays = |id: &String| {
            !out.documents.contains(id)
                || !strict && versions.get(id).is_some_and(|member| !kept.contains(&member.family))
        };
        let gone: HashSet<String> = documents.iter().filter(|id| !stays(id)).cloned().collect();
        if gone.is_empty() {
            return self;
        }
        documents.retain(|id| !gone.contains(id));
        if let Some(passages) = &mut self.passages {
            passages.ids.retain(|id| !out.holds_of(&gone, *id));
            passages.set.retain(|id| !out.holds_of(&gone, *id));
        }
        self
    }

    /// Leaves these clauses out, by their ids; unknown ids change nothing.
    pub(crate) fn without(
        mut self,
        store: &Store,
        clauses: &[String],
    ) -> Result<Self, EngineError> {
        let mut out = HashSet::new();
        for id in clauses {
            let Some((document, index)) = id.rsplit_once('.') else {
                continue;
            };
            let places = store.document_passages(document)?;
            out.extend(
                places
                    .iter()
                    .filter(|place| place.clause.to_string() == index)
                    .map(|place| place.id),
            );
        }
        match &mut self.passages {
            Some(passages) => {
                passages.ids.retain(|id| !out.contains(id));
                passages.set.retain(|id| !out.contains(id));
            }
            None if !out.is_empty() => {
                self.except = Some(Except { passages: out, left_out: self.left_out.clone() });
            }
            None => {}
        }
        Ok(self)
    }

    /// Only these clauses (document id and index).
    pub(crate) fn only(store: &Store, clauses: &[(String, u32)]) -> Result<Self, EngineError> {
        let documents: HashSet<String> = clauses.iter().map(|(id, _)| id.clone()).collect();
        let wanted: HashSet<(&str, u32)> =
            clauses.iter().map(|(id, at)| (id.as_str(), *at)).collect();
        let mut ids = Vec::new();
        for id in &documents {
            let places = store.document_passages(id)?;
            ids.extend(
                places.iter().filter(|p| wanted.contains(&(id.as_str(), p.clause))).map(|p| p.id),
            );
        }
        ids.sort_unstable();
        let set = ids.iter().copied().collect();
        Ok(Self {
            documents: Some(documents),
            passages: Some(Passages { ids, set }),
            ..Self::default()
        })
    }

    /// The clauses of a document that may be cited; `None` for all.
    pub(crate) fn clauses(
        &self,
        store: &Store,
        document: &str,
    ) -> Result<Option<HashSet<u32>>, EngineError> {
        let Some(filter) = self.filter() else {
            return Ok(None);
        };
        let places = store.document_passages(document)?;
        let clauses =
            places.iter().filter(|place| place.sentence.is_none() && filter.accepts(place.id));
        Ok(Some(clauses.map(|place| place.clause).collect()))
    }

    /// The passages to search in; `None` for all.
    pub(crate) fn filter(&self) -> Option<&dyn yiju_index::Filter> {
        match (&self.passages, &self.except) {
            (Some(passages), _) => Some(passages),
            (None, Some(except)) => Some(except),
            (None, None) => None,
        }
    }

    /// Whether a document may be cited.
    pub(crate) fn accepts_document(&self, id: &str) -> bool {
        self.documents.as_ref().is_none_or(|ids| ids.contains(id))
            && !self.left_out.as_ref().is_some_and(|out| out.documents.contains(id))
    }
}

/// The documents that `filter` lets through, whatever their sections.
///
/// # Errors
/// The store cannot be read.
pub(crate) fn documents_of(
    store: &Store,
    filter: &Filter,
) -> Result<Vec<DocumentRecord>, EngineError> {
    let mut found = Vec::new();
    store.for_each_document(|record| {
        if accepts(filter, &record) {
            found.push(record);
        }
    })?;
    Ok(found)
}

fn accepts(filter: &Filter, record: &DocumentRecord) -> bool {
    let any =
        |wanted: &[String], value: &str| wanted.is_empty() || wanted.iter().any(|w| w == value);
    let issuer = filter.issuer.as_deref().map(normalize);
    any(&filter.document_ids, &record.id)
        && any(&filter.sources, &record.source)
        && issuer.is_none_or(|wanted| {
            record.issuer.as_deref().is_some_and(|i| normalize(i).contains(&wanted))
        })
        && filter.date_from.is_none_or(|from| record.date.is_some_and(|date| date >= from))
        && filter.date_to.is_none_or(|to| record.date.is_some_and(|date| date <= to))
}
