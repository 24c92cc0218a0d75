//! The loads of a measurement: closed loops in rounds, and an open one.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use yiju_engine::{Step, StepTimes};

use super::load::{Outcome, Sample, Schedule, Task, closed, open};
use super::report::{Load, Round, Settings, StepLatency};
use super::{BenchError, Latency, Plan};
use crate::percentile;

/// Seconds that the loads of one measurement take.
pub(crate) fn seconds(settings: &Settings) -> f64 {
    settings.seconds * (settings.callers.len() + 1) as f64
}

/// Closed loops with each number of callers, which take turns so that other load on the machine affects all
/// alike; then the open loop with the most callers.
pub(crate) fn measure(
    task: &Task<'_>,
    settings: &Settings,
    plan: &mut Plan<'_>,
    cancel: &AtomicBool,
) -> Result<(Vec<Load>, Vec<Load>), BenchError> {
    let each = settings.seconds / settings.rounds as f64;
    let time = Duration::from_secs_f64(each);
    let mut outcomes: Vec<Vec<Outcome>> = settings.callers.iter().map(|_| Vec::new()).collect();
    // Warm up: a thread's first question allocates buffers that the next ones use.
    closed(task, 1, time.min(Duration::from_millis(200)), 0, cancel)?;
    let mut first = 0;
    for _ in 0..settings.rounds {
        for (callers, outcomes) in settings.callers.iter().zip(&mut outcomes) {
            plan.at("asking, closed loop", 0.0)?;
            let outcome = closed(task, *callers, time, first, cancel)?;
            first += outcome.samples.len();
            outcomes.push(outcome);
            plan.pass(each);
        }
    }
    let closed: Vec<Load> = settings
        .callers
        .iter()
        .zip(&outcomes)
        .map(|(&callers, outcomes)| figures(callers, None, outcomes))
        .collect();
    let most = settings.callers.iter().copied().max().unwrap_or(1);
    let fastest = closed.iter().map(|load| load.per_second).fold(0.0, f64::max);
    let rate = settings.rate.unwrap_or_else(|| two_digits(fastest / 2.0));
    let mut arrived = Vec::new();
    let schedule = Schedule::new(rate, time);
    for _ in 0..settings.rounds {
        plan.at("asking, open loop", 0.0)?;
        arrived.push(open(task, most, &schedule, cancel)?);
        plan.pass(each);
    }
    Ok((closed, vec![figures(most, Some(rate), &arrived)]))
}

/// To two significant digits, and at least 0.01.
fn two_digits(rate: f64) -> f64 {
    let rate = rate.max(0.01);
    let unit = 10f64.powi(rate.log10().floor() as i32 - 1);
    (rate / unit).round().max(1.0) * unit
}

fn figures(callers: usize, rate: Option<f64>, outcomes: &[Outcome]) -> Load {
    let samples = || outcomes.iter().flat_map(|outcome| &outcome.samples);
    let seconds: f64 = outcomes.iter().map(|outcome| outcome.seconds).sum();
    Load {
        callers,
        rate,
        per_second: samples().count() as f64 / seconds.max(f64::MIN_POSITIVE),
        unserved: outcomes.iter().map(|outcome| outcome.unserved).sum(),
        total: Latency::of(samples().map(|sample| sample.latency)),
        steps: steps(samples().map(|sample| (sample.latency, sample.steps)), rate.is_none()),
        rounds: outcomes.iter().filter_map(round).collect(),
    }
}

/// The steps that ran, and the rest where `with_rest`; in an open loop the rest is mostly waiting.
pub(crate) fn steps(
    questions: impl Iterator<Item = (Duration, StepTimes)> + Clone,
    with_rest: bool,
) -> Vec<StepLatency> {
    let mut found: Vec<StepLatency> = Step::ALL
        .into_iter()
        .map(|step| StepLatency {
            step: Some(step),
            latency: Latency::of(
                questions.clone().map(|(_, times)| times.get(step)).filter(|time| !time.is_zero()),
            ),
        })
        .filter(|step| step.latency.count > 0)
        .collect();
    if with_rest {
        found.push(StepLatency {
            step: None,
            latency: Latency::of(questions.map(|(total, times)| total.saturating_sub(times.sum()))),
        });
    }
    found
}

fn round(outcome: &Outcome) -> Option<Round> {
    let mut sorted: Vec<f64> =
        outcome.samples.iter().map(|Sample { latency, .. }| latency.as_secs_f64() * 1e3).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    (!sorted.is_empty()).then(|| Round {
        p50: percentile(&sorted, 50.0),
        p99: percentile(&sorted, 99.0),
        per_second: sorted.len() as f64 / outcome.seconds.max(f64::MIN_POSITIVE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_load_has_its_rounds_and_every_question_a_place() {
        let settings = Settings {
            seconds: 0.02,
            rounds: 2,
            callers: vec![1, 3],
            rate: None,
            model_threads: 1,
            cold: 0,
        };
        let seen = std::cell::RefCell::new(Vec::new());
        let watch = |phase: &super::super::Phase| seen.borrow_mut().push(phase.done);
        let cancel = AtomicBool::new(false);
        let total = seconds(&settings);
        let mut plan = Plan::new(&watch, &cancel, total);
        let task = |_: usize| {
            std::thread::sleep(Duration::from_micros(300));
            Ok(StepTimes::default())
        };
        let (closed, open) = measure(&task, &settings, &mut plan, &cancel).unwrap();
        assert_eq!(closed.len(), 2);
        for load in &closed {
            assert_eq!((load.rate, load.rounds.len(), load.unserved), (None, 2, 0));
            assert!(load.total.count >= 2 * load.callers);
            // No step ran: all of it is the rest.
            assert_eq!(load.steps.len(), 1);
            assert_eq!(load.steps[0].latency.count, load.total.count);
        }
        assert_eq!((open.len(), open[0].callers), (1, 3));
        assert!(open[0].rate.unwrap() > 0.0);
        assert!((plan.done - total).abs() < 1e-9);
        assert!(seen.borrow().windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn rates_are_round() {
        assert_eq!(two_digits(1234.0), 1200.0);
        assert!((two_digits(0.0567) - 0.057).abs() < 1e-12);
        assert_eq!(two_digits(0.0), 0.01);
    }
}
