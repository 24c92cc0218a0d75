//! Named points at which a test ends the process, as a power cut would, or panics, as a bug would.
//!
//! Code that must be safe against being killed names the moments between its steps with
//! [`kill_point`]. A test starts the program with `YIJU_KILL_AT=name` (or `name:3` for the third
//! time it comes there) and the process aborts at that moment: no destructor runs and nothing is
//! flushed. With `YIJU_PANIC_AT` in its place, the thread panics there and the process goes on. In
//! release builds there is nothing at these points.
//!
//! ```
//! yiju_fault::kill_point("example:half-way"); // goes on: nobody asked for an end here
//! ```

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The point where the process ends.
static KILL: LazyLock<Option<Target>> = LazyLock::new(|| Target::named_by("YIJU_KILL_AT"));

/// The point where the thread panics.
static PANIC: LazyLock<Option<Target>> = LazyLock::new(|| Target::named_by("YIJU_PANIC_AT"));

/// A point, and at which time of coming there something happens.
struct Target {
    name: String,
    time: u64,
    /// How often it was come there so far.
    times: AtomicU64,
}

/// Ends the process here if `YIJU_KILL_AT` names this point.
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

    /// `name` or `name:time`; names themselves hold colons, so the time is what follows the last one.
    fn parse(value: &str) -> Option<Self> {
        let (name, time) = match value.rsplit_once(':').map(|(n, t)| (n, t.parse())) {
            Some((name, Ok(time))) => (name, time),
            _ => (value, 1),
        };
        (!name.is_empty()).then(|| Self {
            name: name.to_owned(),
            time,
            times: AtomicU64::new(0),
        })
    }

    /// Whether this is the time to come to the point.
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
    fn points_that_nobody_named_are_passed() {
        kill_point("nowhere");
    }
}
