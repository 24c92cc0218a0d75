//! Named points at which a test ends the process, as a power cut would.
//!
//! Code that must be safe against being killed names the moments between its steps with
//! [`kill_point`]. A test starts the program with `YIJU_KILL_AT=name` (or `name:3` for the third
//! time it comes there) and the process aborts at that moment: no destructor runs and nothing is
//! flushed. In release builds there is nothing at these points.
//!
//! ```
//! yiju_fault::kill_point("example:half-way"); // goes on: nobody asked for an end here
//! ```

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable that names the point.
const VARIABLE: &str = "YIJU_KILL_AT";

/// Where to end, and at which time of coming there.
struct Target {
    name: String,
    time: u64,
}

/// Ends the process here if `YIJU_KILL_AT` names this point.
#[inline]
pub fn kill_point(name: &str) {
    if cfg!(debug_assertions) {
        reach(name);
    }
}

fn reach(name: &str) {
    static TARGET: OnceLock<Option<Target>> = OnceLock::new();
    static TIMES: AtomicU64 = AtomicU64::new(0);
    let target = TARGET.get_or_init(|| parse(&std::env::var(VARIABLE).ok()?));
    if let Some(target) = target
        && target.name == name
        && TIMES.fetch_add(1, Ordering::Relaxed) + 1 == target.time
    {
        std::process::abort();
    }
}

/// `name` or `name:time`; names themselves hold colons, so the time is what follows the last one.
fn parse(value: &str) -> Option<Target> {
    let (name, time) = match value.rsplit_once(':').map(|(n, t)| (n, t.parse())) {
        Some((name, Ok(time))) => (name, time),
        _ => (value, 1),
    };
    (!name.is_empty()).then(|| Target {
        name: name.to_owned(),
        time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_name_and_a_time() {
        let read = |value: &str| parse(value).map(|target| (target.name, target.time));
        assert_eq!(read("put:rows"), Some(("put:rows".into(), 1)));
        assert_eq!(read("put:rows:7"), Some(("put:rows".into(), 7)));
        assert_eq!(read(""), None);
    }

    #[test]
    fn points_that_nobody_named_are_passed() {
        kill_point("nowhere");
    }
}
