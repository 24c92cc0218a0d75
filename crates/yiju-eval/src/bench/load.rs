//! Load: callers that ask one after another (closed loop), and arrivals at a fixed rate (open loop).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use yiju_engine::StepTimes;

use super::{BenchError, stop};

/// Asks the question with a number, from 0, and returns the times of its steps.
pub(crate) type Task<'a> = dyn Fn(usize) -> Result<StepTimes, BenchError> + Sync + 'a;

/// One question asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// From the call, or from the arrival, to the end.
    pub latency: Duration,
    pub steps: StepTimes,
}

/// The outcome of a load.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub samples: Vec<Sample>,
    /// From its start to the end of its last question.
    pub seconds: f64,
    /// Arrivals that were dropped because the load could not be served.
    pub unserved: u64,
}

/// A clock; tests use one that does not wait.
pub(crate) trait Clock: Sync {
    /// Time since the start.
    fn now(&self) -> Duration;
    /// Returns at `time`, or at once where that has passed.
    fn wait_until(&self, time: Duration);
}

/// The machine's time.
pub(crate) struct Real(Instant);

impl Real {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

/// The system may wake a thread this much late, so the last part of a wait is spent polling the clock.
const WAKING: Duration = Duration::from_micros(200);

impl Clock for Real {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn wait_until(&self, time: Duration) {
        if let Some(left) = time.checked_sub(self.now() + WAKING) {
            std::thread::sleep(left);
        }
        while self.now() < time {
            std::thread::yield_now();
        }
    }
}

/// `callers` threads ask one question after the other for `time`; each asks at least one. Questions are
/// numbered through from `first`.
pub(crate) fn closed(
    task: &Task<'_>,
    callers: usize,
    time: Duration,
    first: usize,
    cancel: &AtomicBool,
) -> Result<Outcome, BenchError> {
    let next = AtomicU64::new(first as u64);
    let clock = Real::start();
    let samples = on_threads(callers, &|| {
        let mut samples = Vec::new();
        loop {
            stop(cancel)?;
            let number = next.fetch_add(1, Ordering::Relaxed) as usize;
            let start = clock.now();
            let steps = task(number)?;
            let end = clock.now();
            samples.push(Sample { latency: end - start, steps });
            if end >= time {
                return Ok(samples);
            }
        }
    })?;
    Ok(Outcome { samples, seconds: clock.now().as_secs_f64(), unserved: 0 })
}

/// Arrivals at equal distances.
pub(crate) struct Schedule {
    /// Arrivals a second.
    pub rate: f64,
    /// How long they go on.
    pub time: Duration,
    /// When waiting arrivals are dropped.
    pub most: Duration,
}

impl Schedule {
    /// `rate` arrivals a second for `time`; what still waits after twice that is dropped.
    pub(crate) fn new(rate: f64, time: Duration) -> Self {
        Self { rate, time, most: 2 * time }
    }

    /// When arrival `number`, from 0, is due; `None` after the last.
    fn arrival(&self, number: u64) -> Option<Duration> {
        let due = Duration::from_secs_f64(number as f64 / self.rate);
        (due < self.time).then_some(due)
    }

    /// One caller's part: takes the next arrival, waits for it, and serves it. A question's latency counts
    /// from its arrival, so that waiting for a slow one before it counts, too
    /// ("coordinated omission", Tene).
    fn serve(
        &self,
        clock: &dyn Clock,
        next: &AtomicU64,
        unserved: &AtomicU64,
        task: &Task<'_>,
        cancel: &AtomicBool,
    ) -> Result<Vec<Sample>, BenchError> {
        let mut samples = Vec::new();
        loop {
            stop(cancel)?;
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(due) = self.arrival(number) else {
                return Ok(samples);
            };
            clock.wait_until(due);
            if clock.now() >= self.most {
                unserved.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let steps = task(number as usize)?;
            samples.push(Sample { latency: clock.now().saturating_sub(due), steps });
        }
    }
}

/// Serves arrivals at a fixed rate with at most `callers` at once.
pub(crate) fn open(
    task: &Task<'_>,
    callers: usize,
    schedule: &Schedule,
    cancel: &AtomicBool,
) -> Result<Outcome, BenchError> {
    let (next, unserved) = (AtomicU64::new(0), AtomicU64::new(0));
    let clock = Real::start();
    let samples = on_threads(callers, &|| schedule.serve(&clock, &next, &unserved, task, cancel))?;
    Ok(Outcome { samples, seconds: clock.now().as_secs_f64(), unserved: unserved.into_inner() })
}

fn on_threads(
    callers: usize,
    work: &(dyn Fn() -> Result<Vec<Sample>, BenchError> + Sync),
) -> Result<Vec<Sample>, BenchError> {
    if callers == 1 {
        return work();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(work)).collect();
        let mut samples = Vec::new();
        for thread in threads {
            match thread.join() {
                Ok(found) => samples.extend(found?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(samples)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A clock that moves only when a caller waits or works.
    #[derive(Default)]
    struct Made(Mutex<Duration>);

    impl Made {
        fn pass(&self, time: Duration) {
            *self.0.lock().unwrap() += time;
        }
    }

    impl Clock for Made {
        fn now(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        fn wait_until(&self, time: Duration) {
            let mut now = self.0.lock().unwrap();
            *now = now.max(time);
        }
    }

    fn serve(service: &[u64], schedule: &Schedule) -> (Vec<u128>, u64) {
        let (clock, unserved) = (Made::default(), AtomicU64::new(0));
        let samples = schedule
            .serve(
                &clock,
                &AtomicU64::new(0),
                &unserved,
                &|number| {
                    let at = number.min(service.len() - 1);
                    clock.pass(Duration::from_millis(service[at]));
                    Ok(StepTimes::default())
                },
                &AtomicBool::new(false),
            )
            .unwrap();
        let latencies = samples.iter().map(|s| s.latency.as_millis()).collect();
        (latencies, unserved.into_inner())
    }

    #[test]
    fn what_waits_behind_a_slow_question_is_late_from_its_arrival() {
        // One each 10 ms; the second takes 35 ms and holds up the three after it.
        let schedule = Schedule::new(100.0, Duration::from_millis(60));
        let (latencies, unserved) = serve(&[1, 35, 1, 1, 1, 1], &schedule);
        assert_eq!(latencies, [1, 35, 26, 17, 8, 1]);
        assert_eq!(unserved, 0);
    }

    #[test]
    fn a_rate_that_cannot_be_served_is_given_up_at_twice_the_time() {
        // 50 arrivals in 0.5 s, 40 ms each: 25 are served before 1 s.
        let schedule = Schedule::new(100.0, Duration::from_millis(500));
        let (latencies, unserved) = serve(&[40], &schedule);
        assert_eq!((latencies.len(), unserved), (25, 25));
        assert_eq!(latencies[24], 25 * 40 - 24 * 10);
    }

    #[test]
    fn callers_share_the_questions() {
        let seen = Mutex::new(Vec::new());
        let task = |number: usize| {
            seen.lock().unwrap().push(number);
            Ok(StepTimes::default())
        };
        let cancel = AtomicBool::new(false);
        let outcome = closed(&task, 3, Duration::ZERO, 5, &cancel).unwrap();
        assert_eq!(outcome.samples.len(), 3);
        let mut numbers = std::mem::take(&mut *seen.lock().unwrap());
        numbers.sort_unstable();
        assert_eq!(numbers, [5, 6, 7]);
        let schedule = Schedule::new(1e4, Duration::from_millis(2));
        let outcome = open(&task, 3, &schedule, &cancel).unwrap();
        assert_eq!(outcome.samples.len() as u64 + outcome.unserved, 20);
    }

    #[test]
    fn a_stop_and_a_failure_end_it() {
        let cancel = AtomicBool::new(true);
        let fine = |_: usize| Ok(StepTimes::default());
        let stopped = closed(&fine, 2, Duration::from_secs(60), 0, &cancel);
        assert!(matches!(stopped, Err(BenchError::Stopped)));
        let fails = |_: usize| Err(BenchError::Stopped);
        assert!(closed(&fails, 2, Duration::from_secs(60), 0, &AtomicBool::new(false)).is_err());
    }
}
