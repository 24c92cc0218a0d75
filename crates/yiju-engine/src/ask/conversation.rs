//! A question of a conversation: limited by what the assistant was told, written out with what came before, and answered
//! as any other.

use crate::ask::pipeline;
use crate::ask::trace::clocked;
use crate::ask::{followup, instructions};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::limits::{LONGEST_QUESTION, check_text};
use crate::response::{Answer, AskRequest};

/// Answers a question after the others of `request.history`.
pub(crate) fn ask(engine: &Engine, request: &AskRequest) -> Result<Answer, EngineError> {
    if request.history.is_empty() && request.instructions.is_empty() {
        return pipeline::ask(engine, request, &[]);
    }
    check_text("the question's length in characters", &request.question, LONGEST_QUESTION)?;
    followup::check(&request.history)?;
    instructions::check(&request.instructions)?;
    let (mut answer, timings) = clocked(|| {
        let filter = instructions::limit(engine, &request.instructions, &request.filter)?;
        let request = AskRequest { filter, ..request.clone() };
        followup::answer(engine, &request, &|written| pipeline::ask(engine, written, &[]))
    })?;
    answer.timings_ms = timings;
    answer.question.clone_from(&request.question);
    Ok(answer)
}
