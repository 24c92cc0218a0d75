//! `/openapi.json`, derived from the handlers and their types. The page at `/docs` shows it.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Required, SecurityRequirement};
use utoipa::{Modify, OpenApi};

use crate::error::ApiError;
use crate::routes::{
    ask, batch, clauses, collections, documents, embeddings, ground, health, measure, openai,
    pages, rerank, search, tasks, tei, verify,
};

/// Where the routes of a named collection are.
pub(crate) const NAMED: &str = "/v1/collections/{collection}";
/// Routes that belong to no collection, or that manage collections.
const NOT_OF_A_COLLECTION: [&str; 4] =
    ["/v1/collections", "/v1/embeddings", "/v1/rerank", "/v1/tasks"];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Yiju",
        description = "Answers questions about documents with the clauses the answers rest on. \
                       Spans are half-open ranges in a document's clean text, in Unicode scalar \
                       values and in UTF-8 bytes. Where the server has access keys, requests carry \
                       `Authorization: Bearer KEY`. The routes of a collection stand under \
                       /v1/collections/{collection}; without it they mean the collection `default`."
    ),
    modifiers(&Named, &Keys),
    paths(
        ask::ask,
        ask::ask_in_address,
        openai::chat::completions,
        openai::responses::responses,
        openai::models::list,
        openai::models::read,
        search::search,
        search::batch,
        verify::verify,
        ground::ground,
        documents::add,
        batch::add,
        batch::delete,
        documents::replace,
        documents::list,
        documents::read,
        documents::remove,
        clauses::of_document,
        documents::versions,
        documents::diff,
        documents::text,
        documents::original,
        pages::page,
        clauses::clause,
        measure::bench,
        measure::eval,
        tasks::list,
        tasks::read,
        tasks::cancel,
        embeddings::embeddings,
        rerank::rerank,
        tei::embed,
        tei::rerank,
        tei::tokenize,
        tei::info,
        collections::list,
        collections::read,
        collections::put,
        collections::remove,
        health::healthz,
        health::readyz,
        health::metrics,
    )
)]
struct Description;

/// Adds for each route of a collection the same route under the collection's name.
struct Named;

impl Modify for Named {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let twins: Vec<(String, PathItem)> = api
            .paths
            .paths
            .iter()
            .filter(|(path, _)| !NOT_OF_A_COLLECTION.iter().any(|other| path.starts_with(other)))
            .filter_map(|(path, item)| {
                let rest = path.strip_prefix("/v1")?;
                Some((format!("{NAMED}{rest}"), twin(item.clone())))
            })
            .collect();
        api.paths.paths.extend(twins);
    }
}

fn twin(mut item: PathItem) -> PathItem {
    let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
    for operation in operations.into_iter().flatten() {
        let Operation { operation_id, parameters, .. } = operation;
        *operation_id = operation_id.take().map(|id| format!("{id}_in_collection"));
        parameters.get_or_insert_default().insert(0, collection().into());
    }
    item
}

fn collection() -> Parameter {
    ParameterBuilder::new()
        .name("collection")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The collection's name"))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(SchemaType::new(Type::String))
                .pattern(Some("^[a-z0-9][a-z0-9_-]{0,63}$")),
        ))
        .build()
}

/// Describes how a key is sent; optional, since a server without keys needs none.
struct Keys;

impl Modify for Keys {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(bearer));
        api.security = Some(vec![
            SecurityRequirement::new("key", Vec::<String>::new()),
            SecurityRequirement::default(),
        ]);
    }
}

/// The description as JSON text.
///
/// # Errors
/// It cannot be written as JSON.
pub fn openapi() -> Result<String, serde_json::Error> {
    Description::openapi().to_pretty_json()
}

pub(crate) async fn json() -> Result<Response, ApiError> {
    let text = openapi().map_err(|error| ApiError::internal(format!("openapi.json: {error}")))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::limits::{COLLECTION_LIMIT, Limits, NAME_CHARS, PAGE_DOCUMENTS};

    /// The attributes of the types take literals only.
    #[test]
    fn limits_are_described_as_they_are_enforced() {
        let api: Value = serde_json::from_str(&openapi().unwrap()).unwrap();
        let schemas = &api["components"]["schemas"];
        let field = |of: &str, name: &str| &schemas[of]["properties"][name];
        let parameters = &api["paths"]["/v1/documents"]["get"]["parameters"];
        for (described, enforced) in [
            (&field("DocumentBody", "title")["maxLength"], NAME_CHARS),
            (&field("DocumentForm", "source")["maxLength"], NAME_CHARS),
            (&field("BatchBody", "queries")["maxItems"], Limits::default().batch_queries),
            (&field("RerankBody", "documents")["maxItems"], Limits::default().rerank_texts),
            (&parameters[1]["schema"]["maximum"], PAGE_DOCUMENTS),
            (&field("CollectionBody", "max_bytes")["maximum"], COLLECTION_LIMIT as usize),
        ] {
            assert_eq!(described.as_f64(), Some(enforced as f64));
        }
    }
}
