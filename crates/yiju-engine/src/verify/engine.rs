//! How the engine verifies quotes.

use super::report::{Verification, VerifyRequest};
use super::{force, quote, support};
use crate::ask::trace::clocked;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::keep::today::today;
use crate::limits::{LONGEST_QUOTE, LONGEST_STATEMENT, MOST_QUOTES, check_limit, check_text};

impl Engine {
    /// Says of each quote whether the documents hold it, where and in which version, and how well it
    /// supports the statement.
    ///
    /// # Errors
    /// The statement, a quote or their number is out of range, a part failed, or the call was
    /// cancelled. A quote that does not exist is no error.
    pub fn verify(&self, request: &VerifyRequest) -> Result<Verification, EngineError> {
        check(request)?;
        let (mut verification, timings) = clocked(|| verify(self, request))?;
        verification.total_ms = timings.total;
        Ok(verification)
    }
}

fn verify(engine: &Engine, request: &VerifyRequest) -> Result<Verification, EngineError> {
    let mut citations = request
        .citations
        .iter()
        .map(|cited| quote::verify(&engine.library, cited))
        .collect::<Result<Vec<_>, _>>()?;
    let day = request.as_of.unwrap_or_else(today);
    force::mark(&engine.library, day, &mut citations)?;
    let mut best = None;
    if let Some(statement) = &request.statement {
        let supports = support::supports(engine, statement, &citations)?;
        let scores = supports.iter().flatten().map(|support| support.score);
        best = Some(scores.fold(0.0, f32::max));
        for (citation, support) in citations.iter_mut().zip(supports) {
            citation.support = support;
        }
    }
    Ok(Verification {
        statement: request.statement.clone(),
        support: best,
        citations,
        total_ms: 0.0,
    })
}

fn check(request: &VerifyRequest) -> Result<(), EngineError> {
    if let Some(statement) = &request.statement {
        check_text("the statement's length in characters", statement, LONGEST_STATEMENT)?;
    }
    let count = request.citations.len();
    check_limit("the number of citations", count, MOST_QUOTES)?;
    for cited in &request.citations {
        check_text("a quote's length in characters", &cited.quote, LONGEST_QUOTE)?;
        if let (Some(document), Some(clause)) = (&cited.document_id, &cited.clause_id)
            && clause.rsplit_once('.').map(|(of, _)| of) != Some(document)
        {
            return Err(EngineError::OutOfRange {
                what: "clause_id",
                range: format!("a clause of the document {document}, as {document}.0 is"),
                value: clause.clone(),
            });
        }
    }
    Ok(())
}
