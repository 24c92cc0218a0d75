//! Where blocking engine calls run: a bounded number at once, a bounded queue, and 429 beyond.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use yiju_engine::Cancel;

use crate::error::ApiError;

/// A bounded queue for blocking work. Reads and writes have one each, so that a long add does not delay
/// questions.
pub(crate) struct Lane {
    permits: Arc<Semaphore>,
    width: usize,
    waiting: AtomicUsize,
    most_waiting: usize,
    deadline: Duration,
}

impl Lane {
    /// A lane that runs `width` calls at once (at least 1), queues `most_waiting`, and gives each
    /// `deadline` from its arrival to its end.
    pub(crate) fn new(width: usize, most_waiting: usize, deadline: Duration) -> Self {
        let width = width.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self {
            permits: Arc::new(Semaphore::new(width)),
            width,
            waiting: AtomicUsize::new(0),
            most_waiting,
            deadline,
        }
    }

    /// How many requests are queued.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many calls run.
    pub(crate) fn running(&self) -> usize {
        self.width.saturating_sub(self.permits.available_permits())
    }

    /// Runs `work` on a blocking thread when its turn comes.
    ///
    /// If the caller's future is dropped, it leaves the queue at once. Work that has started by then, or
    /// is not done at the deadline, is cancelled; it holds its place until it has stopped, so memory
    /// stays bounded.
    ///
    /// # Errors
    /// `too_many_requests` if the queue is full, `timeout` if the deadline passes first, `internal` if
    /// `work` panics, `unavailable` once the lane is closed.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let arrived = Instant::now();
        let permit = self.turn().await?;
        let left = self.deadline.saturating_sub(arrived.elapsed());
        if left.is_zero() {
            return Err(ApiError::timeout(self.deadline.as_secs_f64()));
        }
        let flag = Cancel::new();
        let gone = CancelOnDrop(flag.clone());
        let span = tracing::Span::current();
        let task = tokio::task::spawn_blocking(move || {
            let result = span.in_scope(|| flag.scope(work));
            drop(permit);
            result
        });
        let outcome = tokio::time::timeout(left, task).await;
        drop(gone);
        match outcome {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => Err(ApiError::internal(format!("an engine call failed: {error}"))),
            Err(_) => Err(ApiError::timeout(self.deadline.as_secs_f64())),
        }
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let place = Place::take(&self.waiting, self.most_waiting)?;
        let permit =
            tokio::time::timeout(self.deadline, Arc::clone(&self.permits).acquire_owned()).await;
        drop(place);
        match permit {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_closed)) => Err(ApiError::loading()),
            Err(_) => Err(ApiError::timeout(self.deadline.as_secs_f64())),
        }
    }

    /// Waits until nothing runs, for at most `limit`, and then closes the lane. Returns whether all work
    /// finished.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let all = u32::try_from(self.width).unwrap_or(u32::MAX);
        let done = tokio::time::timeout(limit, self.permits.acquire_many(all)).await;
        let finished = matches!(done, Ok(Ok(_)));
        self.permits.close();
        finished
    }
}

/// Cancels the work when its caller stops waiting for it; no effect after the work has ended.
struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// A place in the queue, freed when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self, ApiError> {
        waiting
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |now| (now < most).then_some(now + 1))
            .map(|_| Self(waiting))
            .map_err(ApiError::too_many_requests)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::codes::ErrorCode;

    const LONG: Duration = Duration::from_secs(60);

    /// Starts a call that runs until the sender is dropped.
    fn occupy(lane: &Arc<Lane>) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
        let (hold, held) = mpsc::channel::<()>();
        let lane = Arc::clone(lane);
        let task = tokio::spawn(async move {
            let _ = lane.run(move || held.recv()).await;
        });
        (hold, task)
    }

    async fn until(condition: impl Fn() -> bool) {
        while !condition() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_full_queue_turns_away_and_a_gone_client_frees_its_place() {
        let lane = Arc::new(Lane::new(1, 1, LONG));
        let (hold, running) = occupy(&lane);
        until(|| lane.running() == 1).await;
        let (_, waiting) = occupy(&lane);
        until(|| lane.waiting() == 1).await;

        let refused = lane.run(|| ()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooManyRequests);
        assert_eq!(lane.waiting(), 1, "a refused call does not count as waiting");

        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(lane.waiting(), 0);

        drop(hold);
        running.await.unwrap();
        assert_eq!(lane.run(|| 7).await.unwrap(), 7);
        assert_eq!(lane.running(), 0);
    }

    #[tokio::test]
    async fn a_deadline_ends_the_wait_and_work_holds_its_place_till_it_ends() {
        let lane = Arc::new(Lane::new(1, 8, Duration::from_millis(20)));
        let (hold, held) = mpsc::channel::<()>();
        let error = lane.run(move || held.recv()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Timeout);
        assert_eq!(lane.running(), 1, "started work holds its place");
        let error = lane.run(|| ()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Timeout);
        drop(hold);
        assert!(lane.drain(LONG).await);
    }

    #[tokio::test]
    async fn work_whose_caller_is_gone_is_cancelled() {
        let lane = Arc::new(Lane::new(1, 1, LONG));
        let (told, tell) = mpsc::channel();
        let task = tokio::spawn({
            let lane = Arc::clone(&lane);
            async move {
                let work = move || {
                    let cancel = Cancel::current().unwrap();
                    while !cancel.is_cancelled() {
                        std::thread::yield_now();
                    }
                    told.send(()).unwrap();
                };
                let _ = lane.run(work).await;
            }
        });
        until(|| lane.running() == 1).await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(lane.drain(LONG).await);
        tell.try_recv().unwrap();
    }

    #[tokio::test]
    async fn a_panic_in_the_work_is_an_error_and_frees_the_place() {
        let lane = Lane::new(1, 1, LONG);
        let error = lane.run::<()>(|| panic!("on purpose")).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Internal);
        assert_eq!(lane.run(|| 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn draining_waits_for_what_runs_and_lets_nothing_start() {
        let lane = Arc::new(Lane::new(2, 2, LONG));
        let (hold, _task) = occupy(&lane);
        until(|| lane.running() == 1).await;
        assert!(!lane.drain(Duration::from_millis(10)).await);
        assert_eq!(lane.run(|| ()).await.unwrap_err().code(), ErrorCode::Unavailable);
        drop(hold);
    }
}
