//! The collection of a request, and what the caller may do with it.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use yiju_access::Scope;
use yiju_engine::{Engine, EngineError, Filter, traced};

use crate::access::Grant;
use crate::collections::{Collection, DEFAULT};
use crate::error::ApiError;
use crate::state::AppState;

/// A collection that the caller has access to.
pub(crate) struct Target {
    pub(crate) state: AppState,
    pub(crate) collection: Arc<Collection>,
    pub(crate) grant: Grant,
}

impl Target {
    async fn of(parts: &mut Parts, state: &AppState, scope: Scope) -> Result<Self, ApiError> {
        let grant = Grant::from_request_parts(parts, state).await?;
        let name = parameter(parts, state, "collection").await?;
        Self::named(state, grant, name.as_deref().unwrap_or(DEFAULT), scope)
    }

    /// The collection of this name, for a caller.
    ///
    /// # Errors
    /// The caller may not, or there is none of this name.
    pub(crate) fn named(
        state: &AppState,
        grant: Grant,
        name: &str,
        scope: Scope,
    ) -> Result<Self, ApiError> {
        grant.allows(scope)?;
        grant.collection(name)?;
        Ok(Self { state: state.clone(), collection: state.collections().get(name)?, grant })
    }

    /// The collection of a request that may read it.
    ///
    /// # Errors
    /// As [`Target::named`].
    pub(crate) async fn reading(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Self::of(parts, state, Scope::Read).await
    }

    /// The path of a resource in this collection.
    pub(crate) fn path(&self, rest: &str) -> String {
        match self.collection.name.as_str() {
            DEFAULT => format!("/v1{rest}"),
            name => format!("/v1/collections/{name}{rest}"),
        }
    }

    /// Runs a call that only reads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let collection = Arc::clone(&self.collection);
        let call = move || call(&collection.engine);
        Ok(self.state.reads().run(self.grant.share(), call).await??)
    }

    /// Reads something of a document that the key reaches.
    ///
    /// # Errors
    /// 403 if the key does not reach the document, 404 if there is none of this id.
    pub(crate) async fn of_document<T: Send + 'static>(
        &self,
        id: &str,
        call: impl FnOnce(&Engine, &str) -> Result<Option<T>, EngineError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.grant.document(id)?;
        let wanted = id.to_owned();
        let found = self.read(move |engine| call(engine, &wanted)).await?;
        found.ok_or_else(|| ApiError::document_not_found(id))
    }

    /// As [`Target::read`], for a question or a search: the time of each of its steps is counted.
    pub(crate) async fn read_in_steps<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (out, steps) = self
            .read(move |engine| {
                let (out, steps) = traced(|| call(engine));
                Ok((out?, steps))
            })
            .await?;
        self.state.metrics().steps(&steps);
        Ok(out)
    }

    /// Runs a call that changes the library, and brings `bytes` of a document.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        bytes: usize,
        call: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let collection = Arc::clone(&self.collection);
        let call = move || call(&collection.engine);
        Ok(self.state.writes_of(bytes).run(self.grant.share(), call).await??)
    }

    /// The caller's filter, restricted to what its key may read.
    ///
    /// # Errors
    /// 403 if it names a document that the key does not reach.
    pub(crate) fn filter(&self, mut filter: Filter) -> Result<Filter, ApiError> {
        for id in &filter.document_ids {
            self.grant.document(id)?;
        }
        if let Some(documents) = self.grant.documents()
            && filter.document_ids.is_empty()
        {
            filter.document_ids = documents.to_vec();
        }
        Ok(filter)
    }
}

/// A target that the caller may read.
pub(crate) struct Reading(pub(crate) Target);

impl FromRequestParts<AppState> for Reading {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Target::of(parts, state, Scope::Read).await.map(Self)
    }
}

/// A target that the caller may change.
pub(crate) struct Writing(pub(crate) Target);

impl FromRequestParts<AppState> for Writing {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Target::of(parts, state, Scope::Write).await.map(Self)
    }
}

/// A parameter of the path; `None` if the route has none of this name.
pub(crate) async fn parameter(
    parts: &mut Parts,
    state: &(impl Send + Sync),
    name: &str,
) -> Result<Option<String>, ApiError> {
    let all = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|error| ApiError::invalid(format!("the path cannot be read: {error}")))?;
    Ok(all.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()))
}
