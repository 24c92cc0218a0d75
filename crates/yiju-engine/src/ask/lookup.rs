//! Questions that name a clause or section by its number are answered from the outline.

use std::collections::HashSet;
use std::ops::Range;

use yiju_document::{Document, Reference, Span, Target, Unit};
use yiju_store::{ClauseRecord, Store};
use yiju_text::chars::is_han;
use yiju_text::normalize;

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
            Target::Clause(clause) | Target::Paragraph(clause, _) | Target::Item(clause, _) => {
                vec![clause]
            }
            Target::Section(section) => (0..self.document.clauses.len())
                .filter(|&clause| lies_in(&self.document, clause, section))
                .collect(),
        };
        all.into_iter().filter(|&clause| self.accepts(clause)).collect()
    }
}

pub(crate) fn look_up(
    store: &Store,
    scope: &Scope,
    question: &Question,
) -> Result<Outcome, EngineError> {
    let Some(first) = question.references.first() else {
        return Ok(Outcome::Ordinary);
    };
    let named = named_documents(store, scope, question)?;
    let mut ids: Vec<String> = Vec::new();
    let mut numbered: Vec<String> = Vec::new();
    for reference in &question.references {
        let (found, used) = documents_with(store, scope, reference)?;
        ids.extend(found);
        numbered.extend(used);
    }
    let mut seen = HashSet::new();
    ids.retain(|id| (named.is_empty() || named.contains(id)) && seen.insert(id.clone()));
    let text = |reference: &Reference| question.text.get(reference.range.clone()).unwrap_or("");
    let cited = |references: &[&Reference]| {
        let mut texts: Vec<&str> = references.iter().map(|reference| text(reference)).collect();
        // 第八、九条 are two references with one text.
        texts.dedup();
        texts.join("、")
    };
    let all: Vec<&Reference> = question.references.iter().collect();
    if named.is_empty()
        && let Some(title) = absent_title(&question.text, first)
    {
        return Ok(nothing(format!("{title}{}", cited(&all)), Vec::new()));
    }
    let mut holders = Vec::new();
    for id in ids.iter().take(MOST_DOCUMENTS) {
        if let Some((_, document)) = store.document(id)? {
            holders.push(Holder { id: id.clone(), document, accepted: scope.clauses(store, id)? });
        }
    }
    let ranges: Vec<Range<usize>> = all.iter().map(|reference| reference.range.clone()).collect();
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
    let mut missing: Vec<&Reference> = Vec::new();
    for reference in &question.references {
        let before = targets.len();
        for (at, holder) in holders.iter().enumerate() {
            let found = holder.document.find(reference).into_iter();
            targets.extend(
                found
                    .filter(|&target| !holder.clauses(target).is_empty())
                    .map(|target| (at, target)),
            );
        }
        if targets.len() == before {
            missing.push(reference);
        }
    }
    if targets.is_empty() {
        let nearest = match named.first().or(numbered.first()) {
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
        let missing = missing.into_iter().map(|reference| {
            let shared = all.iter().filter(|other| other.range == reference.range).count() > 1;
            let number = reference.steps.last().map_or(0, |step| step.number);
            if shared {
                format!("{}（{number}）", text(reference))
            } else {
                text(reference).to_owned()
            }
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

/// The documents in scope that the question names; of several titles that fit, the longest.
fn named_documents(
    store: &Store,
    scope: &Scope,
    question: &Question,
) -> Result<Vec<String>, EngineError> {
    let normal = normalize(&question.text);
    let mut named: Vec<(usize, String)> = Vec::new();
    store.for_each_document(|record| {
        if let Some(length) = title_in(&normal, &normalize(&record.title))
            && scope.accepts_document(&record.id)
        {
            named.push((length, record.id));
        }
    })?;
    let longest = named.iter().map(|(length, _)| *length).max().unwrap_or(0);
    Ok(named.into_iter().filter(|(length, _)| *length == longest).map(|(_, id)| id).collect())
}

/// How many bytes of the question name the document: its title, or the part of it that people say.
fn title_in(question: &str, title: &str) -> Option<usize> {
    let short = title.strip_prefix("中华人民共和国").unwrap_or(title);
    let subject = short.split_once("关于").map_or(short, |(_, subject)| subject);
    let bare = subject.strip_suffix("的意见").or(subject.strip_suffix("的通知")).unwrap_or(subject);
    [title, short, subject, bare]
        .iter()
        .filter(|name| name.chars().count() >= 2 && question.contains(**name))
        .map(|name| name.len())
        .max()
}

/// A title right before the reference, 《…》 or …法, …典, …条例, that no document of the library has.
fn absent_title(question: &str, reference: &Reference) -> Option<String> {
    let before =
        question.get(..reference.range.start)?.trim_end().trim_end_matches(['的', '中', '里']);
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
    (!pointing && !run.is_empty()).then(|| before[start..].to_owned())
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
        Target::Paragraph(at, span) | Target::Item(at, span) => {
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
    fn a_document_is_named_by_the_part_of_its_title_that_people_say() {
        let title = "中共中央 国务院关于推动城市高质量发展的意见";
        assert!(title_in("推动城市高质量发展的意见第八条", title).is_some());
        assert!(title_in("关于推动城市高质量发展,第八条说了什么", title).is_some());
        assert!(title_in("刑法第十七条", "中华人民共和国刑法").is_some());
        assert!(title_in("民法典第十七条", "中华人民共和国刑法").is_none());
        assert!(
            title_in("供水条例实施细则第三条", "供水条例实施细则")
                > title_in("供水条例实施细则第三条", "供水条例")
        );
    }

    #[test]
    fn titles_before_a_number_are_told_from_words() {
        let absent = |text: &str| {
            yiju_document::find_references(text)
                .first()
                .and_then(|reference| absent_title(text, reference))
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
