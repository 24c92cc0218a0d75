//! What the handlers share: the collections, the keys, the limits, the queues and the counters.

use std::io;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::HeaderValue;
use yiju_access::{AccessError, KeyFile};
use yiju_engine::Engine;
use yiju_writer::Writer;

use crate::access::Guard;
use crate::bodies::Bodies;
use crate::collections::Collections;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::tasks::{Tasks, Webhook};
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

/// Most bytes of a change that counts as small.
const LARGE_WRITE: usize = 64 << 10;

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
    batches: Lane,
    writes: Lane,
    large_writes: Lane,
    background: Lane,
    measurements: Lane,
    writing: Lane,
    writer: OnceLock<Arc<dyn Writer>>,
    bodies: Arc<Bodies>,
    tasks: Tasks,
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
        let batches = Lane::new(limits.concurrent, limits.queue, limits.deadline);
        let writes = || Lane::new(limits.writes, limits.write_queue, limits.write_deadline);
        let (writes, large_writes) = (writes(), writes());
        // Tasks have no deadline: whoever waits for one can cancel it.
        let background = Lane::new(limits.writes, usize::MAX, Duration::MAX);
        // One at a time, and none waits: two would measure each other.
        let measurements = Lane::new(1, 0, limits.write_deadline);
        let writing = Lane::new(limits.writing, limits.writing_queue, limits.writing_deadline);
        let bodies = Bodies::new(limits.waiting_bytes);
        let shared = Shared {
            collections: Collections::default(),
            guard,
            policy,
            limits,
            reads,
            batches,
            writes,
            large_writes,
            background,
            measurements,
            writing,
            writer: OnceLock::new(),
            bodies,
            tasks: Tasks::default(),
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

    /// Opens the tasks kept in `directory`, which is made if missing, and begins those anew that had not ended. Call it
    /// after [`AppState::open_collections`], in a runtime of tokio. Blocks.
    ///
    /// # Errors
    /// The directory cannot be made or listed.
    pub fn open_tasks(&self, directory: &Path) -> io::Result<()> {
        Tasks::open(self, directory)
    }

    /// Sets whom to tell of tasks that ended. A second call is ignored.
    pub fn set_webhook(&self, webhook: Arc<dyn Webhook>) {
        self.shared.tasks.set_webhook(webhook);
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

    /// For texts that clients have embedded or ranked.
    pub(crate) fn batches(&self) -> &Lane {
        &self.shared.batches
    }

    /// For what tasks do.
    pub(crate) fn background(&self) -> &Lane {
        &self.shared.background
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.shared.tasks
    }

    pub(crate) fn measurements(&self) -> &Lane {
        &self.shared.measurements
    }

    /// For changes to a library that bring `bytes`. Large ones have a lane for themselves, so that small ones need not
    /// wait for them.
    pub(crate) fn writes_of(&self, bytes: usize) -> &Lane {
        match bytes {
            0..=LARGE_WRITE => &self.shared.writes,
            _ => &self.shared.large_writes,
        }
    }

    /// The lanes with their names in the metrics.
    pub(crate) fn lanes(&self) -> [(&'static str, &Lane); 5] {
        let Shared { reads, batches, writes, large_writes, background, .. } = &*self.shared;
        [
            ("read", reads),
            ("batch", batches),
            ("write", writes),
            ("large_write", large_writes),
            ("task", background),
        ]
    }

    pub(crate) fn writing(&self) -> &Lane {
        &self.shared.writing
    }

    /// The model that writes answers, if there is one.
    pub(crate) fn writer(&self) -> Option<&Arc<dyn Writer>> {
        self.shared.writer.get()
    }

    /// The documents that are in memory on their way in.
    pub(crate) fn bodies(&self) -> &Arc<Bodies> {
        &self.shared.bodies
    }

    /// Lets no further engine call start and waits for those that run, for at most `limit`. Returns
    /// whether all finished.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let Shared { reads, batches, writes, large_writes, background, writing, tasks, .. } =
            &*self.shared;
        tasks.stop();
        let finished = tokio::join!(
            reads.drain(limit),
            batches.drain(limit),
            writes.drain(limit),
            large_writes.drain(limit),
            writing.drain(limit),
            background.drain(limit),
        );
        finished == (true, true, true, true, true, true)
    }
}
