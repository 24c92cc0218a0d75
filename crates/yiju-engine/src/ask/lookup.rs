//! Questions that name a clause or section by its number are answered from the outline.

use std::collections::HashSet;
use std::ops::Range;

use yiju_document::{Document, Reference, Span, Target, Unit};
use yiju_store::{ClauseRecord, Store};
use yiju_text::chars::is_han;
use yiju_text::normalize;

use crate::ask::named::{Mention, Named};
use crate::ask::question::Question;
use crate::ask::scope::Scope;
use crate::error::EngineError;

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
    /// No document has what was cited.
    Nothing { cited: String, nearest: Vec<ClauseRecord> },
    /// What was asked for, in the order of the text.
    Items {
        items: Vec<Item>,
        /// What was cited too but does not exist.
        missing: Vec<String>,
        /// How many items there are, those that were too many included.
        total: usize,
    },
}

/// A unit to cite.
pub(crate) enum Item {
    Clause { record: ClauseRecord, quote: Span },
    Section(Section),
}

/// A section to cite: by its heading, with the whole section as the paragraph.
pub(crate) struct Section {
    /// Its first clause.
    pub first: ClauseRecord,
    pub label: String,
    pub path: Vec<String>,
    pub span: Span,
    pub heading: Span,
}

/// A document that a reference may lead into.
struct Holder {
    id: String,
    document: Document,
    /// Clauses that the filter lets through; `None` for all.
    accepted: Option<HashSet<u32>>,
}

impl Holder {
    fn accepts(&self, clause: usize) -> bool {
        let index = u32::try_from(clause).unwrap_or(u32::MAX);
        self.accepted.as_ref().is_none_or(|accepted| accepted.contains(&index))
    }

    /// The clauses of a target that the filter lets through.
    fn clauses(&self, target: Target) -> Vec<usize> {
        let all = match target {
            Target::Clause(clause)
            | Target::Paragraph(clause, _)
            | Target::Item(clause, _)
            | Target::Sentence(clause, _) => vec![clause],
            Target::Section(section) => (0..self.document.clauses.len())
                .filter(|&clause| lies_in(&self.document, clause, section))
                .collect(),
        };
        all.into_iter().filter(|&clause| self.accepts(clause)).collect()
    }
}

/// Where a reference may lead.
#[derive(Clone)]
enum Into {
    /// Any document.
    Any,
    /// These documents, by their ids: those named before it.
    Named(Vec<String>),
    /// None: the title before it is not in the library.
    Absent(String),
}

impl Into {
    fn allows(&self, id: &String) -> bool {
        match self {
            Self::Any => true,
            Self::Named(ids) => ids.contains(id),
            Self::Absent(_) => false,
        }
    }
}

pub(crate) fn look_up(
    store: &Store,
    scope: &Scope,
    question: &Question,
    named: &Named,
) -> Result<Outcome, EngineError> {
    if let Some(outcome) = by_citation(store, scope, question, named)? {
        return Ok(outcome);
    }
    if question.references.is_empty() {
        return Ok(Outcome::Ordinary);
    }
    let into = destinations(question, named);
    let mut ids: Vec<String> = Vec::new();
    let mut numbered: Vec<String> = Vec::new();
    for (reference, into) in question.references.iter().zip(&into) {
        let (found, used) = documents_with(store, scope, reference)?;
        ids.extend(found.into_iter().filter(|id| into.allows(id)));
        numbered.extend(used);
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    let text = |reference: &Reference| question.text.get(reference.range.clone()).unwrap_or("");
    let cited = |wanted: &[usize]| {
        let mut texts: Vec<String> = Vec::new();
        for &at in wanted {
            let title = match &into[at] {
                Into::Absent(title) => title.as_str(),
                _ => "",
            };
            texts.push(format!("{title}{}", text(&question.references[at])));
        }
        // 第八、九条 are two references with one text.
        texts.dedup();
        texts.join("、")
    };
    let all: Vec<usize> = (0..question.references.len()).collect();
    if into.iter().all(|into| matches!(into, Into::Absent(_))) {
        return Ok(nothing(cited(&all), Vec::new()));
    }
    let mut holders = Vec::new();
    for id in ids.iter().take(MOST_DOCUMENTS) {
        if let Some((_, document)) = store.document(id)? {
            holders.push(Holder { id: id.clone(), document, accepted: scope.clauses(store, id)? });
        }
    }
    let references = question.references.iter().map(|reference| reference.range.clone());
    let names = named.mentions.iter().map(|mention| mention.range.clone());
    let absent = question.references.iter().zip(&into).filter_map(|(reference, into)| {
        let Into::Absent(title) = into else { return None };
        let at = question.text.get(..reference.range.start)?.rfind(title.as_str())?;
        Some(at..at + title.len())
    });
    let ranges: Vec<Range<usize>> = references.chain(names).chain(absent).collect();
    let fits: Vec<bool> = holders
        .iter()
        .map(|holder| question.asks_only(&ranges, &normalize(&holder.document.title)))
        .collect();
    let pure = fits.contains(&true) || (holders.is_empty() && question.asks_only(&ranges, ""));
    if pure {
        let mut fits = fits.iter();
        holders.retain(|_| fits.next().copied().unwrap_or(false));
    }
    let mut targets: Vec<(usize, Target)> = Vec::new();
    let mut missing: Vec<usize> = Vec::new();
    for (index, (reference, into)) in question.references.iter().zip(&into).enumerate() {
        let before = targets.len();
        let allowed = holders.iter().enumerate().filter(|(_, holder)| into.allows(&holder.id));
        for (at, holder) in allowed {
            let found = holder.document.find(reference).into_iter();
            targets.extend(
                found
                    .filter(|&target| !holder.clauses(target).is_empty())
                    .map(|target| (at, target)),
            );
        }
        if targets.len() == before {
            missing.push(index);
        }
    }
    if targets.is_empty() {
        let documents = named.documents();
        let nearest = match documents.first().map(|document| &document.id).or(numbered.first()) {
            Some(id) => last_numbered(store, scope, id)?,
            None => return Ok(Outcome::Ordinary),
        };
        return Ok(nothing(cited(&all), nearest));
    }
    if pure {
        let mut items = Vec::new();
        for (at, target) in targets {
            items.extend(cite(store, &holders[at], target)?);
        }
        let total = items.len();
        items.truncate(MOST_ITEMS);
        let missing = missing.into_iter().map(|at| {
            let reference = &question.references[at];
            let same = question.references.iter().filter(|other| other.range == reference.range);
            let shared = same.count() > 1;
            let number = reference.steps.last().map_or(0, |step| step.number);
            if shared { format!("{}（{number}）", cited(&[at])) } else { cited(&[at]) }
        });
        let missing = missing.collect();
        return Ok(Outcome::Unit(Found::Items { items, missing, total }));
    }
    let mut clauses: Vec<(String, u32)> = Vec::new();
    for (at, target) in targets {
        for clause in holders[at].clauses(target) {
            let place = (holders[at].id.clone(), u32::try_from(clause).unwrap_or(u32::MAX));
            if !clauses.contains(&place) {
                clauses.push(place);
            }
        }
    }
    Ok(Outcome::Within(clauses))
}

/// A question with a 文号 and no other number is answered from the document that has it and the clauses
/// that cite it, or refused: neighbours are none. The same for when a law that is not there was adopted.
fn by_citation(
    store: &Store,
    scope: &Scope,
    question: &Question,
    named: &Named,
) -> Result<Option<Outcome>, EngineError> {
    let absent = named.absent.as_ref().filter(|_| question.references.is_empty());
    let Some(number) = named.number.as_ref().or(absent) else {
        return Ok(None);
    };
    let titled = named.mentions.iter().any(|mention| mention.range != number.range);
    if !number.known {
        if titled {
            return Ok(None);
        }
        if number.cited_by.is_empty() {
            let places: Vec<(&str, u32)> =
                number.nearest.iter().map(|(id, at)| (id.as_str(), *at)).collect();
            let nearest = store.clauses(&places)?.into_iter().flatten().collect();
            let cited = question.text.get(number.range.clone()).unwrap_or("");
            return Ok(Some(nothing(cited.to_owned(), nearest)));
        }
        return Ok(Some(Outcome::Within(number.cited_by.clone())));
    }
    if !question.references.is_empty() {
        return Ok(None);
    }
    let mut clauses = number.cited_by.clone();
    for document in named.documents() {
        let accepted = scope.clauses(store, &document.id)?;
        let count = u32::try_from(document.clauses).unwrap_or(u32::MAX);
        let own = (0..count)
            .filter(|at| accepted.as_ref().is_none_or(|accepted| accepted.contains(at)))
            .map(|at| (document.id.clone(), at));
        clauses.extend(own);
    }
    Ok((!clauses.is_empty()).then_some(Outcome::Within(clauses)))
}

/// Where each reference may lead: into what is named right before it, or before the one before it
/// (甲法第三条和乙法第二条; 甲法和乙法的第二条); without a name before, into what is named after it.
fn destinations(question: &Question, named: &Named) -> Vec<Into> {
    let after: Vec<String> = named.documents().iter().map(|one| one.id.clone()).collect();
    let mut current = if after.is_empty() { Into::Any } else { Into::Named(after) };
    let mut from = 0;
    let mut into = Vec::new();
    for reference in &question.references {
        let start = reference.range.start;
        let between: Vec<&Mention> = named
            .mentions
            .iter()
            .filter(|mention| from <= mention.range.start && mention.range.end <= start)
            .collect();
        let absent = absent_title(&question.text, from, reference);
        if let Some(last) = between.last() {
            let near = question.text.get(last.range.end..start).unwrap_or("");
            current = match absent {
                // Another title stands nearer.
                Some(title) if near.contains(title.as_str()) => Into::Absent(title),
                _ => Into::Named(group(&question.text, &between)),
            };
        } else if let Some(title) = absent {
            current = Into::Absent(title);
        }
        from = reference.range.end;
        into.push(current.clone());
    }
    into
}

/// The documents of the last name and of those that are listed with it: 甲法和乙法.
fn group(question: &str, mentions: &[&Mention]) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next: Option<&Mention> = None;
    for mention in mentions.iter().rev() {
        let listed = next.is_none_or(|next| {
            let between = question.get(mention.range.end..next.range.start).unwrap_or("");
            let between =
                between.trim_matches(|c: char| c.is_whitespace() || "《》〈〉“”".contains(c));
            LISTS.contains(&between)
        });
        if !listed {
            break;
        }
        ids.extend(mention.documents.iter().map(|document| document.id.clone()));
        next = Some(mention);
    }
    ids
}

/// What stands between names that are listed.
const LISTS: [&str; 12] = ["", "和", "与", "與", "及", "以及", "、", "跟", "或", "，", "and", "or"];

fn nothing(cited: String, nearest: Vec<ClauseRecord>) -> Outcome {
    Outcome::Unit(Found::Nothing { cited, nearest })
}

/// Documents in scope that have a unit of the reference's first step, and documents in scope that
/// number such units at all.
fn documents_with(
    store: &Store,
    scope: &Scope,
    reference: &Reference,
) -> Result<(Vec<String>, Vec<String>), EngineError> {
    let (mut found, mut used) = (Vec::new(), Vec::new());
    let Some(step) = reference.steps.first() else {
        return Ok((found, used));
    };
    for unit in &step.units {
        let Unit::Kind(kind) = *unit else { continue };
        found.extend(in_scope(scope, store.numbered_clauses(kind, step.number, step.sub_number)?));
        found.extend(in_scope(scope, store.numbered_sections(kind, step.number)?));
        used.extend(in_scope(scope, store.numbered_clauses(kind, 1, None)?));
        used.extend(in_scope(scope, store.numbered_sections(kind, 1)?));
        // 第二章 is 二、 only where nothing has chapters.
        if !found.is_empty() {
            break;
        }
    }
    used.extend(found.iter().cloned());
    Ok((found, used))
}

fn in_scope(scope: &Scope, found: Vec<(String, u32)>) -> impl Iterator<Item = String> + '_ {
    found.into_iter().map(|(id, _)| id).filter(|id| scope.accepts_document(id))
}

/// A title right before the reference, 《…》 or …法, …典, …条例, that no document of the library has.
/// `from` is the end of the reference before it.
fn absent_title(question: &str, from: usize, reference: &Reference) -> Option<String> {
    let before =
        question.get(from..reference.range.start)?.trim_end().trim_end_matches(['的', '中', '里']);
    if before.ends_with('》') {
        return before.rfind('《').map(|start| before[start..].to_owned());
    }
    let stem = ["条例", "法", "典"].iter().find_map(|end| before.strip_suffix(end))?;
    let start = stem
        .char_indices()
        .rev()
        .take_while(|&(_, c)| is_han(c))
        .last()
        .map_or(stem.len(), |(at, _)| at);
    let run = &stem[start..];
    // 本法, 这部条例: the document at hand, not another; 说法, 办法: no title by themselves.
    let pointing =
        run.ends_with(['本', '该', '此', '部', '个', '项', '述', '说', '办', '方', '做', '看']);
    let title = &before[start..];
    let title = if from > 0 {
        title.trim_start_matches(['和', '与', '與', '及', '跟'])
    } else {
        title
    };
    let leads = ["请问", "根据", "依据", "按照", "依照", "违反"];
    let title = leads.iter().find_map(|lead| title.strip_prefix(lead)).unwrap_or(title);
    (!pointing && !run.is_empty()).then(|| title.to_owned())
}

/// The last numbered clauses of a document, last first.
fn last_numbered(store: &Store, scope: &Scope, id: &str) -> Result<Vec<ClauseRecord>, EngineError> {
    let Some((_, document)) = store.document(id)? else {
        return Ok(Vec::new());
    };
    let accepted = scope.clauses(store, id)?;
    let mut numbered: Vec<(u32, u32)> = (0u32..)
        .zip(&document.clauses)
        .filter(|(at, _)| accepted.as_ref().is_none_or(|accepted| accepted.contains(at)))
        .filter(|(_, clause)| !clause.continues)
        .filter_map(|(at, clause)| clause.number.map(|number| (number, at)))
        .collect();
    numbered.sort_by(|a, b| b.cmp(a));
    let last: Vec<(&str, u32)> = numbered.iter().take(NEAREST).map(|&(_, at)| (id, at)).collect();
    Ok(store.clauses(&last)?.into_iter().flatten().collect())
}

fn lies_in(document: &Document, clause: usize, section: usize) -> bool {
    let mut next = document.clauses.get(clause).and_then(|clause| clause.section);
    while let Some(at) = next {
        if at == section {
            return true;
        }
        next = document.sections.get(at).and_then(|section| section.parent);
    }
    false
}

fn cite(store: &Store, holder: &Holder, target: Target) -> Result<Vec<Item>, EngineError> {
    let clause = |at: usize, quote: Option<Span>| -> Result<Option<Item>, EngineError> {
        let record = store.clause(&holder.id, u32::try_from(at).unwrap_or(u32::MAX))?;
        Ok(record.map(|record| Item::Clause { quote: quote.unwrap_or(record.clause.span), record }))
    };
    let section = match target {
        Target::Clause(at) => return Ok(clause(at, None)?.into_iter().collect()),
        Target::Paragraph(at, span) | Target::Item(at, span) | Target::Sentence(at, span) => {
            return Ok(clause(at, Some(span))?.into_iter().collect());
        }
        Target::Section(section) => section,
    };
    let document = &holder.document;
    let clauses = holder.clauses(target);
    let (Some(heading), Some(&first), Some(last)) = (
        document.sections.get(section),
        clauses.first(),
        clauses.last().and_then(|&at| document.clauses.get(at)),
    ) else {
        return Ok(Vec::new());
    };
    let mut items = Vec::new();
    if let Some(first) = store.clause(&holder.id, u32::try_from(first).unwrap_or(u32::MAX))? {
        let span =
            Span { char_end: last.span.char_end, byte_end: last.span.byte_end, ..heading.span };
        items.push(Item::Section(Section {
            first,
            label: heading.label.clone(),
            path: section_path(document, section),
            span,
            heading: heading.span,
        }));
    }
    let begins = |at: &usize| document.clauses.get(*at).is_some_and(|clause| !clause.continues);
    for at in clauses.into_iter().filter(begins) {
        // A clause is listed by its heading, or by its first sentence where it has none.
        let quote = document.clauses.get(at).and_then(|clause| clause.sentences.first().copied());
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
    fn titles_before_a_number_are_told_from_words() {
        let absent = |text: &str| {
            yiju_document::find_references(text)
                .first()
                .and_then(|reference| absent_title(text, 0, reference))
        };
        assert_eq!(absent("《物业管理办法》第三条").as_deref(), Some("《物业管理办法》"));
        assert_eq!(absent("民法典第十七条").as_deref(), Some("民法典"));
        assert_eq!(absent("劳动合同法的第十条").as_deref(), Some("劳动合同法"));
        for text in [
            "第十七条",
            "本法第三条",
            "该条例第三条",
            "这部条例第三条",
            "意见第八条",
            "关于说法第八条",
        ] {
            assert_eq!(absent(text), None, "{text}");
        }
    }
}
