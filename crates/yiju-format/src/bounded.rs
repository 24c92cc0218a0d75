//! Work with a limit on its time, on a thread of its own with a stack for what is nested.
//!
//! Libraries that interpret pages have no way to be stopped but unwinding: [`Stop::check`] ends them from inside, and
//! [`run`] waits for them no longer than they may take.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// Stack of a thread: forms may be nested, and each level takes some kilobytes.
pub(crate) const STACK: usize = 16 << 20;

/// When work has to end.
#[derive(Clone)]
pub(crate) struct Stop {
    at: Instant,
    now: Arc<AtomicBool>,
}

/// The payload of the unwinding that ends work.
pub(crate) struct Stopped;

impl Stop {
    /// After this time.
    pub(crate) fn after(time: Duration) -> Self {
        // No machine runs for as long as this.
        const NEVER: Duration = Duration::from_secs(1 << 30);
        Self { at: Instant::now() + time.min(NEVER), now: Arc::new(AtomicBool::new(false)) }
    }

    /// One that is never reached: for work that something else bounds.
    pub(crate) fn never() -> Self {
        Self::after(Duration::MAX)
    }

    /// The moment.
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// Whether time is over.
    pub(crate) fn reached(&self) -> bool {
        if self.now.load(Ordering::Relaxed) {
            return true;
        }
        let over = Instant::now() >= self.at;
        if over {
            self.now.store(true, Ordering::Relaxed);
        }
        over
    }

    /// Ends the work if time is over: unwinds without the panic hook, up to [`caught`].
    pub(crate) fn check(&self) {
        if self.reached() {
            std::panic::resume_unwind(Box::new(Stopped) as Box<dyn Any + Send>);
        }
    }
}

/// Why there is no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Time was over.
    Slow,
    /// The work ended itself: it was too much.
    TooMuch,
    /// It panicked: what it worked on is damaged in a way that it does not know.
    Damaged,
    /// No thread could be started.
    NoThread,
}

impl Ended {
    /// In words, of a page.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Slow => "it takes too long",
            Self::TooMuch => "it draws too much",
            Self::Damaged => "its content is damaged",
            Self::NoThread => "no thread could be started to read it",
        }
    }
}

/// What work gives; if it unwinds, why it did.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Ended> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|payload| if payload.is::<Stopped>() { Ended::TooMuch } else { Ended::Damaged })
}

/// Counts the threads of one kind of work that go on past their time, because it cannot be stopped.
pub(crate) struct Late {
    count: AtomicUsize,
    most: usize,
}

impl Late {
    /// Of which so many may go on at once; no more is begun meanwhile.
    pub(crate) const fn at_most(most: usize) -> Self {
        Self { count: AtomicUsize::new(0), most }
    }
}

/// Does work on a thread of its own and gives its result. The thread is not waited for when time is over: it ends itself
/// where it looks at `stop`, and is counted by `late` until it has ended.
///
/// # Errors
/// Why there is no result.
pub(crate) fn run<T: Send + 'static>(
    stop: &Stop,
    late: Option<&'static Late>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Ended> {
    if late.is_some_and(|late| late.count.load(Ordering::Relaxed) >= late.most) {
        return Err(Ended::Slow);
    }
    let (sender, receiver) = mpsc::channel();
    let second = Arc::new(AtomicBool::new(false));
    let thread = std::thread::Builder::new().name("bounded".to_owned()).stack_size(STACK);
    let started = thread.spawn({
        let second = Arc::clone(&second);
        move || {
            let done = caught(work);
            if let (true, Some(late)) = (second.swap(true, Ordering::Relaxed), late) {
                late.count.fetch_sub(1, Ordering::Relaxed);
            }
            // Whoever asked may have gone.
            drop(sender.send(done));
        }
    });
    started.map_err(|_| Ended::NoThread)?;
    let left = stop.at.saturating_duration_since(Instant::now());
    match receiver.recv_timeout(left) {
        // What comes late may be half of it.
        Ok(_) if stop.reached() => Err(Ended::Slow),
        Ok(done) => done,
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(Ended::Damaged),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            stop.now.store(true, Ordering::Relaxed);
            // The one that is second to set it knows that the other has ended, or will.
            if let (false, Some(late)) = (second.swap(true, Ordering::Relaxed), late) {
                late.count.fetch_add(1, Ordering::Relaxed);
            }
            Err(Ended::Slow)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_gives_its_result_or_why_there_is_none() {
        let stop = Stop::never();
        assert_eq!(run(&stop, None, || 7), Ok(7));
        let panics = || -> u8 { std::panic::resume_unwind(Box::new("x")) };
        assert_eq!(run(&stop, None, panics), Err(Ended::Damaged));
        let stops = || -> u8 { std::panic::resume_unwind(Box::new(Stopped)) };
        assert_eq!(run(&stop, None, stops), Err(Ended::TooMuch));
        let soon = Stop::after(Duration::ZERO);
        let inside = soon.clone();
        assert_eq!(run(&soon, None, move || inside.check()), Err(Ended::Slow));
    }

    #[test]
    fn no_more_is_begun_than_may_be_late() {
        static LATE: Late = Late::at_most(1);
        let (end, wait) = mpsc::channel::<()>();
        let soon = || Stop::after(Duration::from_millis(1));
        let waits = move || {
            let _ = wait.recv();
        };
        assert_eq!(run(&soon(), Some(&LATE), waits), Err(Ended::Slow));
        assert_eq!(run(&Stop::never(), Some(&LATE), || 7), Err(Ended::Slow), "one is late");
        drop(end);
        while LATE.count.load(Ordering::Relaxed) > 0 {
            std::thread::yield_now();
        }
        assert_eq!(run(&Stop::never(), Some(&LATE), || 7), Ok(7));
    }
}
