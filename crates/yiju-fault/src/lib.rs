//! Named points at which a test can abort the process, as a crash would, or panic, as a bug would.
//!
//! Code that must survive a kill marks the moments between its steps with [`kill_point`]. A test starts
//! the program with `YIJU_KILL_AT=name` (or `name:3` for the third time the point is reached), and the
//! process aborts there: no destructor runs and nothing is flushed. With `YIJU_PANIC_AT` instead, the
//! thread panics there. Release builds compile the points to nothing.
//!
//! ```
//! yiju_fault::kill_point("example:half-way"); // no effect: the variable is not set
//! ```

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The point where the process aborts.
static KILL: LazyLock<Option<Target>> = LazyLock::new(|| Target::named_by("YIJU_KILL_AT"));

/// The point where the thread panics.
static PANIC: LazyLock<Option<Target>> = LazyLock::new(|| Target::named_by("YIJU_PANIC_AT"));

/// A point, and the time it must be reached, counted from 1.
struct Target {
    name: String,
    time: u64,
    /// How often it has been reached so far.
    times: AtomicU64,
}

/// Aborts the process if `YIJU_KILL_AT` names this point.
///
/// # Panics
/// If `YIJU_PANIC_AT` names this point.
#[inline]
pub fn kill_point(name: &str) {
    if cfg!(debug_assertions) {
        if reached(&KILL, name) {
            std::process::abort();
        }
        if reached(&PANIC, name) {
            panic!("a test asked for a panic at {name}");
        }
    }
}

fn reached(target: &Option<Target>, name: &str) -> bool {
    target.as_ref().is_some_and(|target| target.reached(name))
}

impl Target {
    fn named_by(variable: &str) -> Option<Self> {
        Self::parse(&std::env::var(variable).ok()?)
    }

    /// `name` or `name:time`. Names contain colons, so the time is what follows the last one.
    fn parse(value: &str) -> Option<Self> {
        let (name, time) = match value.rsplit_once(':').map(|(n, t)| (n, t.parse())) {
            Some((name, Ok(time))) => (name, time),
            _ => (value, 1),
        };
        (!name.is_empty()).then(|| Self { name: name.to_owned(), time, times: AtomicU64::new(0) })
    }

    /// Counts one arrival at the point `name`; whether it is the one that was asked for.
    fn reached(&self, name: &str) -> bool {
        self.name == name && self.times.fetch_add(1, Ordering::Relaxed) + 1 == self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_name_and_a_time() {
        let read = |value: &str| Target::parse(value).map(|target| (target.name, target.time));
        assert_eq!(read("put:rows"), Some(("put:rows".into(), 1)));
        assert_eq!(read("put:rows:7"), Some(("put:rows".into(), 7)));
        assert_eq!(read(""), None);
    }

    #[test]
    fn a_target_is_reached_once() {
        let target = Target::parse("put:rows:2");
        assert!(!reached(&target, "put:rows"));
        assert!(!reached(&target, "put:row"));
        assert!(reached(&target, "put:rows"));
        assert!(!reached(&target, "put:rows"));
    }

    #[test]
    fn unnamed_points_have_no_effect() {
        kill_point("nowhere");
    }
}
