//! The prompt for drafting with citations.

use rmcp::ErrorData;
use rmcp::model::{
    GetPromptRequestParams, GetPromptResult, Prompt, PromptArgument, PromptMessage, Role,
};

const NAME: &str = "draft_with_citations";

/// The prompt, as it is listed.
pub(super) fn drafting() -> Prompt {
    let arguments = vec![
        PromptArgument::new("topic")
            .with_description("What the text is to be about")
            .with_required(true),
        PromptArgument::new("form")
            .with_description("What it is to be: a summary, a notice, a letter …"),
    ];
    Prompt::new(
        NAME,
        Some("Draft a text in which every statement is held to a clause"),
        Some(arguments),
    )
    .with_title("Draft with citations")
}

/// The prompt with its arguments.
///
/// # Errors
/// There is no prompt of this name, or no topic.
pub(super) fn get(request: &GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    if request.name != NAME {
        let message = format!("there is no such prompt; there is {NAME}");
        return Err(ErrorData::invalid_params(message, None));
    }
    let argument = |name: &str| {
        let value = request.arguments.as_ref()?.get(name)?.as_str()?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let Some(topic) = argument("topic") else {
        return Err(ErrorData::invalid_params("the argument `topic` is missing", None));
    };
    let form = argument("form").unwrap_or_else(|| "a short text".to_owned());
    let text = format!(
        "Write {form} about: {topic}\n\n\
         Use only what the documents say, by the tools of yiju:\n\
         1. Break the topic into questions and put each to `ask`; look further with `search` and `outline`.\n\
         2. Read each clause that you use with `get_clause`. Take numbers, dates, bodies, conditions and words of duty \
         (应当, 可以, 不得, must, may) exactly as they stand.\n\
         3. End each sentence with the marker of its clause, [1], [2] …; a sentence without one is left out.\n\
         4. Check each verbatim quote with `verify_quote`, with the sentence as `statement`; rewrite what it contradicts.\n\
         5. Where the documents do not answer, say so instead of filling in.\n\
         6. Below the text, list for each marker the document's title, the clause's number and the quote.\n\n\
         Write in the language of the topic."
    );
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]))
}
