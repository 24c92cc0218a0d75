//! Cancelling calls whose result is no longer wanted.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;

/// Tells the work in its [`scope`](Cancel::scope) that its result is no longer wanted. Clones share
/// their state.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cancelled: AtomicBool,
    /// The thread in the scope, which may be waiting.
    thread: Mutex<Option<Thread>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Cancel>> = const { RefCell::new(None) };
}

impl Cancel {
    /// A new one, not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels waiting work in the scope; a batch that already runs is finished and thrown away.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.as_ref() {
            thread.unpark();
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// Runs `work` on this thread, so that waiting for the model in it ends with
    /// [`EmbedError::Cancelled`](crate::EmbedError::Cancelled) once this is cancelled. For one thread
    /// at a time.
    pub fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let set = |thread| {
            *self.0.thread.lock().unwrap_or_else(PoisonError::into_inner) = thread;
        };
        set(Some(std::thread::current()));
        let before = CURRENT.replace(Some(self.clone()));
        let _restore = OnDrop(Some(|| {
            CURRENT.replace(before);
            set(None);
        }));
        work()
    }

    /// The innermost scope of this thread.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }
}

/// Calls its function when dropped, after a panic too.
struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(function) = self.0.take() {
            function();
        }
    }
}
