//! Adds that go on after their request was answered: kept on disk, taken in one after the other, looked at, cancelled, and
//! done from the start after a restart.

pub(crate) mod items;
pub(crate) mod record;
mod webhook;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Notify, oneshot, watch};

use crate::error::{ApiError, ErrorDetail};
use crate::request_id::RequestId;
use crate::share::Share;
use crate::state::AppState;
use items::{Item, ItemOutcome, take_in};
use record::{Files, Record, TaskState};
pub use webhook::Webhook;

/// Most tasks that wait or run.
const MOST_WAITING: usize = 1000;

/// Most tasks that are remembered after they ended.
const MOST_ENDED: usize = 1000;

/// A task and how far it is.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TaskView {
    /// Its id.
    id: String,
    /// The collection that it adds to.
    collection: String,
    /// How far it is.
    state: TaskState,
    /// The names of its sources, at most 100.
    sources: Vec<String>,
    /// How many sources it has.
    source_count: usize,
    /// Bytes of all its sources.
    bytes: usize,
    /// When it was made, in RFC 3339.
    created_at: String,
    /// When its first source was begun.
    #[schema(required)]
    started_at: Option<String>,
    /// When it ended.
    #[schema(required)]
    ended_at: Option<String>,
    /// How much of it is done, 0 to 1.
    share: f64,
    /// About how many seconds it still takes; null before that can be told, and once it has ended.
    #[schema(required)]
    seconds_left: Option<f64>,
    /// What became of each source, once the task has ended.
    outcomes: Vec<ItemOutcome>,
    /// Why the task itself failed.
    #[schema(required)]
    error: Option<ErrorDetail>,
}

/// Most names of sources in a view.
const SHOWN_SOURCES: usize = 100;

/// All tasks of a server.
#[derive(Default)]
pub(crate) struct Tasks {
    files: OnceLock<Files>,
    known: Mutex<Known>,
    webhook: OnceLock<Arc<dyn Webhook>>,
    /// Whether the server ends: what runs is left for the next start.
    stopping: AtomicBool,
}

#[derive(Default)]
struct Known {
    /// By id: ids grow with time.
    all: BTreeMap<String, Arc<Task>>,
    next: u64,
}

struct Task {
    record: Mutex<Record>,
    began: OnceLock<Instant>,
    share: watch::Sender<f64>,
    /// Whether it is to be cancelled.
    cancelled: AtomicBool,
    cancel: Notify,
}

impl Task {
    fn of(record: Record) -> Arc<Self> {
        Arc::new(Self {
            record: Mutex::new(record),
            began: OnceLock::new(),
            share: watch::Sender::new(0.0),
            cancelled: AtomicBool::new(false),
            cancel: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(&self) -> TaskView {
        let record = self.lock();
        let ended = record.state.has_ended();
        let share = if ended { 1.0 } else { *self.share.borrow() };
        let running = self.began.get().filter(|_| !ended && share > 0.0);
        let left = |began: &Instant| began.elapsed().as_secs_f64() * (1.0 - share) / share;
        let told = |time: Timestamp| time.to_string();
        TaskView {
            id: record.id.clone(),
            collection: record.collection.clone(),
            state: record.state,
            sources: record.items.iter().take(SHOWN_SOURCES).map(|i| i.source.clone()).collect(),
            source_count: record.items.len(),
            bytes: record.items.iter().map(|item| item.bytes).sum(),
            created_at: told(record.created_at),
            started_at: record.started_at.map(told),
            ended_at: record.ended_at.map(told),
            share,
            seconds_left: running.map(left),
            outcomes: record.outcomes.clone(),
            error: record.error.clone(),
        }
    }
}

impl Tasks {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whom to tell of tasks that ended. A second call is ignored.
    pub(crate) fn set_webhook(&self, webhook: Arc<dyn Webhook>) {
        let _ = self.webhook.set(webhook);
    }

    /// Opens the tasks kept in `directory`, and begins those anew that had not ended. Blocks.
    ///
    /// # Errors
    /// The directory cannot be made or listed.
    pub(crate) fn open(state: &AppState, directory: &Path) -> io::Result<()> {
        let tasks = state.tasks();
        let files = Files::open(directory)?;
        let records = files.read_all()?;
        let _ = tasks.files.set(files);
        for mut record in records {
            let ended = record.state.has_ended();
            record.state = if ended { record.state } else { TaskState::Queued };
            let task = Task::of(record);
            let id = task.lock().id.clone();
            tasks.lock().all.insert(id, Arc::clone(&task));
            if !ended {
                tokio::spawn(run(state.clone(), task, Share::Local));
            }
        }
        Ok(())
    }

    /// Makes a task of sources: it is durable when this returns. Blocks.
    ///
    /// # Errors
    /// Too many wait, the server keeps none, or it cannot be written.
    pub(crate) fn begin(
        state: &AppState,
        collection: &str,
        share: Share,
        items: Vec<Item>,
        bodies: &[Vec<u8>],
    ) -> Result<TaskView, ApiError> {
        let tasks = state.tasks();
        let files = tasks.files.get().ok_or_else(ApiError::loading)?;
        let created_at = Timestamp::now();
        let id = {
            let mut known = tasks.lock();
            let waiting = known.all.values().filter(|task| !task.lock().state.has_ended()).count();
            if waiting >= MOST_WAITING {
                return Err(ApiError::too_many_tasks(MOST_WAITING));
            }
            known.next += 1;
            format!("{:012x}-{:04x}", created_at.as_millisecond(), known.next & 0xffff)
        };
        let record = Record {
            id: id.clone(),
            collection: collection.to_owned(),
            state: TaskState::Queued,
            items,
            created_at,
            started_at: None,
            ended_at: None,
            outcomes: Vec::new(),
            error: None,
        };
        files
            .create(&record, bodies)
            .map_err(|error| ApiError::disk("keep the task", &id, &error))?;
        let task = Task::of(record);
        let view = task.view();
        tasks.lock().all.insert(id, Arc::clone(&task));
        tasks.forget_oldest(files);
        tokio::spawn(run(state.clone(), task, share));
        Ok(view)
    }

    /// Forgets the oldest of those that ended, where there are too many.
    fn forget_oldest(&self, files: &Files) {
        let mut known = self.lock();
        let ended = known.all.iter().filter(|(_, task)| task.lock().state.has_ended());
        let ended: Vec<String> = ended.map(|(id, _)| id.clone()).collect();
        for id in ended.iter().take(ended.len().saturating_sub(MOST_ENDED)) {
            if let Some(task) = known.all.remove(id) {
                files.remove(&task.lock());
            }
        }
    }

    fn get(&self, id: &str) -> Result<Arc<Task>, ApiError> {
        self.lock().all.get(id).cloned().ok_or_else(|| ApiError::task_not_found(id))
    }

    /// A task.
    ///
    /// # Errors
    /// There is none of this id.
    pub(crate) fn view(&self, id: &str) -> Result<TaskView, ApiError> {
        Ok(self.get(id)?.view())
    }

    /// At most `limit` tasks before the one of id `before`, the latest first, of collections that `seen` takes, in one
    /// state or any.
    pub(crate) fn list(
        &self,
        before: Option<&str>,
        limit: usize,
        state: Option<TaskState>,
        seen: impl Fn(&str) -> bool,
    ) -> Vec<TaskView> {
        let known = self.lock();
        let all = known.all.iter().rev();
        let earlier = all.filter(|(id, _)| before.is_none_or(|before| id.as_str() < before));
        let views = earlier.map(|(_, task)| task.view());
        let wanted = views
            .filter(|view| seen(&view.collection) && state.is_none_or(|state| view.state == state));
        wanted.take(limit).collect()
    }

    /// Cancels a task: it ends between two steps, and what was taken in before stays.
    ///
    /// # Errors
    /// There is none of this id, or it has ended.
    pub(crate) fn cancel(&self, id: &str) -> Result<TaskView, ApiError> {
        let task = self.get(id)?;
        let state = task.lock().state;
        if state.has_ended() {
            return Err(ApiError::task_ended(id, state.name()));
        }
        task.cancelled.store(true, Ordering::SeqCst);
        task.cancel.notify_one();
        Ok(task.view())
    }

    /// Ends what runs and leaves it for the next start.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        for task in self.lock().all.values() {
            task.cancel.notify_one();
        }
    }
}

impl TaskView {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn collection(&self) -> &str {
        &self.collection
    }
}

/// What came of the work of a task.
enum Ended {
    With(Vec<ItemOutcome>),
    Failed(ApiError),
    /// It stopped before its end, or never began.
    Stopped,
}

/// Takes the sources of a task in when its turn comes, and keeps what became of them.
async fn run(state: AppState, task: Arc<Task>, share: Share) {
    let ended = work(&state, &task, &share).await;
    let tasks = state.tasks();
    let Some(files) = tasks.files.get() else { return };
    if tasks.stopping.load(Ordering::SeqCst) && matches!(ended, Ended::Stopped) {
        // The next start begins it anew.
        return;
    }
    let mut record = task.lock().clone();
    record.ended_at = Some(Timestamp::now());
    match ended {
        Ended::With(outcomes) => {
            let failed = outcomes.iter().all(ItemOutcome::has_failed);
            record.state = if failed { TaskState::Failed } else { TaskState::Done };
            record.outcomes = outcomes;
        }
        Ended::Failed(error) => {
            error.log(&record.id);
            record.state = TaskState::Failed;
            record.error = Some(error.body(&record.id).error);
        }
        Ended::Stopped => record.state = TaskState::Cancelled,
    }
    // On disk before anybody is told: what was seen to have ended does not begin anew after a crash.
    let (files, kept) = (files.clone(), record.clone());
    let saved = tokio::task::spawn_blocking(move || {
        // Without its record the next start takes it in again, and needs what it brought.
        files.save(&kept).inspect(|()| files.remove_bodies(&kept))
    });
    if let Ok(Err(error)) = saved.await {
        tracing::error!(%error, task = record.id, "what became of a task could not be kept");
    }
    tracing::info!(task = record.id, state = record.state.name(), "a task has ended");
    *task.lock() = record;
    let view = task.view();
    if let Some(webhook) = tasks.webhook.get()
        && let Ok(body) = serde_json::to_vec(&view)
    {
        webhook::deliver(Arc::clone(webhook), view.id, body).await;
    }
}

async fn work(state: &AppState, task: &Arc<Task>, share: &Share) -> Ended {
    let tasks = state.tasks();
    let is_stopped =
        || task.cancelled.load(Ordering::SeqCst) || tasks.stopping.load(Ordering::SeqCst);
    let Some(files) = tasks.files.get().cloned() else {
        return Ended::Failed(ApiError::loading());
    };
    let collection = {
        let name = task.lock().collection.clone();
        match state.collections().get(&name) {
            Ok(collection) => collection,
            Err(error) => return Ended::Failed(error),
        }
    };
    // The call tells what came of it by itself, as its caller may stop waiting for it.
    let (tell, told) = oneshot::channel();
    let running = Arc::clone(task);
    let call = move || {
        let _ = running.began.set(Instant::now());
        let (id, items) = {
            let mut record = running.lock();
            record.state = TaskState::Running;
            record.started_at = Some(Timestamp::now());
            (record.id.clone(), record.items.clone())
        };
        let bytes = |index: usize| {
            files
                .read_body(&id, index)
                .map_err(|error| ApiError::disk("read a source of the task", &id, &error))
        };
        let share = |share: f64| _ = running.share.send_replace(share);
        let request_id = RequestId::of_task(&id);
        let _ = tell.send(take_in(&collection.engine, &items, bytes, &request_id, &share));
    };
    let failed = {
        let ran = state.background().run(share, call);
        let cancelled = async {
            // A notification without its reason means nothing.
            while !is_stopped() {
                task.cancel.notified().await;
            }
        };
        tokio::select! {
            ran = ran => ran.err(),
            () = cancelled => None,
        }
    };
    match (told.await, failed) {
        (Ok(Ok(outcomes)), _) => Ended::With(outcomes),
        (Ok(Err(_)), _) if is_stopped() => Ended::Stopped,
        (Ok(Err(error)), _) | (Err(_), Some(error)) => Ended::Failed(error),
        (Err(_), None) => Ended::Stopped,
    }
}
