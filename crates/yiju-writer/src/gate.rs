//! At most so many calls at once, and at most so many that wait.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Call, WriterError};

/// How long a waiting call sleeps before it looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// Lets calls in.
#[derive(Debug)]
pub(crate) struct Gate {
    at_once: usize,
    waiting: usize,
    now: Mutex<Now>,
    left: Condvar,
}

#[derive(Debug, Default)]
struct Now {
    running: usize,
    waiting: usize,
}

impl Gate {
    /// A gate for `at_once` calls (at least one); `waiting` more may wait.
    pub(crate) fn new(at_once: usize, waiting: usize) -> Self {
        Self { at_once: at_once.max(1), waiting, now: Mutex::default(), left: Condvar::new() }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// As many wait as may, the call was cancelled, or its time was up.
    pub(crate) fn enter(&self, call: &Call<'_>) -> Result<Turn<'_>, WriterError> {
        let mut now = self.lock();
        if now.running >= self.at_once {
            if now.waiting >= self.waiting {
                return Err(WriterError::Busy { waiting: now.waiting });
            }
            now.waiting += 1;
            while now.running >= self.at_once {
                let wait = call.left().map(|left| left.min(LOOK));
                let Ok(wait) = wait else {
                    now.waiting -= 1;
                    return Err(wait.err().unwrap_or(WriterError::Cancelled));
                };
                let (guard, _) =
                    self.left.wait_timeout(now, wait).unwrap_or_else(PoisonError::into_inner);
                now = guard;
            }
            now.waiting -= 1;
        }
        now.running += 1;
        Ok(Turn(self))
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that was let in, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a Gate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().running -= 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use super::*;

    fn call(cancelled: &dyn Fn() -> bool) -> Call<'_> {
        let deadline = Instant::now() + Duration::from_secs(60);
        Call { most_tokens: 1, deadline, cancelled }
    }

    #[test]
    fn one_runs_one_waits_and_the_third_is_turned_away() {
        let gate = Gate::new(1, 1);
        let turn = gate.enter(&call(&|| false)).unwrap();
        let stop = AtomicBool::new(false);
        let stopped = || stop.load(Ordering::SeqCst);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| gate.enter(&call(&stopped)).map(drop));
            while gate.lock().waiting == 0 {
                std::thread::yield_now();
            }
            let error = gate.enter(&call(&|| false)).unwrap_err();
            assert!(matches!(error, WriterError::Busy { waiting: 1 }), "{error}");
            stop.store(true, Ordering::SeqCst);
            assert!(matches!(waiting.join().unwrap(), Err(WriterError::Cancelled)));
            let waiting = scope.spawn(|| gate.enter(&call(&|| false)).map(drop));
            while gate.lock().waiting == 0 {
                std::thread::yield_now();
            }
            drop(turn);
            waiting.join().unwrap().unwrap();
        });
        let now = gate.lock();
        assert_eq!((now.running, now.waiting), (0, 0));
    }

    #[test]
    fn a_call_whose_time_is_up_leaves_the_queue() {
        let gate = Gate::new(1, 1);
        let _turn = gate.enter(&call(&|| false)).unwrap();
        let late = Call { most_tokens: 1, deadline: Instant::now(), cancelled: &|| false };
        assert!(matches!(gate.enter(&late), Err(WriterError::OutOfTime)));
        assert_eq!(gate.lock().waiting, 0);
    }
}
