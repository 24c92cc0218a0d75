//! Threads for the parallel parts of one forward pass, each a few tens of microseconds long.
//!
//! A general pool takes several microseconds to hand out work; a pass has about a hundred such
//! parts. Here the tasks of a part are claimed from one atomic ticket. Helpers spin on it for a
//! moment after the last part, then sleep. The caller works too and waits only for claimed tasks,
//! never for a helper that has not woken up, so a pass makes progress with fewer free cores than
//! threads. A second caller does not wait either: it runs its tasks alone.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a helper spins before it sleeps.
const WATCH: Duration = Duration::from_micros(200);
/// Most tasks of one part; the caller runs a larger part alone.
const MAX_TASKS: usize = 0xffff;

type Task<'a> = &'a (dyn Fn(usize) + Sync + 'a);

/// The threads of one encoder.
pub struct Pool {
    shared: Arc<Shared>,
    /// Held by the caller whose tasks are being run.
    caller: Mutex<()>,
    helpers: Vec<JoinHandle<()>>,
}

struct Shared {
    /// Part number (upper 32 bits), number of tasks (16 bits), next task (16 bits).
    ticket: AtomicU64,
    /// Tasks of this part that are finished.
    finished: AtomicUsize,
    task: UnsafeCell<Option<Task<'static>>>,
    panicked: AtomicBool,
    stop: AtomicBool,
    sleepers: AtomicUsize,
    lock: Mutex<()>,
    wake: Condvar,
}

// SAFETY: all fields but `task` are `Sync`. `task` is written by the caller while it holds
// `Pool::caller` and no task of the previous part is unfinished, before it stores the new ticket
// (release); only a thread that has claimed a task of that ticket (acquire) reads it; the next write
// waits until that task is finished (release on `finished`, acquire by the caller).
unsafe impl Sync for Shared {}
// SAFETY: the task is `Sync`, so it may be called from any thread.
unsafe impl Send for Shared {}

impl Shared {
    /// Claims a task of the current part.
    fn claim(&self) -> Option<usize> {
        let mut ticket = self.ticket.load(Ordering::Acquire);
        loop {
            let (count, next) = ((ticket >> 16) & 0xffff, ticket & 0xffff);
            if next >= count {
                return None;
            }
            match self.ticket.compare_exchange_weak(
                ticket,
                ticket + 1,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some(next as usize),
                Err(seen) => ticket = seen,
            }
        }
    }

    /// Runs tasks until none are left to claim; whether there were any.
    fn work(&self) -> bool {
        let mut any = false;
        while let Some(index) = self.claim() {
            any = true;
            // SAFETY: a task of this part was claimed and is not finished, so the caller has
            // written `task` before and will not write it again yet; its borrows live until the
            // caller has seen this task finished.
            let task = unsafe { *self.task.get() };
            if let Some(task) = task
                && catch_unwind(AssertUnwindSafe(|| task(index))).is_err()
            {
                self.panicked.store(true, Ordering::Relaxed);
            }
            self.finished.fetch_add(1, Ordering::Release);
        }
        any
    }

    fn help(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            let mut since = Instant::now();
            let mut rounds = 0_u32;
            while !self.stop.load(Ordering::Relaxed) {
                if self.work() {
                    since = Instant::now();
                }
                std::hint::spin_loop();
                rounds = rounds.wrapping_add(1);
                if rounds.is_multiple_of(64) && since.elapsed() > WATCH {
                    break;
                }
            }
            let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            // Announce first, look again after: a caller stores the ticket first and looks for
            // sleepers after, so one of the two sees the other.
            self.sleepers.fetch_add(1, Ordering::SeqCst);
            let ticket = self.ticket.load(Ordering::SeqCst);
            let open = (ticket & 0xffff) < ((ticket >> 16) & 0xffff);
            if !open && !self.stop.load(Ordering::SeqCst) {
                drop(self.wake.wait(guard).unwrap_or_else(PoisonError::into_inner));
            }
            self.sleepers.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn wake_sleepers(&self) {
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            drop(self.lock.lock().unwrap_or_else(PoisonError::into_inner));
            self.wake.notify_all();
        }
    }
}

impl Pool {
    /// A pool of `threads` threads, counting the caller's; fewer where the system refuses one.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            ticket: AtomicU64::new(0),
            finished: AtomicUsize::new(0),
            task: UnsafeCell::new(None),
            panicked: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            sleepers: AtomicUsize::new(0),
            lock: Mutex::new(()),
            wake: Condvar::new(),
        });
        let helpers = (1..threads)
            .filter_map(|number| {
                let shared = Arc::clone(&shared);
                std::thread::Builder::new()
                    .name(format!("yiju-embed-{number}"))
                    .spawn(move || shared.help())
                    .ok()
            })
            .collect();
        Self { shared, caller: Mutex::new(()), helpers }
    }

    /// Threads, counting the caller's.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Calls `task` with 0, 1, … `count` − 1, on several threads, and returns when all are done.
    /// Panics if a task panics, after the others are done.
    pub fn run(&self, count: usize, task: impl Fn(usize) + Sync) {
        let free = if !(2..=MAX_TASKS).contains(&count) || self.helpers.is_empty() {
            None
        } else {
            match self.caller.try_lock() {
                Ok(guard) => Some(guard),
                Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(std::sync::TryLockError::WouldBlock) => None,
            }
        };
        let Some(_guard) = free else {
            (0..count).for_each(task);
            return;
        };
        let shared = &*self.shared;
        let borrowed: Task<'_> = &task;
        // SAFETY: the lifetime is extended for storage only. The pointer is used by tasks of this
        // part, and this function neither returns nor unwinds before all of them are finished:
        // `work` catches panics, and the wait below does not panic.
        let erased: Task<'static> =
            unsafe { std::mem::transmute::<Task<'_>, Task<'static>>(borrowed) };
        // SAFETY: the caller lock is held and every task of the previous part is finished, so
        // nobody reads `task` now.
        unsafe { *shared.task.get() = Some(erased) };
        shared.finished.store(0, Ordering::Relaxed);
        let part = (shared.ticket.load(Ordering::Relaxed) >> 32).wrapping_add(1) & 0xffff_ffff;
        shared.ticket.store(part << 32 | (count as u64) << 16, Ordering::SeqCst);
        shared.wake_sleepers();
        shared.work();
        let mut rounds = 0_u32;
        while shared.finished.load(Ordering::Acquire) < count {
            rounds += 1;
            if rounds < 4096 {
                std::hint::spin_loop();
            } else {
                // A helper was preempted in the middle of a task.
                rounds = 0;
                std::thread::yield_now();
            }
        }
        if shared.panicked.swap(false, Ordering::Relaxed) {
            resume_unwind(Box::new("a task of the embedding engine panicked"));
        }
    }

    /// Calls `task` for each item, with its index, on several threads.
    pub fn for_each<T: Send>(&self, items: &mut [T], task: impl Fn(usize, &mut T) + Sync) {
        struct Start<T>(*mut T);
        // SAFETY: tasks derive exclusive borrows of distinct items from the pointer; `T: Send`
        // allows sending them to other threads.
        unsafe impl<T: Send> Sync for Start<T> {}
        impl<T> Start<T> {
            fn at(&self, index: usize) -> *mut T {
                self.0.wrapping_add(index)
            }
        }
        let count = items.len();
        let start = Start(items.as_mut_ptr());
        self.run(count, |index| {
            // SAFETY: `run` calls with each index below `count` once, so this is the only borrow
            // of the item, within the exclusive borrow `items` that outlives `run`.
            task(index, unsafe { &mut *start.at(index) });
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(self.shared.lock.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.wake.notify_all();
        for helper in self.helpers.drain(..) {
            // A helper catches the panics of tasks, so its result says nothing.
            let _ = helper.join();
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_visited_once_whatever_the_threads() {
        for threads in [1, 2, 3, 8] {
            let pool = Pool::new(threads);
            for count in [0, 1, 2, 7, 100, 70_000] {
                let mut items = vec![0_usize; count];
                pool.for_each(&mut items, |index, item| *item += index + 1);
                assert!(items.iter().enumerate().all(|(index, item)| *item == index + 1));
            }
        }
    }

    #[test]
    fn callers_on_several_threads_do_not_disturb_each_other() {
        let pool = Pool::new(3);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for round in 0..200_usize {
                        let mut items = vec![0; 17];
                        pool.for_each(&mut items, |index, item| *item = index * round);
                        assert!(items.iter().enumerate().all(|(i, item)| *item == i * round));
                    }
                });
            }
        });
    }

    #[test]
    fn work_after_a_long_sleep_is_done() {
        let pool = Pool::new(2);
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(5));
            let done = AtomicUsize::new(0);
            pool.run(10, |_| {
                done.fetch_add(1, Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), 10);
        }
    }

    #[test]
    fn a_panic_in_a_task_reaches_the_caller_and_leaves_the_pool_usable() {
        let pool = Pool::new(2);
        let result = catch_unwind(AssertUnwindSafe(|| {
            pool.run(8, |index| assert_ne!(index, 5, "task five"));
        }));
        assert!(result.is_err());
        let done = AtomicUsize::new(0);
        pool.run(8, |_| {
            done.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(done.into_inner(), 8);
    }
}
