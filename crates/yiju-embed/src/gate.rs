//! Lets questions pass work that has begun: other batches pause between two steps of a layer while one is answered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest pause before a step, as a multiple of the step before it: work behind questions that never end still gets a
/// tenth of the time, be it long or short.
const PAUSE: u32 = 9;

/// Counts the questions that are being answered.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    questions: AtomicUsize,
    lock: Mutex<()>,
    free: Condvar,
}

/// A question that is being answered, until it is dropped.
#[derive(Debug)]
pub struct Foreground<'a>(&'a Gate);

impl Gate {
    /// Counts a question until the value is dropped.
    pub(crate) fn question(&self) -> Foreground<'_> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        Foreground(self)
    }

    /// Pauses this thread while questions are answered, for at most [`PAUSE`] times `worked`, which the last step took.
    pub(crate) fn give_way(&self, worked: Duration) {
        if self.questions.load(Ordering::Relaxed) == 0 {
            return;
        }
        let (started, most) = (Instant::now(), worked.saturating_mul(PAUSE));
        let mut guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while self.questions.load(Ordering::SeqCst) > 0 {
            let Some(left) = most.checked_sub(started.elapsed()) else {
                return;
            };
            let woken = self.free.wait_timeout(guard, left);
            guard = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Foreground<'_> {
    fn drop(&mut self) {
        if self.0.questions.fetch_sub(1, Ordering::SeqCst) == 1 {
            // Whoever has seen a question under the lock waits by now.
            drop(self.0.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.0.free.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[test]
    fn work_waits_for_the_last_question_and_never_for_ever() {
        const WORKED: Duration = Duration::from_millis(2);
        let gate = Gate::default();
        gate.give_way(WORKED);
        let (first, second) = (gate.question(), gate.question());
        let started = Instant::now();
        gate.give_way(WORKED);
        assert!(started.elapsed() >= WORKED * PAUSE, "a question is being answered");
        drop(first);
        let answered = AtomicBool::new(false);
        std::thread::scope(|threads| {
            let waits = threads.spawn(|| {
                // Pauses follow each other for as long as the question takes.
                while !answered.load(Ordering::SeqCst) {
                    gate.give_way(WORKED);
                }
            });
            std::thread::sleep(WORKED);
            answered.store(true, Ordering::SeqCst);
            drop(second);
            waits.join().unwrap();
        });
        assert_eq!(gate.questions.load(Ordering::SeqCst), 0);
    }
}
