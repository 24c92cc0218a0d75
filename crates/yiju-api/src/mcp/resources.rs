//! Documents and clauses as resources: `yiju://documents/ID` is a document's clean text, `yiju://clauses/ID` a clause.

use rmcp::model::{
    ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use yiju_engine::Engine;

use super::Call;
use super::tools::{clause, text_of};
use crate::error::ApiError;
use crate::routes::documents::page_of;
use crate::target::Target;

/// How the addresses of documents and clauses begin.
const DOCUMENTS: &str = "yiju://documents/";
const CLAUSES: &str = "yiju://clauses/";
/// Documents on a page.
const PAGE: usize = 100;

/// A page of documents.
pub(super) async fn list(
    target: Target,
    cursor: Option<String>,
) -> Result<ListResourcesResult, ApiError> {
    let page = page_of(&target, cursor, None, PAGE).await?;
    let resources = page.documents.into_iter().map(|document| {
        let description = [document.issuer, document.number, document.date.map(|d| d.to_string())];
        let description: Vec<String> = description.into_iter().flatten().collect();
        let resource = Resource::new(format!("{DOCUMENTS}{}", document.id), document.title.clone())
            .with_title(document.title)
            .with_mime_type("text/plain");
        match description.is_empty() {
            true => resource,
            false => resource.with_description(description.join(", ")),
        }
    });
    let mut result = ListResourcesResult::with_all_items(resources.collect());
    result.next_cursor = page.next_cursor;
    Ok(result)
}

/// The forms of addresses.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new(format!("{DOCUMENTS}{{id}}"), "document")
            .with_description("A document's clean text, to which all spans refer")
            .with_mime_type("text/plain"),
        ResourceTemplate::new(format!("{CLAUSES}{{id}}"), "clause")
            .with_description("A clause with its headings")
            .with_mime_type("text/plain"),
    ]
}

/// The text of a resource.
pub(super) async fn read(call: Call, uri: &str) -> Result<ReadResourceResult, ApiError> {
    let text = if let Some(id) = uri.strip_prefix(DOCUMENTS) {
        call.target.of_document(id, |engine: &Engine, id: &str| engine.text(id)).await?
    } else if let Some(id) = uri.strip_prefix(CLAUSES) {
        text_of(&clause(&call, id).await?)
    } else {
        return Err(ApiError::invalid("the resource is neither a document nor a clause")
            .hint("its address is yiju://documents/ID or yiju://clauses/ID"));
    };
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri)]))
}
