//! `yiju bench`: how fast a library answers, and how cost grows with size.
//!
//! [`measure_library`] asks the engine a library's questions and [`measure_made`] searches made data of a
//! given size; both fill a [`BenchReport`], which is written as JSON, as a table
//! ([`std::fmt::Display`]) and as a page ([`html`]). [`Comparison`] sets two reports side by side.

mod compare;
mod figures;
mod html;
mod latency;
mod library;
mod load;
mod loads;
mod machine;
mod measure_made;
mod plot;
mod questions;
mod report;
mod sweep;
mod table;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

pub use compare::Comparison;
pub use html::html;
pub use latency::Latency;
pub use library::{ColdRun, LibraryTask, first_question, measure_library};
pub use machine::Machine;
pub use measure_made::{MadeTask, measure_made, seconds_for as made_seconds};
pub use questions::{MOST_QUESTIONS, derive_questions};
pub use report::{
    BenchReport, Cold, LibraryFigures, Load, MadeFigures, Round, Settings, StepLatency, SweepPoint,
};

/// Errors of a benchmark.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A setting is out of its range.
    #[error("{what} is {value}, but it must be {range}")]
    OutOfRange {
        /// The setting.
        what: &'static str,
        /// Its range.
        range: String,
        /// Its value.
        value: String,
    },
    /// The library is empty.
    #[error("the library is empty: there is nothing to ask")]
    Empty,
    /// There are no questions.
    #[error("{} has no question with a letter or digit", .0.display())]
    NoQuestions(PathBuf),
    /// A file cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file is not a report.
    #[error("{} is no report of `yiju bench`: {reason}", path.display())]
    NotAReport {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A fresh process did not answer.
    #[error("a fresh process did not answer a question: {0}")]
    Process(String),
    /// The measurement was cancelled.
    #[error("stopped")]
    Stopped,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] yiju_engine::EngineError),
    /// An index over made data failed.
    #[error("an index over made data failed: {0}")]
    Index(#[from] yiju_index::IndexError),
    /// An index over made data could not be saved or loaded.
    #[error("an index over made data could not be kept: {0}")]
    Snapshot(#[from] yiju_index::SnapshotError),
}

/// How far a measurement has come; called on the thread that measures.
pub type Watch<'a> = dyn Fn(&Phase) + 'a;

/// A part of a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    /// What is being done.
    pub what: &'static str,
    /// Seconds of the whole plan that are done, by the plan.
    pub done: f64,
    /// Seconds that the whole plan takes.
    pub total: f64,
}

/// Progress through parts of known length.
struct Plan<'a> {
    watch: &'a Watch<'a>,
    cancel: &'a AtomicBool,
    done: f64,
    total: f64,
}

impl<'a> Plan<'a> {
    fn new(watch: &'a Watch<'a>, cancel: &'a AtomicBool, total: f64) -> Self {
        Self { watch, cancel, done: 0.0, total }
    }

    /// Reports that `what` is being done, `within` seconds into its part of the plan.
    fn at(&self, what: &'static str, within: f64) -> Result<(), BenchError> {
        (self.watch)(&Phase {
            what,
            done: (self.done + within).min(self.total),
            total: self.total,
        });
        stop(self.cancel)
    }

    /// A part of the plan that takes so many seconds is done.
    fn pass(&mut self, seconds: f64) {
        self.done += seconds;
    }
}

/// # Errors
/// [`BenchError::Stopped`] once `cancel` is set.
fn stop(cancel: &AtomicBool) -> Result<(), BenchError> {
    if cancel.load(Ordering::Relaxed) {
        return Err(BenchError::Stopped);
    }
    Ok(())
}

/// Bytes of the files in a directory and those below it; unreadable ones count 0.
fn bytes_in(dir: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => bytes_in(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Checks what a user set.
///
/// # Errors
/// [`BenchError::OutOfRange`] names the first setting that is out of its range.
pub fn check(settings: &Settings) -> Result<(), BenchError> {
    let out = |what, range: &str, value: String| BenchError::OutOfRange {
        what,
        range: range.into(),
        value,
    };
    if !(0.01..=3600.0).contains(&settings.seconds) {
        return Err(out("--seconds", "0.01 to 3600", settings.seconds.to_string()));
    }
    if !(1..=100).contains(&settings.rounds) {
        return Err(out("--rounds", "1 to 100", settings.rounds.to_string()));
    }
    if settings.cold > 100 {
        return Err(out("--cold", "0 to 100", settings.cold.to_string()));
    }
    if settings.callers.is_empty() || settings.callers.len() > 16 {
        let value = format!("a list of {}", settings.callers.len());
        return Err(out("--callers", "a list of 1 to 16 numbers", value));
    }
    if let Some(callers) = settings.callers.iter().find(|n| !(1..=256).contains(*n)) {
        return Err(out("--callers", "numbers from 1 to 256", callers.to_string()));
    }
    match settings.rate {
        Some(rate) if !(rate.is_finite() && (0.01..=1e6).contains(&rate)) => {
            Err(out("--rate", "0.01 to 1000000", rate.to_string()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named_with_the_limit() {
        let fine = Settings {
            seconds: 1.0,
            rounds: 5,
            callers: vec![1, 2],
            rate: Some(10.0),
            model_threads: 2,
            cold: 1,
        };
        check(&fine).unwrap();
        let with = |change: &dyn Fn(&mut Settings)| {
            let mut settings = fine.clone();
            change(&mut settings);
            check(&settings).unwrap_err().to_string()
        };
        assert_eq!(with(&|s| s.rate = Some(0.0)), "--rate is 0, but it must be 0.01 to 1000000");
        assert!(with(&|s| s.rate = Some(f64::NAN)).contains("NaN"));
        assert!(with(&|s| s.seconds = 0.0).contains("0.01 to 3600"));
        assert!(with(&|s| s.rounds = 0).contains("1 to 100"));
        assert!(with(&|s| s.callers = vec![]).contains("--callers"));
        assert!(with(&|s| s.callers = vec![1, 0]).contains("is 0"));
        assert!(with(&|s| s.cold = 101).contains("--cold"));
    }
}
