//! Who may do what: the caller's key, its scope, its limits and its rate.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use yiju_access::{AccessError, Key, KeyFile, Keys, Scope, Stamp};

use crate::error::ApiError;
use crate::share::Share;

/// How often the key file is checked for changes: a revoked key works for at most this long.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Keys as the server uses them.
pub(crate) struct Guard {
    file: Option<KeyFile>,
    requests_per_minute: Option<NonZeroU32>,
    known: Mutex<Known>,
}

/// Requests a minute, and what counts them.
type Limiter = (NonZeroU32, Arc<DefaultDirectRateLimiter>);

struct Known {
    looked: Instant,
    stamp: Stamp,
    keys: Arc<Keys>,
    limiters: HashMap<String, Limiter>,
    /// Whether a key is needed. Once there were keys, one is needed until the server restarts.
    closed: bool,
}

impl Guard {
    /// A guard that never needs a key.
    pub(crate) fn open() -> Self {
        Self::over(None, None, None, Keys::default(), false)
    }

    /// A guard over the keys in `file`; without a file, no key is needed. With `closed`, a key is needed
    /// even if the file has none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn new(
        file: Option<KeyFile>,
        requests_per_minute: Option<NonZeroU32>,
        closed: bool,
    ) -> Result<Self, AccessError> {
        let (stamp, keys) = match &file {
            Some(file) => (file.stamp()?, file.read()?),
            None => (None, Keys::default()),
        };
        Ok(Self::over(file, requests_per_minute, stamp, keys, closed))
    }

    fn over(
        file: Option<KeyFile>,
        requests_per_minute: Option<NonZeroU32>,
        stamp: Stamp,
        keys: Keys,
        closed: bool,
    ) -> Self {
        Self {
            file,
            requests_per_minute,
            known: Mutex::new(Known {
                looked: Instant::now(),
                stamp,
                closed: closed || !keys.is_empty(),
                keys: Arc::new(keys),
                limiters: HashMap::new(),
            }),
        }
    }

    /// Whether no key is needed.
    pub(crate) fn is_open(&self) -> bool {
        !self.look().1
    }

    /// The current keys, and whether one is needed.
    fn look(&self) -> (Arc<Keys>, bool) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.file
            && known.looked.elapsed() >= LOOK_EVERY
        {
            known.looked = Instant::now();
            // If the file cannot be read, the keys known so far stay valid.
            match file.stamp() {
                Ok(stamp) if stamp == known.stamp => {}
                Ok(stamp) => match file.read() {
                    Ok(keys) => {
                        tracing::info!(keys = keys.iter().count(), "the keys were read anew");
                        known.stamp = stamp;
                        known.closed |= !keys.is_empty();
                        known.keys = Arc::new(keys);
                    }
                    Err(error) => tracing::error!(%error, "the keys stay as they were"),
                },
                Err(error) => tracing::error!(%error, "the keys stay as they were"),
            }
        }
        (Arc::clone(&known.keys), known.closed)
    }

    /// Who the request is from.
    ///
    /// # Errors
    /// 401 if a key is needed and none matches.
    pub(crate) fn identify(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<Grant, ApiError> {
        let (keys, closed) = self.look();
        if !closed {
            return Ok(Grant { caller: None, share: Share::of_address(peer) });
        }
        let token = token(headers)?;
        let key = keys.find(token).ok_or_else(ApiError::unknown_key)?;
        let share = Share::Key(key.name.as_str().into());
        let caller = Caller { limiter: self.limiter(key), key: key.clone() };
        Ok(Grant { caller: Some(Arc::new(caller)), share })
    }

    fn limiter(&self, key: &Key) -> Option<Limiter> {
        let rate = key.requests_per_minute.or(self.requests_per_minute)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || (rate, Arc::new(RateLimiter::direct(Quota::per_minute(rate))));
        let entry = known.limiters.entry(key.sha256.clone()).or_insert_with(made);
        if entry.0 != rate {
            *entry = made();
        }
        Some(entry.clone())
    }
}

/// The token of a request.
fn token(headers: &HeaderMap) -> Result<&str, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Err(ApiError::no_key());
    };
    let value = value.to_str().map_err(|_| ApiError::unknown_key())?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(ApiError::no_key()),
    }
}

struct Caller {
    key: Key,
    limiter: Option<Limiter>,
}

/// What the caller may do: everything if no key is needed, else what its key allows.
#[derive(Clone)]
pub(crate) struct Grant {
    caller: Option<Arc<Caller>>,
    share: Share,
}

impl Grant {
    /// Of the user of this process, who may do everything.
    pub(crate) fn own() -> Self {
        Self { caller: None, share: Share::Local }
    }

    fn key(&self) -> Option<&Key> {
        self.caller.as_deref().map(|caller| &caller.key)
    }

    /// Whose turns its work takes.
    pub(crate) fn share(&self) -> &Share {
        &self.share
    }

    /// The key's name, for the log.
    pub(crate) fn name(&self) -> Option<&str> {
        self.key().map(|key| key.name.as_str())
    }

    /// The documents the caller is limited to, by id.
    pub(crate) fn documents(&self) -> Option<&[String]> {
        let documents = self.key().map(|key| key.documents.as_slice());
        documents.filter(|documents| !documents.is_empty())
    }

    /// # Errors
    /// 403 if the key lacks this scope.
    pub(crate) fn allows(&self, scope: Scope) -> Result<(), ApiError> {
        match self.key() {
            Some(key) if !key.allows(scope) => Err(ApiError::lacks_scope(&key.name, scope)),
            _ => Ok(()),
        }
    }

    /// Whether the key reaches this collection.
    pub(crate) fn sees(&self, collection: &str) -> bool {
        self.key().is_none_or(|key| key.reaches_collection(collection))
    }

    /// # Errors
    /// 403 if the key is limited to other collections, whether or not this one exists.
    pub(crate) fn collection(&self, name: &str) -> Result<(), ApiError> {
        match self.key() {
            Some(key) if !key.reaches_collection(name) => {
                Err(ApiError::out_of_reach(&key.name, "collection", name))
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// 403 if the key is limited to other documents, whether or not this one exists.
    pub(crate) fn document(&self, id: &str) -> Result<(), ApiError> {
        match self.key() {
            Some(key) if !key.reaches_document(id) => {
                Err(ApiError::out_of_reach(&key.name, "document", id))
            }
            _ => Ok(()),
        }
    }

    /// # Errors
    /// 403 if the key is limited to some documents: it could not read what it added.
    pub(crate) fn all_documents(&self) -> Result<(), ApiError> {
        match (self.key(), self.documents()) {
            (Some(key), Some(_)) => Err(ApiError::limited_key(&key.name, "documents")),
            _ => Ok(()),
        }
    }

    /// # Errors
    /// 403 if the key is limited to some collections or documents.
    pub(crate) fn all_collections(&self) -> Result<(), ApiError> {
        match self.key() {
            Some(key) if !key.collections.is_empty() => {
                Err(ApiError::limited_key(&key.name, "collections"))
            }
            _ => self.all_documents(),
        }
    }

    /// Counts `requests`, or work that counts as so many, against the key's rate.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub(crate) fn charge(&self, requests: u32) -> Result<(), ApiError> {
        let limited = self.caller.as_deref();
        let limiter = limited.and_then(|caller| caller.limiter.as_ref());
        let (Some((most, limiter)), Some(count)) = (limiter, NonZeroU32::new(requests)) else {
            return Ok(());
        };
        match limiter.check_n(count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(ApiError::rate_limited(*most, wait))
            }
            Err(_) => Err(ApiError::invalid(format!(
                "the request counts as {requests}, and the key may make {most} a minute"
            ))),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Grant {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let grant = parts.extensions.get::<Self>().cloned();
        grant.ok_or_else(|| ApiError::internal("the request was not identified"))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_token_follows_the_bearer_scheme() {
        let with = |value: &'static str| {
            HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))])
        };
        assert_eq!(token(&with("Bearer abc")).unwrap(), "abc");
        assert_eq!(token(&with("bearer  abc")).unwrap(), "abc");
        for bad in ["abc", "Basic abc", ""] {
            assert!(token(&with(bad)).is_err(), "{bad}");
        }
        assert!(token(&HeaderMap::new()).is_err());
    }
}
