//! The tools: what each takes, what it gives, and how it is called. All of them only read.

use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject, Tool, ToolAnnotations};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use yiju_engine::{
    Answer, AskRequest, CitedQuote, ClauseRef, ClauseView, DocumentPage, DocumentSummary, Engine,
    Filter, SearchRequest, SearchResponse, Verification, VerifyRequest,
};

use super::{Call, schema};
use crate::error::ApiError;
use crate::message::{Links, Told, message, value_of};
use crate::routes::ask::answer_and;
use crate::routes::documents::page_of;

/// A question.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct AskArguments {
    /// The question, in the words of the user; 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    question: String,
    /// Earlier questions of the conversation, oldest first, at most 20: what the question leaves out is taken from them.
    #[serde(default)]
    #[schema(max_items = 20)]
    history: Vec<String>,
    /// Most citations to give, 1 to 20.
    #[serde(default = "three")]
    #[schema(default = 3, minimum = 1, maximum = 20)]
    limit: usize,
    /// Which documents to look in; all where it is left out.
    #[serde(default)]
    filter: Filter,
    /// The day whose law counts: only what is in force on it answers. Today, or the time that the question itself names,
    /// where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
}

fn three() -> usize {
    3
}

/// A query.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct SearchArguments {
    /// The query, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    query: String,
    /// Most hits to give, 1 to 100.
    #[serde(default = "ten")]
    #[schema(default = 10, minimum = 1, maximum = 100)]
    limit: usize,
    /// Which documents to look in; all where it is left out.
    #[serde(default)]
    filter: Filter,
    /// The day whose law counts: only what is in force on it answers. Today, or the time that the query itself names,
    /// where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
}

fn ten() -> usize {
    10
}

/// A clause.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ClauseArguments {
    /// The clause's id, as `ask` and `search` give it.
    clause_id: String,
}

/// A document.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct OutlineArguments {
    /// The document's id, as `list_documents`, `ask` and `search` give it.
    document_id: String,
}

/// A quote to verify.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct VerifyArguments {
    /// The quote, 1 to 5,000 characters.
    #[schema(min_length = 1, max_length = 5000)]
    quote: String,
    /// What the quote is given for, up to 2,000 characters: its support is measured then.
    #[schema(min_length = 1, max_length = 2000)]
    statement: Option<String>,
    /// The document that it is cited from.
    document_id: Option<String>,
    /// The clause that it is cited from.
    clause_id: Option<String>,
    /// The day on which it counts whether what holds the quote is in force; today where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date, pattern = r"^\d{4}-\d{2}-\d{2}$")]
    as_of: Option<Date>,
}

/// A page of documents.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ListArguments {
    /// `next_cursor` of the page before; left out for the first.
    cursor: Option<String>,
    /// Most documents to give, 1 to 500.
    #[serde(default = "hundred")]
    #[schema(default = 100, minimum = 1, maximum = 500)]
    limit: usize,
}

fn hundred() -> usize {
    100
}

/// The clauses of a document without their text.
#[derive(Serialize, utoipa::ToSchema)]
struct Outline {
    /// The document.
    document: DocumentSummary,
    /// Its clauses, in the order of the text.
    clauses: Vec<OutlinedClause>,
}

/// A clause without its text.
#[derive(Serialize, utoipa::ToSchema)]
struct OutlinedClause {
    /// Its id.
    id: String,
    /// Its number as cited; empty for a plain paragraph.
    label: String,
    /// Headings from the outermost to its own.
    path: Vec<String>,
    /// How the clause begins.
    begins: String,
}

/// How many characters of a clause an outline shows.
const BEGINNING: usize = 40;

/// All tools.
pub(super) fn all() -> &'static [Tool] {
    static TOOLS: OnceLock<Vec<Tool>> = OnceLock::new();
    TOOLS.get_or_init(|| {
        vec![
            tool(
                "ask",
                "Ask the documents",
                "Answers a question about the documents with verbatim quotes, each with the clause it is from, or says \
                 that the documents do not answer and lists the nearest clauses.",
                schema::of::<AskArguments>(),
                schema::of::<Answer>(),
            ),
            tool(
                "search",
                "Search for clauses",
                "Ranks the clauses of the documents by how well they fit a query.",
                schema::of::<SearchArguments>(),
                schema::of::<SearchResponse>(),
            ),
            tool(
                "get_clause",
                "Read a clause",
                "Gives a clause in full, with its headings and the ids of its neighbours.",
                schema::of::<ClauseArguments>(),
                schema::of::<ClauseView>(),
            ),
            tool(
                "outline",
                "Outline a document",
                "Lists the clauses of a document with their numbers and headings.",
                schema::of::<OutlineArguments>(),
                schema::of::<Outline>(),
            ),
            tool(
                "verify_quote",
                "Verify a quote",
                "Says whether a quote is in the documents, where, how it differs, and how well it supports a statement.",
                schema::of::<VerifyArguments>(),
                schema::of::<Verification>(),
            ),
            tool(
                "list_documents",
                "List the documents",
                "Lists the documents of the library with their titles, issuers, numbers and dates.",
                schema::of::<ListArguments>(),
                schema::of::<DocumentPage>(),
            ),
        ]
    })
}

fn tool(
    name: &'static str,
    title: &str,
    description: &'static str,
    input: Arc<JsonObject>,
    output: Arc<JsonObject>,
) -> Tool {
    let hints = ToolAnnotations::with_title(title)
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    Tool::new(name, description, input)
        .with_title(title)
        .with_raw_output_schema(output)
        .with_annotations(hints)
}

/// Calls a tool.
///
/// # Errors
/// There is no tool of this name. What goes wrong in a tool is the inner error.
pub(super) async fn call(
    call: Call,
    name: &str,
    arguments: JsonObject,
) -> Result<Result<CallToolResult, ApiError>, ErrorData> {
    Ok(match name {
        "ask" => ask(call, arguments).await,
        "search" => search(call, arguments).await,
        "get_clause" => get_clause(call, arguments).await,
        "outline" => outline(call, arguments).await,
        "verify_quote" => verify_quote(call, arguments).await,
        "list_documents" => list_documents(call, arguments).await,
        _ => {
            let names: Vec<&str> = all().iter().map(|tool| tool.name.as_ref()).collect();
            let message = format!("there is no such tool; the tools are {}", names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        }
    })
}

fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, ApiError> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        ApiError::invalid(format!("the arguments do not fit: {error}"))
            .hint("the tool's inputSchema describes them")
    })
}

async fn ask(call: Call, arguments: JsonObject) -> Result<CallToolResult, ApiError> {
    let arguments: AskArguments = read(arguments)?;
    let request = AskRequest {
        history: arguments.history,
        limit: arguments.limit,
        filter: call.target.filter(arguments.filter)?,
        as_of: arguments.as_of,
        ..AskRequest::new(arguments.question)
    };
    let (answer, ()) = answer_and(&call.target, request, call.request_id, |_, _| Ok(())).await?;
    let links = Links::of_resources();
    let mut text = message(&answer, &links, Told::Whole).text;
    for citation in &answer.citations {
        text.push_str(&format!("\n[{}] {}", citation.marker, links.of(&citation.clause_id)));
    }
    for nearest in &answer.nearest {
        text.push_str(&format!("\n- {}", links.of(&nearest.clause_id)));
    }
    done(text, &answer)
}

async fn search(call: Call, arguments: JsonObject) -> Result<CallToolResult, ApiError> {
    let arguments: SearchArguments = read(arguments)?;
    let filter = call.target.filter(arguments.filter)?;
    let request = SearchRequest {
        query: arguments.query,
        limit: arguments.limit,
        filter,
        as_of: arguments.as_of,
    };
    let found = call.target.read_in_steps(move |engine| engine.search(&request)).await?;
    let hits = found.hits.iter().map(|hit| clause_text(hit, &hit.clause_id));
    done(hits.collect::<Vec<_>>().join("\n\n"), &found)
}

async fn get_clause(call: Call, arguments: JsonObject) -> Result<CallToolResult, ApiError> {
    let arguments: ClauseArguments = read(arguments)?;
    let clause = clause(&call, &arguments.clause_id).await?;
    done(text_of(&clause), &clause)
}

/// A clause that the caller may read.
pub(super) async fn clause(call: &Call, id: &str) -> Result<ClauseView, ApiError> {
    let document = id.rsplit_once('.').map_or("", |(document, _)| document);
    call.target.grant.document(document)?;
    let wanted = id.to_owned();
    let found = call.target.read(move |engine| engine.clause(&wanted)).await?;
    found.ok_or_else(|| ApiError::clause_not_found(id))
}

/// A clause with its headings.
pub(super) fn text_of(clause: &ClauseView) -> String {
    format!("{} · {}\n{}", clause.document.title, clause.path.join(" · "), clause.paragraph)
}

fn clause_text(clause: &ClauseRef, id: &str) -> String {
    let place = clause.path.join(" · ");
    let link = Links::of_resources().of(id);
    format!("{} · {place} ({link})\n{}", clause.document.title, clause.paragraph)
}

async fn outline(call: Call, arguments: JsonObject) -> Result<CallToolResult, ApiError> {
    let OutlineArguments { document_id } = read(arguments)?;
    let found = call.target.of_document(&document_id, |engine: &Engine, id: &str| {
        let Some(document) = engine.document(id)? else { return Ok(None) };
        Ok(engine.clauses(id)?.map(|clauses| (document, clauses)))
    });
    let (document, clauses) = found.await?;
    let clauses = clauses.into_iter().map(|clause| {
        let mut begins: String = clause.paragraph.chars().take(BEGINNING).collect();
        if clause.paragraph.chars().nth(BEGINNING).is_some() {
            begins.push('…');
        }
        OutlinedClause { id: clause.id, label: clause.label, path: clause.path, begins }
    });
    let outline = Outline { document, clauses: clauses.collect() };
    let mut text = outline.document.title.clone();
    for clause in &outline.clauses {
        text.push_str(&format!("\n{} {} {}", clause.id, clause.path.join(" · "), clause.begins));
    }
    done(text, &outline)
}

async fn verify_quote(call: Call, arguments: JsonObject) -> Result<CallToolResult, ApiError> {
    let arguments: VerifyArguments = read(arguments)?;
    call.target.grant.all_documents()?;
    let cited = CitedQuote {
        quote: arguments.quote,
        document_id: arguments.document_id,
        clause_id: arguments.clause_id,
        sha256: None,
    };
    let request = VerifyRequest {
        statement: arguments.statement,
        citations: vec![cited],
        as_of: arguments.as_of,
    };
    let found = call.target.read(move |engine| engine.verify(&request)).await?;
    let text = serde_json::to_string_pretty(&found).unwrap_or_default();
    done(text, &found)
}

async fn list_documents(call: Call, arguments: JsonObject) -> Result<CallToolResult, ApiError> {
    let arguments: ListArguments = read(arguments)?;
    let page = page_of(&call.target, arguments.cursor, None, arguments.limit).await?;
    let lines = page.documents.iter().map(|document| {
        let date = document.date.map_or(String::new(), |date| format!(" ({date})"));
        format!("{} {}{date}", document.id, document.title)
    });
    done(lines.collect::<Vec<_>>().join("\n"), &page)
}

/// A result: for models as text, for programs as JSON of the tool's output schema.
fn done(text: String, structured: &impl Serialize) -> Result<CallToolResult, ApiError> {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(value_of(structured)?);
    Ok(result)
}

/// What went wrong, for the model: it may put it right.
pub(super) fn failed(error: &ApiError) -> CallToolResult {
    error.log("mcp");
    CallToolResult::error(vec![ContentBlock::text(told(error))])
}

/// An error with what to do about it.
pub(super) fn told(error: &ApiError) -> String {
    let body = error.body("").error;
    match body.hint {
        Some(hint) => format!("{} ({}): {hint}", body.message, body.code),
        None => format!("{} ({})", body.message, body.code),
    }
}
