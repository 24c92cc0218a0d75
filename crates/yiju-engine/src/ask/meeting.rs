//! Which candidates meet what a question fixes.

use std::collections::HashSet;

use yiju_document::Role;
use yiju_text::chars::is_han;
use yiju_text::normalize;

use crate::ask::about::Kind;
use crate::ask::constraints::Constraint;
use crate::ask::question::Question;
use crate::ask::rank::Ranked;

/// Ends of the names of places that titles begin with.
const PLACE_ENDS: &str = "市县区州省盟旗镇乡";
/// Most characters of such a name before its end.
const LONGEST_PLACE: usize = 4;

/// The place that a title, or a question, begins with, and its name without 市 or the like: 青河市, 青河.
pub(crate) fn place_of_title(title: &str) -> Option<(&str, &str)> {
    let title = title.trim_start_matches(['《', '“', '"', ' ']);
    for (before, (at, c)) in title.char_indices().enumerate() {
        if !is_han(c) || before > LONGEST_PLACE {
            return None;
        }
        if PLACE_ENDS.contains(c) && before >= 2 {
            return Some((&title[..at + c.len_utf8()], &title[..at]));
        }
    }
    None
}

/// Leaves only the documents of the places that the question names, where titles name places: 青河 is no other city.
fn keep_named_places(question: &str, found: &mut [Ranked]) {
    let named = |title: &str| -> Option<bool> {
        let (_, short) = place_of_title(title)?;
        Some(question.contains(short))
    };
    let titles: Vec<Option<bool>> =
        found.iter().map(|candidate| named(&normalize(&candidate.record.document.title))).collect();
    if titles.contains(&Some(true)) {
        for (candidate, named) in found.iter_mut().zip(titles) {
            candidate.meets &= named != Some(false);
        }
    }
}

/// Leaves only the documents of the kind that the question points at (这份意见), where there are any.
fn keep_pointed_kind(question: &str, found: &mut [Ranked]) {
    let Some(kind) = Kind::pointed_at(question) else { return };
    let of_kind: Vec<bool> = found
        .iter()
        .map(|candidate| kind.has(&normalize(&candidate.record.document.title)))
        .collect();
    if of_kind.contains(&true) {
        found.iter_mut().zip(of_kind).for_each(|(candidate, is)| candidate.meets &= is);
    }
}

/// Checks candidates against what the question fixes. A clause meets a constraint by its own text and headings; where no candidate does so, by its
/// document: title, date, issuer, number, and what its opening says. Returns what no candidate meets, as the question says it.
pub(crate) fn check(question: &Question, found: &mut [Ranked]) -> Vec<String> {
    let titles: Vec<String> =
        found.iter().map(|candidate| normalize(&candidate.record.document.title)).collect();
    let constraints: Vec<Constraint> = question
        .constraints
        .iter()
        .map(|constraint| constraint.without_verb(&titles).unwrap_or_else(|| constraint.clone()))
        .collect();
    keep_named_places(&question.normal, found);
    keep_pointed_kind(&question.normal, found);
    if constraints.is_empty() {
        return Vec::new();
    }
    let texts: Vec<(String, String)> =
        found.iter().map(|candidate| (own_text(candidate), document_text(candidate))).collect();
    let mut meets = vec![true; found.len()];
    let mut unmet = Vec::new();
    for constraint in &constraints {
        let of_document: Vec<bool> =
            texts.iter().map(|(_, document)| constraint.met_by(document)).collect();
        let own: Vec<bool> = texts.iter().map(|(own, _)| constraint.met_by(own)).collect();
        // What an opening says holds for the whole document.
        let opened: HashSet<&str> = found
            .iter()
            .zip(&own)
            .filter(|(candidate, own)| {
                **own && candidate.record.clause.roles.contains(&Role::Opening)
            })
            .map(|(candidate, _)| candidate.record.document.id.as_str())
            .collect();
        let by_document: Vec<bool> = found
            .iter()
            .zip(of_document)
            .map(|(candidate, met)| met || opened.contains(candidate.record.document.id.as_str()))
            .collect();
        let met: Vec<bool> =
            own.iter().zip(&by_document).map(|(own, document)| *own || *document).collect();
        if met.contains(&true) {
            meets.iter_mut().zip(met).for_each(|(all, met)| *all &= met);
        } else {
            unmet.push(constraint.said.clone());
        }
    }
    found.iter_mut().zip(meets).for_each(|(candidate, meets)| candidate.meets &= meets);
    unmet
}

fn own_text(candidate: &Ranked) -> String {
    let record = &candidate.record;
    normalize(&format!("{} {}", record.path.join(" "), record.text))
}

fn document_text(candidate: &Ranked) -> String {
    let document = &candidate.record.document;
    let date =
        document.date.map(|date| format!("{}年{}月{}日", date.year(), date.month(), date.day()));
    normalize(&format!(
        "{} {} {} {}",
        document.title,
        document.issuer.as_deref().unwrap_or(""),
        document.number.as_deref().unwrap_or(""),
        date.as_deref().unwrap_or("")
    ))
}
