//! The versions of documents as callers see them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use yiju_diff::{Comparison, compare};
use yiju_document::{DateKind, Document, Repeal, Span};
use yiju_store::{DocumentRecord, KeptTimes, Store};

use crate::ask::standing::Standing;
use crate::error::EngineError;
use crate::keep::versions::{Versions, since};
use crate::keep::views::summary;
use crate::response::{DocumentRef, DocumentSummary, InForce};

/// A day of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct KnownDate {
    /// What happens on it.
    pub kind: DateKind,
    /// The day.
    #[cfg_attr(feature = "schema", schema(value_type = String, format = Date))]
    pub day: Date,
    /// The sentence or line that it rests on; null where it was told by a user.
    #[cfg_attr(feature = "schema", schema(required))]
    pub span: Option<Span>,
    /// The document's text there; null where it was told by a user.
    #[cfg_attr(feature = "schema", schema(required))]
    pub quote: Option<String>,
}

/// Two documents compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VersionDiff {
    /// The one that is compared from: the earlier version.
    pub old: DocumentRef,
    /// The one that is compared with.
    pub new: DocumentRef,
    /// What became of each clause.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// Compares two documents, the one that counts from the earlier day first; `None` where one is not there.
pub(crate) fn compare_documents(
    store: &Store,
    one: &str,
    other: &str,
) -> Result<Option<VersionDiff>, EngineError> {
    let read =
        |id: &str| -> Result<_, EngineError> { Ok(store.document(id)?.zip(store.times(id)?)) };
    let (Some(first), Some(second)) = (read(one)?, read(other)?) else { return Ok(None) };
    let from =
        |((record, _), times): &((DocumentRecord, Document), KeptTimes)| since(record, times);
    let turned = from(&first).zip(from(&second)).is_some_and(|(first, second)| first > second);
    let (old, new) = if turned { (second, first) } else { (first, second) };
    let ((old, before), _) = old;
    let ((new, after), _) = new;
    let comparison = compare(&before, &after);
    Ok(Some(VersionDiff { old: DocumentRef::of(&old), new: DocumentRef::of(&new), comparison }))
}

/// A version of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VersionView {
    /// The document.
    pub document: DocumentSummary,
    /// Whether it is in force; null where nothing is said of it.
    #[cfg_attr(feature = "schema", schema(required))]
    pub in_force: Option<InForce>,
    /// Its days.
    pub dates: Vec<KnownDate>,
    /// Whether it leaves its coming into force to others.
    pub effective_left_open: bool,
    /// What it repeals, whether that is in the library or not.
    pub repeals: Vec<Repeal>,
    /// Ids of the documents that it was said to replace.
    pub replaces: Vec<String>,
}

/// A document and its other versions; `None` where there is no such document.
pub(crate) fn of_document(
    store: &Store,
    versions: &Versions,
    id: &str,
    day: Date,
) -> Result<Option<Vec<VersionView>>, EngineError> {
    let family = versions.family(id);
    let mut standing = Standing::on(store, versions, day);
    if family.is_empty() {
        let found = view(store, &mut standing, id)?;
        return Ok(found.map(|one| vec![one]));
    }
    let mut views = Vec::with_capacity(family.len());
    for member in family {
        views.extend(view(store, &mut standing, &member.record.id)?);
    }
    Ok(Some(views))
}

/// All documents that have other versions, those of one family together, each family by its first document.
pub(crate) fn families(
    store: &Store,
    versions: &Versions,
    day: Date,
) -> Result<Vec<Vec<VersionView>>, EngineError> {
    let mut seen: Vec<usize> = Vec::new();
    let mut families = Vec::new();
    for member in versions.members() {
        if seen.contains(&member.family) || !versions.has_family(member) {
            continue;
        }
        seen.push(member.family);
        families.extend(of_document(store, versions, &member.record.id, day)?);
    }
    Ok(families)
}

fn view(
    store: &Store,
    standing: &mut Standing<'_>,
    id: &str,
) -> Result<Option<VersionView>, EngineError> {
    let (Some((record, document)), Some(times)) = (store.document(id)?, store.times(id)?) else {
        return Ok(None);
    };
    let KeptTimes { said, told } = times;
    let mut dates: Vec<KnownDate> = told
        .days
        .iter()
        .map(|(&kind, &day)| KnownDate { kind, day, span: None, quote: None })
        .collect();
    let counted = said.facts.iter().filter(|fact| !told.days.contains_key(&fact.kind));
    dates.extend(counted.map(|fact| KnownDate {
        kind: fact.kind,
        day: fact.day,
        span: Some(fact.span),
        quote: Some(document.slice(fact.span).to_owned()),
    }));
    dates.sort_by_key(|date| (date.kind, date.day));
    Ok(Some(VersionView {
        document: summary(record),
        in_force: standing.of(id)?,
        dates,
        effective_left_open: said.effective_left_open.is_some(),
        repeals: said.repeals,
        replaces: told.replaces,
    }))
}
