//! Holds a sentence to the evidence that it names.

use super::draft::Draft;
use super::evidence::Evidence;
use super::words;
use crate::ask::question::Language;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::ground::{GroundSource, GroundSources};

/// What became of a sentence.
pub(super) enum Verdict {
    /// Its citations support it, so well.
    Holds(f32),
    /// They do not, for this reason.
    Fails(String),
    /// It says nothing: a greeting, a lead-in, a question.
    SaysNothing,
}

/// The evidence made ready for checking.
pub(super) struct Checker<'a> {
    engine: &'a Engine,
    language: Language,
    numbers: Vec<u32>,
    sources: GroundSources,
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        language: Language,
        evidence: &[Evidence],
    ) -> Result<Self, EngineError> {
        let source =
            |one: &Evidence| GroundSource::of_text(one.number, one.place.clone(), one.text.clone());
        let sources: Vec<GroundSource> = evidence.iter().map(source).collect();
        Ok(Self {
            engine,
            language,
            numbers: evidence.iter().map(|one| one.number).collect(),
            sources: engine.ground_sources(&sources)?,
        })
    }

    /// Checks a sentence against all that it names, and nothing else.
    pub(super) fn check(&self, draft: &Draft) -> Result<Verdict, EngineError> {
        if let Some(&number) = draft.citations.iter().find(|one| !self.numbers.contains(one)) {
            return Ok(Verdict::Fails(words::no_such_citation(self.language, number)));
        }
        let found = self.engine.ground_by(&self.sources, &draft.with_markers(), None)?;
        // What the check takes for several sentences holds if all of them do.
        let said: Vec<_> = found.claims.iter().filter(|claim| claim.needs_check).collect();
        if said.is_empty() {
            return Ok(Verdict::SaysNothing);
        }
        if draft.citations.is_empty() {
            return Ok(Verdict::Fails(words::no_citation(self.language)));
        }
        // Markers belong to the last of several sentences; the others must not be held to all the evidence.
        if said.iter().any(|claim| claim.markers.is_empty()) {
            return Ok(Verdict::Fails(words::no_citation(self.language)));
        }
        if let Some(failed) = said.iter().find(|claim| !claim.supported) {
            return Ok(Verdict::Fails(words::failures(self.language, &failed.failures)));
        }
        let scores = said.iter().filter_map(|claim| claim.score);
        Ok(Verdict::Holds(scores.fold(1.0, f32::min)))
    }
}
