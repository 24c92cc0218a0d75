//! What the handlers share: the collections, the keys, the limits, the queues and the counters.

use std::io;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::HeaderValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use yiju_access::{AccessError, KeyFile};
use yiju_engine::Engine;
use yiju_writer::Writer;

use crate::access::Guard;
use crate::collections::Collections;
use crate::error::ApiError;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::work::Lane;

/// Who may call the server, and what it logs of requests.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// Where the access keys are; `None` for a server without any.
    pub keys: Option<KeyFile>,
    /// Whether a key is needed even if none exists yet. Otherwise none is needed until the first is
    /// made, and only requests from this machine are answered until then.
    pub keys_required: bool,
    /// Requests a minute for keys without their own limit; `None` for no limit.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Origins of web pages that may call the API.
    pub cors_origins: Vec<HeaderValue>,
    /// Whether questions and queries are written to the log.
    pub log_questions: bool,
    /// Whether the server speaks TLS, and says so to browsers.
    pub tls: bool,
}

/// What the handlers share; a clone is another handle to the same.
///
/// It can be made before the engine is loaded: until [`AppState::set_engine`], `/readyz` and all
/// routes that need the engine answer 503.
#[derive(Clone)]
pub struct AppState {
    shared: Arc<Shared>,
}

struct Shared {
    collections: Collections,
    guard: Guard,
    policy: Policy,
    limits: Limits,
    reads: Lane,
    writes: Lane,
    measurements: Lane,
    writing: Lane,
    writer: OnceLock<Arc<dyn Writer>>,
    uploads: Arc<Semaphore>,
    metrics: Metrics,
}

impl AppState {
    /// State without an engine yet, and without keys.
    pub fn new(limits: Limits) -> Self {
        let guard = Guard::open();
        Self::made(limits, Policy::default(), guard)
    }

    /// State without an engine yet, under a policy.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub fn with_policy(limits: Limits, policy: Policy) -> Result<Self, AccessError> {
        let guard =
            Guard::new(policy.keys.clone(), policy.requests_per_minute, policy.keys_required)?;
        Ok(Self::made(limits, policy, guard))
    }

    fn made(limits: Limits, policy: Policy, guard: Guard) -> Self {
        let reads = Lane::new(limits.concurrent, limits.queue, limits.deadline);
        let writes = Lane::new(1, limits.write_queue, limits.write_deadline);
        // One at a time, and none waits: two would measure each other.
        let measurements = Lane::new(1, 0, limits.write_deadline);
        let writing = Lane::new(limits.writing, limits.writing_queue, limits.writing_deadline);
        // One is being written, the others wait.
        let uploads = limits.write_queue.saturating_add(1).min(Semaphore::MAX_PERMITS);
        let shared = Shared {
            collections: Collections::default(),
            guard,
            policy,
            limits,
            reads,
            writes,
            measurements,
            writing,
            writer: OnceLock::new(),
            uploads: Arc::new(Semaphore::new(uploads)),
            metrics: Metrics::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Sets the default collection, which makes the server ready. A second call is ignored.
    pub fn set_engine(&self, engine: Arc<Engine>) {
        self.shared.collections.set_default(engine);
    }

    /// Sets the model that writes answers; without one, none are written. A second call is ignored.
    pub fn set_writer(&self, writer: Arc<dyn Writer>) {
        let _ = self.shared.writer.set(writer);
    }

    /// Opens the named collections in the directory `root`, which is created if missing, and allows
    /// more to be made there. Call it after [`AppState::set_engine`]. Blocks. A collection that cannot
    /// be opened is logged and answers 503.
    ///
    /// # Errors
    /// The directory cannot be created or listed.
    pub fn open_collections(&self, root: &Path) -> io::Result<()> {
        self.shared.collections.open_under(root)
    }

    /// Whether requests need no key.
    pub fn is_open(&self) -> bool {
        self.shared.guard.is_open()
    }

    pub(crate) fn collections(&self) -> &Collections {
        &self.shared.collections
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.shared.guard
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.shared.policy
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    pub(crate) fn reads(&self) -> &Lane {
        &self.shared.reads
    }

    pub(crate) fn measurements(&self) -> &Lane {
        &self.shared.measurements
    }

    pub(crate) fn writes(&self) -> &Lane {
        &self.shared.writes
    }

    pub(crate) fn writing(&self) -> &Lane {
        &self.shared.writing
    }

    /// The model that writes answers, if there is one.
    pub(crate) fn writer(&self) -> Option<&Arc<dyn Writer>> {
        self.shared.writer.get()
    }

    /// Reserves room for a document in memory, before its body is read.
    pub(crate) fn upload_place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let place = Arc::clone(&self.shared.uploads).try_acquire_owned();
        place.map_err(|_| ApiError::too_many_requests(self.shared.limits.write_queue))
    }

    /// Lets no further engine call start and waits for those that run, for at most `limit`. Returns
    /// whether all finished.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let Shared { reads, writes, writing, .. } = &*self.shared;
        let (reads, writes, writing) =
            tokio::join!(reads.drain(limit), writes.drain(limit), writing.drain(limit));
        reads && writes && writing
    }
}
