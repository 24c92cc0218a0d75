//! Asking every question of a set and measuring what comes back.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use sha2::{Digest, Sha256};
use yiju_document::{Clause, Document, Span, UnitKind, split_sentences};
use yiju_engine::{Answer, AskRequest, Engine, Filter, SearchRequest, SearchResponse};

use crate::report::{Measured, Report};
use crate::{Dataset, Entry, EvalError, Query, character_f1, exact_match};

/// Ranks looked at.
const DEPTH: usize = 100;

/// What to measure.
#[derive(Clone, Debug)]
pub struct EvalOptions {
    /// Most citations an answer gives.
    pub limit: usize,
    /// Also ask with the gold passages taken out.
    pub refusals: bool,
    /// Ask only the first so many questions.
    pub most: Option<usize>,
    /// Which documents to ask.
    pub filter: Filter,
}

impl Default for EvalOptions {
    fn default() -> Self {
        Self {
            limit: 3,
            refusals: true,
            most: None,
            filter: Filter::default(),
        }
    }
}

/// How far an evaluation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Questions or passages done.
    pub done: usize,
    /// Of how many.
    pub total: usize,
}

/// Makes a corpus the library's content: the entries of one title (and version) are the clauses of one
/// document; what else was in the library is removed. Gives each entry's clause id.
///
/// # Errors
/// The engine failed.
pub fn add_corpus(
    engine: &Engine,
    corpus: &[Entry],
    progress: &dyn Fn(Progress),
) -> Result<HashMap<String, String>, EvalError> {
    let mut groups: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in corpus {
        let title = entry.title.clone().unwrap_or_else(|| entry.id.clone());
        let name = entry
            .version
            .as_ref()
            .map_or(title.clone(), |version| format!("{title} ({version})"));
        groups.entry(name).or_default().push(entry);
    }
    remove_others(engine, |source| groups.contains_key(source))?;
    let mut clauses = HashMap::with_capacity(corpus.len());
    let mut done = 0;
    for (name, entries) in groups {
        let document = document(&name, &entries);
        let mut hash = Sha256::new();
        hash.update(&name);
        hash.update(&document.text);
        let hash = hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let outcome = engine.add_parsed(name, hash, vec![document], &|_| {})?;
        if let Some(document) = outcome.documents.first() {
            clauses.extend(
                entries
                    .iter()
                    .enumerate()
                    .map(|(at, e)| (e.id.clone(), format!("{}.{at}", document.id))),
            );
        }
        done += entries.len();
        progress(Progress {
            done,
            total: corpus.len(),
        });
    }
    engine.save_indexes()?;
    Ok(clauses)
}

fn remove_others(engine: &Engine, keep: impl Fn(&str) -> bool) -> Result<(), EvalError> {
    let mut cursor: Option<String> = None;
    loop {
        let page = engine.documents(cursor.as_deref(), 1_000)?;
        for document in page
            .documents
            .iter()
            .filter(|document| !keep(&document.source))
        {
            engine.remove(&document.id)?;
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

/// One clause for each entry, in order.
fn document(title: &str, entries: &[&Entry]) -> Document {
    let mut text = String::new();
    let mut characters = 0;
    let mut clauses = Vec::new();
    for entry in entries {
        if !text.is_empty() {
            text.push('\n');
            characters += 1;
        }
        let (byte_start, char_start) = (text.len(), characters);
        text.push_str(&entry.text);
        characters += entry.text.chars().count();
        let within = |range: std::ops::Range<usize>| {
            let before = |at: usize| entry.text.get(..at).map_or(0, |part| part.chars().count());
            Span {
                byte_start: byte_start + range.start,
                byte_end: byte_start + range.end,
                char_start: char_start + before(range.start),
                char_end: char_start + before(range.end),
            }
        };
        let label = entry.article.clone().unwrap_or_default();
        clauses.push(Clause {
            kind: if label.is_empty() {
                UnitKind::Unnumbered
            } else {
                UnitKind::Article
            },
            number: None,
            sub_number: None,
            label,
            heading: None,
            section: None,
            span: within(0..entry.text.len()),
            sentences: split_sentences(&entry.text)
                .into_iter()
                .map(within)
                .collect(),
            paragraphs: vec![within(0..entry.text.len())],
            items: Vec::new(),
        });
    }
    let sha256 = Sha256::digest(&text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Document {
        title: title.replace('_', " "),
        issuer: None,
        number: None,
        date: None,
        language: "zh".into(),
        text,
        sha256,
        sections: Vec::new(),
        clauses,
    }
}

/// Asks every question of `set` and measures ranks, evidence, answers, refusals and latencies.
/// `clauses` gives the clause id of each entry, as [`add_corpus`] does.
///
/// # Errors
/// The engine failed.
pub fn evaluate(
    engine: &Engine,
    set: &Dataset,
    clauses: &HashMap<String, String>,
    options: &EvalOptions,
    progress: &dyn Fn(Progress),
) -> Result<Report, EvalError> {
    let queries: Vec<&Query> = set
        .queries
        .iter()
        .take(options.most.unwrap_or(usize::MAX))
        .collect();
    let mut measured = Vec::with_capacity(queries.len());
    for (at, query) in queries.iter().enumerate() {
        let search = engine.search(&SearchRequest {
            limit: DEPTH,
            filter: options.filter.clone(),
            ..SearchRequest::new(&query.q)
        })?;
        let request = AskRequest {
            limit: options.limit,
            filter: options.filter.clone(),
            ..AskRequest::new(&query.q)
        };
        let start = Instant::now();
        let answer = engine.ask(&request)?;
        let elapsed = start.elapsed().as_secs_f64() * 1e3;
        let gold: Vec<String> = query
            .gold
            .iter()
            .flatten()
            .filter_map(|id| clauses.get(id).cloned())
            .collect();
        let without = if options.refusals && !gold.is_empty() {
            Some(engine.ask_without(&request, &gold)?)
        } else {
            None
        };
        // What the question is answered with is judged whether or not it would be refused.
        let forced = if answer.answered {
            answer.clone()
        } else {
            engine.ask(&AskRequest {
                threshold: Some(0.0),
                ..request
            })?
        };
        measured.push(measure(
            query,
            clauses,
            &search,
            &answer,
            &forced,
            without.as_ref(),
            elapsed,
        ));
        progress(Progress {
            done: at + 1,
            total: queries.len(),
        });
    }
    Ok(Report::new(&set.name, measured))
}

fn measure(
    query: &Query,
    clauses: &HashMap<String, String>,
    search: &SearchResponse,
    answer: &Answer,
    forced: &Answer,
    without: Option<&Answer>,
    elapsed: f64,
) -> Measured {
    // For each thing to be found, the rank (from 0) of the first clause that holds it.
    let mut ranks = Vec::new();
    for any_of in &query.gold {
        let ids: Vec<&String> = any_of.iter().filter_map(|id| clauses.get(id)).collect();
        ranks.push(
            search
                .hits
                .iter()
                .position(|hit| ids.contains(&&hit.clause_id)),
        );
    }
    for evidence in &query.evidence {
        ranks.push(
            search
                .hits
                .iter()
                .position(|hit| holds(&hit.paragraph, evidence)),
        );
    }
    let right = |citation: &yiju_engine::Citation| {
        let of_gold = query
            .gold
            .iter()
            .flatten()
            .any(|id| clauses.get(id) == Some(&citation.clause_id));
        let of_evidence = query
            .evidence
            .iter()
            .any(|evidence| holds(&citation.paragraph, evidence));
        of_gold || of_evidence
    };
    let whole = |citation: &yiju_engine::Citation| {
        query
            .evidence
            .iter()
            .all(|evidence| holds(&citation.paragraph, evidence))
            && right(citation)
    };
    let found = |evidence: &String| {
        forced
            .citations
            .iter()
            .any(|citation| holds(&citation.paragraph, evidence))
    };
    let cited_any = |any_of: &Vec<String>| {
        forced.citations.iter().any(|citation| {
            any_of
                .iter()
                .any(|id| clauses.get(id) == Some(&citation.clause_id))
        })
    };
    let quoted: String = forced
        .citations
        .iter()
        .map(|citation| citation.quote.as_str())
        .collect::<Vec<_>>()
        .join("\n");
    let accepted = if query.answers.is_empty() {
        &query.evidence
    } else {
        &query.answers
    };
    let shortest = forced.citations.first().map_or("", |citation| {
        let span = citation.answer_span.unwrap_or(citation.span);
        let start = span.byte_start.saturating_sub(citation.span.byte_start);
        citation
            .quote
            .get(start..start + (span.byte_end - span.byte_start))
            .unwrap_or(&citation.quote)
    });
    Measured {
        id: query.id.clone(),
        question: query.q.clone(),
        lang: if query.lang.is_empty() {
            "und".into()
        } else {
            query.lang.clone()
        },
        answerable: query.answerable(),
        ranks,
        answered: answer.answered,
        confidence: f64::from(answer.confidence),
        confidence_without: without.map(|answer| f64::from(answer.confidence)),
        refused_without: without.map(|answer| !answer.answered),
        first_right: forced.citations.first().is_some_and(whole),
        some_right: query.gold.iter().all(cited_any)
            && forced.citations.iter().any(right)
            && query.evidence.iter().all(found),
        right_citations: forced
            .citations
            .iter()
            .filter(|citation| right(citation))
            .count(),
        citations: forced.citations.len(),
        sentences: forced
            .citations
            .iter()
            .map(|c| split_sentences(&c.quote).len())
            .sum(),
        contains_answer: accepted.iter().any(|text| holds(&quoted, text)),
        exact: exact_match(shortest, accepted),
        f1: character_f1(shortest, accepted),
        milliseconds: elapsed,
    }
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
