//! `/v1/tasks`: adds that go on after their request was answered.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use yiju_access::Scope;
use yiju_engine::{Source, Told};

use crate::access::Grant;
use crate::error::{ApiError, Failures};
use crate::extract::{Id, Query};
use crate::state::AppState;
use crate::target::Target;
use crate::tasks::items::Item;
use crate::tasks::record::TaskState;
use crate::tasks::{TaskView, Tasks};

/// Most tasks on a page of the listing.
const PAGE_TASKS: usize = 200;

/// Which tasks to list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TasksQuery {
    /// Only tasks in this state.
    state: Option<TaskState>,
    /// Most tasks to give, 1 to 200.
    #[serde(default = "default_limit")]
    #[param(default = 50, minimum = 1, maximum = 200)]
    limit: usize,
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
}

fn default_limit() -> usize {
    50
}

/// Tasks, the latest first.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct TaskList {
    /// The tasks of the collections that the key reaches.
    tasks: Vec<TaskView>,
    /// Where the next page begins; null after the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Lists the tasks, the latest first. The last 1,000 that ended are remembered.
#[utoipa::path(
    get, path = "/v1/tasks", tag = "tasks", operation_id = "list_tasks", params(TasksQuery),
    responses(
        (status = 200, description = "The tasks", body = TaskList),
        Failures,
    ),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    grant: Grant,
    Query(query): Query<TasksQuery>,
) -> Result<axum::Json<TaskList>, ApiError> {
    may_see(&grant)?;
    if !(1..=PAGE_TASKS).contains(&query.limit) {
        return Err(ApiError::invalid(format!(
            "`limit` is {}, and must be 1 to {PAGE_TASKS}",
            query.limit
        )));
    }
    let seen = |collection: &str| grant.sees(collection);
    let tasks = state.tasks().list(query.cursor.as_deref(), query.limit + 1, query.state, seen);
    let more = tasks.len() > query.limit;
    let tasks: Vec<TaskView> = tasks.into_iter().take(query.limit).collect();
    let last = tasks.last().map(|task| task.id().to_owned());
    Ok(axum::Json(TaskList { next_cursor: last.filter(|_| more), tasks }))
}

/// A task: how far it is, how long it still takes, and what became of its sources.
#[utoipa::path(
    get, path = "/v1/tasks/{id}", tag = "tasks", operation_id = "read_task",
    params(("id" = String, Path, description = "The task's id")),
    responses(
        (status = 200, description = "The task", body = TaskView),
        Failures,
    ),
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    grant: Grant,
    Id(id): Id,
) -> Result<axum::Json<TaskView>, ApiError> {
    of(&state, &grant, &id).map(axum::Json)
}

/// Cancels a task that has not ended. It ends between two steps; sources that were taken in before stay.
#[utoipa::path(
    post, path = "/v1/tasks/{id}/cancel", tag = "tasks", operation_id = "cancel_task",
    params(("id" = String, Path, description = "The task's id")),
    responses(
        (status = 202, description = "It will end", body = TaskView),
        Failures,
    ),
)]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    grant: Grant,
    Id(id): Id,
) -> Result<Response, ApiError> {
    of(&state, &grant, &id)?;
    let task = state.tasks().cancel(&id)?;
    Ok((StatusCode::ACCEPTED, axum::Json(task)).into_response())
}

/// Tasks are of those who may write: they name sources.
fn may_see(grant: &Grant) -> Result<(), ApiError> {
    grant.allows(Scope::Write)?;
    grant.all_documents()
}

fn of(state: &AppState, grant: &Grant, id: &str) -> Result<TaskView, ApiError> {
    may_see(grant)?;
    let task = state.tasks().view(id)?;
    grant.collection(task.collection())?;
    Ok(task)
}

/// Whether `Prefer: respond-async` (RFC 7240) asks for a task.
pub(super) fn prefers_task(headers: &HeaderMap) -> bool {
    let preferred = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferred.flat_map(|value| value.split(',')).any(|one| {
        one.split(';').next().unwrap_or(one).trim().eq_ignore_ascii_case("respond-async")
    })
}

/// Makes a task of these sources, and answers 202 with it.
///
/// # Errors
/// Too many wait, or it cannot be kept.
pub(super) async fn begin(
    target: &Target,
    sources: Vec<(Source, Told)>,
) -> Result<Response, ApiError> {
    let state = target.state.clone();
    let (collection, share) = (target.collection.name.clone(), target.grant.share().clone());
    let kept = tokio::task::spawn_blocking(move || {
        let (items, bodies) = Item::split(sources);
        Tasks::begin(&state, &collection, share, items, &bodies)
    });
    let task = kept.await.map_err(|error| ApiError::internal(format!("a task: {error}")))??;
    let place = HeaderValue::try_from(format!("/v1/tasks/{}", task.id()));
    let mut response = (StatusCode::ACCEPTED, axum::Json(task)).into_response();
    if let Ok(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    let applied = HeaderValue::from_static("respond-async");
    response.headers_mut().insert("preference-applied", applied);
    Ok(response)
}
