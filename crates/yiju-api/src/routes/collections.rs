//! `/v1/collections`: make, list, limit, remove.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use yiju_access::Scope;
use yiju_engine::LibraryLimits;

use crate::access::Grant;
use crate::collections::{Collection, DEFAULT};
use crate::error::{ApiError, Failures};
use crate::extract::Json;
use crate::limits::COLLECTION_LIMIT;
use crate::state::AppState;
use crate::target::{Reading, parameter};

/// How often a removal checks whether the last request that uses the collection is done.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a collection may hold.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionBody {
    /// Most documents; without it there is no limit.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    max_documents: Option<u64>,
    /// Most bytes of its database on disk; without it there is no limit. What is there already stays.
    #[schema(minimum = 1, maximum = 9007199254740991i64)]
    max_bytes: Option<u64>,
}

/// A collection of documents, searched by itself.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CollectionView {
    /// Its name.
    name: String,
    /// How many documents it has.
    documents: u64,
    /// How many passages (clauses and sentences) it has.
    passages: u64,
    /// Bytes of its database on disk.
    database_bytes: u64,
    /// Bytes of its saved indexes on disk.
    index_bytes: u64,
    /// Most documents.
    #[schema(required = true)]
    max_documents: Option<u64>,
    /// Most bytes of its database.
    #[schema(required = true)]
    max_bytes: Option<u64>,
}

/// The collections.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CollectionList {
    /// The default one first, then by name.
    collections: Vec<CollectionView>,
}

impl CollectionView {
    fn of(collection: &Collection) -> Result<Self, ApiError> {
        let size = collection.engine.size()?;
        let limits = collection.engine.limits();
        Ok(Self {
            name: collection.name.clone(),
            documents: size.documents,
            passages: size.passages,
            database_bytes: size.database_bytes,
            index_bytes: size.index_bytes,
            max_documents: limits.max_documents,
            max_bytes: limits.max_bytes,
        })
    }
}

/// The `{collection}` of the path.
pub(crate) struct Name(String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let name = parameter(parts, state, "collection").await?;
        name.map(Self).ok_or_else(|| ApiError::internal("the route has no collection"))
    }
}

/// Lists the collections that the key reaches.
#[utoipa::path(
    get, path = "/v1/collections", tag = "collections", operation_id = "list_collections",
    responses(
        (status = 200, description = "The collections", body = CollectionList),
        Failures,
    ),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    grant: Grant,
) -> Result<axum::Json<CollectionList>, ApiError> {
    grant.allows(Scope::Read)?;
    state.collections().default_one()?;
    let mut seen = state.collections().all();
    seen.retain(|collection| grant.sees(&collection.name));
    let views = state.reads().run(grant.share(), move || {
        let views = seen.iter().map(|collection| CollectionView::of(collection));
        views.collect::<Result<_, _>>()
    });
    Ok(axum::Json(CollectionList { collections: views.await?? }))
}

/// How much a collection holds, and its limits.
#[utoipa::path(
    get, path = "/v1/collections/{collection}", tag = "collections", operation_id = "read_collection",
    params(("collection" = String, Path, description = "The collection's name", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")),
    responses(
        (status = 200, description = "The collection", body = CollectionView),
        Failures,
    ),
)]
pub(crate) async fn read(Reading(target): Reading) -> Result<axum::Json<CollectionView>, ApiError> {
    let collection = target.collection;
    let reads = target.state.reads();
    let view = reads.run(target.grant.share(), move || CollectionView::of(&collection)).await?;
    view.map(axum::Json)
}

/// Makes a collection, or sets the limits of one that is there.
///
/// A name has 1 to 64 lower-case letters, digits, `-` and `_`, the first a letter or digit. `default`
/// is the collection that the routes without one mean.
#[utoipa::path(
    put, path = "/v1/collections/{collection}", tag = "collections", operation_id = "put_collection", request_body = CollectionBody,
    params(("collection" = String, Path, description = "The collection's name", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")),
    responses(
        (status = 201, description = "Made", body = CollectionView),
        (status = 200, description = "It was there; its limits are these now", body = CollectionView),
        Failures,
    ),
)]
pub(crate) async fn put(
    State(state): State<AppState>,
    grant: Grant,
    Name(name): Name,
    Json(body): Json<CollectionBody>,
) -> Result<Response, ApiError> {
    grant.allows(Scope::Write)?;
    grant.all_collections()?;
    for (field, value) in [("max_documents", body.max_documents), ("max_bytes", body.max_bytes)] {
        if let Some(value) = value.filter(|value| !(1..=COLLECTION_LIMIT).contains(value)) {
            return Err(ApiError::invalid(format!(
                "`{field}` is {value}, and must be 1 to {COLLECTION_LIMIT}"
            )));
        }
    }
    let limits = LibraryLimits { max_documents: body.max_documents, max_bytes: body.max_bytes };
    let work = {
        let state = state.clone();
        move || {
            let collections = state.collections();
            if name != DEFAULT
                && let Some(made) = collections.make(&name, limits, state.limits().collections)?
            {
                return Ok((StatusCode::CREATED, CollectionView::of(&made)?));
            }
            let there = collections.get(&name)?;
            there.set_limits(limits)?;
            Ok::<_, ApiError>((StatusCode::OK, CollectionView::of(&there)?))
        }
    };
    let (status, view) = state.writes_of(0).run(grant.share(), work).await??;
    Ok((status, axum::Json(view)).into_response())
}

/// Removes a collection with all its documents.
///
/// New requests do not find it from the start; requests that use it are finished first.
#[utoipa::path(
    delete, path = "/v1/collections/{collection}", tag = "collections", operation_id = "remove_collection",
    params(("collection" = String, Path, description = "The collection's name", pattern = "^[a-z0-9][a-z0-9_-]{0,63}$")),
    responses(
        (status = 204, description = "Removed"),
        Failures,
    ),
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    grant: Grant,
    Name(name): Name,
) -> Result<StatusCode, ApiError> {
    grant.allows(Scope::Write)?;
    grant.all_collections()?;
    if name == DEFAULT {
        return Err(ApiError::default_stays());
    }
    let taken = state.collections().take_out(&name)?;
    // Spawned, so that the removal goes on if the client disconnects.
    let removal = tokio::spawn(async move {
        if let Some(collection) = taken {
            let limit = state.limits().deadline;
            if let Err(collection) = unused(collection, limit).await {
                state.collections().put_back(&name, Some(collection));
                return Err(ApiError::timeout(limit.as_secs_f64()));
            }
        }
        let delete = move || state.collections().delete(&name);
        tokio::task::spawn_blocking(delete)
            .await
            .map_err(|error| ApiError::internal(format!("a removal failed: {error}")))?
    });
    removal.await.map_err(|error| ApiError::internal(format!("a removal failed: {error}")))??;
    Ok(StatusCode::NO_CONTENT)
}

/// Waits until no one else holds the collection and closes it, or returns it after `limit`.
async fn unused(mut collection: Arc<Collection>, limit: Duration) -> Result<(), Arc<Collection>> {
    let started = std::time::Instant::now();
    loop {
        match Arc::try_unwrap(collection) {
            Ok(last) => {
                // Closing an engine writes to the disk.
                let closed = tokio::task::spawn_blocking(move || drop(last)).await;
                if let Err(error) = closed {
                    tracing::error!(%error, "closing a collection failed");
                }
                return Ok(());
            }
            Err(shared) if started.elapsed() >= limit => return Err(shared),
            Err(shared) => collection = shared,
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
