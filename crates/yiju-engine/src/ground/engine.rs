//! How the engine checks a text against sources.

use std::collections::HashSet;

use yiju_document::Span;
use yiju_embed::{InputType, Priority};
use yiju_store::ClauseRecord;

use super::check::{checked, unchecked};
use super::claims::{Claim, claims};
use super::evidence::Said;
use super::report::{
    GROUND_THRESHOLD, GroundContradiction, GroundRequest, GroundSource, Grounding,
};
use super::sources::{GroundSources, prepare, prepare_clauses};
use crate::ask::pipeline;
use crate::ask::trace::clocked;
use crate::engine::Engine;
use crate::error::{EngineError, go_on};
use crate::keep::views::clause_place;
use crate::limits::{LONGEST_ANSWER, LONGEST_QUESTION, LONGEST_SOURCES, MOST_SOURCES, check_text};
use crate::response::{Filter, SearchRequest};

/// Clauses of the library looked at for each sentence, where no sources are given.
const CLAUSES: usize = 5;

impl Engine {
    /// Checks each sentence of a text against sources: those given, or the clauses of the library nearest to it.
    ///
    /// ```no_run
    /// # fn shown(engine: &yiju_engine::Engine) -> Result<(), yiju_engine::EngineError> {
    /// use yiju_engine::{GroundRequest, GroundSource};
    ///
    /// let found = engine.ground(&GroundRequest {
    ///     answer: "押金不得超过一个月租金。[1]".into(),
    ///     sources: vec![GroundSource::of_text(1, "租赁办法", "第三条 押金最多为两个月租金。")],
    ///     ..GroundRequest::default()
    /// })?;
    /// assert!(!found.claims[0].supported);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The text or the sources are out of range, a clause named is not there, a part failed, or the call was cancelled.
    /// A sentence that no source supports is no error.
    pub fn ground(&self, request: &GroundRequest) -> Result<Grounding, EngineError> {
        let (mut grounding, timings) = clocked(|| {
            let threshold = check(&request.answer, request.threshold)?;
            let claims = claims(&request.answer);
            let sources = if request.sources.is_empty() {
                let found = look_for(self, &claims, &request.filter)?;
                prepare_clauses(self, &found)?
            } else {
                prepare(self, &request.sources)?
            };
            ground(self, &sources, &request.answer, &claims, threshold)
        })?;
        grounding.total_ms = timings.total;
        Ok(grounding)
    }

    /// Makes sources ready, to check several texts against them with [`Engine::ground_by`]: a text that is written
    /// sentence by sentence, for example.
    ///
    /// # Errors
    /// As [`Engine::ground`] for its sources; there must be one at least.
    pub fn ground_sources(&self, sources: &[GroundSource]) -> Result<GroundSources, EngineError> {
        prepare(self, sources)
    }

    /// As [`Engine::ground`], against sources made ready. `threshold` as in [`GroundRequest`].
    ///
    /// # Errors
    /// As [`Engine::ground`] for its text.
    pub fn ground_by(
        &self,
        sources: &GroundSources,
        answer: &str,
        threshold: Option<f32>,
    ) -> Result<Grounding, EngineError> {
        let (mut grounding, timings) = clocked(|| {
            let threshold = check(answer, threshold)?;
            ground(self, sources, answer, &claims(answer), threshold)
        })?;
        grounding.total_ms = timings.total;
        Ok(grounding)
    }
}

/// Refuses what is out of range; gives the threshold.
fn check(answer: &str, threshold: Option<f32>) -> Result<f32, EngineError> {
    check_text("the answer's length in characters", answer, LONGEST_ANSWER)?;
    let threshold = threshold.unwrap_or(GROUND_THRESHOLD);
    if !(0.0..=1.0).contains(&threshold) {
        return Err(EngineError::OutOfRange {
            what: "threshold",
            range: "0 to 1".into(),
            value: threshold.to_string(),
        });
    }
    Ok(threshold)
}

/// The clauses of the library nearest to the claims, each once, as many as may be checked against.
fn look_for(
    engine: &Engine,
    claims: &[Claim],
    filter: &Filter,
) -> Result<Vec<ClauseRecord>, EngineError> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut found = Vec::new();
    let mut characters = 0;
    for claim in claims.iter().filter(|claim| claim.needs_check) {
        go_on()?;
        let query: String = claim.said.chars().take(LONGEST_QUESTION).collect();
        let request =
            SearchRequest { limit: CLAUSES, filter: filter.clone(), ..SearchRequest::new(query) };
        for hit in pipeline::search(engine, &request)?.hits {
            let id = &hit.clause.clause_id;
            characters += hit.clause.paragraph.chars().count();
            if found.len() >= MOST_SOURCES || characters > LONGEST_SOURCES {
                return Ok(found);
            }
            if !seen.insert(id.clone()) {
                continue;
            }
            if let Some((document, index)) = clause_place(id) {
                found.extend(engine.library.store.clause(document, index)?);
            }
        }
    }
    Ok(found)
}

fn ground(
    engine: &Engine,
    sources: &GroundSources,
    answer: &str,
    claims: &[Claim],
    threshold: f32,
) -> Result<Grounding, EngineError> {
    let mut said = said(engine, claims)?.into_iter();
    let mut found = Vec::with_capacity(claims.len());
    for claim in claims {
        go_on()?;
        let (span, text) = shown(answer, claim);
        let next = if claim.needs_check { said.next() } else { None };
        found.push(match next {
            None => unchecked(claim, span, text),
            Some(parts) => {
                let models = &engine.learnt.ground;
                checked(models, (claim, span, text), &parts, &sources.all, threshold)
            }
        });
    }
    let asked = found.iter().filter(|claim| claim.needs_check).count();
    let held = found.iter().filter(|claim| claim.needs_check && claim.supported).count();
    let contradictions = found.iter().enumerate().flat_map(|(at, claim)| {
        let failures = claim.failures.iter().filter(|failure| failure.kind.contradicts());
        failures
            .map(move |failure| GroundContradiction { claim_index: at, failure: failure.clone() })
    });
    Ok(Grounding {
        support: (asked > 0).then(|| held as f32 / asked as f32),
        threshold,
        contradictions: contradictions.collect(),
        claims: found,
        sources: sources.all.iter().map(|source| source.shown.clone()).collect(),
        total_ms: 0.0,
    })
}

/// The parts of each claim that is checked, embedded all at once.
fn said(engine: &Engine, claims: &[Claim]) -> Result<Vec<Vec<Said>>, EngineError> {
    let parts: Vec<Vec<&str>> =
        claims.iter().filter(|claim| claim.needs_check).map(Claim::parts).collect();
    let texts: Vec<&str> = parts.iter().flatten().copied().collect();
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let embedded = engine.model.embed_tokens(Priority::Question, InputType::Query, &texts)?;
    let mut embedded = embedded.into_iter();
    let said = parts.into_iter().map(|of_claim| {
        let vectors = embedded.by_ref().take(of_claim.len());
        of_claim
            .iter()
            .zip(vectors)
            .map(|(text, (meaning, tokens))| Said::new(text, meaning, tokens))
            .collect()
    });
    Ok(said.collect())
}

/// The span and the text of a claim.
fn shown<'a>(answer: &'a str, claim: &Claim) -> (Span, &'a str) {
    let text = answer.get(claim.range.clone()).unwrap_or("");
    let before = answer.get(..claim.range.start).map_or(0, |before| before.chars().count());
    let span = Span {
        char_start: before,
        char_end: before + text.chars().count(),
        byte_start: claim.range.start,
        byte_end: claim.range.end,
    };
    (span, text)
}

/// The signals of each claim that is checked, over the sources that it cites.
#[cfg(feature = "measure")]
pub(crate) fn signals(
    engine: &Engine,
    sources: &GroundSources,
    answer: &str,
) -> Result<Vec<Vec<(&'static str, f32)>>, EngineError> {
    let mut claims = claims(answer);
    claims.retain(|claim| claim.needs_check);
    let said = said(engine, &claims)?;
    let models = &engine.learnt.ground;
    let signals = claims
        .iter()
        .zip(&said)
        .map(|(claim, parts)| super::check::signals(models, claim, parts, &sources.all));
    Ok(signals.collect())
}
