//! Which sentences an answer quotes, and which part of them is the answer.
//!
//! Of the best clause, sentences are quoted as long as the next adds to the answer's probability by the reader,
//! where that knows the model; else those whose score is nearly the best. Of other clauses that are nearly
//! as good, the best sentence, unless the reader finds hardly an answer there.

mod by_reader;
mod framing;
mod marking;
mod places;
mod quote;

use std::borrow::Cow;
use std::ops::Range;

use yiju_document::Span;
use yiju_text::questions::Expected;

use crate::ask::amount;
use crate::ask::embedded::Embedded;
use crate::ask::rank::{Ranked, Sentence};
use crate::ask::reader::{Reader, likeliest_span};
use crate::ask::rerank::Read;
use marking::Grain;
use quote::{Quote, joined};

/// How far below the best sentence another of the same clause may be and still be quoted.
const SAME_CLAUSE: f32 = 0.05;
/// How far below the best candidate another clause may be and still be cited.
const OTHER_CLAUSE: f32 = 0.145;
/// How far below the best sentence the best one of another clause may be and still be quoted.
const OTHER_SENTENCE: f32 = 0.06;
/// How far below the best candidate's likeliest span, by its logits, another clause's may be and still be quoted: it
/// hardly ever answers then (docs/retrieval.md). Where several things are asked for each clause holds one of them only.
const OTHER_SPAN: f32 = 8.0;
/// Both distances are this much longer where several things are asked for.
const LIST_FACTOR: f32 = 1.6;
/// Most sentences quoted of one clause.
const MOST_OF_CLAUSE: usize = 3;

/// The quotes that answer `question`, best first, at most `limit`; empty where no candidate has a
/// sentence.
pub(crate) fn choose(
    reader: Option<&Reader>,
    question: &Embedded,
    ranked: &[Read],
    limit: usize,
) -> Vec<Quote> {
    let best = ranked.first().filter(|best| best.may_answer());
    let (Some(best), Some(top)) = (best, best.and_then(|best| best.evidence())) else {
        return Vec::new();
    };
    let reach = if question.expected == Expected::List { LIST_FACTOR } else { 1.0 };
    let read = |candidate: usize| {
        let found = ranked.get(candidate)?;
        match &found.read {
            Some(tokens) => Some(Cow::Borrowed(tokens.as_slice())),
            None => reader?.read(question, found, candidate).map(Cow::Owned),
        }
    };
    let best_read = read(0);
    let mut quotes = best_read
        .as_deref()
        .and_then(|tokens| by_reader::of_best(best, tokens))
        .unwrap_or_else(|| of_clause(0, best, top, SAME_CLAUSE * reach));
    if let Some(polar) = &question.polar {
        framing::deciding_first(polar, best, &mut quotes);
    }
    quotes.extend(of_others(question, ranked, top, reach));
    for quote in &mut quotes {
        if let Some(found) = ranked.get(quote.candidate)
            && (question.quotable.list || framing::speaks_of_a_list(&found.record, quote.span))
        {
            framing::whole_list(&found.record, quote);
        }
    }
    drop_repeated(&mut quotes);
    for quote in &mut quotes {
        if let Some(found) = ranked.get(quote.candidate) {
            quote.context = framing::governing(&found.record, quote.span);
        }
    }
    places::gather(ranked, &mut quotes, limit);
    quotes.truncate(limit);
    drop_context(&mut quotes);
    places::by_document(ranked, &mut quotes);
    let grain = match question.expected {
        Expected::List | Expected::Location | Expected::Explanation => Grain::Sentences,
        _ => Grain::Words,
    };
    for quote in &mut quotes {
        let Some(found) = ranked.get(quote.candidate) else {
            continue;
        };
        quote.answer = asked_amount(question, found, quote.span).or_else(|| {
            let other;
            let tokens = if quote.candidate == 0 {
                best_read.as_deref()
            } else if grain == Grain::Sentences {
                // Of other clauses one sentence is quoted, and that is marked as a whole.
                None
            } else {
                other = read(quote.candidate);
                other.as_deref()
            };
            marking::answer(found, tokens?, quote, grain)
        });
    }
    quotes
}

/// Drops quotes that lie in one before them.
fn drop_repeated(quotes: &mut Vec<Quote>) {
    let mut kept: Vec<Quote> = Vec::new();
    for quote in quotes.drain(..) {
        let inside = |other: &Quote| {
            other.candidate == quote.candidate
                && other.span.byte_start <= quote.span.byte_start
                && quote.span.byte_end <= other.span.byte_end
        };
        if !kept.iter().any(inside) {
            kept.push(quote);
        }
    }
    *quotes = kept;
}

/// Drops quotes that another of the same clause has as its context already.
fn drop_context(quotes: &mut Vec<Quote>) {
    let contexts: Vec<(usize, Span)> = quotes
        .iter()
        .flat_map(|quote| quote.context.iter().map(|span| (quote.candidate, *span)))
        .collect();
    let first = quotes.first().map(|quote| quote.span);
    quotes.retain(|quote| {
        let held = contexts.iter().any(|(candidate, span)| {
            *candidate == quote.candidate
                && span.byte_start <= quote.span.byte_start
                && quote.span.byte_end <= span.byte_end
        });
        !held || Some(quote.span) == first
    });
}

/// The amount or time that was asked for, as bytes of the clause's text, where the quote at `span` holds one.
fn asked_amount(question: &Embedded, found: &Ranked, span: Span) -> Option<Range<usize>> {
    let within = found.record.within(span)?;
    let part = amount::answering(question, found.record.slice(span)?)?;
    Some(within.start + part.start..within.start + part.end)
}

/// The best sentences of other clauses that are nearly as good as the best one's.
fn of_others<'r>(
    question: &'r Embedded,
    ranked: &'r [Read],
    top: &'r Sentence,
    reach: f32,
) -> impl Iterator<Item = Quote> + 'r {
    let best = ranked.first().map_or(0.0, Read::own_score);
    let likeliest = |found: &Read| found.read.as_deref().map(likeliest_span);
    let best_span = ranked.first().and_then(likeliest);
    let silent = move |other: &Read| {
        question.expected != Expected::List
            && best_span
                .zip(likeliest(other))
                .is_some_and(|(best, other)| best - other > OTHER_SPAN)
    };
    ranked.iter().enumerate().skip(1).filter_map(move |(at, other)| {
        let sentence = other.evidence().filter(|_| {
            other.meets && best - other.own_score() <= OTHER_CLAUSE * reach && !silent(other)
        })?;
        let near = top.score - sentence.score <= OTHER_SENTENCE * reach && sentence.quotable;
        near.then_some(Quote::of(at, sentence.span))
    })
}

/// The best sentence and those nearly as good; see [`joined`].
fn of_clause(at: usize, found: &Ranked, top: &Sentence, reach: f32) -> Vec<Quote> {
    let mut chosen: Vec<(usize, &Sentence)> = found
        .sentences
        .iter()
        .enumerate()
        .filter(|(_, sentence)| top.score - sentence.score <= reach && sentence.quotable)
        .collect();
    chosen.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
    chosen.truncate(MOST_OF_CLAUSE);
    joined(at, found, chosen.into_iter().map(|(index, _)| index).collect(), top.span)
}
