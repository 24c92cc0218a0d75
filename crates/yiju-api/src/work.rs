//! Where blocking engine calls run: a bounded number at once, a bounded queue in which callers take turns, and 429 beyond.

mod turns;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use yiju_engine::Cancel;

use crate::error::ApiError;
use crate::share::Share;
use turns::Turns;

/// A bounded queue for blocking work of one kind. Questions, batches and writes have one each, so that a long add does
/// not delay questions.
///
/// Callers take turns: each has one call started before another has its second. Where the queue is full, a call of the
/// caller with the most in it makes room for one of a caller with fewer.
pub(crate) struct Lane {
    shared: Arc<Shared>,
    width: usize,
    deadline: Duration,
}

struct Shared {
    state: Mutex<State>,
    /// Told when nothing runs and nothing waits.
    idle: Notify,
}

struct State {
    running: usize,
    closed: bool,
    turns: Turns<Waiting>,
    /// How long calls took lately, in seconds; 0 before the first is done.
    mean: f64,
}

/// Gets a permit, or why there is none.
type Waiting = oneshot::Sender<Result<Permit, ApiError>>;

/// How much one call counts in the mean.
const SMOOTHING: f64 = 0.1;

impl Lane {
    /// A lane that runs `width` calls at once (at least 1), queues `most_waiting`, and gives each
    /// `deadline` from its arrival to its end.
    pub(crate) fn new(width: usize, most_waiting: usize, deadline: Duration) -> Self {
        let turns = Turns::new(most_waiting);
        let state = State { running: 0, closed: false, turns, mean: 0.0 };
        let shared = Shared { state: Mutex::new(state), idle: Notify::new() };
        Self { shared: Arc::new(shared), width: width.max(1), deadline }
    }

    /// How many requests are queued.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.lock().turns.len()
    }

    /// How many calls run.
    pub(crate) fn running(&self) -> usize {
        self.shared.lock().running
    }

    /// Runs `work` of a caller on a blocking thread when its turn comes.
    ///
    /// If the caller's future is dropped, it leaves the queue at once. Work that has started by then, or
    /// is not done at the deadline, is cancelled; it holds its place until it has stopped, so memory
    /// stays bounded.
    ///
    /// # Errors
    /// `too_many_requests` if the queue is full, or so long that the turn would come after the deadline; `timeout` if
    /// the deadline passes first, `internal` if `work` panics, `unavailable` once the lane is closed.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        share: &Share,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let arrived = Instant::now();
        let permit = self.turn(share).await?;
        let left = self.deadline.saturating_sub(arrived.elapsed());
        if left.is_zero() {
            return Err(ApiError::timeout(self.deadline.as_secs_f64()));
        }
        let flag = Cancel::new();
        let gone = CancelOnDrop(flag.clone());
        let span = tracing::Span::current();
        let task = tokio::task::spawn_blocking(move || {
            let started = Instant::now();
            let result = span.in_scope(|| flag.scope(work));
            permit.done(started.elapsed());
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

    async fn turn(&self, share: &Share) -> Result<Permit, ApiError> {
        let (place, turn) = {
            let mut state = self.shared.lock();
            if state.closed {
                return Err(ApiError::loading());
            }
            if state.running < self.width && state.turns.is_empty() {
                state.running += 1;
                return Ok(Permit::new(&self.shared));
            }
            let before = state.turns.before(share) + state.running;
            let wait = state.mean * (before / self.width) as f64;
            if wait > self.deadline.as_secs_f64() {
                return Err(ApiError::too_long_a_wait(wait, self.deadline.as_secs_f64()));
            }
            let (waiting, turn) = oneshot::channel();
            let most = state.turns.most();
            let (number, displaced) = match state.turns.enter(share, waiting) {
                Ok(entered) => entered,
                Err(_) => return Err(ApiError::too_many_requests(most)),
            };
            if let Some(displaced) = displaced {
                // It is gone already where nobody listens.
                let _ = displaced.send(Err(ApiError::too_many_requests(most)));
            }
            (Place { shared: &self.shared, share, number }, turn)
        };
        let permit = tokio::time::timeout(self.deadline, turn).await;
        drop(place);
        match permit {
            Ok(Ok(permit)) => permit,
            Ok(Err(_closed)) => Err(ApiError::loading()),
            Err(_) => Err(ApiError::timeout(self.deadline.as_secs_f64())),
        }
    }

    /// Waits until nothing runs or waits, for at most `limit`, and then closes the lane. Returns whether all work
    /// finished.
    pub(crate) async fn drain(&self, limit: Duration) -> bool {
        let finished = tokio::time::timeout(limit, async {
            loop {
                let idle = self.shared.idle.notified();
                if self.shared.is_idle() {
                    return;
                }
                idle.await;
            }
        });
        let finished = finished.await.is_ok();
        let mut state = self.shared.lock();
        state.closed = true;
        let waiting = state.turns.take_all();
        drop(state);
        // Whoever waits for them finds the lane closed.
        drop(waiting);
        finished
    }
}

impl Shared {
    fn is_idle(&self) -> bool {
        let state = self.lock();
        state.running == 0 && state.turns.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panics holding it has changed nothing by halves.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to run one call, given to the next caller when dropped.
struct Permit(Option<Arc<Shared>>);

impl Permit {
    fn new(shared: &Arc<Shared>) -> Self {
        Self(Some(Arc::clone(shared)))
    }

    /// Gives the permit back after a call that took this long.
    fn done(self, took: Duration) {
        let Some(shared) = &self.0 else { return };
        let mut state = shared.lock();
        let weight = if state.mean == 0.0 { 1.0 } else { SMOOTHING };
        state.mean += weight * (took.as_secs_f64() - state.mean);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(shared) = self.0.take() else { return };
        loop {
            let mut state = shared.lock();
            let Some(next) = state.turns.next() else {
                state.running -= 1;
                if state.running == 0 {
                    shared.idle.notify_waiters();
                }
                return;
            };
            drop(state);
            match next.send(Ok(Self::new(&shared))) {
                Ok(()) => return,
                // It left meanwhile: the permit is the next one's, and this handle means nothing.
                Err(Ok(mut unwanted)) => drop(unwanted.0.take()),
                Err(Err(_)) => {}
            }
        }
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
struct Place<'a> {
    shared: &'a Shared,
    share: &'a Share,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.lock().turns.leave(self.share, self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::codes::ErrorCode;

    const LONG: Duration = Duration::from_secs(60);

    fn other() -> Share {
        Share::Key("other".into())
    }

    /// Starts a call that runs until the sender is dropped.
    fn occupy(lane: &Arc<Lane>) -> (mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
        let (hold, held) = mpsc::channel::<()>();
        let lane = Arc::clone(lane);
        let task = tokio::spawn(async move {
            let _ = lane.run(&Share::Local, move || held.recv()).await;
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

        let refused = lane.run(&Share::Local, || ()).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::TooManyRequests);
        assert_eq!(lane.waiting(), 1, "a refused call does not count as waiting");

        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert_eq!(lane.waiting(), 0);

        drop(hold);
        running.await.unwrap();
        assert_eq!(lane.run(&Share::Local, || 7).await.unwrap(), 7);
        assert_eq!(lane.running(), 0);
    }

    #[tokio::test]
    async fn a_deadline_ends_the_wait_and_work_holds_its_place_till_it_ends() {
        let lane = Arc::new(Lane::new(1, 8, Duration::from_millis(20)));
        let (hold, held) = mpsc::channel::<()>();
        let error = lane.run(&Share::Local, move || held.recv()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Timeout);
        assert_eq!(lane.running(), 1, "started work holds its place");
        let error = lane.run(&Share::Local, || ()).await.unwrap_err();
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
                let _ = lane.run(&Share::Local, work).await;
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
        let error = lane.run::<()>(&Share::Local, || panic!("on purpose")).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Internal);
        assert_eq!(lane.run(&Share::Local, || 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn draining_waits_for_what_runs_and_lets_nothing_start() {
        let lane = Arc::new(Lane::new(2, 2, LONG));
        let (hold, _task) = occupy(&lane);
        until(|| lane.running() == 1).await;
        assert!(!lane.drain(Duration::from_millis(10)).await);
        assert_eq!(
            lane.run(&Share::Local, || ()).await.unwrap_err().code(),
            ErrorCode::Unavailable
        );
        drop(hold);
    }

    #[tokio::test]
    async fn one_that_waits_for_many_of_its_own_does_not_make_another_wait() {
        let lane = Arc::new(Lane::new(1, 8, LONG));
        let (hold, _running) = occupy(&lane);
        until(|| lane.running() == 1).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let call = |share: Share, name: &'static str| {
            let (lane, order) = (Arc::clone(&lane), Arc::clone(&order));
            tokio::spawn(
                async move { lane.run(&share, move || order.lock().unwrap().push(name)).await },
            )
        };
        let mut many = Vec::new();
        for number in 1..=8 {
            many.push(call(Share::Local, "many"));
            until(|| lane.waiting() == number).await;
        }
        // The queue is full: the last of the many makes room.
        let one = call(other(), "one");
        let displaced = many.pop().unwrap().await.unwrap().unwrap_err();
        assert_eq!(displaced.code(), ErrorCode::TooManyRequests);
        drop(hold);
        one.await.unwrap().unwrap();
        for call in many {
            call.await.unwrap().unwrap();
        }
        let order = order.lock().unwrap();
        assert_eq!(order.len(), 8);
        assert!(order.iter().position(|name| *name == "one").unwrap() <= 1, "{order:?}");
    }

    #[tokio::test]
    async fn work_that_cannot_be_done_by_its_deadline_is_refused_at_once() {
        let lane = Arc::new(Lane::new(1, 8, Duration::from_millis(200)));
        lane.run(&Share::Local, || std::thread::sleep(Duration::from_millis(150))).await.unwrap();
        let (hold, _running) = occupy(&lane);
        until(|| lane.running() == 1).await;
        let (_, _waiting) = occupy(&lane);
        until(|| lane.waiting() == 1).await;
        let error = lane.run(&Share::Local, || ()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::TooManyRequests, "two calls of 150 ms come first");
        // Another caller's turn comes before the second of them.
        assert!(lane.shared.lock().turns.before(&other()) == 1);
        drop(hold);
    }
}
