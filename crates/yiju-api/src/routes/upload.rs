//! Reads a source from a request: JSON with a text, or a form with a file.

use std::collections::BTreeMap;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use yiju_engine::{DateKind, Source, Told};

use crate::bodies::{Held, broken};
use crate::error::ApiError;
use crate::extract::{content_type, is_json, parse_json, read_body};
use crate::limits::NAME_CHARS;
use crate::state::AppState;
use crate::target::Target;

/// A document as text.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentBody {
    /// Its title, 1 to 1,000 characters.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    title: String,
    /// Its text, title line left out or not.
    text: String,
    /// The name of the source, under which a later add replaces it; the title where it is left out.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    source: Option<String>,
    /// Days of the document, which count before those that its text gives.
    #[serde(default)]
    #[schema(value_type = DatesBody)]
    dates: BTreeMap<DateKind, Date>,
    /// Ids of the documents whose place it takes when it comes into force, at most 50.
    #[serde(default)]
    #[schema(max_items = 50)]
    replaces: Vec<String>,
}

/// Days of a document; those that are left out are read from its text.
#[derive(Deserialize, utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the keys of a map")]
pub(crate) struct DatesBody {
    /// When it was adopted.
    #[schema(value_type = Option<String>, format = Date)]
    adopted: Option<Date>,
    /// When it was made public.
    #[schema(value_type = Option<String>, format = Date)]
    promulgated: Option<Date>,
    /// When this text comes into force.
    #[schema(value_type = Option<String>, format = Date)]
    effective: Option<Date>,
    /// When it was last changed.
    #[schema(value_type = Option<String>, format = Date)]
    amended: Option<Date>,
    /// The last day on which it is in force.
    #[schema(value_type = Option<String>, format = Date)]
    expires: Option<Date>,
    /// The first day on which it is in force no more.
    #[schema(value_type = Option<String>, format = Date)]
    repealed: Option<Date>,
}

/// A document as a file.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form, which is read field by field")]
pub(crate) struct DocumentForm {
    /// The file: text, Markdown, PDF, Word, OFD, a web page, a sheet, a scan, or a ZIP archive of such. Its file name is
    /// the source's name unless `source` is given.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Its title; read from the text where it is left out.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    title: Option<String>,
    /// The name of the source.
    #[schema(min_length = 1, max_length = 1000, pattern = r"\S")]
    source: Option<String>,
    /// Days of the document as a JSON object, as in the JSON body.
    dates: Option<String>,
    /// Ids of the documents whose place it takes, as a JSON list.
    replaces: Option<String>,
}

/// What a request brings.
pub(crate) struct Upload {
    /// The source.
    pub(crate) source: Source,
    /// What is said of its document's time.
    pub(crate) told: Told,
    /// Whether the field `source` named the source.
    pub(crate) named: bool,
    /// The room that it takes in memory, until this is dropped.
    pub(crate) held: Held,
}

/// Most documents that one is said to replace.
const MOST_REPLACED: usize = 50;

fn told(days: BTreeMap<DateKind, Date>, replaces: Vec<String>) -> Result<Told, ApiError> {
    if replaces.len() > MOST_REPLACED {
        return Err(ApiError::invalid(format!(
            "`replaces` has {} items, and may have {MOST_REPLACED}",
            replaces.len()
        )));
    }
    Ok(Told { days, replaces })
}

/// Reads the source in `request`.
///
/// # Errors
/// The body is neither kind, too long, too slow, or lacks a part; or there is no room for it.
pub(crate) async fn read(request: Request, target: &Target) -> Result<Upload, ApiError> {
    let (request, held) = watched(request, target);
    in_time(target, read_any(request, &target.state, held)).await
}

/// A request whose body takes room as it comes, and the room.
fn watched(request: Request, target: &Target) -> (Request, Held) {
    let held = target.state.bodies().begin(target.grant.share());
    let patience = target.state.limits().send_timeout;
    (request.map(|body| held.watch(body, patience)), held)
}

/// What is read, if that is done within the time for a write.
async fn in_time<T>(
    target: &Target,
    reading: impl Future<Output = Result<T, ApiError>>,
) -> Result<T, ApiError> {
    let deadline = target.state.limits().write_deadline;
    let read = tokio::time::timeout(deadline, reading).await;
    read.map_err(|_| ApiError::timeout(deadline.as_secs_f64()))?
}

async fn read_any(request: Request, state: &AppState, held: Held) -> Result<Upload, ApiError> {
    let limit = state.limits().document_bytes;
    match content_type(request.headers()).as_deref() {
        Some("multipart/form-data") => read_form(request, state, limit, held).await,
        Some(kind) if is_json(kind) => {
            let longest = state.limits().document_json_bytes();
            let too_large = |_| ApiError::document_too_large(limit);
            let body: DocumentBody = parse_json(&read_body(request, longest, too_large).await?)?;
            if body.text.len() > limit {
                return Err(ApiError::document_too_large(limit));
            }
            let title = named("title", body.title)?;
            let given = body.source.is_some();
            let name = match body.source {
                Some(source) => named("source", source)?,
                None => title.clone(),
            };
            let source = Source { name, title: Some(title), bytes: body.text.into_bytes() };
            Ok(Upload { source, told: told(body.dates, body.replaces)?, named: given, held })
        }
        other => Err(ApiError::unsupported_content_type(
            other,
            "application/json with a text, or multipart/form-data with a file",
        )),
    }
}

/// Most files in one request.
const MOST_FILES: usize = 1000;

/// Reads the files of a form, each a source under its file name.
///
/// # Errors
/// The body is no form, has none or too many files, two of one name, or is too long or too slow; or there is no room
/// for it.
pub(crate) async fn read_many(
    request: Request,
    target: &Target,
) -> Result<(Vec<(Source, Told)>, Held), ApiError> {
    let (request, held) = watched(request, target);
    Ok((in_time(target, read_files(request, &target.state)).await?, held))
}

async fn read_files(request: Request, state: &AppState) -> Result<Vec<(Source, Told)>, ApiError> {
    let limit = state.limits().document_bytes;
    let refused = |error: MultipartError| form_error(&error, limit);
    let kind = content_type(request.headers());
    if kind.as_deref() != Some("multipart/form-data") {
        return Err(ApiError::unsupported_content_type(
            kind.as_deref(),
            "multipart/form-data with a field `file` for each file",
        ));
    }
    let mut form = form_of(request, state).await?;
    let mut files: Vec<(Source, Told)> = Vec::new();
    while let Some(mut field) = form.next_field().await.map_err(refused)? {
        if field.name() != Some("file") {
            return Err(
                unknown_field(field.name().unwrap_or("")).hint("send each file as a field `file`")
            );
        }
        if files.len() == MOST_FILES {
            return Err(ApiError::invalid(format!("the form has more than {MOST_FILES} files"))
                .hint("send the rest in another request"));
        }
        let Some(name) = field.file_name().map(str::to_owned) else {
            return Err(ApiError::invalid(format!("file {} has no name", files.len() + 1)));
        };
        let name = named("file name", name)?;
        if files.iter().any(|(source, _)| source.name == name) {
            return Err(ApiError::invalid(format!("two files have the name `{name}`"))
                .hint("a source of the same name is replaced: name each file by its path"));
        }
        let bytes = file_bytes(&mut field, limit).await?;
        files.push((Source { name, title: None, bytes }, Told::default()));
    }
    if files.is_empty() {
        return Err(
            ApiError::invalid("the form has no `file`").hint("send each file as a field `file`")
        );
    }
    Ok(files)
}

async fn form_of(request: Request, state: &AppState) -> Result<Multipart, ApiError> {
    Multipart::from_request(request, state).await.map_err(|error| {
        ApiError::invalid(format!("the form cannot be read: {}", error.body_text()))
    })
}

fn unknown_field(name: &str) -> ApiError {
    let shown: String = name.chars().take(50).collect();
    ApiError::invalid(format!("the form has an unknown field `{shown}`"))
}

/// The bytes of a file in a form.
async fn file_bytes(field: &mut Field<'_>, limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| form_error(&error, limit))? {
        if bytes.len() + chunk.len() > limit {
            return Err(ApiError::document_too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn read_form(
    request: Request,
    state: &AppState,
    limit: usize,
    held: Held,
) -> Result<Upload, ApiError> {
    let refused = |error: MultipartError| form_error(&error, limit);
    let mut form = form_of(request, state).await?;
    let (mut file, mut title, mut source) = (None, None, None);
    let (mut dates, mut replaces) = (BTreeMap::new(), Vec::new());
    while let Some(mut field) = form.next_field().await.map_err(refused)? {
        match field.name().unwrap_or("") {
            "file" => {
                let name = field.file_name().map(str::to_owned);
                let bytes = file_bytes(&mut field, limit).await?;
                if file.replace((name, bytes)).is_some() {
                    return Err(ApiError::invalid("the form has more than one `file`")
                        .hint("send each file in a request of its own"));
                }
            }
            "title" => title = Some(named("title", text(field, limit).await?)?),
            "source" => source = Some(named("source", text(field, limit).await?)?),
            "dates" => dates = json("dates", &text(field, limit).await?)?,
            "replaces" => replaces = json("replaces", &text(field, limit).await?)?,
            other => {
                return Err(unknown_field(other)
                    .hint("the fields are `file`, `title`, `source`, `dates` and `replaces`"));
            }
        }
    }
    let (name, bytes) = file.ok_or_else(|| {
        ApiError::invalid("the form has no `file`").hint("send the document as the field `file`")
    })?;
    let given = source.is_some();
    let name = match (source, name) {
        (Some(source), _) => source,
        (None, Some(name)) => named("file name", name)?,
        (None, None) => {
            return Err(ApiError::invalid("the file has no name")
                .hint("send a file name with the file, or the field `source`"));
        }
    };
    let told = told(dates, replaces)?;
    Ok(Upload { source: Source { name, title, bytes }, told, named: given, held })
}

/// A field of a form that is JSON.
fn json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| {
        ApiError::invalid(format!("`{name}` is not the JSON it should be: {error}"))
    })
}

async fn text(field: Field<'_>, limit: usize) -> Result<String, ApiError> {
    field.text().await.map_err(|error| form_error(&error, limit))
}

fn form_error(error: &MultipartError, limit: usize) -> ApiError {
    if let Some(broken) = broken(error) {
        return broken;
    }
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::document_too_large(limit);
    }
    ApiError::invalid(format!("the form cannot be read: {}", error.body_text()))
}

/// Trims a name and checks that it is not empty, not too long and on one line.
fn named(what: &str, value: String) -> Result<String, ApiError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(ApiError::invalid(format!("`{what}` is empty")));
    }
    let length = value.chars().count();
    if length > NAME_CHARS {
        return Err(ApiError::invalid(format!(
            "`{what}` has {length} characters, and may have {NAME_CHARS}"
        )));
    }
    if let Some(found) = value.chars().find(|c| c.is_control()) {
        return Err(ApiError::invalid(format!("`{what}` holds the control character {found:?}")));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_checked() {
        assert_eq!(named("title", "  意见 ".into()).unwrap(), "意见");
        assert!(named("title", " \n".into()).is_err());
        assert!(named("title", "a\u{1b}[31m".into()).is_err());
        assert!(named("title", "长".repeat(NAME_CHARS)).is_ok());
        assert!(named("title", "长".repeat(NAME_CHARS + 1)).is_err());
    }
}
