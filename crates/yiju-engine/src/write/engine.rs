//! How an engine has an answer written.

use yiju_writer::Writer;

use super::pipeline;
use super::report::WrittenSentence;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::response::Answer;

impl Engine {
    /// Has an answer written from its citations, and puts it in [`Answer::written`]; where it stands, it is
    /// [`Answer::answer`], too. Each sentence is given to `shown` as soon as it has held. A refusal stays as it is.
    ///
    /// The answer stands if at least half of the sentences that were written held. What is wrong with the writer is
    /// said in [`Written::problem`](crate::Written::problem): the quotes are an answer, too.
    ///
    /// # Errors
    /// A part of the engine failed, or the call was cancelled.
    pub fn write(
        &self,
        writer: &dyn Writer,
        answer: Answer,
        shown: &mut dyn FnMut(&WrittenSentence),
    ) -> Result<Answer, EngineError> {
        pipeline::write(self, writer, answer, shown)
    }
}
