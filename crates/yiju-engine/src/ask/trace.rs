//! How long each step of a question takes, for benchmarks, metrics and spans.
//!
//! A question runs on its caller's thread from beginning to end, so the clock is thread-local and
//! no step has to pass it on. Each step costs two readings of the time. The model may run on the thread of
//! another caller whose batch the question shares; waiting for it counts as embedding.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tracing::{Span, debug_span};

use crate::error::EngineError;
use crate::response::Timings;

/// A step of a question. Steps do not overlap: one that runs within another is not counted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Words and how rare they are, what is asked for, numbers looked up in the outline.
    Analyse,
    /// Tokenising the question.
    Tokenise,
    /// The model, waiting for it included, and weighing the tokens.
    Embed,
    /// The lane of clause vectors.
    Clauses,
    /// The lane of sentence vectors.
    Sentences,
    /// BM25.
    Lexical,
    /// Fusing the lanes' hits, which looks up their clauses.
    Fuse,
    /// Late interaction over the candidates, which reads them from the store; the cross-encoder, where
    /// one is named.
    SecondStage,
    /// Which sentences to quote: the reader.
    Evidence,
    /// Confidence, citations, checking each quote.
    Compose,
}

/// The number of steps.
const STEPS: usize = Step::ALL.len();

impl Step {
    /// All steps in their order.
    pub const ALL: [Self; 10] = [
        Self::Analyse,
        Self::Tokenise,
        Self::Embed,
        Self::Clauses,
        Self::Sentences,
        Self::Lexical,
        Self::Fuse,
        Self::SecondStage,
        Self::Evidence,
        Self::Compose,
    ];

    /// The step as programs know it: a label of a metric, the name of a span.
    pub fn label(self) -> &'static str {
        match self {
            Self::Analyse => "analyse",
            Self::Tokenise => "tokenise",
            Self::Embed => "embed",
            Self::Clauses => "clauses",
            Self::Sentences => "sentences",
            Self::Lexical => "lexical",
            Self::Fuse => "fuse",
            Self::SecondStage => "second_stage",
            Self::Evidence => "evidence",
            Self::Compose => "compose",
        }
    }

    /// A span of this step; it costs one comparison where spans of this level are not wanted.
    fn span(self) -> Span {
        // Each name is a constant of its own place in the program.
        match self {
            Self::Analyse => debug_span!("analyse"),
            Self::Tokenise => debug_span!("tokenise"),
            Self::Embed => debug_span!("embed"),
            Self::Clauses => debug_span!("clauses"),
            Self::Sentences => debug_span!("sentences"),
            Self::Lexical => debug_span!("lexical"),
            Self::Fuse => debug_span!("fuse"),
            Self::SecondStage => debug_span!("second_stage"),
            Self::Evidence => debug_span!("evidence"),
            Self::Compose => debug_span!("compose"),
        }
    }

    /// What people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Analyse => "analyse",
            Self::Tokenise => "tokenise",
            Self::Embed => "embed",
            Self::Clauses => "dense, clauses",
            Self::Sentences => "dense, sentences",
            Self::Lexical => "lexical",
            Self::Fuse => "fuse",
            Self::SecondStage => "second stage",
            Self::Evidence => "evidence",
            Self::Compose => "compose",
        }
    }
}

/// The time spent in each step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepTimes([Duration; STEPS]);

impl StepTimes {
    const NONE: Self = Self([Duration::ZERO; STEPS]);

    /// The time spent in `step`; zero where it did not run.
    pub fn get(&self, step: Step) -> Duration {
        self.0[step as usize]
    }

    /// The time spent in all steps.
    pub fn sum(&self) -> Duration {
        self.0.iter().sum()
    }
}

thread_local! {
    static TIMES: Cell<StepTimes> = const { Cell::new(StepTimes::NONE) };
    /// Time spent in steps that ended within the one that runs.
    static WITHIN: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Runs `work`, and gives the time that each step of questions took on this thread meanwhile. It may
/// run within another `traced`, which counts these times, too.
pub fn traced<T>(work: impl FnOnce() -> T) -> (T, StepTimes) {
    let outer = TIMES.replace(StepTimes::NONE);
    let out = work();
    let times = TIMES.take();
    let both = |at: usize| outer.0[at] + times.0[at];
    TIMES.set(StepTimes(std::array::from_fn(both)));
    (out, times)
}

/// As [`traced`], for a whole call: its times as the caller gets them, in milliseconds.
pub(crate) fn clocked<T>(
    work: impl FnOnce() -> Result<T, EngineError>,
) -> Result<(T, Timings), EngineError> {
    let start = Instant::now();
    let (out, times) = traced(work);
    let out = out?;
    let milliseconds = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
    let sum = |steps: &[Step]| milliseconds(steps.iter().map(|step| times.get(*step)).sum());
    let timings = Timings {
        embed: sum(&[Step::Tokenise, Step::Embed]),
        retrieve: sum(&[Step::Clauses, Step::Sentences, Step::Lexical, Step::Fuse]),
        rank: sum(&[Step::SecondStage, Step::Evidence]),
        total: milliseconds(start.elapsed()),
    };
    Ok((out, timings))
}

/// Runs `work` as a step, or as a part of it: times of one step add up.
pub(crate) fn timed<T>(step: Step, work: impl FnOnce() -> T) -> T {
    let outer = WITHIN.take();
    let start = Instant::now();
    let out = step.span().in_scope(work);
    let elapsed = start.elapsed();
    let mut times = TIMES.get();
    times.0[step as usize] += elapsed.saturating_sub(WITHIN.get());
    TIMES.set(times);
    WITHIN.set(outer + elapsed);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin() {
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(200) {}
    }

    #[test]
    fn steps_are_in_their_order() {
        for (at, step) in Step::ALL.into_iter().enumerate() {
            assert_eq!(step as usize, at);
            assert_eq!(serde_json::json!(step), step.label());
        }
    }

    #[test]
    fn a_step_within_another_counts_once_and_parts_add_up() {
        let start = Instant::now();
        let ((), times) = traced(|| {
            timed(Step::Compose, || {
                spin();
                timed(Step::Evidence, spin);
                timed(Step::Evidence, spin);
            });
            timed(Step::Fuse, || ());
        });
        let elapsed = start.elapsed();
        assert!(times.get(Step::Evidence) >= Duration::from_micros(400));
        assert!(times.get(Step::Compose) >= Duration::from_micros(200));
        assert_eq!(times.get(Step::Embed), Duration::ZERO);
        assert!(times.sum() <= elapsed, "{times:?} in {elapsed:?}");
        // Nothing is left over for the next question.
        assert_eq!(traced(|| ()).1, StepTimes::default());
    }

    #[test]
    fn a_trace_within_another_counts_in_both() {
        let ((inner, timings), outer) = traced(|| {
            timed(Step::Fuse, spin);
            let traced = traced(|| {
                clocked(|| {
                    timed(Step::Evidence, spin);
                    Ok(())
                })
            });
            (traced.1, traced.0.unwrap().1)
        });
        assert_eq!(inner.get(Step::Fuse), Duration::ZERO);
        assert_eq!(inner.get(Step::Evidence), outer.get(Step::Evidence));
        assert!(outer.get(Step::Fuse) > Duration::ZERO);
        assert!(timings.rank >= 0.2 && timings.rank <= timings.total && timings.embed == 0.0);
    }
}
