//! The figures of one question.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use yiju_engine::{Answer, Citation, SearchResponse, Verdict};
use yiju_text::{is_stop_term, split_sentences, terms};

use crate::{ClauseIds, Query, character_f1, exact_match};

/// The figures of one question.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    pub id: String,
    pub question: String,
    pub lang: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    pub answerable: bool,
    /// For each thing to be found, its rank from 0 among the first 100.
    pub ranks: Vec<Option<usize>>,
    /// The same in each lane alone, by the lane's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lanes: BTreeMap<&'static str, Vec<Option<usize>>>,
    /// Whether it was answered at the threshold.
    pub answered: bool,
    /// 0 where it is refused at any threshold, as a question for a clause that does not exist is.
    pub confidence: f64,
    /// With the gold passages taken out.
    pub confidence_without: Option<f64>,
    /// With the gold passages taken out: whether it was answered.
    pub answered_without: Option<bool>,
    pub first_right: bool,
    pub some_right: bool,
    /// Of the citations: how many are right.
    pub precision: f64,
    /// Of what must be found: how much some citation's paragraph holds.
    pub recall: f64,
    pub citations: usize,
    pub sentences: usize,
    /// An accepted answer lies inside what is quoted; this and the next two, where the set names any.
    pub contains_answer: Option<bool>,
    /// The shortest part marked as the answer.
    pub part: String,
    pub exact: Option<bool>,
    /// Whether the first citation quotes all that it must, and none quotes what it must not.
    pub quotes_right: Option<bool>,
    /// Whether the lead-in goes with the first quote, every item of the list is quoted, and what the question fixes is
    /// met; each where the set says what.
    pub lead_kept: Option<bool>,
    pub list_complete: Option<bool>,
    pub fixed_met: Option<bool>,
    /// Whether a word was given to a yes-or-no question that has one, and whether the word given is the right one.
    pub verdict_given: Option<bool>,
    pub verdict_right: Option<bool>,
    /// Why the first citation says nothing that the question does not.
    pub echo: Option<Echo>,
    pub f1: Option<f64>,
    pub milliseconds: f64,
}

/// The engine's responses to a question.
pub(crate) struct Said {
    pub search: SearchResponse,
    pub lanes: BTreeMap<&'static str, Vec<String>>,
    /// At threshold 0: the answer is judged whether or not it would be refused.
    pub answer: Answer,
    pub milliseconds: f64,
    /// At threshold 0, with the gold passages taken out.
    pub without: Option<Answer>,
}

/// The confidence of an answer that was given at threshold 0, and whether it would be given at
/// `threshold`.
fn confidence(answer: &Answer, threshold: f32) -> (f64, bool) {
    let confidence = if answer.answered { answer.confidence } else { 0.0 };
    (f64::from(confidence), answer.answered && confidence >= threshold)
}

/// Something that must be found.
enum Wanted<'a> {
    /// A clause: any of these ids will do.
    Clause(Vec<&'a str>),
    /// A paragraph that holds this text.
    Text(&'a str),
}

impl Wanted<'_> {
    fn is(&self, clause_id: &str, paragraph: &str) -> bool {
        match self {
            Self::Clause(ids) => ids.contains(&clause_id),
            Self::Text(text) => holds(paragraph, text),
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

fn wanted<'a>(query: &'a Query, clauses: &'a ClauseIds) -> Vec<Wanted<'a>> {
    let gold = query.gold.iter().map(|any_of| {
        let ids = any_of.iter().filter_map(|id| clauses.get(id));
        Wanted::Clause(ids.map(String::as_str).collect())
    });
    let evidence = query.evidence.iter().map(|text| Wanted::Text(text));
    gold.chain(evidence).collect()
}

/// Whether a clause is what the question's best candidate should be.
pub(crate) fn is_right(
    query: &Query,
    clauses: &ClauseIds,
    clause_id: &str,
    paragraph: &str,
) -> bool {
    // A paragraph can hold what is to be quoted; what another citation may quote counts where there is nothing else.
    let (of_any, of_first): (Vec<&String>, Vec<&String>) =
        query.quotes.iter().partition(|quote| quote.starts_with("any:"));
    if let Some(first) = of_any.first().filter(|_| of_first.is_empty()) {
        return holds(paragraph, first.trim_start_matches("any:"));
    }
    if !of_first.is_empty() {
        return of_first.iter().all(|quote| holds(paragraph, quote));
    }
    let wanted = wanted(query, clauses);
    let (texts, ids): (Vec<&Wanted>, Vec<&Wanted>) = wanted.iter().partition(|w| w.is_text());
    // A paragraph must hold every string of evidence; of several gold clauses it is one.
    let all = !texts.is_empty() && texts.iter().all(|w| w.is(clause_id, paragraph));
    all || ids.iter().any(|w| w.is(clause_id, paragraph))
}

pub(crate) fn measure(query: &Query, clauses: &ClauseIds, said: &Said, threshold: f32) -> Measured {
    let wanted = wanted(query, clauses);
    let hits = &said.search.hits;
    let ranks = wanted
        .iter()
        .map(|want| hits.iter().position(|hit| want.is(&hit.clause_id, &hit.paragraph)))
        .collect();
    let lanes = said
        .lanes
        .iter()
        .map(|(name, ids)| {
            let rank = |want: &Wanted| ids.iter().position(|id| want.is(id, ""));
            (*name, wanted.iter().map(rank).collect())
        })
        .collect();
    let citations = &said.answer.citations;
    let is = |want: &Wanted, citation: &Citation| want.is(&citation.clause_id, &citation.paragraph);
    let right = |citation: &Citation| wanted.iter().any(|want| is(want, citation));
    let found =
        wanted.iter().filter(|want| citations.iter().any(|citation| is(want, citation))).count();
    let right_citations = citations.iter().filter(|citation| right(citation)).count();
    let all_quoted = citations.iter().map(quoted).collect::<Vec<_>>().join("\n");
    let named = query.accepted();
    let accepted = if named.is_empty() { &query.evidence } else { &named };
    let named_any = !accepted.is_empty();
    let part = citations.first().map_or("", answer_part);
    let (confidence_with, answered) = confidence(&said.answer, threshold);
    let without = said.without.as_ref().map(|answer| confidence(answer, threshold));
    let word = said.answer.verdict.filter(|_| answered).map(named_word);
    Measured {
        id: query.id.clone(),
        question: query.q.clone(),
        lang: query.lang.clone(),
        answerable: query.answerable(),
        ranks,
        lanes,
        answered,
        confidence: confidence_with,
        confidence_without: without.map(|(confidence, _)| confidence),
        answered_without: without.map(|(_, answered)| answered),
        first_right: if query.quotes.is_empty() {
            let first = citations.first();
            first.is_some_and(|c| is_right(query, clauses, &c.clause_id, &c.paragraph))
        } else {
            quotes_right(query, citations)
        },
        some_right: !wanted.is_empty() && found == wanted.len(),
        precision: share(right_citations, citations.len()),
        recall: share(found, wanted.len()),
        citations: citations.len(),
        sentences: citations.iter().map(|citation| split_sentences(&citation.quote).len()).sum(),
        contains_answer: named_any.then(|| accepted.iter().any(|text| holds(&all_quoted, text))),
        quotes_right: (!query.quotes.is_empty()).then(|| quotes_right(query, citations)),
        lead_kept: (!query.lead.is_empty()).then(|| {
            let first = citations.first().map(quoted).unwrap_or_default();
            answered && query.lead.iter().all(|lead| holds(&first, lead))
        }),
        list_complete: (!query.items.is_empty())
            .then(|| answered && query.items.iter().all(|item| holds(&all_quoted, item))),
        fixed_met: (!query.fixed.is_empty()).then(|| fixed_met(query, answered, citations.first())),
        verdict_given: query
            .verdict
            .as_ref()
            .filter(|word| *word != NO_WORD)
            .map(|_| word.is_some()),
        verdict_right: query.verdict.as_ref().zip(word).map(|(right, word)| word == *right),
        echo: citations.first().and_then(|first| echo(&query.q, first)),
        kind: query.kind.clone(),
        exact: named_any.then(|| exact_match(part, accepted)),
        f1: named_any.then(|| character_f1(part, accepted)),
        part: part.to_owned(),
        milliseconds: said.milliseconds,
    }
}

/// What a set says where no word may be given.
const NO_WORD: &str = "none";

/// A verdict as the API names it.
fn named_word(verdict: Verdict) -> String {
    let json = serde_json::to_value(verdict).unwrap_or_default();
    json.as_str().unwrap_or("").to_owned()
}

/// All that a citation quotes.
fn quoted(citation: &Citation) -> String {
    let context = citation.context.iter().map(|part| part.quote.as_str());
    context.chain([citation.quote.as_str()]).collect::<Vec<_>>().join("\n")
}

/// Whether the clause that a question is answered from is one that meets what it fixes, or it is refused where there is
/// none.
fn fixed_met(query: &Query, answered: bool, first: Option<&Citation>) -> bool {
    let Some(first) = first.filter(|_| query.answerable() && answered) else {
        return !query.answerable() && !answered;
    };
    let date = first.document.date.map_or(String::new(), |date| date.to_string());
    let around =
        [&first.document.title, &date, &first.path.join("\n"), &first.paragraph, &quoted(first)]
            .map(String::as_str)
            .join("\n");
    query.fixed.iter().all(|fixed| holds(&around, fixed))
}

fn quotes_right(query: &Query, citations: &[Citation]) -> bool {
    let all: Vec<String> = citations.iter().map(quoted).collect();
    let said = |must: &String| match must.strip_prefix("any:") {
        Some(must) => all.iter().any(|quoted| holds(quoted, must)),
        None => all.first().is_some_and(|quoted| holds(quoted, must)),
    };
    let wrong = |must_not: &String| all.iter().any(|quoted| holds(quoted, must_not));
    query.quotes.iter().all(said) && !query.not_quoted.iter().any(wrong)
}

/// A first citation that answers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Echo {
    /// All that it quotes is title, opening, heading, question, contact or signature.
    Role,
    /// It has no word that the question does not have.
    Words,
}

fn echo(question: &str, first: &Citation) -> Option<Echo> {
    use yiju_engine::Role;
    let says = |role: &Role| matches!(role, Role::Body | Role::Item | Role::Answer | Role::LeadIn);
    if !first.roles.is_empty() && !first.roles.iter().any(says) {
        return Some(Echo::Role);
    }
    let words = |text: &str| -> HashSet<String> {
        terms(text).into_iter().map(|term| term.text).filter(|term| !is_stop_term(term)).collect()
    };
    let (asked, said) = (words(question), words(&quoted(first)));
    (!said.is_empty() && said.is_subset(&asked)).then_some(Echo::Words)
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The part of a quote that is marked as the answer; the whole quote where none is.
fn answer_part(citation: &Citation) -> &str {
    let span = citation.answer_span.unwrap_or(citation.span);
    let start = span.byte_start.saturating_sub(citation.span.byte_start);
    let length = span.byte_end.saturating_sub(span.byte_start);
    citation.quote.get(start..start + length).unwrap_or(&citation.quote)
}

/// Whether `text` holds `part`, white space and bracket width apart.
fn holds(text: &str, part: &str) -> bool {
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                '（' => '(',
                '）' => ')',
                c => c,
            })
            .collect()
    };
    bare(text).contains(&bare(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_spaces_are_no_difference() {
        assert!(holds("（二）增强 城市", "(二) 增强城市"));
        assert!(!holds("增强城市", "增强乡村"));
    }

    #[test]
    fn what_is_fixed_is_met_around_the_first_citation() {
        let citation: Citation = serde_json::from_value(serde_json::json!({
            "marker": 1, "score": 0.9, "clause_id": "x.0", "label": "", "path": ["第二条 标准"],
            "document": {"id": "x", "title": "甲州市细则", "date": "2024-01-05", "sha256": ""},
            "paragraph": "最高额度为15万元。", "quote": "最高额度为15万元。",
            "paragraph_span": {"char_start": 0, "char_end": 1, "byte_start": 0, "byte_end": 1},
            "span": {"char_start": 0, "char_end": 1, "byte_start": 0, "byte_end": 1},
            "answer_span": null
        }))
        .unwrap();
        let query = |json: &str| -> Query { serde_json::from_str(json).unwrap() };
        for (json, answered, met) in [
            (r#"{"q": "问", "quotes": ["15"], "fixed": ["甲州市", "2024"]}"#, true, true),
            (r#"{"q": "问", "quotes": ["15"], "fixed": ["标准"]}"#, true, true),
            (r#"{"q": "问", "quotes": ["15"], "fixed": ["乙州市"]}"#, true, false),
            (r#"{"q": "问", "quotes": ["15"], "fixed": ["甲州市"]}"#, false, false),
            (r#"{"q": "问", "fixed": ["丁州市"]}"#, false, true),
            (r#"{"q": "问", "fixed": ["丁州市"]}"#, true, false),
        ] {
            assert_eq!(fixed_met(&query(json), answered, Some(&citation)), met, "{json}");
        }
    }

    #[test]
    fn evidence_is_right_only_whole_and_gold_any_of_it() {
        let query: Query =
            serde_json::from_str(r#"{"q": "问", "evidence": ["甲", "乙"]}"#).unwrap();
        let none = ClauseIds::new();
        assert!(is_right(&query, &none, "x.0", "甲、乙"));
        assert!(!is_right(&query, &none, "x.0", "甲"));
        let query: Query =
            serde_json::from_str(r#"{"q": "问", "gold": [["a", "b"], ["c"]]}"#).unwrap();
        let clauses: ClauseIds = [("a", "x.0"), ("b", "x.1"), ("c", "x.2")]
            .map(|(id, clause)| (id.to_owned(), clause.to_owned()))
            .into();
        for (clause, right) in [("x.0", true), ("x.1", true), ("x.2", true), ("x.3", false)] {
            assert_eq!(is_right(&query, &clauses, clause, ""), right);
        }
        let unanswerable: Query = serde_json::from_str(r#"{"q": "问"}"#).unwrap();
        assert!(!is_right(&unanswerable, &clauses, "x.0", "甲"));
    }
}
