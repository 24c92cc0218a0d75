//! What the handlers share: the collections, the keys, the limits, the queues and the counters.

use std::io;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use yiju_access::{AccessError, KeyFile};
use yiju_engine::Engine;

use crate::access::Guard;
use crate::collections::Collections;
use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::work::Lane;

/// How much the server takes at once. The defaults suit one machine with a few cores.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Connections open at once; more wait to be accepted.
    pub connections: usize,
    /// Time for a connection to send the headers of its next request; idle ones are closed after it.
    pub header_timeout: Duration,
    /// Longest JSON body in bytes, documents apart.
    pub body_bytes: usize,
    /// Longest document in bytes.
    pub document_bytes: usize,
    /// Most texts in one embeddings request.
    pub embedding_inputs: usize,
    /// Most queries in one batch search.
    pub batch_queries: usize,
    /// Most named collections.
    pub collections: usize,
    /// Questions, searches, embeddings and reads that run at once.
    pub concurrent: usize,
    /// Reads that may wait for their turn; more are answered 429.
    pub queue: usize,
    /// Adds and removes that may wait for their turn, each with its document in memory; more are
    /// answered 429. They run one at a time.
    pub write_queue: usize,
    /// Time for a read from its arrival to its answer, waiting included.
    pub deadline: Duration,
    /// The same for an add or a remove; what is not written by then is given up whole.
    pub write_deadline: Duration,
    /// A streamed answer that takes longer than this starts before its result is known, so a fault
    /// after it is an `error` event; before it, a fault has its own HTTP status.
    pub stream_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            header_timeout: Duration::from_secs(60),
            body_bytes: 1 << 20,
            document_bytes: 32 << 20,
            embedding_inputs: 2048,
            batch_queries: 32,
            collections: 100,
            concurrent: std::thread::available_parallelism().map_or(2, |cores| cores.get()),
            queue: 256,
            write_queue: 8,
            deadline: Duration::from_secs(30),
            write_deadline: Duration::from_secs(15 * 60),
            stream_after: Duration::from_secs(1),
        }
    }
}

/// Who is let in, and what is told of requests.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Policy {
    /// Where the access keys are; `None` for a server without any.
    pub keys: Option<KeyFile>,
    /// Whether a key is needed even where there is none yet. Otherwise none is needed until the first
    /// is made, and only this machine's own requests are answered till then.
    pub keys_required: bool,
    /// Requests a minute for keys that have no limit of their own; `None` for any number.
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
/// It may be made before the engine is there: until [`AppState::set_engine`], `/readyz` and all
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
        let guard = Guard::new(
            policy.keys.clone(),
            policy.requests_per_minute,
            policy.keys_required,
        )?;
        Ok(Self::made(limits, policy, guard))
    }

    fn made(limits: Limits, policy: Policy, guard: Guard) -> Self {
        let reads = Lane::new(limits.concurrent, limits.queue, limits.deadline);
        let writes = Lane::new(1, limits.write_queue, limits.write_deadline);
        // One is in work, the others wait.
        let uploads = limits
            .write_queue
            .saturating_add(1)
            .min(Semaphore::MAX_PERMITS);
        let shared = Shared {
            collections: Collections::default(),
            guard,
            policy,
            limits,
            reads,
            writes,
            uploads: Arc::new(Semaphore::new(uploads)),
            metrics: Metrics::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Gives the server its default collection; it is ready from here on. A second one is ignored.
    pub fn set_engine(&self, engine: Arc<Engine>) {
        self.shared.collections.set_default(engine);
    }

    /// Opens the named collections in the directory `root`, which is made where it is missing, and
    /// lets more be made there; to be called after [`AppState::set_engine`]. Blocks. A collection that
    /// cannot be opened is told in the log and answers 503.
    ///
    /// # Errors
    /// The directory cannot be made or listed.
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

    pub(crate) fn writes(&self) -> &Lane {
        &self.shared.writes
    }

    /// A place for a document in memory, before its body is read.
    pub(crate) fn upload_place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let place = Arc::clone(&self.shared.uploads).try_acquire_owned();
        place.map_err(|_| ApiError::too_many_requests(self.shared.limits.write_queue))
    }

    /// Waits until no engine call runs, for `limit` at most, and lets none start any more.
    /// Whether all were done.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let (reads, writes) = tokio::join!(
            self.shared.reads.drain(limit),
            self.shared.writes.drain(limit)
        );
        reads && writes
    }
}
