//! Questions that name a clause or section by its number are answered from the outline.

use std::ops::Range;

use yiju_document::{Document, Reference, Span, Target, Unit, UnitKind};
use yiju_index::normalize;
use yiju_store::{ClauseRecord, Store};

use crate::error::EngineError;
use crate::question::Question;
use crate::scope::Scope;

/// Most units that one answer cites.
const MOST_ITEMS: usize = 20;
/// Most documents looked into for one number; a title in the question narrows them.
const MOST_DOCUMENTS: usize = 50;
/// Clauses listed when the number does not exist.
const NEAREST: usize = 3;

/// What a question with a number in it calls for.
pub(crate) enum Outcome {
    /// It names none, or none that the documents use: an ordinary question.
    Ordinary,
    /// It asks for the unit itself.
    Unit(Found),
    /// It asks something of these clauses (document id and index).
    Within(Vec<(String, u32)>),
}

/// The outcome of a lookup by number.
pub(crate) enum Found {
    /// The documents number such units but have none of this number.
    Nothing {
        cited: String,
        nearest: Vec<ClauseRecord>,
    },
    /// What was asked for, in the order of the text.
    Items(Vec<Item>),
}

/// A unit to cite.
pub(crate) enum Item {
    Clause {
        record: ClauseRecord,
        quote: Span,
    },
    Section {
        first: ClauseRecord,
        label: String,
        path: Vec<String>,
        span: Span,
        heading: Span,
    },
}

pub(crate) fn look_up(
    store: &Store,
    scope: &Scope,
    question: &Question,
) -> Result<Outcome, EngineError> {
    if question.references.is_empty() {
        return Ok(Outcome::Ordinary);
    }
    let mut holders: Vec<String> = Vec::new();
    let mut numbered = false;
    for reference in &question.references {
        let (found, used) = documents_with(store, scope, reference)?;
        numbered |= used;
        holders.extend(
            found
                .into_iter()
                .filter(|id| !holders.contains(id))
                .collect::<Vec<_>>(),
        );
    }
    let mut documents = Vec::new();
    for id in holders.iter().take(MOST_DOCUMENTS) {
        if let Some((_, document)) = store.document(id)? {
            documents.push((id.clone(), document));
        }
    }
    let normal = normalize(&question.text);
    let named: Vec<bool> = documents
        .iter()
        .map(|(_, d)| title_in(&normal, &normalize(&d.title)))
        .collect();
    if named.contains(&true) {
        let mut keep = named.iter();
        documents.retain(|_| keep.next().copied().unwrap_or(false));
    }
    let cited: Vec<Range<usize>> = question
        .references
        .iter()
        .map(|reference| reference.range.clone())
        .collect();
    let titles: String = documents
        .iter()
        .map(|(_, d)| normalize(&d.title))
        .collect::<Vec<_>>()
        .join(" ");
    let pure = question.asks_only(&cited, &titles);
    let mut targets: Vec<(usize, Target)> = Vec::new();
    for (at, (_, document)) in documents.iter().enumerate() {
        for reference in &question.references {
            targets.extend(
                document
                    .find(reference)
                    .into_iter()
                    .map(|target| (at, target)),
            );
        }
    }
    if targets.is_empty() {
        if !numbered {
            return Ok(Outcome::Ordinary);
        }
        let cited = cited
            .iter()
            .filter_map(|range| question.text.get(range.clone()))
            .collect::<Vec<_>>()
            .join("、");
        return Ok(Outcome::Unit(Found::Nothing {
            cited,
            nearest: last_numbered(store, scope, question)?,
        }));
    }
    if pure {
        let mut items = Vec::new();
        for (at, target) in targets {
            let (id, document) = &documents[at];
            items.extend(cite(store, id, document, target)?);
        }
        items.truncate(MOST_ITEMS);
        return Ok(Outcome::Unit(Found::Items(items)));
    }
    let mut clauses: Vec<(String, u32)> = Vec::new();
    for (at, target) in targets {
        let (id, document) = &documents[at];
        for clause in clauses_of(document, target) {
            let place = (id.clone(), clause as u32);
            if !clauses.contains(&place) {
                clauses.push(place);
            }
        }
    }
    Ok(Outcome::Within(clauses))
}

/// Documents in scope that have a unit of the reference's first step, and whether any document in
/// scope numbers such units at all.
fn documents_with(
    store: &Store,
    scope: &Scope,
    reference: &Reference,
) -> Result<(Vec<String>, bool), EngineError> {
    let mut found = Vec::new();
    let mut used = false;
    let Some(step) = reference.steps.first() else {
        return Ok((found, used));
    };
    for unit in &step.units {
        let Unit::Kind(kind) = *unit else { continue };
        let mut of_number = in_scope(
            scope,
            store.numbered_clauses(kind, step.number, step.sub_number)?,
        );
        of_number.extend(in_scope(scope, store.numbered_sections(kind, step.number)?));
        used |= !of_number.is_empty()
            || !in_scope(scope, store.numbered_clauses(kind, 1, None)?).is_empty()
            || !in_scope(scope, store.numbered_sections(kind, 1)?).is_empty();
        found.extend(of_number);
    }
    found.dedup();
    Ok((found, used))
}

fn in_scope(scope: &Scope, found: Vec<(String, u32)>) -> Vec<String> {
    let mut ids: Vec<String> = found
        .into_iter()
        .map(|(id, _)| id)
        .filter(|id| scope.accepts_document(id))
        .collect();
    ids.dedup();
    ids
}

/// Whether the question names the document: by its title, or by the part of it that people say.
fn title_in(question: &str, title: &str) -> bool {
    let short = title.strip_prefix("中华人民共和国").unwrap_or(title);
    let subject = short
        .split_once("关于")
        .map_or(short, |(_, subject)| subject);
    let bare = subject
        .strip_suffix("的意见")
        .or(subject.strip_suffix("的通知"))
        .unwrap_or(subject);
    [title, short, subject, bare]
        .iter()
        .any(|name| name.chars().count() >= 2 && question.contains(name))
}

/// The clauses of the highest numbers that the first reference could have meant.
fn last_numbered(
    store: &Store,
    scope: &Scope,
    question: &Question,
) -> Result<Vec<ClauseRecord>, EngineError> {
    let kinds: Vec<UnitKind> = question
        .references
        .iter()
        .filter_map(|reference| reference.steps.first())
        .flat_map(|step| &step.units)
        .filter_map(|unit| {
            if let Unit::Kind(kind) = unit {
                Some(*kind)
            } else {
                None
            }
        })
        .collect();
    let mut holders = Vec::new();
    for kind in kinds {
        holders.extend(in_scope(scope, store.numbered_clauses(kind, 1, None)?));
        holders.extend(in_scope(scope, store.numbered_sections(kind, 1)?));
    }
    let Some(id) = holders.first() else {
        return Ok(Vec::new());
    };
    let Some((_, document)) = store.document(id)? else {
        return Ok(Vec::new());
    };
    let numbered = (0u32..)
        .zip(&document.clauses)
        .filter(|(_, clause)| clause.number.is_some());
    let mut last: Vec<(&str, u32)> = numbered.map(|(at, _)| (id.as_str(), at)).collect();
    last.reverse();
    last.truncate(NEAREST);
    Ok(store.clauses(&last)?.into_iter().flatten().collect())
}

fn clauses_of(document: &Document, target: Target) -> Vec<usize> {
    match target {
        Target::Clause(clause) | Target::Paragraph(clause, _) | Target::Item(clause, _) => {
            vec![clause]
        }
        Target::Section(section) => (0..document.clauses.len())
            .filter(|&clause| lies_in(document, clause, section))
            .collect(),
    }
}

fn lies_in(document: &Document, clause: usize, section: usize) -> bool {
    let mut next = document
        .clauses
        .get(clause)
        .and_then(|clause| clause.section);
    while let Some(at) = next {
        if at == section {
            return true;
        }
        next = document.sections.get(at).and_then(|section| section.parent);
    }
    false
}

fn cite(
    store: &Store,
    id: &str,
    document: &Document,
    target: Target,
) -> Result<Vec<Item>, EngineError> {
    let clause = |at: usize, quote: Option<Span>| -> Result<Option<Item>, EngineError> {
        let record = store.clause(id, at as u32)?;
        Ok(record.map(|record| Item::Clause {
            quote: quote.unwrap_or(record.clause.span),
            record,
        }))
    };
    let section = match target {
        Target::Clause(at) => return Ok(clause(at, None)?.into_iter().collect()),
        Target::Paragraph(at, span) | Target::Item(at, span) => {
            return Ok(clause(at, Some(span))?.into_iter().collect());
        }
        Target::Section(section) => section,
    };
    let clauses = clauses_of(document, target);
    let (Some(heading), Some(&first), Some(last)) = (
        document.sections.get(section),
        clauses.first(),
        clauses.last().and_then(|&at| document.clauses.get(at)),
    ) else {
        return Ok(Vec::new());
    };
    let mut items = Vec::new();
    if let Some(first) = store.clause(id, first as u32)? {
        let span = Span {
            char_end: last.span.char_end,
            byte_end: last.span.byte_end,
            ..heading.span
        };
        items.push(Item::Section {
            first,
            label: heading.label.clone(),
            path: section_path(document, section),
            span,
            heading: heading.span,
        });
    }
    for at in clauses {
        // A clause is listed by its heading, or by its first sentence where it has none.
        let quote = document
            .clauses
            .get(at)
            .and_then(|clause| clause.sentences.first().copied());
        items.extend(clause(at, quote)?);
    }
    Ok(items)
}

fn section_path(document: &Document, section: usize) -> Vec<String> {
    let mut path = Vec::new();
    let mut next = Some(section);
    while let Some(section) = next.and_then(|at| document.sections.get(at)) {
        path.push(format!("{}{}", section.label, section.title));
        next = section.parent;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_named_by_the_part_of_its_title_that_people_say() {
        let title = "中共中央 国务院关于推动城市高质量发展的意见";
        assert!(title_in("推动城市高质量发展的意见第八条", title));
        assert!(title_in("关于推动城市高质量发展,第八条说了什么", title));
        assert!(title_in("刑法第十七条", "中华人民共和国刑法"));
        assert!(!title_in("民法典第十七条", "中华人民共和国刑法"));
    }
}
