//! The whole way of a question, stage by stage; the type of each says how far it has come:
//!
//! [`Question`] → [`Embedded`] → [`Candidate`]s → [`Ranked`] → [`Read`] → [`Answer`]

use std::sync::RwLockReadGuard;

use jiff::civil::Date;
use yiju_fault::kill_point;

use crate::ask::embedded::Embedded;
use crate::ask::lookup::Outcome;
use crate::ask::named::Named;
use crate::ask::question::Question;
use crate::ask::rank::{self, Ranked};
use crate::ask::rerank::{Answerable, Read, rerank};
use crate::ask::retrieve::{self, CANDIDATES, Candidate, Lanes};
use crate::ask::scope::Scope;
use crate::ask::standing::{self, Standing};
use crate::ask::trace::{Step, clocked, timed};
use crate::ask::when::{self, When};
use crate::ask::{about, compose, constraints, lookup, meeting, parts};
use crate::engine::Engine;
use crate::error::{EngineError, go_on};
use crate::keep::indexes::Indexes;
use crate::keep::today::today;
use crate::keep::versions::{Selection, Versions};
use crate::limits::{LONGEST_QUESTION, MOST_CITATIONS, MOST_HITS, check_limit, check_text};
use crate::response::{Answer, AskRequest, Filter, SearchRequest, SearchResponse};

/// Answers a question as if the clauses `without` (by their ids) were not there.
pub(crate) fn ask(
    engine: &Engine,
    request: &AskRequest,
    without: &[String],
) -> Result<Answer, EngineError> {
    check_text("the question's length in characters", &request.question, LONGEST_QUESTION)?;
    check_limit("limit", request.limit, MOST_CITATIONS)?;
    check_threshold(request.threshold)?;
    let (mut answer, timings) = clocked(|| whole_answer(engine, request, without))?;
    answer.timings_ms = timings;
    answer.question.clone_from(&request.question);
    Ok(answer)
}

/// The answer from the versions that the question means.
fn whole_answer(
    engine: &Engine,
    request: &AskRequest,
    without: &[String],
) -> Result<Answer, EngineError> {
    let versions = timed(Step::Analyse, || engine.library.versions())?;
    let when = timed(Step::Analyse, || when::meant(&request.question, request.as_of, &versions));
    let selection = when.selection();
    let day = standing::day_of(selection, today());
    let store = &engine.library.store;
    if let Some(mut answer) = standing::validity(store, &versions, request, selection, day)? {
        // What it cites only says what has become of the document that is asked about.
        Standing::on(store, &versions, day).citations(&mut answer)?;
        return Ok(answer);
    }
    let with = |question: &str| AskRequest { question: question.to_owned(), ..request.clone() };
    let answer = match when {
        When::Meant(selection) => answer_in_parts(engine, request, without, selection)?,
        When::Named { selection, bare, firm } => {
            let whole = match firm {
                // 2015年的办法: the year is the version's.
                true => None,
                false => Some(answer_in_parts(engine, request, without, selection)?),
            };
            match whole.filter(|whole| whole.answered) {
                Some(whole) => whole,
                None => answer_in_parts(engine, &with(&bare), without, selection)?,
            }
        }
        When::Both { bare } => {
            let now = answer_in_parts(engine, &with(&bare), without, selection)?;
            let before = Selection::Before(today());
            let mut both = vec![(now, true)];
            if !versions.chosen(before).is_empty() {
                both.push((answer_in_parts(engine, &with(&bare), without, before)?, false));
            }
            compose::of_versions(request, both)
        }
    };
    stood(engine, &versions, day, answer)
}

/// The answer with what is known of whether its documents are in force.
fn stood(
    engine: &Engine,
    versions: &Versions,
    day: Date,
    mut answer: Answer,
) -> Result<Answer, EngineError> {
    timed(Step::Compose, || {
        Standing::on(&engine.library.store, versions, day).answer(&mut answer)?;
        Ok(answer)
    })
}

/// The answer, part by part where the question asks for several things and more than one part has an answer, or the
/// question as a whole has none.
fn answer_in_parts(
    engine: &Engine,
    request: &AskRequest,
    without: &[String],
    selection: Selection,
) -> Result<Answer, EngineError> {
    let parts = parts::parts(&request.question, &constraints::constraints(&request.question));
    if parts.is_empty() {
        return answer(engine, request, without, selection);
    }
    let mut answers: Vec<Answer> = Vec::with_capacity(parts.len());
    for question in parts {
        let mut part = AskRequest { question, ..request.clone() };
        // What the first part is answered from, the others are about, if it says anything of them.
        let about = answers.iter().flat_map(|answer| answer.citations.first()).next();
        let near = about.map(|citation| vec![citation.document.id.clone()]);
        if let Some(ids) = near.filter(|_| part.filter.document_ids.is_empty()) {
            part.filter.document_ids = ids;
            let within = answer(engine, &part, without, selection)?;
            if within.answered {
                answers.push(within);
                continue;
            }
            part.filter = request.filter.clone();
        }
        answers.push(answer(engine, &part, without, selection)?);
    }
    let answered = answers.iter().filter(|answer| answer.answered).count();
    if answered < 2 {
        let whole = answer(engine, request, without, selection)?;
        if whole.answered || answered == 0 {
            return Ok(whole);
        }
    }
    Ok(compose::together(request, answers))
}

fn answer(
    engine: &Engine,
    request: &AskRequest,
    without: &[String],
    selection: Selection,
) -> Result<Answer, EngineError> {
    let (store, model) = (&engine.library.store, &engine.model);
    let stages = Stages::over(engine, &request.filter, without, Some(selection))?;
    let mut question = stages.analyse(&request.question)?;
    let named = timed(Step::Analyse, || stages.named(&question))?;
    // （十二） of 修正案（十二） is part of a name.
    question.references.retain(|reference| !named.holds(&reference.range));
    let asked_about =
        timed(Step::Analyse, || about::look_up(store, &stages.scope, model, &question, &named))?;
    if let Some(about) = asked_about {
        return timed(Step::Compose, || {
            compose::particulars(store, &question, about, request.limit)
        });
    }
    let looked_up =
        timed(Step::Analyse, || lookup::look_up(store, &stages.scope, &question, &named))?;
    let within = match looked_up {
        Outcome::Unit(found) => {
            return timed(Step::Compose, || compose::lookup(store, &question, found));
        }
        Outcome::Within(clauses) => {
            if let Some(rest) = named.beside_number(&question.text) {
                // The clauses of a document do not repeat its 文号.
                question = stages.analyse(&rest)?;
            }
            Some(Scope::only(store, &clauses)?)
        }
        Outcome::Ordinary => None,
    };
    let question = stages.embed(question)?;
    let all = stages.answering(&question, &stages.scope)?;
    kill_point("ask:ranked");
    // Only the clauses named may answer; the confidence compares them with all candidates.
    let named = within.map(|within| stages.answering(&question, &within)).transpose()?;
    timed(Step::Compose, || {
        compose::answer(engine, request, &question, named.as_ref().unwrap_or(&all), &all.found)
    })
}

/// Ranks clauses for a query.
pub(crate) fn search(
    engine: &Engine,
    request: &SearchRequest,
) -> Result<SearchResponse, EngineError> {
    check_query(request)?;
    check_limit("limit", request.limit, MOST_HITS)?;
    let versions = engine.library.versions()?;
    let selection = when::meant(&request.query, request.as_of, &versions).selection();
    let (hits, timings_ms) = clocked(|| {
        let stages = Stages::over(engine, &request.filter, &[], Some(selection))?;
        let question = stages.embed(stages.analyse(&request.query)?)?;
        let mut found = stages.all(&question, &stages.scope, CANDIDATES.max(request.limit))?;
        found.truncate(request.limit);
        Ok(compose::hits(&found))
    })?;
    let mut response = SearchResponse { query: request.query.clone(), hits, timings_ms };
    let day = standing::day_of(selection, today());
    Standing::on(&engine.library.store, &versions, day).hits(&mut response)?;
    Ok(response)
}

pub(crate) fn check_query(request: &SearchRequest) -> Result<(), EngineError> {
    check_text("the query's length in characters", &request.query, LONGEST_QUESTION)
}

fn check_threshold(threshold: Option<f32>) -> Result<(), EngineError> {
    match threshold {
        Some(value) if !(0.0..=1.0).contains(&value) => Err(EngineError::OutOfRange {
            what: "threshold",
            range: "0 to 1".into(),
            value: value.to_string(),
        }),
        _ => Ok(()),
    }
}

/// The stages over one state of a library and one filter.
pub(crate) struct Stages<'a> {
    engine: &'a Engine,
    pub indexes: RwLockReadGuard<'a, Indexes>,
    /// What the filter lets through.
    pub scope: Scope,
}

impl<'a> Stages<'a> {
    /// The stages over what a filter lets through, without the clauses `without` and the versions that a selection leaves
    /// out; all versions where there is none.
    pub(crate) fn over(
        engine: &'a Engine,
        filter: &Filter,
        without: &[String],
        selection: Option<Selection>,
    ) -> Result<Self, EngineError> {
        let store = &engine.library.store;
        let indexes = engine.library.fresh_indexes()?;
        let mut scope = Scope::resolve(store, filter)?.without(store, without)?;
        if let Some(selection) = selection {
            let versions = engine.library.versions()?;
            let out = versions.left_out(store, selection)?;
            scope = scope.leaving_out(&versions, &out, selection.is_strict());
        }
        Ok(Self { engine, indexes, scope })
    }

    pub(crate) fn analyse(&self, text: &str) -> Result<Question, EngineError> {
        timed(Step::Analyse, || Question::new(text, &self.indexes.lexical))
    }

    /// The documents that a question names, where it may be about any.
    fn named(&self, question: &Question) -> Result<Named, EngineError> {
        let by_number = !question.references.is_empty() || !question.numbers.is_empty();
        if !by_number && !about::may_ask(question) {
            return Ok(Named::default());
        }
        let store = &self.engine.library.store;
        let of_deeds = about::asks_of_deeds(question);
        Named::of(store, &self.scope, &self.indexes.lexical, question, of_deeds)
    }

    pub(crate) fn embed(&self, question: Question) -> Result<Embedded, EngineError> {
        go_on()?;
        Embedded::of(question, &self.engine.model)
    }

    /// The first stage: the best `most` candidates of the three lanes.
    pub(crate) fn retrieve(
        &self,
        question: &Embedded,
        scope: &Scope,
        most: usize,
    ) -> Result<Vec<Candidate>, EngineError> {
        go_on()?;
        let _span = tracing::debug_span!("retrieve").entered();
        retrieve::candidates(&self.engine.library.store, &self.indexes, scope, question, most)
    }

    /// The second stage, which scores the first `reach` candidates.
    pub(crate) fn rank(
        &self,
        question: &Embedded,
        candidates: Vec<Candidate>,
        reach: usize,
    ) -> Result<Vec<Ranked>, EngineError> {
        go_on()?;
        timed(Step::SecondStage, || {
            let lanes = Lanes::of(&self.indexes);
            let cosines = |vector: &[f32], id: u64| lanes.cosines(vector, id);
            rank::rank(&self.engine.library.store, &cosines, question, candidates, reach)
        })
    }

    /// The reranking stages: the reader of answers, then the cross-encoder, where the engine has them.
    pub(crate) fn rerank(
        &self,
        question: &Embedded,
        ranked: Vec<Ranked>,
    ) -> Result<Vec<Read>, EngineError> {
        go_on()?;
        timed(Step::SecondStage, || {
            let mut found: Vec<Read> = ranked.into_iter().map(Read::from).collect();
            if let Some(reader) = self.engine.reader() {
                rerank(reader, question, &mut found)?;
            }
            if let Some(cross_encoder) = self.engine.cross_encoder.as_deref() {
                rerank(cross_encoder, question, &mut found)?;
            }
            go_on()?;
            Ok(found)
        })
    }

    /// All stages after embedding, for an answer: clauses that cannot be it come last.
    pub(crate) fn answering(
        &self,
        question: &Embedded,
        scope: &Scope,
    ) -> Result<Answerable, EngineError> {
        let candidates = self.retrieve(question, scope, CANDIDATES)?;
        let mut ranked = self.rank(question, candidates, CANDIDATES)?;
        let unmet = meeting::check(question, &mut ranked);
        rank::drop_misfits(question, &mut ranked);
        let (able, unable): (Vec<Ranked>, Vec<Ranked>) =
            ranked.into_iter().partition(Ranked::may_answer);
        let mut found = self.rerank(question, able)?;
        found.extend(unable.into_iter().map(Read::from));
        Ok(Answerable { found, unmet })
    }

    /// All stages after embedding, for the best `most` candidates, best first.
    fn all(
        &self,
        question: &Embedded,
        scope: &Scope,
        most: usize,
    ) -> Result<Vec<Read>, EngineError> {
        let candidates = self.retrieve(question, scope, most)?;
        self.rerank(question, self.rank(question, candidates, CANDIDATES)?)
    }
}
