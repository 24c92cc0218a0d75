//! Answers that a model writes: asked for by `/v1/ask` with `write`, and by the model `yiju-writer` of OpenAI's routes.

use std::sync::Arc;

use yiju_engine::{Answer, WrittenSentence};
use yiju_writer::Writer;

use crate::error::ApiError;
use crate::target::Target;

/// Has an answer written from its citations, and gives each sentence that holds to `shown` at once.
///
/// # Errors
/// Too many wait, the time is up, or a part of the engine failed. What is wrong with the writer is no error: the quotes
/// are an answer, too.
pub(crate) async fn write(
    target: &Target,
    writer: Arc<dyn Writer>,
    answer: Answer,
    mut shown: impl FnMut(&WrittenSentence) + Send + 'static,
) -> Result<Answer, ApiError> {
    let collection = Arc::clone(&target.collection);
    let call = move || collection.engine.write(&*writer, answer, &mut shown);
    Ok(target.state.writing().run(target.grant.share(), call).await??)
}
