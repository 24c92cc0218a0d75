//! How the engine is asked.

use crate::ask::conversation;
use crate::ask::pipeline;
use crate::ask::place::{place, place_hits};
use crate::ask::scope::documents_of;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::keep::views::summary;
use crate::response::{Answer, AskRequest, DocumentSummary, Filter, SearchRequest, SearchResponse};

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

    /// The documents that a filter lets through, in the order they were first added; its section does not count.
    ///
    /// # Errors
    /// Reading failed.
    pub fn documents_of(&self, filter: &Filter) -> Result<Vec<DocumentSummary>, EngineError> {
        let found = documents_of(&self.library.store, filter)?;
        Ok(found.into_iter().map(summary).collect())
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
