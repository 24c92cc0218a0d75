//! Whether what an answer cites is in force, and the answer to the question for it.

use std::collections::HashMap;

use jiff::civil::Date;
use yiju_document::{DateKind, Document, ParticularPlace, Span};
use yiju_store::{DocumentRecord, KeptTimes, Store};
use yiju_text::normalize;

use crate::ask::compose;
use crate::ask::question::Language;
use crate::ask::when::{asks_validity, named_by};
use crate::ask::wording;
use crate::error::EngineError;
use crate::keep::versions::{End, Member, Selection, Versions, in_force_from};
use crate::response::{Answer, AskRequest, ClauseRef, ForceStatus, InForce, SearchResponse};

/// Says of documents whether they are in force, each read once.
pub(crate) struct Standing<'a> {
    store: &'a Store,
    versions: &'a Versions,
    day: Date,
    known: HashMap<String, Option<InForce>>,
}

impl<'a> Standing<'a> {
    /// On `day`.
    pub(crate) fn on(store: &'a Store, versions: &'a Versions, day: Date) -> Self {
        Self { store, versions, day, known: HashMap::new() }
    }

    /// Whether a document is in force; `None` where nothing is said of it.
    pub(crate) fn of(&mut self, id: &str) -> Result<Option<InForce>, EngineError> {
        if let Some(known) = self.known.get(id) {
            return Ok(known.clone());
        }
        let found = match self.versions.get(id) {
            Some(member) => Some(self.of_member(member)?),
            None => match (self.store.document_record(id)?, self.store.times(id)?) {
                (Some(record), Some(times)) => self.alone(&record, &times),
                _ => None,
            },
        };
        self.known.insert(id.to_owned(), found.clone());
        Ok(found)
    }

    /// A document that no other one concerns.
    fn alone(&self, record: &DocumentRecord, times: &KeptTimes) -> Option<InForce> {
        let from = in_force_from(record, times)?;
        let status = if self.day < from { ForceStatus::NotYet } else { ForceStatus::InForce };
        let amended = times.day(DateKind::Amended);
        let (until, replaced_by, repealed_by) = (None, None, None);
        Some(InForce { status, from: Some(from), until, amended, replaced_by, repealed_by })
    }

    fn of_member(&self, member: &Member) -> Result<InForce, EngineError> {
        let of_family = member.since.filter(|_| self.versions.has_family(member));
        let from = in_force_from(&member.record, &member.times).or(of_family);
        let until = member.until.map(|(day, _)| day);
        let gone = until.is_some_and(|until| until <= self.day);
        let status = match member.until.map(|(_, end)| end).filter(|_| gone) {
            Some(End::Replaced(_)) => ForceStatus::Superseded,
            Some(End::Repealed(..) | End::Told) => ForceStatus::Repealed,
            Some(End::Expired) => ForceStatus::Expired,
            None if from.is_some_and(|from| self.day < from) => ForceStatus::NotYet,
            None => ForceStatus::InForce,
        };
        let replaced_by =
            member.successor().and_then(|by| self.versions.at(by)).map(|by| by.record.id.clone());
        let repealed_by = match member.until.map(|(_, end)| end) {
            Some(End::Repealed(by, span, _)) => self.clause(by, span)?,
            _ => None,
        };
        let amended = member.times.day(DateKind::Amended);
        Ok(InForce { status, from, until, amended, replaced_by, repealed_by })
    }

    /// The id of the clause of a member that holds a span.
    fn clause(&self, member: usize, span: Span) -> Result<Option<String>, EngineError> {
        let Some(member) = self.versions.at(member) else { return Ok(None) };
        let id = &member.record.id;
        let document = self.store.document(id)?;
        let at = document.and_then(|(_, document)| clause_of(&document, span));
        Ok(at.map(|at| format!("{id}.{at}")))
    }

    fn mark(&mut self, clause: &mut ClauseRef) -> Result<(), EngineError> {
        clause.in_force = self.of(&clause.document.id)?;
        Ok(())
    }

    /// Says of each citation whether its document is in force.
    pub(crate) fn citations(&mut self, answer: &mut Answer) -> Result<(), EngineError> {
        for citation in &mut answer.citations {
            self.mark(&mut citation.clause)?;
        }
        for nearest in &mut answer.nearest {
            self.mark(&mut nearest.clause)?;
        }
        Ok(())
    }

    /// The same, and in the answer's words where one is not.
    pub(crate) fn answer(&mut self, answer: &mut Answer) -> Result<(), EngineError> {
        self.citations(answer)?;
        let language = Language::of(&answer.question);
        let mut said: Vec<&str> = Vec::new();
        let mut notes = String::new();
        for citation in &answer.citations {
            let id = citation.document.id.as_str();
            let Some(force) = citation.in_force.as_ref().filter(|_| !said.contains(&id)) else {
                continue;
            };
            said.push(id);
            if force.status == ForceStatus::InForce {
                continue;
            }
            let by = force.replaced_by.as_deref().and_then(|by| self.versions.get(by));
            let by = by.map(|by| by.record.title.as_str());
            let note = wording::not_in_force(language, &citation.document.title, force, by);
            if !answer.answer.contains(note.as_str()) {
                notes.push('\n');
                notes.push_str(&note);
            }
        }
        answer.answer.push_str(&notes);
        Ok(())
    }

    /// Says of each hit whether its document is in force.
    pub(crate) fn hits(&mut self, response: &mut SearchResponse) -> Result<(), EngineError> {
        for hit in &mut response.hits {
            self.mark(&mut hit.clause)?;
        }
        Ok(())
    }
}

/// The clause of a document that holds a span.
pub(crate) fn clause_of(document: &Document, span: Span) -> Option<usize> {
    document.clauses.iter().position(|clause| {
        clause.span.byte_start <= span.byte_start && span.byte_start < clause.span.byte_end
    })
}

/// The answer to the question whether a document is in force, where the library can tell; `None` for other questions and
/// where it is not plain which document is meant.
pub(crate) fn validity(
    store: &Store,
    versions: &Versions,
    request: &AskRequest,
    selection: Selection,
    day: Date,
) -> Result<Option<Answer>, EngineError> {
    if versions.is_empty() || !asks_validity(&request.question) {
        return Ok(None);
    }
    let Some(meant) = document_meant(versions, &request.question, selection) else {
        return Ok(None);
    };
    let filter = &request.filter;
    if !filter.document_ids.is_empty() && !filter.document_ids.contains(&meant.record.id)
        || !filter.sources.is_empty() && !filter.sources.contains(&meant.record.source)
    {
        return Ok(None);
    }
    let force = Standing::on(store, versions, day).of_member(meant)?;
    let gone = force.status != ForceStatus::InForce && force.status != ForceStatus::NotYet;
    // Where it is said: the clause that repeals it, its own last day, or since when what replaced it is in force.
    let (by, span) = match meant.until.map(|(_, end)| end).filter(|_| gone) {
        Some(End::Repealed(by, span, _)) => (versions.at(by), Some(span)),
        Some(End::Replaced(by)) => {
            let by = versions.at(by);
            (by, by.and_then(|by| fact(&by.times, &[DateKind::Effective, DateKind::Amended])))
        }
        Some(End::Expired) => (Some(meant), fact(&meant.times, &[DateKind::Expires])),
        Some(End::Told) => (Some(meant), fact(&meant.times, &[DateKind::Repealed])),
        None => (Some(meant), fact(&meant.times, &[DateKind::Effective, DateKind::Amended])),
    };
    let Some((by, span)) = by.zip(span) else { return Ok(None) };
    let Some((record, document)) = store.document(&by.record.id)? else { return Ok(None) };
    let clause = clause_of(&document, span);
    let place = ParticularPlace { line: span, part: None, clause };
    let language = Language::of(&request.question);
    let successor = force.replaced_by.as_deref().and_then(|by| versions.get(by));
    let title = successor.map(|by| by.record.title.as_str());
    let said = match force.status {
        ForceStatus::InForce => wording::in_force(language, &meant.record.title, &force),
        _ => wording::not_in_force(language, &meant.record.title, &force, title),
    };
    compose::standing(store, request, &record, &document, &place, said).map(Some)
}

/// The sentence of the first of these kinds that a document gives.
fn fact(times: &KeptTimes, kinds: &[DateKind]) -> Option<Span> {
    let of = |kind: &DateKind| times.said.facts.iter().rev().find(|fact| fact.kind == *kind);
    kinds.iter().find_map(of).map(|fact| fact.span)
}

/// The document that a question names by its title, of its versions the one of the selection.
fn document_meant<'v>(
    versions: &'v Versions,
    question: &str,
    selection: Selection,
) -> Option<&'v Member> {
    let question: String =
        normalize(question).chars().filter(|c| !matches!(c, '<' | '>' | ' ')).collect();
    let mut named: Vec<(usize, &Member)> = versions
        .members()
        .iter()
        .filter_map(|member| Some((named_by(&question, &member.record.title)?, member)))
        .collect();
    let longest = named.iter().map(|(length, _)| *length).max()?;
    named.retain(|(length, _)| *length == longest);
    let (_, first) = named.first()?;
    if named.iter().any(|(_, other)| other.family != first.family) {
        return None;
    }
    let chosen = versions.chosen(selection);
    let of_selection = named.iter().filter(|(_, member)| chosen.contains(&member.record.id));
    let latest = of_selection.max_by_key(|(_, member)| member.since);
    // Without versions in force, the last.
    latest.or_else(|| named.iter().max_by_key(|(_, m)| m.since)).map(|(_, member)| *member)
}

/// The day on which it counts whether what is cited is in force.
pub(crate) fn day_of(selection: Selection, today: Date) -> Date {
    match selection {
        Selection::On { day, strict: true } => day,
        // Of what is past it counts what has become of it.
        _ => today,
    }
}
