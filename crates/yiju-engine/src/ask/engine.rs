//! How the engine is asked.

use crate::ask::conversation;
use crate::ask::pipeline;
use crate::ask::place::{place, place_hits};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::response::{Answer, AskRequest, SearchRequest, SearchResponse};

impl Engine {
    /// Answers a question with citations, or refuses. What it leaves out is taken from the questions before it
    /// ([`AskRequest::history`]); [`Answer::understood_as`] says how.
    ///
    /// # Errors
    /// The question or the limit is out of range, a part failed, or the call was cancelled. A question
    /// that the documents do not answer is no error.
    pub fn ask(&self, request: &AskRequest) -> Result<Answer, EngineError> {
        let _first = self.model.foreground();
        let mut answer = conversation::ask(self, request)?;
        place(&self.library.store, &mut answer)?;
        Ok(answer)
    }

    /// Ranks clauses for a query.
    ///
    /// # Errors
    /// The query or the limit is out of range, a part failed, or the call was cancelled.
    pub fn search(&self, request: &SearchRequest) -> Result<SearchResponse, EngineError> {
        let _first = self.model.foreground();
        let mut response = pipeline::search(self, request)?;
        place_hits(&self.library.store, &mut response)?;
        Ok(response)
    }
}
