//! What the handlers share: the engine, the limits, the queues and the counters.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use yiju_engine::{Engine, EngineError};

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
    /// Questions, searches, embeddings and reads that run at once.
    pub concurrent: usize,
    /// Reads that may wait for their turn; more are answered 429.
    pub queue: usize,
    /// Adds and removes that may wait for their turn, each with its document in memory; more are
    /// answered 429. They run one at a time.
    pub write_queue: usize,
    /// Time for a read from its arrival to its answer, waiting included.
    pub deadline: Duration,
    /// The same for an add or a remove. Work that has started is finished all the same.
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
            concurrent: std::thread::available_parallelism().map_or(2, |cores| cores.get()),
            queue: 256,
            write_queue: 8,
            deadline: Duration::from_secs(30),
            write_deadline: Duration::from_secs(15 * 60),
            stream_after: Duration::from_secs(1),
        }
    }
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
    engine: OnceLock<Arc<Engine>>,
    limits: Limits,
    reads: Lane,
    writes: Lane,
    uploads: Arc<Semaphore>,
    metrics: Metrics,
}

impl AppState {
    /// State without an engine yet.
    pub fn new(limits: Limits) -> Self {
        let reads = Lane::new(limits.concurrent, limits.queue, limits.deadline);
        let writes = Lane::new(1, limits.write_queue, limits.write_deadline);
        let metrics = Metrics::new();
        // One is in work, the others wait.
        let uploads = limits
            .write_queue
            .saturating_add(1)
            .min(Semaphore::MAX_PERMITS);
        let uploads = Arc::new(Semaphore::new(uploads));
        let shared = Shared {
            engine: OnceLock::new(),
            limits,
            reads,
            writes,
            uploads,
            metrics,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Gives the server its engine; it is ready from here on. A second engine is ignored.
    pub fn set_engine(&self, engine: Arc<Engine>) {
        let _ = self.shared.engine.set(engine);
    }

    pub(crate) fn engine(&self) -> Result<&Arc<Engine>, ApiError> {
        self.shared.engine.get().ok_or_else(ApiError::loading)
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

    /// Runs a call that only reads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let engine = Arc::clone(self.engine()?);
        Ok(self.shared.reads.run(move || call(&engine)).await??)
    }

    /// Runs a call that changes the library.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let engine = Arc::clone(self.engine()?);
        Ok(self.shared.writes.run(move || call(&engine)).await??)
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
